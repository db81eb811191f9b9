"""Which hosts are served."""

import pytest
from django.test import Client

from tests.api.problems import problem_of

BODY = {"data": b'{"tokens": [1], "timestep": 0}', "content_type": "application/json"}
UNKNOWN = ["evil.example", "localhost.evil.example", "a b", "", "localhost:x", "[::2]"]


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "[::1]:80"]
)
def test_this_machine_is_served_by_its_names(host):
    assert Client(headers={"host": host}).get("/info").status_code == 200


@pytest.mark.parametrize("host", UNKNOWN)
def test_the_hot_path_refuses_unknown_hosts_too(host):
    client = Client(headers={"host": host})
    problem_of(client.post("/noise", **BODY), 400)
    problem_of(client.get("/alpha/5"), 400)


def test_the_log_names_the_setting_and_the_answer_does_not(caplog):
    response = Client(headers={"host": "evil.example"}).get("/info")
    text = response.content.decode() + str(response.headers)
    assert "ALLOWED_HOSTS" not in text
    assert "evil.example" not in text
    assert "Refused host 'evil.example'" in caplog.text
    assert "ALLOWED_HOSTS" in caplog.text


def test_a_host_cannot_write_lines_into_the_log(caplog):
    Client(headers={"host": "a\nFAKE " + "x" * 5000}).get("/info")
    [record] = caplog.records
    assert "\n" not in record.getMessage()
    assert len(record.getMessage()) < 500


def test_a_browser_gets_a_page():
    client = Client(headers={"host": "evil.example", "accept": "text/html"})
    response = client.get("/info")
    assert response.status_code == 400
    assert response.headers["Content-Type"].startswith("text/html")
    assert b"This host is not served here." in response.content


@pytest.mark.django_db
@pytest.mark.parametrize("host", UNKNOWN)
@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_probes_may_ask_by_any_host(host, path):
    assert Client(headers={"host": host}).get(path).status_code == 200


@pytest.mark.parametrize("path", ["/livez/", "/readyz/x", "//livez", "/livez;"])
def test_only_the_probes_themselves(path):
    client = Client(headers={"host": "evil.example"})
    assert client.generic("GET", path, PATH_INFO=path).status_code == 400


def test_a_forwarded_host_does_not_count():
    client = Client(headers={"host": "evil.example", "x-forwarded-host": "localhost"})
    assert client.get("/info").status_code == 400
