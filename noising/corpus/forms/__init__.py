"""The forms of data files with rows of token ids, and a reader for each."""

from noising.corpus.forms.arrays import ArrayRows, count_listed
from noising.corpus.forms.arrow import ArrowRows
from noising.corpus.forms.blocks import Block, join_blocks, join_rows
from noising.corpus.forms.files import (
    MAX_ROW_TOKENS,
    TOKEN_TYPES,
    BadRowError,
    DataFileError,
    Ids,
    Row,
    hash_file,
)
from noising.corpus.forms.id_lines import IdLineRows
from noising.corpus.forms.indexed import IndexedRows, find_tokens
from noising.corpus.forms.json_lines import JsonRows
from noising.corpus.forms.known import FORMS
from noising.corpus.forms.lines import LineRows, open_lines
from noising.corpus.forms.metamath import MetamathRows
from noising.corpus.forms.parquet import ParquetRows
from noising.corpus.forms.raw import DTYPES, RawRows
from noising.corpus.forms.readers import Marks, RowReader
from noising.corpus.forms.text import TextRows, begins_with_text

__all__ = [
    "DTYPES",
    "FORMS",
    "MAX_ROW_TOKENS",
    "TOKEN_TYPES",
    "ArrayRows",
    "ArrowRows",
    "BadRowError",
    "Block",
    "DataFileError",
    "IdLineRows",
    "Ids",
    "IndexedRows",
    "JsonRows",
    "LineRows",
    "Marks",
    "MetamathRows",
    "ParquetRows",
    "RawRows",
    "Row",
    "RowReader",
    "TextRows",
    "begins_with_text",
    "count_listed",
    "find_tokens",
    "hash_file",
    "join_blocks",
    "join_rows",
    "open_lines",
]
