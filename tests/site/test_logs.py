"""What log lines contain, and what they never contain."""

import json
import logging
import logging.config
import sys

import pytest
from django.test import Client

from noising.correlation import work_for
from noising_site.logs import logging_config

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
SECRET = "noise_" + "0123456789abcdef" * 4


def make_formatter(chosen: str) -> logging.Formatter:
    config = logging_config(chosen)
    return logging.config.DictConfigurator(config).configure_formatter(
        config["formatters"]["line"]
    )


class Lines(logging.Handler):
    """What the settings' handler would have written."""

    def __init__(self) -> None:
        super().__init__()
        self.formatter = make_formatter("json")
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def only(self) -> dict[str, str]:
        [line] = self.lines
        assert "\n" not in line
        document: dict[str, str] = json.loads(line)
        return document


@pytest.fixture
def written():
    handler = Lines()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def test_a_line_without_a_request_is_a_document(written):
    logging.getLogger("a.b").warning("hello %s", "you\nthere")
    line = written.only()
    assert line.pop("timestamp").endswith("+00:00")
    assert line == {"level": "warning", "logger": "a.b", "event": "hello you\nthere"}


def test_the_line_of_a_failure_names_the_request_that_the_answer_names(
    monkeypatch, written
):
    def fail() -> None:
        raise RuntimeError("detail")

    monkeypatch.setattr("noising.api.core.views.build_info", fail)
    client = Client(raise_request_exception=False)
    headers = {"x-request-id": "mine", "traceparent": TRACEPARENT, "tracestate": "a=b"}
    response = client.get("/info", headers=headers)
    assert response.json()["request_id"] == "mine"
    line = written.only()
    assert line["request_id"] == "mine"
    assert line["traceparent"] == TRACEPARENT
    assert "tracestate" not in line
    assert (line["level"], line["logger"]) == ("error", "django.request")
    assert line["event"] == "Server Error (500): /info"
    assert line["exception"].endswith("RuntimeError: detail")


def test_so_does_the_line_of_a_refused_host_and_the_next_request_has_none_of_it(
    written,
):
    headers = {"host": "evil.example", "x-request-id": "mine", "traceparent": "00-x"}
    Client(headers=headers).get("/info")
    line = written.only()
    assert (line["request_id"], "traceparent" in line) == ("mine", False)
    assert line["event"].startswith("Refused host 'evil.example'")

    written.lines.clear()
    logging.getLogger("a").warning("later")
    assert "request_id" not in written.only()


@pytest.mark.django_db
def test_no_line_holds_a_token_or_a_password(written):
    bearer = {"authorization": f"Bearer {SECRET}"}
    Client(headers=bearer).get(f"/nothing/{SECRET}?token={SECRET}")
    login = {"username": "ada", "password": "secret of ada"}
    Client().post("/account/login/", login)
    Client().post("/noise", '{"tokens": [414243], "time', "application/json")
    try:
        raise ValueError(f"postgres://noising:hunter2@db/noising with {SECRET}")
    except ValueError:
        logging.getLogger("a").exception("failed for %s", SECRET)
    assert len(written.lines) >= 2
    for line in written.lines:
        for secret in (SECRET[6:], "hunter2", "secret of ada", "414243"):
            assert secret not in line
    assert "postgres://...@db/noising with noise_..." in written.lines[-1]


def test_people_at_a_terminal_read_text():
    record = logging.makeLogRecord({"msg": "hello", "name": "a", "levelname": "INFO"})
    with work_for("mine"):
        assert make_formatter("text").format(record).endswith(" INFO a [mine] hello")
    try:
        raise ValueError("detail")
    except ValueError:
        record.exc_info = sys.exc_info()
    first, *others = make_formatter("text").format(record).splitlines()
    assert first.endswith(" INFO a [-] hello")
    assert others[-1] == "ValueError: detail"
