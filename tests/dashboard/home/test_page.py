import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from noising import services
from noising.models import BenchmarkRun
from noising.runs import run_fail, run_renew, run_start, worker_register
from tests.audits import stored
from tests.dashboard.pages import inline_parts, page_text, turns_text_around
from tests.runs import claimed, queued, record_results

pytestmark = pytest.mark.django_db

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

HOSTILE = "\u202e<script>alert(1)</script>$x^2$"


def test_an_empty_database_shows_what_to_do_next(client: Client) -> None:
    page = page_text(client, "/dashboard/")
    assert "manage.py load_schedules" in page
    assert "manage.py run_benchmarks" in page
    assert "Upload pairs of clean and noised tokens" in page
    assert "/plots/built-in/alpha.svg" in page
    assert "/plots/schedules/" not in page


def test_a_browser_gets_the_dashboard_at_the_root(client: Client) -> None:
    response = client.get("/", headers={"accept": "text/html"})
    assert response.status_code == 200
    assert "pages/dashboard.html" in [part.name for part in response.templates]


def test_shows_the_state_of_the_service(client: Client) -> None:
    page = page_text(client, "/status/")
    for shown in (
        "cosine",
        "uniform, no mask id",
        "50,257 tokens",
        "1,048,576 tokens, 16 MiB",
        "60a09b297dd843180c8209488ad4e338a466e6cf7c52ef7d7763c143e6345247",
        "connected",
    ):
        assert shown in page


def test_shows_the_state_as_configured(client: Client, settings: Settings) -> None:
    settings.NOISE_SPECIFICATION = {
        "vocab_size": 27,
        "num_timesteps": 3,
        "schedule": {"type": "custom", "alphas": [0.9, 0.5, 0.1]},
        "graph": {"type": "absorbing"},
    }
    settings.MAX_BODY_BYTES = 1_000_001
    page = page_text(client, "/status/")
    for shown in (
        "alphas (3 entries)",
        "absorbing, mask id 27",
        "1,000,001 bytes",
    ):
        assert shown in page
    settings.MAX_BODY_BYTES = 3 * 1024
    assert "3 KiB" in page_text(client, "/status/")


def test_leads_to_the_check_the_comparison_runs_and_audits(
    client: Client, recorded_run: BenchmarkRun
) -> None:
    stored(faulty=True, name="Trainer")
    page = page_text(client, "/dashboard/")
    for shown in (
        'action="/check/"',
        '<option value="llada">',
        'action="/schedules/compare/"',
        "<option selected>sedd_entropy</option>",
        "/plots/schedules/alpha.svg?v=",
        "/plots/schedules/information.svg?v=",
        f'href="/runs/{recorded_run.pk}/"',
        "<bdi>uniform</bdi>, <bdi>cosine</bdi>",
        "<bdi>Trainer</bdi>",
        "wrong_alpha",
        'data-state="/playground/state.json"',
    ):
        assert shown in page, shown
    assert "load_schedules" not in page


def test_shows_running_and_failed_runs(
    client: Client, recorded_run: BenchmarkRun
) -> None:
    running, failed = (
        run_start(suite="s", corpus_name="c", config=recorded_run.config)
        for _ in range(2)
    )
    run_renew(run=running, progress=0.25)
    run_fail(run=failed, reason="The disk is full.")
    page = page_text(client, "/dashboard/")
    assert '<progress value="0.25"' in page
    assert "The disk is full." in page


def test_shows_the_queue_as_it_is(client: Client, db: None) -> None:
    lost, waiting = claimed(), queued()
    BenchmarkRun.objects.filter(pk=lost.pk).update(lease_until=LONG_AGO)
    BenchmarkRun.objects.filter(pk=waiting.pk).update(attempt=1)

    page = page_text(client, "/dashboard/")

    assert "its worker does not respond" in page
    assert "waits for attempt 2 of 3" in page
    assert "its worker does not respond" in page_text(client, f"/runs/{lost.pk}/")
    assert "<strong>not running</strong>" in page_text(client, "/status/")
    worker_register(worker_id="here")
    assert "<dd>running</dd>" in page_text(client, "/status/")


def test_names_are_text_and_never_markup(
    client: Client, document: dict[str, Any]
) -> None:
    document["corpus"]["name"] = HOSTILE
    document["schedules"][1]["name"] = HOSTILE
    run = record_results(document, notes=HOSTILE, tags=[HOSTILE])
    services.schedule_create(
        slug="mine",
        specification={"vocab_size": 27, "num_timesteps": 10},
        notes=HOSTILE,
        tags=[HOSTILE],
    )
    for path in (
        "/dashboard/",
        f"/runs/{run.pk}/",
        "/runs/",
        "/schedules/mine/",
        "/schedules/",
    ):
        page = page_text(client, path)
        assert inline_parts(page) == []
        assert "&lt;script&gt;" in page
        assert not turns_text_around(page)


@pytest.mark.parametrize("count", [1, 12])
def test_queries_are_as_many_however_much_is_stored(
    client: Client,
    document: dict[str, Any],
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for seed in range(count):
        document["config"]["seed"] = seed
        record_results(copy.deepcopy(document))
        services.schedule_create(
            slug=f"config-{seed}",
            specification={"vocab_size": 27, "num_timesteps": 10},
        )
    with django_assert_num_queries(5):
        client.get("/dashboard/")


def test_says_that_the_database_is_lost_and_goes_on(
    client: Client, recorded_run: BenchmarkRun, caplog: pytest.LogCaptureFixture
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE noising_scheduleconfig RENAME TO lost")
    page = page_text(client, "/dashboard/")
    assert "The database cannot be used" in page
    assert "manage.py migrate" in page
    assert "/plots/built-in/alpha.svg" in page
    assert "database cannot be used" in caplog.text
    assert client.get("/plots/built-in/alpha.svg").status_code == 200


def test_a_signed_in_browser_is_told_of_a_lost_database_too(
    client: Client, admin_client: Client
) -> None:
    with connection.cursor() as cursor:
        for table in ("noising_scheduleconfig", "django_session", "auth_user"):
            cursor.execute(f"ALTER TABLE {table} RENAME TO lost_{table}")
    assert "The database cannot be used" in page_text(admin_client, "/dashboard/")


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_pages_are_only_read(client: Client, method: str) -> None:
    assert getattr(client, method)("/dashboard/").status_code == 405


def test_pages_have_no_inline_script_or_style(
    client: Client, recorded_run: BenchmarkRun
) -> None:
    for path in ("/dashboard/", f"/runs/{recorded_run.pk}/", "/schedules/cosine/"):
        response = client.get(path)
        page = response.content.decode()
        assert inline_parts(page) == []
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy


def test_the_icon_is_found_where_browsers_look_for_it(client: Client) -> None:
    response = client.get("/favicon.ico")
    assert response.status_code == 302
    assert response.headers["Location"] == "/static/noising/mark.svg"


def test_the_static_files_of_the_pages_exist(client: Client) -> None:
    for name in ("css/base.css", "js/site.js", "admin.css", "mark.svg"):
        response = client.get(f"/static/noising/{name}")
        assert response.status_code == 200
        assert response.getvalue()
        response.close()
