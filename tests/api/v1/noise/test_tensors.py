"""The safetensors format: reading and early refusals."""

from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError, ValidationError
from safetensors.numpy import load, save

from noising.api.noise.safetensors import DTYPES, read_tensors, write_tensors
from tests.api.problems import pointers_of, problem_of
from tests.api.v1.forms import TENSORS

TOKENS = np.arange(6).reshape(2, 3)
DATA = TOKENS.tobytes()
ENTRY = {"dtype": "I64", "shape": [2, 3], "data_offsets": [0, 48]}


def built(header: Any, data: bytes = DATA, length: int | None = None) -> bytes:
    """Return a file with any header."""
    text = header if isinstance(header, bytes) else orjson.dumps(header)
    declared = len(text) if length is None else length
    return declared.to_bytes(8, "little") + text + data


def with_entry(**changes: Any) -> bytes:
    return built({"tokens": ENTRY | changes})


@pytest.mark.parametrize("dtype", DTYPES.values())
def test_what_the_library_writes_is_read(dtype):
    arrays = {"a": np.arange(6).reshape(2, 3).astype(dtype), "b": np.array(1, dtype)}
    found, metadata = read_tensors(save(arrays, {"k": "v"}))
    assert metadata == {"k": "v"}
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert found[name].tolist() == array.tolist()


def test_what_is_written_the_library_reads():
    arrays = {
        "a": np.arange(6).reshape(2, 3).T,
        "b": np.asarray(0.5),
        "c": TOKENS > 2,
        "d": np.zeros((0, 3), np.float32),
        **{f"of {name}": np.arange(3).astype(kind) for name, kind in DTYPES.items()},
    }
    body = write_tensors(arrays, {"k": "v"})
    assert set(load(body)) == set(arrays)
    for name, array in load(body).items():
        assert array.dtype == arrays[name].dtype
        assert array.tolist() == arrays[name].tolist()
    assert read_tensors(body)[1] == {"k": "v"}


def test_the_same_arrays_and_metadata_are_the_same_bytes():
    """Whatever order they are given in: so that a seed's answer has one hash."""
    metadata = {name: str(number) for number, name in enumerate("zyxwvu")}
    arrays = {"b": TOKENS, "a": TOKENS > 2, "c": np.asarray(0.5)}
    body = write_tensors(arrays, metadata)
    assert body == write_tensors(
        dict(reversed(arrays.items())), dict(sorted(metadata.items()))
    )
    length = int.from_bytes(body[:8], "little")
    assert body[8 : 8 + length].rstrip() == (
        b'{"__metadata__":{"u":"5","v":"4","w":"3","x":"2","y":"1","z":"0"},'
        b'"b":{"dtype":"I64","shape":[2,3],"data_offsets":[0,48]},'
        b'"c":{"dtype":"F64","shape":[],"data_offsets":[48,56]},'
        b'"a":{"dtype":"BOOL","shape":[2,3],"data_offsets":[56,62]}}'
    )
    assert length % 8 == 0


def test_the_data_is_not_copied():
    body = save({"tokens": TOKENS})
    found, _ = read_tensors(body)
    assert np.shares_memory(found["tokens"], np.frombuffer(body, np.uint8))


def with_times(begin: int, end: int) -> bytes:
    times = {"dtype": "F64", "shape": [2], "data_offsets": [begin, end]}
    return built({"tokens": ENTRY, "times": times}, bytes(end))


MALFORMED = {
    "empty": b"",
    "seven bytes": bytes(7),
    "no header": bytes(8),
    "header length lies": built({"tokens": ENTRY}, length=10**6),
    "header of 2^63 bytes": (2**63).to_bytes(8, "little") + bytes(100),
    "header length cuts": built({"tokens": ENTRY}, length=20),
    "no JSON": built(b"{'tokens': 1}"),
    "not UTF-8": built(b'{"\xff": 1}'),
    "lone surrogate": built(b'{"\\ud800": 1}'),
    "NaN": built(b'{"tokens": NaN}'),
    "nested": built(b'{"a":' * 100_000),
    "a list": built(b"[1]"),
    "white space first": built(b" {}", b""),
    "key twice": built(
        b'{"tokens":{"dtype":"I64","shape":[2,3],"data_offsets":[0,48]},'
        b'"tokens":{"dtype":"I64","shape":[2,3],"data_offsets":[0,48]}}'
    ),
    "dtype twice": built(
        b'{"tokens":{"dtype":"I64","dtype":"I8","shape":[2,3],"data_offsets":[0,48]}}'
    ),
    "metadata twice": built(b'{"__metadata__":{"a":"1","a":"2"}}', b""),
    "metadata of numbers": built({"__metadata__": {"seed": 5}, "tokens": ENTRY}),
    "metadata is a list": built({"__metadata__": [], "tokens": ENTRY}),
    "entry is a list": built({"tokens": []}),
    "no offsets": built({"tokens": {"dtype": "I64", "shape": [2, 3]}}),
    "further key": with_entry(strides=[8]),
    "shape is a number": with_entry(shape=6),
    "negative size": with_entry(shape=[-2, -3]),
    "size is true": with_entry(shape=[True, 6]),
    "size is a float": with_entry(shape=[2.0, 3]),
    "huge shape": with_entry(shape=[2**47, 2**47]),
    "huge shape of nothing": built(
        {"a": {"dtype": "I64", "shape": [0, 2**47, 2**47], "data_offsets": [0, 0]}}, b""
    ),
    "shape beyond 64 bits": with_entry(shape=[2**63 - 1]),
    "many axes": with_entry(shape=[1] * 100),
    "shape and offsets differ": with_entry(shape=[2, 2]),
    "offsets backwards": with_entry(data_offsets=[48, 0]),
    "offsets beyond": with_entry(data_offsets=[0, 56]),
    "negative offset": with_entry(data_offsets=[-8, 40]),
    "three offsets": with_entry(data_offsets=[0, 24, 48]),
    "overlap": with_times(40, 56),
    "the same data": built({"a": ENTRY, "b": ENTRY}),
    "a hole": with_times(56, 72),
    "data that no tensor has": built({"tokens": ENTRY}, DATA + bytes(8)),
    "unaligned": built(
        {
            "a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]},
            "tokens": {"dtype": "I64", "shape": [1], "data_offsets": [1, 9]},
        },
        bytes(9),
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_safetensors_file_is_malformed(send, name):
    document = problem_of(send("noise?timesteps=5", MALFORMED[name], TENSORS), 400)
    assert document["errors"] == []


@pytest.mark.parametrize("dtype", ["BF16", "F8_E4M3", "C64", "i64", "", None, 5, []])
def test_a_dtype_that_numpy_has_not_is_refused(send, dtype):
    response = send("noise?timesteps=5", with_entry(dtype=dtype), TENSORS)
    assert pointers_of(response) == [("#/tokens", "wrong_dtype")]


def ask(send, metadata=None, **tensors):
    arrays = {"tokens": TOKENS} | tensors
    contiguous = {
        name: np.asarray(array, order="C")
        for name, array in arrays.items()
        if array is not None
    }
    return send("noise", save(contiguous, metadata or {}), TENSORS)


REFUSED = {
    "no tokens": ({"tokens": None, "timesteps": np.array(5)}, "#/tokens", "required"),
    "floats": ({"tokens": TOKENS * 1.0}, "#/tokens", "wrong_dtype"),
    "truth values": ({"tokens": TOKENS > 2}, "#/tokens", "wrong_dtype"),
    "a number": ({"tokens": np.array(5)}, "#/tokens", "wrong_shape"),
    "three axes": ({"tokens": TOKENS[None]}, "#/tokens", "wrong_shape"),
    "nothing": ({"tokens": TOKENS[:0]}, "#/tokens", "empty"),
    "negative": ({"tokens": -TOKENS}, "#/tokens/0/1", "out_of_range"),
    "floats as timesteps": ({"timesteps": np.ones(2)}, "#/timesteps", "wrong_dtype"),
    "one timestep too many": (
        {"timesteps": np.arange(3)},
        "#/timesteps",
        "wrong_length",
    ),
    "three axes of times": (
        {"times": np.zeros((1, *TOKENS.shape))},
        "#/times",
        "wrong_shape",
    ),
    "one timestep a position": (
        {"timesteps": np.arange(TOKENS.shape[1])},
        "#/timesteps",
        "wrong_length",
    ),
    "timesteps of other rows": (
        {"timesteps": TOKENS[:, :1]},
        "#/timesteps",
        "wrong_length",
    ),
    "a timestep too late": (
        {"timesteps": np.array([5, 1000])},
        "#/timesteps/1",
        "out_of_range",
    ),
    "the only one too late": (
        {"timesteps": np.array(-1)},
        "#/timesteps",
        "out_of_range",
    ),
    "NaN": ({"times": np.array([0.5, np.nan])}, "#/times/1", "out_of_range"),
    "infinite": (
        {"times": np.array([np.inf, 0.5], np.float32)},
        "#/times/0",
        "out_of_range",
    ),
    "below 0": ({"times": np.array(-1e-9)}, "#/times", "out_of_range"),
    "lengths beyond": ({"lengths": np.array([3, 4])}, "#/lengths/1", "out_of_range"),
    "one length": ({"lengths": np.array(3)}, "#/lengths", "wrong_length"),
    "ids beyond": (
        {"sequence_ids": np.array([0, 2**63], np.uint64)},
        "#/sequence_ids/1",
        "out_of_range",
    ),
    "one id": ({"sequence_ids": np.array(3)}, "#/sequence_ids", "wrong_length"),
    "mask of bytes": (
        {"protect": np.zeros((2, 3), np.uint8)},
        "#/protect",
        "wrong_dtype",
    ),
    "mask of a row": ({"protect": np.zeros((2, 2), bool)}, "#/protect", "wrong_length"),
    "weights of 0": (
        {"weights": np.array([1.0, 0.0, 1.0])},
        "#/weights/1",
        "out_of_range",
    ),
    "weights NaN": (
        {"weights": np.array([[1, np.nan, 1]] * 2)},
        "#/weights/0/1",
        "out_of_range",
    ),
    "weights infinite": (
        {"weights": np.array([1, np.inf, 1])},
        "#/weights",
        "out_of_range",
    ),
    "weights too few": ({"weights": np.ones(2)}, "#/weights", "wrong_length"),
    "another tensor": ({"token": TOKENS}, "#/token", "unknown_key"),
    "seed as a tensor": ({"seed": np.array(5)}, "#/seed", "unknown_key"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_tensors_that_cannot_be_used_are_named(send, name):
    tensors, pointer, code = REFUSED[name]
    metadata = {} if {"times", "timesteps"} & tensors.keys() else {"timesteps": "5"}
    assert pointers_of(ask(send, metadata, **tensors))[0] == (pointer, code)


@pytest.mark.parametrize(
    ("metadata", "pointer", "code"),
    [
        ({"timesteps": "x"}, "#/timesteps", "malformed"),
        ({"timesteps": "1,"}, "#/timesteps", "malformed"),
        ({"timesteps": "NaN"}, "#/timesteps", "malformed"),
        ({"timesteps": "1.5"}, "#/timesteps", "not_an_integer"),
        ({"timesteps": '"1"'}, "#/timesteps", "not_an_integer"),
        ({"times": "1e400"}, "#/times", "malformed"),
        ({"times": "true"}, "#/times", "not_a_number"),
        ({"timesteps": "1", "seed": ""}, "#/seed", "malformed"),
        ({"timesteps": "1", "seed": "1,2"}, "#/seed", "malformed"),
        ({"timesteps": "1", "seed": "-1"}, "#/seed", "out_of_range"),
        ({"timesteps": "1", "protect": "[1"}, "#/protect", "malformed"),
        ({"timesteps": "1", "schedule": "{"}, "#/schedule", "malformed"),
        ({"timesteps": "1", "return": "alphas,x"}, "#/return", "unknown"),
        ({"timesteps": "1", "format": "pt"}, "#/format", "unknown_key"),
    ],
)
def test_metadata_that_cannot_be_used_is_named(send, metadata, pointer, code):
    assert pointers_of(ask(send, metadata))[0] == (pointer, code)


def test_a_value_stands_in_one_place_only(send):
    twice = [("#/timesteps", "twice")]
    assert pointers_of(ask(send, {"timesteps": "5"}, timesteps=np.array(5))) == twice
    body = save({"tokens": TOKENS}, {"timesteps": "5"})
    assert pointers_of(send("noise?timesteps=5", body, TENSORS)) == twice
    other = save({"tokens": TOKENS})
    query = "noise?timesteps=5&timesteps=6"
    assert pointers_of(send(query, other, TENSORS)) == twice


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=120), st.integers(0, 400), st.integers(0, 255))
def test_no_bytes_are_a_failure_of_ours(noise, place, byte):
    whole = save({"tokens": TOKENS, "times": np.ones(2)}, {"seed": "5"})
    for body in (noise, built(noise, b""), built(b"{" + noise), whole[:place]):
        read_or_refuse(body)
    changed = bytearray(whole)
    changed[place % len(whole)] = byte
    read_or_refuse(bytes(changed))


def read_or_refuse(body: bytes) -> None:
    """Whatever we read the library reads too, and alike."""
    try:
        found, _ = read_tensors(body)
    except (ParseError, ValidationError):
        return
    expected = load(body)
    assert found.keys() == expected.keys()
    for name, array in found.items():
        assert array.tobytes() == expected[name].tobytes()
