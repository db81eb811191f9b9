"""H(x_0 | x_t) at every position for the bigram reader.

If noise only masks, it has a closed form. Otherwise the posterior of every position is
exact for one x_t, by the forward-backward algorithm, and the expectation over x_t is a
mean over rows that are drawn from the reader and noised.

Source: Rabiner 1989, section III.A-B, for the forward-backward algorithm.
"""

from typing import Final

import numpy as np

from noising.decision.reader import UNUSED, Reader
from noising.decision.token_noise import TokenNoise
from noising.engine.arrays import FloatArray, IntArray
from noising.engine.information import xlogx

DRAWN_ROWS: Final = 64
"""Rows that are drawn; the same for all noise levels and processes of a length."""

SEED: Final = 20_260_101


def masked_entropies(reader: Reader, alphas: FloatArray) -> FloatArray:
    """Return H(x_0 | x_t) where noise only masks, at every position, (K, L), in nats.

    A masked token depends on the nearest tokens to its left and right that are not, at
    the distances l and r. The chain is stationary, so that
    H(x_i | x_(i-l), x_(i+r)) = h_l + h_r - h_(l+r), with h_n = H(x_n | x_0), and
    h_n = H(x) where there is no such token.

    Args:
        reader: the reader.
        alphas: (K, L) chance of each position not to be masked.
    """
    length = alphas.shape[1]
    after = reader.entropies_after(length)
    masked = 1.0 - alphas
    result = np.empty_like(alphas)
    for i in range(length):
        left, far_left = _nearest(alphas[:, :i][:, ::-1], masked[:, :i][:, ::-1])
        right, far_right = _nearest(alphas[:, i + 1 :], masked[:, i + 1 :])
        to_left = np.append(after[1 : left.shape[1] + 1], reader.entropy)
        to_right = np.append(after[1 : right.shape[1] + 1], reader.entropy)
        both = np.full((to_left.size, to_right.size), reader.entropy)
        distance = np.add.outer(np.arange(1, to_left.size), np.arange(1, to_right.size))
        both[:-1, :-1] = after[distance]
        known = to_left[:, None] + to_right - both
        left_chances = np.column_stack([left, far_left])
        right_chances = np.column_stack([right, far_right])
        expected = ((left_chances @ known) * right_chances).sum(axis=1)
        result[:, i] = masked[:, i] * np.maximum(expected, 0.0)
    return result


def _nearest(alphas: FloatArray, masked: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the chances of the nearest position that is not masked, and of none.

    Args:
        alphas: (K, N) chances not to be masked, by distance.
        masked: (K, N) their complements.

    Returns:
        (K, N) and (K,).
    """
    before = np.cumprod(masked, axis=1)
    if not alphas.shape[1]:
        return alphas, np.ones(alphas.shape[0])
    reached = np.column_stack([np.ones(alphas.shape[0]), before[:, :-1]])
    return alphas * reached, np.asarray(before[:, -1], np.float64)


def draw_rows(
    reader: Reader, length: int, rows: int = DRAWN_ROWS
) -> tuple[IntArray, FloatArray]:
    """Return rows of the chain, (rows, L), and uniforms for noise, (rows, L, 2)."""
    generator = np.random.default_rng(SEED)
    ends = np.cumsum(reader.steps, axis=1)
    classes = np.empty((rows, length), np.int64)
    first = generator.random(rows)
    classes[:, 0] = np.searchsorted(np.cumsum(reader.start), first, side="right")
    for place in range(1, length):
        places = generator.random(rows)
        before = np.minimum(classes[:, place - 1], reader.num_classes - 1)
        classes[:, place] = (places[:, None] >= ends[before]).sum(axis=1)
    classes = np.minimum(classes, reader.num_classes - 1)
    used = np.flatnonzero(reader.classes != UNUSED)
    ids = used[np.argsort(reader.classes[used], kind="stable")]
    tokens = ids[classes]
    shared = reader.shared_class
    if shared is not None:
        members = ids[reader.num_classes - 1 :]
        inside = np.cumsum(reader.within[members])
        drawn = np.searchsorted(inside, generator.random(classes.shape), side="right")
        drawn = np.minimum(drawn, members.size - 1)
        tokens = np.where(classes == shared, members[drawn], tokens)
    return tokens, generator.random((rows, length, 2))


def posterior_entropies(
    reader: Reader, noise: TokenNoise, noised: IntArray
) -> FloatArray:
    """Return the entropy of the posterior of x_0 at every position, (R, L), in nats.

    Args:
        reader: the reader.
        noise: the noise of the rows.
        noised: (R, L) x_t, each of a chance above 0.
    """
    rows, length = noised.shape
    forward = np.empty((length, rows, reader.num_classes))
    evidence = np.empty_like(forward)
    message = np.broadcast_to(reader.start, forward[0].shape)
    for i in range(length):
        evidence[i] = noise.evidence(noised, i)
        forward[i] = message * evidence[i]
        forward[i] /= forward[i].sum(axis=1, keepdims=True)
        message = forward[i] @ reader.steps
    entropies = np.empty((rows, length))
    inside = noise.inside_entropy(noised)
    shared, back = reader.shared_class, np.ones_like(forward[0])
    for i in reversed(range(length)):
        posterior = forward[i] * back
        posterior /= posterior.sum(axis=1, keepdims=True)
        entropies[:, i] = -xlogx(posterior).sum(axis=1)
        if shared is not None:
            entropies[:, i] += posterior[:, shared] * inside[:, i]
        back = (evidence[i] * back) @ reader.steps.T
        back /= back.max(axis=1, keepdims=True)
    return np.maximum(entropies, 0.0)
