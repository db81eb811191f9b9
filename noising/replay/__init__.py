"""Replay: which noise a training run saw, and the same rows again. Needs no torch.

A manifest (`Noiser.manifest`) describes the noise of a run. `replay` reads rows of its
data files and noises them as the run did, bit for bit.
"""

from noising.corpus.data import DataFile
from noising.corpus.forms import FORMS, DataFileError
from noising.replay.call import CallOptions
from noising.replay.driver import find_files, find_step_ids, replay
from noising.replay.manifest import Manifest, describe_data, read_manifest
from noising.replay.order import RowOrder
from noising.replay.rows import Replayed
from noising.replay.times import TimeRule

__all__ = [
    "FORMS",
    "CallOptions",
    "DataFile",
    "DataFileError",
    "Manifest",
    "Replayed",
    "RowOrder",
    "TimeRule",
    "describe_data",
    "find_files",
    "find_step_ids",
    "read_manifest",
    "replay",
]
