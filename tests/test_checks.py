"""The system checks: each can fail, and none does by default."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.checks import DEBUG, INFO, WARNING, CheckMessage, run_checks

OURS = "noising."


@pytest.fixture
def found(settings, tmp_path) -> Callable[..., dict[str, CheckMessage]]:
    """Run all checks; return ours by their ids."""
    settings.DATA_DIR = tmp_path
    settings.SECRET_KEY_FILE = tmp_path / "secret_key"

    def run(*, deploy: bool = False) -> dict[str, CheckMessage]:
        messages = run_checks(include_deployment_checks=deploy)
        return {str(m.id): m for m in messages if str(m.id).startswith(OURS)}

    return run


def test_by_default_nothing_is_wrong(found):
    assert found() == {}


def test_every_message_says_what_would_do(found, settings):
    settings.ALLOWED_HOSTS = ["*"]
    settings.MAX_TOKENS = 2**30
    messages = found(deploy=True)
    assert messages
    for message in messages.values():
        assert message.hint
        assert message.level > DEBUG


@pytest.mark.parametrize("folder", ["/proc/1/none", "/dev/null/none"])
def test_a_folder_that_cannot_be_written_is_an_error(found, settings, folder):
    settings.DATA_DIR = Path(folder)
    message = found()["noising.E001"]
    assert message.is_serious()
    assert folder in message.msg


def test_a_folder_that_does_not_exist_yet_is_none(found, settings, tmp_path):
    settings.DATA_DIR = tmp_path / "a" / "b"
    assert found() == {}


def test_as_many_tokens_as_allowed_must_fit_the_body(found, settings):
    settings.MAX_TOKENS, settings.MAX_BODY_BYTES = 1000, 6000
    assert found() == {}
    settings.MAX_BODY_BYTES = 5999
    assert found()["noising.W001"].level == WARNING


def test_a_body_that_needs_gigabytes_is_warned_of(found, settings):
    settings.MAX_BODY_BYTES = 256 * 2**20
    assert found() == {}
    settings.MAX_BODY_BYTES += 1
    assert found()["noising.W002"].level == WARNING


def test_serving_every_host_is_warned_of(found, settings):
    settings.ALLOWED_HOSTS = ["a.org", "*"]
    assert found()["noising.W003"].level == WARNING
    settings.ALLOWED_HOSTS = [".a.org"]
    assert found() == {}


def test_trusting_plain_origins_is_warned_of_with_https(found, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["http://a.org", "https://b.org"]
    assert found() == {}
    settings.HTTPS = True
    message = found()["noising.W004"]
    assert "http://a.org" in message.msg
    assert "b.org" not in message.msg


def test_a_key_that_others_may_read_is_warned_of(found, settings):
    settings.SECRET_KEY_FILE.touch(mode=0o600)
    settings.KEY_SOURCE = "file"
    assert found() == {}
    for mode in (0o640, 0o604, 0o660):
        settings.SECRET_KEY_FILE.chmod(mode)
        assert found()["noising.W005"].level == WARNING
    settings.KEY_SOURCE = "environment"
    assert found() == {}


def test_a_deployment_learns_that_no_key_is_kept(found, settings):
    settings.KEY_SOURCE = "process"
    assert found() == {}
    assert found(deploy=True)["noising.I002"].level == INFO
    settings.KEY_SOURCE = "environment"
    assert "noising.I002" not in found(deploy=True)


def test_a_deployment_learns_that_it_speaks_plain_http(found, settings):
    settings.HTTPS = False
    assert found(deploy=True)["noising.I001"].level == INFO
    settings.HTTPS = True
    assert "noising.I001" not in found(deploy=True)
