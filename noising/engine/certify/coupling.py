"""Tests of how draws relate: independence, nesting and reproducibility."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from noising.engine.arrays import BoolArray, IntArray, TokenArray
from noising.engine.certify.certificate import Evidence
from noising.engine.certify.laws import COLUMNS, OTHER_DRAWS, timesteps
from noising.engine.certify.moments import clean_tokens
from noising.engine.exact_tests import binomial_p_value
from noising.engine.graphs import MatrixGraph
from noising.engine.process import ForwardProcess
from noising.engine.randomness import MASK64
from noising.engine.sampler.driver import THREADS_FROM

_DRAW: Final = OTHER_DRAWS + 1  # OTHER_DRAWS itself is the draw of `markov_path`
_NESTED_ROWS: Final = 64
_PADDING: Final = 40
_HYPERSCHEDULE_LENGTH: Final = 64
_MOST_LEVELS: Final = 16
_HYPERSCHEDULE_TIMES: Final = (0.1, 0.5, 0.9)


def independence(process: ForwardProcess, *, samples: int, seed: int) -> Evidence:
    """Test that positions, rows, draws and seeds are independent.

    Pairs do not overlap. Therefore the number of pairs in which both tokens changed
    is binomial, and so is the number among these in which both became the same token.

    Args:
        process: a process without a hyperschedule.
        samples: tokens in a draw, a multiple of 2·COLUMNS.
        seed: the seed.
    """
    x0 = clean_tokens(process)[-1]
    timestep = min(timesteps(process), key=lambda k: abs(process.alphas[k] - 0.5))
    chances = process.marginal(x0, process.time(timestep))
    chances[x0] = 0.0
    chance = float(chances.sum())
    tokens = np.full((samples // COLUMNS, COLUMNS), x0)

    def noise(seed: int, draw: int) -> TokenArray:
        return process.noise(tokens, timestep, seed=seed, draw=draw).tokens

    first = noise(seed, _DRAW)
    octets = first.reshape(-1, 2, 8)
    pairs = {
        "neighbours": (first[:, ::2], first[:, 1::2]),
        "eight apart": (octets[:, 0], octets[:, 1]),
        "rows": (first[::2], first[1::2]),
        "draws": (first, noise(seed, _DRAW + 1)),
        "seeds": (first, noise(seed ^ MASK64, _DRAW)),
    }
    alike = float((chances / (chance or 1.0)) @ (chances / (chance or 1.0)))
    tests = []
    for name, (left, right) in pairs.items():
        both = (left != x0) & (right != x0)
        count = int(both.sum())
        same = int((both & (left == right)).sum())
        tests.append((name, binomial_p_value(count, both.size, chance * chance)))
        tests.append((f"{name}, same token", binomial_p_value(same, count, alike)))
    return Evidence(
        name="independence",
        measured=f"pairs at timestep {timestep}, x0 {x0}",
        p_values=tuple(tests),
    )


def nesting(process: ForwardProcess, *, seed: int) -> Evidence:
    """Test that a resampled token stays resampled and keeps its id until masked.

    It also stays masked, unless the share of masks in the noise falls with time.
    """
    name = "nesting"
    if isinstance(process.graph, MatrixGraph):
        reason = "graphs given by a matrix do not guarantee it"
        return Evidence(name=name, measured=reason, status="skipped")
    if process.timeline.falls:
        reason = "sigma falls, so noise is removed again"
        return Evidence(name=name, measured=reason, status="skipped")
    tokens = _mixed_tokens(process, _NESTED_ROWS)
    resampled = np.zeros(tokens.shape, bool)
    before: TokenArray = tokens
    masks = process.levels.table.mask
    masks_leave = masks is not None and bool((masks[1:] < masks[:-1]).any())
    restored = redrawn = unreported = 0
    for timestep in timesteps(process):
        noised = process.noise(tokens, timestep, seed=seed, draw=_DRAW + 2)
        now = noised.tokens
        restored += int((resampled & ~noised.resampled).sum())
        other = (now != before) & _is_unmasked(process, now)
        if masks_leave:
            other &= _is_unmasked(process, before)
        redrawn += int((resampled & other).sum())
        unreported += int((noised.changed & ~noised.resampled).sum())
        resampled, before = noised.resampled, now
    return Evidence(
        name=name,
        measured=f"of {tokens.size} tokens {restored} were restored, {redrawn} were "
        f"resampled twice and {unreported} changed without being resampled",
        status="failed" if restored or redrawn or unreported else "ok",
    )


def _mixed_tokens(process: ForwardProcess, rows: int) -> IntArray:
    ids = np.array(clean_tokens(process))
    return ids[np.arange(rows * COLUMNS) % ids.size].reshape(rows, COLUMNS)


def _is_unmasked(process: ForwardProcess, tokens: TokenArray) -> BoolArray:
    return np.asarray(tokens != (-1 if process.mask_id is None else process.mask_id))


def same_bytes(process: ForwardProcess, *, samples: int, seed: int) -> Evidence:
    """Test that batches, threads, order and padding do not change the tokens.

    Args:
        process: a process without a hyperschedule.
        samples: tokens in all, a multiple of 2·COLUMNS.
        seed: the seed.
    """
    tokens = _mixed_tokens(process, samples // COLUMNS)
    ids = np.arange(len(tokens))
    last = process.num_timesteps - 1
    # Tokens move in the first row, which is also noised alone.
    steps = np.array([last // 2, last, 0])[ids % 3]
    whole = process.noise(tokens, steps, seed=seed).tokens
    variants = dict(_noise_variants(process, tokens, steps, ids, seed))
    differing = [name for name, part in variants.items() if not _equal(part, whole)]
    return Evidence(
        name="same_bytes",
        measured=f"other tokens with {', '.join(differing)}"
        if differing
        else f"the same tokens with {', '.join(variants)}",
        status="failed" if differing else "ok",
    )


def _equal(part: TokenArray, whole: TokenArray) -> bool:
    """Return whether `part` equals the first rows of `whole`."""
    return bool((part == whole[: part.shape[0]]).all())


def _noise_variants(
    process: ForwardProcess, tokens: IntArray, steps: IntArray, ids: IntArray, seed: int
) -> Iterator[tuple[str, TokenArray]]:
    """Yield the names of variants of a call, and the first rows that they give."""

    def noise(rows: Any, **changes: Any) -> TokenArray:
        call = {"timestep": steps[rows], "sequence_ids": ids[rows], **changes}
        return process.noise(tokens[rows], seed=seed, **call).tokens

    half = len(ids) // 2
    few = slice(0, 8)
    if tokens.size >= THREADS_FROM:
        yield "two threads", noise(slice(None), threads=2)
    yield "halves", np.concatenate([noise(slice(half)), noise(slice(half, None))])
    yield "rows reversed", noise(slice(None, None, -1))[::-1]
    yield "single rows", np.stack([noise(int(row)) for row in ids[few]])
    alone = process.noise(tokens[0], int(steps[0]), seed=seed)
    yield "one sequence", alone.tokens[None]
    spread = np.repeat(steps[few, None], COLUMNS, axis=1)
    yield "times by position", noise(few, timestep=spread)
    yield "real times", noise(few, timestep=None, t=process.time(steps[few]))
    padded = np.pad(tokens[few], ((0, 0), (0, _PADDING)))
    lengths = np.full(len(padded), COLUMNS)
    noised = process.noise(padded, steps[few], seed=seed, lengths=lengths).tokens
    yield "padding", noised[:, :COLUMNS]
    narrow = process.noise(tokens[few].astype(np.int32), steps[few], seed=seed)
    yield "32-bit tokens", narrow.tokens


def by_position(process: ForwardProcess, *, samples: int, seed: int) -> Evidence:
    """Compare unchanged tokens under the hyperschedule with each position's noise.

    All rows hold the same tokens, so the number of unchanged tokens at positions of
    the same probability is binomial.
    """
    name = "hyperschedule"
    spec = process.spec["hyperschedule"]
    if spec is None:
        reason = "the specification has none"
        return Evidence(name=name, measured=reason, status="skipped")
    row = _make_row(process, spec)
    rows = max(samples // row.size, 2)
    tests = []
    for number, t in enumerate(_HYPERSCHEDULE_TIMES):
        noise = process.position_sigma(t, row.size, tokens=row)
        stay = process.graph.likelihood(row, row, noise)
        draw = _DRAW + 3 + number
        tokens = np.tile(row, (rows, 1))
        noised = process.noise(tokens, t=t, seed=seed, draw=draw).tokens
        stayed = (noised == row).sum(axis=0)
        levels, place = np.unique(stay, return_inverse=True)
        chosen = np.linspace(0, levels.size - 1, min(levels.size, _MOST_LEVELS))
        for level in chosen.astype(np.int64):
            at = place == level
            chance, trials = float(levels[level]), rows * int(at.sum())
            p_value = binomial_p_value(int(stayed[at].sum()), trials, chance)
            tests.append((f"t {t:g}, chance to stay {chance:.4g}", p_value))
    return Evidence(
        name=name, measured=f"rows of {row.size} positions", p_values=tuple(tests)
    )


def _make_row(process: ForwardProcess, spec: dict[str, Any]) -> IntArray:
    """Return a row of tokens that fits the hyperschedule.

    It has every token type and some of the ids with an exponent of their own.
    """
    tokens = clean_tokens(process)
    for ids in spec.get("classes", {}).values():
        tokens += [token for token in ids if token != process.mask_id][:1]
    own = [int(key) for key in spec.get("exponents", ())]
    tokens += [token for token in own if token != process.mask_id][:_MOST_LEVELS]
    length = _HYPERSCHEDULE_LENGTH
    for table in (spec.get("weights"), *spec.get("rows", ())[:1]):
        if isinstance(table, list):
            length = len(table)
    return np.resize(tokens, length)
