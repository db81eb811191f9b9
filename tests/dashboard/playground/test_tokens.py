import pytest

from noising.dashboard.playground.panels import align_timestep
from noising.dashboard.playground.tokens import (
    PlaygroundText,
    make_block,
    make_readable,
    make_visible,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (" the", " the"),
        ("", "∅"),
        ("  ", "␣␣"),
        ("\n\t", "⏎⇥"),
        ("a\x00\u200d\u202e\xa0", "aU+0000U+200DU+202EU+00A0"),
        ("\ufffd é 数 😀", "\ufffd é 数 😀"),
    ],
)
def test_what_cannot_be_seen_is_made_visible(text: str, shown: str) -> None:
    assert make_visible(text) == shown


@pytest.mark.parametrize(
    ("text", "shown", "masked"),
    [
        (" the", " the", " ███"),
        ("ing", "ing", "▐██"),
        (" ", " ", "▐"),
        ("", "∅", "▐"),
        ("\n   ", "⏎", "▐"),
        (".\n\n", ".⏎⏎", "▐██"),
        ("\t", "⇥   ", "▐███"),
        (" \u200b", " U+200B", " ██████"),
    ],
)
def test_blanks_stay_blanks_in_the_text_and_masks_are_as_wide_as_it(
    text: str, shown: str, masked: str
) -> None:
    assert make_readable(text) == shown
    assert make_block(shown) == masked


@pytest.mark.parametrize(
    ("tokenizer", "text", "lines"),
    [
        # A token of GPT-2 has the feed; BERT and Metamath leave it out.
        ("gpt2", "def f:\n  return\n\n x", ["def f:", "  return", "", " x"]),
        ("gpt2", "a\n\tb", ["a", "⇥   b"]),
        ("bert", "one two\n  three\nfour", ["[CLS]one two", "  three", " four[SEP]"]),
        ("metamath", "|- ph\n|- ps", ["|- ph", " |- ps"]),
    ],
)
def test_line_breaks_are_those_of_the_text(
    tokenizer: str, text: str, lines: list[str]
) -> None:
    tokens = PlaygroundText.of(tokenizer, text)
    shown = [
        make_readable(one)
        for one in tokens.texts(tokens.encoding.tokens.tolist(), None)
    ]
    after = [one.text if one else "" for one in tokens.breaks]
    joined = "".join(map("".join, zip(shown, after, strict=True)))
    assert joined.replace("⏎", "").split("\n") == lines


@pytest.mark.parametrize(
    ("timestep", "count", "other", "expected"),
    [
        (499, 1000, 1000, 499),
        (0, 1000, 100, 0),
        (999, 1000, 100, 99),
        (504, 1000, 100, 50),
        (0, 1, 100, 99),
        (0, 100, 1000, 9),
    ],
)
def test_timesteps_are_matched_by_their_time(
    timestep: int, count: int, other: int, expected: int
) -> None:
    assert align_timestep(timestep, count, other) == expected
