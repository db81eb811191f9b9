"""The program `noising`: lint, curves, compare, certify, import, noise, replay.

Only plots and safetensors files need more than NumPy. Exit codes are 0 for success, 1
if a command found something wrong, and 2, with one line on stderr, for wrong usage.
"""

import os

# OpenBLAS reads this when NumPy is imported. Its threads wait for each other after each
# of many small products, which on a busy machine takes six times as long as one thread;
# and worker processes would each start as many threads as there are processors.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from noising.command.program import main

__all__ = ["main"]
