"""docs/training.md: its examples are run, and its tables are complete."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from noising.engine.loss_weights import FORMS
from noising.engine.training_times import METHODS
from tests.documents import optional_packages

TEXT = (Path(__file__).parents[2] / "docs" / "training.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize(("code", "stated"), EXAMPLES)
def test_the_example_prints_what_is_shown(code, stated):
    for package in optional_packages(code):
        pytest.importorskip(package)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})  # noqa: S102 - our own document
    assert printed.getvalue() == stated


def test_every_python_block_is_an_example():
    assert len(EXAMPLES) == TEXT.count("```python") > 0


def test_every_method_and_form_has_a_row():
    assert set(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)) == {*METHODS, *FORMS}
