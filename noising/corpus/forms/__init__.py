"""The forms of data files that replay reads: npy, JSON Lines, nanoGPT, Megatron."""

from noising.replay.forms.arrays import ArrayRows
from noising.replay.forms.files import DataFileError, Row, RowReader, hash_file
from noising.replay.forms.indexed import IndexedRows, find_tokens
from noising.replay.forms.json_lines import JsonRows
from noising.replay.forms.raw import DTYPES, RawRows

__all__ = [
    "DTYPES",
    "ArrayRows",
    "DataFileError",
    "IndexedRows",
    "JsonRows",
    "RawRows",
    "Row",
    "RowReader",
    "find_tokens",
    "hash_file",
]
