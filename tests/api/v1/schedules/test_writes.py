"""Storing, changing and archiving schedules."""

from typing import Any
from unittest.mock import ANY

import pytest
from django.contrib.auth.models import User
from django.test import Client

from noising import services
from noising.engine import build_process
from noising.models import BenchmarkRun, ScheduleConfig
from tests.api.problems import pointers_of, problem_of
from tests.api.v1.schedules.conftest import ROOT, SMALL


def test_a_schedule_is_stored_and_shown(post, ann: User):
    response = post(title=" My own ", notes="Why.", tags=["mine"])
    assert response.status_code == 201
    assert response.headers["Location"] == f"http://testserver{ROOT}/new"
    config = ScheduleConfig.objects.get()
    assert (config.slug, config.owner) == ("new", ann)
    process = build_process(SMALL)
    document = response.json()
    links = document.pop("links")
    assert document.pop("lint") == [
        finding | {"documentation": f"docs/lint.md#{finding['code']}"}
        for finding in config.lint_findings
    ]
    assert document == {
        "name": "new",
        "title": "My own",
        "specification": process.spec,
        "fingerprint": process.fingerprint,
        "num_timesteps": 10,
        "vocab_size": 27,
        "schedule_type": "loglinear",
        "graph_type": "uniform",
        "notes": "Why.",
        "tags": ["mine"],
        "grade": "good",
        "certificate": None,
        "owner": "ann",
        "created_at": ANY,
        "updated_at": ANY,
        "archived_at": None,
    }
    assert set(links) == {"self", "page", "specification", "curves", "lint"}
    reader = Client()
    for link in links.values():
        assert reader.get(link.removeprefix("http://testserver")).status_code == 200


def test_it_is_found_at_its_location_with_the_same_version(post, read):
    created = post()
    path = created.headers["Location"].split(ROOT)[1]
    found = read(path)
    assert found.json() == created.json()
    assert found.headers["ETag"] == created.headers["ETag"]


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"name": 3}, ("#/name", "not_a_text")),
        ({"name": None}, ("#/name", "null")),
        ({"name": ""}, ("#/name", "malformed")),
        ({"name": "a b"}, ("#/name", "malformed")),
        ({"name": "a\n"}, ("#/name", "malformed")),
        ({"name": "ü"}, ("#/name", "malformed")),
        ({"name": "a/b"}, ("#/name", "malformed")),
        ({"name": "x" * 101}, ("#/name", "too_long")),
        ({"name": "compare"}, ("#/name", "reserved")),
        ({"name": "import"}, ("#/name", "reserved")),
        ({"notes": ["x"]}, ("#/notes", "not_a_text")),
        ({"notes": "a\x00b"}, ("#/notes", "nul")),
        ({"notes": "x" * 20_001}, ("#/notes", "too_long")),
        ({"tags": "x"}, ("#/tags", "not_a_list")),
        ({"tags": ["x", "x"]}, ("#/tags", "invalid")),
        ({"tags": [" x"]}, ("#/tags", "invalid")),
        ({"tags": [3]}, ("#/tags", "invalid")),
        ({"tags": ["a\x00"]}, ("#/tags", "control")),
        ({"tags": ["\x1ea"]}, ("#/tags", "invalid")),
        ({"tags": ["a\nb"]}, ("#/tags", "control")),
        ({"specification": None}, ("#/specification", "null")),
        ({"specification": "cosine"}, ("#/specification", "not_an_object")),
        ({"specification": []}, ("#/specification", "not_an_object")),
        ({"specification": {"vocab": 3}}, ("#/specification/vocab", "unknown_key")),
        (
            {"specification": {"num_timesteps": 10**9}},
            ("#/specification/num_timesteps", "out_of_range"),
        ),
        (
            {"specification": {"schedule": {"type": "linear", "beta_max": 9}}},
            ("#/specification/schedule/beta_max", "out_of_range"),
        ),
        (
            {"specification": {"vocab_size": 2**24}},
            ("#/specification", "too_large"),
        ),
        (
            {
                "specification": {
                    "vocab_size": 512,
                    "graph": {"type": "banded"},
                    "schedule": {"type": "sedd_entropy"},
                }
            },
            ("#/specification", "too_costly"),
        ),
        ({"slug": "new"}, ("#/slug", "unknown_key")),
    ],
)
def test_what_cannot_be_stored_is_refused_where_it_stands(post, fields, refused):
    response = post(**fields)
    assert refused in pointers_of(response)
    assert not ScheduleConfig.objects.exists()


def test_all_wrong_values_are_named_at_once(post):
    response = post(name="import", notes=3, tags={}, specification=1)
    assert len(pointers_of(response)) == 4


def test_a_name_that_is_taken_is_a_conflict(post, small):
    assert "already" in problem_of(post(name="small"), 409)["detail"]
    services.schedule_archive(schedule=small)
    assert "archive" in problem_of(post(name="small"), 409)["detail"]


def test_writes_need_an_account(small):
    anonymous = Client()
    options: Any = {"content_type": "application/json"}
    for response in (
        anonymous.post(ROOT, {"name": "a", "specification": {}}, **options),
        anonymous.patch(f"{ROOT}/small", {}, **options),
        anonymous.post(f"{ROOT}/small/archive"),
        anonymous.post(f"{ROOT}/small/unarchive"),
    ):
        assert response.status_code in {401, 403}


def test_what_is_not_given_stays(patch, small):
    response = patch({"notes": "Other."})
    assert response.status_code == 200
    shown = response.json()
    assert (shown["notes"], shown["tags"]) == ("Other.", ["mine"])
    assert shown["specification"] == build_process(SMALL).spec
    assert patch({"tags": []}).json()["notes"] == "Other."


def test_a_specification_changes_while_no_run_refers_to_it(patch, small):
    changed = {**SMALL, "num_timesteps": 20}
    shown = patch({"specification": changed}).json()
    assert shown["fingerprint"] == build_process(changed).fingerprint
    assert shown["num_timesteps"] == 20


def test_a_specification_that_a_run_refers_to_is_fixed(
    writer: Client, ann: User, recorded_run: BenchmarkRun
):
    ScheduleConfig.objects.update(owner=ann)
    options: Any = {"content_type": "application/json"}
    changed = {"specification": SMALL, "notes": "New."}
    refused = writer.patch(f"{ROOT}/cosine", changed, **options)
    assert "another name" in problem_of(refused, 409)["detail"]
    assert ScheduleConfig.objects.get(slug="cosine").notes == ""
    kept = writer.patch(f"{ROOT}/cosine", {"notes": "New."}, **options)
    assert kept.status_code == 200


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"notes": None}, ("#/notes", "null")),
        ({"tags": [""]}, ("#/tags", "invalid")),
        ({"name": "other"}, ("#/name", "unknown_key")),
        ({"archived_at": None}, ("#/archived_at", "unknown_key")),
        (
            {"specification": {"graph": {"type": "absent"}}},
            ("#/specification/graph/type", "unknown_type"),
        ),
        (
            {"specification": {"vocab_size": 2**24}},
            ("#/specification", "too_large"),
        ),
    ],
)
def test_changes_that_make_no_sense_are_refused(patch, small, changes, refused):
    before = ScheduleConfig.objects.values().get()
    assert pointers_of(patch(changes)) == [refused]
    assert ScheduleConfig.objects.values().get() == before


def test_of_two_editors_the_second_is_told(patch, read, small):
    seen = read("/small").headers["ETag"]
    first = patch({"notes": "First."}, if_match=seen)
    assert first.status_code == 200
    assert first.headers["ETag"] != seen
    second = patch({"notes": "Second."}, if_match=seen)
    assert "read it again" in problem_of(second, 412)["detail"]
    assert read("/small").json()["notes"] == "First."
    again = patch({"notes": "Second."}, if_match=f'"x", {first.headers["ETag"]}')
    assert again.status_code == 200


@pytest.mark.parametrize(("header", "status"), [("*", 200), ("nonsense", 412)])
def test_any_version_will_do_where_it_is_asked_for(patch, small, header, status):
    assert patch({"notes": "New."}, if_match=header).status_code == status


def test_a_weak_tag_never_matches(patch, read, small):
    seen = read("/small").headers["ETag"]
    assert patch({"notes": "New."}, if_match=f"W/{seen}").status_code == 412


def test_what_is_archived_leaves_the_list_and_comes_back(writer, read, small):
    first = writer.post(f"{ROOT}/small/archive")
    assert first.status_code == 200
    archived_at = first.json()["archived_at"]
    assert archived_at is not None
    again = writer.post(f"{ROOT}/small/archive")
    assert again.json()["archived_at"] == archived_at
    assert read().json()["count"] == 0
    assert read("/small").json()["archived_at"] is not None
    assert read("/small/curves").status_code == 200
    back = writer.post(f"{ROOT}/small/unarchive")
    assert (back.status_code, back.json()["archived_at"]) == (200, None)
    assert read().json()["count"] == 1


def test_what_is_not_there_cannot_be_changed(writer: Client):
    response = writer.patch(f"{ROOT}/nothing", {}, content_type="application/json")
    assert "`nothing`" in problem_of(response, 404)["detail"]
    for what in ("archive", "unarchive"):
        assert writer.post(f"{ROOT}/nothing/{what}").status_code == 404


def test_methods_that_there_are_not_are_refused(writer: Client, small):
    for method, path in (("put", "/small"), ("patch", "")):
        response = getattr(writer, method)(f"{ROOT}{path}")
        problem_of(response, 405)
        assert response.headers["Allow"]
