"""Which token is critical, which is a variable, and which is neither."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noising.tokenizers import TOKEN_TYPES, load_tokenizer
from noising.tokenizers.lexemes import character_types
from noising.tokenizers.token_types import find_span_types, one_type_each

MARKS = "cv."
"""How the tables below write critical, variable and other."""


def marked(text: str) -> str:
    return "".join(MARKS[kind] for kind in character_types(text))


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        # numbers
        ("7 3.14 1e-5", "c.cccc.cccc"),
        ("½ ² 三", "c.c.c"),
        ("one and ten", "ccc.ccc.ccc"),
        ("2, 3.", "c..c."),
        # operators and brackets
        ("x + y", "v.c.v"),
        ("(x) [y] {z} ⟨w⟩", "cvc.cvc.cvc.cvc"),
        ("a<=b!=c", "vccvccv"),
        ("p → q ⊢ r ∈ S", "v.c.v.c.v.c.v"),
        ("|- -5", "cc.cc"),
        ("so? No!", "...." + "cc."),
        ("well-known and/or", ".......... ccc.cc".replace(" ", ".")),
        # quantifiers and logical words, in any case, in LaTeX too
        ("For all x", "...." + "ccc.v"),
        ("∀x ∃y", "cv.cv"),
        (r"\forall x \in \alpha", "ccccccc.v.ccc.vvvvvv"),
        ("IFF or NOT", "ccc.cc.ccc"),
        # identifiers
        ("x_0 f' n2 maxValue _y", "vvv.vv.vv.vvvvvvvv.vv"),
        ("α ℝ 𝑥 beta Phi", "v.v.v.vvvv.vvv"),
        ("ph", ".."),
        # all else
        ("the prime", "........."),
        ("don't", "....."),
        ("中 文", "..."),
        ("HTTP McCoy", "....." + "vvvvv"),
        # the letters that are words, too
        ("I have a dog", "............"),
        ("a + I", "v.c.v"),
        ("(a)", "cvc"),
        ("a", "."),
        ("", ""),
    ],
)
def test_what_is_what_in_a_text(text, marks):
    assert marked(text) == marks


def test_a_token_of_several_lexemes_counts_by_the_first_kind_among_them():
    characters = np.array([2, 1, 0, 2], dtype=np.uint8)
    offsets = np.array([[0, 1], [0, 2], [0, 4], [3, 4], [2, 2], [4, 4]])
    assert find_span_types(characters, offsets).tolist() == [2, 1, 0, 2, 2, 2]


def test_an_id_has_the_type_of_most_of_its_positions():
    tokens = np.array([5, 9, 5, 5, 9, 7])
    types = np.array([2, 0, 2, 0, 1, 1], dtype=np.uint8)
    assert one_type_each(tokens, types).tolist() == [2, 0, 2, 2, 0, 1]


@pytest.mark.parametrize(
    ("name", "text", "token_types"),
    [
        (
            "gpt2",
            "x < y",
            {"critical": [1279], "variable": [87, 331], "other": []},
        ),
        (
            "bert",
            "is x prime",
            {"critical": [101, 102], "variable": [1060], "other": [2003, 3539]},
        ),
        (
            "metamath",
            "|- A = A eqid",
            {"critical": [141, 903], "variable": [959], "other": [1422]},
        ),
    ],
)
def test_ids_come_sorted_by_type_as_noise_takes_them(name, text, token_types):
    encoding = load_tokenizer(name).encode(text)
    found = {kind: ids.tolist() for kind, ids in encoding.token_types.items()}
    assert found == token_types


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_the_type_of_a_position_is_the_one_type_of_its_id(text):
    for name in ("gpt2", "bert", "metamath"):
        encoding = load_tokenizer(name).encode(text)
        of_id = {
            id_: kind
            for kind, ids in encoding.token_types.items()
            for id_ in ids.tolist()
        }
        assert list(encoding.token_types) == list(TOKEN_TYPES)
        assert sum(map(len, encoding.token_types.values())) == len(of_id)
        names = [of_id[token] for token in encoding.tokens.tolist()]
        assert encoding.type_names == names


@pytest.mark.parametrize(
    "unit", ["a", "a ", "a.", "1.", "'", "a'", "_", "\\", "(", "aB", " ", "I  "]
)
def test_no_text_takes_more_time_than_its_length_asks_for(unit):
    """A scan that is quadratic would need minutes for these 2^17 characters."""
    text = (unit * 2**17)[: 2**17]
    start = time.perf_counter()
    character_types(text)
    character_types("a" + text)
    assert time.perf_counter() - start < 10
