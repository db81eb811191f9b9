"""Counts the tokens of a corpus, for marginal graphs and priors."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from noising.corpus import BadRowError, Source
from noising.corpus.forms import TOKEN_TYPES, Block
from noising.engine.arrays import IntArray
from noising.jobs.executors import Executor
from noising.jobs.scan import scan_checked

COUNTED_AT_ONCE: Final = 1 << 20
MAX_LISTED: Final = 1000
PART_ROWS: Final = 1 << 16
"""Rows of a part, which is one task."""


@dataclass(slots=True, kw_only=True)
class Counts:
    """Counts of a corpus.

    Attributes:
        counts: (V,) number of occurrences of each id.
        rows: number of rows.
        shortest: tokens of the shortest row.
        longest: tokens of the longest row.
        special: number of tokens that are marked as special.
        types: (3,) number of tokens of each type of TOKEN_TYPES, as far as files say.
        skipped_rows: number of bad rows, which are not counted.
        errors: a line for each of them, as far as they are listed.
    """

    counts: IntArray
    rows: int = 0
    shortest: int | None = None
    longest: int = 0
    special: int = 0
    types: IntArray = field(
        default_factory=lambda: np.zeros(len(TOKEN_TYPES), np.int64)
    )
    skipped_rows: int = 0
    errors: list[str] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        """Number of tokens."""
        return int(self.counts.sum())

    def add_block(self, rows: Block) -> None:
        """Count rows whose ids are in the vocabulary."""
        self.rows += rows.lengths.size
        shortest = int(rows.lengths.min())
        known = shortest if self.shortest is None else self.shortest
        self.shortest = min(known, shortest)
        self.longest = max(self.longest, int(rows.lengths.max()))
        if rows.special is not None:
            self.special += int(np.count_nonzero(rows.special))
        if rows.types is not None:
            self.types += np.bincount(rows.types, minlength=len(TOKEN_TYPES))
        for start in range(0, rows.tokens.size, COUNTED_AT_ONCE):
            part = np.asarray(rows.tokens[start : start + COUNTED_AT_ONCE], np.int64)
            if part.size * 8 > self.counts.size:
                seen = np.bincount(part)
                self.counts[: seen.size] += seen
            else:
                np.add.at(self.counts, part, 1)

    def add_error(self, error: Exception) -> None:
        """Count a bad row."""
        self.skipped_rows += 1
        if len(self.errors) < MAX_LISTED:
            self.errors.append(str(error))

    def add(self, other: "Counts") -> None:
        """Add the counts of other rows, without the lines of their errors."""
        self.counts += other.counts
        self.rows += other.rows
        self.longest = max(self.longest, other.longest)
        known = [x for x in (self.shortest, other.shortest) if x is not None]
        self.shortest = min(known, default=None)
        self.special += other.special
        self.types += other.types
        self.skipped_rows += other.skipped_rows

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as a document; `counts` fits a `marginal` graph."""
        shares = self.counts[self.counts > 0] / max(self.tokens, 1)
        return {
            "rows": self.rows,
            "tokens": self.tokens,
            "special_tokens": self.special,
            **{
                f"{name}_tokens": int(number)
                for name, number in zip(TOKEN_TYPES, self.types, strict=True)
            },
            "shortest_row": self.shortest or 0,
            "longest_row": self.longest,
            "used_ids": int(shares.size),
            "entropy_nats": float(-(shares * np.log(shares)).sum()) + 0.0,
            "skipped_rows": self.skipped_rows,
            "counts": self.counts.tolist(),
        }


class CountTask(NamedTuple):
    """Rows to be counted."""

    number: int
    source: Source
    start: int
    stop: int
    place: int
    vocab_size: int


def count_tokens(
    sources: Sequence[Source],
    executor: Executor,
    *,
    vocab_size: int,
    skips: bool = False,
    on_part: Callable[[int, int], None] | None = None,
) -> Counts:
    """Return the counts of a corpus.

    Args:
        sources: the data files.
        executor: runs the job.
        vocab_size: V.
        skips: leave bad rows out, and count them.
        on_part: called with the number of parts that are done, and of all.

    Raises:
        DataFileError: a file cannot be read, or a row is bad and not skipped.
    """
    tasks: list[CountTask] = []
    for source in sources:
        marks = source.open().mark(PART_ROWS)
        for index, place in enumerate(marks.places):
            start = index * PART_ROWS
            stop = min(start + PART_ROWS, marks.rows)
            task = CountTask(
                len(tasks), source.at(Path.cwd()), start, stop, place, vocab_size
            )
            tasks.append(task)
    total = Counts(counts=np.zeros(vocab_size, np.int64))
    run = functools.partial(count_part, skips=skips)
    errors: dict[int, list[str]] = {}
    for place, (number, part) in enumerate(executor.run(run, tasks), 1):
        # Listed by part at the end, so that they do not depend on the workers.
        errors[number] = part.errors
        total.add(part)
        if on_part is not None:
            on_part(place, len(tasks))
    for number in sorted(errors):
        total.errors += errors[number][: MAX_LISTED - len(total.errors)]
    return total


def count_part(task: CountTask, *, skips: bool) -> tuple[int, Counts]:
    """Return the number and the counts of a part.

    Raises:
        DataFileError: the file cannot be read, or a row is bad and not skipped.
    """
    counts = Counts(counts=np.zeros(task.vocab_size, np.int64))

    def find_problem(block: Block) -> str | None:
        if not block.tokens.size:
            return None
        low, high = int(block.tokens.min()), int(block.tokens.max())
        if low >= 0 and high < task.vocab_size:
            return None
        wrong = low if low < 0 else high
        return f"token ids must lie in 0..{task.vocab_size - 1}, got {wrong}"

    reader, path = task.source.open(), Path(task.source.path)
    rows = (task.start, task.stop, task.place)
    for _, item in scan_checked(reader, path, *rows, find_problem):
        if not isinstance(item, BadRowError):
            counts.add_block(item)
        elif skips:
            counts.add_error(item)
        else:
            raise item
    return task.number, counts
