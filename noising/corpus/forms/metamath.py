"""Rows of a Metamath database (.mm): a theorem each, with the labels its proof cites.

Source: Megill and Wheeler 2019, Metamath, section 4.1 and appendix B.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn

import numpy as np

from noising.corpus.forms.files import (
    DataFileError,
    Row,
    find_size,
)
from noising.corpus.forms.lines import open_lines
from noising.corpus.forms.readers import MappedRows
from noising.engine.errors import format_value

MAX_TOKENS: Final = 1 << 26
MAX_LINE_BYTES: Final = 1 << 24

_LABELLED: Final = ("$f", "$e", "$a", "$p")


@dataclass(frozen=True, slots=True, kw_only=True)
class Theorem:
    """A statement that is proved.

    Attributes:
        label: its name.
        hypotheses: the symbols of each essential hypothesis.
        statement: its symbols.
        proof: the statements that the proof cites, each once, in the order of their
            first citation; hypotheses are not among them.
    """

    label: str
    hypotheses: tuple[tuple[str, ...], ...]
    statement: tuple[str, ...]
    proof: tuple[str, ...]


@dataclass(slots=True)
class Database:
    """The declarations of a database, which grow while its theorems are read.

    Attributes:
        path: the file.
        constants: symbols declared by $c.
        variables: symbols declared by $v.
    """

    path: Path
    constants: list[str] = field(default_factory=list)
    variables: dict[str, None] = field(default_factory=dict)
    _assertions: set[str] = field(default_factory=set)
    _line: int = 0

    def read(self) -> Iterator[Theorem]:
        """Yield the theorems in their order.

        Raises:
            DataFileError: the file is not a database; names the line.
        """
        scopes: list[list[tuple[str, ...]]] = [[]]
        label = ""
        words = self._words()
        for word in words:
            if word == "${":
                scopes.append([])
            elif word == "$}":
                if len(scopes) == 1:
                    self._fail("has `$}` without `${`")
                scopes.pop()
            elif word in ("$c", "$v", "$d"):
                self._declare(word, self._take(words, "$."))
            elif word in _LABELLED:
                if not label:
                    self._fail(f"must have a label before `{word}`")
                if word == "$p":
                    hypotheses = tuple(each for scope in scopes for each in scope)
                    yield self._prove(label, hypotheses, words)
                else:
                    symbols = self._take(words, "$.")
                    if word == "$e":
                        scopes[-1].append(symbols)
                    elif word == "$a":
                        self._assertions.add(label)
                label = ""
            elif word == "$[":
                self._fail("includes a file; join the files first")
            elif word.startswith("$") or label:
                self._fail(f"has {format_value(word)} where a statement must begin")
            else:
                label = word
        if label or len(scopes) > 1:
            self._fail("ends within a statement or a block")

    def _prove(
        self,
        label: str,
        hypotheses: tuple[tuple[str, ...], ...],
        words: Iterator[str],
    ) -> Theorem:
        statement = self._take(words, "$=")
        steps: Sequence[str] = self._take(words, "$.")
        if steps[:1] == ("(",) and ")" in steps:
            steps = steps[1 : steps.index(")")]
        proof = dict.fromkeys(step for step in steps if step in self._assertions)
        self._assertions.add(label)
        return Theorem(
            label=label, hypotheses=hypotheses, statement=statement, proof=tuple(proof)
        )

    def _declare(self, keyword: str, symbols: tuple[str, ...]) -> None:
        if keyword == "$c":
            self.constants += symbols
        elif keyword == "$v":
            # A block may declare the variables of another block again.
            self.variables.update(dict.fromkeys(symbols))

    def _take(self, words: Iterator[str], end: str) -> tuple[str, ...]:
        """Return the words up to a keyword."""
        taken: list[str] = []
        for word in words:
            if word == end:
                return tuple(taken)
            if word.startswith("$"):
                self._fail(f"has {format_value(word)} before `{end}`")
            taken.append(word)
        return self._fail(f"ends before `{end}`")

    def _words(self) -> Iterator[str]:
        """Yield the words outside comments."""
        in_comment = False
        with open_lines(self.path) as file:
            while line := file.readline(MAX_LINE_BYTES + 1):
                self._line += 1
                if len(line) > MAX_LINE_BYTES:
                    self._fail(f"must have at most {MAX_LINE_BYTES} bytes")
                for word in line.decode("latin-1").split():
                    if in_comment:
                        in_comment = word != "$)"
                    elif word == "$(":
                        in_comment = True
                    elif word.isascii():
                        yield word
                    else:
                        self._fail("must be ASCII text outside comments")
        if in_comment:
            self._fail("ends within a comment")

    def _fail(self, message: str) -> NoReturn:
        raise DataFileError(self.path, f"line {self._line} {message}")


class MetamathRows(MappedRows):
    """Reads theorems: hypotheses, statement and cited labels, as ids of its own.

    Ids are numbered as those of Metamath excerpts: constants and variables in the order
    of their declarations, then labels in the order of their first citation.

    Args:
        path: the file.

    Raises:
        DataFileError: it is not a database, has no theorem, or more than MAX_TOKENS
            tokens.
    """

    def __init__(self, path: Path) -> None:
        find_size(path)
        database = Database(path)
        # Symbols may be declared after a theorem, so their ids are not known before
        # the end: a symbol is stored as its number among both kinds, a label as -1 - n.
        symbols: dict[str, int] = {}
        labels: dict[str, int] = {}
        tokens, ends = array("i"), array("q", [0])
        for theorem in database.read():
            for expression in (*theorem.hypotheses, theorem.statement):
                tokens.extend(symbols.setdefault(x, len(symbols)) for x in expression)
            tokens.extend(-1 - labels.setdefault(x, len(labels)) for x in theorem.proof)
            ends.append(len(tokens))
            if len(tokens) > MAX_TOKENS:
                raise DataFileError(path, f"must have at most {MAX_TOKENS} tokens")
        if len(ends) == 1:
            raise DataFileError(path, "must have a theorem ($p), it has none")
        order = (*database.constants, *database.variables)
        self.constants, self.variables = database.constants, list(database.variables)
        self.labels = list(labels)
        ids = {symbol: number for number, symbol in enumerate(order)}
        for symbol in symbols:
            if symbol not in ids:
                shown = format_value(symbol)
                raise DataFileError(path, f"must declare the symbol {shown}")
        numbers = np.array([ids[symbol] for symbol in symbols], np.int32)
        stored = np.frombuffer(tokens, np.int32)
        self._tokens = np.where(
            stored < 0, len(ids) - 1 - stored, numbers[np.maximum(stored, 0)]
        ).astype(np.int32)
        self._ends = np.frombuffer(ends, np.int64)

    def count_rows(self) -> int:
        """Return the number of theorems."""
        return self._ends.size - 1

    def find_row(self, number: int) -> Row:
        """Return a theorem."""
        return Row(self._tokens[self._ends[number] : self._ends[number + 1]])
