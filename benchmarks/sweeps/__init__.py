"""Sweeps: exact quantities of thousands of configurations, and the best of them."""

from benchmarks.sweeps.grid import Point, Sweep, read_sweep
from benchmarks.sweeps.measures import measure
from benchmarks.sweeps.runner import Corpora, PointResult, load_corpora, run_sweep

__all__ = [
    "Corpora",
    "Point",
    "PointResult",
    "Sweep",
    "load_corpora",
    "measure",
    "read_sweep",
    "run_sweep",
]
