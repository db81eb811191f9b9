import numpy as np
import pytest

from noising.engine import GRAPH_TYPES, EngineError, build_process
from tests.engine.references import near

SIGMAS = [0.0, 1e-8, 0.01, 1.0, 20.0]


def _process(graph, vocab_size=5, sigmas=SIGMAS):
    return build_process(
        {
            "vocab_size": vocab_size,
            "num_timesteps": len(sigmas),
            "schedule": {"type": "custom", "sigmas": sigmas},
            "graph": graph,
        }
    )


EVERY_GRAPH = [
    {"type": "uniform"},
    {"type": "absorbing"},
    {"type": "absorbing", "mask_id": 2},
]


@pytest.mark.parametrize("graph", EVERY_GRAPH)
def test_marginals_are_distributions_and_start_at_the_token(graph):
    process = _process(graph)
    x0 = np.array([0, 1, 4])
    times = (np.arange(5) + 1) / 5
    q = process.marginal(x0[:, None], times)
    assert q.shape == (3, 5, process.num_states)
    assert np.abs(q.sum(axis=-1) - 1.0).max() < 1e-15
    assert (q >= 0).all()
    assert (q[:, 0] == np.eye(process.num_states)[x0]).all()


def test_the_uniform_marginal_is_its_formula():
    process = _process({"type": "uniform"})
    alpha = np.exp(-1.0)
    expected = np.full(5, -np.expm1(-1.0) / 5)
    expected[3] += alpha
    assert process.marginal(3, 0.8) == near(expected, rel=1e-15)
    assert process.limit() == near(np.full(5, 0.2), rel=1e-15)
    assert (process.num_states, process.mask_id) == (5, None)


def test_the_absorbing_marginal_is_its_formula():
    process = _process({"type": "absorbing"})
    expected = np.zeros(6)
    expected[3], expected[5] = np.exp(-1e-8), -np.expm1(-1e-8)
    assert process.marginal(3, 0.4) == near(expected, rel=1e-15)
    assert process.limit().tolist() == [0, 0, 0, 0, 0, 1]
    assert (process.num_states, process.mask_id) == (6, 5)


def test_a_mask_id_inside_the_vocabulary_adds_no_state():
    process = _process({"type": "absorbing", "mask_id": 2})
    assert (process.num_states, process.mask_id) == (5, 2)
    assert process.limit().tolist() == [0, 0, 1, 0, 0]
    with pytest.raises(EngineError) as caught:
        process.marginal([1, 2], 0.5)
    assert caught.value.code == "mask_in_data"


def test_a_mask_id_equal_to_the_vocabulary_size_adds_one_state():
    assert _process({"type": "absorbing", "mask_id": 5}).num_states == 6


def test_a_mask_id_beyond_the_vocabulary_is_refused():
    with pytest.raises(EngineError) as caught:
        _process({"type": "absorbing", "mask_id": 6})
    assert (caught.value.field, caught.value.code) == ("graph.mask_id", "out_of_range")


def test_the_default_prior_has_no_mass_on_an_inner_mask():
    process = _process({"type": "absorbing", "mask_id": 2})
    assert process.mutual_information(0.2) == near(np.log(4), rel=1e-15)


@pytest.mark.parametrize(
    ("prior", "field", "code"),
    [
        ([1, 2], "prior", "wrong_length"),
        ([1, 1, 0, 1, -1], "prior", "out_of_range"),
        ([0, 0, 0, 0, 0], "prior", "out_of_range"),
        ([1, 1, 0, 1, np.inf], "prior", "out_of_range"),
        ([1, 1, 1, 1, 1], "prior[2]", "mask_in_data"),
        (["a"], "prior", "not_a_number"),
    ],
)
def test_a_prior_that_does_not_fit_is_refused(prior, field, code):
    process = _process({"type": "absorbing", "mask_id": 2})
    with pytest.raises(EngineError) as caught:
        process.mutual_information(0.5, prior)
    assert (caught.value.field, caught.value.code) == (field, code)


def _brute_kl(process, t, prior):
    q = process.marginal(np.arange(process.vocab_size), t)
    limit = process.limit()
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(q > 0, q * np.log(q / limit), 0.0)
    return float(prior @ terms.sum(axis=1))


@pytest.mark.parametrize("t", [0.2, 0.6, 0.8])
def test_the_divergence_from_the_limit_equals_brute_force(t):
    process = _process({"type": "uniform"})
    weights = np.array([5.0, 1, 1, 2, 1])
    expected = _brute_kl(process, t, weights / weights.sum())
    assert process.kl_to_limit(t, weights) == near(expected, rel=1e-12)


def test_the_divergence_keeps_its_digits_close_to_the_limit():
    # chi-square to leading order: KL = (V-1)·alpha^2/2
    got = _process({"type": "uniform"}).kl_to_limit(1.0)
    assert got == near(2.0 * np.exp(-40.0), rel=1e-8)


def test_the_divergence_is_infinite_until_everything_is_masked():
    process = _process({"type": "absorbing"}, sigmas=[1.0, 800.0])
    assert process.kl_to_limit([0.5, 1.0]).tolist() == [np.inf, 0.0]


def test_the_registered_graphs_that_need_nothing_build():
    for name in ("uniform", "absorbing", "hdlm_gamma", "hdlm_epsilon", "mixture"):
        assert build_process({"graph": {"type": name}}).spec["graph"]["type"] == name


RATES = [[-1.0, 1.0, 0.0], [0.5, -0.5, 0.0], [0.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    ("graph", "field", "code"),
    [
        ({"type": "marginal"}, "graph.counts", "missing"),
        ({"type": "marginal", "counts": [1, 2]}, "graph.counts", "wrong_length"),
        ({"type": "marginal", "counts": [0, 0, 0]}, "graph.counts", "out_of_range"),
        ({"type": "marginal", "counts": [1, -1, 0]}, "graph.counts[1]", "out_of_range"),
        ({"type": "hdlm_gamma", "gamma": 1.5}, "graph.gamma", "out_of_range"),
        ({"type": "hdlm_epsilon", "epsilon": 1}, "graph.epsilon", "out_of_range"),
        ({"type": "gidd"}, "graph.type", "needs_schedule"),
        ({"type": "hdlm_gamma", "mask_id": 4}, "graph.mask_id", "out_of_range"),
        ({"type": "hdlm_epsilon", "mask_id": 4}, "graph.mask_id", "out_of_range"),
        ({"type": "banded", "beta": 0}, "graph.beta", "out_of_range"),
        ({"type": "banded", "beta": 1e-9}, "graph.beta", "no_step"),
        ({"type": "nearest_neighbor", "edges": []}, "graph.edges", "wrong_length"),
        ({"type": "nearest_neighbor", "edges": [3]}, "graph.edges[0]", "not_a_list"),
        (
            {"type": "nearest_neighbor", "edges": [[0, 1, 2]]},
            "graph.edges[0]",
            "not_a_pair",
        ),
        (
            {"type": "nearest_neighbor", "edges": [[0, True]]},
            "graph.edges[0]",
            "not_a_pair",
        ),
        (
            {"type": "nearest_neighbor", "edges": [[0, 1], [1, 3]]},
            "graph.edges[1]",
            "out_of_range",
        ),
        ({"type": "nearest_neighbor", "edges": [[1, 1]]}, "graph.edges[0]", "loop"),
        (
            {"type": "nearest_neighbor", "edges": [[0, 1]]},
            "graph.edges",
            "not_connected",
        ),
        ({"type": "rate_matrix", "rates": RATES[:2]}, "graph.rates", "wrong_shape"),
        ({"type": "rate_matrix", "rates": RATES}, "graph.rates", "several_limits"),
        (
            {"type": "rate_matrix", "rates": [[-1, 1, 0], [1, 0, -1], [0, 1, -1]]},
            "graph.rates[1][2]",
            "negative_rate",
        ),
        (
            {"type": "rate_matrix", "rates": [[-1, 1, 0], [1, -2, 1], [0, 1, -2]]},
            "graph.rates[2]",
            "row_sum",
        ),
        (
            {"type": "rate_matrix", "rates": [[0, 0, 0]] * 3},
            "graph.rates[0]",
            "row_sum",
        ),
        (
            {"type": "rate_matrix", "rates": [[0, "a", 0]] * 3},
            "graph.rates[0][1]",
            "not_a_number",
        ),
    ],
)
def test_a_graph_that_cannot_be_is_refused(graph, field, code):
    with pytest.raises(EngineError) as caught:
        _process(graph, vocab_size=3)
    assert (caught.value.field, caught.value.code) == (field, code)


EXACT = [[-2.0, 1.5, 0.5], [0.25, -0.75, 0.5], [0.0, 1e-4, -1e-4]]


@pytest.mark.parametrize(
    "diagonal", [[0, 0, 0], [-2, 0, -1e-4], [-2 - 1.9e-6, -0.75 + 7e-7, -1e-4 - 9e-11]]
)
def test_the_other_rates_set_the_diagonal(diagonal):
    rates = np.array(EXACT)
    np.fill_diagonal(rates, diagonal)
    process = _process({"type": "rate_matrix", "rates": rates.tolist()}, vocab_size=3)
    exact = _process({"type": "rate_matrix", "rates": EXACT}, vocab_size=3)
    assert (process.marginal([0, 1, 2], 0.7) == exact.marginal([0, 1, 2], 0.7)).all()
    assert process.spec["graph"]["rates"] == rates.tolist()


def test_rates_in_float32_are_near_enough():
    rates = np.random.default_rng(5).random((60, 60))
    np.fill_diagonal(rates, 0.0)
    np.fill_diagonal(rates, -rates.sum(axis=1))
    single = rates.astype(np.float32)
    assert np.abs(single.sum(axis=1, dtype=np.float64)).max() > 1e-9 * rates.max()
    graph = {"type": "rate_matrix", "rates": single.tolist()}
    limit = _process(graph, vocab_size=60).limit()
    assert limit @ rates == pytest.approx(np.zeros(60), abs=1e-8)


@pytest.mark.parametrize(
    ("row", "place", "miss", "total"),
    [
        ([-2 - 2.2e-6, 1.5, 0.5], 0, "1.1e-06", -2.2e-6),
        ([0, 1e-4, -1.1e-4], 2, "0.091", -1e-5),
        ([0.5, 1.5, -0.5], 2, "1", 1.5),
    ],
)
def test_a_row_that_misses_0_is_told_by_how_much(row, place, miss, total):
    """Relative to the row's largest entry, not to the matrix's."""
    rates = [*EXACT[:place], row, *EXACT[place + 1 :]]
    with pytest.raises(EngineError) as caught:
        _process({"type": "rate_matrix", "rates": rates}, vocab_size=3)
    assert caught.value.code == "row_sum"
    assert caught.value.field == f"graph.rates[{place}]"
    assert f"misses 0 by {miss} of it, got " in str(caught.value)
    assert caught.value.value == near(total, rel=1e-9)
    assert f"give 0 as `graph.rates[{place}][{place}]`" in str(caught.value)


def test_a_matrix_graph_is_bounded():
    with pytest.raises(EngineError) as caught:
        build_process({"vocab_size": 1025, "graph": {"type": "banded"}})
    assert (caught.value.field, caught.value.code) == ("vocab_size", "too_large")
    process = build_process({"vocab_size": 600, "graph": {"type": "banded"}})
    with pytest.raises(EngineError) as caught:
        process.mutual_information(0.5)
    assert (caught.value.field, caught.value.code) == ("vocab_size", "too_large")


def _permuted(outside, mask_id):
    """The states of a graph with a mask of its own, as those of one inside."""
    return np.insert(np.arange(outside - 1), mask_id, outside - 1)


@pytest.mark.parametrize(
    "graph",
    [
        {"type": "hdlm_gamma", "gamma": 0.3},
        {"type": "hdlm_epsilon", "epsilon": 0.2},
        {"type": "gidd"},
        {"type": "mixture"},
    ],
)
@pytest.mark.parametrize("mask_id", [0, 2, 4])
def test_a_mask_inside_is_a_mask_outside_of_one_id_less(graph, mask_id):
    """All quantities are those of V - 1 ids and a mask, in another order."""
    schedule = {"type": "gidd" if graph["type"] == "gidd" else "loglinear"}
    spec = {"num_timesteps": 10, "schedule": schedule}
    inside = build_process(
        spec | {"vocab_size": 5, "graph": graph | {"mask_id": mask_id}}
    )
    outside = build_process(spec | {"vocab_size": 4, "graph": graph})
    assert (inside.num_states, outside.num_states) == (5, 5)
    order = _permuted(5, mask_id)
    data = [i for i in range(5) if i != mask_id]
    s, t = 0.31, 0.62
    states = np.arange(5)
    assert inside.limit() == near(outside.limit()[order], rel=1e-15)
    for ours, theirs in zip(data, range(4), strict=True):
        got = inside.marginal(ours, t)
        assert got == near(outside.marginal(theirs, t)[order], rel=1e-15)
        got = inside.nelbo_weight(states, ours, t)
        assert got == near(outside.nelbo_weight(order, theirs, t), rel=1e-14)
        got = inside.posterior(states, ours, s, t)
        expected = outside.posterior(order, theirs, s, t)[:, order]
        assert got == near(expected, rel=1e-14)
        got = inside.score_ratio(states, ours, t)
        assert got == near(outside.score_ratio(order, theirs, t)[:, order], rel=1e-14)
    got = inside.kernel(states, s, t)
    assert got == near(outside.kernel(order, s, t)[:, order], rel=1e-14)
    for name in ("mutual_information", "kl_to_limit", "change_chance"):
        expected = getattr(outside, name)(t)
        assert getattr(inside, name)(t) == near(expected, rel=1e-13)


def test_the_gidd_graph_needs_its_clock():
    graph = GRAPH_TYPES["gidd"].create({"mask_id": None}, 5)
    with pytest.raises(RuntimeError, match="bind a schedule"):
        graph.limit()


def test_tokens_that_the_limit_never_draws_are_infinitely_far_from_it():
    process = _process({"type": "marginal", "counts": [1, 1, 0, 1, 1]})
    assert process.kl_to_limit(0.6, [0, 0, 1, 0, 0]) == np.inf
    assert np.isfinite(process.kl_to_limit(0.6, [1, 0, 0, 0, 0]))


@pytest.mark.parametrize(
    ("method", "arguments", "field", "code"),
    [
        ("kernel", (0, 0.5, 0.4), "s", "out_of_order"),
        ("kernel", (9, 0.1, 0.4), "xs", "out_of_range"),
        ("posterior", (9, 0, 0.1, 0.4), "xt", "out_of_range"),
        ("score_entropy", (0.0, 0, 0, 0.5), "log_score", "wrong_shape"),
        ("score_entropy", ([0.0, 0.0], 0, 0, 0.5), "log_score", "wrong_shape"),
        ("nelbo_weight", (0, -1, 0.5), "x0", "out_of_range"),
    ],
)
def test_exact_quantities_refuse_what_does_not_fit(method, arguments, field, code):
    with pytest.raises(EngineError) as caught:
        getattr(_process({"type": "uniform"}), method)(*arguments)
    assert (caught.value.field, caught.value.code) == (field, code)


@pytest.mark.parametrize("method", ["kernel", "posterior"])
def test_a_falling_table_has_neither_kernel_nor_posterior(method):
    process = _process({"type": "uniform"}, sigmas=[1.0, 0.5])
    arguments = (0, 0.1, 0.4) if method == "kernel" else (0, 0, 0.1, 0.4)
    with pytest.raises(EngineError) as caught:
        getattr(process, method)(*arguments)
    assert caught.value.code == "sigma_decreases"


def test_a_matrix_graph_knows_which_states_a_token_can_reach():
    graph = {"type": "rate_matrix", "rates": [[-1, 1, 0], [0, -1, 1], [0, 0, 0]]}
    process = _process(graph, vocab_size=3)
    xt, x0 = np.meshgrid(np.arange(3), np.arange(3))
    possible = process.graph.is_possible(xt, x0, np.full(xt.shape, 0.5))
    assert possible.tolist() == [[True] * 3, [False, True, True], [False, False, True]]
