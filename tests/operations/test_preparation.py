"""What `serve` prepares before it starts web server and worker."""

from pathlib import Path

import pytest
from pytest_django import Settings

from noising.management.preparation import prepare


@pytest.mark.django_db(transaction=True)  # migrating opens a connection of its own
def test_it_keeps_a_secret_key_for_every_later_start(
    tmp_path: Path, settings: Settings
) -> None:
    settings.DATA_DIR = tmp_path / "data"
    settings.STATIC_ROOT = tmp_path / "data" / "static"
    settings.STATICFILES_FINDERS = []
    settings.KEY_SOURCE = "process"

    prepare(print)
    kept = (tmp_path / "data" / "secret_key").read_text()
    prepare(print)

    assert len(kept.strip()) >= 50
    assert (tmp_path / "data" / "secret_key").read_text() == kept
