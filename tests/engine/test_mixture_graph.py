"""The mixture graph: masks and uniform noise in shares that depend on the noise.

Literals were computed with mpmath to 60 digits from the definitions.
"""

import itertools
import pickle

import numpy as np
import pytest

from noising.engine import EngineError, build_process, lint
from noising.engine.certify import certify
from noising.engine.graphs.uniform_share import LogSnrShare
from tests.engine.certificates import FEW, failed, skipped
from tests.engine.references import near, reference

V = 4
DEFAULT = {"type": "log_snr", "scale": 1.0, "shift": 0.0}


def _log_snr(scale, shift=0.0):
    return {"type": "log_snr", "scale": scale, "shift": shift}


def _table(values):
    return {"type": "table", "values": [float(value) for value in values]}


def _process(share, sigmas=None, schedule=None, vocab_size=V, **graph):
    """A process whose noise at the timesteps is `sigmas`, or of a schedule, T = 10."""
    if sigmas is not None:
        schedule = {"type": "custom", "sigmas": [float(sigma) for sigma in sigmas]}
    return build_process(
        {
            "vocab_size": vocab_size,
            "num_timesteps": 10 if sigmas is None else len(sigmas),
            "schedule": schedule or {"type": "loglinear"},
            "graph": {"type": "mixture", "share": share, **graph},
        }
    )


def _at(share, *sigmas):
    """A process with these noise levels at t = 1/T, 2/T, ..., and their times."""
    return _process(share, sigmas), (np.arange(len(sigmas)) + 1) / len(sigmas)


@pytest.mark.parametrize(
    ("scale", "shift", "before", "after", "uniform", "masked"),
    [
        (1.0, 0.0, 0.0, 0.5, 0.23865121854119110201, 0.15481812174617547439),
        (1.0, 0.0, 0.3, 2.0, 0.081943204834069554549, 0.73537327111319579725),
        (1.0, -20.0, 5.0, 5.5, 4.6532267507340033133e-23, 0.3934693402873665764),
        (0.25, 0.5, 0.7, 3.25, 0.38400708846995912027, 0.53791124552888773088),
        (-1.0, 0.25, 0.3, 2.0, 0.75604043309892068289, 0.061276042848344668915),
        (-0.625, -2.0, 1e-12, 2.0, 0.26056564023140622963, 0.60409907653184574319),
        (0.0, -1.0, 0.3, 30.0, 0.26894142136996114949, 0.73105857862991253581),
        (2.5, 12.0, 0.7, 3.25, 0.90418042129341493965, 0.017737912705431911506),
    ],
)
def test_a_step_adds_what_the_masses_over_alpha_grow_by(
    scale, shift, before, after, uniform, masked
):
    """m_t - (a_t/a_s)·m_s, of which uniform noise has a quarter for each token."""
    process, (s, t) = _at(_log_snr(scale, shift), before, after)
    row = process.kernel(0, s, t)
    assert row[1:V] == near(np.full(V - 1, uniform / V), rel=1e-13)
    assert row[V] == near(masked, rel=1e-13)
    assert row.sum() == near(1.0, rel=1e-15)
    from_mask = process.kernel(V, s, t)
    assert from_mask[:V] == near(np.full(V, uniform / V), rel=1e-13)


@pytest.mark.parametrize(
    ("scale", "shift", "uniform", "masked"),
    [
        (1.0, 0.0, 4.9914127529816845063e-13, 4.1035342647434619698e-13),
        (-0.5, 0.25, 5.041480476130343489e-13, 4.0534665415948029871e-13),
        (2.5, 12.0, 9.0949328576312637675e-13, 1.4160093882708554817e-18),
    ],
)
def test_a_short_step_keeps_its_digits(scale, shift, uniform, masked):
    process, (s, t) = _at(_log_snr(scale, shift), 0.3, 0.3 + 2.0**-40)
    row = process.kernel(0, s, t)
    assert row[1:V] == near(np.full(V - 1, uniform / V), rel=1e-14)
    assert row[V] == near(masked, rel=1e-13)


@pytest.mark.parametrize("share", [_log_snr(1), _log_snr(-1, 0.25), _table([0.3, 0.2])])
def test_the_marginal_is_its_formula(share):
    process, times = _at(share, 0.4, 1.7)
    for t in times:
        alpha, snr = process.alpha(t), process.log_snr(t)
        if share["type"] == "table":
            r = share["values"][int(t == 1.0)]
        else:
            r = 1.0 / (1.0 + np.exp(-(share["scale"] * snr + share["shift"])))
        expected = np.full(V + 1, (1.0 - alpha) * r / V)
        expected[2] += alpha
        expected[V] = (1.0 - alpha) * (1.0 - r)
        assert process.marginal(2, t) == near(expected, rel=1e-13)
        assert process.change_chance(t) == near(1.0 - expected[2], rel=1e-13)


@pytest.mark.parametrize(
    ("scale", "shift", "sigma", "at_mask", "at_x0", "at_other"),
    [
        (1, 0, 0.7, 2.9728677272689267704, 0.11026861554843772601, 0.98643386363446338),
        (0.5, -1, 0.7, 2.25221949049788054, 0.0799627775698528396, 1.25900255868064885),
        (-1, 0.25, 2, 0.12565776083935441414, 0.75316369013597944606, 1.28217540358902),
    ],
)
def test_the_weights_are_those_of_gidd_easydel(
    scale, shift, sigma, at_mask, at_x0, at_other
):
    """dsigma/(1 - alpha)·(pi - pi')/(pi + snr·[z = x]), pi' by the log-SNR."""
    process, _ = _at(_log_snr(scale, shift), sigma)
    weights = process.nelbo_weight([V, 1, 3], 1, 1.0)
    expected = sigma * np.array([at_mask, at_x0, at_other])  # dsigma = sigma
    assert weights == near(expected, rel=1e-13)


def test_the_default_share_is_gidd_easydels():
    given = build_process({"graph": {"type": "mixture"}})
    assert given.spec["graph"] == {"type": "mixture", "share": DEFAULT, "mask_id": None}
    again = build_process(given.spec)
    assert again.fingerprint == given.fingerprint
    scaled = {"type": "mixture", "share": {"type": "log_snr", "scale": 1}}
    assert build_process({"graph": scaled}).fingerprint == given.fingerprint
    other = {"type": "mixture", "share": {"type": "log_snr", "shift": 1}}
    assert build_process({"graph": other}).fingerprint != given.fingerprint


SHARES = [
    _log_snr(1),
    _log_snr(-1, 0.5),
    _log_snr(0, 1),
    _log_snr(0.5, -3),
    _table([0.8, 0.6, 0.3, 0.3, 0.2]),
    _table([0.0, 0.0, 0.0, 0.0, 0.0]),
    _table([1.0, 1.0, 1.0, 1.0, 1.0]),
    _table([0.2, 0.2, 0.3, 0.6, 0.7]),
]
FIVE = [0.1, 0.5, 1.1, 2.0, 4.5]
ENDLESS = [0.1, 0.5, 1.1, 2.0, np.inf]


def _five(share, mask_id=None):
    """Five timesteps of which the last one leaves nothing."""
    alphas = np.exp(-np.array(ENDLESS)).tolist()
    return build_process(
        {
            "vocab_size": 3,
            "num_timesteps": 5,
            "schedule": {"type": "custom", "alphas": alphas},
            "graph": {"type": "mixture", "share": share, "mask_id": mask_id},
        }
    )


@pytest.mark.parametrize("share", SHARES, ids=str)
@pytest.mark.parametrize("mask_id", [None, 1])
def test_quantities_agree_with_brute_force(share, mask_id):
    process = _five(share, mask_id)
    data = [i for i in range(3) if i != mask_id]
    states = np.arange(process.num_states)
    times = [0.0, 0.05, 0.2, 0.33, 0.4, 0.7, 0.85, 1.0]
    prior = np.zeros(3)
    prior[data] = np.arange(1.0, len(data) + 1)
    prior /= prior.sum()
    for s, t in itertools.combinations(times, 2):
        before = process.marginal(data, s)
        after = process.marginal(data, t)
        rows = process.kernel(states, s, t)
        assert rows.min() >= 0.0
        assert rows.sum(axis=1) == near(np.ones(states.size), rel=1e-14)
        assert before @ rows == pytest.approx(after, rel=1e-13, abs=1e-16)
        for x0, at_s, at_t in zip(data, before, after, strict=True):
            possible = np.flatnonzero(at_t > 0.0)
            joint = at_s * rows[:, possible].T
            posterior = process.posterior(possible, x0, s, t)
            expected = joint / at_t[possible, None]
            assert posterior == pytest.approx(expected, rel=1e-12, abs=1e-15)
    for t in times:
        q = process.marginal(data, t)
        mean = prior[data] @ q
        with np.errstate(divide="ignore", invalid="ignore"):
            terms, apart = (
                np.where(q > 0.0, q * np.log(q / other), 0.0)
                for other in (mean, process.limit())
            )
        told, far = (float(prior[data] @ each.sum(axis=1)) for each in (terms, apart))
        doubt = -float(prior[data] @ np.log(prior[data])) - told
        got = process.mutual_information(t, prior)
        assert got == pytest.approx(told, abs=1e-14)
        got = process.conditional_entropy(t, prior)
        assert got == pytest.approx(doubt, abs=1e-14)
        got = process.kl_to_limit(t, prior)
        assert got == pytest.approx(far, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("share", SHARES, ids=str)
def test_rates_are_the_limits_of_short_steps(share):
    """At a timestep they are those of the interval on its left."""
    process = _process(share, FIVE)
    for t in (0.1, 0.4, 0.7, 1.0):
        s = t - 2.0**-30
        sigma = np.array([process.sigma(t)])
        drawn, masked = process.graph.rates_into(sigma)
        row = process.kernel(0, s, t)
        length = process.sigma(t) - process.sigma(s)
        assert row[1] / length == pytest.approx(drawn[0] / V, rel=1e-6, abs=1e-9)
        assert row[V] / length == pytest.approx(masked[0], rel=1e-6, abs=1e-9)
        assert drawn + masked == near(1.0, rel=1e-15)


@pytest.mark.parametrize("share", SHARES, ids=str)
def test_the_slope_of_the_information_is_that_of_its_values(share):
    curve = _process(share, FIVE).graph.information([1.0, 2.0, 0.5, 0.5])
    sigma = np.array([0.05, 0.3, 0.8, 1.7, 3.0, 6.0])
    with np.errstate(divide="ignore"):  # which the engine's callers silence
        after, before = (curve.information(sigma + h)[0] for h in (1e-5, -1e-5))
        slopes = curve.information(sigma)[1], curve.conditional_entropy(sigma)[1]
    for slope in slopes:
        assert slope == pytest.approx((after - before) / 2e-5, rel=1e-6)


def test_the_divergence_keeps_its_digits_close_to_the_limit():
    """At alpha = 1e-9 and 0.3, with the share of the limit, sigmoid(-1)."""
    near_limit, _ = _at(_log_snr(0, -1), -np.log(1e-9))
    assert near_limit.kl_to_limit(1.0) == near(6.936563627153001653e-18, rel=1e-12)
    far, _ = _at(_log_snr(0, -1), -np.log(0.3))
    assert far.kl_to_limit(1.0) == near(0.33675593716471337071, rel=1e-12)


def test_noise_ends_as_the_scale_says():
    masks, tokens = np.eye(V + 1)[V], np.append(np.full(V, 1 / V), 0.0)
    assert (_process(_log_snr(0.1)).limit() == masks).all()
    assert (_process(_log_snr(-0.1)).limit() == tokens).all()
    assert _process(_log_snr(0, 0)).limit() == near([1 / 8] * V + [0.5], rel=1e-15)
    table = _process(_table(np.linspace(0.9, 0.25, 10)))
    assert table.limit() == near([1 / 16] * V + [0.75], rel=1e-15)


def test_vq_diffusions_tables_give_its_marginals():
    """Its own kernel leaves masks masked; this graph's turns a few back."""
    values = reference("diffusers_vq")
    kept, masked = (np.array(values[name][:-1]) for name in ("alpha_cum", "gamma_cum"))
    drawn = 1.0 - kept - masked
    process = build_process(
        {
            "vocab_size": 7,
            "num_timesteps": 10,
            "schedule": {"type": "custom", "alphas": kept.tolist()},
            "graph": {"type": "mixture", "share": _table(drawn / (1.0 - kept))},
        }
    )
    assert process.graph.largest_noise == np.inf
    for k in range(10):
        marginal = process.marginal(0, process.time(k))
        assert marginal[7] == near(masked[k], rel=1e-12)
        assert marginal[1] == near(drawn[k] / 7, rel=1e-9)
        row = process.kernel(0, k / 10, process.time(k))
        assert row[0] - row[1] == near(values["alpha_onestep"][k], rel=1e-12)
        assert row[7] == pytest.approx(values["gamma_onestep"][k], abs=1e-5)


def test_between_timesteps_the_noise_added_has_one_share_of_uniform_noise():
    process = _process(_table([0.8, 0.6, 0.3, 0.3, 0.2]), FIVE)
    for k in range(5):
        times = (k + np.array([0.0, 0.1, 0.4, 0.7, 1.0])) / 5
        rows = process.kernel(0, times[:-1], times[1:])
        shares = rows[:, 1] * V / (rows[:, 1] * V + rows[:, V])
        assert shares == near(np.full(4, shares[0]), rel=1e-12)
    last = process.position_sigma(1.0, 3, weights=[1.0, 1.0, 0.01])
    assert last.max() > FIVE[-1]
    uniform, masked = process.graph.share.split(last)
    assert (uniform[last > FIVE[-1]] == 0.2).all()
    assert uniform + masked == near(np.ones(3), rel=1e-15)


def test_equal_noise_may_have_equal_shares():
    process = _process(_table([0.5, 0.5, 0.4, 0.4]), [1.0, 1.0, 2.0, 2.0])
    assert process.graph.share.noise.tolist() == [1.0, 2.0]
    assert process.marginal(0, 0.5)[V] == near(-np.expm1(-1.0) / 2, rel=1e-15)


@pytest.mark.parametrize(
    ("scale", "shift", "largest"),
    [
        (3, 0, 0.584280818812516),
        (-3, 0, 0.584280818812516),
        (2.5, 12, 4.64744624977889),
        (-2, -1, 0.974076984180107),
        (1, 5, np.inf),
        (-1, 5, np.inf),
        (0, 5, np.inf),
    ],
)
def test_a_steep_share_has_no_kernel_from_where_its_mass_falls(scale, shift, largest):
    """Found with mpmath by bisection on the mass over alpha."""
    share = LogSnrShare(scale=float(scale), shift=float(shift))
    assert share.largest_noise == pytest.approx(largest, rel=1e-14)
    if np.isfinite(largest):
        before, after = share.split_rate(largest * np.array([[0.999], [1.001]]))
        falling = (before, after)[scale < 0]
        assert falling[0] > 0.0 > falling[1]


def _no_kernel(share, **more):
    process = _process(share, [0.2, 0.5, 0.7, 3.0, 9.0], **more)
    assert process.graph.largest_noise == pytest.approx(0.584280818812516, rel=1e-12)
    return process


FALLING = {
    "steep": _log_snr(3),
    "steep to uniform noise": _log_snr(-3),
}


@pytest.mark.parametrize("share", FALLING.values(), ids=FALLING)
def test_what_needs_a_kernel_raises_where_there_is_none(share):
    process = _no_kernel(share)
    scores = np.zeros(V + 1)
    for call in (
        lambda: process.kernel(0, 0.1, 0.6),
        lambda: process.kernel(0, 0.6, 0.6),
        lambda: process.posterior(0, 0, 0.1, 0.6),
        lambda: process.nelbo_weight(V, 0, [0.2, 0.6]),
        lambda: process.score_entropy(scores, V, 0, 0.6),
        lambda: process.sample_path([0, 1], [0, 2], seed=1),
        lambda: process.walk("markov", [0, 1], [0, 2], seed=1),
        lambda: process.graph.step_events(np.array(0.1), np.array(0.6)),
    ):
        with pytest.raises(EngineError) as caught:
            call()
        assert (caught.value.field, caught.value.code) == ("graph", "no_kernel")
        assert "beyond a total noise of 0.584281" in str(caught.value)
    assert process.kernel(0, 0.1, 0.4).sum() == near(1.0, rel=1e-15)
    assert process.nelbo_weight(V, 0, 0.4) > 0.0
    assert process.sample_path([0, 1], [0, 1], seed=1).shape == (2, 2)
    # What needs none works at every time.
    assert process.marginal(0, 0.9).sum() == near(1.0, rel=1e-14)
    assert process.trajectory([0, 1], [0, 2, 4], seed=1).shape == (3, 2)
    assert process.mutual_information(1.0) >= 0.0


def test_positions_with_more_noise_than_the_schedule_need_its_kernel_too():
    spec = _process(_log_snr(3), [0.2, 0.5]).spec
    weights = {"type": "weights", "weights": [8.0, 0.1]}
    process = build_process(spec | {"hyperschedule": weights})
    with pytest.raises(EngineError) as caught:
        process.walk("markov", [0, 1], [0, 1], seed=1)
    assert caught.value.code == "no_kernel"
    assert process.sample_path([0, 1], [0], seed=1).shape == (1, 2)
    assert process.sample_path([0, 1], [], seed=1).shape == (0, 2)


def test_the_noise_of_a_path_is_that_of_the_tokens_own_positions():
    spec = _process(_log_snr(3), [0.2, 0.5]).spec
    weights = {"type": "weights", "weights": [8.0, 8.0, 0.1, 0.1]}
    process = build_process(spec | {"hyperschedule": weights})
    at = {"seed": 1, "sequence_ids": 3}
    with pytest.raises(EngineError) as caught:
        process.sample_path([2, 3], [0, 1], positions=[2, 3], **at)
    assert caught.value.code == "no_kernel"
    path = process.sample_path([0, 1], [0, 1], positions=[0, 1], **at)
    assert path.shape == (2, 2)


@pytest.mark.parametrize(
    ("values", "step"),
    [([0.9, 0.1, 0.1, 0.1, 0.1], 1), ([0.1, 0.9, 0.9, 0.2, 0.1], 1)],
)
def test_a_table_that_lets_a_mass_fall_is_found_by_lint(values, step):
    process = _process(_table(values), FIVE)
    (finding,) = (f for f in lint(process) if f.code == "invalid_kernel")
    assert finding.severity == "error"
    assert f"first at timestep {step}" in finding.message
    assert finding.value == FIVE[step - 1]
    with pytest.raises(EngineError) as caught:
        process.kernel(0, 0.2, 0.4)
    assert caught.value.code == "no_kernel"
    assert process.kernel(0, 0.1, 0.2).min() >= 0.0
    # Marginals between timesteps stay distributions.
    rows = process.marginal(0, np.linspace(0.0, 1.0, 41))
    assert rows.min() >= 0.0
    assert rows.sum(axis=-1) == near(np.ones(41), rel=1e-14)
    before = process.marginal(0, process.time(np.arange(5)) - 1e-13)
    at = process.marginal(0, process.time(np.arange(5)))
    assert before == pytest.approx(at, rel=1e-10)  # they do not jump


def test_lint_finds_a_steep_share_only_where_the_schedule_goes_that_far():
    assert "invalid_kernel" in [f.code for f in lint(_no_kernel(_log_snr(3)))]
    early = _process(_log_snr(3), [0.2, 0.5])
    assert "invalid_kernel" not in [f.code for f in lint(early)]


def test_a_table_of_masses_that_stand_still_has_a_kernel_up_to_rounding():
    """No uniform noise is added after the first timestep."""
    sigmas = np.linspace(0.05, 5.0, 100)
    process = _process(_table(np.expm1(0.05) / np.expm1(sigmas)), sigmas)
    assert process.graph.largest_noise == np.inf
    rows = process.kernel(0, process.time(np.arange(99)), process.time(99))
    assert rows.min() >= 0.0
    # Between two timesteps the rest is exact; over many it is a difference.
    assert rows[:, 1].max() < 1e-14


@pytest.mark.parametrize(
    ("share", "field", "code"),
    [
        (None, "graph.share", "not_an_object"),
        ({}, "graph.share.type", "unknown_type"),
        ({"type": "tabel"}, "graph.share.type", "unknown_type"),
        ({"type": "table"}, "graph.share.values", "missing"),
        (_table([0.5] * 9), "graph.share.values", "wrong_length"),
        (_table([0.5] * 9 + [1.5]), "graph.share.values[9]", "out_of_range"),
        ({"type": "log_snr", "scale": "1"}, "graph.share.scale", "not_a_number"),
        ({"type": "log_snr", "slope": 1}, "graph.share.slope", "unknown_key"),
    ],
)
def test_a_share_that_cannot_be_is_refused(share, field, code):
    with pytest.raises(EngineError) as caught:
        _process(share)
    assert (caught.value.field, caught.value.code) == (field, code)


@pytest.mark.parametrize("sigmas", [[1.0, 1.0, 2.0], [2.0, 1.0, 3.0]])
def test_a_table_must_be_a_function_of_noise(sigmas):
    with pytest.raises(EngineError) as caught:
        _process(_table([0.5, 0.4, 0.3]), sigmas)
    assert caught.value.code == "not_of_noise"
    assert "from timestep 0 to 1, got [0.5, 0.4]" in str(caught.value)


def test_a_schedule_made_for_its_graph_has_no_table_of_shares():
    entropy = {"type": "sedd_entropy"}
    with pytest.raises(EngineError) as caught:
        _process(_table([0.5] * 10), schedule=entropy)
    assert (caught.value.field, caught.value.code) == ("graph.share", "needs_noise")
    process = _process(_log_snr(1), schedule=entropy)
    left = process.mutual_information(np.linspace(0.0, 1.0, 11)) / np.log(V)
    assert left == pytest.approx(1.0 - 0.999 * np.linspace(0.0, 1.0, 11), abs=1e-12)


@pytest.mark.parametrize("share", [_log_snr(1), _table([0.5] * 5)])
def test_a_process_survives_pickling(share):
    process = _process(share, FIVE)
    again = pickle.loads(pickle.dumps(process))  # noqa: S301  # our own bytes
    tokens = np.arange(40).reshape(8, 5) % V
    ours, theirs = (p.noise(tokens, 2, seed=3).tokens for p in (process, again))
    assert (ours == theirs).all()
    assert again.fingerprint == process.fingerprint


@pytest.mark.parametrize("share", FALLING.values(), ids=FALLING)
def test_a_certificate_skips_what_needs_a_kernel(share):
    certificate = certify(_no_kernel(share), samples=FEW)
    needing = {"kernels", "bayes", "rates", "nelbo_weights", "markov_path"}
    assert needing <= set(skipped(certificate))
    assert failed(certificate) == []
