"""Tests of samples against the distributions that they should have.

Every case uses another draw.
"""

import itertools
from collections.abc import Iterator
from typing import Final

import numpy as np

from noising.engine.certify.certificate import Evidence
from noising.engine.certify.moments import clean_tokens
from noising.engine.certify.outcomes import Judge, Tests
from noising.engine.process import ForwardProcess

COLUMNS: Final = 256
"""Tokens in a row of the draws."""

OTHER_DRAWS: Final = 1 << 16
"""`laws` uses draws below this number, other checks those from it on."""

_TIMESTEP_SHARES: Final = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
_PATH_SHARES: Final = (0.1, 0.4, 0.7)


def timesteps(process: ForwardProcess) -> list[int]:
    """Return a few timesteps from the first to the last."""
    return _timesteps_at(process, _TIMESTEP_SHARES)


def _timesteps_at(process: ForwardProcess, shares: tuple[float, ...]) -> list[int]:
    last = process.num_timesteps - 1
    return sorted({round(share * last) for share in shares})


def laws(process: ForwardProcess, *, samples: int, seed: int) -> Iterator[Evidence]:
    """Compare changed, masked and resampled tokens with the marginals.

    It tests a few clean tokens at a few timesteps.

    Args:
        process: a process without a hyperschedule.
        samples: tokens drawn for each case, a multiple of COLUMNS.
        seed: the seed; case number i uses draw i.
    """
    changed: Tests = []
    masked: Tests = []
    destinations: Tests = []
    judge = Judge.of(process)
    cases = itertools.product(timesteps(process), clean_tokens(process))
    for draw, (timestep, x0) in enumerate(cases):
        case = f"timestep {timestep}, x0 {x0}"
        tokens = np.full((samples // COLUMNS, COLUMNS), x0)
        noised = process.noise(tokens, timestep, seed=seed, draw=draw).tokens
        marginal = process.marginal(x0, process.time(timestep))
        outcomes = judge.outcomes(case, x0, noised, marginal)
        changed += outcomes.changed
        masked += outcomes.masked
        destinations += outcomes.destinations
    yield _evidence("changed_tokens", "against the marginals", changed)
    if process.mask_id is None:
        yield _skip("masked_tokens", "the graph has no mask")
    else:
        yield _evidence("masked_tokens", "against the marginals", masked)
    if destinations:
        bins = "ids in bins of about equal probability"
        yield _evidence("destinations", bins, destinations)
    else:
        reason = "changed tokens can become one id only, or too few changed"
        yield _skip("destinations", reason)


def markov_path(process: ForwardProcess, *, samples: int, seed: int) -> Evidence:
    """Compare a path's steps with the kernel and its last state with the marginal.

    Args:
        process: a process without a hyperschedule.
        samples: tokens in a path, a multiple of COLUMNS.
        seed: the seed.
    """
    name = "markov_path"
    if process.timeline.falls:
        return _skip(name, "sigma falls, so there are no kernels")
    if process.sigmas[-1] > process.graph.largest_noise:
        return _skip(name, "late in time the graph has no kernels")
    x0 = clean_tokens(process)[0]
    steps = _timesteps_at(process, _PATH_SHARES)
    tokens = np.full((samples // COLUMNS, COLUMNS), x0)
    path = process.sample_path(tokens, steps, seed=seed, draw=OTHER_DRAWS)
    judge = Judge.of(process)
    tests: Tests = []
    for (k, before), (later, after) in itertools.pairwise(
        zip(steps, path, strict=True)
    ):
        s, t = process.time(k), process.time(later)
        for state in _commonest(before):
            drawn = after[before == state]
            case = f"timestep {k} to {later}, from {state}"
            row = process.kernel(state, s, t)
            tests += judge.outcomes(case, state, drawn, row).all
    end = process.marginal(x0, process.time(steps[-1]))
    tests += judge.outcomes(f"timestep {steps[-1]}, x0 {x0}", x0, path[-1], end).all
    return _evidence(name, f"timesteps {', '.join(map(str, steps))}", tests)


def _commonest(tokens: np.ndarray) -> list[int]:
    """Return the three most frequent states."""
    counts = np.bincount(tokens.ravel())
    return [
        int(state) for state in np.argsort(-counts, kind="stable")[:3] if counts[state]
    ]


def _evidence(name: str, measured: str, tests: Tests) -> Evidence:
    return Evidence(name=name, measured=measured, p_values=tuple(tests))


def _skip(name: str, reason: str) -> Evidence:
    return Evidence(name=name, measured=reason, status="skipped")
