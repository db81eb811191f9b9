"""Headers that every response of every route has."""

import re

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.databases import open_after_requests
from tests.site.routes import every_route

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
POLICY = {
    "default-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
}
FRAMED = "/playground/embed/"
"""The one page that other sites may frame."""
BROWSER = "text/html,*/*;q=0.8"
WALKER = Client(raise_request_exception=False)
"""One for all routes: making a client takes longer than asking."""


def every_path() -> list[str]:
    plain = [route.path() for route in every_route()]
    return sorted({*plain, "/unknown", "/dashboard", "/static/admin/css/base.css"})


def check_headers(response: HttpResponse, *, is_framed: bool = False) -> None:
    for name, value in HEADERS.items():
        if not (is_framed and name == "X-Frame-Options"):
            assert response.headers[name] == value
    framing = "frame-ancestors *" in response.headers["Content-Security-Policy"]
    assert framing == is_framed == ("X-Frame-Options" not in response.headers)
    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["X-Request-ID"])
    assert "Content-Security-Policy" in response.headers
    assert "Server" not in response.headers
    assert not [name for name in response.headers if name.startswith("Access-Control")]


def test_the_walk_finds_the_routes():
    paths = every_path()
    assert {"/", "/info", "/alpha/5", "/noise", "/dashboard/"} <= set(paths)
    assert {"/livez", "/readyz", "/api/schema/", "/api/docs/"} <= set(paths)
    assert "/admin/login/" in paths


@pytest.mark.django_db
@pytest.mark.parametrize("path", every_path())
def test_every_route_carries_them_for_every_method_and_client(path):
    for method in ("GET", "HEAD", "POST", "OPTIONS"):
        for accept in (BROWSER, "*/*"):
            response = WALKER.generic(method, path, headers={"accept": accept})
            with open_after_requests():
                response.close()
            assert response.status_code < 500
            is_shown = response.status_code == 200
            check_headers(response, is_framed=path == FRAMED and is_shown)


@pytest.mark.parametrize("path", every_path())
def test_every_route_refuses_unknown_hosts_but_the_probes(path):
    if path in {"/livez", "/readyz"}:
        return
    response = WALKER.get(path, headers={"host": "evil.example"})
    assert response.status_code == 400
    check_headers(response)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/dashboard/", "/admin/login/", "/unknown"])
def test_pages_have_the_strict_policy(path, client):
    response = client.get(path, headers={"accept": BROWSER})
    assert response.headers["Content-Type"].startswith("text/html")
    assert set(response.headers["Content-Security-Policy"].split("; ")) == POLICY
    text = response.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style|\sstyle=|\son\w+=", text)
    assert not re.search(r"(src|href)=\"(https?:)?//", text)


def test_the_login_is_never_stored(client):
    assert "no-store" in client.get("/admin/login/").headers["Cache-Control"]


@pytest.mark.parametrize("given", ["abc", "A-b_c.9", "x" * 64])
def test_a_request_id_is_taken_over(client, given):
    response = client.get("/info", headers={"x-request-id": given})
    assert response.headers["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given", ["", " ", "x" * 65, "a b", "a\nb", "ä", "<script>", "a;b", "a\x00"]
)
def test_a_request_id_of_another_form_is_made_new(client, given):
    responses = [client.get("/info", HTTP_X_REQUEST_ID=given) for _ in range(2)]
    ids = [response.headers["X-Request-ID"] for response in responses]
    assert ids[0] != ids[1]
    for request_id in ids:
        assert re.fullmatch(r"[0-9a-f]{32}", request_id)


def test_an_error_names_its_request(client):
    response = client.get("/unknown", headers={"x-request-id": "mine"})
    assert response.json()["request_id"] == "mine"


def test_an_answer_without_content_has_no_length(client):
    assert "Content-Length" not in client.options("/noise").headers
