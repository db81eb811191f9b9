import pytest

from benchmarks.cases import UsageError
from benchmarks.names import explain_refusal, make_default_name, make_repeated_name
from tests.runs import config


@pytest.mark.parametrize(
    ("schedules", "name"),
    [
        (["sedd_entropy", "cosine", "uniform"], "sedd_entropy, cosine vs uniform"),
        (["uniform", "cosine"], "cosine vs uniform"),
        (["uniform"], "uniform"),
        (["a", "b", "c", "d", "e", "uniform"], "a, b, c and 2 more vs uniform"),
    ],
)
def test_a_default_name_says_what_is_compared(schedules, name):
    assert make_default_name(schedules, "uniform") == name


@pytest.mark.parametrize(
    ("name", "repeated"),
    [
        ("", ""),
        ("mine", "mine (2)"),
        ("mine (2)", "mine (3)"),
        ("mine (x)", "mine (x) (2)"),
        ("x" * 100, "x" * 96 + " (2)"),
        ("(9)", "(9) (2)"),
    ],
)
def test_a_repetition_gets_the_next_number(name, repeated):
    assert make_repeated_name(name) == repeated
    assert not explain_refusal(repeated)


@pytest.mark.parametrize("name", ["x" * 101, "two\nlines", "\x1b[31m", "\udc80"])
def test_names_that_no_line_can_hold_are_refused(name):
    with pytest.raises(UsageError, match="name: must"):
        config(name=name)


def test_any_other_line_is_a_name():
    assert config(name="Größe, <b>日本語</b> 1e-3").title == "Größe, <b>日本語</b> 1e-3"
    assert config().title == "cosine vs uniform"
