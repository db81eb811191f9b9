"""The npy format: reading, writing and early refusals."""

import io
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError, ValidationError

from noising.api.noise.npy import read_npy, write_npy
from tests.api.problems import pointers_of, problem_of
from tests.api.v1.forms import NPY, npy

PLAIN = np.arange(6, dtype=np.uint16).reshape(2, 3)
PLAIN_HEADER = "{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3), }"


def built(header: str, data: bytes = PLAIN.tobytes(), version: bytes = b"\x01\x00"):
    """Return an npy file with any header."""
    text = header.encode("latin-1")
    width = 2 if version == b"\x01\x00" else 4
    return b"\x93NUMPY" + version + len(text).to_bytes(width, "little") + text + data


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"])
@pytest.mark.parametrize("shape", [(6,), (2, 3), (1, 6), (6, 1)])
def test_what_numpy_writes_is_read_and_written_byte_for_byte(dtype, shape):
    array = np.arange(6).astype(dtype).reshape(shape)
    read = read_npy(npy(array))
    assert read.dtype == array.dtype
    assert read.tolist() == array.tolist()
    assert write_npy(read) == npy(array)


def test_the_data_is_not_copied():
    body = npy(PLAIN)
    assert np.shares_memory(read_npy(body), np.frombuffer(body, np.uint8))


@pytest.mark.parametrize(
    "header",
    [
        PLAIN_HEADER + "   \n",
        "{'shape':(2,3),'fortran_order':False,'descr':'<u2'}",
        "{ 'shape' : (2, 3,) , 'descr' : '<u2' , 'fortran_order' : False , } \n",
    ],
)
@pytest.mark.parametrize("version", [b"\x01\x00", b"\x02\x00", b"\x03\x00"])
def test_headers_as_other_programs_write_them_are_read(header, version):
    assert read_npy(built(header, version=version)).tolist() == PLAIN.tolist()


def shaped(shape: str, descr: str = "'<u2'", fortran_order: str = "False") -> bytes:
    """Return an npy file whose header says this."""
    return built(
        f"{{'descr': {descr}, 'fortran_order': {fortran_order}, 'shape': {shape}, }}"
    )


MALFORMED = {
    "empty": b"",
    "magic alone": b"\x93NUMPY",
    "another magic": b"\x93NUMPI" + npy(PLAIN)[6:],
    "npz": b"PK\x03\x04" + bytes(100),
    "pickle": pickle.dumps(PLAIN),
    "text": b"[1, 2, 3]",
    "version 4": built(PLAIN_HEADER, version=b"\x04\x00"),
    "version 1.1": built(PLAIN_HEADER, version=b"\x01\x01"),
    "header length lies": b"\x93NUMPY\x01\x00\xff\xff" + PLAIN_HEADER.encode(),
    "header of 4 GiB": b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(100),
    "header too long": built(PLAIN_HEADER + " " * 10_000),
    "no header": built(""),
    "no dictionary": built("('<u2', False, (2, 3))"),
    "key missing": built("{'descr': '<u2', 'shape': (2, 3), }"),
    "key twice": built("{'descr': '<u2', 'descr': '<u2', 'shape': (2, 3), }"),
    "another key": shaped("(2, 3), 'a': 1"),
    "expression": shaped("(2*3,)"),
    "call": shaped("(6,)", fortran_order="exit()"),
    "nested": built("(" * 5000),
    "negative size": shaped("(-2, -3)"),
    "size is no integer": shaped("(6.0,)"),
    "huge shape": shaped(f"({10**12 - 1},)"),
    "huge shapes": shaped(f"({10**11}, {10**11})"),
    "too little data": npy(PLAIN)[:-1],
    "too much data": npy(PLAIN) + b"\x00",
    "two arrays": npy(PLAIN) + npy(PLAIN),
    "bytes beyond ASCII": built("{'descr': '\xff<u2', 'fortran': \xe9}"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_npy_file_is_malformed(send, name):
    response = send("noise?timesteps=5", MALFORMED[name], NPY)
    document = problem_of(response, 400)
    assert "npy" in document["detail"]
    assert document["errors"] == []


REFUSED = {
    "objects": (npy(np.array([1, None], object)), "wrong_dtype"),
    "strings": (npy(np.array(["a", "b"])), "wrong_dtype"),
    "bytes": (npy(np.array([b"a", b"b"])), "wrong_dtype"),
    "floats": (npy(np.array([1.0, 2.0])), "wrong_dtype"),
    "NaN": (npy(np.array([np.nan])), "wrong_dtype"),
    "complex": (npy(np.array([1j])), "wrong_dtype"),
    "truth values": (npy(np.array([True, False])), "wrong_dtype"),
    "dates": (npy(np.array(["2020-01-01"], "M8[D]")), "wrong_dtype"),
    "records": (npy(np.zeros(3, [("a", "i4"), ("b", "O")])), "wrong_dtype"),
    "big-endian": (npy(PLAIN.astype(">u2")), "wrong_dtype"),
    "native by name": (shaped("(2, 3)", "'=u2'"), "wrong_dtype"),
    "order that a byte has not": (shaped("(2, 3)", "'<u1'"), "wrong_dtype"),
    "no order": (shaped("(2, 3)", "'u2'"), "wrong_dtype"),
    "16 bytes": (shaped("(2, 3)", "'<i16'"), "wrong_dtype"),
    "void": (shaped("(2, 3)", "'|V2'"), "wrong_dtype"),
    "Fortran order": (npy(np.asfortranarray(PLAIN)), "fortran_order"),
    "no axis": (npy(np.array(5)), "wrong_shape"),
    "three axes": (npy(np.zeros((1, 2, 3), int)), "wrong_shape"),
    "not a tuple": (shaped("(6)"), "wrong_shape"),
    "no tokens": (npy(np.zeros(0, int)), "empty"),
    "no tokens in rows": (npy(np.zeros((3, 0), int)), "empty"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_array_that_tokens_cannot_be_is_refused(send, name):
    body, code = REFUSED[name]
    response = send("noise?timesteps=5", body, NPY)
    assert pointers_of(response) == [("#/tokens", code)]


@pytest.mark.parametrize(
    ("array", "pointers"),
    [
        (np.array([1, -1]), ["#/tokens/1"]),
        (np.array([[1, 2], [3, 50257]]), ["#/tokens/1/1"]),
        (np.array([2**64 - 1], np.uint64), ["#/tokens/0"]),
        (np.full((2, 20), -5, np.int32), [f"#/tokens/0/{i}" for i in range(10)]),
    ],
)
def test_ids_outside_the_vocabulary_are_named(send, array, pointers):
    response = send("noise?timesteps=5", npy(array), NPY)
    assert pointers_of(response) == [(place, "out_of_range") for place in pointers]


def test_more_tokens_than_allowed_are_too_large(send, settings):
    settings.MAX_TOKENS = 5
    document = problem_of(send("noise?timesteps=5", npy(PLAIN), NPY), 413)
    assert "5 items" in document["detail"]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=80), st.integers(0, 140), st.integers(0, 255))
def test_no_bytes_are_a_failure_of_ours(noise, place, byte):
    whole = npy(PLAIN)
    for body in (noise, whole[:6] + noise, whole[:10] + noise, whole[:place]):
        read_or_refuse(body)
    changed = bytearray(whole)
    changed[place % len(whole)] = byte
    read_or_refuse(bytes(changed))


def read_or_refuse(body: bytes) -> None:
    """Whatever we read NumPy reads too, and alike."""
    try:
        array = read_npy(body)
    except (ParseError, ValidationError):
        return
    assert array.tolist() == np.load(io.BytesIO(body), allow_pickle=False).tolist()
