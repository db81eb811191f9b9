"""What all list pages share: filters, columns, empty states, and other lists."""

import html
import re

import pytest
from django.test import Client

from noising import services
from noising.models import Job, ScheduleConfig
from noising.runs import JobState, job_end, job_start
from tests.dashboard.pages import inline_parts, page_text

pytestmark = pytest.mark.django_db

SMALL = {"vocab_size": 27, "num_timesteps": 10}


@pytest.fixture
def schedules() -> list[ScheduleConfig]:
    made = [
        services.schedule_create(slug=slug, specification=SMALL, tags=tags)
        for slug, tags in (("first", ["paper"]), ("second", ["paper", "x"]))
    ]
    services.schedule_archive(
        schedule=services.schedule_create(slug="third", specification=SMALL)
    )
    return made


def links(page: str) -> dict[str, str]:
    """Return the URLs of the links to the same list, by label or else by text."""
    found = re.findall(r'<a href="(\?[^"]*)"([^>]*)>(.*?)</a>', page)
    return {
        label[0] if (label := re.findall(r'aria-label="([^"]*)"', rest)) else text: (
            html.unescape(url)
        )
        for url, rest, text in found
    }


def heads(page: str) -> list[str]:
    """Return the headings of the columns."""
    found = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page)
    return [re.sub(r"<[^>]*>", "", head) for head in found]


@pytest.mark.usefixtures("schedules")
def test_each_filter_is_a_chip_that_can_be_removed(client: Client) -> None:
    query = "search=s&tag=paper&graph_type=uniform&created_to=&archived=all"
    page = page_text(client, f"/schedules/?{query}&ordering=-name&columns=graph")
    found = links(page)
    rest = "search=s&graph_type=uniform&created_to=&archived=all"
    assert found["Remove the filter Tag: paper"] == (
        f"?{rest}&ordering=-name&columns=graph"
    )
    assert "Remove the filter Archived: both" in found
    assert "Remove the filter Search: s" not in found
    assert "Remove the filter Created to: " not in found
    assert found["Clear filters"] == "?ordering=-name&columns=graph"
    for name, value in (("ordering", "-name"), ("columns", "graph")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in page


@pytest.mark.usefixtures("schedules")
def test_days_are_chosen_by_the_field_of_the_browser(client: Client) -> None:
    page = page_text(client, "/schedules/?created_from=2026-01-31")
    assert '<input type="date" name="created_from" value="2026-01-31"' in page
    assert "2 schedules that match." in page_text(
        client, "/schedules/?created_to=9999-12-31"
    )
    assert "No schedule matches" in page_text(
        client, "/schedules/?created_to=2020-01-31"
    )
    # A link may have a time, which that field could not show.
    page = page_text(client, "/schedules/?created_from=2026-01-31T12:00:00Z")
    assert 'type="text" name="created_from" value="2026-01-31T12:00:00Z"' in page
    page = page_text(client, "/schedules/?created_to=soon")
    assert "<code>created_to</code> must be a day such as 2026-01-31." in page
    assert "Clear filters" not in page


@pytest.mark.usefixtures("schedules")
def test_chosen_columns_are_remembered(client: Client) -> None:
    everyone = heads(page_text(client, "/schedules/"))
    assert "Graph" in everyone
    assert "Owner" not in everyone
    chosen = heads(page_text(client, "/schedules/?columns=owner&columns=runs"))
    assert chosen == ["Select", "Name", "Runs", "Owner"]
    assert heads(page_text(client, "/schedules/")) == chosen
    assert heads(page_text(client, "/runs/")) != chosen  # an empty list has none
    default = links(page_text(client, "/schedules/"))["Default"]
    assert heads(page_text(client, f"/schedules/{default}")) == everyone
    assert heads(page_text(client, "/schedules/")) == everyone


@pytest.mark.parametrize("columns", ['"><script>', "name", "secret", "", "x" * 5000])
@pytest.mark.usefixtures("schedules")
def test_columns_that_do_not_exist_choose_none(client: Client, columns: str) -> None:
    response = client.get("/schedules/", {"columns": columns})
    page = response.content.decode()
    assert "Graph" in heads(page)
    assert inline_parts(page) == []
    client.cookies["columns_schedules"] = "owner.<b>.secret"
    assert heads(page_text(client, "/schedules/")) == ["Select", "Name", "Owner"]


@pytest.mark.usefixtures("schedules")
def test_a_list_without_rows_says_why(client: Client) -> None:
    page = page_text(client, "/schedules/?search=third")
    assert "No schedule matches, except for 1 in the archive" in page
    found = links(page)
    assert found["show it"] == "?search=third&archived=true"
    assert "/schedules/third/" in page_text(client, f"/schedules/{found['show it']}")
    assert "except" not in page_text(client, "/schedules/?search=fourth")
    # What the form sends without a choice is no filter.
    page = page_text(client, "/schedules/?search=&archived=false")
    assert "2 schedules. Select" in page
    assert "Clear filters" not in page
    assert "1 schedule that matches." in page_text(client, "/schedules/?search=first")


@pytest.mark.usefixtures("schedules")
def test_an_export_has_the_rows_of_the_page(client: Client) -> None:
    query = "search=s&tag=&created_from=&columns=graph&page=7"
    page = page_text(client, f"/schedules/?{query}")
    [address] = re.findall(r'href="(/api/v1/schedules\?[^"]*format=csv)"', page)
    assert html.unescape(address) == "/api/v1/schedules?search=s&format=csv"
    page = page_text(client, "/schedules/?graph_type=square")
    assert 'href="/api/v1/schedules?format=csv"' in page


def start(name: str, kind: Job.Kind = Job.Kind.NOISE) -> Job:
    return job_start(
        kind=kind,
        name=name,
        digest="0" * 64,
        config={"seed": 7},
        state=JobState(parts=4),
        resume=False,
    )


def test_jobs_are_found_by_what_everyone_may_read(client: Client) -> None:
    job_end(job=start("/srv/private/out-1/"), state=JobState(parts=4), error="full")
    start("/srv/private/grid.yaml", Job.Kind.SWEEP)
    Job.objects.filter(status="running").update(lease_until="2026-01-01T00:00:00Z")
    start("/srv/private/out-3")

    def listed(query: str) -> list[str]:
        page = page_text(client, f"/jobs/?{query}")
        return [name for name in ("out-1", "grid.yaml", "out-3") if name in page]

    assert listed("") == ["out-1", "grid.yaml", "out-3"]
    assert listed("search=OUT-") == ["out-1", "out-3"]
    assert listed("search=full") == ["out-1"]
    assert listed("kind=sweep") == listed("search=sweep") == ["grid.yaml"]
    assert listed("status=stopped") == ["grid.yaml"]
    assert listed("status=running") == ["out-3"]
    # The folders of the host are for staff.
    for secret in ("private", "/srv", "private/out", ".*"):
        assert listed(f"search={secret}") == [], secret
    assert "No job matches." in page_text(client, "/jobs/?search=private")
