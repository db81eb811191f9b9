"""POST noise: responses to valid requests."""

import numpy as np
import pytest

from noising import services
from noising.configured import default_process
from noising.engine import build_process, with_hyperschedule
from noising.models import ScheduleConfig
from tests.api.problems import pointers_of

ROWS = [list(range(100, 140)), list(range(7, 27)), [5]]
TYPES = {"critical": list(range(100, 120)), "variable": [7, 8]}
BLOCK = {"type": "block", "width": 8, "levels": 4}


def padded(rows):
    width = max(map(len, rows))
    lengths = np.array([len(row) for row in rows])
    tokens = np.array([row + [0] * (width - len(row)) for row in rows])
    return tokens, lengths


def expected_rows(process, rows, *args, **kwargs):
    tokens, lengths = padded(rows)
    noised = process.noise(tokens, *args, lengths=lengths, **kwargs).tokens
    return [row[:n].tolist() for row, n in zip(noised, lengths, strict=True)]


def test_the_answer_has_the_form_of_the_tokens(ask):
    answer = ask("noise", tokens=ROWS, timesteps=[1, 500, 999], seed=3).json()
    keys = ["noised_tokens", "alpha", "seed", "metrics", "fingerprint"]
    assert list(answer) == keys
    assert answer["noised_tokens"] == expected_rows(
        build_process({}), ROWS, [1, 500, 999], seed=3
    )
    assert answer["alpha"] == build_process({}).alphas[[1, 500, 999]].tolist()
    assert answer["seed"] == 3
    assert answer["fingerprint"] == default_process().fingerprint


def test_each_row_is_what_it_is_alone(ask):
    rows = ask("noise", tokens=ROWS, timesteps=700, seed=3).json()["noised_tokens"]
    for index, row in enumerate(ROWS):
        fields = {"timesteps": 700, "seed": 3, "sequence_ids": index}
        alone = ask("noise", tokens=row, **fields).json()
        assert alone["noised_tokens"] == rows[index]


def test_the_metrics_are_those_of_the_real_tokens(ask):
    answer = ask("noise", tokens=ROWS, timesteps=500, seed=3).json()
    pairs = [
        (before, after)
        for row, noised in zip(ROWS, answer["noised_tokens"], strict=True)
        for before, after in zip(row, noised, strict=True)
    ]
    unchanged = sum(before == after for before, after in pairs)
    assert answer["metrics"] == {
        "unchanged_tokens": unchanged,
        "percent_unchanged": round(100 * unchanged / 61, 2),
        "total_tokens": 61,
    }


def test_rows_without_a_real_token_have_lost_nothing(ask):
    answer = ask("noise", tokens=[[1, 2]], lengths=[0], timesteps=999).json()
    assert answer["noised_tokens"] == [[1, 2]]
    assert answer["metrics"]["percent_unchanged"] == 100.0


@pytest.mark.parametrize("times", [0.25, [0, 0.5, 1]])
def test_times_are_answered_in_their_shape(ask, times):
    answer = ask("noise", tokens=ROWS, times=times, seed=3).json()
    process = build_process({})
    assert answer["alpha"] == process.alpha(times).tolist()
    assert answer["noised_tokens"] == expected_rows(process, ROWS, t=times, seed=3)


def test_without_a_seed_a_fresh_one_is_named(ask):
    first, second = (ask("noise", tokens=ROWS, timesteps=900) for _ in range(2))
    assert first.headers["Noise-Seed"] != second.headers["Noise-Seed"]
    seed = int(first.headers["Noise-Seed"])
    assert first.json()["seed"] == seed < 2**53
    assert ask("noise", tokens=ROWS, timesteps=900, seed=seed).json() == first.json()


def test_a_specification_is_completed_by_the_engine_not_by_the_server(ask, settings):
    settings.NOISE_SPECIFICATION = {"vocab_size": 27, "num_timesteps": 10}
    own = ask("noise", tokens=[1], timesteps=9).json()
    assert own["fingerprint"] == build_process(settings.NOISE_SPECIFICATION).fingerprint
    schedule = {"schedule": {"type": "linear"}}
    answer = ask("noise", tokens=[50256], timesteps=999, schedule=schedule).json()
    assert answer["fingerprint"] == build_process(schedule).fingerprint
    null = ask("noise", tokens=[1], timesteps=9, schedule=None).json()
    assert null["fingerprint"] == own["fingerprint"]


@pytest.mark.django_db
def test_a_stored_schedule_is_found_by_its_name(ask, django_assert_num_queries):
    specification = {"vocab_size": 27, "graph": {"type": "absorbing"}}
    stored = services.schedule_create(slug="own", specification=specification)
    for queries in (2, 1):  # the second time the process is there
        with django_assert_num_queries(queries):
            response = ask("noise", tokens=[1, 2], timesteps=999, schedule="own")
        assert response.json()["fingerprint"] == stored.fingerprint
        assert response.json()["noised_tokens"] == [27, 27]


@pytest.mark.django_db
def test_a_stored_schedule_that_changes_is_noticed(ask):
    stored = services.schedule_create(slug="own", specification={"vocab_size": 27})
    ask("noise", tokens=[1], timesteps=9, schedule="own")
    changed = services.schedule_update(schedule=stored, specification={})
    response = ask("noise", tokens=[50000], timesteps=9, schedule="own")
    assert response.json()["fingerprint"] == changed.fingerprint


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["csine", "", "x" * 200, "a b", "\u0000", "COSINE"])
def test_a_name_that_is_not_stored_is_refused(ask, name):
    services.schedule_create(slug="cosine", specification={})
    response = ask("noise", tokens=[1], timesteps=9, schedule=name)
    assert pointers_of(response) == [("#/schedule", "unknown_name")]
    assert ("did you mean `cosine`" in response.json()["detail"]) == (name == "csine")


@pytest.mark.django_db
def test_what_can_be_no_name_is_not_looked_up(ask, django_assert_num_queries):
    with django_assert_num_queries(1):  # for the names there are
        ask("noise", tokens=[1], timesteps=9, schedule="\u0000")


@pytest.mark.django_db
def test_an_archived_schedule_is_no_longer_found(ask):
    stored = services.schedule_create(slug="own", specification={})
    services.schedule_archive(schedule=stored)
    response = ask("noise", tokens=[1], timesteps=9, schedule="own")
    assert pointers_of(response) == [("#/schedule", "unknown_name")]
    assert ScheduleConfig.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "hyperschedule"),
    [
        ({"hyperschedule": BLOCK}, BLOCK),
        ({"token_types": TYPES}, {"type": "token_types", "classes": TYPES}),
        ({"hyperschedule": None, "token_types": None, "weights": None}, None),
    ],
)
def test_a_hyperschedule_is_laid_over_the_process(ask, fields, hyperschedule):
    process = with_hyperschedule(build_process({}), hyperschedule)
    answer = ask("noise", tokens=ROWS, timesteps=600, seed=2, **fields).json()
    assert answer["noised_tokens"] == expected_rows(process, ROWS, 600, seed=2)
    assert answer["fingerprint"] == process.fingerprint


@pytest.mark.parametrize("ragged", [True, False])
def test_weights_stand_by_token_or_by_position(ask, ragged):
    by_position = np.linspace(1, 4, 40).tolist()
    weights = [by_position[: len(row)] for row in ROWS] if ragged else by_position
    fields = {"tokens": ROWS, "timesteps": 600, "seed": 2}
    answer = ask("noise", **fields, weights=weights).json()
    expected = expected_rows(
        build_process({}), ROWS, 600, seed=2, weights=np.array(by_position)
    )
    assert answer["noised_tokens"] == expected


def test_a_mask_protects_by_token_or_by_position(ask):
    fields = {"tokens": ROWS, "timesteps": 999, "seed": 2}
    by_position = [position < 3 for position in range(40)]
    by_token = [by_position[: len(row)] for row in ROWS]
    first = ask("noise", **fields, protect=by_position).json()
    assert ask("noise", **fields, protect=by_token).json() == first
    for row, noised in zip(ROWS, first["noised_tokens"], strict=True):
        assert noised[:3] == row[:3]
        assert noised[3:] != row[3:] or len(row) < 4


@pytest.mark.parametrize(
    ("protect", "kept"),
    [
        ({"ids": [100, 7]}, {(0, 0), (1, 0)}),
        ({"positions": [0]}, {(0, 0), (1, 0), (2, 0)}),
        ({"ids": [5], "positions": [39]}, {(0, 39), (2, 0)}),
        ({"ids": [], "positions": []}, set()),
    ],
)
def test_ids_and_positions_protect(ask, protect, kept):
    graph = {"graph": {"type": "absorbing"}}
    fields = {"tokens": ROWS, "times": 1, "schedule": graph, "protect": protect}
    answer = ask("noise", **fields).json()["noised_tokens"]
    found = {
        (i, j)
        for i, row in enumerate(answer)
        for j, id_ in enumerate(row)
        if id_ < 50257
    }
    # Loss at the end is not quite whole under the default schedule: 2e-9 of it stays.
    assert found == kept


@pytest.mark.parametrize(
    "hyperschedule", [None, BLOCK, {"type": "token_types", "classes": TYPES}]
)
@pytest.mark.parametrize("when", [{"timesteps": 600}, {"times": [0.1, 0.5, 0.9]}])
def test_extras_come_in_the_form_of_the_tokens(ask, hyperschedule, when):
    extras = {"return": ["alphas", "masks", "seed"]}
    answer = ask(
        "noise", tokens=ROWS, hyperschedule=hyperschedule, seed=1, **when, **extras
    ).json()
    process = with_hyperschedule(build_process({}), hyperschedule)
    t = when.get("times", process.time(600))
    for index, row in enumerate(ROWS):
        at = t[index] if isinstance(t, list) else t
        sigma = process.position_sigma(at, len(row), tokens=row)
        assert answer["alphas"][index] == pytest.approx(np.exp(-sigma), rel=1e-12)
        changed = [
            a != b for a, b in zip(row, answer["noised_tokens"][index], strict=True)
        ]
        assert answer["masks"]["changed"][index] == changed
        assert len(answer["masks"]["resampled"][index]) == len(row)


def test_extras_of_one_sequence_are_flat(ask):
    fields = {"tokens": ROWS[0], "timesteps": 5, "weights": [1.0] * 40}
    answer = ask("noise", **fields, **{"return": ["alphas", "masks"]}).json()
    assert len(answer["alphas"]) == len(answer["masks"]["changed"]) == 40


def test_no_database_is_needed_unless_a_name_is_given(ask):
    assert ask("noise", tokens=[1], timesteps=5).status_code == 200
    assert ask("noise", tokens=[1], timesteps=5, schedule={}).status_code == 200
