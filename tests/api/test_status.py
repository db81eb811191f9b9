"""GET /: a document for programs, the dashboard for browsers."""

import pytest

from noising.configured import VERSION
from tests.api.problems import problem_of

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/json",
        "application/*",
        "application/json, text/html",
        "text/html;q=0.5, application/json",
        "text/html;q=0.5, */*",
        "",
        "  ",
    ],
)
def test_a_program_gets_the_status(api, accept):
    response = api.get("/", headers={"accept": accept})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    assert response.json() == {
        "service": "Noising Service",
        "version": VERSION,
        "status": "operational",
    }


def test_without_an_accept_header_it_is_the_status(api):
    response = api.get("/")
    assert response.json()["status"] == "operational"
    assert "Accept" in response.headers["Vary"]


@pytest.mark.django_db
@pytest.mark.parametrize("accept", [BROWSER, "text/html", "text/*"])
def test_a_browser_gets_the_dashboard(api, accept):
    response = api.get("/", headers={"accept": accept})
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/html")
    assert "Accept" in response.headers["Vary"]
    assert b"<html" in response.content


@pytest.mark.django_db
def test_the_page_is_the_one_at_its_own_address(api):
    page = api.get("/", headers={"accept": BROWSER})
    assert page.content == api.get("/dashboard/").content


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("accept", [BROWSER, "*/*"])
def test_nothing_else_can_be_done_there(api, method, accept):
    response = getattr(api, method)("/", headers={"accept": accept})
    problem_of(response, 405)
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_head_has_the_headers_of_get(api):
    response = api.head("/")
    assert response.status_code == 200
    assert response.content == b""
    assert int(response.headers["Content-Length"]) == len(api.get("/").content)


def test_options_names_the_methods(api):
    response = api.options("/")
    assert response.status_code == 204
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert "Content-Length" not in response.headers
