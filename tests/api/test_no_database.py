"""The endpoints that use no database, session or account.

pytest-django refuses every query of a test that is not marked for the database.
"""

import orjson
import pytest

BODY = orjson.dumps({"tokens": [1, 2, 3], "timestep": 5})


@pytest.mark.parametrize("path", ["/", "/info", "/alpha/5", "/livez"])
def test_reads_need_no_database(api, path):
    assert api.get(path).status_code == 200


@pytest.mark.parametrize(
    "body", [BODY, b"{", b'{"tokens": [1], "timestep": 0, "use_hyperschedule": true}']
)
def test_noise_needs_no_database(send, body):
    assert send(body).status_code in {200, 400}


def test_nor_is_the_session_of_a_cookie_looked_up(send):
    response = send(BODY, headers={"cookie": f"sessionid={'x' * 32}"})
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert "Cookie" not in response.headers.get("Vary", "")


def test_an_authorization_that_means_nothing_is_ignored(send):
    headers = {"authorization": "Basic eDp5"}
    assert send(BODY, headers=headers).status_code == 200
