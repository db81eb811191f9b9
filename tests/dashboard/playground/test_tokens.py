import pytest

from noising.dashboard.playground.panels import align_timestep
from noising.dashboard.playground.tokens import make_visible


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
