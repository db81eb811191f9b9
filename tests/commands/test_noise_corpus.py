"""manage.py noise_corpus: a corpus job with a row, pages and --resume."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from noising.jobs import noise
from noising.models import Job
from noising.runs import JobLease, JobState, StoppedError, job_renew, job_start
from tests.command.test_corpus import NOISE
from tests.dashboard.pages import page_text
from tests.jobs.corpora import ABSORBING, make_rows, write_rows

pytestmark = pytest.mark.django_db

OPTIONS = (*NOISE, "--shard-rows", "16")


@pytest.fixture(autouse=True)
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_rows(tmp_path / "a.parquet", make_rows())
    (tmp_path / "spec.json").write_text(json.dumps(ABSORBING))


def refused(*arguments: str) -> CommandError:
    with pytest.raises(CommandError) as caught:
        call_command("noise_corpus", *arguments)
    return caught.value


def test_the_row_and_the_pages_show_what_was_written(
    client: Client, admin_client: Client, tmp_path: Path
) -> None:
    tokens = sum(len(row) for row in make_rows())
    assert "No job has run yet" in page_text(client, "/jobs/")
    call_command("noise_corpus", "a.parquet", "out", *OPTIONS)
    job = Job.objects.with_loss().get()
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (job.status, job.done_parts, job.parts, job.claim) == (
        *("succeeded", 3, 3, None),
    )
    assert job.counts == {"rows": 40, "tokens": tokens, "skipped_rows": 0}
    assert job.config["specification"] == manifest["specification"]
    for path in ("/dashboard/", "/jobs/", job.get_absolute_url()):
        page = page_text(client, path)
        assert "Noise of a corpus: out" in page
        assert f"{tokens:,}" in page
        assert str(tmp_path) not in page  # folders of the host
    page = page_text(client, job.get_absolute_url())
    assert "<code>out/manifest.json</code>" in page
    assert '<progress value="' not in page
    full = page_text(admin_client, job.get_absolute_url())
    assert f"<code>{tmp_path}/out/manifest.json</code>" in full
    change = f"/admin/noising/job/{job.pk}/change/"
    assert str(tmp_path / "out") in admin_client.get(change).content.decode()
    assert admin_client.get("/admin/noising/job/add/").status_code == 403
    call_command("noise_corpus", "a.parquet", "out", *OPTIONS, "--verify")
    assert Job.objects.count() == 1


def test_a_failed_job_is_resumed_in_the_same_row(client: Client) -> None:
    write_rows(Path("a.parquet"), [*make_rows(16), [1], [100], [2]])
    error = refused("a.parquet", "out", *OPTIONS)
    assert error.returncode == 1
    job = Job.objects.get()
    line = "a.parquet: row group 1, row 17: token ids must lie in 0..99, got 100"
    assert (job.status, job.done_parts, job.errors) == ("failed", 1, [line])
    assert job.error == f"Shards are missing: {line}"
    assert line in page_text(client, job.get_absolute_url())
    error = refused("a.parquet", "out", *OPTIONS, "--resume", "--on-error", "skip")
    assert error.returncode == 1
    again = Job.objects.get()
    assert (again.pk, again.status, again.attempt) == (job.pk, "succeeded", 2)
    assert (again.done_parts, again.kept_parts, again.error) == (2, 1, "")
    assert again.counts["skipped_rows"] == 1


def test_arguments_that_are_refused_leave_no_row() -> None:
    Path("full").mkdir()
    Path("full/other").touch()
    for arguments, said in (
        (("a.parquet", "full", *OPTIONS), "must be a new or empty folder"),
        (("b.parquet", "out", *OPTIONS), "No such file"),
        (("a.parquet", "out", *OPTIONS, "--workers", "0"), "`workers` must"),
        (("a.parquet", "out"), "--spec"),
    ):
        error = refused(*arguments)
        assert said in str(error)
        assert "\n" not in str(error)
    assert not Job.objects.exists()


def test_a_killed_command_is_shown_as_stopped_and_its_job_goes_on(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Stands for SIGKILL: nothing is written after it."""

    noise_shard, calls = noise.noise_shard, []

    def die_at_the_second(task):  # type: ignore[no-untyped-def]
        calls.append(task)
        if len(calls) == 2:
            raise Killed
        return noise_shard(task)

    with monkeypatch.context() as patch:
        patch.setattr(noise, "noise_shard", die_at_the_second)
        patch.setattr(JobLease, "__exit__", lambda self, *_: self._over.set())
        with pytest.raises(Killed):
            call_command("noise_corpus", "a.parquet", "out", *OPTIONS)
    job = Job.objects.with_loss().get()
    assert (job.shown_status, job.is_lost) == ("running", False)
    assert '<progress value="' in page_text(client, job.get_absolute_url())
    state = client.get(f"{job.get_absolute_url()}state.json").json()
    assert state["status"] == "running"
    resumed = ("a.parquet", "out", *OPTIONS, "--resume")
    assert "another command works on this job" in str(refused(*resumed))
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    for path in ("/dashboard/", "/jobs/", job.get_absolute_url()):
        page = page_text(client, path)
        assert '<span class="badge badge-stopped' in page
        assert "its command was killed" in page
    call_command("noise_corpus", *resumed)
    again = Job.objects.get()
    assert (again.pk, again.status, again.attempt) == (job.pk, "succeeded", 2)
    assert (again.done_parts, again.kept_parts) == (3, 1)
    assert not job_renew(job=job, state=JobState(parts=3))  # with its old claim


def test_the_estimate_counts_the_parts_of_this_command_only() -> None:
    now = timezone.now()
    job = Job(parts=100, done_parts=60, kept_parts=50, heartbeat_at=now)
    job.started_at = now - timedelta(minutes=10)
    assert job.remaining == timedelta(minutes=40)
    assert (job.state_text, job.percent) == ("about 40 minutes left", 60)
    job.kept_parts = 60
    assert (job.remaining, job.state_text) == (None, "")


def test_a_lease_stores_progress_and_learns_of_another_command() -> None:
    state = JobState(parts=4)
    job = job_start(
        kind=Job.Kind.NOISE,
        name="/data/out",
        digest="0" * 64,
        config={"seed": "7"},
        state=state,
        resume=False,
    )
    lease = JobLease(job, state)
    lease.report(JobState(parts=4, done=1))
    assert lease.beat()
    assert Job.objects.get().done_parts == 1
    Job.objects.update(claim="00000000-0000-4000-8000-000000000000")
    lease.report(JobState(parts=4, done=2))
    assert not lease.beat()
    assert Job.objects.get().done_parts == 1
    with pytest.raises(StoppedError, match="taken by another command"):
        lease.report(JobState(parts=4, done=3))
