"""What `serve` makes ready before it forks web server and worker off."""

import os
from pathlib import Path

import pytest
from django.core.management import CommandError
from pytest_django import Settings

from noising.management.apart import run_apart
from noising.management.preparation import prepare, use_kept_key


@pytest.mark.django_db
def test_from_the_first_start_on_the_key_is_the_one_that_is_kept(
    tmp_path: Path, settings: Settings
) -> None:
    settings.DATA_DIR = tmp_path / "data"
    settings.STATIC_ROOT = tmp_path / "data" / "static"
    settings.STATICFILES_FINDERS = []
    settings.SECRET_KEY, settings.KEY_SOURCE = "of this process alone", "process"

    prepare(print)
    use_kept_key()

    kept = (tmp_path / "data" / "secret_key").read_text().strip()
    assert (kept, "file") == (settings.SECRET_KEY, settings.KEY_SOURCE)


def test_a_key_from_the_environment_stays(settings: Settings) -> None:
    settings.SECRET_KEY, settings.KEY_SOURCE = "given", "environment"

    use_kept_key()

    assert settings.SECRET_KEY == "given"


def test_what_runs_apart_leaves_nothing_but_what_it_has_written(tmp_path: Path) -> None:
    here: list[int] = []

    def work() -> None:
        here.append(os.getpid())
        (tmp_path / "process").write_text(str(os.getpid()))

    run_apart(work)

    assert here == []
    assert int((tmp_path / "process").read_text()) != os.getpid()


def test_a_refusal_from_apart_is_the_same_here() -> None:
    def refuse() -> None:
        raise CommandError("DATA_DIR /proc cannot be written")

    with pytest.raises(CommandError, match="DATA_DIR /proc cannot be written"):
        run_apart(refuse)


def test_a_failure_apart_is_shown_and_ends_the_command(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fail() -> None:
        raise LookupError("nothing there")

    with pytest.raises(CommandError, match="the lines above say why"):
        run_apart(fail)

    assert "LookupError: nothing there" in capfd.readouterr().err
