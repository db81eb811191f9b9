"""Checks that hold for every error response."""

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse

LARGEST_BODY = 64 * 1024


def problem_of(response: HttpResponse, status: int) -> dict[str, Any]:
    """Return the document of an error, having checked its form."""
    assert response.status_code == status, response.content[:500]
    assert response.headers["Content-Type"] == "application/problem+json"
    assert len(response.content) <= LARGEST_BODY
    document = response.json()
    keys = {"type", "title", "status", "detail", "errors", "request_id"}
    assert set(document) == keys
    assert document["type"] == "about:blank"
    assert document["title"] == HTTPStatus(status).phrase
    assert document["status"] == status
    assert document["detail"]
    assert document["request_id"] == response.headers["X-Request-ID"]
    assert len(document["errors"]) <= 10
    for error in document["errors"]:
        assert set(error) == {"pointer", "code", "detail"}
        assert error["pointer"].startswith("#")
    return document


def pointers_of(response: HttpResponse) -> list[tuple[str, str]]:
    """Return pointer and code of every refused value."""
    document = problem_of(response, 422)
    assert document["errors"]
    assert document["detail"] == document["errors"][0]["detail"]
    return [(error["pointer"], error["code"]) for error in document["errors"]]
