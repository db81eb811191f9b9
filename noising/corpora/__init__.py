"""Corpora of accounts: reading uploads, comparing schedules on them, storing them.

Every function that writes is named ``<entity>_<action>`` and takes keywords only.
"""

from noising.corpora.analysis import (
    ANALYSIS_SECONDS,
    compare_schedules,
    make_reader,
    summarize,
)
from noising.corpora.counts import read_counts
from noising.corpora.reading import (
    SUFFIXES,
    CorpusData,
    Given,
    UnreadableError,
    read_given,
)
from noising.corpora.storage import (
    CorporaLimitError,
    corpus_compare,
    corpus_create,
    corpus_rename,
    find_measurable,
    load_data,
)

__all__ = [
    "ANALYSIS_SECONDS",
    "SUFFIXES",
    "CorporaLimitError",
    "CorpusData",
    "Given",
    "UnreadableError",
    "compare_schedules",
    "corpus_compare",
    "corpus_create",
    "corpus_rename",
    "find_measurable",
    "load_data",
    "make_reader",
    "read_counts",
    "read_given",
    "summarize",
]
