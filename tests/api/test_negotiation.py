"""Content negotiation by the Accept header."""

import pytest

from tests.api.problems import problem_of


@pytest.mark.parametrize(
    "accept",
    [
        "application/json",
        "application/*",
        "*/*",
        "",
        "text/html, */*;q=0.1",
        "application/xml, application/json;q=0.1",
        "APPLICATION/JSON",
        "application/json, text/plain, */*",
    ],
)
def test_json_is_answered_where_it_may_be(api, accept):
    response = api.get("/info", headers={"accept": accept})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "application/xml",
        "image/*",
        "application/json;q=0",
        "application/jsonx",
        "application/npy",
        "nonsense",
        ";;;q=,,/",
        "text/html; a*=foo''%41",
        "\u00ff\u00fe",
    ],
)
@pytest.mark.parametrize("path", ["/info", "/alpha/5", "/livez"])
def test_what_json_does_not_meet_is_not_acceptable(api, path, accept):
    document = problem_of(api.get(path, headers={"accept": accept}), 406)
    assert "application/json" in document["detail"]


def test_a_post_is_judged_by_it_too(send):
    response = send(b'{"tokens": [1], "timestep": 0}', headers={"accept": "text/csv"})
    problem_of(response, 406)


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/", "GET, HEAD, OPTIONS"),
        ("/info", "GET, HEAD, OPTIONS"),
        ("/alpha/5", "GET, HEAD, OPTIONS"),
        ("/noise", "POST, OPTIONS"),
        ("/livez", "GET, HEAD, OPTIONS"),
        ("/readyz", "GET, HEAD, OPTIONS"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "TRACE", "FOO"])
def test_a_method_that_is_not_there_is_named_with_those_that_are(
    api, path, allow, method
):
    if method in allow:
        return
    response = api.generic(method, path)
    problem_of(response, 405)
    assert response.headers["Allow"] == allow


@pytest.mark.parametrize("path", ["/", "/info", "/alpha/5", "/noise", "/livez"])
def test_options_answers_without_content(api, path):
    response = api.options(path)
    assert response.status_code == 204
    assert response.content == b""
    assert "OPTIONS" in response.headers["Allow"]
