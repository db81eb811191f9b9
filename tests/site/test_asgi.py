"""The ASGI application responds as the WSGI application does."""

import orjson
import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator

from noising_site.asgi import application
from tests.wsgi import database_left_alone

GOOD = orjson.dumps({"tokens": [1, 2, 3], "timestep": 5, "seed": 1})
BASE = {
    "type": "http",
    "http_version": "1.1",
    "asgi": {"version": "3.0"},
    "query_string": b"",
}


async def exchange(method: str, path: str, body: bytes, **headers: str):
    named = [(b"host", b"localhost")]
    named += [(n.replace("_", "-").encode(), v.encode()) for n, v in headers.items()]
    scope = BASE | {"method": method, "path": path, "headers": named}
    communicator = ApplicationCommunicator(application, scope)
    await communicator.send_input({"type": "http.request", "body": body})
    start = await communicator.receive_output(10)
    content = (await communicator.receive_output(10))["body"]
    await communicator.wait(10)
    return start["status"], content


def ask(method: str, path: str, body: bytes = b"", **headers: str):
    with database_left_alone():
        return async_to_sync(exchange)(method, path, body, **headers)


@pytest.mark.parametrize("content_type", ["", "text/plain; charset=hex"])
def test_it_reads(content_type):
    status, content = ask("GET", "/info", content_type=content_type)
    assert status == 200
    assert orjson.loads(content)["num_timesteps"] == 1000


@pytest.mark.parametrize("length", [{}, {"content_length": str(len(GOOD))}])
def test_it_noises_with_and_without_a_length(length):
    status, content = ask(
        "POST", "/noise", GOOD, content_type="application/json", **length
    )
    assert status == 200
    assert orjson.loads(content)["metrics"]["total_tokens"] == 3


def test_it_refuses():
    status, content = ask("POST", "/noise", GOOD, content_type="text/plain")
    assert status == 415
    assert orjson.loads(content)["status"] == 415


def test_a_body_over_the_limit_is_refused(settings):
    settings.MAX_BODY_BYTES = len(GOOD) - 1
    assert ask("POST", "/noise", GOOD, content_type="application/json")[0] == 413
