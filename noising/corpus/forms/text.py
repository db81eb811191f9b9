"""Rows of text: a line of .txt, or the `text` of a line of .jsonl, by a tokenizer."""

from pathlib import Path
from typing import Final

import numpy as np

from noising.corpus.forms.files import IDS_KEY, Row
from noising.corpus.forms.json_lines import TEXT_KEY, parse_json
from noising.corpus.forms.known import IDS, JSONL, find_form, seems_text
from noising.corpus.forms.lines import LineError, LineRows, open_lines
from noising.engine.errors import format_value
from noising.tokenizers import TokenizerError, load_tokenizer

_JSON_LINES: Final = (".jsonl", ".jsonl.gz")

_LOOKED_AT: Final = 1 << 16
"""Bytes of the lines that are searched for one that is not blank."""


class TextRows(LineRows):
    """Reads texts as token ids; the tokenizer's special tokens are marked.

    Args:
        path: the file.
        tokenizer: name of a tokenizer, or the path of a tokenizer.json.

    Raises:
        DataFileError: it is no regular file.
        TokenizerError: the tokenizer cannot be loaded.
        MissingExtraError: the library `tokenizers` is not installed.
    """

    def __init__(self, path: Path, tokenizer: str) -> None:
        super().__init__(path)
        self._is_json = path.name.lower().endswith(_JSON_LINES)
        self._tokenizer = load_tokenizer(tokenizer)

    def parse(self, line: str) -> Row:
        """Return the row of a line.

        Raises:
            LineError: the line has no text, or it cannot be encoded.
        """
        text = _find_text(line) if self._is_json else line
        try:
            encoded = self._tokenizer.encode(text)
        except TokenizerError as error:
            raise LineError(str(error)) from error
        special = np.isin(encoded.tokens, list(self._tokenizer.special))
        return Row(encoded.tokens, special, encoded.types)


def _find_text(line: str) -> str:
    """Return the text in a line of JSON.

    Raises:
        LineError: the line has no text.
    """
    record = parse_json(line)
    text = record.get(TEXT_KEY) if isinstance(record, dict) else None
    if not isinstance(text, str):
        rule = f"must be an object with `{TEXT_KEY}`"
        raise LineError(f"{rule}, got {format_value(record)}")
    return text


def begins_with_text(path: Path) -> bool:
    """Return whether the first line that is not blank has text and no token ids.

    Only .jsonl files and those that may be files of ids in text can have it. A line of
    .jsonl has text if it is an object with `text` and without `input_ids`.

    Raises:
        DataFileError: the file cannot be read.
    """
    form = find_form(path.name)
    if form not in (None, IDS, JSONL):
        return False
    with open_lines(path) as file:
        start: bytes = file.read(_LOOKED_AT)
    # A cut character at the end does not matter.
    lines = start.decode("utf-8-sig", errors="ignore").splitlines()
    line = next((line.strip() for line in lines if line.strip()), "")
    if form != JSONL:
        return b"\0" not in start and seems_text(line)
    try:
        record = parse_json(line)
    except LineError:
        return False
    return isinstance(record, dict) and TEXT_KEY in record and IDS_KEY not in record
