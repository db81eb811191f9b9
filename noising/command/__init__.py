"""The program `noising`: lint, curves, compare, certify, import, noise, replay.

Only plots and safetensors files need more than NumPy. Exit codes are 0 for success, 1
if a command found something wrong, and 2, with one line on stderr, for wrong usage.
"""

from noising.command.program import main

__all__ = ["main"]
