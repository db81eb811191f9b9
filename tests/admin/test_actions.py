import csv
import io
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from noising import services
from noising.models import BenchmarkRun, ScheduleConfig
from tests.runs import record_results

pytestmark = pytest.mark.django_db

SCHEDULES = "/admin/noising/scheduleconfig/"
RUNS = "/admin/noising/benchmarkrun/"
SMALL = {"vocab_size": 27, "num_timesteps": 10}


@pytest.fixture
def pair() -> list[ScheduleConfig]:
    return [
        services.schedule_create(slug=name, specification=SMALL, notes=notes)
        for name, notes in (("first", "=1+1"), ("second", "<b>"))
    ]


@pytest.fixture
def runs(document: dict[str, Any]) -> list[BenchmarkRun]:
    made = []
    for seed in (7, 8):
        document["config"]["seed"] = seed
        made.append(record_results(document, notes="@home"))
    return made


def do(client: Client, path: str, action: str, rows: list[Any], **options: Any) -> Any:
    selected = [row.pk for row in rows]
    form = {"action": action, "_selected_action": selected}
    return client.post(path, form, **options)


def rows_of(answer: Any) -> list[list[str]]:
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.content.decode())))


def test_schedules_are_compared(
    admin_client: Client, pair: list[ScheduleConfig]
) -> None:
    answer = do(admin_client, SCHEDULES, "compare", pair)
    assert answer.headers["Location"] == "/schedules/compare/?names=first%2Csecond"
    alone = do(admin_client, SCHEDULES, "compare", pair[:1], follow=True)
    assert "Select 2 to 16 to compare them, not 1." in alone.content.decode()


def test_runs_are_compared(admin_client: Client, runs: list[BenchmarkRun]) -> None:
    answer = do(admin_client, RUNS, "compare", runs)
    page = admin_client.get(answer.headers["Location"]).content.decode()
    assert "Only values that differ between the runs" in page


def test_a_benchmark_of_schedules_is_queued(
    admin_client: Client, pair: list[ScheduleConfig]
) -> None:
    answer = do(admin_client, SCHEDULES, "benchmark", pair, follow=True)
    run = BenchmarkRun.objects.get()
    assert run.config["schedules"] == ["first", "second", "uniform"]
    assert run.config["num_timesteps"] == 10
    assert f'<a href="/runs/{run.pk}/">The run</a>' in answer.content.decode()


def test_schedules_are_certified_and_the_certificates_are_stored(
    admin_client: Client, pair: list[ScheduleConfig]
) -> None:
    answer = do(admin_client, SCHEDULES, "certify", pair[:1], follow=True)
    page = answer.content.decode()
    assert "The certificate of first passed." in page
    assert "golden_vectors" in page
    assert 'field-certified">passed' in page
    # Both have the same specification.
    assert [config.certificate_verdict for config in ScheduleConfig.objects.all()] == [
        "passed",
        "passed",
    ]


def test_only_a_few_schedules_are_certified_at_once(
    admin_client: Client, pair: list[ScheduleConfig]
) -> None:
    more = [
        services.schedule_create(slug=f"more-{index}", specification=SMALL)
        for index in range(3)
    ]
    answer = do(admin_client, SCHEDULES, "certify", [*pair, *more], follow=True)
    assert "Select at most 4 to certify them, not 5" in answer.content.decode()
    assert not ScheduleConfig.objects.exclude(certificate=None).exists()


def test_what_takes_too_long_to_certify_is_told(
    admin_client: Client, pair: list[ScheduleConfig], settings: Any
) -> None:
    settings.MAX_WORK_SECONDS = 0.0
    answer = do(admin_client, SCHEDULES, "certify", pair[:1], follow=True)
    assert "Not certified: first. This would take about" in answer.content.decode()


def test_what_cannot_be_measured_together_is_told(
    admin_client: Client, pair: list[ScheduleConfig]
) -> None:
    other = services.schedule_create(slug="other", specification={})
    answer = do(admin_client, SCHEDULES, "benchmark", [*pair, other], follow=True)
    assert "measure them in separate runs" in answer.content.decode()
    assert not BenchmarkRun.objects.exists()


def test_runs_are_measured_again(
    admin_client: Client, runs: list[BenchmarkRun], settings: Any
) -> None:
    settings.MAX_QUEUED_RUNS = 1
    answer = do(admin_client, RUNS, "repeat", runs, follow=True)
    page = answer.content.decode()
    assert page.count("was added to the queue") == 1
    assert page.count("wait for one to end") == 1
    assert BenchmarkRun.objects.queued().count() == 1


def test_exports_take_no_text_for_a_formula(
    admin_client: Client, pair: list[ScheduleConfig], runs: list[BenchmarkRun]
) -> None:
    head, first, second = rows_of(do(admin_client, SCHEDULES, "export", pair))
    assert first[head.index("name")] == "first"
    assert first[head.index("notes")] == "'=1+1"
    assert second[head.index("notes")] == "<b>"
    head, *others = rows_of(do(admin_client, RUNS, "export", runs))
    assert {row[head.index("seed")] for row in others} == {"7", "8"}
    assert {row[head.index("notes")] for row in others} == {"'@home"}


@pytest.mark.parametrize("count", [1, 12])
def test_an_export_needs_as_many_queries_however_long_it_is(
    admin_client: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = [
        services.schedule_create(slug=f"s{number}", specification=SMALL)
        for number in range(count)
    ]
    do(admin_client, SCHEDULES, "export", made)
    with django_assert_num_queries(13):
        do(admin_client, SCHEDULES, "export", made)


def test_whoever_may_only_look_is_offered_no_benchmark(
    pair: list[ScheduleConfig],
) -> None:
    user = get_user_model().objects.create_user("ada", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_scheduleconfig"))
    client = Client()
    client.force_login(user)
    page = client.get(SCHEDULES).content.decode()
    assert 'value="compare"' in page
    assert 'value="export"' in page
    for forbidden in ("benchmark", "archive", "unarchive"):
        assert f'value="{forbidden}"' not in page
    do(client, SCHEDULES, "benchmark", pair)
    assert not BenchmarkRun.objects.exists()
