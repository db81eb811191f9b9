"""The command line `noising`: lint, curves, compare, certify, import, noise.

NumPy is enough for all but plots. Every command ends with 0 if all is well, 1 if it
found something wrong, and 2 with one line on stderr for wrong usage.
"""

from noising.command.program import main

__all__ = ["main"]
