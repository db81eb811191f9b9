"""The vocabularies that ship with the code."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).resolve().parent / "data"


def read_data(name: str) -> str:
    """Return the text of a gzip file in the data folder."""
    return gzip.decompress((DATA / name).read_bytes()).decode()
