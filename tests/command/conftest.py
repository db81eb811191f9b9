"""Commands, run as a shell runs them."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from noising.command import main


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Run: TypeAlias = Callable[..., Ended]


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Run:
    """Run a command in an empty folder; `text` is its standard input."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, text: str = "") -> Ended:
        stream = io.TextIOWrapper(io.BytesIO(text.encode()))
        monkeypatch.setattr("sys.stdin", stream)
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = int(ended.code or 0)
        captured = capsys.readouterr()
        return Ended(code=code, out=captured.out, err=captured.err)

    return run


@pytest.fixture
def refused(run: Run) -> Callable[..., str]:
    """Run a command that is used wrongly; return what it says, in one line."""

    def refused(*arguments: str, text: str = "") -> str:
        ended = run(*arguments, text=text)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.count("\n") == 1
        assert ended.err.startswith("noising")
        assert len(ended.err) < 500
        return ended.err

    return refused
