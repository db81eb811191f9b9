"""POST noise: rows of several sequences, and parts of sequences."""

import numpy as np
import orjson
import pytest
from safetensors.numpy import load, save

from noising.engine import build_process
from noising.engine.randomness import MAX_POSITION
from tests.api.problems import pointers_of, problem_of
from tests.api.v1.forms import FORMS, TENSORS, body_of, tokens_of
from tests.api.v1.noise.test_forms import BATCH

PROCESS = build_process({})
IDS = np.repeat([7, 41, 7, 3], [10, 12, 6, 5])
POSITIONS = np.concatenate(
    [np.arange(10), np.arange(12), np.arange(10, 16), np.arange(5) + MAX_POSITION - 4]
)
ROW_WEIGHTS = [1.0, 2.0, 3.0, 4.0]
RAGGED = [[5, 6, 7], [], [8, 9]]


@pytest.mark.parametrize("accept", FORMS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "given",
    [
        {"positions": POSITIONS.tolist()},
        {"sequence_ids": IDS.tolist()},
        {"positions": POSITIONS.tolist(), "sequence_ids": IDS.tolist()},
        {"positions": POSITIONS.tolist(), "sequence_ids": 9},
    ],
)
def test_a_sequence_is_noised_as_by_the_engine(send, form, accept, given):
    query, body = body_of(form, BATCH[0], timesteps=700, seed=3, **given)
    response = send(f"noise{query}", body, form, accept)
    assert response.status_code == 200, response.content
    expected = PROCESS.noise(BATCH[0], 700, seed=3, **given).tokens
    assert tokens_of(accept, response.content).tolist() == expected.tolist()


@pytest.mark.parametrize("form", FORMS)
def test_rows_may_share_positions(send, form):
    positions = np.arange(100, 133).tolist()
    query, body = body_of(form, BATCH, timesteps=700, seed=3, positions=positions)
    response = send(f"noise{query}", body, form)
    expected = PROCESS.noise(BATCH, 700, seed=3, positions=positions).tokens
    assert tokens_of(form, response.content).tolist() == expected.tolist()


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_each_token_of_rows_may_have_an_id_and_a_position(send, dtype):
    ids, positions = np.roll(IDS, 3), POSITIONS
    ids = np.array([np.roll(ids, shift) for shift in range(7)], dtype)
    positions = np.array([np.roll(positions, shift) for shift in range(7)], dtype)
    own = {"sequence_ids": ids, "positions": positions}
    expected = PROCESS.noise(BATCH, 700, seed=3, **own)
    tensors = {"tokens": BATCH} | own
    parameters = {"timesteps": "700", "seed": "3", "return": "alphas"}
    found = load(send("noise", save(tensors, parameters), TENSORS).content)
    assert (found["noised_tokens"] == expected.tokens).all()
    assert (found["resampled"] == expected.resampled).all()
    assert (found["alphas"] == expected.alpha).all()
    fields = {"tokens": BATCH.tolist(), "timesteps": 700, "seed": 3}
    fields |= {name: array.tolist() for name, array in own.items()}
    answer = orjson.loads(send("noise", orjson.dumps(fields)).content)
    assert answer["noised_tokens"] == expected.tokens.tolist()


@pytest.mark.parametrize("names", [["positions"], ["positions", "sequence_ids"]])
def test_ids_and_positions_may_be_as_ragged_as_the_tokens(ask, names):
    own = {
        "positions": [[4, 5, 6], [], [0, 9]],
        "sequence_ids": [[1, 1, 2], [], [5, 6]],
    }
    own = {name: own[name] for name in names}
    noised = ask("noise", tokens=RAGGED, timesteps=900, seed=2, **own).json()
    for index in (0, 2):
        parts = {name: rows[index] for name, rows in own.items()}
        expected = PROCESS.noise(
            RAGGED[index], 900, seed=2, **({"sequence_ids": [index]} | parts)
        )
        assert noised["noised_tokens"][index] == expected.tokens.tolist()


def test_a_packed_document_is_what_it_is_alone(ask):
    tokens = BATCH[0].tolist()
    fields = {"timesteps": 700, "seed": 3}
    own = {"sequence_ids": IDS.tolist(), "positions": POSITIONS.tolist()}
    packed = ask("noise", tokens=tokens, **fields, **own).json()["noised_tokens"]
    alone = ask("noise", tokens=tokens[10:22], sequence_ids=41, **fields).json()
    assert packed[10:22] == alone["noised_tokens"]


@pytest.mark.parametrize(
    "by_position",
    [
        {"weights": ROW_WEIGHTS},
        {"hyperschedule": {"type": "weights", "weights": ROW_WEIGHTS}},
    ],
)
def test_noise_by_position_is_read_by_position(ask, by_position):
    """Also where a sequence has more positions than a row has tokens."""
    fields = {"tokens": [5, 6, 7], "times": 0.5, "seed": 3, "positions": [3, 1, 2]}
    response = ask("noise", **fields, **by_position)
    assert response.status_code == 200, response.content
    expected = PROCESS.noise(
        [5, 6, 7], t=0.5, seed=3, positions=[3, 1, 2], weights=ROW_WEIGHTS
    ).tokens
    assert response.json()["noised_tokens"] == expected.tolist()


@pytest.mark.parametrize(
    ("fields", "place", "code"),
    [
        ({"positions": 5}, "positions", "not_a_list"),
        ({"positions": []}, "positions", "empty"),
        ({"positions": [0, 1]}, "positions", "wrong_length"),
        ({"positions": [[0, 1, 2], [0, 1]]}, "positions", "wrong_length"),
        ({"positions": [0, -1, 2]}, "positions/1", "out_of_range"),
        ({"positions": [[0, 1, 2], [2**60]]}, "positions/1/0", "out_of_range"),
        ({"positions": [0, 1, 0.5]}, "positions/2", "not_an_integer"),
        ({"positions": [0, 1, True]}, "positions/2", "not_an_integer"),
        ({"sequence_ids": [[1, 2, 3], [1, 2]]}, "sequence_ids", "wrong_length"),
        ({"sequence_ids": [[1, 2, 3]]}, "sequence_ids", "wrong_length"),
        ({"sequence_ids": [[1, 2, -3], [1]]}, "sequence_ids/0/2", "out_of_range"),
        ({"sequence_ids": [[1, 2, "3"], [1]]}, "sequence_ids/0/2", "not_an_integer"),
        (
            {"positions": [0, 1, 2], "hyperschedule": {"type": "block", "width": 2}},
            "positions",
            "not_together",
        ),
        (
            {"positions": [0, 1, 4], "weights": ROW_WEIGHTS},
            "positions/0/2",
            "out_of_range",
        ),
        ({"positions": [0, 1, 2], "weights": [[1, 2], [1]]}, "weights", "wrong_length"),
        (
            {"positions": [0, 1, 2], "weights": ROW_WEIGHTS, "return": ["alphas"]},
            "return",
            "not_together",
        ),
    ],
)
def test_positions_and_ids_that_cannot_be_used_are_named(ask, fields, place, code):
    response = ask("noise", tokens=[[5, 6, 7], [8]], timesteps=5, **fields)
    found = pointers_of(response)[0]
    assert found == (f"#/{place}", code)


def test_alpha_by_position_is_not_returned_for_ids_by_token_either(ask):
    fields = {"tokens": [5, 6, 7], "weights": [1, 2, 3], "return": ["alphas"]}
    response = ask("noise", **fields, timesteps=5, sequence_ids=[1, 1, 2])
    assert pointers_of(response) == [("#/return", "not_together")]
    assert ask("noise", **fields, timesteps=5, sequence_ids=1).status_code == 200


def test_each_position_out_of_range_is_named(ask):
    positions = [[0, -1, 2**60], [2**63]]
    response = ask("noise", tokens=[[5, 6, 7], [8]], timesteps=5, positions=positions)
    assert pointers_of(response) == [("#/positions/1/0", "out_of_range")]
    positions[1] = [2**60]
    response = ask("noise", tokens=[[5, 6, 7], [8]], timesteps=5, positions=positions)
    places = ["0/1", "0/2", "1/0"]
    named = [(f"#/positions/{place}", "out_of_range") for place in places]
    assert pointers_of(response) == named


def test_one_sequence_has_an_id_or_one_for_each_token(ask):
    response = ask("noise", tokens=[5, 6], timesteps=5, sequence_ids=[1, 2, 3])
    assert pointers_of(response) == [("#/sequence_ids", "wrong_length")]
    assert "one for one sequence or one for each of the 2 tokens" in str(
        response.json()["detail"]
    )


@pytest.mark.parametrize("name", ["positions", "sequence_ids"])
def test_there_are_no_more_than_tokens_may_be(ask, settings, name):
    settings.MAX_TOKENS = 4
    fields = {"tokens": [1] * 4, "timesteps": 5}
    assert ask("noise", **fields, **{name: [0] * 4}).status_code == 200
    problem_of(ask("noise", **fields, **{name: [0] * 5}), 413)


@pytest.mark.usefixtures("no_permit")
def test_many_tokens_at_positions_of_their_own_need_a_permit(send):
    tokens = np.zeros((2, 200_000), np.int64)
    positions = np.arange(0, 400_000, 2)
    plain = save({"tokens": tokens}, {"timesteps": "5"})
    assert send("noise", plain, TENSORS).status_code == 200
    scattered = save({"tokens": tokens, "positions": positions}, {"timesteps": "5"})
    problem_of(send("noise", scattered, TENSORS), 503)
