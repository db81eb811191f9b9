"""docs/torch.md: its example prints what is shown."""

import contextlib
import io
import re
from pathlib import Path

import pytest

pytest.importorskip("torch")

TEXT = (Path(__file__).parents[2] / "docs" / "torch.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize(("code", "stated"), EXAMPLES)
def test_the_example_prints_what_is_shown(code, stated):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})  # noqa: S102 - our own document
    assert printed.getvalue() == stated


def test_every_python_block_is_an_example():
    assert len(EXAMPLES) == TEXT.count("```python") > 0
