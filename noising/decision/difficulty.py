"""Denoising difficulty: H(x_0 | x_t) by position and timestep, for a reader of x_0.

It is what an ideal denoiser does not know about a token, if text is as the reader says:
no model is trained. It rises from 0 for clean text to the entropy of a token.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from noising.decision.chain import (
    draw_rows,
    masked_entropies,
    posterior_entropies,
)
from noising.decision.loss_weights import is_flat
from noising.decision.reader import Reader
from noising.decision.token_noise import MatrixNoise, MixtureNoise, TokenNoise
from noising.engine import EngineError, ForwardProcess
from noising.engine.arrays import FloatArray, IntArray, quiet
from noising.engine.graphs import MatrixGraph
from noising.engine.graphs.mixture import MixtureGraph
from noising.engine.hyperschedules import TokenExponents, TokenTypes
from noising.engine.hyperschedules.calibration import calibrate_sigma
from noising.engine.hyperschedules.exponents import raise_chance
from noising.engine.information import ErasureInformation
from noising.engine.lint import timestep_information

LENGTH: Final = 64
"""Positions of a row, where the hyperschedule does not define them."""
LONGEST: Final = 1024

SHOWN: Final = 129
"""Most timesteps at which difficulty is given by position."""

LEVELS: Final = 17
"""Noise levels, or timesteps, at which rows are drawn."""

_DRAWN_TOKENS: Final = 1 << 13  # at each level; but 8 rows at least, for their spread
_LEAST_ROWS: Final = 8
_DEGREE: Final = 3  # of the polynomial between the levels, besides x·(1 - x)
_MOST_ALPHAS: Final = 2_000
_MOST_PRODUCTS: Final = 2e10  # multiplications of the closed form by position


@dataclass(frozen=True, slots=True, kw_only=True)
class Difficulty:
    """H(x_0 | x_t) of one process for one reader, in nats.

    Attributes:
        timesteps: (K,) the timesteps of `nats`, evenly spaced from 0 to T-1.
        nats: (K, L) by timestep and position.
        entropy: H(x_0) of a token.
        information: (T+1,) H(x_0) - H(x_0 | x_t), as a mean over positions, at
            sigma = 0 and at each timestep.
        replicates: (N, T+1) `information` without the n-th of N drawn rows; None if
            nothing was drawn.
    """

    timesteps: IntArray
    nats: FloatArray
    entropy: float
    information: FloatArray
    replicates: FloatArray | None = None

    def list_errors(self) -> list[float] | None:
        """Return the standard error of the mean over positions at each of `timesteps`.

        None if nothing was drawn, so that the difficulty is exact for the corpus.
        """
        if self.replicates is None:
            return None
        shown = self.replicates[:, 1:][:, self.timesteps]
        return [find_error(values) for values in shown.T]

    @property
    def length(self) -> int:
        """L, the number of positions."""
        return int(self.nats.shape[1])


class NotComputedError(Exception):
    """Difficulty is not computed; the message is a sentence that says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difficulties:
    """Computes difficulty for a corpus; processes with the same noise share the work.

    Attributes:
        reader: the readers of the corpus.
        known: sampled difficulty at noise levels, by what it depends on.
    """

    reader: Reader
    known: dict[bytes, FloatArray] = field(default_factory=dict)

    @quiet
    def unigram(self, process: ForwardProcess) -> Difficulty:
        """Return the difficulty for the unigram reader, whose tokens are independent.

        It is exact: at each timestep without a hyperschedule, else at SHOWN timesteps.
        For graphs given by a matrix it is interpolated between 33 noise levels.

        Raises:
            EngineError: the hyperschedule has too many positions.
            NotComputedError: the graph is too large.
        """
        _check_size(process)
        shown = _spread(process.num_timesteps, SHOWN)
        length = find_length(process)
        if is_flat(process):
            information = timestep_information(process, self.reader.counts)
            nats = np.maximum(self.reader.entropy - information[1:][shown], 0.0)
            columns = np.broadcast_to(nats[:, None], (shown.size, length))
            return Difficulty(
                timesteps=shown,
                nats=columns,
                entropy=self.reader.entropy,
                information=information,
            )
        sigma, group = _find_noise(process, self.reader, shown, length)
        if sigma.shape[2] > 1:
            nats = self._by_token(process, sigma, group)
        else:
            nats = self._by_level(process, sigma[:, :, 0])
        nats = np.broadcast_to(nats, (shown.size, length))
        return self._interpolate(process, shown, nats)

    def _by_level(self, process: ForwardProcess, sigma: FloatArray) -> FloatArray:
        levels, place = np.unique(sigma, return_inverse=True)
        curve = process.graph.information(self.reader.counts)
        if process.graph.INFORMATION_IS_COSTLY and levels.size > _COARSE.size:
            known = curve.conditional_entropy(-np.log(_COARSE))[0]
            values = np.interp(-np.exp(-levels), -_COARSE, known)
        else:
            values = curve.conditional_entropy(levels)[0]
        return values[place].reshape(sigma.shape)

    def _by_token(
        self, process: ForwardProcess, sigma: FloatArray, group: IntArray
    ) -> FloatArray:
        graph = process.graph
        if isinstance(graph, MixtureGraph):
            noise = MixtureNoise.of(self.reader, graph, sigma, group)
            return noise.unigram_entropy()[:, None]
        raise NotComputedError(
            "Noise by token is not computed for graphs given by a matrix."
        )

    @quiet
    def bigram(self, process: ForwardProcess) -> Difficulty:
        """Return the difficulty for the bigram reader.

        If noise only masks, and does not depend on the token, it is exact, at each
        timestep without a hyperschedule. Otherwise it is a mean over drawn rows, at 17
        noise levels without a hyperschedule and at 17 timesteps with one.

        Raises:
            EngineError: the hyperschedule has too many positions.
            NotComputedError: it would take too long, or the order of the tokens is not
                known.
        """
        if not self.reader.knows_order:
            raise NotComputedError("Counts do not say which token follows which.")
        _check_size(process)
        length = find_length(process)
        by_token = isinstance(process.hyperschedule, (TokenTypes, TokenExponents))
        if not by_token and self._only_masks(process):
            return self._masked(process, length)
        if is_flat(process):
            return self._flat(process, length)
        if isinstance(process.graph, MatrixGraph):
            raise NotComputedError(
                "With a hyperschedule, the bigram reader is not computed for graphs "
                "given by a matrix."
            )
        steps = _spread(process.num_timesteps, LEVELS)
        sigma, group = _find_noise(process, self.reader, steps, length)
        drawn = self._draw(process, sigma, group, length)
        return self._interpolate(process, steps, drawn.mean(axis=1), drawn.mean(axis=2))

    def _only_masks(self, process: ForwardProcess) -> bool:
        if isinstance(process.graph, MatrixGraph):
            return False
        curve = process.graph.information(self.reader.counts)
        return isinstance(curve, ErasureInformation) and curve.start_doubt == 0.0

    def _masked(self, process: ForwardProcess, length: int) -> Difficulty:
        entropy, steps = self.reader.entropy, process.num_timesteps
        if not is_flat(process):
            count = int(np.clip(_MOST_PRODUCTS / length**3, LEVELS, SHOWN))
            shown = _spread(steps, count)
            sigma, _ = _find_noise(process, self.reader, shown, length)
            nats = masked_entropies(self.reader, np.exp(-sigma[:, :, 0]))
            return self._interpolate(process, shown, nats)
        shown = _spread(steps, SHOWN)
        alphas, place = np.unique(process.alphas, return_inverse=True)
        if alphas.size > _MOST_ALPHAS:
            known = np.linspace(0.0, 1.0, _MOST_ALPHAS)
            columns = self._masked_columns(known, length)
            mean = np.interp(alphas, known, columns.mean(axis=1))[place]
            nats = self._masked_columns(process.alphas[shown], length)
        else:
            columns = self._masked_columns(alphas, length)[place]
            mean, nats = columns.mean(axis=1), columns[shown]
        information = np.append(entropy, entropy - mean)
        return Difficulty(
            timesteps=shown, nats=nats, entropy=entropy, information=information
        )

    def _masked_columns(self, alphas: FloatArray, length: int) -> FloatArray:
        return masked_entropies(
            self.reader, np.broadcast_to(alphas[:, None], (alphas.size, length))
        )

    def _flat(self, process: ForwardProcess, length: int) -> Difficulty:
        """Return the difficulty of noise that is the same everywhere.

        It is a function of the unigram difficulty, which is known at each timestep. The
        function is measured at LEVELS noise levels, with the same rows for all, and is
        a polynomial between them.
        """
        reader = self.reader
        sigma = -np.log(np.linspace(1.0, 0.0, LEVELS))
        key = _describe_noise(process, sigma)
        if key not in self.known:
            group = np.zeros(reader.counts.size, np.int64)
            self.known[key] = self._draw(process, sigma[:, None, None], group, length)
        drawn = self.known[key]
        curve = process.graph.information(reader.counts)
        levels = curve.conditional_entropy(sigma)[0]
        unigram = reader.entropy - timestep_information(process, reader.counts)
        matrix = fit_polynomial(_stretch(levels, levels), _stretch(unigram, levels))
        by_row = drawn.mean(axis=2)
        shown = _spread(process.num_timesteps, SHOWN)
        return Difficulty(
            timesteps=shown,
            nats=np.maximum(matrix[1:][shown] @ drawn.mean(axis=1), 0.0),
            entropy=reader.entropy,
            information=reader.entropy - matrix @ by_row.mean(axis=1),
            replicates=reader.entropy - (matrix @ _leave_out(by_row)).T,
        )

    def _draw(
        self,
        process: ForwardProcess,
        sigma: FloatArray,
        group: IntArray,
        length: int,
    ) -> FloatArray:
        """Return H(x_0 | x_t) of drawn rows at (K, P, G) noise, (K, N, L)."""
        rows = max(_LEAST_ROWS, _DRAWN_TOKENS // length)
        clean, uniforms = draw_rows(self.reader, length, rows)
        drawn = np.empty((sigma.shape[0], rows, length))
        for place, level in enumerate(sigma):
            noise: TokenNoise
            if isinstance(process.graph, MixtureGraph):
                noise = MixtureNoise.of(self.reader, process.graph, level[None], group)
            elif isinstance(process.graph, MatrixGraph):
                noise = MatrixNoise(
                    reader=self.reader, graph=process.graph, sigma=float(level[0, 0])
                )
            else:
                raise NotComputedError("The graph is of an unknown kind.")
            noised = noise.draw(clean, uniforms)
            drawn[place] = posterior_entropies(self.reader, noise, noised)
        return drawn

    def _interpolate(
        self,
        process: ForwardProcess,
        steps: IntArray,
        nats: FloatArray,
        by_row: FloatArray | None = None,
    ) -> Difficulty:
        """Return the difficulty with lines between some timesteps, from 0 at sigma = 0.

        Args:
            process: the process.
            steps: (K,) the timesteps.
            nats: (K, L) difficulty at each.
            by_row: (K, N) means of drawn rows.
        """
        reader = self.reader
        start = process.graph.information(reader.counts)
        doubt = float(start.conditional_entropy(np.zeros(1))[0][0])
        whole = np.arange(-1, process.num_timesteps)

        def spread(means: FloatArray) -> FloatArray:
            values = np.interp(whole, np.append(-1, steps), np.append(doubt, means))
            return np.asarray(values, np.float64)

        replicates = None
        if by_row is not None:
            replicates = np.array(
                [reader.entropy - spread(means) for means in _leave_out(by_row).T]
            )
        return Difficulty(
            timesteps=steps,
            nats=nats,
            entropy=reader.entropy,
            information=reader.entropy - spread(nats.mean(axis=1)),
            replicates=replicates,
        )


_COARSE: Final = np.linspace(1.0, 0.0, 33)  # alphas


def find_length(process: ForwardProcess) -> int:
    """Return the number of positions: the hyperschedule's own, or LENGTH.

    Raises:
        EngineError: it has more than LONGEST.
    """
    own = None
    if process.hyperschedule is not None:
        own = process.hyperschedule.own_length
    if own is not None and own > LONGEST:
        rule = f"must be for at most {LONGEST} positions to be compared on a corpus"
        raise EngineError("hyperschedule", "too_long", rule, own)
    return LENGTH if own is None else own


def fit_polynomial(known: FloatArray, wanted: FloatArray) -> FloatArray:
    """Return the matrix that takes values at some x to a polynomial at others.

    It is the chord between x = 0 and 1 plus x·(1 - x) times a polynomial of degree 3,
    which is fitted by least squares.

    Args:
        known: (K,) x in [0, 1], from 0 to 1.
        wanted: (N,) x in [0, 1].

    Returns:
        (N, K).
    """

    def terms(x: FloatArray) -> FloatArray:
        powers = np.polynomial.legendre.legvander(2.0 * x - 1.0, _DEGREE)
        return np.asarray((x * (1.0 - x))[:, None] * powers)

    def chord(x: FloatArray) -> FloatArray:
        line = np.zeros((x.size, known.size))
        line[:, 0], line[:, -1] = 1.0 - x, x
        return line

    bend = np.linalg.pinv(terms(known)) @ (np.eye(known.size) - chord(known))
    return np.asarray(chord(wanted) + terms(wanted) @ bend)


def _check_size(process: ForwardProcess) -> None:
    graph = process.graph
    if graph.vocab_size > graph.MAX_INFORMATION_VOCAB:
        raise NotComputedError(
            "It is computed for graphs given by a matrix of up to "
            f"{graph.MAX_INFORMATION_VOCAB} ids only."
        )


def _find_noise(
    process: ForwardProcess, reader: Reader, timesteps: IntArray, length: int
) -> tuple[FloatArray, IntArray]:
    """Return total noise, (K, P, G), and the group of each token, (V,).

    Calibrated weights of token types keep the mean alpha of the whole corpus, as they
    keep that of a row in a long row.
    """
    times = np.asarray(process.time(timesteps))
    sigma = np.asarray(process.sigma(times))
    hyperschedule, ids = process.hyperschedule, np.arange(reader.counts.size)
    if isinstance(hyperschedule, TokenExponents):
        group = hyperschedule.place_of(ids)
        noise = raise_chance(sigma[:, None], hyperschedule.exponents[None])
        return noise[:, None, :], group
    if isinstance(hyperschedule, TokenTypes):
        group, weights = hyperschedule.type_of(ids), hyperschedule.weights[None]
        counts = np.bincount(group, reader.counts, minlength=weights.size)
        if hyperschedule.calibrate:
            of_types = counts[None].astype(np.float64)
            return calibrate_sigma(sigma, weights, of_types)[:, None, :], group
        return (sigma[:, None] / weights)[:, None, :], group
    noise = process.position_sigma(times, length)
    return noise[:, :, None], np.zeros(ids.size, np.int64)


def _describe_noise(process: ForwardProcess, sigma: FloatArray) -> bytes:
    """Return bytes that are the same for graphs with the same chances at `sigma`."""
    graph = process.graph
    if isinstance(graph, MatrixGraph):
        return graph.propagator.rates.tobytes()
    if not isinstance(graph, MixtureGraph):
        return process.fingerprint.encode()
    at = graph.channel(sigma)
    parts = (at.survive, at.masked, at.keep, at.move, graph.base())
    return b"".join(part.tobytes() for part in parts)


def _leave_out(by_row: FloatArray) -> FloatArray:
    """Return the means of the rows without each, (K, N), for (K, N)."""
    total, count = by_row.sum(axis=1, keepdims=True), by_row.shape[1]
    return np.asarray((total - by_row) / (count - 1))


def _spread(num_timesteps: int, most: int) -> IntArray:
    """Return at most `most` evenly spaced timesteps from 0 to T-1."""
    count = min(num_timesteps, most)
    return np.linspace(0, num_timesteps - 1, count).round().astype(np.int64)


def _stretch(values: FloatArray, ends: FloatArray) -> FloatArray:
    """Return values on a scale from 0 to 1 between the first and last of `ends`."""
    return np.asarray(np.clip((values - ends[0]) / (ends[-1] - ends[0]), 0.0, 1.0))


def find_error(replicates: FloatArray) -> float:
    """Return the standard error of a statistic from its values without each row.

    Source: Efron, Stein 1981, eq. 1.3 (the jackknife).
    """
    return float(np.sqrt((replicates.size - 1) * replicates.var()))
