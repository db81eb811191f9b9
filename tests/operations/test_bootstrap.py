"""manage.py bootstrap: in a new installation and in an existing one."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.management import call_command
from pytest_django import Settings

from noising.management.commands import bootstrap
from noising.services.builtin import BUILTIN_SCHEDULES
from tests.operations.installations import Installation, run_bootstrap

PASSWORD = re.compile(r"Created the account admin, password (\S+)\n")


def test_the_first_account_has_the_password_that_was_printed(
    installation: Installation,
) -> None:
    [password] = PASSWORD.findall(installation.done.stdout)
    [(name, stored, is_superuser)] = installation.rows(
        "SELECT username, password, is_superuser FROM auth_user"
    )

    assert (name, is_superuser) == ("admin", 1)
    assert PBKDF2PasswordHasher().verify(password, str(stored))
    assert len(password) >= 16
    assert "manage.py changepassword admin" in installation.done.stdout


def test_the_built_in_schedules_are_there(installation: Installation) -> None:
    rows = installation.rows("SELECT slug FROM noising_scheduleconfig")

    assert {slug for (slug,) in rows} == {each.slug for each in BUILTIN_SCHEDULES}


def test_a_first_benchmark_is_there(installation: Installation) -> None:
    rows = installation.rows("SELECT status FROM noising_benchmarkrun")

    assert rows == [("succeeded",)], installation.done.stderr


def test_a_second_time_changes_nothing_and_shows_no_password(
    installation: Installation,
) -> None:
    tables = ("auth_user", "noising_scheduleconfig", "noising_benchmarkrun")
    before = [installation.rows(f"SELECT * FROM {table}") for table in tables]  # noqa: S608

    again = run_bootstrap(installation.folder)

    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    after = [installation.rows(f"SELECT * FROM {table}") for table in tables]  # noqa: S608
    assert after == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("FIRST_BENCHMARK", ("--corpus", "/nowhere"), "ended with exit code 2"),
        ("BENCHMARK_SECONDS", 0.01, "took longer than 0.01 s"),
    ],
    ids=["failed", "too slow"],
)
def test_a_benchmark_that_does_not_succeed_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    name: str,
    value: object,
    reason: str,
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setattr(bootstrap, "prepare", lambda say: None)
    monkeypatch.setattr(bootstrap, name, value)

    call_command("bootstrap")

    [line] = capsys.readouterr().err.splitlines()
    assert f"The benchmark {reason}; the service works without one" in line


@pytest.mark.parametrize(
    ("num_timesteps", "expected"),
    [(1000, "0,249,499,749,999"), (100, "0,24,49,74,99"), (1, "0,0,0,0,0")],
)
def test_the_benchmark_keeps_to_the_timesteps_there_are(
    settings: Settings, num_timesteps: int, expected: str
) -> None:
    settings.NOISE_SPECIFICATION = {"num_timesteps": num_timesteps}

    assert bootstrap._five_timesteps() == expected
