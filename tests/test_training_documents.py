"""The documents about training and audits: their examples print what is shown.

They are docs/training.md, torch.md, replay.md, corpus.md, audit.md, decision.md and the
verdict of lint.md.
"""

import contextlib
import io
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from noising.audit import CODES
from noising.command import main
from noising.engine.loss_weights import FORMS
from noising.engine.training_times import METHODS
from tests.documents import optional_packages

DOCS = Path(__file__).parents[1] / "docs"
TEXTS = {
    name: (DOCS / name).read_text()
    for name in (
        "training.md",
        "torch.md",
        "replay.md",
        "corpus.md",
        "audit.md",
        "decision.md",
    )
}
EXAMPLE = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)
VERDICT = EXAMPLE.findall((DOCS / "lint.md").read_text())
EXAMPLES = [example for text in TEXTS.values() for example in EXAMPLE.findall(text)]
EXAMPLES += VERDICT


def run_example(code, folder, monkeypatch):
    """Return what an example prints, and its variables."""
    for package in optional_packages(code):
        pytest.importorskip(package)
    monkeypatch.chdir(folder)
    printed, variables = io.StringIO(), {}
    with contextlib.redirect_stdout(printed):
        exec(code, variables)  # noqa: S102 - our own document
    return printed.getvalue(), variables


@pytest.mark.parametrize(("code", "stated"), EXAMPLES)
def test_the_example_prints_what_is_shown(code, stated, tmp_path, monkeypatch):
    assert run_example(code, tmp_path, monkeypatch)[0] == stated


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_python_block_is_an_example(text):
    assert len(EXAMPLE.findall(text)) == text.count("```python") > 0


def test_every_method_and_form_has_a_row():
    rows = re.findall(r"^\| `(\w+)` \|", TEXTS["training.md"], re.MULTILINE)
    assert set(rows) == {*METHODS, *FORMS}


def test_every_finding_has_the_row_that_its_code_gives():
    rows = [f"| `{code}` | {of.title} | {of.way_out} |" for code, of in CODES.items()]
    section = TEXTS["audit.md"].split("\n## Findings\n")[1].split("\n\n")
    assert section[1].splitlines()[2:] == rows


def test_the_command_of_the_document_makes_the_rows_again(tmp_path, monkeypatch):
    [(code, _)] = EXAMPLE.findall(TEXTS["replay.md"])
    [command] = re.findall(r"^noising (replay .*)$", TEXTS["replay.md"], re.MULTILINE)
    _, variables = run_example(code, tmp_path, monkeypatch)

    assert main(shlex.split(command)) == 0
    with np.load(tmp_path / "step.npz") as arrays:
        assert (arrays["ids"] == variables["ids"].numpy()).all()
        for name in ("xt", "moved", "t", "weight"):
            assert (arrays[name] == getattr(variables["n"], name).numpy()).all()
