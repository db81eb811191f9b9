import gzip
import hashlib
import io
import json
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.corpora import (
    SETMM_PATH,
    TOKEN_TYPES,
    CorpusError,
    load_corpus,
    pack_corpus,
    unpack_corpus,
)
from benchmarks.corpora import corpus as corpus_module
from noising.corpus.forms import lines
from noising.tokenizers import load_tokenizer

SETMM_SHA256 = "8411245e23a5c3a35b6f9ed10711bb6e2d6f5a26dcf850bfbfa1ee08109e895c"
HEADER = {"constants": ["(", ")", "->", "|-"], "variables": ["ph", "ps"]}
THEOREMS = [
    {
        "label": "a1i",
        "hypotheses": ["|- ph"],
        "statement": "|- ( ps -> ph )",
        "proof": ["wi", "ax-mp"],
    },
    {"label": "id", "hypotheses": [], "statement": "|- ph", "proof": ["ax-mp", "("]},
]


def load(name_or_path, vocab_size=100, seed=0):
    return load_corpus(
        str(name_or_path),
        vocab_size=vocab_size,
        generator=np.random.default_rng(seed),
    )


def jsonl(*records):
    return "\n".join(
        record if isinstance(record, str) else json.dumps(record) for record in records
    ).encode()


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path


def npy(array, **kwargs):
    stream = io.BytesIO()
    np.save(stream, array, **kwargs)
    return stream.getvalue()


def sequences(corpus):
    return [corpus.sequence(i).tolist() for i in range(corpus.num_sequences)]


def refusal(path, **kwargs):
    with pytest.raises(CorpusError) as caught:
        load(path, **kwargs)
    message = str(caught.value)
    assert message.isprintable(), "one line without control characters"
    assert len(message) < 400
    return message


# Metamath ---------------------------------------------------------------------------


def test_the_shipped_excerpt_is_the_one_that_the_notice_describes():
    content = gzip.decompress(SETMM_PATH.read_bytes())
    assert hashlib.sha256(content).hexdigest() == SETMM_SHA256
    root = SETMM_PATH.parents[2]
    assert SETMM_SHA256 in (SETMM_PATH.parent / "README.md").read_text()
    assert str(SETMM_PATH.relative_to(root)) in (root / "NOTICE").read_text()


def test_setmm_has_its_own_symbols_and_labels_as_vocabulary():
    corpus = load("setmm", vocab_size=7)
    lines = gzip.decompress(SETMM_PATH.read_bytes()).splitlines()
    header, *theorems = [json.loads(line) for line in lines]
    labels = {label for theorem in theorems for label in theorem["proof"]}
    symbols = header["constants"] + header["variables"]
    assert corpus.vocab_size == len(symbols) + len(labels)
    assert corpus.num_sequences == len(theorems) == 2496
    assert corpus.sha256 == SETMM_SHA256
    assert corpus.type_counts() == {
        "critical": 104_238,
        "variable": 41_905,
        "other": 79_846,
    }
    expected = [
        symbols.index(symbol)
        for text in [*theorems[700]["hypotheses"], theorems[700]["statement"]]
        for symbol in text.split()
    ]
    sequence = corpus.sequence(700)
    assert sequence[: len(expected)].tolist() == expected
    assert len(sequence) == len(expected) + len(theorems[700]["proof"])
    assert (corpus.types[sequence[len(expected) :]] == 2).all()


@pytest.mark.parametrize("name", ["c.jsonl", "c.jsonl.gz", "C.JSONL"])
def test_metamath_ids_go_to_constants_variables_then_labels(tmp_path, name):
    content = jsonl(HEADER, *THEOREMS)
    packed = gzip.compress(content) if name.endswith(".gz") else content
    corpus = load(write(tmp_path, name, packed))
    # The label "(" is not the symbol "(".
    assert sequences(corpus) == [[3, 4, 3, 0, 5, 2, 4, 1, 6, 7], [3, 4, 7, 8]]
    assert [TOKEN_TYPES[t] for t in corpus.types] == (
        ["critical"] * 4 + ["variable"] * 2 + ["other"] * 3
    )
    assert corpus.sha256 == hashlib.sha256(content).hexdigest()
    assert corpus.licence is None


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + jsonl(HEADER, *THEOREMS),
        jsonl(HEADER, *THEOREMS).replace(b"\n", b"\r\n"),
        jsonl("", HEADER, "  ", *THEOREMS, ""),
        jsonl(HEADER | {"corpus": "mine", "documents": 9}, *THEOREMS),
    ],
    ids=["byte order mark", "CRLF", "blank lines", "further keys"],
)
def test_harmless_variants_of_a_metamath_file_are_read(tmp_path, content):
    assert load(write(tmp_path, "c.jsonl", content)).num_sequences == 2


THEOREM = THEOREMS[1]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty: it has no header line"),
        (b" \n\n", "is empty: it has no header line"),
        (jsonl(HEADER), "is empty: it has no tokens"),
        (jsonl("{"), "line 1: not JSON"),
        (jsonl(HEADER, THEOREM, "{'a'}"), "line 3: not JSON"),
        (jsonl(HEADER, "[" * 100_000), "line 2: not JSON"),
        (jsonl(HEADER, '{"a": ' + "9" * 5000 + "}"), "line 2: not JSON"),
        (jsonl("3"), "line 1: must be a JSON object"),
        (jsonl(HEADER, "null"), "line 2: must be a JSON object"),
        (jsonl(THEOREM), "line 1: the first line must list"),
        (jsonl({"constants": []}), "line 1: the first line must list"),
        (jsonl(HEADER | {"constants": "a b"}), "`constants` must be a list"),
        (jsonl(HEADER | {"variables": [1]}), "`variables` must hold strings only"),
        (jsonl(HEADER | {"variables": [""]}), "`variables` must hold strings only"),
        (jsonl(HEADER | {"variables": ["ph", "("]}), "'(' is listed twice"),
        (jsonl(HEADER, {**THEOREM, "statement": "|- zz"}), "line 2: symbol 'zz' is"),
        (jsonl(HEADER, {**THEOREM, "statement": "|- a\nb\x1b"}), "symbol 'a' is"),
        (jsonl(HEADER, {**THEOREM, "statement": "\ud800"}), r"symbol '\ud800' is"),
        (jsonl(HEADER, {**THEOREM, "statement": " "}), "`statement` must be"),
        (jsonl(HEADER, {**THEOREM, "statement": None}), "`statement` must be"),
        (jsonl(HEADER, {"statement": "|- ph", "proof": []}), "`hypotheses` must be"),
        (jsonl(HEADER, {**THEOREM, "proof": [["a"]]}), "`proof` must hold strings"),
        (jsonl(HEADER, {**THEOREM, "proof": "ax-mp"}), "`proof` must be a list"),
        (jsonl(HEADER) + b"\n\xff\xfe", "line 2: not UTF-8 text (byte 1)"),
        (
            jsonl(
                {"constants": ["a"], "variables": []},
                {"hypotheses": [], "statement": "a", "proof": []},
            ),
            "a vocabulary of one token",
        ),
    ],
)
def test_a_malformed_metamath_file_is_refused_with_its_line(
    tmp_path, content, expected
):
    message = refusal(write(tmp_path, "bad.jsonl", content))
    assert expected in message
    assert "bad.jsonl" in message


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[: len(packed) // 2],
        lambda packed: b"not gzip at all",
        lambda packed: packed[:40] + b"\xff" * 20 + packed[60:],
        lambda packed: packed + b"trailing garbage",
    ],
    ids=["truncated", "not gzip", "corrupt", "garbage"],
)
def test_a_damaged_gzip_file_is_refused(tmp_path, damage):
    path = write(tmp_path, "bad.jsonl.gz", damage(SETMM_PATH.read_bytes()))
    assert "is not a complete gzip file" in refusal(path)


# Ids --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ids.txt", "ids", "ids.tokens", "ids.txt.gz"])
def test_a_text_file_is_a_sequence_a_line(tmp_path, name):
    content = b"1 2\t3\r\n\n  99 0  \n007"
    packed = gzip.compress(content) if name.endswith(".gz") else content
    corpus = load(write(tmp_path, name, packed))
    assert sequences(corpus) == [[1, 2, 3], [99, 0], [7]]
    assert corpus.vocab_size == 100
    assert corpus.type_counts() == {"critical": 0, "variable": 0, "other": 6}
    assert corpus.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"1 2\n3 100\n", "row 1: token id 100 is outside 0..99"),
        (b"1 -2", "line 1 has '-2', no token id"),
        (b"1 2.0", "'2.0', no token id"),
        (b"1,,3", "'1,,3', no token id"),
        (b"1;2", "'1;2', no token id"),
        (b"[1, 2", "'[1', no token id; it seems to be one JSON document"),
        (b"[[1, 2], [3]]", "'[1', no token id; it seems to be one JSON document"),
        (b"id,tokens\n1,2", "'id', no token id; it seems to be text"),
        (b">seq1\nMKT", "'>seq1', no token id; it seems to be FASTA"),
        (b"$c a $.", "'$c', no token id; it seems to be a Metamath database"),
        (b'{"a": 1}', "it seems to be one JSON document"),
        (b"-1 2", "'-1', no token id; a corpus is a .npy array"),
        (b"1e2", "'1e2', no token id"),
        (b"+5", "'+5', no token id"),
        (b"1_0", "'1_0', no token id"),
        ("٣".encode(), ", no token id; "),
        (b"9" * 5000, ", no token id; "),
        (b"1 2\x003", r"has '2\x003', no token id"),
        (b"1\n2\n\xff", "line 3 must be UTF-8 text"),
        (b"\x1b[31mred\x07", ", no token id; "),
    ],
)
def test_a_malformed_text_file_is_refused_with_its_line(tmp_path, content, expected):
    assert expected in refusal(write(tmp_path, "ids.txt", content))


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([1, 2, 3]), [[1, 2, 3]]),
        (np.array([[1, 2], [3, 4]], dtype=np.uint16), [[1, 2], [3, 4]]),
        (np.array([[1, 2], [3, 4]], dtype=">i4", order="F"), [[1, 2], [3, 4]]),
    ],
)
def test_a_npy_array_is_one_sequence_or_one_a_row(tmp_path, array, expected):
    path = write(tmp_path, "ids.npy", npy(array))
    corpus = load(path)
    assert sequences(corpus) == expected
    assert corpus.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def huge_header():
    honest = npy(np.zeros(3, dtype=np.int64))
    return honest.replace(b"(3,), }" + b" " * 15, b"(3000000000000000,), }")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is not a .npy array"),
        (b"1 2 3", "is not a .npy array"),
        (npy(np.zeros(0, dtype=int)), "its shape is [0]"),
        (npy(np.zeros((3, 0), dtype=int)), "its shape is [3, 0]"),
        (npy(np.zeros(3)), "must hold integers, its dtype is float64"),
        (npy(np.zeros(3, dtype=bool)), "must hold integers, its dtype is bool"),
        (npy(np.array(["1"])), "must hold integers"),
        (npy(np.array(5)), "must have the shape (rows, length), its shape is []"),
        (npy(np.zeros((1, 1, 1), dtype=int)), "its shape is [1, 1, 1]"),
        (npy(np.array([{}, None]), allow_pickle=True), "is not a .npy array"),
        (npy(np.array([1, -2])), "row 0: token id -2 is outside 0..99"),
        (npy(np.array([[1, 2], [100, 3]])), "row 1: token id 100 is outside"),
        (npy(np.array([2**64 - 1], dtype=np.uint64)), "is outside 0..99"),
        (npy(np.arange(50))[:-8], "is not a .npy array"),
        (huge_header(), "is not a .npy array"),
        (b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 0xFFFF, "is not a .npy array"),
    ],
)
def test_a_malformed_npy_file_is_refused(tmp_path, content, expected):
    assert expected in refusal(write(tmp_path, "ids.npy", content))


def test_a_pickle_is_never_loaded(tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "sprung",))

    content = npy(np.array([Trap()], dtype=object), allow_pickle=True)
    refusal(write(tmp_path, "ids.npy", content))
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "content",
    [b"1,2,3\n4,5", b"[1, 2, 3]\n[4, 5]\n[]", b"[1 2 3]\n4 , 5", b" [ 1,2 3 ] \n4 5"],
)
def test_ids_may_stand_between_commas_and_in_brackets(tmp_path, content):
    assert sequences(load(write(tmp_path, "c.txt", content))) == [[1, 2, 3], [4, 5]]


# Text -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("c.txt", b"1984 was a year.\n\nif x: y"),
        ("notes", b"\xef\xbb\xbf1984 was a year.\nif x: y\n"),
        ("c.jsonl", jsonl({"text": "1984 was a year."}, {"text": "if x: y"})),
    ],
)
def test_text_is_read_with_a_tokenizer_a_line_a_sequence(tmp_path, name, content):
    corpus = load(write(tmp_path, name, content), vocab_size=7)
    gpt2 = load_tokenizer("gpt2")
    lines = [gpt2.encode("1984 was a year."), gpt2.encode("if x: y")]
    assert sequences(corpus) == [line.tokens.tolist() for line in lines]
    assert corpus.vocab_size == 50_257
    for line in lines:
        assert (corpus.types[line.tokens] == line.types).all()


def test_a_tokenizer_can_be_named_and_a_corpus_unpacked_from_its_bytes(tmp_path):
    path = write(tmp_path, "c.txt", b"12 34")
    read = load_corpus(
        str(path), vocab_size=2, generator=np.random.default_rng(0), tokenizer="bert"
    )
    assert read.vocab_size == 30_522
    same = unpack_corpus(
        pack_corpus(read), name="c.txt", source=str(path), sha256=read.sha256
    )
    assert same.summary() == read.summary()
    assert sequences(same) == sequences(read)
    with pytest.raises(CorpusError, match="the tokenizer is not a file"):
        load_corpus(
            str(path), vocab_size=2, generator=np.random.default_rng(0), tokenizer="no"
        )


# Rows with ids ----------------------------------------------------------------------

ROWS = [
    {"input_ids": [5, 6, 7], "attention_mask": [1, 1, 0], "labels": [-100, 6, 7]},
    {"input_ids": [8], "attention_mask": None},
    {"input_ids": [9, 9], "attention_mask": [0, 0]},
    [0, 99],
]


@pytest.mark.parametrize("name", ["c.jsonl", "c.jsonl.gz"])
def test_rows_with_input_ids_are_read_without_their_padding(tmp_path, name):
    content = jsonl("", *ROWS)
    packed = gzip.compress(content) if name.endswith(".gz") else content
    corpus = load(write(tmp_path, name, packed))
    assert sequences(corpus) == [[5, 6], [8], [0, 99]]
    assert corpus.vocab_size == 100
    assert corpus.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (([],), "is empty"),
        (([1], [2, 100]), "row 1: token id 100 is outside 0..99"),
        (([1], [-1]), "line 2 must have token ids, got -1"),
        (([1, True],), "line 1 must have token ids, got True"),
        (([1, 2.0],), "line 1 must have token ids, got 2.0"),
        (([[1], [2]],), "line 1 must have token ids, got [1]"),
        (({"input_ids": "1 2"},), "line 1 must have a list of ids, got '1 2'"),
        (([1], {"text": "a"}), "line 2 must be a list of ids or an object with"),
        (([1], "{"), "line 2 must be JSON"),
        (({"input_ids": [1], "attention_mask": [1, 1]},), "`attention_mask` must have"),
        (({"input_ids": [1], "attention_mask": [2]},), "`attention_mask` must have"),
        (({"input_ids": [1], "attention_mask": [[1]]},), "`attention_mask` must have"),
        (({"input_ids": [1], "attention_mask": 1},), "at the end, got 1"),
    ],
)
def test_a_malformed_row_is_refused_with_its_line(tmp_path, rows, expected):
    assert expected in refusal(write(tmp_path, "bad.jsonl", jsonl(*rows)))


# Forms that are not read ------------------------------------------------------------


def npz():
    stream = io.BytesIO()
    np.savez(stream, tokens=np.arange(3))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "form", "way_out"),
    [
        (
            "train.bin.gz",
            gzip.compress(b"\x05\x00", mtime=0),
            "a packed .bin file",
            "gunzip",
        ),
        ("c.npz", npz(), "an archive of arrays", "numpy.save"),
        ("model", b"PK\x03\x04rest", "a zip archive", "unpack it"),
        ("c", b"PAR1", "a table of Parquet", "ends in .parquet"),
        ("c", b"ARROW1", "a table of Apache Arrow", "ends in .arrow"),
        ("c.fasta", b">a\nMK", "FASTA", "a number for each letter"),
        ("c.json", b"[[1, 2]]", "one JSON document", ".jsonl"),
        ("c.pt", b"PK\x03\x04", "a file of tensors", "numpy.save"),
        ("c.pkl", b"\x80\x04\x95", "a pickle, which is never loaded", "numpy.save"),
        ("c", npy(np.arange(3)), "a .npy array", "ends in .npy"),
        ("c.txt", gzip.compress(b"1 2", mtime=0), "compressed", "ends in .gz"),
        ("c.txt.zst", b"\x28\xb5\x2f\xfd", "compressed", "zstd -d"),
        ("c.h5", b"\x89HDF\r\n", "HDF5", "numpy.save"),
        ("c.txt", "1 2".encode("utf-16"), "UTF-16 text", "iconv -f UTF-16 -t UTF-8"),
    ],
)
def test_a_form_that_is_not_read_is_named_with_the_way_to_convert_it(
    tmp_path, name, content, form, way_out
):
    message = refusal(write(tmp_path, name, content))
    assert f"{name}: is {form}" in message
    assert way_out in message


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("c.parquet", b"PAR1", "is not a .parquet file"),
        ("c.arrow", b"ARROW1", "is not an .arrow file"),
        ("train.idx", b"MMIDIDX", "must start with the header of a Megatron index"),
        ("train.bin", b"\x05\x00\x06", "must hold a whole number of uint16 tokens"),
        ("train.bin", b"", "must hold a row of 1 tokens, it has 0 tokens"),
        ("train.bin", b"\x05\x00\x64\x00", "row 0: token id 100 is outside 0..99"),
        ("demo.mm", b"$( A $) $c a $.", "must have a theorem ($p), it has none"),
    ],
)
def test_files_that_are_not_what_their_names_say_are_refused(
    tmp_path, name, content, expected
):
    assert expected in refusal(write(tmp_path, name, content))


DEMO = b"""$c ( ) -> |- wff $. $v p q $. wp $f wff p $. wq $f wff q $.
${ min $e |- p $. maj $e |- ( p -> q ) $. mp $a |- q $. $}
${ h1 $e |- p $. h2 $e |- ( p -> q ) $. th $p |- q $= wp wq h1 h2 mp $. $}"""


def test_the_forms_of_other_programs_are_read(tmp_path):
    ids = np.arange(2500, dtype="<u2")
    raw = load(write(tmp_path, "train.bin", ids.tobytes()), vocab_size=2500)
    assert [part[0] for part in sequences(raw)] == [0, 1024]
    assert sequences(load(write(tmp_path, "s.bin", b"\x05\0\x06\0"))) == [[5, 6]]
    large = load(write(tmp_path, "l.bin", b"\0\0\1\0"), vocab_size=70_000)
    assert sequences(large) == [[65_536]]
    path = tmp_path / "c.parquet"
    pq.write_table(pa.table({"input_ids": [[1, 2], [3]]}), path)
    table = load(path)
    assert sequences(table) == [[1, 2], [3]]
    assert table.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    types = [["critical", "variable", "critical"], ["other"]]
    typed = pa.table({"input_ids": [[1, 2, 2], [3]], "token_types": types})
    pq.write_table(typed, path)
    # Id 2 is a variable and critical once each, and critical comes first.
    assert load(path).type_counts() == {"critical": 3, "variable": 0, "other": 1}
    metamath = load(write(tmp_path, "demo.mm", DEMO))
    assert metamath.vocab_size == 8
    assert metamath.type_counts() == {"critical": 6, "variable": 4, "other": 1}


def test_raw_numbers_under_any_name_are_told_how_ids_are_read(tmp_path):
    content = np.arange(200, 300, dtype="<u2").tobytes()
    message = refusal(write(tmp_path, "train.dat", content))
    assert "line 1 must be UTF-8 text" in message
    assert "numpy.save" in message


# Any path ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["c.jsonl", "c.jsonl.gz", "c.npy", "c.txt"])
def test_a_missing_file_is_refused(tmp_path, name):
    message = refusal(tmp_path / name)
    assert "No such file or directory" in message


@pytest.mark.parametrize("name", ["c.jsonl", "c.npy", "c.txt"])
def test_a_directory_is_refused(tmp_path, name):
    (tmp_path / name).mkdir()
    assert "is a directory" in refusal(tmp_path / name)


@pytest.mark.parametrize("name", ["c.jsonl", "c.npy", "c.txt"])
def test_a_named_pipe_is_refused_instead_of_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    assert "is not a regular file" in refusal(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", "is a directory"),
        ("/dev/zero", "is not a regular file"),
        ("a\0b", "is not a valid file name"),
        ("\ud800", "is not a valid file name"),
        ("x" * 5000, "File name too long"),
        ("/proc/self/mem", "cannot be read: Input/output error"),
        ("no\nsuch\x1bfile", "No such file"),
    ],
)
def test_a_strange_path_is_refused(name, expected):
    assert expected in refusal(name)


def test_a_file_name_that_is_not_text_still_gives_a_result_in_json(tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.txt")
    Path(path).write_bytes(b"1 2")
    summary = load(path).summary()
    assert json.dumps(summary, ensure_ascii=False).encode()
    assert summary["name"] == r"\xff.txt"


def test_a_line_that_never_ends_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 100)
    assert "line 2 must have at most 100 bytes" in refusal(
        write(tmp_path, "c.txt", b"1\n" + b"1 " * 60)
    )


def test_a_small_gzip_file_may_not_unpack_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.corpora.rows.MAX_BYTES", 2**27)
    packed = gzip.compress(b" " * (2**23 - 1) + b"\n") * 20
    tracemalloc.start()
    assert "exceeds 1 GiB when it is unpacked" in refusal(
        write(tmp_path, "bomb.txt.gz", packed)
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**26


@pytest.mark.parametrize("name", ["c.txt", "c.npy"])
def test_more_tokens_than_the_limit_are_refused(tmp_path, monkeypatch, name):
    monkeypatch.setattr(corpus_module, "MAX_TOKENS", 5)
    content = npy(np.arange(6)) if name.endswith(".npy") else b"1 2 3\n4 5 6"
    assert "has more than" in refusal(write(tmp_path, name, content))


def test_more_kinds_of_tokens_than_ids_exist_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.corpora.metamath.MAX_VOCAB_SIZE", 8)
    path = write(tmp_path, "c.jsonl", jsonl(HEADER, *THEOREMS))
    assert "line 3: more than" in refusal(path)
    monkeypatch.setattr("benchmarks.corpora.metamath.MAX_VOCAB_SIZE", 5)
    assert "line 1: more than" in refusal(path)


# The corpus itself ------------------------------------------------------------------


def test_the_synthetic_corpus_follows_from_the_seed_alone():
    first, again, other = (load("synthetic", 500, seed) for seed in (1, 1, 2))
    assert first.sha256 == again.sha256 != other.sha256
    assert np.array_equal(first.tokens, again.tokens)
    assert first.vocab_size == 500
    assert min(first.type_counts().values()) > 0.05 * first.tokens.size


def test_synthetic_frequencies_follow_zipf():
    corpus = load("synthetic", 50)
    expected = 1 / np.arange(1, 51)
    expected /= expected.sum()
    n = corpus.tokens.size
    z = (corpus.frequencies() - expected) / np.sqrt(expected * (1 - expected) / n)
    # |z| > 4.5 in any of 50 cells happens once in 3,000 seeds.
    assert np.abs(z).max() < 4.5


def test_long_sequences_are_cut_and_no_token_is_lost(tmp_path):
    path = write(tmp_path, "c.txt", b"1 2 3 4 5 6 7\n8 9\n10 11 12")
    corpus = load(path).cut(3)
    assert sequences(corpus) == [[1, 2, 3], [4, 5, 6], [7], [8, 9], [10, 11, 12]]
    assert sequences(corpus.cut(3)) == sequences(corpus)


def test_frequencies_and_entropy_come_from_the_tokens(tmp_path):
    corpus = load(write(tmp_path, "c.txt", b"0 0\n1 2"), vocab_size=4)
    assert corpus.frequencies().tolist() == [0.5, 0.25, 0.25, 0.0]
    assert corpus.entropy_nats() == pytest.approx(1.5 * np.log(2), rel=1e-15)
    assert str(load(write(tmp_path, "d.txt", b"3 3")).entropy_nats()) == "0.0"


def test_type_classes_list_the_ids_of_each_named_type(tmp_path):
    corpus = load(write(tmp_path, "c.jsonl", jsonl(HEADER, *THEOREMS)))
    assert corpus.type_classes() == {
        "critical": [0, 1, 2, 3],
        "variable": [4, 5],
        "other": [],
    }
