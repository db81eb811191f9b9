"""The program `noising`: lint, curves, compare, certify, import and noise.

Only plots need more than NumPy. Exit codes are 0 for success, 1 if a command found
something wrong, and 2, with one line on stderr, for wrong usage.
"""

from noising.command.program import main

__all__ = ["main"]
