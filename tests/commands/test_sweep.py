"""manage.py run_benchmarks --sweep: a grid in the database and on pages."""

import itertools
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from benchmarks.sweeps import runner
from noising import services
from noising.models import Job, SweepPoint
from noising.runs import StoppedError, sweep_store
from tests.dashboard.pages import page_text

pytestmark = pytest.mark.django_db

GRID = """
name: three
schedules:
  - mine
  - {type: loglinear, epsilon: [1e-3, 0.5, -1]}
  - {type: gidd}
graphs: [absorbing, {type: hdlm_gamma, gamma: [0.1, 0.3]}]
corpora: [synthetic]
num_timesteps: [16, 32]
"""
POINTS = 5 * 3 * 2


@pytest.fixture
def grid(tmp_path: Path) -> str:
    services.schedule_create(
        slug="mine", specification={"vocab_size": 8, "schedule": {"type": "cosine"}}
    )
    path = tmp_path / "grid.yaml"
    path.write_text(GRID)
    return str(path)


def sweep(*arguments: str) -> None:
    call_command("run_benchmarks", "--vocab-size", "64", "--sweep", *arguments)


def refused(*arguments: str) -> CommandError:
    with pytest.raises(CommandError) as caught:
        sweep(*arguments)
    return caught.value


def test_a_sweep_is_stored_resumed_and_shown(
    grid: str,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def break_off(*arguments):  # type: ignore[no-untyped-def]
        yield next(measured(*arguments))
        raise KeyboardInterrupt

    measured = runner.run_sweep
    monkeypatch.setattr("noising.management.sweeping.run_sweep", break_off)
    assert refused(grid, "--quiet").returncode == 130
    job = Job.objects.get()
    assert (job.status, job.error) == ("failed", "It was interrupted.")
    assert (job.done_parts, job.parts) == (16, POINTS)
    assert SweepPoint.objects.count() == 16
    monkeypatch.undo()

    sweep(grid, "--resume")
    again = Job.objects.get()
    assert (again.pk, again.status, again.attempt) == (job.pk, "succeeded", 2)
    assert (again.done_parts, again.kept_parts) == (POINTS, 16)
    assert again.counts == {"measured": 24, "not_measurable": 6}
    assert SweepPoint.objects.count() == POINTS
    printed = capsys.readouterr().out
    assert "loglinear epsilon=0.001" in printed
    assert f"{POINTS} configurations, 6 of them not measurable" in printed

    front = list(SweepPoint.objects.filter(num_timesteps=16).on_front())
    masked = [point.label for point in front if point.graph == {"type": "absorbing"}]
    assert masked == ["loglinear epsilon=0.001"]
    groups = [group for group, _ in itertools.groupby(point.group for point in front)]
    assert len(groups) == len(set(groups)) == 3

    page = page_text(client, job.get_absolute_url())
    for shown in (
        "Sweep: three",
        "hdlm_gamma gamma=0.3, synthetic, T = 16",
        "loglinear epsilon=0.001",
        "6: <bdi>`schedule.epsilon` must",
        "Configurations that cannot be measured",
    ):
        assert shown in page
    assert "Sweep: three" in page_text(client, "/jobs/")
    for name in ("tradeoff", "parallel"):
        response = client.get(f"/plots{job.get_absolute_url()}{name}.svg")
        assert (response.status_code, response.headers["Content-Type"]) == (
            *(200, "image/svg+xml"),
        )
    table = client.get(f"{job.get_absolute_url()}points.csv").content.decode()
    assert len(table.splitlines()) == 1 + POINTS
    assert client.get(f"/plots{job.get_absolute_url()}other.svg").status_code == 404

    Job.objects.update(claim=None)
    with pytest.raises(StoppedError):
        sweep_store(job=job, points={}, results=[])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("none.yaml",), "sweep: none.yaml: No such file"),
        (("GRID", "--queue"), "queue: does not work with --sweep"),
        (("GRID", "--workers", "0"), "`workers` must"),
        (("GRID", "--scheduler", "tcp://h:1"), "--scheduler is for --executor dask"),
    ],
)
def test_bad_usage_is_one_line_and_leaves_nothing(
    grid: str, arguments: tuple[str, ...], said: str
) -> None:
    error = refused(*(grid if each == "GRID" else each for each in arguments))
    assert error.returncode == 2
    assert said in str(error)
    assert "\n" not in str(error)
    assert not Job.objects.exists()
