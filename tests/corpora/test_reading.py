"""noising.corpora.reading: uploads in every form, and what is wrong with others."""

import gzip
import io
import json

import numpy as np
import pytest

from noising.corpora import UnreadableError
from noising.tokenizers import load_tokenizer
from tests.corpora import read

TEXT = "if x: y\nif y: x\n"


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def pack(content: bytes) -> bytes:
    # Without the time, so that all processes collect the same tests.
    return gzip.compress(content, mtime=0)


@pytest.mark.parametrize(
    ("name", "content", "fields"),
    [
        ("rows.txt", b"1 2 2\n[4, 1]", {}),
        ("rows.txt.gz", pack(b"1 2 2\n4 1"), {}),
        ("rows.csv", b"1,2,2\n4,1", {"kind": "ids"}),
        ("rows.jsonl", b'{"input_ids": [1, 2, 2]}\n[4, 1]', {}),
        ("rows.npy", npy(np.array([1, 2, 2, 4, 1])), {}),
        ("../../rows.bin", np.array([1, 2, 2, 4, 1], "<u2").tobytes(), {}),
        ("counts.csv", b"id,count\n1,2\n2,2\n4,1\n", {}),
        ("counts.tsv", b"0\n2\n2\n0\n1\n", {}),
        ("counts.json", b"[0, 2, 2, 0, 1]", {}),
        ("pasted.txt", b'{"1": 2, "2": 2, "4": 1}', {}),
        ("pasted.txt", b"token,count\n1,2\n2,2\n4,1", {}),
        ("pasted.txt", b"\xef\xbb\xbf1\t2\r\n\r\n2\t2\r\n4\t1\r\n", {}),
        ("counts.npy", npy(np.array([0, 2, 2, 0, 1])), {"kind": "counts"}),
    ],
)
def test_ids_and_counts_are_read_up_to_the_largest_id(name, content, fields) -> None:
    data = read(content, name, **fields)
    assert data.counts.tolist() == [0, 2, 2, 0, 1]
    is_counts = "count" in name or name == "pasted.txt"
    assert (data.kind, data.rows is None) == (
        ("counts", True) if is_counts else ("ids", False)
    )
    wider = read(content, name, **fields, vocab_size=9)
    assert wider.counts.tolist() == [0, 2, 2, 0, 1, 0, 0, 0, 0]
    if wider.rows is not None:
        assert wider.rows.vocab_size == 9


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"1,2\n2;4\n7\t9", "counts"),
        (b"1,2\n2,4", "ids"),  # by chance
        (b"1,2\n2,4\n2,9", "ids"),
        (b"1,2\n2,4\n3,4,5", "ids"),
        (b"1\n2\n3", "ids"),
    ],
)
def test_lines_of_two_numbers_are_counts_if_the_first_ones_rise(content, kind) -> None:
    assert read(content).kind == kind


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pasted.txt", TEXT.encode()),
        ("readme.md.gz", pack(TEXT.encode())),
        ("rows.jsonl", b"\n".join(
            json.dumps({"text": line}).encode() for line in TEXT.splitlines()
        )),
    ],
)  # fmt: skip
def test_text_is_recognised_and_has_token_classes(name, content) -> None:
    data = read(content, name)
    expected = [load_tokenizer("gpt2").encode(x).tokens for x in TEXT.splitlines()]
    assert (data.kind, data.tokenizer, data.vocab_size) == ("text", "gpt2", 50_257)
    assert data.rows is not None
    assert data.rows.tokens.tolist() == np.concatenate(expected).tolist()
    assert data.rows.type_counts()["variable"] > 0


@pytest.mark.parametrize(
    ("name", "content", "fields", "expected"),
    [
        ("a.zip", b"PK", {}, "a.zip: the name must end with one of .txt"),
        ("a.txt", b"PK\x03\x04", {}, "a.txt: is a zip archive"),
        ("a.txt", b"1 2\n3 x\n", {}, "a.txt: line 2 has 'x', no token id"),
        ("a.txt", b"1 2\n3 9\n", {"vocab_size": 5}, "row 1: token id 9 is outside"),
        ("a.txt", b"to be", {"kind": "ids"}, "begins with text, not with token ids"),
        ("a.txt", b"", {}, "'a.txt' is empty: it has no tokens."),
        ("a.txt", b"7 7 7", {}, "a.txt: must have at least two different tokens."),
        ("a.txt", b"1 2 3\n" * 400, {}, "has more than 1,024 tokens; take a part"),
        ("a.txt", b"one two " * 200, {}, "has 1,600 characters of text; the limit is"),
        ("a.txt", b"ok\n\xff", {}, "a.txt: line 2 must be UTF-8 text"),
        ("a.txt.gz", pack(b" " * 3000), {}, "more than 2,048 bytes when"),
        ("a.txt.gz", pack(b"1 2")[:-4], {}, "is not a complete gzip file"),
        ("a.jsonl", b'{"a": 1}', {}, "a.jsonl', line 1: the first line must list"),
        ("a.csv", b"id,count\n1,2\n1,3", {}, "line 3: id 1 has a count already"),
        ("a.csv", b"1,2\n2,-3", {}, "line 2: the count must be an integer in 0.."),
        ("a.csv", b"1,2,3", {}, "line 1 has 3 values; counts are a line `id,count`"),
        ("a.json", b'{"x": 1}', {}, "the id must be an integer in 0..1048575"),
        ("a.json", b"[1, 2", {}, "is not JSON that can be read"),
        ("a.json", b"[1, 2, 3]", {"vocab_size": 2}, "must be an integer in 0..1"),
        ("a.npy", b"no", {"kind": "counts"}, "a.npy: is not a .npy array."),
        ("a.npy", npy(np.ones((2, 2), int)), {"kind": "counts"}, "of the shape (V,)"),
        ("a.npy", npy(np.array([3, -1])), {"kind": "counts"}, "has -1."),
        ("<b>\n/x.npy", npy(np.ones(3)), {}, "x.npy: must hold integers"),
    ],
)  # fmt: skip
def test_an_unreadable_upload_is_refused_with_its_place(
    settings, name, content, fields, expected
) -> None:
    settings.MAX_CORPUS_TOKENS = settings.MAX_CORPUS_CHARACTERS = 1024
    settings.MAX_BODY_BYTES = 2048
    with pytest.raises(UnreadableError) as caught:
        read(content, name, **fields)
    message = str(caught.value)
    assert expected in message
    assert message.endswith(".")
    assert "corpus-" not in message, "the name of the folder of the upload"
    assert message.isprintable()
