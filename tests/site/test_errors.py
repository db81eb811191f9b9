"""Errors outside the views of the API."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest
from django.test import Client
from django.urls import include, path

from noising_site.urls import handler400, handler403, handler404, handler500
from tests.api.problems import problem_of

BROWSER = {"accept": "text/html,*/*;q=0.8"}
__all__ = ["handler400", "handler403", "handler404", "handler500"]


def broken(request: HttpRequest):
    raise RuntimeError("secret detail")


def denied(request: HttpRequest):
    raise PermissionDenied("secret detail")


def suspicious(request: HttpRequest):
    raise SuspiciousOperation("secret detail")


urlpatterns = [
    path("broken", broken),
    path("denied", denied),
    path("suspicious", suspicious),
    path("page/", broken),
    path("", include("noising_site.urls")),  # pages of errors have the navigation
]
CASES = [("/broken", 500), ("/denied", 403), ("/suspicious", 400), ("/unknown", 404)]


@pytest.fixture
def site() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("address", "status"), CASES)
@pytest.mark.parametrize("accept", ["*/*", "application/json", "image/png", ";;=", ""])
def test_a_program_gets_a_problem_document(site, address, status, accept):
    document = problem_of(site.get(address, headers={"accept": accept}), status)
    assert "secret" not in str(document)


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("address", "status"), CASES)
def test_a_browser_gets_a_page(site, address, status):
    response = site.get(address, headers=BROWSER)
    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("text/html")
    text = response.content.decode()
    assert f"<h1>{status} " in text
    assert response.headers["X-Request-ID"] in text
    assert 'aria-label="Main"' in text
    assert "secret" not in text


@pytest.mark.urls(__name__)
def test_an_accept_header_that_breaks_djangos_parser_breaks_no_error(site):
    response = site.get("/unknown", headers={"accept": "text/html; a*=foo''%41"})
    problem_of(response, 404)


@pytest.mark.parametrize(
    "address", ["/unknown", "/unknown/", "/.env", "/%00", "/a" * 2000]
)
def test_an_unknown_path_is_not_repeated(site, address):
    document = problem_of(site.get(address), 404)
    assert document["detail"] == "There is nothing at this path."


def test_a_page_is_found_without_its_slash(site):
    response = site.get("/dashboard?a=1")
    assert response.status_code == 301
    assert response.headers["Location"] == "/dashboard/?a=1"
    assert site.post("/dashboard").status_code == 404


@pytest.mark.urls(__name__)
def test_the_way_to_a_page_never_leaves_the_site(site):
    response = site.generic(
        "GET", "//evil.example/page", PATH_INFO="//evil.example/page"
    )
    assert response.status_code == 404


def test_a_form_without_its_token_is_forbidden(settings):
    site = Client(enforce_csrf_checks=True)
    document = problem_of(site.post("/admin/login/", {"username": "a"}), 403)
    assert "CSRF" in document["detail"]
    page = site.post("/admin/login/", {"username": "a"}, headers=BROWSER)
    assert page.status_code == 403
    assert b"CSRF" in page.content


def test_the_api_takes_posts_of_programs_without_a_token():
    site = Client(enforce_csrf_checks=True)
    body = b'{"tokens": [1], "timestep": 0}'
    response = site.post("/noise", body, content_type="application/json")
    assert response.status_code == 200
