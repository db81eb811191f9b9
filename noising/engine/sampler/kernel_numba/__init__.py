"""The compiled kernel; importing `compiled` or `kernel` loads numba."""
