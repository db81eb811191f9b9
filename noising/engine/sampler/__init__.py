"""The sampler, which noises tokens.

Start with `driver`, which explains the other modules. `recipe` specifies in plain
Python what the kernels compute.
"""
