"""The linter: what a noise process gets wrong, from its own numbers.

Every check looks at the process's quantities and none at a type's name.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from noising.engine.arrays import FloatArray, quiet
from noising.engine.process import ForwardProcess

Severity: TypeAlias = Literal["error", "warning", "info"]

LARGEST_LEAK: Final = 0.01
"""Share of the information that may be left at t = 1."""
WASTED_SHARE: Final = 0.2
"""Share of the timesteps that may each lose next to nothing."""
WASTED_LOSS: Final = 0.1
"""Next to nothing: this fraction of an even loss per timestep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing the linter noticed.

    Attributes:
        code: stable name, such as ``terminal_leak``.
        severity: "error", "warning" or "info".
        message: one plain sentence with the measured value.
        value: the measured value.
        way_out: what to change.
    """

    code: str
    severity: Severity
    message: str
    value: float
    way_out: str


@quiet
def wasted_timesteps(process: ForwardProcess) -> int:
    """Return how many timesteps each lose less than a tenth of I_0/T."""
    information = _information_left(process)
    lost = -np.diff(information)
    return int(np.count_nonzero(lost < WASTED_LOSS * information[0] / lost.size))


@quiet
def lint(process: ForwardProcess, tokens: Any = None) -> tuple[Finding, ...]:
    """Return what is wrong or doubtful about `process`, gravest first.

    Args:
        process: the process to look at.
        tokens: clean tokens of the data, for checks that need them.
    """
    findings = [found for check in _CHECKS for found in check(process)]
    order = ("error", "warning", "info")
    return tuple(sorted(findings, key=lambda found: order.index(found.severity)))


def _information_left(process: ForwardProcess) -> FloatArray:
    """Return I(x_t; x_0) at sigma = 0 and at every timestep, (T+1,)."""
    sigmas = np.concatenate([[0.0], process.sigmas])
    left: FloatArray = process.graph.information().information(sigmas)[0]
    return left


def _monotone(process: ForwardProcess) -> Iterator[Finding]:
    sigmas = np.concatenate([[0.0], process.sigmas])
    falls = np.flatnonzero(sigmas[1:] < sigmas[:-1])
    if falls.size:
        yield Finding(
            code="sigma_decreases",
            severity="error",
            message=(
                f"Total noise falls at {falls.size} timesteps, first at timestep "
                f"{falls[0]}: noise cannot be taken back."
            ),
            value=float(falls.size),
            way_out="Give a table in which sigma never falls (alpha never rises).",
        )


def _terminal_leak(process: ForwardProcess) -> Iterator[Finding]:
    information = _information_left(process)
    leak = float(information[-1] / information[0])
    if leak > LARGEST_LEAK:
        yield Finding(
            code="terminal_leak",
            severity="warning",
            message=(
                f"At the last timestep {leak:.1%} of the information about the data "
                "is left, so generation would start from the wrong distribution."
            ),
            value=leak,
            way_out=(
                "Raise the final noise; betas meant for 1000 timesteps must be "
                "rescaled by hand for another number."
            ),
        )


def _wasted_steps(process: ForwardProcess) -> Iterator[Finding]:
    share = wasted_timesteps(process) / process.num_timesteps
    if share > WASTED_SHARE:
        yield Finding(
            code="wasted_timesteps",
            severity="warning",
            message=(
                f"{share:.0%} of the timesteps each lose less than a tenth of an even "
                "share of the information."
            ),
            value=share,
            way_out="Use `sedd_entropy`, which loses information evenly.",
        )


_CHECKS: tuple[Callable[[ForwardProcess], Iterator[Finding]], ...] = (
    _monotone,
    _terminal_leak,
    _wasted_steps,
)
