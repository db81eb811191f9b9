import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from benchmarks.cases import BenchmarkConfig
from benchmarks.runner import ProgressListener
from noising import services
from noising.management.commands import run_benchmarks
from noising.models import BenchmarkResult, BenchmarkRun, ScheduleConfig
from noising.runs import StoppedError, run_claim, run_measure

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
QUICK = (
    *("--corpus", "synthetic", "--vocab-size", "64", "--samples", "4"),
    *("--timesteps", "0,999", "--schedules", "cosine"),
)


def measured(folder: Path, *arguments: str) -> BenchmarkRun:
    call_command("run_benchmarks", *QUICK, "--output", str(folder), *arguments)
    return BenchmarkRun.objects.for_page().latest("created_at")


def refused(*arguments: str) -> CommandError:
    with pytest.raises(CommandError) as caught:
        call_command("run_benchmarks", *arguments)
    return caught.value


def test_stores_what_it_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = measured(tmp_path / "out", "--name", " Mine ")
    written = json.loads((tmp_path / "out" / "results.json").read_text())
    assert run.document() == written
    assert run.status == "succeeded"
    assert run.corpus_name == "synthetic"
    assert run.name == written["name"] == "Mine"
    assert run.log[-1]["text"] == "results stored"
    printed = capsys.readouterr().out
    assert "cosine" in printed
    assert f"Stored as run {run.pk}." in printed


def test_quiet_says_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    measured(tmp_path, "--quiet")
    assert capfd.readouterr() == ("", "")


def test_measures_stored_schedules_by_name(tmp_path: Path) -> None:
    config = services.schedule_create(
        slug="mine",
        specification={
            "vocab_size": 27,
            "schedule": {"type": "loglinear", "epsilon": 0.25},
            "graph": {"type": "absorbing"},
        },
    )
    run = measured(tmp_path, "--schedules", "mine,cosine", "--graph", "absorbing")
    (schedule,) = config.measurements.all()
    assert schedule.run == run
    assert schedule.specification["schedule"] == {"type": "loglinear", "epsilon": 0.25}
    assert schedule.specification["vocab_size"] == 64


def test_a_schedule_type_means_its_defaults_whatever_is_stored(tmp_path: Path) -> None:
    services.schedule_create(
        slug="cosine",
        specification={"vocab_size": 27, "schedule": {"type": "cosine", "s": 0.5}},
    )
    run = measured(tmp_path)
    assert run.document()["schedules"][0]["specification"]["schedule"]["s"] == 0.008
    assert ScheduleConfig.objects.get().measurements.count() == 0


NO_RUN = "01890a5d-ac96-774b-bcce-b302099a8057"
BAD_CORPORA = {
    "missing": None,
    "empty.txt": b"",
    "malformed.jsonl": b'{"tokens": ',
    "words.txt": b"id,count\n",
    "beyond.txt": b"1 2 64\n",
    "bytes.npy": b"\x93NUMPY\x00",
}


@pytest.mark.parametrize("name", BAD_CORPORA)
def test_a_bad_corpus_is_one_line_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    corpus = tmp_path / name
    content = BAD_CORPORA[name]
    if content is not None:
        corpus.write_bytes(content)
    output = tmp_path / "out"
    error = refused(*QUICK, "--corpus", str(corpus), "--output", str(output))
    assert error.returncode == 2
    assert "\n" not in str(error)
    assert name in str(error)
    assert not output.exists()
    assert not BenchmarkRun.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--schedules", "nothing"), "'nothing' is neither a schedule type nor"),
        (("--schedules", "cosin"), "custom; did you mean `cosine`?"),
        (("--schedules", "smal"), "custom; did you mean `small`?"),
        (("--baseline", "unform"), "custom; did you mean `uniform`?"),
        (("--fail-over", "10%"), "fail-over: needs --compare"),
        (("--compare", "/nowhere"), "compare: '/nowhere' is neither a file"),
        (("--compare", NO_RUN), f"compare: there is no run {NO_RUN} with results"),
        (("--schedules", "a b/../c"), "neither a schedule type nor"),
        (("--baseline", "nothing"), "'nothing' is neither a schedule type nor"),
        (("--schedules", "small"), "measure it with --num-timesteps 10"),
        (("--schedules", "absorbing"), "measure it with --graph absorbing"),
        (("--schedules", "masked", "--graph", "absorbing"), "graph with parameters"),
        (("--schedules", "small", "--graph", "absorbing"), "--graph uniform"),
        (("--timesteps", "1000"), "0..999"),
        (("--samples", "0"), "samples"),
        (("--seed", "-1"), "seed"),
        (("--output", str(ROOT / "manage.py")), "not a folder"),
        (("--samples", "many"), "must be an integer"),
        (("--bogus",), "--bogus"),
    ],
)
def test_a_bad_argument_is_one_line_and_leaves_nothing(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    specification: dict[str, Any] = {"vocab_size": 27, "num_timesteps": 1000}
    graphs: dict[str, dict[str, Any]] = {
        "absorbing": {"type": "absorbing"},
        "masked": {"type": "absorbing", "mask_id": 3},
    }
    for slug, graph in graphs.items():
        services.schedule_create(
            slug=slug, specification={**specification, "graph": graph}
        )
    services.schedule_create(
        slug="small", specification={**specification, "num_timesteps": 10}
    )
    error = refused(*QUICK, "--output", str(tmp_path / "out"), *arguments)
    assert said in str(error)
    assert "\n" not in str(error)
    assert not (tmp_path / "out").exists()
    assert not BenchmarkRun.objects.exists()


def test_a_run_that_cannot_be_written_has_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: dict[str, Any]
) -> None:
    def run(
        config: BenchmarkConfig, on_progress: ProgressListener, corpus: object
    ) -> dict[str, Any]:
        on_progress(0, 1, "all of it")
        (tmp_path / "out").write_text("in the way")
        return document

    monkeypatch.setattr(run_benchmarks, "run", run)
    error = refused(*QUICK, "--output", str(tmp_path / "out"))
    assert error.returncode == 1
    stored = BenchmarkRun.objects.get()
    assert stored.status == "failed"
    assert str(tmp_path / "out") in str(error)
    assert stored.error == "output 'out' cannot be written: File exists"
    assert not BenchmarkResult.objects.exists()


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (KeyboardInterrupt(), "It was interrupted."),
        (SystemExit(143), "It was told to stop."),
        (ZeroDivisionError("our own bug"), "ZeroDivisionError: our own bug"),
    ],
)
def test_a_run_that_stops_half_way_has_failed_with_the_reason(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    raised: BaseException,
    reason: str,
) -> None:
    def run(
        config: BenchmarkConfig, on_progress: ProgressListener, corpus: object
    ) -> NoReturn:
        on_progress(0, 4, "one half")
        on_progress(2, 4, "the other half")
        raise raised

    monkeypatch.setattr(run_benchmarks, "run", run)
    with pytest.raises((CommandError, SystemExit, ZeroDivisionError)):
        call_command("run_benchmarks", *QUICK, "--output", str(tmp_path / "out"))
    stored = BenchmarkRun.objects.get()
    assert (stored.status, stored.error) == ("failed", reason)
    assert stored.progress == 0.5
    assert not (tmp_path / "out").exists()


def test_a_database_that_is_lost_is_one_line(tmp_path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE noising_benchmarkrun RENAME TO lost")
    # After an error, PostgreSQL continues only from a savepoint.
    before = transaction.savepoint()
    error = refused(*QUICK, "--output", str(tmp_path / "out"))
    transaction.savepoint_rollback(before)
    assert error.returncode == 1
    assert "manage.py migrate" in str(error)
    assert "\n" not in str(error)
    assert not (tmp_path / "out").exists()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE noising_scheduleconfig RENAME TO lost_too")
    error = refused(*QUICK, "--schedules", "stored", "--output", str(tmp_path / "out"))
    assert error.returncode == 1


def test_a_run_can_be_left_to_a_worker(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out"
    call_command("run_benchmarks", *QUICK, "--output", str(output), "--queue")

    run = BenchmarkRun.objects.get()
    assert capsys.readouterr().out == f"{run.pk}\n"
    assert run.status == "queued"
    assert not output.exists()
    run_measure(run_id=run.pk)
    run.refresh_from_db()
    assert (run.status, run.config["vocab_size"]) == ("succeeded", 64)


def test_a_run_is_compared_with_a_stored_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = measured(tmp_path / "out", "--no-plots")
    run.throughput_results.all().delete()  # times differ from run to run
    capsys.readouterr()
    measured(tmp_path / "out", "--no-plots", "--compare", str(run.pk))
    said = " ".join(capsys.readouterr().out.split())
    assert f"Worse than {run.pk} beyond the 95 % intervals: nothing." in said

    worse = json.loads((tmp_path / "out" / "results.json").read_text())
    worse["throughput"] = []
    for schedule in worse["schedules"]:
        schedule["wasted_steps"] = 1
    (tmp_path / "base.json").write_text(json.dumps(worse))
    base = ("--compare", str(tmp_path / "base.json"), "--fail-over", "10%")
    error = refused(*QUICK, "--no-plots", "--output", str(tmp_path / "out"), *base)
    assert (error.returncode, "\n" in str(error)) == (1, False)
    assert "worse than in" in str(error)
    stored = BenchmarkRun.objects.latest("created_at")
    assert stored.status == "succeeded"  # it was measured, and is kept


def test_a_run_that_is_left_to_a_worker_is_not_compared(tmp_path: Path) -> None:
    run = measured(tmp_path / "out", "--no-plots")
    error = refused(*QUICK, "--queue", "--compare", str(run.pk))
    assert (error.returncode, str(error)) == (
        2,
        "compare: does not work with --queue, which measures later",
    )


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ({"status": "succeeded"}, None),
        ({"status": "cancelled"}, "the run was cancelled"),
        ({"status": "failed", "error": "No room."}, "the run has failed: No room."),
    ],
)
def test_waiting_ends_with_the_run(
    monkeypatch: pytest.MonkeyPatch, end: dict[str, str], said: str | None
) -> None:
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        run = BenchmarkRun.objects.get()
        if len(looks) == 1:
            assert run_claim(run_id=run.pk) is not None
        else:
            now = timezone.now()
            BenchmarkRun.objects.update(
                **end,
                **dict.fromkeys(("claim", "lease_until")),
                **dict.fromkeys(("finished_at", "measured_at"), now),
                corpus={},
                environment={},
                schema_version=1,
            )

    monkeypatch.setattr(run_benchmarks.time, "sleep", sleep)
    if said is None:
        call_command("run_benchmarks", *QUICK, "--queue", "--wait")
    else:
        error = refused(*QUICK, "--queue", "--wait")
        assert (str(error), error.returncode) == (said, 1)
    assert len(looks) == 2


def test_who_waits_no_longer_leaves_the_run_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def sleep(seconds: float) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_benchmarks.time, "sleep", sleep)
    error = refused(*QUICK, "--queue", "--wait")
    assert (str(error), error.returncode) == ("interrupted; the run continues", 130)
    assert BenchmarkRun.objects.get().status == "queued"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--corpus", "/etc/passwd"), "measure a file with"),
        (("--samples", "10001"), "10001 samples"),
        (("--schedules", "custom"), "'custom'"),
        (("--graph", "banded"), "workers do not measure graphs given by a matrix"),
    ],
)
def test_a_worker_is_not_asked_for_what_it_cannot_do(
    arguments: tuple[str, ...], said: str
) -> None:
    error = refused(*QUICK, "--queue", *arguments)
    assert said in str(error)
    assert error.returncode == 2
    assert not BenchmarkRun.objects.exists()


def test_a_run_that_somebody_cancels_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(
        config: BenchmarkConfig, on_progress: ProgressListener, corpus: object
    ) -> NoReturn:
        on_progress(0, 4, "one half")
        raise StoppedError("cancelled")

    monkeypatch.setattr(run_benchmarks, "run", run)
    error = refused(*QUICK, "--output", str(tmp_path / "out"))
    assert (str(error), error.returncode) == ("the run was cancelled", 1)


@pytest.fixture
def manage(tmp_path: Path) -> Iterator[Any]:
    """Starts the project's own command line on a database of the test's own."""
    environment = os.environ | {"DATA_DIR": str(tmp_path / "data")}
    environment.pop("DATABASE_URL", None)
    (tmp_path / "data").mkdir()

    started = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--samples", "many"),  # argparse refuses it,
        ("--corpus", "/nowhere"),  # and the command
    ],
)
def test_the_command_line_says_one_line_and_ends_with_two(
    manage: Any, arguments: tuple[str, ...]
) -> None:
    process = manage("run_benchmarks", *arguments)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert output == ""
    assert errors.count("\n") == 1


@pytest.mark.timeout(320)  # more than its three deadlines together
def test_sigterm_ends_a_run_as_failed(manage: Any, tmp_path: Path) -> None:
    migration = manage("migrate", "--verbosity", "0")
    migration.communicate(timeout=120)
    assert migration.returncode == 0
    # Enough samples to be measuring for minutes.
    process = manage(
        *("run_benchmarks", "--corpus", "synthetic", "--vocab-size", "64"),
        *("--samples", "20000", "--output", str(tmp_path / "out")),
    )

    def state() -> list[tuple[str, str]]:
        with closing(sqlite3.connect(tmp_path / "data" / "noising.sqlite3")) as base:
            query = "SELECT status, error FROM noising_benchmarkrun"
            return base.execute(query).fetchall()

    deadline = time.monotonic() + 120
    while state() != [("running", "")]:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143
    assert state() == [("failed", "It was told to stop.")]
    assert not (tmp_path / "out").exists()
