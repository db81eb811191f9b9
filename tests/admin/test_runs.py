import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from noising.models import BenchmarkResult, BenchmarkRun
from noising.runs import run_archive, run_start
from tests.runs import claimed, queued, record_results

pytestmark = pytest.mark.django_db

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

LIST = "/admin/noising/benchmarkrun/"
# What a browser sends along for the tables of rows that nobody changes.
INLINES = {
    f"{prefix}-{name}": 0
    for prefix in ("schedules", "throughput_results")
    for name in ("TOTAL_FORMS", "INITIAL_FORMS")
}


def change(run: BenchmarkRun) -> str:
    return f"{LIST}{run.pk}/change/"


def test_shows_plots_rows_and_environment(
    admin_client: Client, recorded_run: BenchmarkRun, document: dict[str, Any]
) -> None:
    page = admin_client.get(change(recorded_run)).content.decode()
    for name in ("alpha", "information", "preservation", "throughput"):
        assert f'<img src="/plots/runs/{recorded_run.pk}/{name}.svg"' in page
    for shown in (
        document["environment"]["cpu"],
        document["corpus"]["sha256"],
        document["throughput"][0]["case"],
        "wasted_timesteps",
        "sedd_entropy",
    ):
        assert shown in page


def test_only_notes_and_tags_can_be_written(
    admin_client: Client, recorded_run: BenchmarkRun
) -> None:
    form = {"notes": "Mine.", "tags": "a, b", "status": "failed", "seed": "7"}
    response = admin_client.post(change(recorded_run), form | INLINES)
    assert response.status_code == 302
    stored = BenchmarkRun.objects.get()
    assert (stored.notes, stored.tags) == ("Mine.", ["a", "b"])
    assert (stored.status, stored.seed) == ("succeeded", recorded_run.seed)


def test_a_tag_that_is_not_allowed_is_said_beside_the_field(
    admin_client: Client, recorded_run: BenchmarkRun
) -> None:
    response = admin_client.post(
        change(recorded_run), {"notes": "", "tags": "a, a"} | INLINES
    )
    assert "only once" in str(response.context["adminform"].form.errors)


def test_nobody_adds_a_run(admin_client: Client) -> None:
    assert admin_client.get(f"{LIST}add/").status_code == 403


def test_a_run_that_is_not_done_shows_no_plots(
    admin_client: Client, recorded_run: BenchmarkRun
) -> None:
    run = run_start(suite="s", corpus_name="c", config=recorded_run.config)
    page = admin_client.get(change(run)).content.decode()
    assert "once it has succeeded" in page
    assert "/plots/" not in page


def test_shows_the_queue_as_it_is(admin_client: Client) -> None:
    lost, waiting = claimed(), queued()
    BenchmarkRun.objects.filter(pk=lost.pk).update(lease_until=LONG_AGO)
    BenchmarkRun.objects.filter(pk=waiting.pk).update(attempt=2)

    page = admin_client.get(LIST).content.decode()

    assert "its worker does not respond" in page
    assert "waits for attempt 3 of 3" in page
    assert "uniform, cosine" in page
    for run in (lost, waiting):
        assert admin_client.get(change(run)).status_code == 200


def test_a_deleted_run_takes_its_rows_along(
    admin_client: Client, recorded_run: BenchmarkRun
) -> None:
    path = f"{LIST}{recorded_run.pk}/delete/"
    assert admin_client.get(path).status_code == 200
    admin_client.post(path, {"post": "yes"})
    assert not BenchmarkRun.objects.exists()
    assert not BenchmarkResult.objects.exists()


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 1),
        ("?archived=yes", 1),
        ("?archived=all", 2),
        ("?status__exact=succeeded", 1),
        ("?status__exact=failed", 0),
        ("?q=synthetic", 1),
        ("?q=sedd_entropy", 1),
        ("?q=nothing", 0),
    ],
)
def test_lists_filters_and_finds(
    admin_client: Client,
    recorded_run: BenchmarkRun,
    document: dict[str, Any],
    query: str,
    count: int,
) -> None:
    document["config"]["seed"] = 99
    run_archive(run=record_results(document))
    response = admin_client.get(LIST + query)
    assert response.status_code == 200
    assert len(response.context["cl"].result_list) == count


def test_the_list_needs_as_many_queries_for_any_number_of_rows(
    admin_client: Client,
    recorded_run: BenchmarkRun,
    document: dict[str, Any],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    # Session, account; two counts, the rows; two date ranges; two filters' choices.
    with django_assert_num_queries(9):
        admin_client.get(LIST)
    for seed in range(5):
        document["config"]["seed"] = 100 + seed
        record_results(copy.deepcopy(document))
    with django_assert_num_queries(9):
        admin_client.get(LIST)


def test_archives_and_brings_back_what_is_selected(
    admin_client: Client, recorded_run: BenchmarkRun
) -> None:
    selection = {"_selected_action": [recorded_run.pk]}
    admin_client.post(LIST, {"action": "archive", **selection})
    assert BenchmarkRun.objects.get().archived_at is not None
    admin_client.post(f"{LIST}?archived=yes", {"action": "unarchive", **selection})
    assert BenchmarkRun.objects.get().archived_at is None


def test_who_may_only_look_changes_nothing(
    client: Client, recorded_run: BenchmarkRun
) -> None:
    reader = get_user_model().objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_benchmarkrun"))
    client.force_login(reader)
    page = client.get(change(recorded_run)).content.decode()
    assert "<textarea" not in page
    response = client.post(change(recorded_run), {"notes": "x", "tags": ""} | INLINES)
    assert response.status_code == 403
    assert BenchmarkRun.objects.get().notes == ""
