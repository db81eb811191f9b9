"""Reads Metamath excerpts: JSON Lines with a header and then a theorem per line."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

from benchmarks.corpora.corpus import (
    MAX_VOCAB_SIZE,
    Corpus,
    CorpusError,
    SequenceCollector,
    quote,
)
from benchmarks.corpora.files import at, parse_json, read_lines
from noising.tokenizers import declared_types


def read_metamath(
    path: Path,
    *,
    name: str,
    source: str,
    licence: str | None = None,
    max_tokens: int | None = None,
) -> Corpus:
    """Read a .jsonl or .jsonl.gz excerpt.

    Every symbol of the hypotheses and the statement and every label that the proof
    cites is a token. Constants are `critical`, variables `variable`, labels `other`.
    Ids are numbered in this order: constants and variables in the order of the header,
    then labels in the order of their first citation. A label with the spelling of a
    symbol is a different token.

    Raises:
        CorpusError: the file cannot be read or a line has another form.
    """
    digest = sha256()
    lines = read_lines(path, digest)
    number, line = next(lines, (0, ""))
    if not number:
        raise CorpusError(f"corpus {quote(path)} is empty: it has no header line")
    constants, variables = _header(_record(line, at(path, number)), at(path, number))
    symbols = {symbol: id_ for id_, symbol in enumerate(constants + variables)}
    labels: dict[str, int] = {}
    collector = SequenceCollector(path, max_tokens)
    for number, line in lines:
        where = at(path, number)
        record = _record(line, where)
        ids = _symbol_ids(record, symbols, where)
        ids += [
            labels.setdefault(label, len(symbols) + len(labels))
            for label in _strings(record, "proof", where)
        ]
        if len(symbols) + len(labels) > MAX_VOCAB_SIZE:
            raise CorpusError(f"{where}: more than {MAX_VOCAB_SIZE:,} different tokens")
        collector.add(ids)
    tokens, offsets = collector.arrays()
    types = declared_types(len(constants), len(variables), len(labels))
    if types.size < 2:
        raise CorpusError(
            f"corpus {quote(path)} has a vocabulary of one token, but noise needs two"
        )
    return Corpus(
        name=name,
        source=source,
        licence=licence,
        sha256=digest.hexdigest(),
        tokens=tokens,
        offsets=offsets,
        types=types,
    )


def _record(line: str, where: str) -> dict[str, Any]:
    record = parse_json(line, where)
    if not isinstance(record, dict):
        raise CorpusError(f"{where}: must be a JSON object, got {quote(record)}")
    return record


def _header(record: dict[str, Any], where: str) -> tuple[list[str], list[str]]:
    if "constants" not in record or "variables" not in record:
        raise CorpusError(
            f"{where}: the first line must list the `constants` and the `variables` of"
            " a Metamath excerpt, or be a row with `input_ids`; its keys are"
            f" {quote(list(record))}"
        )
    constants = _strings(record, "constants", where)
    variables = _strings(record, "variables", where)
    seen: set[str] = set()
    for symbol in constants + variables:
        if symbol in seen:
            raise CorpusError(f"{where}: symbol {quote(symbol)} is listed twice")
        seen.add(symbol)
    if len(seen) > MAX_VOCAB_SIZE:
        raise CorpusError(f"{where}: more than {MAX_VOCAB_SIZE:,} symbols")
    return constants, variables


def _symbol_ids(
    record: dict[str, Any], symbols: dict[str, int], where: str
) -> list[int]:
    statement = record.get("statement")
    if not isinstance(statement, str) or not statement.strip():
        raise CorpusError(
            f"{where}: `statement` must be a string of symbols, got {quote(statement)}"
        )
    ids = []
    for expression in [*_strings(record, "hypotheses", where), statement]:
        for symbol in expression.split():
            if symbol not in symbols:
                raise CorpusError(
                    f"{where}: symbol {quote(symbol)} is neither among the constants"
                    " nor the variables of the first line"
                )
            ids.append(symbols[symbol])
    return ids


def _strings(record: dict[str, Any], key: str, where: str) -> list[str]:
    values = record.get(key)
    if not isinstance(values, list):
        raise CorpusError(
            f"{where}: `{key}` must be a list of strings, got {quote(values)}"
        )
    for value in values:
        if not isinstance(value, str) or not value:
            raise CorpusError(
                f"{where}: `{key}` must hold strings only, got {quote(value)}"
            )
    return values
