import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from noising import services
from noising.engine.certify import Certificate
from noising.management.commands import certify
from noising.models import ScheduleConfig

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
SMALL = {"vocab_size": 27, "num_timesteps": 10, "schedule": {"type": "loglinear"}}
QUICK = ("--samples", "512")
# Its rates are not those of its alphas.
WRONG = {
    "vocab_size": 27,
    "num_timesteps": 2,
    "schedule": {"type": "custom", "alphas": [0.9, 0.5], "rates": [1.0, 9.0]},
}


@pytest.fixture
def spec_file(tmp_path: Path) -> Path:
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(SMALL))
    return path


@pytest.fixture
def config() -> ScheduleConfig:
    return services.schedule_create(slug="small", specification=SMALL)


def refused(*arguments: str) -> CommandError:
    with pytest.raises(CommandError) as caught:
        call_command("certify", *arguments, *QUICK)
    return caught.value


def test_certifies_a_stored_schedule_and_keeps_the_certificate(
    config: ScheduleConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("certify", "--config", "small", "--seed", "5", *QUICK)
    printed, brace, rest = capsys.readouterr().out.partition("{\n")
    document = json.loads(brace + rest)
    config.refresh_from_db()
    assert config.certificate == document
    assert config.certified_at is not None
    assert document["seed"] == 5
    assert document["verdict"] == "passed"
    assert document["fingerprint"] == config.fingerprint
    assert printed.endswith("Stored with: small.\n")
    assert "golden_vectors" in printed


def test_a_file_is_kept_with_the_stored_schedules_it_describes(
    config: ScheduleConfig,
    spec_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    services.schedule_create(slug="same", specification=SMALL)
    target = tmp_path / "certificate.json"
    call_command("certify", str(spec_file), "--json", str(target), *QUICK)
    printed = capsys.readouterr().out
    assert "Stored with: same, small." in printed
    assert "{" not in printed
    config.refresh_from_db()
    assert config.certificate == json.loads(target.read_text())


def test_a_file_that_no_schedule_has_is_certified_all_the_same(
    spec_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("certify", str(spec_file), *QUICK)
    assert "Not stored" in capsys.readouterr().out


def test_a_failed_certificate_is_kept_and_ends_with_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = services.schedule_create(slug="wrong", specification=WRONG)
    assert refused("--config", "wrong").returncode == 1
    config.refresh_from_db()
    assert config.certificate_verdict == "failed"
    assert "dsigma                 FAILED" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--config", "absent"), "must be the name of a stored schedule"),
        (("absent.json",), "must be a file that can be read"),
        (("--config", "small", "--json", "/"), "must be a file that can be written"),
        (("--config", "small", "--seed", "-1"), "`seed` must lie in"),
        ((), "required"),
        (("--config", "small", "spec.json"), "not allowed with"),
    ],
)
def test_bad_usage_is_one_line_and_2(
    config: ScheduleConfig, arguments: tuple[str, ...], said: str
) -> None:
    error = refused(*arguments)
    assert said in str(error)
    assert "\n" not in str(error)
    config.refresh_from_db()
    assert config.certificate is None


def test_bad_samples_are_refused(config: ScheduleConfig) -> None:
    with pytest.raises(CommandError, match="`samples` must lie in") as caught:
        call_command("certify", "--config", "small", "--samples", "3")
    assert caught.value.returncode == 2


def test_a_specification_that_describes_no_process_is_one_line_and_2(
    tmp_path: Path,
) -> None:
    path = tmp_path / "spec.json"
    path.write_text('{"schedule": {"type": "cosin"}}')
    error = refused(str(path))
    assert "did you mean `cosine`?" in str(error)
    assert error.returncode == 2


def test_an_interrupt_is_one_line_and_130(
    config: ScheduleConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object, **options: object) -> Certificate:
        raise KeyboardInterrupt

    monkeypatch.setattr(certify, "certify", interrupted)
    error = refused("--config", "small")
    assert (str(error), error.returncode) == ("interrupted", 130)


def test_a_database_that_is_lost_is_one_line_and_1(spec_file: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE noising_scheduleconfig RENAME TO lost")
    for arguments in ((str(spec_file),), ("--config", "small")):
        error = refused(*arguments)
        assert error.returncode == 1
        assert "manage.py migrate" in str(error)
        assert "\n" not in str(error)
