"""README.md: every example runs, every setting in its table exists."""

import ast
import json
import math
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from noising.engine import GRAPH_TYPES, HYPERSCHEDULE_TYPES, SCHEDULE_TYPES
from tests.documents import optional_packages
from tests.examples.services import example_services
from tests.operations.servers import ROOT, Server, environment, running

DOCUMENTS = {
    path: (ROOT / path).read_text() for path in ("README.md", ".github/CONTRIBUTING.md")
}
README = DOCUMENTS["README.md"]
URL = "http://localhost:8000"

PIPELINE = "TOKENIZER_URL=http://127.0.0.1:8101"
"""The first word of the command that starts a server between two services."""

# What a `sh` block may start: programs whose effect other tests look at.
TOOLS = ("python", "pytest", "ruff", "mypy", "lint-imports", "schemathesis")
NOT_RUN_HERE = {"make", "docker", "export", "DEBUG=on", "RECORD=1", PIPELINE} | {
    f".venv/bin/{name}" for name in TOOLS
}
NOT_RUN_HERE |= {"pip", "noising"}  # tests/package


@pytest.fixture(scope="module")
def server(
    prepared_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server between the example services, as the README starts it."""
    folder = tmp_path_factory.mktemp("readme") / "data"
    shutil.copytree(prepared_folder, folder)
    with (
        example_services() as settings,
        running(folder, variables=settings) as served,
    ):
        yield served


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block: its language and its text."""

    language: str
    text: str


def blocks(document: str) -> list[Block]:
    fences = re.findall(r"^```(\w+)\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    return [Block(language=language, text=text) for language, text in fences]


def examples(language: str, answered_by: str) -> list[tuple[str, str]]:
    """Return the blocks of a language, each with the block of its answer."""
    found = blocks(README)
    pairs = [
        (block.text, answer.text)
        for block, answer in pairwise(found)
        if block.language == language and answer.language == answered_by
    ]
    assert len(pairs) == sum(block.language == language for block in found)
    return pairs


def assert_shown_is_part_of(shown: Any, answer: Any) -> None:
    """Compare what the README shows: it may leave out keys, and nothing else."""
    if isinstance(shown, dict):
        assert isinstance(answer, dict)
        for key, value in shown.items():
            assert_shown_is_part_of(value, answer[key])
    elif isinstance(shown, list):
        assert isinstance(answer, list)
        assert len(shown) == len(answer)
        for one, other in zip(shown, answer, strict=True):
            assert_shown_is_part_of(one, other)
    elif isinstance(shown, float):
        assert math.isclose(shown, answer, rel_tol=1e-12)
    else:
        assert shown == answer
        assert type(shown) is type(answer)


@pytest.mark.skipif(
    shutil.which("curl") is None, reason="needs curl (scripts/test-packages)"
)
@pytest.mark.parametrize(("command", "answer"), examples("bash", "json"))
def test_each_curl_example_gets_the_answer_that_is_shown(
    server: Server, command: str, answer: str
) -> None:
    words = shlex.split(command)
    assert words[0] == "curl"
    here = [word.replace(URL, f"http://localhost:{server.port}") for word in words]

    done = subprocess.run(
        [*here, "--silent", "--show-error", "--noproxy", "*"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )

    assert_shown_is_part_of(json.loads(answer), json.loads(done.stdout))


@pytest.mark.parametrize(("program", "output"), examples("python", "text"))
def test_each_python_example_prints_what_is_shown(
    server: Server, program: str, output: str
) -> None:
    for package in optional_packages(program):
        pytest.importorskip(package)
    here = program.replace(URL, f"http://localhost:{server.port}")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", here],
        cwd=ROOT,
        env=environment(HF_DATASETS_DISABLE_PROGRESS_BARS="1"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == output


@pytest.mark.parametrize("name", DOCUMENTS)
def test_other_commands_are_those_that_other_tests_run(name: str) -> None:
    shown = [block for block in blocks(DOCUMENTS[name]) if block.language == "sh"]

    assert shown
    for block in shown:
        for line in block.text.splitlines():
            assert shlex.split(line, comments=True)[0] in NOT_RUN_HERE


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_into_the_project_leads_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)]+)\)", DOCUMENTS[name])
    folder = (ROOT / name).parent

    broken = [
        link
        for link in links
        if "://" not in link and not (folder / link.split("#")[0]).exists()
    ]
    assert broken == []


@pytest.mark.parametrize(
    ("part", "types"),
    [
        ("schedule", SCHEDULE_TYPES),
        ("graph", GRAPH_TYPES),
        ("hyperschedule", HYPERSCHEDULE_TYPES),
    ],
)
def test_the_types_that_are_listed_are_those_there_are(
    part: str, types: dict[str, type]
) -> None:
    [row] = re.findall(rf"^\| `{part}` \| (`.*`) \|$", README, re.MULTILINE)

    assert set(re.findall(r"`(\w+)`", row)) == set(types)


def settings_table() -> dict[str, str]:
    """Return the default shown for each variable."""
    section = README.split("## Configuration")[1].split("\n## ")[0]
    shown: dict[str, str] = {}
    for line in section.splitlines():
        if line.startswith("| `"):
            names, defaults = line.split(" | ")[:2]
            parts = zip(_names(names), _values(defaults), strict=True)
            shown |= dict(parts)
    return shown


def _names(cell: str) -> list[str]:
    return re.findall(r"`([A-Z_]+)`", cell)


def _values(cell: str) -> list[str]:
    """Return what stands in backticks; words instead are a default without a value."""
    if not cell.startswith("`"):
        return [""]
    return re.findall(r"`([^`]+)`", cell)


def variables_that_settings_read() -> set[str]:
    names: set[str] = set()
    for path in ("noising_site/settings.py", "noising_site/configuration.py"):
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="env")),
                    args=[ast.Constant(value=str(name)), *_],
                ):
                    names.add(name)
    return names


def test_the_table_names_every_variable_that_the_settings_read() -> None:
    read = variables_that_settings_read()

    assert len(read) > 15
    assert set(settings_table()) == read


def settings_with(variables: dict[str, str]) -> dict[str, str]:
    """Return all settings but the key of this process, as text."""
    script = (
        "import json\n"
        "from noising_site import settings\n"
        "names = [n for n in dir(settings) if n.isupper() and n != 'SECRET_KEY']\n"
        "print(json.dumps({n: repr(getattr(settings, n)) for n in names}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment(PYTHONHASHSEED="0", **variables),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_the_defaults_in_the_table_are_those_of_the_settings() -> None:
    shown = {name: value for name, value in settings_table().items() if value}

    assert shown["VOCAB_SIZE"] == "50257"
    assert settings_with(shown) == settings_with({})


def test_the_table_test_would_notice_another_default() -> None:
    assert settings_with({"NUM_TIMESTEPS": "999"}) != settings_with({})
