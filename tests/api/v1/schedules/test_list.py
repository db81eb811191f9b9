"""The list of schedules: pagination, filters, ordering, exports, number of queries."""

import csv
import io
import json

import pytest
from django.contrib.auth import get_user_model

from noising import services
from noising.models import ScheduleConfig
from tests.api.problems import pointers_of, problem_of
from tests.api.v1.schedules.conftest import ROOT, SMALL

KINDS = {
    "alpha-one": ("loglinear", "absorbing", 10, ["first", "both"], "Notes of one."),
    "beta": ("cosine", "uniform", 30, ["both"], "50% of it"),
    "gamma": ("linear", "uniform", 20, ["fir"], "Underscore_here"),
}


@pytest.fixture
def three(ann):
    for slug, (schedule, graph, steps, tags, notes) in KINDS.items():
        services.schedule_create(
            slug=slug,
            specification={
                "vocab_size": 27,
                "num_timesteps": steps,
                "schedule": {"type": schedule},
                "graph": {"type": graph},
            },
            tags=tags,
            notes=notes,
            owner=ann if slug == "beta" else None,
        )
    archived = services.schedule_create(slug="delta", specification=SMALL)
    services.schedule_archive(schedule=archived)


def names(response) -> list[str]:
    assert response.status_code == 200, response.content
    return [entry["name"] for entry in response.json()["results"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["alpha-one", "beta", "gamma"]),
        ({"archived": "false"}, ["alpha-one", "beta", "gamma"]),
        ({"archived": "true"}, ["delta"]),
        ({"archived": "all"}, ["alpha-one", "beta", "delta", "gamma"]),
        ({"tag": "both"}, ["alpha-one", "beta"]),
        ({"tag": "fir"}, ["gamma"]),
        ({"tag": '"'}, []),
        ({"owner": "ann"}, ["beta"]),
        ({"owner": "nobody"}, []),
        ({"schedule_type": "cosine"}, ["beta"]),
        ({"graph_type": "uniform"}, ["beta", "gamma"]),
        ({"search": "ALPHA"}, ["alpha-one"]),
        ({"search": "one."}, ["alpha-one"]),
        ({"search": "%"}, ["beta"]),
        ({"search": "_"}, ["gamma"]),
        ({"search": "' OR 1=1 --"}, []),
        ({"tag": "both", "graph_type": "uniform"}, ["beta"]),
        ({"ordering": "-name"}, ["gamma", "beta", "alpha-one"]),
        ({"ordering": "num_timesteps"}, ["alpha-one", "gamma", "beta"]),
        ({"ordering": "graph_type,-name"}, ["alpha-one", "gamma", "beta"]),
        ({"ordering": "-created_at"}, ["gamma", "beta", "alpha-one"]),
        ({"ordering": "vocab_size"}, ["alpha-one", "beta", "gamma"]),
        ({"ordering": "-schedule_type"}, ["alpha-one", "gamma", "beta"]),
    ],
)
def test_what_is_asked_for_is_listed(read, three, query, expected):
    assert names(read(query=query)) == expected


def test_pages_follow_each_other(read, three):
    first = read(query={"page_size": 2, "ordering": "-name"}).json()
    assert (first["count"], first["previous"]) == (3, None)
    address, _, query = first["next"].partition("?")
    assert address == "http://testserver/api/v1/schedules"
    second = read(query=dict(pair.split("=") for pair in query.split("&"))).json()
    assert [entry["name"] for entry in second["results"]] == ["alpha-one"]
    assert second["next"] is None


def test_an_entry_shows_what_a_list_needs_and_no_specification(read, three, ann):
    [entry] = read(query={"tag": "first"}).json()["results"]
    assert (entry["schedule_type"], entry["graph_type"]) == ("loglinear", "absorbing")
    assert entry["runs"] == 0
    assert entry["certificate"] is None
    assert entry["owner"] is None
    assert sum(entry["lint"].values()) >= 1
    assert set(entry["links"]) == {"self", "page"}
    assert "specification" not in entry


def test_runs_are_counted_and_ordered_by(read, recorded_run):
    listed = read(query={"ordering": "-runs,name"}).json()["results"]
    assert [(entry["name"], entry["runs"]) for entry in listed] == [
        ("cosine", 1),
        ("sedd_entropy", 1),
        ("uniform", 1),
        ("sedd-absorbing", 0),
    ]


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        ("page=0", ("#/page", "out_of_range")),
        ("page=x", ("#/page", "out_of_range")),
        ("page_size=0", ("#/page_size", "out_of_range")),
        ("page_size=201", ("#/page_size", "out_of_range")),
        ("page_size=-1", ("#/page_size", "out_of_range")),
        ("page_size=", ("#/page_size", "out_of_range")),
        ("page_size=201&format=csv", ("#/page_size", "out_of_range")),
        ("archived=maybe", ("#/archived", "invalid_choice")),
        ("schedule_type=cosin", ("#/schedule_type", "invalid_choice")),
        ("ordering=size", ("#/ordering", "invalid_choice")),
        ("ordering=name,", ("#/ordering", "empty")),
        ("ordering=", ("#/ordering", "empty")),
        ("archived=", ("#/archived", "empty")),
        ("ordering=name,size", ("#/ordering", "invalid_choice")),
        ("tagg=x", ("#/tagg", "unknown_key")),
        ("tag=x&tag=y", ("#/tag", "twice")),
        ("search=%00", ("#/search", "null_characters_not_allowed")),
        (f"search={'x' * 201}", ("#/search", "max_length")),
        ("format=xml", ("#/format", "unknown")),
        ("format=csv&format=json", ("#/format", "unknown")),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(read, query, refused):
    assert refused in pointers_of(read(f"?{query}"))


@pytest.mark.parametrize("page", ["2", "9" * 30])
def test_a_page_that_is_not_there_is_not_found(read, three, page):
    assert "page" in problem_of(read(query={"page": page}), 404)["detail"]


def test_a_thousand_schedules_cost_two_queries(read, small, django_assert_num_queries):
    owners = [get_user_model()(username=f"user-{index}") for index in range(10)]
    get_user_model().objects.bulk_create(owners)
    rows = []
    for index in range(1000):
        copy = ScheduleConfig.objects.get()
        copy.pk, copy.slug, copy.owner = None, f"copy-{index}", owners[index % 10]
        rows.append(copy)
    ScheduleConfig.objects.bulk_create(rows)
    for query in ({}, {"page_size": 200}, {"page_size": 200, "ordering": "-runs"}):
        with django_assert_num_queries(2):
            assert read(query=query).json()["count"] == 1001
    with django_assert_num_queries(1 + 11):  # the ids, then a hundred rows each
        exported = b"".join(read(query={"format": "ndjson"}).streaming_content)
    assert exported.count(b"\n") == 1001


def test_json_lines_hold_everything_and_are_stored_again(read, three, post):
    response = read(query={"format": "ndjson", "archived": "all"})
    assert response.headers["Content-Type"] == "application/x-ndjson"
    assert response.headers["Content-Disposition"] == (
        'attachment; filename="schedules.ndjson"'
    )
    lines = b"".join(response.streaming_content).splitlines()
    documents = [json.loads(line) for line in lines]
    assert [entry["name"] for entry in documents] == [
        *sorted(KINDS)[:2],
        "delta",
        "gamma",
    ]
    ScheduleConfig.objects.all().delete()
    for entry in documents:
        kept = {
            name: entry[name] for name in ("name", "specification", "notes", "tags")
        }
        assert post(**kept).json()["fingerprint"] == entry["fingerprint"]


def test_a_table_is_filtered_and_ordered_as_the_list_is(read, three):
    query = {"format": "csv", "ordering": "-name", "graph_type": "uniform"}
    response = read(query=query)
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(response.streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["name"] for row in rows] == ["gamma", "beta"]
    assert rows[1]["owner"] == "ann"
    assert rows[1]["schedule_type"] == "cosine"


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_no_cell_is_taken_for_a_formula(read, ann, start):
    services.schedule_create(slug="-x", specification=SMALL, notes=start)
    text = b"".join(read(query={"format": "csv"}).streaming_content).decode()
    [row] = csv.DictReader(io.StringIO(text, newline=""))
    assert row["notes"] == f"'{start}"
    assert row["name"] == "'-x"


def test_the_accept_header_chooses_where_the_query_does_not(read, three):
    assert read(accept="text/csv").headers["Content-Type"].startswith("text/csv")
    browser = "text/html,application/xhtml+xml,*/*;q=0.8"
    assert read(accept=browser).headers["Content-Type"] == "application/json"
    both = read(query={"format": "json"}, accept="text/csv")
    assert both.headers["Content-Type"] == "application/json"
    problem_of(read(accept="image/png"), 406)


def test_a_format_is_chosen_where_the_list_is_and_not_for_one_schedule(
    read, writer, three
):
    assert "Accept" in read().headers["Vary"]
    refused = writer.post(f"{ROOT}?format=csv", {}, content_type="application/json")
    assert pointers_of(refused) == [("#/format", "unknown")]
    one = read("/beta?format=csv")
    assert one.status_code == 200
    assert "Accept" not in one.headers.get("Vary", "")
