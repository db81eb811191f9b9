"""The forward process: a schedule, a graph and an optional hyperschedule."""

import functools
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np

from noising.engine.arrays import (
    FloatArray,
    IntArray,
    TokenArray,
    check_length,
    integer_array,
    quiet,
    time_array,
)
from noising.engine.errors import EngineError
from noising.engine.graphs import MatrixGraph
from noising.engine.hyperschedules import (
    Flat,
    Hyperschedule,
    LevelHyperschedule,
    check_weights,
)
from noising.engine.loss_weights import loss_weight
from noising.engine.noise_time import NoiseTime
from noising.engine.quantities import ExactQuantities
from noising.engine.randomness import fresh_seed
from noising.engine.sampler.batch import (
    Batch,
    check_batch,
    check_ids,
    check_rows,
    check_tokens,
    find_real_positions,
)
from noising.engine.sampler.driver import (
    Noised,
    noise,
    noise_others,
)
from noising.engine.sampler.noise_levels import (
    NoiseLevels,
    PositionNoise,
    follow_hyperschedule,
    make_token_types,
    weigh_positions,
)
from noising.engine.sampler.small_batches import SmallBatches
from noising.engine.sampler.trajectories import Kind, check_path, collect_states, walk
from noising.engine.training_times import sample_times


class _Coordinates(TypedDict):
    """The arguments that select the random words of a call."""

    seed: int | None
    sequence_ids: Any
    draw: int
    positions: Any


# No slots: functools.cached_property keeps its tables in the instance's __dict__.
@dataclass(frozen=True, kw_only=True, eq=False)
class ForwardProcess(ExactQuantities):
    """A noise process: immutable, so that threads can share it.

    `noising.engine.build_process` makes it. It adds the specification, noise by
    position and sampling to the exact quantities.

    Attributes:
        hyperschedule: distributes noise over positions, or None.
        parts: the checked specification with its defaults; do not change it.
    """

    hyperschedule: Hyperschedule | None
    parts: Mapping[str, Any]

    @functools.cached_property
    def canonical(self) -> str:
        """The specification as JSON: sorted keys, no spaces, shortest-repr floats."""
        return json.dumps(
            self.parts, sort_keys=True, separators=(",", ":"), allow_nan=False
        )

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 of `canonical`, hexadecimal."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()

    @functools.cached_property
    def levels(self) -> NoiseLevels:
        """The sampler's thresholds at the schedule's noise levels."""
        return NoiseLevels(timeline=self.timeline, graph=self.graph)

    @functools.cached_property
    def small_batches(self) -> SmallBatches | None:
        """The fast path for small batches, or None if it does not support this one."""
        if self.hyperschedule is not None or isinstance(self.graph, MatrixGraph):
            return None
        return SmallBatches(self.levels) if SmallBatches.serves(self.levels) else None

    @property
    def spec(self) -> dict[str, Any]:
        """The canonical specification, a new object each time."""
        specification: dict[str, Any] = json.loads(self.canonical)
        return specification

    @quiet
    def position_sigma(
        self,
        t: Any,
        length: int,
        weights: Any = None,
        token_types: Any = None,
        tokens: Any = None,
        lengths: Any = None,
    ) -> FloatArray:
        """Return the total noise of every position.

        Args:
            t: a time, or (B,) times.
            length: L, positions in a row.
            weights: (L,) or (B, L) weights > 0, which replace the hyperschedule.
            token_types: ids by type, which replace the hyperschedule and have the
                default weights; requires `tokens`.
            tokens: (L,) or (B, L) clean tokens.
            lengths: (B,) numbers of real positions in padded rows; values at padding
                are meaningless.

        Returns:
            (L,) if the time is a scalar and no argument has several rows, else (B, L).

        Raises:
            EngineError: an argument does not fit the length.
        """
        times = time_array(t)
        if times.ndim > 1 or not times.size:
            rule = "must be a scalar or (B,)"
            raise EngineError("t", "wrong_shape", rule, list(times.shape))
        length = check_length(length)
        clean = None if tokens is None else check_tokens(tokens, self.graph)
        rows = None if clean is None else np.atleast_2d(clean)
        shapes = {} if rows is None else {"tokens": rows.shape}
        if weights is not None:
            shapes["weights"] = np.atleast_2d(check_weights(weights)).shape
        if lengths is not None:
            shapes["lengths"] = integer_array(lengths, "lengths").size, 1
        check_rows(length, shapes | {"t": (times.size, 1)})
        noise = self._position_noise(weights, token_types, length, rows)
        real = None if lengths is None else find_real_positions(lengths, length)
        time = NoiseTime(
            given=np.atleast_1d(times),
            is_timestep=False,
            num_timesteps=self.num_timesteps,
        )
        sigma = noise.group(slice(None), time, length, rows, real).spread()
        counts = [part.shape[0] for part in (sigma, rows, real) if part is not None]
        sigma = np.broadcast_to(sigma, (max(counts), length))
        one_row = lengths is None and (clean is None or clean.ndim == 1)
        single = times.ndim == 0 and np.ndim(weights) < 2 and one_row
        return sigma[0] if single else sigma

    def _position_noise(
        self, weights: Any, token_types: Any, length: int, rows: Any
    ) -> PositionNoise:
        if weights is not None:
            count = None if rows is None else rows.shape[0]
            return weigh_positions(self.timeline, weights, length, count)
        if token_types is not None:
            own = make_token_types(token_types, self.vocab_size)
            return follow_hyperschedule(self.timeline, own)
        return follow_hyperschedule(self.timeline, self.hyperschedule or Flat())

    def rows(self, length: int) -> IntArray:
        """Return the level of every position in every row of the hyperschedule.

        Returns:
            (R+1, L) levels.

        Raises:
            EngineError: the hyperschedule has no rows, or the table is too large.
        """
        if not isinstance(self.hyperschedule, LevelHyperschedule):
            rule = "must be one that has rows, such as `block` or `sliding`"
            received = type(self.hyperschedule).__name__
            raise EngineError("hyperschedule.type", "no_rows", rule, received)
        return self.hyperschedule.rows(check_length(length))

    def noise(
        self,
        tokens: Any,
        timestep: Any = None,
        *,
        t: Any = None,
        seed: int | None,
        sequence_ids: Any = None,
        draw: int = 0,
        positions: Any = None,
        weights: Any = None,
        protect: Any = None,
        lengths: Any = None,
        count: Any = None,
        at_least: Any = None,
        block: Any = None,
        threads: int = 1,
        out: Any = None,
    ) -> Noised:
        """Draw x_t from q(x_t | x_0).

        The result depends on the arguments only: the same seed gives the same tokens.

        `count` and `at_least` need a graph with one event, as `uniform`, `absorbing`
        and `marginal`, and one time for each row or block. Under flat noise, `count`
        picks every set of k of the n eligible positions with the same probability,
        so each position with probability k/n, at any t; the weight that goes with it
        is `loss_weight(t, "count", moved=k, eligible=n)`, n/k. For `at_least` it is
        "realised": eligible positions over resampled ones. With weights, positions
        move in the order of -log(1 - u)·w, as they do without `count`.

        Args:
            tokens: clean ids, (L,) or (B, L), any integer dtype that holds S-1.
            timestep: integer steps 0..T-1; pass either this or `t`. For (L,) tokens a
                scalar or (L,); for (B, L) a scalar, (B,) or (B, L).
            t: times in [0, 1], in the same shapes.
            seed: 0..2^64-1, or None for a random one, which the result reports.
            sequence_ids: (B,) ids 0..2^63-1 of the rows, by default the row index; or
                (B, L) ids of the tokens, of rows that hold several sequences.
            draw: 0..2^32-1, which of several independent draws.
            positions: (L,) or (B, L) positions 0..2^60-1 of the tokens in their
                sequences; by default 0..L-1. A token's noise depends on its sequence
                and position, so parts of a row, and sequences that are packed into
                rows, get the noise that they get alone. A hyperschedule is read by
                position; one that depends on the whole row is an error.
            weights: (L,) or (B, L) weights > 0, which replace the hyperschedule. They
                are calibrated over the row. With positions, or ids of tokens, (N,)
                weights are read by position and calibrated over all N, and (B, L)
                weights are those of the tokens and not calibrated.
            protect: (L,) or (B, L) bool, True where a token never changes.
            lengths: (B,) numbers of real positions in padded rows; padding never
                changes.
            count: k, or (B,): exactly k positions of each row are resampled, those that
                are first as t rises: under flat noise the k smallest u, ties by
                position. Protected positions and padding are not eligible, and a row
                with at most k eligible positions has them all resampled. A row is that
                of the array, also where it holds several sequences.
            at_least: k, or (B,): rows with fewer than k resampled positions get the
                first k as for `count`; other rows stay as they are.
            block: width of the blocks of columns, counted from the first, in which
                `count` or `at_least` holds, instead of in the row; the last block may
                be shorter.
            threads: number of blocks to process at once. Only the compiled kernel and
                matrix graphs use it, for more than a million tokens. It does not
                change the result.
            out: array to write to, of the tokens' shape and dtype.

        Returns:
            The noised tokens with alpha at the requested times.

        Raises:
            EngineError: an argument out of range or of the wrong shape.
        """
        if seed is None:
            seed = fresh_seed()
        if (
            t is sequence_ids is positions is weights is protect is lengths is None
            and count is at_least is block is None
        ):
            # The fast path for small batches without options.
            small = self.small_batches
            if small is not None and type(threads) is int and threads == 1:
                done = small.noise(tokens, timestep, seed, draw, out)
                if done is not None:
                    return Noised(
                        tokens=done[0],
                        seed=seed,
                        clean=tokens,
                        find_alpha=lambda: self.timeline.alphas[timestep],
                        find_resampled=lambda: done[1],
                        find_complement=lambda first: self._noise_others(
                            tokens, seed, draw, first
                        ),
                    )
        return noise(
            self.levels,
            self.hyperschedule,
            tokens,
            timestep=timestep,
            t=t,
            seed=seed,
            sequence_ids=sequence_ids,
            draw=draw,
            positions=positions,
            weights=weights,
            protect=protect,
            lengths=lengths,
            count=count,
            at_least=at_least,
            block=block,
            threads=threads,
            out=out,
        )

    def _noise_others(self, tokens: Any, seed: int, draw: int, first: Noised) -> Noised:
        """Return the complement of a result of the fast path."""
        batch = check_batch(
            tokens,
            self.graph,
            seed=seed,
            sequence_ids=None,
            draw=draw,
            positions=None,
            protect=None,
            lengths=None,
        )
        return noise_others(self.levels, batch, first)

    def trajectory(
        self,
        tokens: Any,
        timesteps: Any,
        *,
        seed: int | None,
        sequence_ids: Any = None,
        draw: int = 0,
        positions: Any = None,
    ) -> TokenArray:
        """Return x_t at several timesteps with coupled noise.

        Each state equals the result of `noise` with the same seed at that timestep. A
        position that is resampled at one timestep is therefore resampled at all later
        ones. Matrix graphs do not guarantee this.

        Args:
            tokens: clean ids, (L,) or (B, L).
            timesteps: K integer steps 0..T-1, in any order.
            seed: 0..2^64-1, or None for a random one.
            sequence_ids: as in `noise`.
            draw: 0..2^32-1, which of several independent draws.
            positions: as in `noise`.

        Returns:
            (K, L) or (K, B, L) in the tokens' dtype.

        Raises:
            EngineError: an argument out of range, or a schedule whose sigma falls.
        """
        coordinates = _Coordinates(
            seed=seed, sequence_ids=sequence_ids, draw=draw, positions=positions
        )
        return collect_states(*self._walk("coupled", tokens, timesteps, coordinates))

    def sample_path(
        self,
        tokens: Any,
        timesteps: Any,
        *,
        seed: int | None,
        sequence_ids: Any = None,
        draw: int = 0,
        positions: Any = None,
    ) -> TokenArray:
        """Return x_t at several timesteps along a Markov path.

        Each state is drawn from the kernel, given the state before it. For the
        absorbing graph the path equals the trajectory; for other graphs each single
        state has the same distribution as in the trajectory.

        Args:
            tokens: clean ids, (L,) or (B, L).
            timesteps: K integer steps 0..T-1, strictly increasing.
            seed: 0..2^64-1, or None for a random one.
            sequence_ids: as in `noise`.
            draw: 0..2^32-1, which of several independent draws.
            positions: as in `noise`.

        Returns:
            (K, L) or (K, B, L) in the tokens' dtype.

        Raises:
            EngineError: an argument out of range, timesteps that do not increase, or
                a schedule whose sigma falls.
        """
        coordinates = _Coordinates(
            seed=seed, sequence_ids=sequence_ids, draw=draw, positions=positions
        )
        return collect_states(*self._walk("markov", tokens, timesteps, coordinates))

    def walk(
        self,
        kind: Kind,
        tokens: Any,
        timesteps: Any,
        *,
        seed: int | None,
        sequence_ids: Any = None,
        draw: int = 0,
        positions: Any = None,
    ) -> Iterator[TokenArray]:
        """Yield the states of `trajectory` or `sample_path` one by one.

        Args:
            kind: "coupled" for the states of `trajectory`, "markov" for those of
                `sample_path`.
            tokens: clean ids, (L,) or (B, L).
            timesteps: K integer steps 0..T-1.
            seed: 0..2^64-1, or None for a random one.
            sequence_ids: as in `noise`.
            draw: 0..2^32-1, which of several independent draws.
            positions: as in `noise`.

        Returns:
            An iterator over K states of the tokens' shape and dtype. Arguments are
            checked at the call, except that the first state raises the error for a
            hyperschedule that does not fit the length.

        Raises:
            EngineError: in the cases of `trajectory` and `sample_path`.
        """
        coordinates = _Coordinates(
            seed=seed, sequence_ids=sequence_ids, draw=draw, positions=positions
        )
        batch, _, states = self._walk(kind, tokens, timesteps, coordinates)
        return (state.reshape(batch.shape) for state in states)

    def _walk(
        self, kind: Kind, tokens: Any, timesteps: Any, coordinates: "_Coordinates"
    ) -> tuple[Batch, int, Iterator[TokenArray]]:
        self.timeline.require_valid_kernel()
        batch = check_batch(
            tokens, self.graph, protect=None, lengths=None, **coordinates
        )
        steps = self.timeline.steps(timesteps, "timesteps")
        check_path(steps, rising=kind == "markov")
        check_ids(batch.tokens.reshape(batch.shape), self.graph)
        states = walk(kind, self.levels, batch, steps, self.hyperschedule)
        return batch, steps.size, states

    @quiet
    def loss_weight(
        self,
        t: Any,
        form: str = "elbo",
        *,
        moved: Any = None,
        eligible: Any = None,
        dtype: Any = np.float32,
    ) -> Any:
        """Return the weight of a row's loss, a sum over the tokens that moved.

        Forms:
            "elbo": -alpha'/(1-alpha) = dsigma/expm1(sigma), the weight of the masked
                tokens' cross-entropy in the negative ELBO; only for `absorbing` and
                `hdlm_epsilon` without a hyperschedule. It is right to the last bit of
                float32 for t from 2^-53 to 1. Source: Sahoo et al. 2024 (MDLM), eq. 10.
            "flat": 1.
            "realised": eligible/moved, which makes the sum the mean loss of the tokens
                that moved times the number of eligible ones.
            "count": eligible/k with `moved` the k positions that were requested. A row
                with fewer eligible positions moves them all, and its weight is 1.

        Args:
            t: times in [0, 1]: a scalar, (B,), or (B, L).
            form: one of the forms above.
            moved: for "realised" and "count": how many positions moved, an integer or
                (B,), or a mask, (L,) or (B, L), that is counted along its last axis.
            eligible: how many positions were neither protected nor padding, likewise.
            dtype: float32 or float64.

        Returns:
            Weights in the common shape of the times and counts. A row in which nothing
            moved has weight 0 in the forms of counts.

        Raises:
            EngineError: an argument out of range, an unknown form or type, counts that
                a form does not take or lacks, or a graph or hyperschedule without such
                a weight.
        """
        return loss_weight(
            self.schedule,
            self.graph,
            t,
            form,
            has_hyperschedule=self.hyperschedule is not None,
            moved=moved,
            eligible=eligible,
            dtype=dtype,
        )

    @quiet
    def sample_times(
        self,
        n: int | tuple[int, int] | None = None,
        *,
        seed: int,
        method: str = "stratified",
        index0: int = 0,
        total: int | None = None,
        draw: int = 0,
        low: float = 0.0,
        high: float = 1.0,
        ids: Any = None,
    ) -> tuple[FloatArray, FloatArray]:
        """Return training times in (low, high] and weights 1/density.

        Element g = index0 + j depends on (seed, draw, g, total) only, so workers that
        split a range by `index0` and `total` get the same times as a single worker.

        Draw times by the ids of a data set, 0..total-1, with `draw` as the epoch: over
        epochs the times of each id are uniform, and within an epoch those of all ids
        are spread evenly by every method but "uniform" and "importance". An element's
        cell in "stratified" and "antithetic" is its image under a permutation of
        0..total-1 that depends on seed and draw.

        Args:
            n: number of times, or (B, K), for which element index0 + b·K + k is time k
                of row b; `index0` and `total` count times too. At most 2^26 times.
                Give either this or `ids`.
            seed: 0..2^64-1.
            method: one of these:
                "uniform", independent times;
                "stratified", one time in each of `total` cells;
                "antithetic", pairs that add to low + high;
                "sobol", the base-2 radical inverse with a keyed digital shift: every
                2^k elements that start at a multiple of 2^k fill 2^k cells;
                "importance", the log move chance uniform between t = `low` (1/T if
                that is 0) and t = `high`, and spread evenly where noise is infinite.
            index0: first element of the range, >= 0.
            total: number of elements of the whole range; index0 + n by default.
            draw: 0..2^32-1, which of several independent draws, such as the epoch.
            low: lower end of the times, >= 0; no time equals it.
            high: upper end of the times, in (low, 1].
            ids: the elements themselves, such as the ids of a batch's rows, in any
                order and shape: 0..total-1, or 0..2^63-1 without `total`, which
                "stratified" and "antithetic" need.

        Returns:
            Times and weights, each (n,), (B, K) or of the shape of `ids`. A mean of
            weight times loss estimates the integral of the loss from `low` to `high`.

        Raises:
            EngineError: an argument out of range, an unknown method, or a schedule
                that has no density for "importance": the first timestep moves nothing,
                noise does not grow, or all of it comes at a single time.
        """
        return sample_times(
            self.timeline,
            n,
            seed=seed,
            method=method,
            index0=index0,
            total=total,
            draw=draw,
            low=low,
            high=high,
            ids=ids,
        )
