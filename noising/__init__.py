"""The forward noising process of discrete diffusion models.

`noising.engine` is the library's core; importing this package alone loads nothing.
"""

__version__ = "0.1.0"
