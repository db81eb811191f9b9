import json
import shutil
import subprocess

import pytest

from benchmarks import environment as module
from benchmarks.environment import environment
from noising.engine import use_kernel


def test_the_environment_names_code_libraries_and_machine():
    found = environment()
    assert json.dumps(found, allow_nan=False)
    assert found["engine_version"]
    assert found["numpy"].count(".") >= 1
    assert found["cpu_count"] >= 1
    assert found["threads"] == 1


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    def git(*arguments):
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(
            ["git", "-C", str(tmp_path), *identity, *arguments],
            check=True,
            capture_output=True,
        )

    git("init")
    (tmp_path / "file").write_text("a")
    git("add", "file")
    git("commit", "-m", "a")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return tmp_path


def test_a_checkout_is_named_by_its_commit_and_whether_it_was_altered(checkout):
    clean = environment()
    assert len(clean["git_sha"]) == 40
    assert clean["git_dirty"] is False
    (checkout / "file").write_text("b")
    altered = environment()
    assert altered["git_sha"] == clean["git_sha"]
    assert altered["git_dirty"] is True


def test_outside_a_checkout_git_is_null(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ROOT", tmp_path)
    found = environment()
    assert found["git_sha"] is None
    assert found["git_dirty"] is None


def test_without_git_it_is_null(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert environment()["git_sha"] is None


@pytest.mark.parametrize(
    "script", ["#!/bin/sh\nexit 128\n", "#!/bin/sh\nexec sleep 9\n"]
)
def test_a_git_that_fails_or_hangs_is_null(checkout, monkeypatch, script):
    program = checkout / "git"
    program.write_text(script)
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(program))
    monkeypatch.setattr(module, "GIT_SECONDS", 0.2)
    assert environment()["git_sha"] is None


def test_the_processor_may_be_unknown(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CPU_INFO", tmp_path / "none")
    monkeypatch.setattr(module.platform, "processor", lambda: "")
    assert environment()["cpu"] is None


def test_the_kernel_in_use_is_named():
    assert environment()["kernel"] == "numpy"
    use_kernel("auto")
    try:
        assert environment()["kernel"] == "auto"
    finally:
        use_kernel(None)
