"""The noise of tokens as a reader sees it: what x_t says about x_0.

Noise levels are arrays (R, P, G): R rows, P positions or 1 if all have the same noise,
and G groups of tokens with the same noise, mostly 1.
"""

import abc
from dataclasses import dataclass

import numpy as np

from noising.decision.reader import UNUSED, Reader
from noising.engine.arrays import FloatArray, IntArray, quiet
from noising.engine.graphs import MatrixGraph
from noising.engine.graphs.mixture import Mixture, MixtureGraph
from noising.engine.information import xlogx


class TokenNoise(abc.ABC):
    """The chances q(x_t | x_0) in rows of tokens."""

    @abc.abstractmethod
    def draw(self, clean: IntArray, uniforms: FloatArray) -> IntArray:
        """Return x_t of (R, L) tokens, with (R, L, 2) uniforms in [0, 1).

        The same uniforms at similar noise give the same x_t at most positions.
        """

    @abc.abstractmethod
    def evidence(self, noised: IntArray, position: int) -> FloatArray:
        """Return q(x_t | class of x_0) at one position, (R, C), for (R, L) noised."""

    @abc.abstractmethod
    def inside_entropy(self, noised: IntArray) -> FloatArray:
        """Return H(x_0 | x_t, x_0 is in the shared class), (R, L); 0 without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MixtureNoise(TokenNoise):
    """Noise that keeps, resamples or masks a token.

    Attributes:
        reader: the reader.
        base: (V,) the distribution that tokens are resampled from.
        mask_id: id of the mask, or None.
        group: (V,) the group of each token.
        weights: the chances by group, (R, P, G).
        shares: (C, G) share of each group among the tokens of a class.
    """

    reader: Reader
    base: FloatArray
    mask_id: int | None
    group: IntArray
    weights: Mixture
    shares: FloatArray

    @classmethod
    @quiet
    def of(
        cls, reader: Reader, graph: MixtureGraph, sigma: FloatArray, group: IntArray
    ) -> "MixtureNoise":
        """Return the noise at (R, P, G) total noise of (V,) groups of tokens."""
        used = np.flatnonzero(reader.classes != UNUSED)
        shares = np.zeros((reader.num_classes, sigma.shape[2]))
        np.add.at(shares, (reader.classes[used], group[used]), reader.within[used])
        return cls(
            reader=reader,
            base=graph.base(),
            mask_id=graph.mask_id,
            group=group,
            weights=Mixture.of(graph.channel(sigma)),
            shares=shares,
        )

    def draw(self, clean: IntArray, uniforms: FloatArray) -> IntArray:
        """Return the mask for the lowest uniforms, another draw for the highest."""
        at = self._select(self.group[clean])
        first, second = uniforms[..., 0], uniforms[..., 1]
        drawn = np.searchsorted(np.cumsum(self.base), second, side="right")
        drawn = np.minimum(drawn, np.flatnonzero(self.base)[-1])
        noised = np.where(first >= 1.0 - at.base, drawn, clean)
        mask = clean if self.mask_id is None else self.mask_id
        return np.where(first < at.mask, mask, noised)

    def evidence(self, noised: IntArray, position: int) -> FloatArray:
        """Return the chance of one x_t for each class."""
        reader, place = self.reader, min(position, self.weights.keep.shape[1] - 1)
        seen = noised[:, position]
        is_mask = self._is_mask(seen)
        data = np.where(is_mask, 0, seen)
        drawn = self.weights.base[:, place] @ self.shares.T
        chance = np.where(
            is_mask[:, None],
            self.weights.mask[:, place] @ self.shares.T,
            drawn * self.base[data][:, None],
        )
        kept = np.flatnonzero(~is_mask & (reader.classes[data] != UNUSED))
        own = data[kept]
        keep = self.weights.keep[:, place]
        keep = np.broadcast_to(keep, (seen.size, keep.shape[1]))[kept, self.group[own]]
        chance[kept, reader.classes[own]] += keep * reader.within[own]
        return chance

    def inside_entropy(self, noised: IntArray) -> FloatArray:
        """Return the entropy of the posterior over the tokens of the shared class."""
        reader = self.reader
        if reader.shared_class is None:
            return np.zeros(noised.shape)
        members = np.where(reader.classes == reader.shared_class, reader.within, 0.0)
        chance, cost = self.measure(members, noised)
        return cost / np.where(chance > 0.0, chance, 1.0)

    @quiet
    def measure(
        self, prior: FloatArray, noised: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return q(x_t) and q(x_t)·H(x_0 | x_t) of independent tokens, (R, L).

        Of a data token y, all x other than y have the weights b(y)·prior(x)·base(x),
        so that their sum and that of their logarithms need one pass over the V ids.

        Args:
            prior: (V,) the prior of x_0, which need not add up to 1.
            noised: (R, L) x_t.
        """
        is_mask = self._is_mask(noised)
        data = np.where(is_mask, 0, noised)
        groups = self.weights.keep.shape[2]
        sums = np.bincount(self.group, prior, minlength=groups)
        logs = np.bincount(self.group, xlogx(prior), minlength=groups)
        base, mask = self.weights.base, self.weights.mask
        total = base @ sums
        total_log = base @ logs + xlogx(base) @ sums
        at = self._select(self.group[data])
        share, chance = prior[data], self.base[data]
        others = np.maximum(total - share * at.base, 0.0)
        others_log = total_log - xlogx(share * at.base)
        own = share * (at.keep + at.base * chance)
        of_data = chance * total + share * at.keep
        cost = xlogx(of_data) - xlogx(own)
        cost -= chance * others_log + xlogx(chance) * others
        masked = mask @ sums
        masked_cost = xlogx(masked) - (mask @ logs + xlogx(mask) @ sums)
        found = np.where(is_mask, masked, of_data), np.where(is_mask, masked_cost, cost)
        return found[0], np.maximum(found[1], 0.0)

    def unigram_entropy(self) -> FloatArray:
        """Return H(x_0 | x_t) of the unigram reader in rows without positions, (R,)."""
        states = np.arange(self.base.size)
        prior = self.reader.prior
        total = np.zeros(self.weights.keep.shape[0])
        for row in range(total.size):
            one = Mixture(
                keep=self.weights.keep[row : row + 1],
                base=self.weights.base[row : row + 1],
                mask=self.weights.mask[row : row + 1],
            )
            noise = MixtureNoise(
                reader=self.reader,
                base=self.base,
                mask_id=self.mask_id,
                group=self.group,
                weights=one,
                shares=self.shares,
            )
            seen = states[None]
            if self.mask_id is not None:
                seen = np.union1d(states, [self.mask_id])[None]
            total[row] = noise.measure(prior, seen)[1].sum()
        return total

    def _is_mask(self, noised: IntArray) -> "np.ndarray":
        if self.mask_id is None:
            return np.zeros(noised.shape, bool)
        return np.asarray(noised == self.mask_id)

    def _select(self, group: IntArray) -> Mixture:
        """Return the weights at (R, L) groups, or (1, L)."""
        return Mixture(
            keep=_select(self.weights.keep, group),
            base=_select(self.weights.base, group),
            mask=_select(self.weights.mask, group),
        )


def _select(weights: FloatArray, group: IntArray) -> FloatArray:
    rows, positions, groups = weights.shape
    if groups == 1:
        return weights[:, :, 0]
    shape = np.broadcast_shapes((rows, positions), group.shape)
    whole = np.broadcast_to(weights, (*shape, groups))
    index = np.broadcast_to(group, shape)[..., None]
    return np.take_along_axis(whole, index, axis=-1)[..., 0]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixNoise(TokenNoise):
    """Noise given by a matrix, the same for all tokens; each used id is a class.

    Attributes:
        reader: the reader.
        graph: the graph.
        sigma: total noise.
    """

    reader: Reader
    graph: MatrixGraph
    sigma: float

    def draw(self, clean: IntArray, uniforms: FloatArray) -> IntArray:
        """Return the clean token for the lowest uniforms, else others by id."""
        matrix = self.graph.propagator.at(self.sigma)
        stay = np.diagonal(matrix)
        others = np.where(np.eye(stay.size, dtype=bool), 0.0, matrix)
        ends = stay[:, None] + np.cumsum(others, axis=1)
        drawn = (uniforms[..., :1] >= ends[clean]).sum(axis=-1)
        noised = np.minimum(drawn, stay.size - 1)
        return np.where(uniforms[..., 0] < stay[clean], clean, noised)

    def evidence(self, noised: IntArray, position: int) -> FloatArray:
        """Return the chance of one x_t for each id that is used."""
        matrix = self.graph.propagator.at(self.sigma)
        ids = np.argsort(self.reader.classes)[-self.reader.num_classes :]
        return matrix[ids][:, noised[:, position]].T

    def inside_entropy(self, noised: IntArray) -> FloatArray:
        """Return 0: no ids share a class."""
        return np.zeros(noised.shape)
