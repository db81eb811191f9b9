"""The site: settings, routes, middleware, and the server's configuration."""

import os

# OpenBLAS reads this when NumPy is imported. By default it would use one thread per
# processor for each of the requests that run at the same time: four matrix graphs at
# once took 17 times as long as one after the other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
