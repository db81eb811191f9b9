"""Limits over all workers of a real server, and the mode that closes it."""

import http.client
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.operations.servers import ROOT, Server, environment, running

NOISE = {"tokens": [1, 2, 3], "timestep": 5}
CREATE_ACCOUNT = (
    "from django.contrib.auth.models import User; User.objects.create_user('ada')"
)

SIGN_IN = """
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
request = HttpRequest()
request.session = SessionStore()
login(request, User.objects.get(), "django.contrib.auth.backends.ModelBackend")
request.session.save()
print(request.session.session_key)
"""


def manage(folder: Path, *arguments: str) -> str:
    """Run a command on the server's data, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(DATA_DIR=str(folder)),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def statuses_of(ask, count: int) -> list[int]:
    """Ask so many times at once."""
    with ThreadPoolExecutor(count) as pool:
        return sorted(pool.map(lambda _: ask(), range(count)))


def failed_login(server: Server) -> int:
    page = server.ask("GET", "/account/login/", Accept="text/html")
    found = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page.body)
    assert found is not None
    fields = {
        "csrfmiddlewaretoken": found[1].decode(),
        "username": "ada",
        "password": "wrong",
    }
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": page.headers["Set-Cookie"].partition(";")[0],
    }
    connection.request("POST", "/account/login/", urlencode(fields), headers)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.fixture(scope="module")
def with_account(
    prepared_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A data folder with an account that no test changes."""
    folder = tmp_path_factory.mktemp("account") / "data"
    shutil.copytree(prepared_folder, folder)
    manage(folder, "shell", "--no-imports", "--command", CREATE_ACCOUNT)
    return folder


@pytest.fixture
def folder(with_account: Path, tmp_path: Path) -> Path:
    """The same, of the test's own."""
    folder = tmp_path / "data"
    shutil.copytree(with_account, folder)
    return folder


@pytest.fixture(scope="module")
def server(
    with_account: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server whose limits are used up, each by one test."""
    folder = tmp_path_factory.mktemp("limits") / "data"
    shutil.copytree(with_account, folder)
    with running(folder) as server:
        yield server


def test_the_first_start_signs_with_the_key_that_it_keeps(folder: Path) -> None:
    (folder / "secret_key").unlink()
    with running(folder) as server:
        session = manage(folder, "shell", "--no-imports", "--command", SIGN_IN)
        signed_in = {"Accept": "text/html", "Cookie": f"sessionid={session}"}
        assert server.ask("GET", "/account/", **signed_in).status == 200
        forged = signed_in | {"Cookie": f"sessionid={session[::-1]}"}
        assert server.ask("GET", "/account/", **forged).status == 302


def test_failed_logins_at_once_are_counted_over_all_workers(server: Server) -> None:
    statuses = statuses_of(lambda: failed_login(server), 16)
    # Of several at once as many may be refused, but never more let through.
    assert statuses.count(403) <= 10
    assert set(statuses) == {403, 429}
    while failed_login(server) == 403:
        statuses.append(403)
    assert statuses.count(403) == 10


def test_writes_at_once_are_counted_over_all_workers(server: Server) -> None:
    secret = manage(server.data_dir, "token", "create", "ada", "--scope", "admin")
    headers = {"Authorization": f"Bearer {secret}"}

    def write() -> int:
        return server.ask("DELETE", "/api/v1/tokens/999", **headers).status

    statuses = [status for _ in range(5) for status in statuses_of(write, 16)]
    refused = server.ask("DELETE", "/api/v1/tokens/999", **headers)
    assert 50 < statuses.count(404) <= 60
    assert statuses.count(404) + statuses.count(429) == 80
    assert refused.status == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


def test_a_closed_service_noises_for_whoever_shows_a_token(folder: Path) -> None:
    secret = manage(folder, "token", "create", "ada")
    with running(folder, variables={"ACCESS": "closed"}) as server:
        assert server.ask("GET", "/").status == 200
        assert server.ask("GET", "/readyz").status == 200
        for path in ("/info", "/alpha/5"):
            assert server.ask("GET", path).status == 401
        refused = server.ask("POST", "/noise", NOISE)
        assert refused.status == 401
        assert refused.headers["WWW-Authenticate"].startswith("Bearer ")
        headers = {"Authorization": f"Bearer {secret}"}
        answered = server.ask("POST", "/noise", NOISE, **headers)
        assert answered.status == 200
        assert answered.json()["metrics"]["total_tokens"] == 3
