"""The wheel in an environment of its own: imports, tokenizers, command line, README."""

import json
import re
import shlex
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import noising
from noising.command.program import COMMANDS
from noising.engine import build_process
from noising.extras import EXTRAS
from noising.replay import Manifest, RowOrder, TimeRule, describe_data
from tests.documents import optional_packages
from tests.operations.test_readme import README, blocks
from tests.package.environments import ROOT, Environment, site_packages

SECTION = README.split("## Use it from Python")[1].split("\n## ")[0]

GUIDE = (ROOT / "docs" / "command.md").read_text()

IMPORT_ALL = """
import importlib, json, pkgutil, sys
import noising
from noising.extras import MissingExtraError
imported, missing = [], {}

def note(name):
    missing[name] = str(sys.exc_info()[1])

for module in pkgutil.walk_packages(noising.__path__, "noising.", onerror=note):
    if module.name != "noising.__main__" and not module.name.endswith(".__main__"):
        try:
            importlib.import_module(module.name)
            imported.append(module.name)
        except ModuleNotFoundError as error:
            missing[module.name] = str(error)
third = {name.partition(".")[0] for name in sys.modules}
third -= {"__main__", "__mp_main__", *sys.stdlib_module_names}
json.dump({"imported": imported, "missing": missing, "third": sorted(third),
           "file": noising.__file__}, sys.stdout)
"""

NEEDS_TORCH = {
    name: f'{name} needs torch: pip install "noising[torch]"'
    for name in ("noising.hf", "noising.torch")
}

LOAD_TOKENIZERS = """
from noising.tokenizers import BUILTIN_TOKENIZERS, load_tokenizer
for name in BUILTIN_TOKENIZERS:
    tokenizer = load_tokenizer(name)
    print(name, tokenizer.vocab_size, len(tokenizer.encode("( ph -> ps )").tokens))
"""


def test_numpy_alone_is_enough_for_all_but_the_extras(bare: Environment) -> None:
    done = bare.run_python("-c", IMPORT_ALL)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)

    assert Path(found["file"]).is_relative_to(site_packages(bare))
    assert {
        "noising.engine",
        "noising.curves",
        "noising.replay",
        "noising.tokenizers.gpt2",
    } <= set(found["imported"])
    assert {
        name: message
        for name, message in found["missing"].items()
        if message != "No module named 'numba'"
    } == {
        "noising.client": 'noising.client needs httpx: pip install "noising[client]"',
        "noising.plots.drawing": (
            'noising.plots needs Matplotlib: pip install "noising[plots]"'
        ),
        **NEEDS_TORCH,
    }
    assert set(found["third"]) == {"noising", "numpy"}


def test_every_module_can_be_imported_with_the_extras(with_extras: Environment) -> None:
    done = with_extras.run_python("-c", IMPORT_ALL)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)

    assert Path(found["file"]).is_relative_to(site_packages(with_extras))
    # torch is installed for its own tests only (requirements-torch.txt).
    has_torch = find_spec("torch") is not None
    assert found["missing"] == ({} if has_torch else NEEDS_TORCH)
    assert {"noising.client", "noising.plots", "noising.plots.drawing.pgf"} <= set(
        found["imported"]
    )
    assert not {"django", "rest_framework"} & set(found["third"])


def test_each_tokenizer_loads_from_the_wheel(with_extras: Environment) -> None:
    done = with_extras.run_python("-c", LOAD_TOKENIZERS)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "gpt2 50257 5",
        "bert 30522 8",
        "metamath 11644 5",
    ]


def test_a_tokenizer_without_its_library_says_what_to_install(
    bare: Environment,
) -> None:
    done = bare.run_python("-c", LOAD_TOKENIZERS)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(
        'noising.tokenizers needs tokenizers: pip install "noising[tokenizers]"'
    )


@pytest.mark.parametrize("program", ["noising", "python -m noising"])
def test_both_names_of_the_command_line_start_it(
    bare: Environment, program: str
) -> None:
    done = bare.run(*shlex.split(program), "--version")

    assert (done.returncode, done.stdout) == (0, f"{noising.__version__}\n")


def test_the_exit_code_reaches_the_shell(bare: Environment) -> None:
    done = bare.run("noising", "lint", "linear")

    assert (done.returncode, done.stderr) == (1, "")
    assert "wasted_timesteps" in done.stdout


def test_a_plot_without_matplotlib_is_refused_in_one_line(
    bare: Environment, tmp_path: Path
) -> None:
    done = bare.run("noising", "curves", "cosine", "--plot", "a.svg", cwd=tmp_path)

    assert done.returncode == 2
    assert done.stderr == (
        "noising curves: error: noising.plots needs Matplotlib: "
        'pip install "noising[plots]"\n'
    )
    assert list(tmp_path.iterdir()) == []


def test_a_plot_is_drawn_with_the_extra(
    with_extras: Environment, tmp_path: Path
) -> None:
    done = with_extras.run(
        "noising", "curves", "cosine", "--plot", "a.svg", cwd=tmp_path
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "a.svg").read_text().startswith("<?xml")


def python_examples() -> list[tuple[str, str]]:
    """Return those of the README that need NumPy only, with what they print."""
    pairs = [
        (program.text, output.text)
        for program, output in pairwise(blocks(SECTION))
        if program.language == "python"
        and "noising.client" not in program.text
        and not optional_packages(program.text)
    ]
    assert pairs
    return pairs


@pytest.mark.parametrize(("program", "output"), python_examples())
def test_each_python_example_of_the_readme_runs_with_numpy_alone(
    bare: Environment, program: str, output: str
) -> None:
    done = bare.run_python("-c", program)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == output


def commands() -> list[str]:
    """Return the lines of README and docs that call the command line."""
    shown = [*blocks(SECTION), *blocks(GUIDE)]
    lines = [line for block in shown for line in block.text.splitlines()]
    found = [line.partition(" #")[0] for line in lines if line.startswith("noising ")]
    assert {shlex.split(line)[1] for line in found} == set(COMMANDS)
    return found


def make_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a run over 18 rows, which are written to a folder."""
    np.save(folder / "rows.npy", np.arange(72).reshape(18, 4) % 27)
    times = TimeRule(
        method="sobol", total=None, low=0.0, high=1.0, time_block=None, max_length=None
    )
    return Manifest(
        process=build_process({"vocab_size": 27, "num_timesteps": 10}),
        seed=7,
        times=times,
        order=RowOrder(batch=3),
        data=describe_data([folder / "rows.npy"]),
    ).as_dict()


@pytest.mark.parametrize("command", commands())
def test_each_command_that_is_documented_runs_with_numpy_alone(
    bare: Environment, tmp_path: Path, command: str
) -> None:
    process = {"vocab_size": 27, "num_timesteps": 10}
    foreign = {"graph": {"type": "absorb"}, "noise": {"type": "loglinear"}}
    (tmp_path / "spec.json").write_text(json.dumps(process))
    (tmp_path / "config.json").write_text(json.dumps(foreign))
    (tmp_path / "tokens.txt").write_text("101 2054 2003 2048 2010 102\n")
    np.save(tmp_path / "tokens.npy", np.array([101, 2054, 102]))
    (tmp_path / "manifest.json").write_text(json.dumps(make_manifest(tmp_path)))
    x0, t = np.arange(64).reshape(8, 8) % 27, np.arange(1, 9) / 8
    xt = build_process(process).noise(x0, t=t, seed=1).tokens
    np.savez(tmp_path / "pairs.npz", x0=x0, xt=xt, t=t)
    before = set(tmp_path.iterdir())

    done = bare.run("sh", "-c", command, cwd=tmp_path)

    assert (done.returncode, "error" in done.stderr) == (0, False), done.stderr
    assert done.stdout or set(tmp_path.iterdir()) - before


def test_the_guide_lists_every_command() -> None:
    assert set(re.findall(r"^\| `noising (\w+) ", GUIDE, re.MULTILINE)) == set(COMMANDS)


def test_the_readme_lists_every_extra_of_the_library() -> None:
    rows = re.findall(r"^\|.*?\| `(\w+)` \|", SECTION, re.MULTILINE)

    assert set(rows) == {*EXTRAS, "fast"}
