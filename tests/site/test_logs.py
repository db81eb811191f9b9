"""What a line of the log says."""

import logging
import logging.config

import pytest
from django.conf import settings
from django.test import Client

from noising_site.logs import RequestId


@pytest.fixture
def line_of():
    """Return a record as the settings' handler writes it."""
    configurator = logging.config.DictConfigurator(settings.LOGGING)
    formatter = configurator.configure_formatter(settings.LOGGING["formatters"]["line"])

    def write(record: logging.LogRecord) -> str:
        assert RequestId().filter(record)
        return formatter.format(record)

    return write


def test_a_record_without_a_request_has_a_dash(line_of):
    record = logging.makeLogRecord({"msg": "hello", "name": "a", "levelname": "INFO"})
    assert line_of(record).endswith(" INFO a [-] hello")


def test_the_line_of_a_failure_names_the_request_that_the_answer_names(
    monkeypatch, caplog, line_of
):
    def fail() -> None:
        raise RuntimeError("detail")

    monkeypatch.setattr("noising.api.core.views.build_info", fail)
    client = Client(raise_request_exception=False)
    response = client.get("/info", headers={"x-request-id": "mine"})
    assert response.json()["request_id"] == "mine"
    [record] = caplog.records
    line = line_of(record).splitlines()[0]
    assert line.endswith(" ERROR django.request [mine] Server Error (500): /info")


def test_so_does_the_line_of_a_refused_host(caplog, line_of):
    client = Client(headers={"host": "evil.example", "x-request-id": "mine"})
    client.get("/info")
    [record] = caplog.records
    assert " [mine] Refused host 'evil.example'" in line_of(record)
