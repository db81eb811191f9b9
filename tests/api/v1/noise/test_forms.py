"""POST noise: each format in and out gives the engine's tokens, bit for bit."""

import numpy as np
import orjson
import pytest
from safetensors import safe_open
from safetensors.numpy import load, save

from noising.engine import build_process
from tests.api.problems import pointers_of
from tests.api.v1.forms import FORMS, JSON, NPY, TENSORS, body_of, npy, tokens_of

SPECIFICATION = {
    "vocab_size": 300,
    "num_timesteps": 50,
    "schedule": {"type": "loglinear"},
    "graph": {"type": "absorbing"},
}
RNG = np.random.default_rng(5)
BATCH = RNG.integers(0, 300, (7, 33))


@pytest.mark.parametrize("accept", FORMS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("shape", [(7, 33), (231,)])
def test_any_form_in_and_out_is_the_engine(send, form, accept, shape):
    tokens = BATCH.reshape(shape).astype(np.uint16)
    fields = {"timesteps": 20, "seed": 2**64 - 1, "draw": 3, "schedule": SPECIFICATION}
    query, body = body_of(form, tokens, **fields)
    response = send(f"noise{query}", body, form, accept)
    assert response.status_code == 200, response.content[:500]
    assert response.headers["Content-Type"] == accept
    assert response.headers["Noise-Seed"] == str(2**64 - 1)
    process = build_process(SPECIFICATION)
    assert response.headers["Noise-Fingerprint"] == process.fingerprint
    expected = process.noise(tokens, 20, seed=2**64 - 1, draw=3)
    noised = tokens_of(accept, response.content)
    assert noised.tolist() == expected.tokens.tolist()
    if form != JSON and accept != JSON:
        assert noised.dtype == np.uint16


@pytest.mark.parametrize("accept", ["*/*", ""])
@pytest.mark.parametrize("form", FORMS)
def test_without_a_wish_the_answer_has_the_form_of_the_body(send, form, accept):
    query, body = body_of(form, BATCH, timesteps=5)
    response = send(f"noise{query}", body, form, accept)
    assert response.headers["Content-Type"] == form
    assert "Accept" in response.headers["Vary"]


@pytest.mark.parametrize("dtype", ["u2", "u4", "i4", "u8", "i8"])
@pytest.mark.parametrize("form", [NPY, TENSORS])
def test_the_dtype_of_the_tokens_is_kept(send, form, dtype):
    tokens = BATCH.astype(dtype)
    query, body = body_of(form, tokens, timesteps=900, seed=1)
    noised = tokens_of(form, send(f"noise{query}", body, form).content)
    expected = build_process({}).noise(tokens, 900, seed=1).tokens
    assert noised.dtype == np.dtype(dtype)
    assert (noised == expected).all()


@pytest.mark.parametrize("form", [NPY, TENSORS])
def test_a_dtype_that_cannot_hold_every_id_is_refused(send, form):
    query, body = body_of(form, BATCH.astype(np.int16), timesteps=900)
    response = send(f"noise{query}", body, form)
    assert pointers_of(response) == [("#/tokens", "dtype_too_small")]


def test_a_batch_of_bytes_stays_one(send):
    small = orjson.dumps({"vocab_size": 100}).decode()
    tokens = (BATCH % 100).astype(np.int8)
    body = save({"tokens": tokens}, {"schedule": small, "timesteps": "999"})
    response = send("noise", body, TENSORS)
    assert load(response.content)["noised_tokens"].dtype == np.int8


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tensors_say_everything_by_row(send, dtype):
    times = np.linspace(0, 1, 7).astype(dtype)
    weights = RNG.uniform(0.5, 2, (7, 33)).astype(dtype)
    protect = RNG.random((7, 33)) < 0.2
    lengths = np.arange(27, 34)
    ids = np.arange(7, dtype=np.uint32) * 11
    tensors = {"tokens": BATCH, "times": times, "weights": weights}
    tensors |= {"protect": protect, "lengths": lengths, "sequence_ids": ids}
    response = send("noise", save(tensors, {"seed": "8"}), TENSORS)
    assert response.status_code == 200, response.content
    expected = build_process({}).noise(
        BATCH,
        t=times,
        seed=8,
        sequence_ids=ids,
        weights=weights,
        protect=protect,
        lengths=lengths,
    )
    found = load(response.content)
    assert set(found) == {"noised_tokens", "resampled", "changed", "alpha"}
    assert (found["noised_tokens"] == expected.tokens).all()
    assert (found["resampled"] == expected.resampled).all()
    assert (found["changed"] == expected.changed).all()
    assert (found["alpha"] == expected.alpha).all()


@pytest.mark.parametrize("accept", FORMS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["timesteps", "times"])
def test_one_sequence_may_have_a_time_for_each_token(send, form, accept, name):
    tokens, steps = BATCH[0], np.arange(33) * 30
    times = steps if name == "timesteps" else steps / 1000
    query, body = body_of(form, tokens, seed=3, **{name: times.tolist()})
    response = send(f"noise{query}", body, form, accept)
    given = {"timestep" if name == "timesteps" else "t": times}
    expected = build_process({}).noise(tokens, seed=3, **given)
    assert tokens_of(accept, response.content).tolist() == expected.tokens.tolist()


@pytest.mark.parametrize("extra", [[], ["alphas"]])
def test_rows_may_have_a_time_for_each_token(send, extra):
    steps = np.arange(BATCH.size).reshape(BATCH.shape)
    tensors = {"tokens": BATCH, "timesteps": steps}
    parameters = {"seed": "8", "return": ",".join(extra)} if extra else {"seed": "8"}
    found = load(send("noise", save(tensors, parameters), TENSORS).content)
    expected = build_process({}).noise(BATCH, steps, seed=8)
    assert (found["noised_tokens"] == expected.tokens).all()
    assert (found["alpha"] == expected.alpha).all()
    if extra:
        assert (found["alphas"] == expected.alpha).all()
    fields = {"tokens": BATCH.tolist(), "times": (steps / 300).tolist(), "seed": 8}
    document = orjson.loads(send("noise", orjson.dumps(fields)).content)
    expected = build_process({}).noise(BATCH, t=steps / 300, seed=8)
    assert document["noised_tokens"] == expected.tokens.tolist()
    assert document["alpha"] == expected.alpha.tolist()


def test_ragged_rows_may_have_a_time_for_each_token(send):
    rows, steps = [[5, 6, 7], [], [8, 9]], [[0, 500, 999], [], [900, 100]]
    fields = {"tokens": rows, "timesteps": steps, "seed": 2, "return": ["alphas"]}
    document = orjson.loads(send("noise", orjson.dumps(fields)).content)
    process = build_process({})
    for index in (0, 2):
        expected = process.noise(
            rows[index], steps[index], seed=2, sequence_ids=[index]
        )
        assert document["noised_tokens"][index] == expected.tokens.tolist()
        assert document["alpha"][index] == expected.alpha.tolist()
    assert document["alphas"] == document["alpha"]
    assert document["alpha"][1] == document["noised_tokens"][1] == []


def test_an_answer_of_tensors_names_seed_fingerprint_and_metrics(send, tmp_path):
    body = save({"tokens": BATCH}, {"timesteps": "30", "return": "alphas"})
    response = send("noise", body, TENSORS)
    file = tmp_path / "noised.safetensors"
    file.write_bytes(response.content)
    with safe_open(file, "numpy") as opened:
        metadata = opened.metadata()
        alphas = opened.get_tensor("alphas")
    assert metadata["seed"] == response.headers["Noise-Seed"]
    assert metadata["fingerprint"] == build_process({}).fingerprint
    same = int((load(response.content)["noised_tokens"] == BATCH).sum())
    assert metadata["unchanged_tokens"] == str(same)
    assert metadata["total_tokens"] == str(BATCH.size)
    assert alphas.shape == BATCH.shape


@pytest.mark.parametrize("accept", [NPY, TENSORS])
def test_ragged_rows_are_padded_where_the_form_has_none(send, accept):
    rows = [[5, 6, 7], [8], []]
    body = orjson.dumps({"tokens": rows, "timesteps": 999, "seed": 4})
    response = send("noise", body, JSON, accept)
    ragged = orjson.loads(send("noise", body).content)["noised_tokens"]
    assert [len(row) for row in ragged] == [3, 1, 0]
    padded = [row + [0] * (3 - len(row)) for row in ragged]
    assert tokens_of(accept, response.content).tolist() == padded
    if accept == TENSORS:
        assert load(response.content)["lengths"].tolist() == [3, 1, 0]


def test_a_file_whose_data_begins_anywhere_is_read(send):
    header = orjson.dumps(
        {"tokens": {"dtype": "I64", "shape": [3], "data_offsets": [0, 24]}}
    )
    header += b" " * ((3 - len(header)) % 8)
    body = len(header).to_bytes(8, "little") + header + np.arange(3).tobytes()
    assert send("noise?timesteps=0", body, TENSORS).status_code == 200
    odd = npy(np.arange(3)).replace(b" \n", b"\n", 1)
    odd = odd[:8] + (odd[8] - 1).to_bytes(1, "little") + odd[9:]
    assert send("noise?timesteps=0", odd, NPY).status_code == 200


@pytest.mark.parametrize("form", [NPY, TENSORS])
@pytest.mark.parametrize(
    ("name", "value", "kwargs"),
    [
        ("weights", [1.5, 2.0] * 5, {"weights": [1.5, 2.0] * 5}),
        ("sequence_ids", [4, 9], {"sequence_ids": [4, 9]}),
        ("lengths", [10, 3], {"lengths": [10, 3]}),
        ("draw", 17, {"draw": 17}),
    ],
)
def test_parameters_as_text_mean_what_they_mean_in_json(
    send, form, name, value, kwargs
):
    tokens = BATCH[:2, :10]
    query, body = body_of(form, tokens, timesteps=[500, 900], seed=3, **{name: value})
    response = send(f"noise{query}", body, form)
    assert response.status_code == 200, response.content
    expected = build_process({}).noise(tokens, [500, 900], seed=3, **kwargs)
    assert (tokens_of(form, response.content) == expected.tokens).all()


def test_parameters_may_stand_in_the_query_of_json_too(send):
    body = orjson.dumps({"tokens": [1, 2, 3]})
    assert send("noise?timesteps=7&seed=5", body).json()["seed"] == 5
