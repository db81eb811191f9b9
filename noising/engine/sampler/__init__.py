"""From clean tokens to noised tokens.

`driver` reads from top to bottom and says what every other module is for. What the
kernels must compute is `noising.engine.sampler.recipe`, in plain Python.
"""
