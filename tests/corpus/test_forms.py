"""Data files: rows by number, and files that are damaged or mislabelled."""

import os
import pickle
import re
import struct

import numpy as np
import pytest

from noising.corpus.forms import IndexedRows, JsonRows, indexed
from noising.engine import EngineError
from noising.replay import DataFile, DataFileError
from tests.corpus.datasets import pack_index, write_indexed, write_json_lines, write_raw

ROWS = [[1, 2, 3], [4], [], [5, 6], [7, 8, 9, 10]]


def read(path, numbers):
    return [
        row.tokens.tolist()
        for row in DataFile.describe(path, "data[0]").open().read(numbers)
    ]


def refuse(value, message):
    """Check that a file is refused in one line that names it."""
    path = value["path"] if isinstance(value, dict) else value
    with pytest.raises(DataFileError, match=re.escape(message)) as caught:
        DataFile.describe(value, "data[0]").open()
    line = str(caught.value)
    assert line.startswith(f"{path.parent}/")
    assert line.isprintable()
    assert len(line) < len(str(path)) + 300


def test_lines_may_be_lists_or_objects_and_blank_lines_are_no_rows(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(
        b"\xef\xbb\xbf[1, 2, 3]\r\n\n"
        b'{"input_ids": [4, 0, 0], "attention_mask": [1, 0, 0], "text": "x"}\n  \n'
        b"[]\n"
        b'{"input_ids": [5, 6], "attention_mask": null}\n[7, 8, 9, 10]'
    )
    assert read(path, [4, 0, 2, 4, 1, 3]) == [ROWS[i] for i in (4, 0, 2, 4, 1, 3)]
    assert DataFile.describe(path, "data[0]").rows == 5


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "i8", "u2"])
def test_sequences_of_every_integer_type_are_read(dtype, tmp_path):
    path = write_indexed(tmp_path, ROWS, dtype)
    assert read(path, [4, 0, 2, 4]) == [ROWS[i] for i in (4, 0, 2, 4)]


def test_an_index_longer_than_a_part_is_checked_across_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(indexed, "_PART", 2)
    path = write_indexed(tmp_path, ROWS, "u2")
    assert read(path, [4, 3]) == [ROWS[4], ROWS[3]]
    lengths = [len(row) for row in ROWS]
    firsts = [0, 6, 8, 10, 12]
    path.write_bytes(pack_index(lengths, "u2", firsts=firsts))
    refuse(path, "sequence 3 must start where the sequence before it ends")


def test_tokens_behind_the_last_whole_row_are_left_out(tmp_path):
    path = write_raw(tmp_path, [range(11)], "<u4")
    described = {"path": path, "dtype": "uint32", "length": 4}
    assert read(described, [1, 0]) == [[4, 5, 6, 7], [0, 1, 2, 3]]
    assert DataFile.describe(described, "data[0]").rows == 2


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [">u2", "<i8", "u1"])
def test_arrays_of_every_integer_type_and_layout_are_read(dtype, order, tmp_path):
    np.save(
        tmp_path / "rows.npy", np.asarray(np.arange(12).reshape(3, 4), dtype, order)
    )
    assert read(tmp_path / "rows.npy", [2, 0]) == [[8, 9, 10, 11], [0, 1, 2, 3]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"magic": b"MMIDIDX\x00\x01"},
            "must start with the header of a Megatron index",
        ),
        ({"version": 2}, "must have the version 1, it has 2"),
        ({"version": (1 << 32) + 1}, "must have the version 1, it has 4294967297"),
        (
            {"code": 6},
            "must have an integer dtype, code 1, 2, 3, 4, 5, 8; it has code 6",
        ),
        ({"code": 7}, "it has code 7"),
        ({"code": 0}, "it has code 0"),
        ({"code": 9}, "it has code 9"),
        ({"code": 1}, "sequence 1 must start where the sequence before it ends"),
        (
            {"sequences": 6},
            "must have 154 bytes for 6 sequences and 6 document entries",
        ),
        ({"sequences": 2**64 - 1}, "for 18446744073709551615 sequences"),
        ({"sequences": 2**62}, "for 4611686018427387904 sequences"),
        ({"sequences": 0}, "must have a sequence, it has none"),
        ({"lengths": [3, 1, 0, 2, 5]}, "describes at least 22 bytes of rows.bin"),
        ({"lengths": [3, 1, 0, 2, 3]}, "describes at least 18 bytes of rows.bin"),
        ({"lengths": [3, 1, 0, 2, 2**31 - 1]}, "of rows.bin, which has 20"),
        (
            {"lengths": [3, 1, -1, 3, 4]},
            "the length of sequence 2 must not be negative",
        ),
        ({"firsts": [0, 6, 8, 8, -12]}, "sequence 4 must start where"),
        ({"firsts": [2, 8, 10, 10, 14]}, "sequence 0 must start where"),
        ({"firsts": [0, 6, 8, 8, 2**62]}, "sequence 4 must start where"),
        ({"documents": [0, 3, 6]}, "document index must rise from 0 to 5"),
        ({"documents": [1, 5]}, "document index must rise from 0 to 5"),
        ({"documents": [0, 3, 2, 5]}, "document index must rise from 0 to 5"),
        ({"documents": [0, 2, 4]}, "document index must rise from 0 to 5"),
        ({"documents": []}, "document index must rise from 0 to 5"),
    ],
)
def test_an_index_that_lies_is_refused(change, message, tmp_path):
    path = write_indexed(tmp_path, ROWS, "u2")
    lengths = change.pop("lengths", [len(row) for row in ROWS])
    path.write_bytes(pack_index(lengths, "u2", **change))
    refuse(path, message)


@pytest.mark.parametrize("kept", [0, 8, 33, 34, 90, -1])
def test_a_truncated_index_is_refused(kept, tmp_path):
    path = write_indexed(tmp_path, ROWS, "u2")
    path.write_bytes(path.read_bytes()[:kept])
    header = "must start with the header of a Megatron index"
    refuse(path, header if 0 <= kept < 34 else "must have 142 bytes for 5 sequences")


def test_an_index_with_more_behind_it_is_refused(tmp_path):
    path = write_indexed(tmp_path, ROWS, "u2")
    path.write_bytes(path.read_bytes() + bytes(5))  # the modes of images, for example
    refuse(
        path, "must have 142 bytes for 5 sequences and 6 document entries, it has 147"
    )


def test_the_tokens_of_an_index_must_be_there_and_whole(tmp_path):
    path = write_indexed(tmp_path, ROWS, "u2")
    tokens = path.with_suffix(".bin")
    content = tokens.read_bytes()
    for other in (content[:-1], content[:-2], content + b"\0"):
        tokens.write_bytes(other)
        refuse(path, f"bytes of rows.bin, which has {len(other)}")
    tokens.unlink()
    refuse(path, "cannot be read: No such file or directory")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\1\0\2", "must hold a whole number of uint16 tokens, it has 3 bytes"),
        (b"\1\0\2\0", "must hold a row of 4 tokens, it has 2 tokens"),
        (b"", "must hold a row of 4 tokens, it has 0 tokens"),
    ],
)
def test_a_truncated_file_of_tokens_is_refused(content, message, tmp_path):
    path = tmp_path / "rows.bin"
    path.write_bytes(content)
    refuse({"path": path, "dtype": "uint16", "length": 4}, message)


def test_rows_of_any_length_do_not_overflow(tmp_path):
    path = write_raw(tmp_path, [range(8)], "<u2")
    given = {"path": path, "dtype": "uint16", "length": (1 << 63) - 1}
    refuse(given, "must hold a row of 9223372036854775807 tokens, it has 8 tokens")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"the cat sat\n", "line 1 must be JSON, got 'the cat sat'"),
        (b"[1]\n[1, 2\n", "line 2 must be JSON"),
        (b"[1]\n\n[1.0]\n", "line 3 must have token ids, got 1.0"),
        (b"[true]\n", "line 1 must have token ids, got True"),
        (b"[-1]\n", "line 1 must have token ids, got -1"),
        (b"[9223372036854775808]\n", "line 1 must have token ids"),
        (b"[" + b"9" * 5000 + b"]\n", "line 1 must be JSON"),
        (b"[" * 100_000 + b"\n", "line 1 must be JSON"),
        (b'["a"]\n', "line 1 must have token ids, got 'a'"),
        (b"[NaN]\n", "line 1 must have token ids, got nan"),
        (
            b'{"text": "a\\nb"}\n',
            "line 1 must be a list of ids or an object with `input_",
        ),
        (b'{"input_ids": "1 2"}\n', "line 1 must have a list of ids, got '1 2'"),
        (b"7\n", "line 1 must be a list of ids or an object with `input_ids`, got 7"),
        (b"\xff\xfe[\x001\x00]\x00\n\x00", "is UTF-16 text; convert it with iconv"),
        (b"\x80abc\n", "line 1 must be UTF-8 text"),
        (b"", "must have a row, it has none"),
        (b"\n \n", "must have a row, it has none"),
        (
            b'{"input_ids": [1, 2], "attention_mask": [0, 1]}',
            "or 0 at padding at the end",
        ),
        (b'{"input_ids": [1, 2], "attention_mask": [1]}', "or 0 at padding at the end"),
        (b'{"input_ids": [1], "attention_mask": [1, 1]}', "or 0 at padding at the end"),
        (b'{"input_ids": [1], "attention_mask": [true]}', "or 0 at padding at the end"),
        (b'{"input_ids": [1], "attention_mask": "1"}', "or 0 at padding at the end"),
    ],
)
def test_lines_without_ids_are_refused_by_number(content, message, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    refuse(path, message)


def test_a_line_has_a_largest_length(tmp_path, monkeypatch):
    monkeypatch.setattr("noising.corpus.forms.lines.MAX_LINE_BYTES", 20)
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"[1]\n[" + b"1," * 50)
    refuse(path, "line 2 must have at most 20 bytes")


def test_a_row_behind_the_end_of_the_lines_is_refused(tmp_path):
    with pytest.raises(DataFileError, match=r"must have a row 7, counted from 0$"):
        JsonRows(write_json_lines(tmp_path, ROWS)).read([0, 7])


def header(**change):
    fields = {"descr": "<i8", "fortran_order": False, "shape": (2, 3)} | change
    text = f"{fields}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a .npy array"),
        (b"[1, 2]", "is not a .npy array"),
        (header() + bytes(47), "is not a .npy array"),
        (header(shape=(2**62, 2**62)), "is not a .npy array"),
        (header(shape=(2**40, 3)), "is not a .npy array"),
        (header(shape=(-2, -3)) + bytes(48), "negative dimensions are not allowed"),
        (header(shape="x") + bytes(48), "is not a .npy array"),
        (header(descr="<f8") + bytes(48), "must hold integers, its dtype is float64"),
        (header(descr="?") + bytes(6), "must hold integers, its dtype is bool"),
        (header(descr="<M8[s]") + bytes(48), "must hold integers"),
        (header(descr=[("a", "<i8")]) + bytes(48), "must hold integers"),
        (header(descr="|O") + bytes(48), "is not a .npy array"),
        (header(shape=(6,)) + bytes(48), "must have the shape (rows, length)"),
        (header(shape=()) + bytes(8), "must have the shape (rows, length)"),
        (header(shape=(1, 2, 3)) + bytes(48), "its shape is [1, 2, 3]"),
        (header(shape=(0, 3)), "its shape is [0, 3]"),
        (header(shape=(3, 0)), "its shape is [3, 0]"),
        (pickle.dumps([1, 2]), "is not a .npy array"),
    ],
)
def test_arrays_that_are_no_rows_are_refused(content, message, tmp_path):
    path = tmp_path / "rows.npy"
    path.write_bytes(content)
    refuse(path, message)


def test_arrays_of_objects_are_never_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    path = tmp_path / "rows.npy"
    np.save(path, np.array([[Trap()]], object), allow_pickle=True)
    refuse(path, "is not a .npy array")
    assert not (tmp_path / "sprung").exists()


def test_only_regular_files_are_read(tmp_path):
    os.mkfifo(tmp_path / "rows.jsonl")
    refuse(tmp_path / "rows.jsonl", "must be a regular file")
    (tmp_path / "rows.npy").mkdir()
    refuse(tmp_path / "rows.npy", "must be a regular file")
    refuse(tmp_path / "none.idx", "cannot be read: No such file or directory")


def test_names_of_files_stay_one_line(tmp_path):
    with pytest.raises(DataFileError) as caught:
        IndexedRows(tmp_path / "a\nb\x1b.idx")
    assert "a\\nb\\x1b.idx'" in str(caught.value)
    with pytest.raises(DataFileError, match="not a valid file name"):
        IndexedRows(tmp_path / "a\0b.idx")


def test_other_forms_are_named_as_unknown():
    with pytest.raises(
        EngineError, match=r"must be a \.npy array, \.parquet, \.arrow or"
    ):
        DataFile.describe("rows.xyz", "data[0]")


def test_a_file_with_other_rows_than_the_manifest_says_is_refused(tmp_path):
    described = DataFile.describe(write_indexed(tmp_path, ROWS, "u2"), "data[0]")
    write_indexed(tmp_path, ROWS[:4], "u2")
    with pytest.raises(DataFileError, match="has 4 rows, of which the manifest says 5"):
        described.open_in()


def test_each_file_of_a_pair_is_compared_with_its_digest(tmp_path):
    path = write_indexed(tmp_path, ROWS, "u2")
    described = DataFile.describe(path, "data[0]")
    assert described.find_changes() == []
    path.with_suffix(".bin").write_bytes(bytes(20))
    [(changed, before, now)] = described.find_changes()
    assert changed == path.with_suffix(".bin")
    assert (before, now) == (described.bin_sha256, now)
    path.write_bytes(b"")
    assert len(described.find_changes()) == 2
