"""A certificate of a wrong process fails by the name of the check."""

import dataclasses
import math
import re

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from noising.engine.certify import certify, golden
from noising.engine.graphs.uniform import UniformGraph
from noising.engine.replacements import Even
from noising.engine.sampler.words import Hasher
from noising.engine.schedules.base import AlphaSchedule
from noising.engine.schedules.continuous import UniformSchedule
from noising.engine.schedules.sigmoid import Sigmoid
from noising.engine.timeline import Timeline
from tests.engine.certificates import FEW, check_of, failed
from tests.engine.examples import TIMESTEPS, example


class _Leaky(UniformGraph):
    """Uniform noise whose closed form keeps half a percent too little."""

    def channel(self, sigma):
        exact = UniformGraph.channel(self, sigma)
        keep = 0.995 * exact.keep
        return dataclasses.replace(exact, keep=keep, move=1.0 - keep)


class _Lopsided(UniformGraph):
    """Uniform noise whose closed form prefers the lower half of the ids by 4 %."""

    def base(self):
        weights = np.where(np.arange(self.vocab_size) * 2 < self.vocab_size, 1.02, 0.98)
        return weights / weights.sum()


def _with_graph(process, graph_class):
    return dataclasses.replace(
        process, graph=graph_class(vocab_size=process.vocab_size)
    )


@pytest.mark.parametrize(
    ("graph_class", "failing"),
    [(_Leaky, "changed_tokens"), (_Lopsided, "destinations")],
)
def test_a_sampler_off_its_closed_form_fails(graph_class, failing):
    process = _with_graph(build_process({"vocab_size": 1000}), graph_class)
    certificate = certify(process, samples=1 << 19)
    assert failing in failed(certificate)
    assert certificate.verdict == "failed"
    assert re.search(rf"^{failing} +FAILED ", certificate.report(), re.MULTILINE)


class _Sampled:
    """What `noise` returns, altered."""

    def __init__(self, noised, tokens=None, resampled=None):
        self.tokens = noised.tokens if tokens is None else tokens
        self.resampled = noised.resampled if resampled is None else resampled
        self.changed = noised.changed


def _sampled_by(process, alter):
    """The process with `alter(noised, call)` in place of what its sampler returns."""
    kind = type(process)

    class Altered(kind):
        def noise(self, tokens, timestep=None, **call):
            noised = kind.noise(self, tokens, timestep, **call)
            return alter(noised, {"tokens": tokens, "timestep": timestep, **call})

    fields = {f.name: getattr(process, f.name) for f in dataclasses.fields(process)}
    return Altered(**fields)


def _twin_columns(noised, call):
    """Odd positions repeat what happened to their left neighbour."""
    tokens = noised.tokens.copy()
    if tokens.ndim == 2:
        tokens[:, 1::2] = tokens[:, : tokens.shape[1] // 2 * 2 : 2]
    return _Sampled(noised, tokens)


def _by_batch(noised, call):
    """The first token depends on how many rows there are."""
    tokens = noised.tokens.copy()
    tokens.reshape(-1)[0] = tokens.size % 5
    return _Sampled(noised, tokens)


def _never_struck(noised, call):
    return _Sampled(noised, resampled=np.zeros(noised.tokens.shape, bool))


def _fresh_for_each_timestep(process):
    def alter(noised, call):
        if np.ndim(call["timestep"]) or call["timestep"] is None:
            return noised
        call = {**call, "draw": call.get("draw", 0) + 1000 * (call["timestep"] + 1)}
        return process.noise(call.pop("tokens"), call.pop("timestep"), **call)

    return alter


@pytest.mark.parametrize(
    ("alter", "failing"),
    [
        (_twin_columns, ["independence", "same_bytes"]),
        (_by_batch, ["same_bytes"]),
        (_never_struck, ["nesting"]),
    ],
)
def test_a_sampler_whose_draws_hang_together_wrongly_fails(alter, failing):
    process = _sampled_by(example("loglinear", "uniform"), alter)
    assert set(failed(certify(process, samples=1 << 16))) >= set(failing)


def test_a_sampler_that_is_not_coupled_in_time_fails():
    process = example("loglinear", "uniform")
    process = _sampled_by(process, _fresh_for_each_timestep(process))
    assert "nesting" in failed(certify(process, samples=FEW))


def test_a_path_of_unrelated_states_fails():
    process = example("loglinear", "uniform")
    kind = type(process)

    class Unrelated(kind):
        def sample_path(self, tokens, timesteps, *, seed, draw):
            draws = enumerate(timesteps, start=draw)
            return np.stack(
                [self.noise(tokens, k, seed=seed, draw=d).tokens for d, k in draws]
            )

    fields = {f.name: getattr(process, f.name) for f in dataclasses.fields(process)}
    certificate = certify(Unrelated(**fields), samples=FEW)
    assert failed(certificate) == ["markov_path"]


def test_a_token_where_none_may_go_fails():
    def alter(noised, call):
        return _Sampled(noised, np.where(noised.changed, 3, noised.tokens))

    process = _sampled_by(example("loglinear", "absorbing"), alter)
    certificate = certify(process, samples=FEW)
    assert {"masked_tokens", "destinations"} <= set(failed(certificate))
    tests = check_of(certificate, "destinations").p_values
    assert {test.p_value for test in tests} == {0.0}


class _WrongRate(UniformSchedule):
    def dsigma(self, t):
        return UniformSchedule.dsigma(self, t) * 1.001


class _WrongAlpha(UniformSchedule):
    def alpha(self, t):
        return UniformSchedule.alpha(self, t) * (1.0 - 1e-12)


@pytest.mark.parametrize(
    ("schedule_class", "failing"), [(_WrongRate, "dsigma"), (_WrongAlpha, "alpha")]
)
def test_a_schedule_that_contradicts_itself_fails(schedule_class, failing):
    process = example("uniform", "uniform")
    schedule = schedule_class(rate=process.schedule.rate)
    timeline = Timeline(schedule=schedule, num_timesteps=TIMESTEPS)
    process = dataclasses.replace(process, timeline=timeline)
    assert failing in failed(certify(process, samples=FEW))


class _Overflowing(Sigmoid):
    """The sigmoid whose total noise is that of its alpha, which float64 rounds to 0."""

    def sigma(self, t):
        return AlphaSchedule.sigma(self, t)

    def dsigma(self, t):
        return AlphaSchedule.dsigma(self, t)


def test_noise_that_is_endless_before_its_time_fails():
    schedule = {"type": "sigmoid", "tau": 1e-3}
    process = build_process({"vocab_size": 5, "schedule": schedule})
    given = process.schedule
    schedule = _Overflowing(first=given.first, last=given.last, span=given.span)
    timeline = Timeline(schedule=schedule, num_timesteps=1000)
    process = dataclasses.replace(process, timeline=timeline)
    certificate = certify(process, samples=FEW)
    assert failed(certificate) == ["finite"]
    # alpha leaves float64's range at exp(-745): 6000·t - 3000 = 745 at t = 0.6242.
    assert "sigma at t = 0.6245" in check_of(certificate, "finite").measured


class _Wavering(UniformSchedule):
    """A constant rate that takes a little noise back before each timestep."""

    def sigma(self, t):
        exact = UniformSchedule.sigma(self, t)
        return exact * (1.0 + 0.2 * np.sin(math.pi * TIMESTEPS * t) ** 2)


def test_noise_that_falls_between_timesteps_fails():
    process = example("uniform", "uniform")
    schedule = _Wavering(rate=process.schedule.rate)
    timeline = Timeline(schedule=schedule, num_timesteps=TIMESTEPS)
    process = dataclasses.replace(process, timeline=timeline)
    assert "sigma_rises" in failed(certify(process, samples=FEW))


class _UndefinedAtTheEnd(UniformGraph):
    """Weights that are no numbers where nothing is left, as inf/inf would be."""

    def nelbo_weight(self, xt, x0, sigma, dsigma):
        weight = UniformGraph.nelbo_weight(self, xt, x0, sigma, dsigma)
        return np.where(np.isinf(dsigma), np.nan, weight)


def test_a_possible_pair_without_a_number_fails():
    spec = {"vocab_size": 5, "schedule": {"type": "loglinear", "epsilon": 0}}
    process = _with_graph(build_process(spec), _UndefinedAtTheEnd)
    certificate = certify(process, samples=FEW)
    assert failed(certificate) == ["finite"]
    assert "nelbo_weight at t = 1" in check_of(certificate, "finite").measured


class _WrongQuantities(UniformGraph):
    """Every exact quantity but the marginal and the sampler is a little off."""

    def kernel(self, xs, step):
        return UniformGraph.kernel(self, xs, step) * (1.0 + 1e-8)

    def into(self, xt, step):
        return UniformGraph.into(self, xt, step) * (1.0 + 2e-5)

    def posterior(self, xt, x0, step):
        return UniformGraph.posterior(self, xt, x0, step)[..., ::-1]

    def score_ratio(self, xt, x0, sigma):
        return UniformGraph.score_ratio(self, xt, x0, sigma) + 1e-5

    def rates_to(self, x, sigma):
        return UniformGraph.rates_to(self, x, sigma) * 1.01

    def nelbo_weight(self, xt, x0, sigma, dsigma):
        return UniformGraph.nelbo_weight(self, xt, x0, sigma, dsigma) * 1.02

    def curve(self, prior):
        return UniformGraph.curve(self, prior * 0.99)


def test_wrong_quantities_fail_by_name():
    process = _with_graph(example("loglinear", "uniform"), _WrongQuantities)
    assert failed(certify(process, samples=FEW)) == [
        "information",
        "score_ratios",
        "nelbo_weights",
        "kernels",
        "kernel_columns",
        "semigroup",
        "bayes",
        "rates",
    ]


class _NotANumber(UniformGraph):
    def nelbo_weight(self, xt, x0, sigma, dsigma):
        weight = UniformGraph.nelbo_weight(self, xt, x0, sigma, dsigma)
        return np.where(x0 == 0, np.nan, weight)  # at some tokens only

    def curve(self, prior):
        return UniformGraph.curve(self, prior * np.nan)


def test_nan_is_no_agreement():
    process = _with_graph(example("loglinear", "uniform"), _NotANumber)
    certificate = certify(process, samples=FEW)
    assert failed(certificate) == ["information", "nelbo_weights", "finite"]


class _Broken(UniformGraph):
    def posterior(self, xt, x0, step):
        raise EngineError("xt", "out_of_range", "must be right", 0)


def test_an_error_that_does_not_mean_absence_is_not_hidden():
    process = _with_graph(example("loglinear", "uniform"), _Broken)
    with pytest.raises(EngineError, match="must be right"):
        certify(process, samples=FEW)


def test_other_words_fail_the_golden_vectors(monkeypatch):
    monkeypatch.setattr(golden, "uniform", lambda key, gamma, position: 0)
    assert golden.golden_vectors().status == "failed"


def _with_other_words(monkeypatch):
    """Hash other words than the recipe's, wherever the kernel in NumPy does."""

    def other(draw):
        def drawn(*arguments):
            words = draw(*arguments)
            words ^= np.uint64(0x123456789ABCDEF0)
            return words

        return drawn

    monkeypatch.setattr(Hasher, "draw", other(Hasher.draw))
    monkeypatch.setattr(Hasher, "draw_at", other(Hasher.draw_at))


def _without_the_last_id(monkeypatch):
    def ids(self, words):
        return ((words >> np.uint64(24)) * np.uint64(self.size - 1)) >> np.uint64(40)

    monkeypatch.setattr(Even, "ids", ids)


def _with_a_byte_twice(monkeypatch):
    def leading(self, grid, draw=Hasher.draw_leading_bytes):
        found = draw(self, grid)
        found[:, 7::8] = found[:, 1::8][:, : found[:, 7::8].shape[1]]
        return found

    monkeypatch.setattr(Hasher, "draw_leading_bytes", leading)


@pytest.mark.parametrize(
    "broken", [_with_other_words, _without_the_last_id, _with_a_byte_twice]
)
def test_a_kernel_that_does_not_follow_the_recipe_fails(monkeypatch, broken):
    assert golden.golden_vectors().status == "ok"
    broken(monkeypatch)
    assert golden.golden_vectors().status == "failed"


def test_another_canonical_form_fails():
    process = example("loglinear", "uniform")
    schedule = {"type": "loglinear", "epsilon": 0}  # canonical is 0.0
    parts = {**process.parts, "schedule": schedule}
    changed = dataclasses.replace(process, parts=parts)
    assert "specification" in failed(certify(changed, samples=FEW))


def test_wrong_noise_by_position_fails():
    spec = {"vocab_size": 5, "hyperschedule": {"type": "sliding"}}
    process = build_process(spec)

    def alter(noised, call):
        return _Sampled(noised, np.roll(noised.tokens, 1, axis=-1))

    certificate = certify(_sampled_by(process, alter), samples=1 << 16)
    assert "hyperschedule" in failed(certificate)
