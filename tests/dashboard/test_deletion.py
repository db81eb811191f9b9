"""The pages that delete, and the same over HTTP and in admin."""

import html

import pytest
from django.contrib.auth.models import User
from django.test import Client

from noising import services
from noising.models import (
    Audit,
    AuditEntry,
    AuditPairs,
    BenchmarkResult,
    BenchmarkRun,
    Job,
    ScheduleConfig,
    SweepPoint,
)
from noising.runs import JobState, job_end, job_start, run_cancel
from tests.api.access import account, token_client
from tests.audits import stored
from tests.dashboard.pages import page_text
from tests.runs import queued

pytestmark = pytest.mark.django_db

SMALL = {"vocab_size": 27, "num_timesteps": 10}


@pytest.fixture
def ada() -> User:
    return account("ada")


@pytest.fixture
def owner(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def delete(client: Client, path: str) -> str:
    """Open the page that asks, confirm, and return the page that follows."""
    question = page_text(client, f"{path}delete/")
    assert "This cannot be undone." in question
    assert f'</a> / <a href="{path}">' in question  # below the link to the list
    response = client.post(f"{path}delete/", follow=True)
    [(followed, status)] = response.redirect_chain
    assert (status, path.startswith(followed)) == (302, True)
    assert client.get(path).status_code == 404
    return html.unescape(response.content.decode())


def test_a_schedule_is_deleted_after_a_question(owner: Client, ada: User) -> None:
    schedule = services.schedule_create(slug="mine", specification=SMALL, owner=ada)
    page = page_text(owner, "/schedules/mine/")
    assert 'href="/schedules/mine/delete/"' in page
    assert "next start of the service" not in page_text(
        owner, "/schedules/mine/delete/"
    )
    assert "The schedule mine is deleted." in delete(owner, "/schedules/mine/")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.path) == (
        "POST pages:schedule-delete",
        "/schedules/mine/delete/",
    )
    services.schedule_delete(schedule=schedule)  # somebody else was faster
    services.schedule_create(slug="mine", specification=SMALL)  # the name is free


def test_what_runs_refer_to_is_kept_and_can_be_archived(
    owner: Client, ada: User, recorded_run: BenchmarkRun
) -> None:
    ScheduleConfig.objects.update(owner=ada)
    waiting = queued(owner=ada)  # names uniform and cosine, and has measured nothing
    for slug, runs in (("uniform", 2), ("sedd_entropy", 1)):
        path = f"/schedules/{slug}/"
        question = page_text(owner, f"{path}delete/")
        word = "1 run refers" if runs == 1 else f"{runs} runs refer"
        assert f"{word} to &#x27;{slug}&#x27;: archive it" in question
        assert question.count('<li><a href="/runs/0') == runs
        assert f'action="{path}archive/"' in question
        assert ">Delete</button>" not in question
        refused = owner.post(f"{path}delete/")
        assert refused.status_code == 409
        assert word in refused.content.decode()
        api = token_client(ada).delete(f"/api/v1/schedules/{slug}")
        assert api.status_code == 409
        assert word in api.json()["detail"]
    assert ScheduleConfig.objects.filter(slug="uniform").exists()
    run_cancel(run=waiting)
    services.run_delete(run=waiting)
    services.run_delete(run=recorded_run)
    delete(owner, "/schedules/uniform/")


def test_a_run_is_deleted_once_it_has_ended(
    owner: Client, ada: User, recorded_run: BenchmarkRun
) -> None:
    waiting = queued(owner=ada)
    assert "The run is queued: cancel it first." in page_text(
        owner, f"{waiting.get_absolute_url()}delete/"
    )
    caller = token_client(ada)
    assert caller.delete(f"/api/v1/runs/{waiting.pk}").status_code == 409
    run_cancel(run=waiting)
    assert caller.delete(f"/api/v1/runs/{waiting.pk}").status_code == 204
    assert caller.delete(f"/api/v1/runs/{waiting.pk}").status_code == 404
    BenchmarkRun.objects.update(owner=ada)
    assert BenchmarkResult.objects.exists()
    delete(owner, recorded_run.get_absolute_url())
    assert not BenchmarkResult.objects.exists()


def test_an_audit_is_deleted_with_its_pairs(owner: Client, ada: User) -> None:
    first, second = stored(name="<b>Mine</b>", owner=ada), stored(owner=ada)
    AuditPairs.objects.create(audit=first, suffix=".npz", content=b"x")
    assert "&lt;b&gt;Mine&lt;/b&gt;" in page_text(
        owner, f"{first.get_absolute_url()}delete/"
    )
    delete(owner, first.get_absolute_url())
    assert token_client(ada).delete(f"/api/v1/audits/{second.pk}").status_code == 204
    assert not Audit.objects.exists()
    assert not AuditPairs.objects.exists()


def test_others_may_not_delete(client: Client, ada: User) -> None:
    services.schedule_create(slug="mine", specification=SMALL, owner=ada)
    audit = stored(owner=ada)
    paths = ["/schedules/mine/", audit.get_absolute_url()]
    for path in paths:
        assert client.post(f"{path}delete/").headers["Location"].startswith("/account/")
    bob = account("bob")
    client.force_login(bob)
    for path in paths:
        assert client.get(f"{path}delete/").status_code == 403
        assert client.post(f"{path}delete/").status_code == 403
        assert "delete/" not in page_text(client, path)
    assert token_client(bob).delete("/api/v1/schedules/mine").status_code == 403
    assert Client().delete("/api/v1/schedules/mine").status_code == 401
    assert ScheduleConfig.objects.exists()
    assert Audit.objects.exists()


def test_staff_delete_jobs_that_no_command_works_on(client: Client, ada: User) -> None:
    job = job_start(
        kind=Job.Kind.SWEEP,
        name="/srv/private/grid.yaml",
        digest="0" * 64,
        config={"seed": 7},
        state=JobState(parts=4),
        resume=False,
    )
    SweepPoint.objects.create(
        job=job, position=0, schedule={}, graph={}, num_timesteps=1
    )
    path = job.get_absolute_url()
    client.force_login(ada)
    assert client.get(f"{path}delete/").status_code == 403
    assert "delete/" not in page_text(client, path)
    ada.is_staff = True
    ada.save()
    assert f'href="{path}delete/"' in page_text(client, path)
    assert "stop it first" in page_text(client, f"{path}delete/")
    assert client.post(f"{path}delete/").status_code == 409
    job_end(job=job, state=JobState(parts=4), error="")
    assert "The job Sweep: grid.yaml is deleted." in delete(client, path)
    assert not SweepPoint.objects.exists()


def test_admin_deletes_with_the_same_rules(
    admin_client: Client, stored_schedules: list[ScheduleConfig]
) -> None:
    used, free = stored_schedules[0], stored_schedules[-1]
    queued()

    def confirm(*chosen: ScheduleConfig) -> str:
        response = admin_client.post(
            "/admin/noising/scheduleconfig/",
            {
                "action": "delete_selected",
                "_selected_action": [schedule.pk for schedule in chosen],
                "post": "yes",
            },
            follow=True,
        )
        return html.unescape(response.content.decode())

    assert "uniform: 1 run refers to 'uniform'" in confirm(used, free)
    assert ScheduleConfig.objects.count() == 4
    confirm(free)
    one = f"/admin/noising/scheduleconfig/{used.pk}/delete/"
    assert admin_client.post(one, {"post": "yes"}).status_code in {200, 403}
    assert ScheduleConfig.objects.count() == 3


def test_a_built_in_schedule_says_that_it_comes_back(admin_client: Client) -> None:
    services.schedule_create(slug="cosine", specification=SMALL)
    question = page_text(admin_client, "/schedules/cosine/delete/")
    assert "the next start of the service stores it again" in question
