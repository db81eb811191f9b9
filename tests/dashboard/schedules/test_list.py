import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from noising import services
from noising.models import ScheduleConfig
from tests.dashboard.pages import inline_parts, page_text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("builtin")]

SMALL = {"vocab_size": 27, "num_timesteps": 10}


@pytest.fixture
def builtin() -> None:
    services.schedules_load_builtin()


def names_on(page: str) -> list[str]:
    """Return the schedules of the list, in its order."""
    return [
        row.split("/schedules/", 1)[1].split("/", 1)[0]
        for row in page.split('<th scope="row"')[1:]
    ]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("search=NICHOL+cosine", ["cosine"]),
        ("search=sedd_entropy+absorb", ["sedd-absorbing"]),
        ("graph_type=gidd", ["gidd"]),
        ("grade=wasteful&search=linear", ["linear", "linear_sigma"]),
        ("schedule_type=sedd_entropy", ["sedd-absorbing", "sedd_entropy"]),
        (
            "schedule_type=sedd_entropy&ordering=-name",
            ["sedd_entropy", "sedd-absorbing"],
        ),
        ("tag=nobody", []),
        ("archived=true", []),
    ],
)
def test_the_query_narrows_and_orders(
    client: Client, query: str, names: list[str]
) -> None:
    assert names_on(page_text(client, f"/schedules/?{query}")) == names


def test_the_form_shows_what_was_asked_for(client: Client) -> None:
    page = page_text(client, "/schedules/?search=sedd&ordering=-name")
    assert 'name="search" id="id_search" value="sedd"' in page
    assert '<input type="hidden" name="ordering" value="-name">' in page
    assert 'aria-sort="descending"><a href="?search=sedd&amp;ordering=name">' in page


def test_a_condition_that_makes_no_sense_is_told_and_leaves_nothing_out(
    client: Client,
) -> None:
    page = page_text(client, "/schedules/?graph_type=square")
    assert "<code>graph_type</code> must be one of uniform" in page
    assert len(names_on(page)) == ScheduleConfig.objects.count()


def test_pages_follow_each_other(client: Client) -> None:
    for number in range(60):
        services.schedule_create(slug=f"s{number:02}", specification=SMALL)
    first = page_text(client, "/schedules/?search=s")
    assert "Page 1 of 2" in first
    assert 'href="?search=s&amp;page=2"' in first
    second = page_text(client, "/schedules/?search=s&page=2")
    assert not set(names_on(first)) & set(names_on(second))
    assert page_text(client, "/schedules/?search=s&page=99").count("Page 2 of 2") == 1


def test_a_list_of_archived_schedules_only_says_so(client: Client) -> None:
    ScheduleConfig.objects.exclude(slug="cosine").delete()
    services.schedule_archive(schedule=ScheduleConfig.objects.get())
    page = page_text(client, "/schedules/")
    assert "The only schedule is archived." in page
    assert "load_schedules" not in page


def test_an_empty_list_says_what_to_do(client: Client) -> None:
    page = page_text(client, "/schedules/?tag=nobody")
    assert "No schedule matches." in page
    assert 'role="search"' in page
    ScheduleConfig.objects.all().delete()
    page = page_text(client, "/schedules/")
    assert "load_schedules" in page
    assert 'role="search"' not in page  # there is nothing to find


def test_tags_are_text(client: Client) -> None:
    services.schedule_create(
        slug="mine", specification=SMALL, tags=["<script>x</script>", "\u202eabc"]
    )
    page = page_text(client, "/schedules/?search=mine")
    assert inline_parts(page) == []
    assert "<bdi>&lt;script&gt;x&lt;/script&gt;</bdi>" in page
    assert "<bdi>\u202eabc</bdi>" in page


@pytest.mark.parametrize("count", [0, 30])
def test_queries_are_as_many_however_long_the_list(
    client: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        services.schedule_create(slug=f"s{number}", specification=SMALL)
    with django_assert_num_queries(2):
        page_text(client, "/schedules/")


def test_sparklines_are_small_images_that_stay(client: Client) -> None:
    page = page_text(client, "/schedules/?search=absorbing")
    address = page.split('class="sparkline" src="')[1].split('"')[0]
    answer = client.get(address)
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert "immutable" in answer.headers["Cache-Control"]
    assert len(answer.content) < 1200
    assert b"<polyline" in answer.content
