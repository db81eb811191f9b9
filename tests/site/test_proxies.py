"""Which proxies are trusted for the client's address and scheme."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from noising_site.middleware import take_address, take_scheme


def seen(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{request.META['REMOTE_ADDR']} {request.scheme}")


urlpatterns = [path("seen", seen), path("livez", seen)]


@pytest.mark.parametrize(
    ("header", "hops", "address"),
    [
        (None, 1, "10.0.0.9"),
        ("", 1, "10.0.0.9"),
        ("1.2.3.4", 1, "1.2.3.4"),
        ("6.6.6.6, 1.2.3.4", 1, "1.2.3.4"),
        ("6.6.6.6, 1.2.3.4, 10.0.0.2", 2, "1.2.3.4"),
        ("1.2.3.4", 2, "10.0.0.9"),
        ("6.6.6.6, nonsense", 1, "10.0.0.9"),
        ("1.2.3.4:80", 1, "10.0.0.9"),
        (" 2001:DB8::1 ", 1, "2001:db8::1"),
        ("1.2.3.4\n", 1, "1.2.3.4"),
    ],
)
def test_the_address_is_the_one_the_outermost_proxy_saw(header, hops, address):
    meta = {"REMOTE_ADDR": "10.0.0.9"}
    if header is not None:
        meta["HTTP_X_FORWARDED_FOR"] = header
    take_address(meta, hops)
    assert meta["REMOTE_ADDR"] == address


@pytest.mark.parametrize(
    ("header", "hops", "scheme"),
    [
        (None, 1, ""),
        ("https", 1, "https"),
        ("https", 3, "https"),
        ("https, http", 1, "http"),
        ("https, http", 2, "https"),
        ("https, http, https", 2, "http"),
    ],
)
def test_the_scheme_is_the_one_the_outermost_proxy_wrote(header, hops, scheme):
    meta = {} if header is None else {"HTTP_X_FORWARDED_PROTO": header}
    take_scheme(meta, hops)
    assert meta["HTTP_X_FORWARDED_PROTO"] == scheme


@pytest.mark.urls(__name__)
def test_without_trusted_proxies_nothing_forwarded_counts():
    headers = {"x-forwarded-for": "1.2.3.4", "x-forwarded-proto": "https"}
    assert Client().get("/seen", headers=headers).content == b"127.0.0.1 http"


@pytest.mark.urls(__name__)
def test_behind_trusted_proxies_it_counts(settings):
    settings.TRUSTED_PROXIES = 1
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    headers = {"x-forwarded-for": "6.6.6.6, 1.2.3.4", "x-forwarded-proto": "https"}
    assert Client().get("/seen", headers=headers).content == b"1.2.3.4 https"


@pytest.mark.urls(__name__)
def test_with_https_the_scheme_counts_and_plain_requests_are_led_there(settings):
    settings.HTTPS = True
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 3600
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    client = Client(headers={"host": "localhost"})
    plain = client.get("/seen?a=1")
    assert plain.status_code == 301
    assert plain.headers["Location"] == "https://localhost/seen?a=1"
    assert plain.headers["X-Frame-Options"] == "DENY"
    headers = {"x-forwarded-proto": "https", "x-forwarded-for": "1.2.3.4"}
    secure = client.get("/seen", headers=headers)
    assert secure.content == b"127.0.0.1 https"
    assert secure.headers["Strict-Transport-Security"] == "max-age=3600"
    forged = client.get("/seen", headers={"x-forwarded-proto": "https, http"})
    assert forged.status_code == 301
    assert client.get("/livez").status_code == 200
