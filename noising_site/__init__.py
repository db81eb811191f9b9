"""The site: settings, routes and what holds for every request."""

import os

# Requests are worked on side by side. OpenBLAS, which reads this once when NumPy is
# loaded, would give each of them as many threads as there are processors: four matrix
# graphs at once took 17 times as long as one after the other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
