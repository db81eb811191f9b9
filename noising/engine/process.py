"""The forward process: a schedule, a graph and, if wanted, a hyperschedule."""

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from noising.engine.arrays import (
    FloatArray,
    IntArray,
    TokenArray,
    WordArray,
    bounded_integers,
    quiet,
    read_only,
    time_array,
)
from noising.engine.errors import EngineError
from noising.engine.graphs import Graph
from noising.engine.hyperschedules import (
    TYPE_WEIGHTS,
    Hyperschedule,
    LevelHyperschedule,
    Moment,
    TokenTypes,
    checked_weights,
    weighted_sigma,
)
from noising.engine.kernels import thresholds
from noising.engine.sampling import (
    Batch,
    Limits,
    Noised,
    checked_batch,
    checked_out,
    checked_threads,
    checked_tokens,
    draw_moved,
    position_limits,
    row_limits,
    write_noised,
)
from noising.engine.schedules import Schedule


# No slots: functools.cached_property keeps its tables in the instance's __dict__.
@dataclass(frozen=True, kw_only=True, eq=False)
class ForwardProcess:
    """One noise process, immutable and cheap to share between threads.

    Made by `noising.engine.build_process`. Times t lie in [0, 1] with 0 clean;
    timestep k in 0..T-1 is the time (k+1)/T. Results have the shape of the times,
    scalars for scalars, float64.

    Attributes:
        schedule: total noise by time.
        graph: where a moved token goes.
        hyperschedule: noise by position, or None.
        num_timesteps: T.
        canonical: the canonical specification as JSON text.
        fingerprint: SHA-256 of `canonical`, hexadecimal.
    """

    schedule: Schedule
    graph: Graph
    hyperschedule: Hyperschedule | None
    num_timesteps: int
    canonical: str
    fingerprint: str

    @property
    def spec(self) -> dict[str, Any]:
        """The canonical specification, a new object each time."""
        specification: dict[str, Any] = json.loads(self.canonical)
        return specification

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

    # --- time -----------------------------------------------------------------

    def time(self, timestep: Any) -> Any:
        """Return t = (k+1)/T of integer timesteps k in 0..T-1.

        Raises:
            EngineError: a timestep is no integer or outside 0..T-1.
        """
        steps = self._timesteps(timestep)
        return ((steps + 1) / self.num_timesteps)[()]

    def sigma(self, t: Any) -> Any:
        """Return the total noise at `t`, in [0, inf]."""
        return self._of_time(self.schedule.sigma, t)

    def dsigma(self, t: Any) -> Any:
        """Return the rate d sigma / dt, in [0, inf]."""
        return self._of_time(self.schedule.dsigma, t)

    def alpha(self, t: Any) -> Any:
        """Return alpha = exp(-sigma), the chance that noise has not struck."""
        return self._of_time(self.schedule.alpha, t)

    def move_chance(self, t: Any) -> Any:
        """Return 1 - alpha, exact where it is small."""
        return self._of_time(self.schedule.move_chance, t)

    def log_snr(self, t: Any) -> Any:
        """Return log(alpha/(1 - alpha)), in [-inf, inf]."""
        return self._of_time(self.schedule.log_snr, t)

    @functools.cached_property
    @quiet
    def sigmas(self) -> FloatArray:
        """Total noise at every timestep, (T,), read-only."""
        times = np.arange(1, self.num_timesteps + 1) / self.num_timesteps
        return read_only(self.schedule.sigma(times))

    @functools.cached_property
    def alphas(self) -> FloatArray:
        """Alpha at every timestep, (T,), read-only."""
        return read_only(np.exp(-self.sigmas))

    @functools.cached_property
    def _limits_by_step(self) -> WordArray:
        return self._to_limits(self.sigmas)

    # --- exact quantities -----------------------------------------------------

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
        return self._of_time(
            lambda at: curve.information(self.schedule.sigma(at))[0], t
        )

    @quiet
    def conditional_entropy(self, t: Any, prior: Any = None) -> Any:
        """Return H(x_0 | x_t) in nats, exact where it is small; see above."""
        curve = self.graph.information(prior)
        return self._of_time(
            lambda at: curve.conditional_entropy(self.schedule.sigma(at))[0], t
        )

    @quiet
    def kl_to_limit(self, t: Any, prior: Any = None) -> Any:
        """Return sum of p_0(x_0)·KL(q(x_t | x_0) || limit) in nats.

        Infinite for absorbing graphs while alpha > 0.
        """
        return self._of_time(
            lambda at: self.graph.kl_to_limit(self.schedule.sigma(at), prior), t
        )

    # --- positions ------------------------------------------------------------

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
        rows = None if tokens is None else checked_tokens(tokens, self.graph)
        hyper = self._hyperschedule(weights, token_types, length, rows)
        if times.ndim > 1:
            raise EngineError(
                "t", "wrong_shape", "must be a scalar or (B,)", times.shape
            )
        moment = Moment(
            t=np.atleast_1d(times), timesteps=None, num_timesteps=self.num_timesteps
        )
        at = None if rows is None else np.atleast_2d(rows)
        sigma = hyper(moment, length, at, None)
        single = (
            times.ndim == 0 and sigma.shape[0] == 1 and (rows is None or rows.ndim == 1)
        )
        return sigma[0] if single else sigma

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

    # --- sampling -------------------------------------------------------------

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
        limits, alpha = self._limits(batch, timestep, t, weights)
        target = checked_out(out, batch.tokens, batch.shape)
        write_noised(batch, self.graph, limits, target, checked_threads(threads))
        return Noised(
            tokens=target.reshape(batch.shape),
            alpha=alpha,
            seed=batch.seed,
            clean=batch.tokens.reshape(batch.shape),
            moved=lambda: draw_moved(batch, limits),
        )

    @quiet
    def _limits(
        self, batch: Batch, timestep: Any, t: Any, weights: Any
    ) -> tuple[Limits, Any]:
        """Return the thresholds of every block and alpha at the given times."""
        if (timestep is None) == (t is None):
            received = "neither" if t is None else "both"
            raise EngineError("timestep", "one_of", "or `t` must be given", received)
        steps = None if timestep is None else self._timesteps(timestep)
        times = time_array(t) if steps is None else steps
        by_row = _checked_time_shape(times, batch, "t" if steps is None else "timestep")
        if weights is None and self.hyperschedule is None:
            return self._plain_limits(steps, times, batch, by_row)
        if not by_row:
            raise EngineError(
                "t" if steps is None else "timestep",
                "wrong_shape",
                "must be a scalar or (B,) where positions have a noise of their own",
                list(times.shape),
            )
        moment = Moment(
            t=np.atleast_1d(times if steps is None else self.time(steps)),
            timesteps=None if steps is None else np.atleast_1d(steps),
            num_timesteps=self.num_timesteps,
        )
        hyper = self._hyperschedule(weights, None, batch.length, batch.tokens)
        sigma = hyper(moment, batch.length, batch.tokens, batch.real)
        alpha = self.alpha(times) if steps is None else self.alphas[steps][()]
        return position_limits(sigma, self._to_limits), alpha

    def _plain_limits(
        self, steps: IntArray | None, times: Any, batch: Batch, by_row: bool
    ) -> tuple[Limits, Any]:
        if steps is not None:
            alpha = self.alphas[steps][()]
            if by_row:
                return row_limits(np.atleast_1d(self._limits_by_step[steps])), alpha
            chosen = np.atleast_2d(steps)
            table = self._limits_by_step
            return (lambda rows, columns: table[chosen[rows, columns]]), alpha
        alpha = self.alpha(times)
        if by_row:
            sigma = self.schedule.sigma(np.atleast_1d(times))
            return row_limits(self._to_limits(sigma)), alpha
        at = np.atleast_2d(times)

        @quiet
        def limits(rows: slice, columns: slice) -> WordArray:
            return self._to_limits(self.schedule.sigma(at[rows, columns]))

        return limits, alpha

    # --- shared ---------------------------------------------------------------

    def _hyperschedule(
        self, weights: Any, token_types: Any, length: int, tokens: TokenArray | None
    ) -> Callable[..., FloatArray]:
        """Return what gives every position its noise, bound to the schedule."""
        sigma = self._row_sigma
        if weights is not None:
            values = np.atleast_2d(checked_weights(weights))
            rows = 1 if tokens is None or tokens.ndim == 1 else tokens.shape[0]
            if values.shape not in ((1, length), (rows, length)):
                raise EngineError(
                    "weights",
                    "wrong_length",
                    f"must have one weight for each of the {length} positions",
                    list(np.shape(weights)),
                )
            return lambda moment, _length, _tokens, real: weighted_sigma(
                sigma(moment), values, real, calibrate=True
            )
        hyper = self.hyperschedule
        if token_types is not None:
            classes = TokenTypes.PARAMETERS["classes"].parse(token_types, "token_types")
            parameters = {
                "classes": classes,
                "weights": dict(TYPE_WEIGHTS),
                "calibrate": True,
            }
            hyper = TokenTypes.create(parameters, self.vocab_size)
        if hyper is None:
            return lambda moment, length, _tokens, _real: np.repeat(
                sigma(moment)[:, None], length, axis=1
            )
        return functools.partial(hyper.position_sigma, self.schedule.sigma)

    def _row_sigma(self, moment: Moment) -> FloatArray:
        return self.schedule.sigma(moment.t)

    def _to_limits(self, sigma: FloatArray) -> WordArray:
        return thresholds(-np.expm1(-sigma))

    def _timesteps(self, timestep: Any) -> IntArray:
        return bounded_integers(
            timestep,
            "timestep",
            low=0,
            high=self.num_timesteps - 1,
            way_out="a time in [0, 1] goes to `t`",
        ).astype(np.int64)

    def _sigma_array(self, t: Any) -> FloatArray:
        times = time_array(t)
        sigma = self.schedule.sigma(np.atleast_1d(times).ravel())
        return sigma.reshape(times.shape)

    @quiet
    def _of_time(self, function: Callable[[FloatArray], FloatArray], t: Any) -> Any:
        times = time_array(t)
        values = function(np.atleast_1d(times).ravel())
        return values.reshape(times.shape)[()]


def _checked_time_shape(times: Any, batch: Batch, field: str) -> bool:
    """Return whether the time is one per row; otherwise it is one per position.

    Raises:
        EngineError: the shape is neither.
    """
    if times.ndim == 0:
        return True
    rows_given = len(batch.shape) == 2
    if rows_given and times.shape == (batch.rows,):
        return True
    if times.shape == batch.shape:
        return False
    allowed = "a scalar, (B,) or (B, L)" if rows_given else "a scalar or (L,)"
    rule = f"must be {allowed} for tokens of shape {list(batch.shape)}"
    raise EngineError(field, "wrong_shape", rule, list(times.shape))
