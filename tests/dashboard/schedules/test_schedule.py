import json
import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from noising import services
from noising.dashboard import verdicts
from noising.models import BenchmarkRun, ScheduleConfig
from tests.dashboard.pages import page_text

pytestmark = pytest.mark.django_db


def test_shows_curves_linter_specification_and_runs(
    client: Client, recorded_run: BenchmarkRun
) -> None:
    page = page_text(client, "/schedules/uniform/")
    config = ScheduleConfig.objects.get(slug="uniform")
    for shown in (
        "/plots/schedules/uniform/alpha.svg",
        "/plots/schedules/uniform/information.svg",
        "/plots/schedules/uniform/sigma.svg",
        "wasted_timesteps",
        "&quot;terminal_alpha&quot;: 0.001",
        config.fingerprint,
        f"/runs/{recorded_run.pk}/",
        "baseline",
    ):
        assert shown in page


def test_the_verdict_has_remedies_to_use(client: Client) -> None:
    client.force_login(get_user_model().objects.create_user("ann"))
    config = services.schedule_create(
        slug="short",
        specification={"num_timesteps": 100, "schedule": {"type": "linear"}},
    )
    page = page_text(client, "/schedules/short/")
    assert "30.3% of the information" in page
    assert "<code>sedd_entropy</code> with the same timesteps and graph" in page
    addresses = re.findall(r'href="(/new/schedule/\?from=short&amp;[^"]*)"', page)
    assert len(addresses) == 2
    form = page_text(client, unescape(addresses[0]))
    assert 'name="schedule.beta_max" value="0.2"' in form
    assert 'value="short-2"' in form
    assert config.grade == "leaks"
    assert "badge-leaks" in page_text(client, "/schedules/")


def test_a_verdict_that_takes_long_is_left_to_the_api(
    client: Client,
    stored_schedules: list[ScheduleConfig],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(verdicts, "MOST_SECONDS", 0.0)
    page = page_text(client, "/schedules/uniform/")
    assert "Too slow to compute for this page" in page


def test_says_how_to_measure_a_schedule_that_no_run_has(
    client: Client, recorded_run: BenchmarkRun
) -> None:
    page = page_text(client, "/schedules/sedd-absorbing/")
    assert 'href="/new/run/?schedules=sedd-absorbing">Measure it</a>' in page
    assert "run_benchmarks --schedules sedd-absorbing --graph absorbing" in page


def test_a_schedule_without_findings_says_so(
    client: Client, stored_schedules: list[ScheduleConfig]
) -> None:
    ScheduleConfig.objects.update(lint_findings=[])
    assert "The linter found nothing." in page_text(client, "/schedules/uniform/")


def test_an_archived_schedule_says_so(
    client: Client, recorded_run: BenchmarkRun
) -> None:
    services.schedule_archive(schedule=ScheduleConfig.objects.get(slug="cosine"))
    assert "archived" in page_text(client, "/schedules/cosine/")


def test_a_long_specification_is_shortened(client: Client) -> None:
    alphas = [1.0 - step / 5000 for step in range(5000)]
    services.schedule_create(
        slug="long",
        specification={
            "vocab_size": 27,
            "num_timesteps": 5000,
            "schedule": {"type": "custom", "alphas": alphas},
        },
    )
    page = page_text(client, "/schedules/long/")
    assert "4,992 more" in page
    assert len(page) < 30_000  # of a specification of 100,000 characters


def test_queries_are_two(
    client: Client,
    recorded_run: BenchmarkRun,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(2):
        client.get("/schedules/cosine/")


def test_an_unknown_schedule_is_not_found(client: Client) -> None:
    assert client.get("/schedules/nothing/").status_code == 404


def test_shows_who_stored_it(client: Client) -> None:
    owner = get_user_model().objects.create_user("someone")
    specification: dict[str, Any] = {"vocab_size": 27, "num_timesteps": 10}
    services.schedule_create(slug="mine", specification=specification, owner=owner)
    page = page_text(client, "/schedules/mine/")
    assert "someone" in page
    assert json.dumps(specification) not in page
