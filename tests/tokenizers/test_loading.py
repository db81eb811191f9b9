"""Tokenizers from files, and the cost of loading."""

import json
import os
import subprocess
import sys

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from noising.tokenizers import TokenizerError, load_tokenizer


@pytest.fixture
def word_tokenizer(tmp_path):
    """A tokenizer.json of four words, one id of which is missing."""
    words = {"x": 0, "<": 1, "small": 3, "[UNK]": 4}
    backend = Tokenizer(models.WordLevel(vocab=words, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    backend.enable_truncation(2)
    backend.enable_padding(length=9)
    path = tmp_path / "tokenizer.json"
    backend.save(str(path))
    return path


def test_any_tokenizer_json_can_be_loaded(word_tokenizer):
    tokenizer = load_tokenizer(str(word_tokenizer))
    encoding = tokenizer.encode("x < small fish")
    assert encoding.tokens.tolist() == [0, 1, 3, 4]
    assert encoding.type_names == ["variable", "critical", "other", "other"]
    assert tokenizer.vocab_size == 5
    assert tokenizer.decode([0, 1, 2]) == "x < \ufffd"


def test_a_word_that_no_token_stands_for_is_refused(tmp_path):
    path = tmp_path / "strict.json"
    Tokenizer(models.WordLevel(vocab={"x": 0}, unk_token="[UNK]")).save(str(path))
    with pytest.raises(TokenizerError, match="cannot be encoded"):
        load_tokenizer(str(path)).encode("y")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "is not a file"),
        (b"", "is not a tokenizer"),
        (b"{}", "is not a tokenizer"),
        (b'{"model": {"type": "BPE"}}', "is not a tokenizer"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"[" * 100_000, "is not a tokenizer"),
    ],
)
def test_a_file_that_is_no_tokenizer_says_why(tmp_path, content, words):
    path = tmp_path / "tokenizer.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TokenizerError, match=words):
        load_tokenizer(str(path))


def test_an_empty_vocabulary_is_none(tmp_path):
    path = tmp_path / "tokenizer.json"
    Tokenizer(models.WordLevel(vocab={}, unk_token="[UNK]")).save(str(path))
    with pytest.raises(TokenizerError, match="empty vocabulary"):
        load_tokenizer(str(path))


def test_a_pipe_or_a_folder_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(TokenizerError, match="is not a file"):
            load_tokenizer(str(path))


def test_a_file_beyond_the_limit_is_not_read(tmp_path):
    path = tmp_path / "tokenizer.json"
    with path.open("wb") as file:
        file.truncate(2**27 + 1)
    with pytest.raises(TokenizerError, match="is longer than"):
        load_tokenizer(str(path))


def test_importing_the_package_loads_nothing_that_tokenises():
    script = (
        "import json, sys\n"
        "import noising.tokenizers\n"
        "print(json.dumps([n for n in ('tokenizers', 'django') if n in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []
