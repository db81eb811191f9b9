"""The bundled vocabularies: complete, source in NOTICE, standard ids."""

import gzip
import hashlib
import json
import subprocess
import sys

import pytest

from benchmarks.corpora import SETMM_PATH
from benchmarks.corpora.corpus import TOKEN_TYPES
from noising.tokenizers import (
    BUILTIN_TOKENIZERS,
    MetamathVocabulary,
    bert,
    gpt2,
    load_tokenizer,
)
from noising.tokenizers.data_files import DATA
from tests.operations.servers import ROOT

DIGESTS = {
    "gpt2_merges.bpe.gz": (
        "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5"
    ),
    "bert_uncased_vocab.txt.gz": (
        "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
    ),
    "setmm_vocabulary.json.gz": (
        "16c4811dc17e9f456f1d100cce36d345c63feb4ac6878d7f851ee28039d4b1ca"
    ),
}


@pytest.mark.parametrize("name", DIGESTS)
def test_a_data_file_is_the_one_that_its_readme_and_the_notice_describe(name):
    content = gzip.decompress((DATA / name).read_bytes())
    assert hashlib.sha256(content).hexdigest() == DIGESTS[name]
    assert DIGESTS[name] in (DATA / "README.md").read_text()
    assert str((DATA / name).relative_to(ROOT)) in (ROOT / "NOTICE").read_text()


def test_no_file_ships_that_is_not_described():
    described = {*DIGESTS, "README.md", "LICENSE-gpt2.txt", "LICENSE-bert.txt"}
    assert {path.name for path in DATA.iterdir()} == described


def test_gpt2s_ids_are_those_of_the_table_that_openai_published():
    """The digest is that of encoder.json's tokens, by id, joined by line feeds."""
    tokens = gpt2.vocabulary()
    assert len(set(tokens)) == len(tokens) == 50257
    assert hashlib.sha256("\n".join(tokens).encode()).hexdigest() == (
        "e35a33a0b2250c932ffdafc4c3a3552aef0cc7af7a11e9ebfddf1d2a6517371f"
    )


@pytest.mark.parametrize(
    ("token", "id_"),
    [("[PAD]", 0), ("[UNK]", 100), ("[CLS]", 101), ("[SEP]", 102), ("[MASK]", 103)],
)
def test_berts_marks_have_the_ids_that_all_expect(token, id_):
    assert bert.vocabulary()[id_] == token


def test_metamaths_vocabulary_is_made_of_the_excerpt_by_the_script(tmp_path):
    made = tmp_path / "made.json.gz"
    script = ROOT / "scripts" / "metamath-vocabulary"
    subprocess.run([sys.executable, script, SETMM_PATH, made], check=True)
    assert made.read_bytes() == (DATA / "setmm_vocabulary.json.gz").read_bytes()


def test_metamaths_ids_and_types_are_those_of_the_corpus(setmm):
    tokenizer = load_tokenizer("metamath")
    lines = gzip.decompress(SETMM_PATH.read_bytes()).splitlines()
    for index in (0, 700, 2495):
        theorem = json.loads(lines[index + 1])
        parts = [*theorem["hypotheses"], theorem["statement"], *theorem["proof"]]
        encoding = tokenizer.encode(" ".join(parts))
        assert encoding.tokens.tolist() == setmm.sequence(index).tolist()
    words, types = MetamathVocabulary.load().words(), tokenizer.declared
    assert words[-1] == "[UNK]"
    assert types[:-1].tolist() == setmm.types.tolist()
    assert TOKEN_TYPES[types[-1]] == "other"
    assert len(set(words)) == setmm.vocab_size + 1


@pytest.mark.parametrize("name", BUILTIN_TOKENIZERS)
def test_the_size_that_is_known_before_loading_is_the_size(name):
    tokenizer = load_tokenizer(name)
    ids = tokenizer.backend.get_vocab(with_added_tokens=True).values()
    assert sorted(ids) == list(range(BUILTIN_TOKENIZERS[name].vocab_size))
    assert tokenizer.vocab_size == BUILTIN_TOKENIZERS[name].vocab_size
