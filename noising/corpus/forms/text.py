"""Rows of text: a line of .txt, or the `text` of a line of .jsonl, by a tokenizer."""

from pathlib import Path
from typing import Final

import numpy as np

from noising.corpus.forms.files import Row
from noising.corpus.forms.json_lines import TEXT_KEY, parse_json
from noising.corpus.forms.lines import LineError, LineRows
from noising.engine.errors import format_value
from noising.tokenizers import TokenizerError, load_tokenizer

_JSON_LINES: Final = (".jsonl", ".jsonl.gz")


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
