"""Exact quantities of a noise process: functions of time and distributions."""

import abc
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from noising.engine.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    bounded_integers,
    broadcast,
    check_elements,
    flag_array,
    float_array,
    integer_array,
    quiet,
    time_array,
)
from noising.engine.errors import EngineError
from noising.engine.graphs import Graph
from noising.engine.graphs.step import Step
from noising.engine.graphs.uniform import UniformGraph
from noising.engine.information import score_costs
from noising.engine.loss_weights import check_dtype
from noising.engine.schedules import Schedule
from noising.engine.timeline import Timeline
from noising.engine.token_cases import select_by_case

_BLOCK_ELEMENTS: Final = 1 << 18  # scores per block, which bounds temporaries
_FEW_TIMES: Final = 4  # tokens per time from which three weights for each time pay off


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExactQuantities(abc.ABC):
    """The exact quantities of a schedule on T timesteps and a graph.

    Times t lie in [0, 1], where 0 is clean; timestep k in 0..T-1 is the time (k+1)/T.
    Arguments broadcast. Results are float64 of the common shape (scalars for scalars);
    distributions have a further axis of S states. Quantities conditioned on an
    impossible pair, q(x_t | x_0) = 0, are NaN.

    Attributes:
        timeline: the schedule and its tables over the T timesteps.
        graph: what a resampled token becomes.
    """

    timeline: Timeline
    graph: Graph

    @property
    def schedule(self) -> Schedule:
        """The schedule, which gives total noise as a function of time."""
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
            EngineError: a timestep is not an integer or outside 0..T-1.
        """
        return self.timeline.time(self.timeline.steps(timestep))[()]

    def sigma(self, t: Any) -> Any:
        """Return the total noise at `t`, in [0, inf]."""
        return self.timeline.evaluate(self.schedule.sigma, t)

    def dsigma(self, t: Any) -> Any:
        """Return the rate d sigma / dt, in [0, inf]."""
        return self.timeline.evaluate(self.schedule.dsigma, t)

    def alpha(self, t: Any) -> Any:
        """Return alpha = exp(-sigma), the share of the signal that is left."""
        return self.timeline.evaluate(self.schedule.alpha, t)

    def move_chance(self, t: Any) -> Any:
        """Return 1 - alpha, exact where it is small."""
        return self.timeline.evaluate(self.schedule.move_chance, t)

    def log_snr(self, t: Any) -> Any:
        """Return log(alpha/(1 - alpha)), in [-inf, inf]."""
        return self.timeline.evaluate(self.schedule.log_snr, t)

    @quiet
    def step(self, s: Any, t: Any) -> Step:
        """Return the noise of the step from s to t, in their common shape.

        Args:
            s: times in [0, 1], s <= t.
            t: times in [0, 1].

        Raises:
            EngineError: out of range, s > t, or a schedule whose sigma falls.
        """
        self.timeline.require_valid_kernel()
        start, end = broadcast(s=time_array(s, "s"), t=time_array(t))
        if (start > end).any():
            late = float(start[start > end].flat[0])
            raise EngineError("s", "out_of_order", "must not exceed `t`", late)
        added = self.schedule.added(start.reshape(-1), end.reshape(-1))
        same = (start == end).reshape(-1)
        return Step(
            sigma_s=self._sigma(start),
            sigma_t=self._sigma(end),
            added=np.where(same, 0.0, added).reshape(start.shape),
            s=start,
            t=end,
        )

    @property
    def sigmas(self) -> FloatArray:
        """Total noise at every timestep, (T,), read-only."""
        return self.timeline.sigmas

    @property
    def alphas(self) -> FloatArray:
        """Alpha at every timestep, (T,), read-only."""
        return self.timeline.alphas

    @quiet
    def limit(self) -> FloatArray:
        """Return the distribution at infinite noise, (S,)."""
        check_elements(self.num_states, field="limit")
        return self.graph.limit()

    @quiet
    def marginal(self, x0: Any, t: Any) -> FloatArray:
        """Return q(x_t | x_0), (..., S).

        Args:
            x0: clean token ids in 0..V-1 other than the mask id.
            t: times in [0, 1].

        Raises:
            EngineError: an id or a time out of range, or a result over 2^26 values.
        """
        clean, sigma = broadcast(x0=self._clean(x0), t=self._sigma(t))
        return self.graph.marginal(clean, sigma)

    @quiet
    def kernel(self, xs: Any, s: Any, t: Any) -> FloatArray:
        """Return q(x_t | x_s), (..., S).

        Where alpha(s) = 0, it is the identity if s = t, else the marginal at t.

        Args:
            xs: states in 0..S-1.
            s: times in [0, 1], s <= t.
            t: times in [0, 1].

        Raises:
            EngineError: out of range, s > t, or a schedule whose sigma falls.
        """
        step = self.step(s, t)
        states, at = broadcast(xs=self._state(xs, "xs"), s=step.sigma_s)
        return self.graph.kernel(states, step.broadcast_to(at.shape))

    @quiet
    def posterior(self, xt: Any, x0: Any, s: Any, t: Any) -> FloatArray:
        """Return q(x_s | x_t, x_0), (..., S).

        Args:
            xt: states in 0..S-1.
            x0: clean token ids in 0..V-1.
            s: times in [0, 1], s <= t.
            t: times in [0, 1].

        Raises:
            EngineError: out of range, s > t, or a schedule whose sigma falls.
        """
        states, clean = self._state(xt, "xt"), self._clean(x0)
        step = self.step(s, t)
        states, clean, at = broadcast(xt=states, x0=clean, s=step.sigma_s)
        return self.graph.posterior(states, clean, step.broadcast_to(at.shape))

    @quiet
    def score_ratio(self, xt: Any, x0: Any, t: Any) -> FloatArray:
        """Return the concrete score p_t(y | x_0)/p_t(x_t | x_0), (..., S).

        The target of score entropy. Source: Lou, Meng, Ermon 2024 (SEDD), eq. 6.

        Args:
            xt: states in 0..S-1.
            x0: clean token ids in 0..V-1.
            t: times in [0, 1].

        Raises:
            EngineError: out of range, or a result over 2^26 values.
        """
        states, clean = self._state(xt, "xt"), self._clean(x0)
        return self.graph.score_ratio(*broadcast(xt=states, x0=clean, t=self._sigma(t)))

    @quiet
    def score_entropy(
        self, log_score: Any, xt: Any, x0: Any, t: Any, *, protect: Any = None
    ) -> Any:
        """Return the denoising score entropy of a model's log score, >= 0.

        dsigma·sum over y != x_t of Q(y, x_t)·r_y·(expm1(d_y) - d_y), with r the
        concrete score and d = log s - log r; s_y itself where r_y = 0. It is 0 at
        the true ratio. Source: Lou, Meng, Ermon 2024 (SEDD), eq. 7 and 11.

        Args:
            log_score: (..., S) log of the model's score; the entry of x_t is unused.
            xt: states in 0..S-1.
            x0: clean token ids in 0..V-1.
            t: times in [0, 1].
            protect: bool, True where the token never changes and the loss is 0.

        Raises:
            EngineError: out of range, or scores that are not S per token.
        """
        scores = float_array(log_score, "log_score")
        if scores.ndim == 0 or scores.shape[-1] != self.num_states:
            rule = f"must have num_states = {self.num_states} values per token"
            raise EngineError("log_score", "wrong_shape", rule, list(scores.shape))
        at, clean, sigma, dsigma, fixed, _ = broadcast(
            xt=self._state(xt, "xt"),
            x0=self._clean(x0),
            t=self._sigma(t),
            rate=np.asarray(self.dsigma(t)),
            protect=_protect_flags(protect),
            log_score=scores[..., 0],
        )
        check_elements(at.size, self.num_states, field="xt")
        shape = at.shape or (1,)
        scores = np.broadcast_to(scores, (*shape, self.num_states))
        flat = [array.reshape(-1) for array in (at, clean, sigma, dsigma)]
        loss = np.empty(at.size)
        tokens = max(_BLOCK_ELEMENTS // self.num_states, 1)
        for start in range(0, at.size, tokens):
            part = slice(start, start + tokens)
            some = scores[np.unravel_index(np.arange(at.size)[part], shape)]
            loss[part] = self._score_losses(some, *(array[part] for array in flat))
        return np.where(fixed, 0.0, loss.reshape(at.shape))[()]

    def _score_losses(
        self,
        scores: FloatArray,
        at: IntArray,
        clean: IntArray,
        sigma: FloatArray,
        dsigma: FloatArray,
    ) -> FloatArray:
        """Return the score entropy of (N,) tokens, log scores (N, S)."""
        # Infinite rates are applied last, so that a sum of 0 stays 0.
        pace = np.where(np.isinf(dsigma), 1.0, np.abs(dsigma))[:, None]
        ratio = self.graph.score_ratio(at, clean, sigma)
        rates = self.graph.rates_to(at, sigma)
        np.put_along_axis(rates, at[:, None], 0.0, axis=-1)
        reverse = rates * ratio * pace
        log_ratio = np.log(ratio)
        if (ratio == np.inf).any():  # the product with a rate may not overflow
            large = self.graph.reverse_rates(at, clean, sigma, pace[:, 0])
            reverse = np.where(ratio == np.inf, large, reverse)
            log_large = np.log(large) - np.log(rates) - np.log(pace)
            log_ratio = np.where(ratio == np.inf, log_large, log_ratio)
        loss = score_costs(scores, log_ratio, rates, reverse, pace).sum(axis=-1)
        loss = np.where(np.isinf(dsigma) & (loss > 0.0), np.inf, loss)
        loss = np.sign(dsigma) * loss  # negative where a table falls
        return np.where(np.isnan(ratio[:, 0]), np.nan, loss)

    @quiet
    def nelbo_weight(
        self,
        xt: Any,
        x0: Any,
        t: Any,
        *,
        protect: Any = None,
        dtype: Any = np.float64,
    ) -> Any:
        """Return the weight of a token's loss in the negative ELBO.

        For graphs with one rate into each token it is GIDD's weight of the KL and
        Itakura-Saito divergences, dsigma·(rate into x_t)/q(x_t | x_0). For absorbing
        and hdlm_epsilon it is the cross-entropy weight -alpha'/(1-alpha) at the mask
        and 0 elsewhere. Source: von Ruette et al. 2025 (GIDD), eq. 13; Sahoo et al.
        2024 (MDLM), eq. 10.

        Args:
            xt: states in 0..S-1.
            x0: clean token ids in 0..V-1.
            t: times in [0, 1].
            protect: bool, True where the token never changes. The weight is 0 there,
                even where an unprotected pair would be impossible.
            dtype: type of the weights, float64 or float32.

        Raises:
            EngineError: out of range, or a graph given by a matrix.
        """
        kind = check_dtype(dtype)
        graph = self.graph
        of_time = (
            self.schedule.cross_entropy_weight
            if graph.CROSS_ENTROPY
            else self.schedule.dsigma
        )
        sigma = self._sigma(t)
        pace = np.asarray(self.timeline.evaluate(of_time, t))
        at, clean, _, fixed = broadcast(
            xt=integer_array(xt, "xt"),
            x0=integer_array(x0, "x0"),
            t=sigma,
            protect=_protect_flags(protect),
        )
        if graph.FEW_CASES and at.size >= max(_FEW_TIMES * sigma.size, 1):
            states, data = _cases(graph, sigma.ndim)
            values = self._token_weights(
                *np.broadcast_arrays(states, data, sigma, pace)
            )
            return select_by_case(
                graph,
                at,
                clean,
                values.astype(kind),
                fixed=None if protect is None else fixed,
                refuse=lambda: (self._state(xt, "xt"), self._clean(x0)),
            )
        at, clean, sigma, pace, fixed = np.broadcast_arrays(
            self._state(at, "xt"), self._clean(clean), sigma, pace, fixed
        )
        weight = self._token_weights(at, clean, sigma, pace)
        return np.where(fixed, 0.0, weight).astype(kind)[()]

    def _token_weights(
        self, at: IntArray, clean: IntArray, sigma: FloatArray, pace: FloatArray
    ) -> FloatArray:
        """Return NELBO weights; `pace` is dsigma, or the cross-entropy weight."""
        if not self.graph.CROSS_ENTROPY:
            return self.graph.nelbo_weight(at, clean, sigma, pace)
        possible = self.graph.is_possible(at, clean, sigma)
        at_mask = np.where(at == self.mask_id, pace, 0.0)
        return np.where(possible, at_mask, np.nan)

    @quiet
    def loo_shift(self, t: Any) -> Any:
        """Return log1p(V·alpha/(1-alpha)), the leave-one-out shift, in [0, inf].

        With uniform noise, a posterior over x_0 that does not know x_t at its own
        position turns into one that does if this is added to the logit of x_t.

        Args:
            t: times in [0, 1].

        Raises:
            EngineError: out of range, or a graph other than `uniform`.
        """
        if not isinstance(self.graph, UniformGraph):
            rule = "must be `uniform` for a leave-one-out shift"
            raise EngineError(
                "graph.type", "not_uniform", rule, type(self.graph).__name__
            )
        shift = np.log(self.vocab_size) + np.asarray(self.log_snr(t))
        return np.logaddexp(0.0, shift)[()]

    @quiet
    def mutual_information(self, t: Any, prior: Any = None) -> Any:
        """Return I(x_t; x_0) in nats.

        Args:
            t: times in [0, 1].
            prior: token prior, V weights >= 0; None for uniform over the data ids.

        Raises:
            EngineError: a prior of the wrong length, sign or support.
        """
        curve = self.graph.information(prior)
        return self.timeline.evaluate(
            lambda times: curve.information(self.schedule.sigma(times))[0], t
        )

    @quiet
    def conditional_entropy(self, t: Any, prior: Any = None) -> Any:
        """Return H(x_0 | x_t) in nats, exact where it is small.

        Arguments and errors are those of `mutual_information`.
        """
        curve = self.graph.information(prior)
        return self.timeline.evaluate(
            lambda times: curve.conditional_entropy(self.schedule.sigma(times))[0], t
        )

    @quiet
    def kl_to_limit(self, t: Any, prior: Any = None) -> Any:
        """Return sum of p_0(x_0)·KL(q(x_t | x_0) || limit) in nats.

        Infinite for absorbing graphs while alpha > 0. Arguments and errors are those
        of `mutual_information`.
        """
        weights = self.graph.prior(prior)
        return self.timeline.evaluate(
            lambda times: self.graph.divergence(self.schedule.sigma(times), weights), t
        )

    @quiet
    def change_chance(self, t: Any, prior: Any = None) -> Any:
        """Return the chance that a token has changed, P(x_t != x_0), in [0, 1].

        It is less than the move chance if a resampled token may become itself. L times
        it is the expected number of changed tokens among L. Arguments and errors are
        those of `mutual_information`.
        """
        weights = self.graph.prior(prior)
        return self.timeline.evaluate(
            lambda times: self.graph.changed(self.schedule.sigma(times), weights), t
        )

    def _clean(self, x0: Any) -> IntArray:
        tokens = bounded_integers(x0, "x0", low=0, high=self.vocab_size - 1)
        if self.graph.mask_inside and (tokens == self.mask_id).any():
            rule = "must not be the mask: clean data has none"
            raise EngineError("x0", "mask_in_data", rule, self.mask_id)
        return tokens.astype(np.int64)

    def _state(self, x: Any, field: str) -> IntArray:
        states = bounded_integers(x, field, low=0, high=self.num_states - 1)
        return states.astype(np.int64)

    def _sigma(self, t: Any) -> FloatArray:
        return np.asarray(self.sigma(t))


def _protect_flags(protect: Any) -> BoolArray:
    return flag_array(False if protect is None else protect, "protect")


def _cases(graph: Graph, ndim: int) -> tuple[IntArray, IntArray]:
    """Return x_t and x_0, (3, 1, ...), for an x_t that is the mask, x_0 or another."""
    first, *rest = (i for i in range(min(graph.vocab_size, 3)) if i != graph.mask_id)
    other = rest[0] if rest else first  # a single data token has no other
    mask = first if graph.mask_id is None else graph.mask_id
    shape = 3, *(1,) * ndim
    return (
        np.array([mask, first, other]).reshape(shape),
        np.full(shape, first),
    )
