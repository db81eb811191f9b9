"""What ties draws to each other: independence, nesting, and the same bytes always."""

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

_DRAW: Final = OTHER_DRAWS + 1  # a path uses the first
_NESTED_ROWS: Final = 64
_PADDING: Final = 40
_HYPERSCHEDULE_LENGTH: Final = 64
_MOST_LEVELS: Final = 16
_HYPERSCHEDULE_TIMES: Final = (0.1, 0.5, 0.9)


def independence(process: ForwardProcess, *, samples: int, seed: int) -> Evidence:
    """Compare pairs of positions, rows, draws and seeds with independence.

    Pairs do not overlap, so the number of pairs that both changed is binomial, and so
    is, of these, the number that became the same token.

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

    def drawn(seed: int, draw: int) -> TokenArray:
        return process.noise(tokens, timestep, seed=seed, draw=draw).tokens

    first = drawn(seed, _DRAW)
    octets = first.reshape(-1, 2, 8)
    pairs = {
        "neighbours": (first[:, ::2], first[:, 1::2]),
        "eight apart": (octets[:, 0], octets[:, 1]),
        "rows": (first[::2], first[1::2]),
        "draws": (first, drawn(seed, _DRAW + 1)),
        "seeds": (first, drawn(seed ^ MASK64, _DRAW)),
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
    """What was struck at one timestep is struck at every later one, and stays put.

    A token that was drawn stays that token or becomes the mask.
    """
    name = "nesting"
    if isinstance(process.graph, MatrixGraph):
        reason = "a graph given by a matrix promises none"
        return Evidence(name=name, measured=reason, status="skipped")
    if process.timeline.falls:
        reason = "sigma falls, so noise is taken back"
        return Evidence(name=name, measured=reason, status="skipped")
    tokens = _mixed_tokens(process, _NESTED_ROWS)
    struck = np.zeros(tokens.shape, bool)
    before: TokenArray = tokens
    freed = redrawn = silent = 0
    for timestep in timesteps(process):
        noised = process.noise(tokens, timestep, seed=seed, draw=_DRAW + 2)
        now = noised.tokens
        freed += int((struck & ~noised.resampled).sum())
        redrawn += int((struck & (now != before) & _unmasked(process, now)).sum())
        silent += int((noised.changed & ~noised.resampled).sum())
        struck, before = noised.resampled, now
    return Evidence(
        name=name,
        measured=f"of {tokens.size} tokens {freed} were freed again, {redrawn} drawn "
        f"again, {silent} changed without being struck",
        status="failed" if freed or redrawn or silent else "ok",
    )


def _mixed_tokens(process: ForwardProcess, rows: int) -> IntArray:
    ids = np.array(clean_tokens(process))
    return ids[np.arange(rows * COLUMNS) % ids.size].reshape(rows, COLUMNS)


def _unmasked(process: ForwardProcess, tokens: TokenArray) -> BoolArray:
    return np.asarray(tokens != (-1 if process.mask_id is None else process.mask_id))


def same_bytes(process: ForwardProcess, *, samples: int, seed: int) -> Evidence:
    """The same work split in many ways gives the same tokens.

    Args:
        process: a process without a hyperschedule.
        samples: tokens in all, a multiple of 2·COLUMNS.
        seed: the seed.
    """
    tokens = _mixed_tokens(process, samples // COLUMNS)
    ids = np.arange(len(tokens))
    last = process.num_timesteps - 1
    # The first row, which is also noised alone, is one in which tokens move.
    steps = np.array([last // 2, last, 0])[ids % 3]
    whole = process.noise(tokens, steps, seed=seed).tokens
    ways = dict(_ways(process, tokens, steps, ids, seed))
    differing = [name for name, part in ways.items() if not _equal(part, whole)]
    return Evidence(
        name="same_bytes",
        measured=f"other tokens with {', '.join(differing)}"
        if differing
        else f"the same tokens with {', '.join(ways)}",
        status="failed" if differing else "ok",
    )


def _equal(part: TokenArray, whole: TokenArray) -> bool:
    """Return whether `part` equals the first rows of `whole`."""
    return bool((part == whole[: part.shape[0]]).all())


def _ways(
    process: ForwardProcess, tokens: IntArray, steps: IntArray, ids: IntArray, seed: int
) -> Iterator[tuple[str, TokenArray]]:
    """Yield the tokens of the first rows, drawn in different ways."""

    def drawn(rows: Any, **changes: Any) -> TokenArray:
        call = {"timestep": steps[rows], "sequence_ids": ids[rows], **changes}
        return process.noise(tokens[rows], seed=seed, **call).tokens

    half = len(ids) // 2
    few = slice(0, 8)
    if tokens.size >= THREADS_FROM:
        yield "two threads", drawn(slice(None), threads=2)
    yield "halves", np.concatenate([drawn(slice(half)), drawn(slice(half, None))])
    yield "rows reversed", drawn(slice(None, None, -1))[::-1]
    yield "single rows", np.stack([drawn(int(row)) for row in ids[few]])
    alone = process.noise(tokens[0], int(steps[0]), seed=seed)
    yield "one sequence", alone.tokens[None]
    spread = np.repeat(steps[few, None], COLUMNS, axis=1)
    yield "times by position", drawn(few, timestep=spread)
    yield "real times", drawn(few, timestep=None, t=process.time(steps[few]))
    padded = np.pad(tokens[few], ((0, 0), (0, _PADDING)))
    lengths = np.full(len(padded), COLUMNS)
    noised = process.noise(padded, steps[few], seed=seed, lengths=lengths).tokens
    yield "padding", noised[:, :COLUMNS]
    narrow = process.noise(tokens[few].astype(np.int32), steps[few], seed=seed)
    yield "32-bit tokens", narrow.tokens


def by_position(process: ForwardProcess, *, samples: int, seed: int) -> Evidence:
    """Compare tokens under the process's hyperschedule with each position's noise.

    All rows hold the same tokens, so the changes at positions of one probability are
    binomial.
    """
    name = "hyperschedule"
    given = process.spec["hyperschedule"]
    if given is None:
        reason = "the specification has none"
        return Evidence(name=name, measured=reason, status="skipped")
    row = _row_for(process, given)
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
            tests.append((f"t {t:g}, kept with chance {chance:.4g}", p_value))
    return Evidence(
        name=name, measured=f"rows of {row.size} positions", p_values=tuple(tests)
    )


def _row_for(process: ForwardProcess, given: dict[str, Any]) -> IntArray:
    """Return a row of tokens that fits the hyperschedule and has every token type."""
    tokens = clean_tokens(process)
    for ids in given.get("classes", {}).values():
        tokens += [token for token in ids if token != process.mask_id][:1]
    length = _HYPERSCHEDULE_LENGTH
    for table in (given.get("weights"), *given.get("rows", ())[:1]):
        if isinstance(table, list):
            length = len(table)
    return np.resize(tokens, length)
