"""POST noise: counts of noised positions per row, and complementary batches."""

import numpy as np
import orjson
import pytest
from safetensors.numpy import load, save

from noising.engine import build_process
from tests.api.problems import pointers_of
from tests.api.v1.forms import FORMS, JSON, NPY, TENSORS, body_of, tokens_of
from tests.api.v1.noise.test_forms import BATCH, SPECIFICATION

PROCESS = build_process(SPECIFICATION)
MASK = PROCESS.graph.mask_id
RAGGED = [[5, 6, 7], [], [8, 9]]
GIDD = {"schedule": {"type": "gidd"}, "graph": {"type": "gidd"}}


@pytest.mark.parametrize("accept", FORMS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "given",
    [
        {"count": 4},
        {"count": [0, 1, 2, 3, 4, 33, 99]},
        {"count": 2, "block": 8},
        {"at_least": 5},
        {"at_least": [9, 8, 7, 6, 5, 4, 3]},
        {"at_least": 1, "block": 4},
        {"count": 3, "lengths": [33, 2, 0, 9, 9, 9, 9]},
    ],
)
def test_as_many_positions_move_as_in_the_engine(send, form, accept, given):
    fields = {"timesteps": 5, "seed": 7, "schedule": SPECIFICATION}
    query, body = body_of(form, BATCH, **fields, **given)
    response = send(f"noise{query}", body, form, accept)
    assert response.status_code == 200, response.content
    expected = PROCESS.noise(BATCH, 5, seed=7, **given)
    assert tokens_of(accept, response.content).tolist() == expected.tokens.tolist()
    if accept == TENSORS:
        found = load(response.content)
        assert (found["resampled"] == expected.resampled).all()
    if "count" in given and "lengths" not in given and "block" not in given:
        moved = (expected.tokens == MASK).sum(axis=1)
        assert moved.tolist() == np.minimum(given["count"], [33] * 7).tolist()


@pytest.mark.parametrize("name", ["count", "at_least"])
def test_counts_may_be_tensors(send, name):
    counts = np.arange(7, dtype=np.uint8) + 2
    parameters = {"timesteps": "1", "seed": "7"}
    tensors = {"tokens": BATCH, name: counts}
    found = load(send("noise", save(tensors, parameters), TENSORS).content)
    expected = build_process({}).noise(BATCH, 1, seed=7, **{name: counts})
    assert (found["noised_tokens"] == expected.tokens).all()
    assert (found["resampled"] == expected.resampled).all()


@pytest.mark.parametrize("given", [{}, {"count": 1}, {"at_least": 2, "block": 2}])
def test_the_padding_of_ragged_rows_does_not_move(ask, given):
    fields = {"tokens": RAGGED, "timesteps": 3, "seed": 7, "schedule": SPECIFICATION}
    answer = ask("noise", **fields, **given, **{"return": ["complement"]}).json()
    for index in (0, 2):
        expected = PROCESS.noise(RAGGED[index], 3, seed=7, sequence_ids=index, **given)
        assert answer["noised_tokens"][index] == expected.tokens.tolist()
        assert answer["complement"][index] == expected.complement().tokens.tolist()
    assert answer["noised_tokens"][1] == answer["complement"][1] == []


@pytest.mark.parametrize("given", [{}, {"count": 7}, {"positions": BATCH[0].tolist()}])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("accept", [JSON, TENSORS])
def test_each_token_is_noised_in_one_of_a_pair(send, form, accept, given):
    fields = {"timesteps": 25, "seed": 7, "schedule": SPECIFICATION}
    fields |= {"protect": '{"positions": [0, 5]}'} | given
    if form == JSON:
        fields["protect"] = {"positions": [0, 5]}
    query, body = body_of(form, BATCH, **fields, **{"return": ["complement"]})
    response = send(f"noise{query}", body, form, accept)
    assert response.status_code == 200, response.content
    read = orjson.loads if accept == JSON else load
    found = read(response.content)
    first, other = np.array(found["noised_tokens"]), np.array(found["complement"])
    protect = np.isin(np.arange(33), [0, 5])
    expected = PROCESS.noise(BATCH, 25, seed=7, protect=protect, **given)
    assert (first == expected.tokens).all()
    assert (other == expected.complement().tokens).all()
    assert ((first == MASK) ^ (other == MASK) == ~protect).all()


def test_without_a_wish_there_is_no_complement(send, ask):
    answer = ask("noise", tokens=[5, 6], timesteps=5).json()
    assert "complement" not in answer
    found = load(
        send("noise", save({"tokens": BATCH}, {"timesteps": "5"}), TENSORS).content
    )
    assert "complement" not in found


def test_one_array_does_not_hold_two(send):
    query, body = body_of(NPY, BATCH, timesteps=5)
    response = send(f"noise{query}&return=complement", body, NPY)
    assert pointers_of(response) == [("#/return", "not_in_this_form")]
    assert "choose another format with Accept" in response.json()["detail"]
    response = send(f"noise{query}&return=complement", body, NPY, TENSORS)
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("fields", "places", "code"),
    [
        ({"count": 1, "at_least": 1}, ["count", "at_least"], "one_of"),
        ({"block": 2}, ["block"], "not_alone"),
        ({"count": -1}, ["count"], "out_of_range"),
        ({"count": [1, -1]}, ["count/1"], "out_of_range"),
        ({"count": 2**60 + 1}, ["count"], "out_of_range"),
        ({"at_least": [1, 2**60 + 1]}, ["at_least/1"], "out_of_range"),
        ({"count": 1.5}, ["count"], "not_an_integer"),
        ({"at_least": True}, ["at_least"], "not_an_integer"),
        ({"count": []}, ["count"], "empty"),
        ({"count": [1, 2, 3]}, ["count"], "wrong_shape"),
        ({"at_least": [[1], [2]]}, ["at_least/0", "at_least/1"], "not_an_integer"),
        ({"count": -1, "block": 0}, ["count", "block"], "out_of_range"),
        ({"count": 1, "block": 2**60 + 1}, ["block"], "out_of_range"),
        ({"count": 1, "block": [2]}, ["block"], "not_an_integer"),
        ({"count": 1, "timesteps": [[5, 6, 7], [5]]}, ["count"], "not_together"),
        (
            {"at_least": 1, "hyperschedule": {"type": "block", "width": 2}},
            ["at_least"],
            "not_together",
        ),
        ({"count": 1, "schedule": GIDD}, ["count"], "not_one_event"),
        ({"return": ["complement"], "schedule": GIDD}, ["return"], "not_one_event"),
    ],
)
def test_counts_that_cannot_be_used_are_named(ask, fields, places, code):
    fields = {"timesteps": 5} | fields
    response = ask("noise", tokens=[[5, 6, 7], [8]], **fields)
    assert pointers_of(response) == [(f"#/{place}", code) for place in places]


def test_a_graph_without_complement_is_told(ask):
    fields = {"schedule": GIDD, "return": ["complement"]}
    response = ask("noise", tokens=[5], timesteps=5, **fields)
    detail = response.json()["detail"]
    assert detail.startswith("`complement` needs a `graph` with one event")


@pytest.mark.parametrize("more", [{"at_least": 1}, {"return": ["complement"]}])
def test_further_passes_over_a_batch_are_counted(ask, settings, more):
    """Each computes the noise levels of the batch once more."""
    settings.MAX_WORK_SECONDS = 0.01
    prior = np.random.default_rng(1).random(300).tolist()
    schedule = {
        "vocab_size": 300,
        "num_timesteps": 1,
        "schedule": {"type": "sedd_entropy", "prior": prior},
    }
    times = np.linspace(0, 1, 400).tolist()
    fields = {"tokens": [[1]] * 400, "times": times, "schedule": schedule}
    assert ask("noise", **fields).status_code == 200
    assert pointers_of(ask("noise", **fields, **more)) == [("#", "too_costly")]
