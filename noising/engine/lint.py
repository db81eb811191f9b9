"""The linter, which finds known mistakes of noise processes.

Its checks use the process's quantities only, never the name of a type.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from noising.engine.arrays import BoolArray, FloatArray, integer_array, quiet
from noising.engine.process import ForwardProcess
from noising.engine.slopes import LARGEST_RATE_ERROR, rate_errors

Severity: TypeAlias = Literal["error", "warning", "info"]
SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "info")

LARGEST_LEAK: Final = 0.01
"""Largest share of the information that may be left at t = 1."""
WASTED_SHARE: Final = 0.2
"""Largest share of the timesteps that may be wasted."""
WASTED_LOSS: Final = 0.1
"""A timestep is wasted if it loses less than this fraction of an even share."""
THINNED: Final = 33
"""Points of an information curve where each costs a matrix exponential."""
LARGEST_ROUNDING: Final = 0.01
"""Relative error of 1 - exp(-sigma) above which a number format is too coarse."""
LARGEST_START: Final = 0.99
"""Move chance at t = 0 from which on no time has usable data."""
DIVERGING_POWER: Final = 0.99
"""The integral of a weight that grows like t^-p with p above this is infinite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One result of the linter.

    Attributes:
        code: stable name, such as ``terminal_leak``.
        severity: "error", "warning" or "info".
        message: one sentence with the measured value.
        value: the measured value.
        way_out: what to change.
    """

    code: str
    severity: Severity
    message: str
    value: float
    way_out: str


Tokens: TypeAlias = NDArray[np.integer[Any]] | None
Check: TypeAlias = Callable[[ForwardProcess, Tokens], Iterator[Finding]]


@quiet
def is_wasted(process: ForwardProcess, prior: Any = None) -> BoolArray:
    """Return for each timestep whether it loses less than a tenth of I_0/T, (T,).

    Args:
        process: the noise process.
        prior: token prior, V weights >= 0; None for uniform over the data ids.

    Returns:
        (T,) bool; empty if the graph is too large to compute its information.

    Raises:
        EngineError: a prior of the wrong length, sign or support.
    """
    if prior is None:
        return mark_wasted(information_left(process))
    return mark_wasted(timestep_information(process, prior))


def mark_wasted(information: FloatArray) -> BoolArray:
    """Return for each timestep whether it loses less than a tenth of I_0/T, (T,).

    Args:
        information: (T+1,) nats left at sigma = 0 and at each timestep, or empty.
    """
    lost = -np.diff(information)
    even = information[:1] / max(lost.size, 1)
    wasted: BoolArray = lost < WASTED_LOSS * even
    return wasted


def wasted_timesteps(process: ForwardProcess, prior: Any = None) -> int:
    """Return the number of timesteps that each lose less than a tenth of I_0/T.

    Arguments and errors are those of `is_wasted`.
    """
    return int(np.count_nonzero(is_wasted(process, prior)))


def wasted_ranges(process: ForwardProcess) -> list[tuple[int, int]]:
    """Return the first and last timestep of each range of wasted timesteps."""
    return list_ranges(is_wasted(process))


def list_ranges(flags: BoolArray) -> list[tuple[int, int]]:
    """Return the first and last index of each range of flags that are set."""
    edges = np.flatnonzero(np.diff(np.r_[False, flags, False]))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


@quiet
def lint(process: ForwardProcess, tokens: Any = None) -> tuple[Finding, ...]:
    """Run all checks and return their findings, most severe first.

    Args:
        process: the noise process.
        tokens: clean token ids of the data, of any shape, for the checks that need
            them.

    Raises:
        EngineError: `tokens` are not integers.
    """
    ids = None if tokens is None else integer_array(tokens, "tokens")
    findings = [item for check in CHECKS.values() for item in check(process, ids)]
    return tuple(sorted(findings, key=lambda item: SEVERITIES.index(item.severity)))


@functools.lru_cache(maxsize=2)
def information_left(process: ForwardProcess) -> FloatArray:
    """Return `timestep_information` for a uniform prior, which several callers need."""
    return timestep_information(process, None)


@quiet
def timestep_information(process: ForwardProcess, prior: Any = None) -> FloatArray:
    """Return I(x_t; x_0) in nats at sigma = 0 and at every timestep, (T+1,).

    If each value costs a matrix exponential, it interpolates between a few values. If
    the graph is too large for that, the result is empty.

    Args:
        process: the noise process; its hyperschedule does not count.
        prior: token prior, V weights >= 0; None for uniform over the data ids.

    Raises:
        EngineError: a prior of the wrong length, sign or support.
    """
    sigmas = _noise(process)
    graph = process.graph
    if graph.vocab_size > graph.MAX_INFORMATION_VOCAB:
        return np.empty(0)
    curve = graph.information(prior)
    if not graph.INFORMATION_IS_COSTLY:
        return curve.information(sigmas)[0]
    picks = np.unique(np.linspace(0, sigmas.size - 1, THINNED).astype(np.int64))
    values = curve.information(sigmas[picks])[0]
    return np.interp(np.arange(sigmas.size), picks, values)


def _noise(process: ForwardProcess) -> FloatArray:
    """Return total noise at every timestep, after a 0 for clean data, (T+1,)."""
    return np.concatenate([[0.0], process.sigmas])


def _sigma_decreases(process: ForwardProcess, tokens: Tokens) -> Iterator[Finding]:
    sigmas = _noise(process)
    falls = np.flatnonzero(sigmas[1:] < sigmas[:-1])
    if falls.size:
        yield Finding(
            code="sigma_decreases",
            severity="error",
            message=(
                f"Total noise falls at {falls.size} timesteps, first at timestep "
                f"{falls[0]}: noise cannot be removed."
            ),
            value=float(falls.size),
            way_out="Give a table in which sigma never falls (alpha never rises).",
        )


def _invalid_kernel(process: ForwardProcess, tokens: Tokens) -> Iterator[Finding]:
    added = np.diff(_noise(process))
    chance = float(np.nanmin(-np.expm1(-added), initial=0.0))
    if chance < 0.0:
        yield Finding(
            code="invalid_kernel",
            severity="error",
            message=(
                f"A step between timesteps would have a move chance of {chance:.3g}: "
                "there is no transition kernel."
            ),
            value=chance,
            way_out="Fix the table; until then only marginals and `noise` work.",
        )
    too_noisy = np.flatnonzero(process.sigmas > process.graph.largest_noise)
    if too_noisy.size:
        noise = process.graph.largest_noise
        yield Finding(
            code="invalid_kernel",
            severity="error",
            message=(
                f"Beyond a total noise of {noise:.6g}, first at timestep "
                f"{too_noisy[0]}, uniform noise or masks would have to be removed: "
                "there is no transition kernel."
            ),
            value=noise,
            way_out=(
                "Let the share of uniform noise change more slowly; until then only "
                "marginals and `noise` work."
            ),
        )


def _mask_in_tokens(process: ForwardProcess, tokens: Tokens) -> Iterator[Finding]:
    if tokens is None or process.mask_id is None:
        return
    share = float(np.mean(tokens == process.mask_id)) if tokens.size else 0.0
    if share > 0.0:
        way_out = "Set `mask_id` to null, which gives the mask an id of its own."
        if not process.graph.mask_inside:
            way_out = "Remove the masks from the data: noise will add them."
        yield Finding(
            code="mask_in_tokens",
            severity="error",
            message=(
                f"{share:.2%} of the data's tokens are the mask id {process.mask_id}: "
                "a masked token cannot be told from a clean one."
            ),
            value=share,
            way_out=way_out,
        )


def _ids_out_of_range(process: ForwardProcess, tokens: Tokens) -> Iterator[Finding]:
    if tokens is None:
        return
    outside = (tokens < 0) | (tokens >= process.vocab_size)
    if process.mask_id is not None:
        outside &= tokens != process.mask_id  # it has a finding of its own
    if outside.any():
        share, first = float(np.mean(outside)), int(tokens[outside][0])
        yield Finding(
            code="ids_out_of_range",
            severity="error",
            message=(
                f"{share:.2%} of the data's tokens, such as {first}, lie outside the "
                f"vocabulary 0..{process.vocab_size - 1}: they cannot be noised."
            ),
            value=share,
            way_out="Raise `vocab_size`, or use the tokenizer that it was chosen for.",
        )


def _checks_left_out(process: ForwardProcess, tokens: Tokens) -> Iterator[Finding]:
    graph = process.graph
    if graph.vocab_size > graph.MAX_INFORMATION_VOCAB:
        yield Finding(
            code="checks_left_out",
            severity="info",
            message=(
                "`terminal_leak` and `wasted_timesteps` were skipped: they need the "
                "information, which is computed for graphs given by a matrix of up to "
                f"{graph.MAX_INFORMATION_VOCAB} ids only."
            ),
            value=float(graph.vocab_size),
            way_out="Lint the same schedule on a smaller graph of the same kind.",
        )


def _rate_mismatch(process: ForwardProcess, tokens: Tokens) -> Iterator[Finding]:
    steps = process.num_timesteps
    # The first interval is checked only if there is no other: it may begin steeply.
    errors = rate_errors(process, np.arange(min(1, steps - 1), steps))
    wrong = np.flatnonzero(errors > LARGEST_RATE_ERROR)
    if wrong.size:
        worst = float(errors.max())
        yield Finding(
            code="rate_mismatch",
            severity="warning",
            message=(
                f"dsigma differs from the derivative of sigma by up to {worst:.0%}, "
                f"at {wrong.size} of {steps} timesteps, so losses are weighted wrongly."
            ),
            value=worst,
            way_out="Leave `rates` out, or give d sigma / dt with t in [0, 1].",
        )


def _terminal_leak(process: ForwardProcess, tokens: Tokens) -> Iterator[Finding]:
    information = information_left(process)
    if not information.size:
        return
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


def _wasted_timesteps(process: ForwardProcess, tokens: Tokens) -> Iterator[Finding]:
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


def _noisy_start(process: ForwardProcess, tokens: Tokens) -> Iterator[Finding]:
    chance = float(process.move_chance(0.0))
    if chance >= LARGEST_START:
        yield Finding(
            code="noisy_start",
            severity="error",
            message=(
                f"At t = 0 the move chance is already {chance:.3g}: no time has data "
                "to learn from."
            ),
            value=chance,
            way_out="Lower the initial noise.",
        )
    elif chance > 0.0:
        yield Finding(
            code="noisy_start",
            severity="info",
            message=f"At t = 0 alpha is not 1: the move chance is {chance:.3g}.",
            value=chance,
            way_out="Lower the initial noise, or treat t = 0 as slightly noisy data.",
        )


def _float32_blind(process: ForwardProcess, tokens: Tokens) -> Iterator[Finding]:
    moved = np.float32(1.0) - np.exp(-process.sigmas.astype(np.float32))
    yield from _blind(process, moved, "float32", "warning")


def _bfloat16_blind(process: ForwardProcess, tokens: Tokens) -> Iterator[Finding]:
    moved = 1.0 - _bfloat16(np.exp(-_bfloat16(process.sigmas)))
    yield from _blind(process, moved, "bfloat16", "info")


def _bfloat16(values: Any) -> Any:
    """Return values rounded to bfloat16's eight bits, as float32."""
    bits = np.asarray(values, np.float32).view(np.uint32)
    odd = (bits >> np.uint32(16)) & np.uint32(1)
    rounded = (bits + np.uint32(0x7FFF) + odd) & np.uint32(0xFFFF0000)
    return rounded.view(np.float32)


def _blind(
    process: ForwardProcess, moved: Any, name: str, severity: Severity
) -> Iterator[Finding]:
    """Report the timesteps at which 1 - exp(-sigma) is wrong in a number format."""
    exact = -np.expm1(-process.sigmas)
    wrong = np.abs(moved - exact) > LARGEST_ROUNDING * exact
    if wrong.any():
        first = float(exact[np.argmax(wrong)])
        yield Finding(
            code=f"{name}_blind",
            severity=severity,
            message=(
                f"In {name} 1 - exp(-sigma) is wrong by more than 1 % at "
                f"{np.count_nonzero(wrong)} timesteps (move chance {first:.3g})."
            ),
            value=float(np.count_nonzero(wrong)),
            way_out="Compute -expm1(-sigma) in float64, or start with more noise.",
        )


def _weight_diverges(process: ForwardProcess, tokens: Tokens) -> Iterator[Finding]:
    near = np.array([1e-8, 1e-6])
    weight = process.schedule.cross_entropy_weight(near)
    power = float(np.log(weight[0] / weight[1]) / np.log(near[1] / near[0]))
    if power > DIVERGING_POWER:
        yield Finding(
            code="weight_diverges",
            severity="info",
            message=(
                f"The loss weight grows like t^-{power:.2f} towards t = 0, so that its "
                "integral is infinite."
            ),
            value=power,
            way_out="Draw times by `importance`, or start them at t = 1/T.",
        )


CHECKS: Mapping[str, Check] = {
    "sigma_decreases": _sigma_decreases,
    "invalid_kernel": _invalid_kernel,
    "mask_in_tokens": _mask_in_tokens,
    "ids_out_of_range": _ids_out_of_range,
    "rate_mismatch": _rate_mismatch,
    "terminal_leak": _terminal_leak,
    "wasted_timesteps": _wasted_timesteps,
    "noisy_start": _noisy_start,
    "float32_blind": _float32_blind,
    "bfloat16_blind": _bfloat16_blind,
    "weight_diverges": _weight_diverges,
    "checks_left_out": _checks_left_out,
}
"""Maps a finding's code to the check that reports it."""
