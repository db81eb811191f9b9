import numpy as np
import pytest

from noising.engine import EngineError, build_process, with_hyperschedule


@pytest.fixture(scope="module")
def process():
    return build_process({"vocab_size": 100, "schedule": {"type": "loglinear"}})


def test_a_timestep_is_a_time(process):
    assert process.time(0) == 0.001
    assert process.time(999) == 1.0
    assert process.time([[0, 499]]).tolist() == [[0.001, 0.5]]


@pytest.mark.parametrize("timestep", [-1, 1000, 2**62])
def test_a_timestep_out_of_range_says_the_range(process, timestep):
    with pytest.raises(EngineError, match=r"must lie in 0\.\.999") as caught:
        process.time(timestep)
    assert caught.value.field == "timestep"


@pytest.mark.parametrize("name", ["sigma", "dsigma", "alpha", "move_chance", "log_snr"])
def test_results_have_the_shape_of_the_times(process, name):
    function = getattr(process, name)
    assert np.ndim(function(0.5)) == 0
    assert isinstance(function(0.5), float)
    assert function([0.1, 0.5]).shape == (2,)
    assert function(np.full((2, 3), 0.5)).shape == (2, 3)
    assert function(np.empty((0, 3))).shape == (0, 3)
    assert function(0.5) == function([0.5])[0]


def test_the_tables_are_read_only_and_equal_the_functions(process):
    assert process.alphas.shape == process.sigmas.shape == (1000,)
    assert process.alphas == pytest.approx(process.alpha(process.time(range(1000))))
    with pytest.raises(ValueError, match="read-only"):
        process.alphas[0] = 0.0


def test_the_log_snr_reaches_both_infinities():
    process = build_process(
        {"schedule": {"type": "loglinear", "epsilon": 0.0}, "vocab_size": 9}
    )
    assert process.log_snr([0.0, 0.5, 1.0]).tolist() == [np.inf, 0.0, -np.inf]
    assert process.dsigma(1.0) == np.inf


def test_the_specification_is_a_new_object_each_time(process):
    process.spec["vocab_size"] = 7
    assert process.spec["vocab_size"] == 100


def test_a_process_cannot_be_altered(process):
    with pytest.raises(AttributeError):
        process.fingerprint = ""


def test_a_marginal_that_would_not_fit_in_memory_is_refused():
    process = build_process({"vocab_size": 1 << 24})
    with pytest.raises(EngineError) as caught:
        process.marginal(np.zeros(8, np.int64), 0.5)
    assert (caught.value.field, caught.value.code) == ("x0", "too_large")


@pytest.mark.parametrize("x0", [100, -1, [0, 1.5], "a"])
def test_a_marginal_needs_ids_of_the_vocabulary(process, x0):
    with pytest.raises(EngineError) as caught:
        process.marginal(x0, 0.5)
    assert caught.value.field.startswith("x0")


def test_without_a_hyperschedule_every_position_has_the_same_noise(process):
    sigma = process.position_sigma(0.5, 4)
    assert sigma.tolist() == [process.sigma(0.5)] * 4
    assert process.position_sigma([0.1, 0.5], 4).shape == (2, 4)


def test_per_call_weights_replace_the_hyperschedule(process):
    weighted = with_hyperschedule(process, {"type": "weights", "weights": [1, 1, 1]})
    plain = process.position_sigma(0.5, 3, weights=[3, 1, 2])
    assert weighted.position_sigma(0.5, 3, weights=[3, 1, 2]).tolist() == plain.tolist()
    assert np.exp(-plain).mean() == pytest.approx(process.alpha(0.5), rel=1e-14)
    both = process.position_sigma(0.5, 3, weights=[[3, 1, 2]])
    assert both.tolist() == [plain.tolist()]


def test_token_types_in_place_of_a_hyperschedule_use_the_default_weights(process):
    types = {"critical": [1], "variable": [2]}
    sigma = process.position_sigma(0.5, 3, token_types=types, tokens=[1, 2, 3])
    assert sigma[0] * 2.0 == pytest.approx(sigma[2])
    assert sigma[1] * 0.8 == pytest.approx(sigma[2])
    rows = process.position_sigma(0.5, 3, token_types=types, tokens=[[1, 2, 3]] * 2)
    assert rows.tolist() == [sigma.tolist()] * 2


@pytest.mark.parametrize(
    "hyperschedule",
    [
        {"type": "sliding", "width": 2, "levels": 2},
        {"type": "token_types", "classes": {"critical": [1]}},
        None,
    ],
)
@pytest.mark.parametrize("t", [0.5, [0.5, 0.2]])
def test_padding_takes_no_part_in_the_noise_of_a_row(process, hyperschedule, t):
    chosen = with_hyperschedule(process, hyperschedule)
    padded = chosen.position_sigma(
        t, 4, tokens=[[1, 2, 3, 4], [1, 2, 0, 0]], lengths=[4, 2]
    )
    times = np.broadcast_to(t, 2)
    alone = chosen.position_sigma(times[1], 2, tokens=[1, 2])
    assert padded.shape == (2, 4)
    assert padded[1, :2].tolist() == alone.tolist()


def test_lengths_alone_make_rows_too(process):
    assert process.position_sigma(0.5, 4, lengths=[4, 2]).shape == (2, 4)


@pytest.mark.parametrize(
    ("arguments", "field", "code"),
    [
        ({"t": [[0.5]], "length": 3}, "t", "wrong_shape"),
        ({"t": 0.5, "length": 3, "lengths": [4]}, "lengths[0]", "out_of_range"),
        ({"t": 0.5, "length": 3, "weights": [1, 2]}, "weights", "wrong_length"),
        ({"t": 0.5, "length": 3, "weights": [1, 2, 0]}, "weights", "out_of_range"),
        ({"t": 0.5, "length": 3, "weights": []}, "weights", "out_of_range"),
        ({"t": 0.5, "length": 3, "weights": [1, 2, 1e7]}, "weights", "too_far_apart"),
        ({"t": 0.5, "length": 3, "token_types": {}}, "tokens", "missing"),
        (
            {"t": 0.5, "length": 1, "token_types": {"critical": [100]}, "tokens": [1]},
            "hyperschedule.classes.critical",
            "out_of_range",
        ),
    ],
)
def test_position_arguments_that_do_not_fit_are_refused(
    process, arguments, field, code
):
    with pytest.raises(EngineError) as caught:
        process.position_sigma(**arguments)
    assert (caught.value.field, caught.value.code) == (field, code)


def test_rows_belong_to_the_families_that_have_them(process):
    sliding = with_hyperschedule(process, {"type": "sliding", "width": 2, "levels": 2})
    assert sliding.rows(3).tolist() == [
        [0, 0, 0],
        [0, 0, 1],
        [0, 1, 2],
        [1, 2, 2],
        [2, 2, 2],
    ]
    for kind in (process, with_hyperschedule(process, {"type": "flat"})):
        with pytest.raises(EngineError) as caught:
            kind.rows(3)
        assert caught.value.code == "no_rows"
    with pytest.raises(EngineError) as caught:
        sliding.rows(1 << 16)
    assert caught.value.code == "too_large"
