"""Corpora: files with rows of token ids in many forms, read row by row and in parts."""

from noising.corpus.data import DataFile
from noising.corpus.forms import FORMS, BadRowError, DataFileError, Row, RowReader
from noising.corpus.source import Source, find_sources

__all__ = [
    "FORMS",
    "BadRowError",
    "DataFile",
    "DataFileError",
    "Row",
    "RowReader",
    "Source",
    "find_sources",
]
