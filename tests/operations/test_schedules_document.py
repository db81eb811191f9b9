"""docs/schedules.md: every example runs."""

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.operations.servers import ROOT, Server, environment, running
from tests.operations.test_readme import URL, assert_shown_is_part_of, blocks

EXAMPLES = [
    (block.text, answer.text)
    for block, answer in pairwise(blocks((ROOT / "docs" / "schedules.md").read_text()))
    if (block.language, answer.language) == ("bash", "json")
]


@pytest.fixture(scope="module")
def furnished(
    prepared_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server with the built-in schedules."""
    folder = tmp_path_factory.mktemp("furnished") / "data"
    shutil.copytree(prepared_folder, folder)
    subprocess.run(
        [sys.executable, "manage.py", "load_schedules"],
        cwd=ROOT,
        env=environment(DATA_DIR=str(folder)),
        check=True,
        capture_output=True,
    )
    with running(folder) as server:
        yield server


@pytest.mark.skipif(
    shutil.which("curl") is None, reason="needs curl (scripts/test-packages)"
)
@pytest.mark.parametrize(("command", "answer"), EXAMPLES)
def test_each_example_gets_the_answer_that_is_shown(
    furnished: Server, command: str, answer: str
) -> None:
    words = shlex.split(command.replace(URL, f"http://localhost:{furnished.port}"))
    done = subprocess.run(
        [*words, "--silent", "--show-error", "--noproxy", "*"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert_shown_is_part_of(json.loads(answer), json.loads(done.stdout))


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 4
