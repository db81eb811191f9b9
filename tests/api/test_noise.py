"""POST /noise: responses to valid requests."""

import numpy as np
import pytest

from noising.engine import build_process, with_hyperschedule
from tests.api.conftest import SENTENCE

TYPES = {"critical": [101, 102, 2003], "variable": [2054, 2048], "other": [2010]}
SLIDING = {"type": "sliding", "width": 32, "levels": 32}
BLOCK = {"type": "block", "width": 8}
EXPONENTS = {"type": "token_exponents", "exponents": {"101": 4, "2003": 0.5}}
LONG = list(range(1000, 1200))


def test_the_answer_has_exactly_its_three_keys(noise):
    answer = noise(use_hyperschedule=False, token_weights=None).json()
    assert list(answer) == ["noised_tokens", "alpha", "metrics"]
    metrics = ["unchanged_tokens", "percent_unchanged", "total_tokens"]
    assert list(answer["metrics"]) == metrics


@pytest.mark.parametrize("timestep", [0, 1, 250, 500, 999])
@pytest.mark.parametrize("seed", [0, 7, 2**53, 2**64 - 1])
def test_it_is_the_engine_under_the_same_seed(noise, timestep, seed):
    process = build_process({})
    expected = process.noise(np.array(LONG), timestep, seed=seed)
    response = noise(tokens=LONG, timestep=timestep, seed=seed)
    answer = response.json()
    assert answer["noised_tokens"] == expected.tokens.tolist()
    assert answer["alpha"] == process.alphas[timestep]
    assert response.headers["Noise-Seed"] == str(seed)


def test_alpha_is_the_one_of_the_alpha_endpoint(noise, api):
    alpha = api.get("/alpha/700").json()["alpha"]
    assert noise(timestep=700).json()["alpha"] == alpha


def test_the_metrics_count_equal_ids(noise):
    answer = noise(tokens=LONG, timestep=600).json()
    pairs = zip(LONG, answer["noised_tokens"], strict=True)
    unchanged = sum(before == after for before, after in pairs)
    assert 0 < unchanged < len(LONG)
    assert answer["metrics"] == {
        "unchanged_tokens": unchanged,
        "percent_unchanged": round(100 * unchanged / len(LONG), 2),
        "total_tokens": len(LONG),
    }


def test_the_percentage_has_two_decimals(noise):
    for seed in range(100):
        metrics = noise(tokens=[1, 2, 3], timestep=500, seed=seed).json()["metrics"]
        assert metrics["percent_unchanged"] in {0.0, 33.33, 66.67, 100.0}


def test_a_whole_number_may_be_written_with_a_fraction_of_zero(noise):
    plain = {"tokens": [101, 2054], "timestep": 900, "seed": 7, "protect": [1]}
    written = {"tokens": [101.0, 2054], "timestep": 9e2, "seed": 7.0, "protect": [1.0]}
    answer = noise(**written)
    assert answer.status_code == 200
    assert answer.json() == noise(**plain).json()


def test_without_a_seed_every_answer_differs_and_names_its_own(noise):
    first, second = (noise(tokens=LONG, timestep=900) for _ in range(2))
    assert first.json()["noised_tokens"] != second.json()["noised_tokens"]
    assert first.headers["Noise-Seed"] != second.headers["Noise-Seed"]
    seed = int(first.headers["Noise-Seed"])
    assert 0 <= seed < 2**53
    again = noise(tokens=LONG, timestep=900, seed=seed)
    assert again.json() == first.json()


def test_extras_come_only_where_asked_for(noise):
    answer = noise(tokens=LONG, seed=3, **{"return": ["masks", "seed"]}).json()
    assert list(answer)[3:] == ["seed", "masks"]
    assert answer["seed"] == 3
    changed = [a != b for a, b in zip(LONG, answer["noised_tokens"], strict=True)]
    assert answer["masks"]["changed"] == changed
    assert len(answer["masks"]["resampled"]) == len(LONG)


def test_alphas_are_by_position_and_keep_the_budget(noise):
    asked = {"use_hyperschedule": True, "return": ["alphas"]}
    answer = noise(tokens=LONG, token_weights=[1.0, 4.0] * 100, **asked).json()
    assert np.mean(answer["alphas"]) == pytest.approx(answer["alpha"], rel=1e-12)
    assert answer["alphas"][1] > answer["alphas"][0]


def test_without_a_hyperschedule_all_alphas_are_alpha(noise):
    answer = noise(**{"return": ["alphas"]}).json()
    assert answer["alphas"] == [answer["alpha"]] * len(SENTENCE)


def test_protected_positions_never_change(noise):
    answer = noise(tokens=LONG, timestep=999, protect=[0, 5, 199, 5]).json()
    for position in (0, 5, 199):
        assert answer["noised_tokens"][position] == LONG[position]
    assert answer["metrics"]["unchanged_tokens"] < 20


def test_what_the_tokenizer_sends_plus_a_timestep_is_a_request(noise):
    assert noise(token_types=TYPES).status_code == 200


@pytest.mark.parametrize(
    ("fields", "kwargs", "hyperschedule"),
    [
        ({}, {}, SLIDING),
        ({"hyperschedule": BLOCK}, {}, BLOCK),
        ({"hyperschedule": EXPONENTS}, {}, EXPONENTS),
        (
            {"token_types": TYPES, "hyperschedule": {"type": "flat"}},
            {},
            {"type": "token_types", "classes": TYPES},
        ),
        (
            {
                "token_weights": [1, 2, 3, 4, 5, 6],
                "token_types": TYPES,
                "hyperschedule": {"type": "flat"},
            },
            {"weights": [1, 2, 3, 4, 5, 6]},
            None,
        ),
    ],
)
def test_weights_go_before_types_before_a_hyperschedule_before_the_servers(
    noise, fields, kwargs, hyperschedule
):
    process = with_hyperschedule(build_process({}), hyperschedule)
    for seed in range(20):
        expected = process.noise(np.array(SENTENCE), 500, seed=seed, **kwargs)
        answer = noise(use_hyperschedule=True, seed=seed, **fields).json()
        assert answer["noised_tokens"] == expected.tokens.tolist()


def test_unless_asked_for_no_hyperschedule_is_used(noise):
    fields = {"token_weights": [1e-3, 1, 1, 1, 1, 1e3], "token_types": TYPES}
    for seed in range(20):
        plain = noise(seed=seed).json()
        assert noise(seed=seed, hyperschedule=SLIDING, **fields).json() == plain


def test_the_servers_hyperschedule_and_type_weights_are_settings(noise, settings):
    settings.HYPERSCHEDULE = {"type": "weights", "weights": [1, 2, 3, 4, 5, 6]}
    by_position = noise(use_hyperschedule=True, **{"return": ["alphas"]}).json()
    assert by_position["alphas"] == sorted(by_position["alphas"])
    settings.TOKEN_TYPE_WEIGHTS = {"critical": 1, "variable": 1, "other": 1}
    fields = {"use_hyperschedule": True, "token_types": TYPES, "return": ["alphas"]}
    alphas = noise(**fields).json()["alphas"]
    assert alphas == pytest.approx([noise().json()["alpha"]] * 6, rel=1e-12)


def test_null_stands_for_not_given(noise):
    names = ["token_weights", "token_types", "hyperschedule", "seed", "protect"]
    assert noise(**dict.fromkeys(names)).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        'Application/JSON;Charset="UTF-8"',
        "application/json;charset=utf8;q=1",
        "application/json; profile=x",
    ],
)
def test_spellings_of_the_content_type(send, content_type):
    body = b' {"tokens": [1], "timestep": 0}\n'
    assert send(body, content_type).status_code == 200


def test_the_absorbing_graph_answers_with_its_mask(noise, settings):
    settings.NOISE_SPECIFICATION = {"vocab_size": 3000, "graph": {"type": "absorbing"}}
    answer = noise(timestep=999).json()
    assert set(answer["noised_tokens"]) == {3000}


def test_the_mask_inside_the_vocabulary_stays_what_it_is(noise, settings):
    graph = {"type": "absorbing", "mask_id": 7}
    settings.NOISE_SPECIFICATION = {"vocab_size": 3000, "graph": graph}
    assert noise(tokens=[7, 7], timestep=10).json()["noised_tokens"] == [7, 7]


def test_as_many_tokens_as_allowed_are_taken(noise, settings):
    settings.MAX_TOKENS = 6
    assert noise().status_code == 200


def test_the_kept_share_is_what_alpha_says(noise):
    """4 million tokens at a fixed seed: 5 standard deviations, 6e-7 of false alarm."""
    tokens, share = [5] * 1_000_000, []
    alpha = build_process({}).alphas[300]
    for seed in range(4):
        answer = noise(tokens=tokens, timestep=300, seed=seed).json()
        share.append(answer["metrics"]["unchanged_tokens"] / 1_000_000)
    keep = alpha + (1 - alpha) / 50257
    assert abs(np.mean(share) - keep) < 5 * np.sqrt(keep * (1 - keep) / 4_000_000)
