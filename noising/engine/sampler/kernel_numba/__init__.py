"""The compiled kernel: importing what is in here loads numba."""
