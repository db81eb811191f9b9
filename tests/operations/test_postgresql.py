"""The service on a real PostgreSQL: its limits and its failures."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from noising.api.audits.examples import NEW as NEW_AUDIT
from tests.operations.servers import (
    Answer,
    Server,
    wait_for,
)
from tests.operations.sites import Site
from tests.postgresql import Cluster

DATABASE_PARTS = ["database", "database_writes", "migrations", "worker"]


@pytest.fixture(scope="module")
def served(
    migrated_site: Site, prepared_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, Server]]:
    """A server that outlives each failure of its database."""
    folder = tmp_path_factory.mktemp("served") / "data"
    shutil.copytree(prepared_folder, folder)
    site = migrated_site.copy("served", folder)
    with site.serving() as server:
        yield site, server


@pytest.fixture
def lines(served: tuple[Site, Server]) -> Callable[[], str]:
    """Return what that server has logged since the test began."""
    _, server = served
    start = len(server.lines)
    return lambda: server.lines[start:]


def statuses(server: Server, *paths: str) -> list[int]:
    return [server.ask("GET", path).status for path in paths]


def degraded(server: Server) -> list[str]:
    answer = server.ask("GET", "/readyz")
    assert answer.status == 200
    parts: list[str] = answer.json()["degraded"]
    return parts


def failure_of(answer: Answer) -> str:
    assert answer.status == 503, answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    return str(answer.json()["detail"])


NO_DATABASE = ("/info", "/alpha/5", "/livez", "/readyz")


def test_a_server_that_is_gone_is_503_until_it_is_back(
    served: tuple[Site, Server], lines: Callable[[], str], postgresql: Cluster
) -> None:
    _, server = served
    assert statuses(server, "/api/v1/schedules", *NO_DATABASE) == [200] * 5
    postgresql.stop()
    try:
        failure_of(server.ask("GET", "/api/v1/schedules"))
        assert statuses(server, *NO_DATABASE) == [200] * 4
        assert degraded(server) == DATABASE_PARTS
        [line] = [
            each for each in lines().splitlines() if "GET /api/v1/schedules" in each
        ]
        assert '"level":"error","logger":"noising.database"' in line
        assert "Traceback" not in lines()
    finally:
        postgresql.start()
    wait_for(
        lambda: statuses(server, "/api/v1/schedules") == [200],
        lambda: f"it is not back:\n{server.lines}",
    )
    wait_for(lambda: degraded(server) == [], lambda: f"not:\n{server.lines}")


def test_a_server_that_stands_still_is_503_and_holds_up_no_probe(
    served: tuple[Site, Server], lines: Callable[[], str], postgresql: Cluster
) -> None:
    _, server = served
    with ThreadPoolExecutor(4) as threads:
        assert statuses(server, "/api/v1/schedules") == [200]
        with postgresql.frozen():
            reads = [
                threads.submit(server.ask, "GET", "/api/v1/schedules") for _ in range(4)
            ]
            for _ in range(3):
                assert statuses(server, *NO_DATABASE) == [200] * 4
                assert degraded(server) == DATABASE_PARTS
            for read in reads:
                failure_of(read.result(timeout=60))
        assert "Checks not finished in" in lines()
        wait_for(
            lambda: statuses(server, "/api/v1/schedules") == [200],
            lambda: f"it is not back:\n{server.lines}",
        )
    assert "Traceback" not in lines()


def test_a_statement_that_takes_too_long_is_503(
    served: tuple[Site, Server], lines: Callable[[], str]
) -> None:
    site, server = served
    with site.cluster.connect(site.name) as other:
        other.autocommit = False
        other.execute("LOCK TABLE noising_scheduleconfig")
        failure_of(server.ask("GET", "/api/v1/schedules"))
    assert "canceling statement due to statement timeout" in lines()
    assert statuses(server, "/api/v1/schedules") == [200]


def test_a_database_that_is_read_only_is_named_and_reads_go_on(site: Site) -> None:
    bearer = site.bearer
    site.tell(f"ALTER DATABASE {site.name} SET default_transaction_read_only = on")
    with site.serving(ACCESS="closed") as server:
        assert server.ask("GET", "/api/v1/schedules", **bearer).status == 200
        new = {"name": "mine", "specification": {"schedule": {"type": "linear"}}}
        answer = server.ask("POST", "/api/v1/schedules", new, **bearer)
        failure_of(answer)
        assert "read-only transaction" in server.lines
        assert "database_writes" in degraded(server)
        assert "database" not in degraded(server)


def test_threads_share_few_connections(site: Site) -> None:
    """More at once than the server has connections for."""
    limits = {"DATABASE_CONNECTIONS": "4"}
    with site.serving(**limits) as server, ThreadPoolExecutor(40) as threads:
        found = list(
            threads.map(lambda _: statuses(server, "/api/v1/schedules"), range(200))
        )
        assert found == [[200]] * 200
        [(count,)] = site.ask(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert 1 <= count <= 4


def test_clients_that_take_their_answers_slowly_hold_no_connection(
    site: Site,
) -> None:
    bearer = site.bearer
    limits = {
        "ACCESS": "closed",
        "DATABASE_CONNECTIONS": "2",  # one for the web server, one for the worker
        "MAX_COSTLY_REQUESTS": "64",
    }
    body = json.dumps({"tokens": [1] * 20_000, "timesteps": list(range(800))})
    headers = {"Content-Type": "application/json", **bearer}
    with site.serving(**limits) as server, ExitStack() as stack:
        for _ in range(10):
            client = HTTPConnection("127.0.0.1", server.port, timeout=60)
            stack.callback(client.close)
            client.request("POST", "/api/v1/trajectory", body, headers)
            assert client.getresponse().status == 200  # and nothing of it is read
        read = server.ask("GET", "/api/v1/schedules", **bearer)
        assert read.status == 200, server.lines


def test_documents_keep_the_order_of_their_keys(served: tuple[Site, Server]) -> None:
    """In jsonb the keys of an object are sorted by their length."""
    weights = {"variable": 0.5, "other": 1.0, "critical": 2.0}
    hyperschedule = {"type": "token_types", "weights": weights}
    new = {
        "name": "mine",
        "specification": {
            "vocab_size": 27,
            "schedule": {"type": "linear"},
            "hyperschedule": hyperschedule
            | {"classes": {"other": [2], "critical": [1]}},
        },
    }
    run = {"schedules": ["mine", "cosine"], "corpus": "synthetic"}
    site, server = served
    bearer = site.bearer
    made = server.ask("POST", "/api/v1/schedules", new, **bearer)
    assert made.status == 201, made.body
    read = server.ask("GET", "/api/v1/schedules/mine").json()["specification"]
    assert json.dumps(read) == json.dumps(made.json()["specification"])
    found = server.ask("GET", "/api/v1/schedules?schedule_type=linear&search=mine")
    assert found.json()["count"] == 1
    assert server.ask("POST", "/api/v1/runs", run, **bearer).status == 202
    audit = server.ask("POST", "/api/v1/audits", NEW_AUDIT, **bearer)
    assert audit.status == 201, audit.body
    path = f"/api/v1/audits/{audit.json()['id']}"
    report = server.ask("GET", path).json()["report"]
    assert json.dumps(report) == json.dumps(audit.json()["report"])
    listed = server.ask("GET", "/api/v1/audits?verdict=passed&tag=draft&search=4f2")
    assert listed.json()["count"] == 1
    assert server.ask("GET", "/api/v1/audits?code=wrong_alpha").status == 200
    assert statuses(server, f"{path}/plots/overview?format=pdf") == [200]
    other = {"specification": {"vocab_size": 28}}
    refused = server.ask("PATCH", "/api/v1/schedules/mine", other, **bearer)
    assert refused.status == 409, refused.body
    assert statuses(server, "/plots/schedules/mine/positions.svg") == [200]


def test_a_database_from_before_is_changed_with_its_rows(site: Site) -> None:
    column = (
        "SELECT data_type FROM information_schema.columns"
        " WHERE table_name = 'noising_scheduleconfig' AND column_name = 'specification'"
    )
    rows = "SELECT slug, specification->>'vocab_size' FROM noising_scheduleconfig"
    assert site.ask(column) == [("json",)]
    before = sorted(site.ask(rows))
    site.run("migrate", "noising", "0005", "--verbosity", "0")
    assert site.ask(column) == [("jsonb",)]
    site.run("migrate", "--verbosity", "0")
    assert site.ask(column) == [("json",)]
    assert sorted(site.ask(rows)) == before


def test_a_name_with_nul_is_no_failure_of_ours(
    served: tuple[Site, Server], lines: Callable[[], str]
) -> None:
    _, server = served
    paths = [
        "/api/v1/schedules/compare?names=cosine,a%00",
        "/api/v1/schedules?search=%00",
        "/api/v1/runs?owner=%00",
        "/schedules/compare/?names=cosine,a%00",
    ]
    assert statuses(server, *paths) == [422] * 4
    run = {"schedules": ["a\0"], "corpus": "synthetic"}
    noise = {"tokens": [[1]], "timesteps": 1, "schedule": "a\0"}
    assert server.ask("POST", "/api/v1/noise", noise).status == 422
    assert server.ask("POST", "/api/v1/runs", run).status == 401
    assert '"level":"error"' not in lines()


def test_a_backup_restores_what_was_there_in_one_transaction(
    site: Site, tmp_path: Path
) -> None:
    archive = tmp_path / "backup.tar.gz"
    assert site.bearer  # an account with a token
    site.run("backup", str(archive))
    name = f"{site.name}_restored"
    with site.cluster.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}")
    other = Site(site.cluster, name, site.data_dir)
    tables = ("auth_user", "noising_accesstoken", "noising_scheduleconfig")

    def content(site: Site) -> list[list[tuple[Any, ...]]]:
        return [site.ask(f"SELECT * FROM {table} ORDER BY 1") for table in tables]  # noqa: S608 - names from above

    other.run("restore", str(archive))
    expected = content(site)
    assert content(other) == expected
    assert all(expected)
    assert other.run("migrate", "--check") == ""
    refused = other.start("restore", str(archive))
    assert "add --replace" in refused.communicate(timeout=120)[1]
    assert refused.returncode == 1

    # Others may read meanwhile: they see all rows. A table of a later version goes.
    other.tell("CREATE TABLE noising_later ()")
    replacing = other.start("restore", str(archive), "--replace")
    counts = set()
    with other.cluster.connect(name) as reader:
        while replacing.poll() is None:
            counts |= set(reader.execute("SELECT count(*) FROM noising_scheduleconfig"))
            time.sleep(0.01)
    output = replacing.communicate(timeout=120)
    assert replacing.returncode == 0, output
    assert counts == {(len(expected[2]),)}
    assert other.ask("SELECT to_regclass('noising_later')") == [(None,)]

    # An index is the last thing that a restore makes.
    [(index,)] = other.ask(
        "SELECT indexname FROM pg_indexes WHERE tablename = 'noising_worker'"
        " AND indexname NOT LIKE '%%pkey' AND indexname NOT LIKE '%%like'"
    )
    other.tell(f"DROP INDEX {index}; CREATE SEQUENCE {index}")
    failing = other.start("restore", str(archive), "--replace")
    errors = failing.communicate(timeout=120)[1]
    assert f'relation "{index}" already exists) and is unchanged; stop' in errors
    assert failing.returncode == 1
    assert content(other) == expected
