"""The forward process: a schedule, a graph and, if wanted, a hyperschedule."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from noising.engine.arrays import (
    FloatArray,
    IntArray,
    bounded_integers,
    quiet,
    time_array,
)
from noising.engine.errors import EngineError
from noising.engine.graphs import Graph
from noising.engine.hyperschedules import (
    Flat,
    Hyperschedule,
    LevelHyperschedule,
    Moment,
)
from noising.engine.positions import (
    PositionNoise,
    by_hyperschedule,
    by_weights,
    default_token_types,
    limits_by_position,
    limits_by_time,
)
from noising.engine.sampling import (
    Noised,
    checked_batch,
    checked_out,
    checked_threads,
    checked_tokens,
    draw_moved,
    write_noised,
)
from noising.engine.schedules import Schedule
from noising.engine.timeline import Timeline


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ForwardProcess:
    """One noise process, immutable and cheap to share between threads.

    Made by `noising.engine.build_process`. Times t lie in [0, 1] with 0 clean;
    timestep k in 0..T-1 is the time (k+1)/T. Results have the shape of the times,
    scalars for scalars, float64.

    Attributes:
        timeline: the schedule and its tables over the T timesteps.
        graph: where a moved token goes.
        hyperschedule: noise by position, or None.
        canonical: the canonical specification as JSON text.
        fingerprint: SHA-256 of `canonical`, hexadecimal.
    """

    timeline: Timeline
    graph: Graph
    hyperschedule: Hyperschedule | None
    canonical: str
    fingerprint: str

    @property
    def spec(self) -> dict[str, Any]:
        """The canonical specification, a new object each time."""
        specification: dict[str, Any] = json.loads(self.canonical)
        return specification

    @property
    def schedule(self) -> Schedule:
        """Total noise by time."""
        return self.timeline.schedule

    @property
    def num_timesteps(self) -> int:
        """T, the number of timesteps."""
        return self.timeline.num_timesteps

    @property
    def vocab_size(self) -> int:
        """V, the number of ids that data may use."""
        return self.graph.vocab_size

    @property
    def num_states(self) -> int:
        """S: V, or V + 1 where a mask id is added."""
        return self.graph.num_states

    @property
    def mask_id(self) -> int | None:
        """Id of the mask state, or None if the graph has none."""
        return self.graph.mask_id

    def time(self, timestep: Any) -> Any:
        """Return t = (k+1)/T of integer timesteps k in 0..T-1.

        Raises:
            EngineError: a timestep is no integer or outside 0..T-1.
        """
        return self.timeline.time(self.timeline.steps(timestep))[()]

    def sigma(self, t: Any) -> Any:
        """Return the total noise at `t`, in [0, inf]."""
        return self.timeline.evaluate(self.schedule.sigma, t)

    def dsigma(self, t: Any) -> Any:
        """Return the rate d sigma / dt, in [0, inf]."""
        return self.timeline.evaluate(self.schedule.dsigma, t)

    def alpha(self, t: Any) -> Any:
        """Return alpha = exp(-sigma), the chance that noise has not struck."""
        return self.timeline.evaluate(self.schedule.alpha, t)

    def move_chance(self, t: Any) -> Any:
        """Return 1 - alpha, exact where it is small."""
        return self.timeline.evaluate(self.schedule.move_chance, t)

    def log_snr(self, t: Any) -> Any:
        """Return log(alpha/(1 - alpha)), in [-inf, inf]."""
        return self.timeline.evaluate(self.schedule.log_snr, t)

    @property
    def sigmas(self) -> FloatArray:
        """Total noise at every timestep, (T,), read-only."""
        return self.timeline.sigmas

    @property
    def alphas(self) -> FloatArray:
        """Alpha at every timestep, (T,), read-only."""
        return self.timeline.alphas

    @quiet
    def marginal(self, x0: Any, t: Any) -> FloatArray:
        """Return q(x_t | x_0), (..., S), for broadcast tokens and times.

        Args:
            x0: clean token ids in 0..V-1, without a mask id inside it.
            t: times in [0, 1], broadcastable with x0.

        Raises:
            EngineError: an id or a time out of range, or a result over 2^26 values.
        """
        tokens = bounded_integers(x0, "x0", low=0, high=self.vocab_size - 1)
        if self.graph.mask_inside and (tokens == self.mask_id).any():
            rule = "must not be the mask: clean data holds none"
            raise EngineError("x0", "mask_in_data", rule, self.mask_id)
        return self.graph.marginal(tokens.astype(np.int64), self._sigma_array(t))

    def limit(self) -> FloatArray:
        """Return the distribution at infinite noise, (S,).

        Raises:
            EngineError: S exceeds 2^26.
        """
        return self.graph.limit()

    @quiet
    def mutual_information(self, t: Any, prior: Any = None) -> Any:
        """Return I(x_t; x_0) in nats for a token prior p_0.

        Args:
            t: times in [0, 1].
            prior: V weights >= 0, normalised here; None for uniform data.

        Raises:
            EngineError: a prior of the wrong length, sign or support.
        """
        curve = self.graph.information(prior)
        return self.timeline.evaluate(
            lambda at: curve.information(self.schedule.sigma(at))[0], t
        )

    @quiet
    def conditional_entropy(self, t: Any, prior: Any = None) -> Any:
        """Return H(x_0 | x_t) in nats, exact where it is small; see above."""
        curve = self.graph.information(prior)
        return self.timeline.evaluate(
            lambda at: curve.conditional_entropy(self.schedule.sigma(at))[0], t
        )

    @quiet
    def kl_to_limit(self, t: Any, prior: Any = None) -> Any:
        """Return sum of p_0(x_0)·KL(q(x_t | x_0) || limit) in nats.

        Infinite for absorbing graphs while alpha > 0.
        """
        return self.timeline.evaluate(
            lambda at: self.graph.kl_to_limit(self.schedule.sigma(at), prior), t
        )

    @quiet
    def position_sigma(
        self,
        t: Any,
        length: int,
        weights: Any = None,
        token_types: Any = None,
        tokens: Any = None,
    ) -> FloatArray:
        """Return the total noise of every position.

        Args:
            t: a time, or (B,) times.
            length: L, positions in a row.
            weights: (L,) or (B, L) weights > 0 in place of the hyperschedule.
            token_types: ids by type in place of the hyperschedule, with the
                default weights; needs `tokens`.
            tokens: (L,) or (B, L) clean tokens.

        Returns:
            (L,) for a scalar time and at most one row of anything, else (B, L).

        Raises:
            EngineError: an argument that does not fit the length.
        """
        times = time_array(t)
        if times.ndim > 1:
            rule = "must be a scalar or (B,)"
            raise EngineError("t", "wrong_shape", rule, list(times.shape))
        given = None if tokens is None else checked_tokens(tokens, self.graph)
        rows = None if given is None else np.atleast_2d(given)
        noise = self._position_noise(weights, token_types, length, rows)
        moment = Moment(
            t=np.atleast_1d(times), timesteps=None, num_timesteps=self.num_timesteps
        )
        sigma = noise(moment, length, rows, None)
        one_row = given is None or given.ndim == 1
        single = times.ndim == 0 and np.ndim(weights) < 2 and one_row
        return sigma[0] if single else sigma

    def _position_noise(
        self, weights: Any, token_types: Any, length: int, rows: Any
    ) -> PositionNoise:
        if weights is not None:
            count = 1 if rows is None else rows.shape[0]
            return by_weights(self.timeline, weights, length, count)
        if token_types is not None:
            own = default_token_types(token_types, self.vocab_size)
            return by_hyperschedule(self.timeline, own)
        return by_hyperschedule(self.timeline, self.hyperschedule or Flat())

    def rows(self, length: int) -> IntArray:
        """Return the levels of every row of a local-time family, (R+1, L).

        Raises:
            EngineError: the hyperschedule has no rows, or the table is too large.
        """
        if not isinstance(self.hyperschedule, LevelHyperschedule):
            rule = "must be a family of rows, such as `block` or `sliding`"
            received = type(self.hyperschedule).__name__
            raise EngineError("hyperschedule.type", "no_rows", rule, received)
        return self.hyperschedule.rows(length)

    def noise(
        self,
        tokens: Any,
        timestep: Any = None,
        *,
        t: Any = None,
        seed: int | None,
        sequence_ids: Any = None,
        draw: int = 0,
        weights: Any = None,
        protect: Any = None,
        lengths: Any = None,
        threads: int = 1,
        out: Any = None,
    ) -> Noised:
        """Return x_t drawn from q(x_t | x_0), a pure function of the seed.

        Args:
            tokens: clean ids, (L,) or (B, L), any integer dtype that holds S-1.
            timestep: integer steps 0..T-1; this or `t` is given, not both. For
                (L,) tokens a scalar or (L,); for (B, L) a scalar, (B,) or (B, L).
            t: times in [0, 1], in the same shapes.
            seed: 0..2^64-1, or None for a fresh one, reported in the result.
            sequence_ids: (B,) ids 0..2^63-1 of the rows; the row index by default.
            draw: 0..2^32-1, which of several independent draws.
            weights: (L,) or (B, L) weights > 0 in place of the hyperschedule.
            protect: (L,) or (B, L) bool, True where a token never changes.
            lengths: (B,) real positions of padded rows; padding never changes.
            threads: blocks worked on at once; changes no byte of the result.
            out: array to write to, of the tokens' shape and dtype.

        Returns:
            The noised tokens with alpha at the requested times.

        Raises:
            EngineError: an argument out of range or of the wrong shape.
        """
        batch = checked_batch(
            tokens,
            self.graph,
            seed=seed,
            sequence_ids=sequence_ids,
            draw=draw,
            protect=protect,
            lengths=lengths,
        )
        when = self.timeline.when(timestep, t)
        if weights is None and self.hyperschedule is None:
            limits = limits_by_time(self.timeline, batch, when)
        else:
            noise = self._position_noise(weights, None, batch.length, batch.tokens)
            limits = limits_by_position(self.timeline, noise, batch, when)
        target = checked_out(out, batch.tokens, batch.shape)
        write_noised(batch, self.graph, limits, target, checked_threads(threads))
        return Noised(
            tokens=target.reshape(batch.shape),
            alpha=self.timeline.alpha_at(when),
            seed=batch.seed,
            clean=batch.tokens.reshape(batch.shape),
            moved=lambda: draw_moved(batch, limits),
        )

    def _sigma_array(self, t: Any) -> FloatArray:
        return np.asarray(self.timeline.evaluate(self.schedule.sigma, t))
