"""Judges uploaded pairs within the limits of a request.

An audit takes less than a microsecond a token, and a body is at most MAX_BODY_BYTES
long, so a request judges its pairs itself: there is no queue, and no file is left
behind. Larger files are for the command line.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from noising.audit import Audit, Report
from noising.audit.files import open_pairs
from noising.budget import TooCostlyError, WorkSemaphore, check_vocab_size
from noising.corpus import DataFileError
from noising.engine import ForwardProcess
from noising.engine.effort import effort_of

SUFFIXES: Final = (".npz", ".safetensors")
"""The forms of a file of pairs that can be uploaded."""

COMMAND: Final = "`noising audit` on the command line reads files of any size"

_TOKEN_SECONDS: Final = 6e-7  # with everything declared; a sixth with times alone
_ROW_SECONDS: Final = 1e-5  # with ids and ranks

Part = Mapping[str, NDArray[Any]]


class PairsError(ValueError):
    """The file of pairs is not what its form says; the message is one sentence."""


class PairsTooLargeError(Exception):
    """There are more pairs than a request may judge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What is claimed beside the specification; `noising.audit.Audit` describes it."""

    low: float = 0.0
    high: float = 1.0
    method: str | None = None
    block: int | None = None
    form: str | None = None


def judge_file(
    *,
    content: bytes,
    suffix: str,
    process: ForwardProcess,
    claims: Claims,
    semaphore: WorkSemaphore,
) -> Report:
    """Judge the pairs of an uploaded file.

    Args:
        content: The file, of which nothing is trusted.
        suffix: Its form, one of SUFFIXES.
        process: The claimed noise process.
        claims: What else is claimed.
        semaphore: Limits how many audits run at the same time.

    Raises:
        PairsError: The file is not valid.
        EngineError: A claim or an array is not valid.
        PairsTooLargeError: There are more than MAX_AUDIT_TOKENS.
        TooCostlyError: The audit would take longer than MAX_WORK_SECONDS.
        BusyError: No permit became free in time.
    """
    with TemporaryDirectory(prefix="noising-audit-") as folder:
        path = Path(folder) / f"pairs{suffix}"
        path.write_bytes(content)
        try:
            pairs = open_pairs(path)
            _check_size(pairs.rows * pairs.length)
            return _judge(
                process, claims, pairs.read(), pairs.rows, pairs.length, semaphore
            )
        except DataFileError as error:
            # The path of the temporary file would mean nothing to anyone.
            reason = str(error).removeprefix(f"{path}: ")
            raise PairsError(f"The file {reason}.") from None


def judge_arrays(
    *,
    arrays: Part,
    process: ForwardProcess,
    claims: Claims,
    semaphore: WorkSemaphore,
) -> Report:
    """Judge pairs in memory: `x0`, `xt` and what `Audit.add` takes beside them.

    Raises:
        as `judge_file`.
    """
    length = arrays["x0"].shape[-1]
    rows = arrays["x0"].size // length
    _check_size(rows * length)
    return _judge(process, claims, iter([arrays]), rows, length, semaphore)


def _check_size(tokens: int) -> None:
    if tokens > settings.MAX_AUDIT_TOKENS:
        raise PairsTooLargeError(
            f"There are {tokens:,} pairs of tokens; at most "
            f"{settings.MAX_AUDIT_TOKENS:,} can be audited here: {COMMAND}."
        )


def _judge(
    process: ForwardProcess,
    claims: Claims,
    parts: Iterator[Part],
    rows: int,
    length: int,
    semaphore: WorkSemaphore,
) -> Report:
    check_vocab_size(process.vocab_size)
    audit = Audit(process, **asdict(claims))
    first = next(parts)
    seconds = _estimate_seconds(process, first, rows, length)
    if seconds > settings.MAX_WORK_SECONDS:
        raise TooCostlyError(
            f"This audit would take about {seconds:.3g} s; at most "
            f"{settings.MAX_WORK_SECONDS:g} s are allowed. Short rows, matrix graphs "
            f"and a time for each token take long: {COMMAND}.",
            "too_costly",
        )
    with semaphore.permit(seconds):
        for part in chain([first], parts):
            audit.add(**part)
        return audit.report()


def _estimate_seconds(
    process: ForwardProcess, part: Part, rows: int, length: int
) -> float:
    """Estimate the time of an audit from a part of its pairs."""
    times = max(_count_times(part.get(name)) for name in ("t", "timestep", "alpha"))
    levels = effort_of(process.parts).of_noise(
        process.hyperschedule,
        rows=rows,
        length=length,
        times=rows * times,
        tabulated=False,
        alike=False,
    )
    return rows * length * _TOKEN_SECONDS + rows * _ROW_SECONDS + levels


def _count_times(values: NDArray[Any] | None) -> int:
    """Return how many times a row has at most."""
    if values is None:
        return 0
    shape = np.shape(values)
    return int(shape[1]) if len(shape) > 1 else 1
