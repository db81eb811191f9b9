"""One schedule: status, specification, findings, and conditional requests."""

import pytest

from noising import services
from noising.engine import build_process, judge
from noising.engine.certify import certify
from noising.models import ScheduleConfig
from tests.api.problems import problem_of
from tests.api.v1.schedules.conftest import SMALL

STATES = ["/small", "/small/lint", "/small/specification", "/small/curves"]


def test_the_specification_is_a_file_that_builds_the_process(read, small):
    response = read("/small/specification")
    assert response.headers["Content-Disposition"] == (
        'attachment; filename="small.json"'
    )
    assert build_process(response.json()).fingerprint == small.fingerprint


def test_findings_say_where_they_are_explained(read, ann):
    short = {"num_timesteps": 100, "schedule": {"type": "linear"}}
    config = services.schedule_create(slug="short", specification=short)
    document = read("/short/lint").json()
    assert (document["name"], document["fingerprint"]) == ("short", config.fingerprint)
    by_code = {finding["code"]: finding for finding in document["findings"]}
    assert by_code["terminal_leak"]["documentation"] == "docs/lint.md#terminal_leak"
    assert by_code["terminal_leak"]["severity"] == "warning"
    verdict = judge(build_process(short))
    assert document["verdict"]["text"] == verdict.text
    [_, even] = document["verdict"]["remedies"]
    assert (even["grade"], even["specification"]["num_timesteps"]) == ("good", 100)
    assert read("/short").json()["grade"] == "leaks"
    assert read().json()["results"][0]["grade"] == "leaks"


def test_a_certificate_is_shown_in_brief(read, small):
    services.schedule_certify(certificate=certify(build_process(SMALL), samples=512))
    config = ScheduleConfig.objects.get()
    for document in (read("/small").json(), read().json()["results"][0]):
        assert set(document["certificate"]) == {"verdict", "certified_at"}
        assert document["certificate"]["verdict"] == config.certificate_verdict


@pytest.mark.parametrize("path", STATES)
def test_what_the_client_has_is_not_sent_again(read, small, path):
    first = read(path)
    assert first.headers["Cache-Control"] == "private, no-cache"
    kept = read(path, if_none_match=f'"other", {first.headers["ETag"]}')
    assert (kept.status_code, kept.content) == (304, b"")
    assert kept.headers["ETag"] == first.headers["ETag"]
    assert kept.headers["Cache-Control"] == first.headers["Cache-Control"]
    services.schedule_update(
        schedule=small, specification={**SMALL, "num_timesteps": 9}
    )
    again = read(path, if_none_match=first.headers["ETag"])
    assert again.status_code == 200
    assert again.headers["ETag"] != first.headers["ETag"]


def test_every_change_makes_a_new_version(read, small, ann):
    versions = [read("/small").headers["ETag"]]
    for change in (
        lambda: services.schedule_update(schedule=small, notes="New."),
        lambda: services.schedule_update(schedule=small, tags=["new"]),
        lambda: services.schedule_archive(schedule=small),
        lambda: services.schedule_certify(
            certificate=certify(build_process(SMALL), samples=512)
        ),
        lambda: ScheduleConfig.objects.update(owner=None),
    ):
        change()
        versions.append(read("/small").headers["ETag"])
    assert len(set(versions)) == len(versions)


@pytest.mark.parametrize("path", STATES)
def test_a_version_that_is_gone_is_not_read(read, small, path):
    problem_of(read(path, if_match='"other"'), 412)
    assert read(path, if_match=read(path).headers["ETag"]).status_code == 200


@pytest.mark.parametrize("path", ["", "/lint", "/specification", "/curves"])
def test_what_is_not_there_is_not_found(read, path):
    assert "`nothing`" in problem_of(read(f"/nothing{path}"), 404)["detail"]
    problem_of(read(f"/no%20thing{path}"), 404)
