"""All formats give the same rows, by number and in parts; folders; unknown formats."""

import gzip
import json
import pickle
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from noising.corpus import BadRowError, DataFile, DataFileError, Source, find_sources
from noising.corpus.forms import columns
from noising.corpus.forms.blocks import split_blocks
from noising.corpus.forms.known import FORMS, describe_other_form
from noising.engine import EngineError
from noising.tokenizers import load_tokenizer
from tests.corpus.datasets import write_indexed, write_json_lines, write_raw

ROWS = [[1, 2, 3], [4], [], [5, 6], [7, 8, 9, 10], [11, 12], [13]]
EVEN = [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10], [11, 12], [13, 14]]
MASKS = [[0] * len(row) for row in ROWS]
MASKS[4] = [1, 0, 0, 1]


def make_table(rows=ROWS, kind=None, **columns):
    ids = pa.array(rows, kind or pa.list_(pa.int32()))
    return pa.table({"input_ids": ids, **columns})


def write_parquet(folder, table=None):
    pq.write_table(make_table() if table is None else table, folder / "r.parquet", 3)
    return folder / "r.parquet"


def write_arrow(folder, writer=pa.ipc.new_stream, table=None):
    table = make_table() if table is None else table
    with writer(str(folder / "r.arrow"), table.schema) as out:
        out.write_table(table, max_chunksize=3)
    return folder / "r.arrow"


def write_lines(folder, name, lines):
    content = "".join(f"{line}\n" for line in lines).encode()
    packed = gzip.compress(content) if name.endswith(".gz") else content
    (folder / name).write_bytes(packed)
    return folder / name


def write_array(folder, rows):
    np.save(folder / "r.npy", np.array(rows, ">u2", order="F"))
    return folder / "r.npy"


BRACKETS = [f"[{', '.join(map(str, row))}]" for row in ROWS]

FILES = {
    "parquet": (ROWS, write_parquet, {}),
    "large lists": (
        ROWS,
        lambda folder: write_parquet(
            folder, make_table(kind=pa.large_list(pa.uint16()))
        ),
        {},
    ),
    "lists of one size": (
        EVEN,
        lambda folder: write_arrow(
            folder, table=make_table(EVEN, pa.list_(pa.int64(), 2))
        ),
        {},
    ),
    "arrow stream": (ROWS, write_arrow, {}),
    "arrow file": (ROWS, lambda folder: write_arrow(folder, pa.ipc.new_file), {}),
    "jsonl": (ROWS, lambda folder: write_json_lines(folder, ROWS), {}),
    "jsonl.gz": (
        ROWS,
        lambda f: write_lines(f, "r.jsonl.gz", map(json.dumps, ROWS)),
        {},
    ),
    "ids": (ROWS, lambda folder: write_lines(folder, "r.txt", BRACKETS), {}),
    "ids.gz": (ROWS, lambda folder: write_lines(folder, "r.TXT.gz", BRACKETS), {}),
    "npy": (EVEN, lambda folder: write_array(folder, EVEN), {}),
    "npy list": (
        EVEN,
        lambda folder: write_array(folder, [*range(1, 15), 99]),
        {"length": 2},
    ),
    "bin": (
        EVEN,
        lambda folder: write_raw(folder, EVEN, "<u4"),
        {"dtype": "uint32", "length": 2},
    ),
    "idx": (ROWS, lambda folder: write_indexed(folder, ROWS, "u2"), {}),
}


def scan(reader, start, stop, place=0):
    return [row.tokens.tolist() for row in reader.scan(start, stop, place)]


@pytest.mark.parametrize("name", FILES)
def test_rows_are_the_same_by_number_and_in_parts(name, tmp_path):
    rows, write, values = FILES[name]
    path = str(write(tmp_path))
    [source] = find_sources([path], **values)
    reader = source.open()
    assert reader.count_rows() == len(rows)
    numbers = [5, 0, 4, 6, 0]
    assert [row.tokens.tolist() for row in reader.read(numbers)] == [
        rows[number] for number in numbers
    ]
    assert scan(reader, 0, len(rows)) == rows
    assert scan(reader, 2, 5) == rows[2:5]
    marks = reader.mark(3)
    assert marks.rows == len(rows)
    assert len(marks.places) == 3
    parts = [
        scan(reader, 3 * i, min(3 * i + 3, len(rows)), place)
        for i, place in enumerate(marks.places)
    ]
    assert [row for part in parts for row in part] == rows
    described = DataFile.describe({"path": path, **values}, "data[0]")
    assert DataFile.parse(described.as_dict(), "data[0]") == described
    assert described.rows == len(rows)


TYPES = [["other", "critical", "variable", "other"][: len(row)] for row in ROWS]
NUMBERS = [[2, 0, 1, 2][: len(row)] for row in ROWS]


def test_types_of_tokens_are_names_or_numbers(tmp_path):
    names = pa.array(TYPES, pa.list_(pa.dictionary(pa.int8(), pa.string())))
    for path in (
        write_parquet(tmp_path, make_table(token_types=TYPES)),
        write_arrow(tmp_path, table=make_table(token_types=names)),
        write_lines(
            tmp_path,
            "r.jsonl",
            [
                json.dumps({"input_ids": row, "token_types": types})
                for row, types in zip(ROWS, NUMBERS, strict=True)
            ],
        ),
    ):
        found = Source.parse(path, "data").open().scan(0, 7)
        assert [row.types.tolist() for row in found] == NUMBERS, path
    for types in (["x"], [3], [-1], [0, 1], ["critical", 1]):
        lines = [json.dumps({"input_ids": [5], "token_types": types})]
        reader = Source.parse(write_lines(tmp_path, "r.jsonl", lines), "data").open()
        with pytest.raises(BadRowError, match="`token_types` must have critical, "):
            reader.read([0])
    for types in ("x", 3, -1):
        table = make_table([[5]], token_types=[[types]])
        reader = Source.parse(write_parquet(tmp_path, table), "data").open()
        with pytest.raises(BadRowError, match="`token_types` must have only critical"):
            reader.read([0])


def test_masks_mark_padding_and_special_tokens(tmp_path):
    padded = [[*row, 0, 0] for row in ROWS]
    real = [[1] * len(row) + [0, 0] for row in ROWS]
    special = [[*mask, 1, 1] for mask in MASKS]
    masks = {"attention_mask": real, "special_tokens_mask": special}
    lines = [
        json.dumps(
            {"input_ids": row, **{name: mask[i] for name, mask in masks.items()}}
        )
        for i, row in enumerate(padded)
    ]
    flags = [[flag == 1 for flag in mask] for mask in real]
    table = make_table(padded, attention_mask=flags, special_tokens_mask=special)
    for path in (
        write_parquet(tmp_path, table),
        write_arrow(tmp_path, table=table),
        write_lines(tmp_path, "r.jsonl", lines),
    ):
        found = list(Source.parse(path, "data").open().scan(0, 7))
        assert [row.tokens.tolist() for row in found] == ROWS, path
        assert [row.special.tolist() for row in found] == MASKS, path


BAD = [[1, 2], None, [3, None], [4], [5, 6]]


@pytest.mark.parametrize("write", [write_parquet, write_arrow])
def test_a_bad_row_of_a_table_is_named_and_those_after_it_are_read(write, tmp_path):
    masks = [[1, 1], [1], [1, 1], [1, 1], [0, 1]]
    path = write(tmp_path, table=make_table(BAD, attention_mask=masks))
    reader = Source.parse(path, "data").open()
    found = list(reader.scan(0, 5))
    assert found[0].tokens.tolist() == [1, 2]
    part = "row group" if path.suffix == ".parquet" else "record batch"
    assert [str(error).removeprefix(f"{path}: ") for error in found[1:]] == [
        f"{part} 0, row 1: `input_ids` must not be missing",
        f"{part} 0, row 2: must not have missing values in a list",
        f"{part} 1, row 3: `attention_mask` must have one value for each of the 1 ids, "
        "has 2",
        f"{part} 1, row 4: `attention_mask` must have its 0s, the padding, at the end",
    ]
    assert [error.row for error in found[1:]] == [1, 2, 3, 4]
    with pytest.raises(BadRowError, match="row 3"):
        reader.read([0, 3])


def test_a_bad_line_is_named_and_those_after_it_are_read(tmp_path):
    path = write_lines(tmp_path, "r.txt", ["1 2", "", "3 x", "4,,5", "-1", "6"])
    reader = Source.parse(path, "data").open()
    first, *bad, last = reader.scan(0, 5)
    assert first.tokens.tolist() == [1, 2]
    assert last.tokens.tolist() == [6]
    messages = [str(error).removeprefix(f"{path}: ") for error in bad]
    assert messages[0].startswith("line 3 has 'x', no token id; it seems to be text")
    assert messages[1].startswith("line 4 has '4,,5', no token id")
    assert messages[2].startswith("line 5 has '-1', no token id; a corpus is a .npy")
    again = list(reader.scan(3, 4, reader.mark(1).places[3]))
    assert str(again[0]).startswith(f"{path}: row 3 has '-1'")


@pytest.mark.parametrize("name", ["t.txt", "t.jsonl", "t.jsonl.gz"])
def test_text_is_read_by_a_tokenizer(name, tmp_path):
    texts = ["The cat sat.", "on [SEP] mats"]
    is_json = "jsonl" in name
    lines = [json.dumps({"text": text}) if is_json else text for text in texts]
    path = str(write_lines(tmp_path, name, lines))
    [source] = find_sources([path], tokenizer="bert")
    rows = list(source.open().scan(0, 2))
    tokenizer = load_tokenizer("bert")
    assert [row.tokens.tolist() for row in rows] == [
        tokenizer.encode(text).tokens.tolist() for text in texts
    ]
    assert rows[0].special.tolist() == [True, *[False] * 4, True]
    assert rows[1].special.sum() == 3
    assert rows[0].types.tolist() == tokenizer.encode(texts[0]).types.tolist()
    described = DataFile.describe({"path": path, "tokenizer": "bert"}, "data[0]")
    assert DataFile.parse(described.as_dict(), "data[0]") == described


DEMO = """$( A tiny database. $)
$c ( ) -> |- wff $.
$v p q $.
wp $f wff p $.
wq $f wff q $.
wi $a wff ( p -> q ) $.
${ min $e |- p $. maj $e |- ( p -> q ) $. mp $a |- q $. $}
${ h1 $e |- p $. h2 $e |- ( p -> q ) $.
th $p |- q $= wp wq h1 h2 mp $. $}
${ h3 $e |- p $. th2 $p |- ( p -> q ) $= ( wi th mp wi ) ABCDZE $. $}
"""


def test_a_metamath_database_is_read_by_theorems(tmp_path):
    path = write_lines(tmp_path, "demo.mm.gz", [DEMO])
    reader = Source.parse(path, "data").open()
    # Constants 0..4, variables 5 and 6, then labels as they are first cited.
    assert scan(reader, 0, 2) == [
        [3, 5, 3, 0, 5, 2, 6, 1, 3, 6, 7],
        [3, 5, 3, 0, 5, 2, 6, 1, 8, 9, 7],
    ]
    assert reader.labels == ["mp", "wi", "th"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("$c a $.", "must have a theorem ($p), it has none"),
        ("$c a $. x $p b $= y $.", "must declare the symbol 'b'"),
        ("$c a", "line 1 ends before `$.`"),
        ("$( a", "line 1 ends within a comment"),
        ("$c a $.\n$p a $= b $.", "line 2 must have a label before `$p`"),
        ("$c a $.\n${ x $a a $.", "line 2 ends within a statement or a block"),
        ("$}", "line 1 has `$}` without `${`"),
        ("$[ set.mm $]", "line 1 includes a file; join the files first"),
        ("x y $a a $.", "line 1 has 'y' where a statement must begin"),
        ("$c \xe4 $.", "line 1 must be ASCII text outside comments"),
        ("$c a $( $) $d $.", "line 1 has '$d' before `$.`"),
    ],
)
def test_a_malformed_database_is_refused_with_its_line(content, message, tmp_path):
    path = tmp_path / "d.mm"
    path.write_text(content)
    with pytest.raises(DataFileError, match=re.escape(message)):
        Source.parse(path, "data").open()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pa.table({"ids": [[1]]}), "must have a column `input_ids`, has ids"),
        (pa.table({"text": ["a"]}), "tokenize its column `text` first"),
        (
            pa.table({"input_ids": [1]}),
            "`input_ids` must be lists of integers, is int64",
        ),
        (pa.table({"input_ids": [[1.0]]}), "is list<element: double>"),
        (
            make_table(special_tokens_mask=["x"] * 7),
            "`special_tokens_mask` must be lists",
        ),
        (make_table([]), "must have a row, it has none"),
    ],
)
def test_tables_without_rows_of_ids_are_refused(table, message, tmp_path):
    for path in (write_parquet(tmp_path, table), write_arrow(tmp_path, table=table)):
        expected = (
            message.replace("element", "item") if "arrow" in path.name else message
        )
        with pytest.raises(DataFileError, match=re.escape(expected)):
            Source.parse(path, "data").open()


@pytest.mark.parametrize("name", ["r.parquet", "r.arrow"])
def test_damaged_tables_are_refused(name, tmp_path):
    path = write_parquet(tmp_path) if "parquet" in name else write_arrow(tmp_path)
    content = path.read_bytes()
    for damaged in (b"", b"PAR1", content[: len(content) // 2], b"x" * 200):
        path.write_bytes(damaged)
        with pytest.raises(DataFileError, match=f"{name}: (is not|must have)"):
            list(Source.parse(path, "data").open().scan(0, 9))


def test_folders_and_patterns_are_read_in_the_order_of_names(tmp_path):
    for name in ("b.jsonl", "a.jsonl", ".hidden.jsonl"):
        write_lines(tmp_path, name, ["[1]"])
    write_indexed(tmp_path, ROWS, "u2")
    (tmp_path / "README.md").write_text("x")
    names = [source.path for source in find_sources([str(tmp_path)])]
    assert names == [str(tmp_path / x) for x in ("a.jsonl", "b.jsonl", "rows.idx")]
    pattern = [source.path for source in find_sources([f"{tmp_path}/[ab].jsonl"])]
    assert pattern == names[:2]
    with pytest.raises(EngineError, match="`data` must match a file"):
        find_sources([f"{tmp_path}/*.parquet"])
    with pytest.raises(
        DataFileError, match=r"has an index of Megatron; name rows\.idx"
    ):
        find_sources([str(tmp_path / "rows.bin")], dtype="uint16", length=2)
    with pytest.raises(EngineError, match="`tokenizer` must not be given for the form"):
        find_sources([f"{tmp_path}/rows.idx"], tokenizer="gpt2")


def test_a_saved_dataset_has_the_order_of_its_state(tmp_path):
    state = {"_data_files": [{"filename": "b.arrow"}, {"filename": "a.arrow"}]}
    (tmp_path / "state.json").write_text(json.dumps(state))
    write_arrow(tmp_path).rename(tmp_path / "a.arrow")
    write_arrow(tmp_path).rename(tmp_path / "b.arrow")
    names = [source.path for source in find_sources([str(tmp_path)])]
    assert names == [str(tmp_path / "b.arrow"), str(tmp_path / "a.arrow")]
    for change, message in (
        ({"_indices_data_files": [{"filename": "i.arrow"}]}, "flatten_indices"),
        ({"_data_files": [{"filename": "../a.arrow"}]}, "files of its folder only"),
        ({"_data_files": 3}, "must list `_data_files`"),
    ):
        (tmp_path / "state.json").write_text(json.dumps(state | change))
        with pytest.raises(DataFileError, match=message):
            find_sources([str(tmp_path)])
    (tmp_path / "dataset_dict.json").write_text("{}")
    (tmp_path / "train").mkdir()
    with pytest.raises(DataFileError, match="name one of its folders: train"):
        find_sources([str(tmp_path)])


def test_errors_are_the_same_in_another_process():
    for error in (
        DataFileError(Path("a"), "is bad"),
        BadRowError(Path("a"), 3, "row 3: is bad"),
    ):
        copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
        assert (type(copy), str(copy)) == (type(error), str(error))
        assert vars(copy) == vars(error)


def test_other_forms_are_named_with_the_way_to_convert_them(tmp_path):
    for name, content, expected in (
        ("c.npz", b"PK\x03\x04", "is an archive of arrays; write one"),
        ("c.csv", b"1,2", "is a table of text; write a line of ids per row"),
        ("c", b"PAR1", "is a table of Parquet; give it a name that ends in .parquet"),
        ("c.dat", b"MMIDIDX\x00\x00", "is an index of Megatron; give it a name"),
        ("c.npy.gz", b"\x1f\x8b", "is a packed .npy file; unpack it with gunzip"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataFileError, match=re.escape(expected)):
            find_sources([str(tmp_path / name)])
    assert describe_other_form(write_lines(tmp_path, "c.xyz", ["1"])) is None
    with pytest.raises(EngineError, match=re.escape(FORMS[:40])):
        find_sources([str(tmp_path / "c.xyz")])
    with pytest.raises(DataFileError, match="No such file"):
        find_sources([str(tmp_path / "missing.parquet")])


def test_rows_in_blocks_are_those_that_are_read_one_by_one(tmp_path, monkeypatch):
    rng = np.random.default_rng(5)
    sizes = rng.integers(0, 9, 60).tolist()
    rows = [rng.integers(0, 50, size).tolist() for size in sizes]
    real = [int(rng.integers(0, size + 1)) for size in sizes]
    masks = [[1] * n + [0] * (size - n) for n, size in zip(real, sizes, strict=True)]
    flags = [rng.integers(0, 2, size).tolist() for size in sizes]
    kinds = [rng.integers(0, 3, size).tolist() for size in sizes]
    names = {"special_tokens_mask": flags, "token_types": kinds}
    bad = [*rows[:7], [1, None], *rows[8:]]
    tables = (
        (make_table(rows, attention_mask=masks, **names), 0),
        (make_table(rows, **names), 0),
        (make_table(bad), 1),
    )
    monkeypatch.setattr(columns, "BLOCK_ROWS", 11)
    monkeypatch.setattr(columns, "BLOCK_TOKENS", 40)
    for table, errors in tables:
        found = []
        pq.write_table(table, tmp_path / "w.parquet", row_group_size=50)
        with pa.ipc.new_stream(str(tmp_path / "w.arrow"), table.schema) as out:
            out.write_table(table)
        for name in ("w.parquet", "w.arrow"):
            reader = Source.parse(tmp_path / name, "data").open()
            for start, stop in ((0, 60), (3, 31)):
                blocks = list(reader.scan_blocks(start, stop))
                with monkeypatch.context() as patch:
                    patch.setattr(columns, "_make_block", lambda *_: None)
                    single = list(reader.scan(start, stop))
                joined = list(split_blocks(iter(blocks)))
                assert [describe(row) for row in joined] == [
                    describe(row) for row in single
                ]
                assert len(single) == stop - start
                found.append(sum(isinstance(row, BadRowError) for row in single))
        assert found == [errors] * 4
    assert describe(single[0])[0] == rows[3]


def describe(row):
    if isinstance(row, BadRowError):
        return str(row)
    return [None if part is None else part.tolist() for part in row]
