"""manage.py doctor: each fault is found, and its line says what to do."""

import json
import socket
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from noising.management import diagnosis
from noising.management.diagnosis import PIN
from noising.models import BenchmarkRun, Worker
from noising.runs import worker_register
from tests.databases import DatabaseFile
from tests.operations.servers import ROOT, free_port
from tests.runs import queued

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _healthy(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    settings.HOST, settings.PORT = "127.0.0.1", free_port()
    monkeypatch.setattr(diagnosis, "FEW_FREE_BYTES", 0)
    worker_register(worker_id="one")


def diagnose() -> tuple[int, dict[str, list[tuple[str, str]]]]:
    """Return the exit code, and the state and line of the findings by check."""
    output, code = StringIO(), 0
    try:
        call_command("doctor", "--json", stdout=output)
    except SystemExit as ended:
        code = int(ended.code or 0)
    findings: dict[str, list[tuple[str, str]]] = {}
    for finding in json.loads(output.getvalue()):
        line = f"{finding['text']} -> {finding['advice']}"
        findings.setdefault(finding["check"], []).append((finding["state"], line))
    return code, findings


def serious(findings: dict[str, list[tuple[str, str]]]) -> dict[str, str]:
    """Return the lines of the checks that found something, but for the server."""
    return {
        check: f"{state}: {line}"
        for check, lines in findings.items()
        for state, line in lines
        if state != "ok" and check != "server"
    }


def test_nothing_is_wrong_with_a_healthy_installation() -> None:
    code, findings = diagnose()
    assert (code, serious(findings)) == (0, {})
    assert list(findings) == [c for c in diagnosis.CHECKS if c != "services"]
    [(state, line)] = findings["server"]  # none runs here
    assert state == "warning"
    assert "Connection refused" in line


def test_every_finding_of_people_is_one_line() -> None:
    output = StringIO()
    call_command("doctor", stdout=output)
    lines = output.getvalue().splitlines()
    assert {line.split()[0] for line in lines} == {"ok", "warning"}


def test_each_fault_is_found(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.BASE_DIR = tmp_path
    (tmp_path / "requirements.txt").write_text("django==1.0 \\\n    --hash=x\n")
    settings.ALLOWED_HOSTS = ["*"]
    settings.TOKENIZER_URL = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setattr(diagnosis, "LEAST_FREE_BYTES", 2**70)
    monkeypatch.setattr(diagnosis, "NOISED", [1])
    monkeypatch.setattr(diagnosis, "unapplied_migrations", lambda _: 2)
    Worker.objects.all().delete()

    code, findings = diagnose()

    assert code == 1
    expected = {
        "versions": "warning: packages differ from requirements.txt: django 5.",
        "settings": "warning: ALLOWED_HOSTS contains *",
        "folder": f"failure: {tmp_path} has ",
        "database": "failure: 2 migrations are missing -> run manage.py migrate",
        "queue": "warning: 0 workers, 0 runs in the queue: nobody measures runs",
        "sampler": "failure: the kernel numpy returned [101, 2054,",
        "services": f"warning: TOKENIZER_URL {settings.TOKENIZER_URL} cannot be rea",
    }
    found = serious(findings)
    assert found.keys() == expected.keys()
    for check, beginning in expected.items():
        assert found[check].startswith(beginning), found[check]


def test_a_run_that_waits_for_hours_is_found() -> None:
    created = timezone.now() - 3 * timedelta(hours=1)
    BenchmarkRun.objects.filter(pk=queued().pk).update(created_at=created)
    assert "one has waited for 3.0 h" in serious(diagnose()[1])["queue"]


def test_a_port_of_another_program_is_found(settings: Any) -> None:
    with socket.create_server(("127.0.0.1", settings.PORT)) as listener:
        listener.settimeout(0)
        [(state, line)] = diagnose()[1]["server"]
    assert state == "warning"
    assert "timed out" in line


def test_a_database_that_is_lost_is_found(database_file: DatabaseFile) -> None:
    with database_file.deleted():
        code, findings = diagnose()
    assert code == 1
    assert set(serious(findings)) == {"database", "queue"}
    [(_, line)] = findings["database"]
    assert line.startswith("the database cannot be used: unable to open database file")


def test_the_pins_of_the_lock_file_are_read() -> None:
    pins = dict(PIN.findall((ROOT / "requirements.txt").read_text()))
    assert len(pins) > 40
    assert {"django", "prometheus-client"} <= pins.keys()
    assert "colorama" not in pins  # of another platform
