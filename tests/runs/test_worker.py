"""noising.runs.worker: one attempt at a run, with every kind of failure."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import pytest
from django.db import DatabaseError

from benchmarks import runner
from benchmarks.cases import BenchmarkConfig, UsageError
from benchmarks.runner import ProgressListener
from noising.models import MOST_ATTEMPTS, BenchmarkResult, BenchmarkRun
from noising.models.runs import LONGEST_LOG_LINE, MOST_LOG_LINES
from noising.runs import (
    STOPPING,
    Lease,
    StoppedError,
    lease,
    read_config,
    run_claim,
    run_fail,
    run_measure,
    run_record,
    run_release,
    run_renew,
)
from tests.runs import claimed, config, queued

pytestmark = pytest.mark.django_db

Document = dict[str, Any]
Run = Callable[..., Document]


@pytest.fixture(autouse=True)
def _not_stopping() -> Iterator[None]:
    yield
    STOPPING.clear()


@pytest.fixture
def measures(monkeypatch: pytest.MonkeyPatch) -> Callable[[Run], None]:
    """Put something else in the place of the benchmark."""

    def replace(run: Run) -> None:
        def call(
            config: BenchmarkConfig, on_progress: ProgressListener, corpus: object
        ) -> Document:
            assert corpus is None, "the runs of these tests have built-in corpora"
            return run(config, on_progress=on_progress)

        monkeypatch.setattr(runner, "run", call)

    return replace


def state() -> tuple[str, int, str]:
    return BenchmarkRun.objects.values_list("status", "attempt", "error").get()


def test_measures_what_was_asked_for() -> None:
    run = queued()

    run_measure(run_id=run.pk)

    stored = BenchmarkRun.objects.for_page().get()
    assert (stored.status, stored.attempt, stored.progress) == ("succeeded", 1, 1.0)
    document = stored.document()
    assert document["config"] == config().to_document()
    assert [entry["name"] for entry in document["schedules"]] == ["uniform", "cosine"]
    assert BenchmarkResult.objects.count() == 4


def test_the_configuration_survives_the_database() -> None:
    run = queued()
    run.refresh_from_db()
    assert read_config(run) == config()


def test_a_second_delivery_changes_nothing(
    measures: Callable[[Run], None], document: Document
) -> None:
    measures(lambda config, on_progress: document)
    run = queued()
    run_measure(run_id=run.pk)
    before = BenchmarkRun.objects.values().get(), BenchmarkResult.objects.count()

    run_measure(run_id=run.pk)

    after = BenchmarkRun.objects.values().get(), BenchmarkResult.objects.count()
    assert after == before


def raising(error: BaseException) -> Run:
    def run(config: BenchmarkConfig, on_progress: ProgressListener) -> NoReturn:
        raise error

    return run


def test_what_cannot_be_measured_fails_at_once(
    measures: Callable[[Run], None],
) -> None:
    measures(raising(UsageError("schedule 'x': does not fit")))
    run_measure(run_id=queued().pk)
    assert state() == ("failed", 1, "schedule 'x': does not fit")


def test_a_failure_of_ours_is_tried_three_times(
    measures: Callable[[Run], None],
) -> None:
    measures(raising(MemoryError("no room")))
    run = queued()

    for expected in [("queued", 1, ""), ("queued", 2, "")]:
        with pytest.raises(MemoryError):
            run_measure(run_id=run.pk)
        assert state() == expected
    with pytest.raises(MemoryError):
        run_measure(run_id=run.pk)

    assert state() == ("failed", 3, "MemoryError: no room")


def stopped_by(error: BaseException) -> Run:
    """Return what is stopped as the worker's handler of signals stops it."""

    def run(config: BenchmarkConfig, on_progress: ProgressListener) -> NoReturn:
        STOPPING.set()
        raise error

    return run


@pytest.mark.parametrize(
    ("run", "error"),
    [
        (raising(KeyboardInterrupt()), KeyboardInterrupt),
        (stopped_by(SystemExit(1)), SystemExit),
    ],
)
def test_the_end_of_the_process_is_no_attempt(
    measures: Callable[[Run], None], run: Run, error: type[BaseException]
) -> None:
    measures(run)
    with pytest.raises(error):
        run_measure(run_id=queued().pk)
    assert state() == ("queued", 0, "")


def test_a_run_that_ends_its_process_by_itself_fails_like_others(
    measures: Callable[[Run], None],
) -> None:
    measures(raising(SystemExit("no more")))
    run = queued()
    for expected in [
        ("queued", 1, ""),
        ("queued", 2, ""),
        ("failed", 3, "SystemExit: no more"),
    ]:
        with pytest.raises(SystemExit):
            run_measure(run_id=run.pk)
        assert state() == expected


@pytest.mark.parametrize("attempts", [1, MOST_ATTEMPTS])
def test_the_public_reason_names_no_folder_and_the_log_all(
    measures: Callable[[Run], None],
    caplog: pytest.LogCaptureFixture,
    attempts: int,
) -> None:
    path = "/srv/secret place/corpus.jsonl"
    if attempts == 1:
        measures(raising(UsageError(f"corpus {path!r} cannot be read")))
        run_measure(run_id=queued().pk)
        assert state() == ("failed", 1, "corpus 'corpus.jsonl' cannot be read")
        assert path in caplog.text
        return
    measures(raising(FileNotFoundError(2, "No such file or directory", path)))
    run = queued()
    for _ in range(attempts):
        with pytest.raises(FileNotFoundError):
            run_measure(run_id=run.pk)
    reason = "FileNotFoundError: [Errno 2] No such file or directory: 'corpus.jsonl'"
    assert state() == ("failed", 3, reason)


def log_texts() -> list[str]:
    return [line["text"] for line in BenchmarkRun.objects.get().log]


def test_the_log_has_every_step_and_survives_attempts(
    measures: Callable[[Run], None], document: Document
) -> None:
    def fail(config: BenchmarkConfig, on_progress: ProgressListener) -> NoReturn:
        on_progress(0, 2, "one half")
        on_progress(0, 2, "one half")
        raise FileNotFoundError(2, "No such file", "/secret/folder/x.jsonl")

    def succeed(
        config: BenchmarkConfig, on_progress: ProgressListener
    ) -> dict[str, Any]:
        on_progress(1, 2, "the other half")
        return document

    run = queued()
    measures(fail)
    with pytest.raises(FileNotFoundError):
        run_measure(run_id=run.pk)
    measures(succeed)
    run_measure(run_id=run.pk)

    assert log_texts() == [
        "attempt 1 of 3 begins",
        "one half",
        "attempt 1 failed: FileNotFoundError: [Errno 2] No such file: 'x.jsonl'",
        "attempt 2 of 3 begins",
        "the other half",
        "results stored",
    ]
    stored = BenchmarkRun.objects.get()
    assert (stored.status, stored.phase, stored.time_left) == ("succeeded", "", "")


def test_the_log_keeps_its_last_lines() -> None:
    run = claimed()
    for number in range(MOST_LOG_LINES + 7):
        run.add_log_line(f"{number} " + "x" * 1000)
    run_renew(run=run, progress=0.5, seconds_left=7.0)
    stored = BenchmarkRun.objects.get()
    assert len(stored.log) == MOST_LOG_LINES
    assert stored.log[0]["text"].startswith("7 ")
    assert all(len(line["text"]) == LONGEST_LOG_LINE for line in stored.log)
    assert stored.phase == stored.log[-1]["text"]
    assert stored.time_left == "a few seconds left"
    run_fail(run=run, reason="The disk is full.")
    assert log_texts()[-1] == "failed: The disk is full."
    assert BenchmarkRun.objects.get().seconds_left is None


def test_a_process_that_stops_begins_nothing() -> None:
    STOPPING.set()
    run_measure(run_id=queued().pk)
    assert state() == ("queued", 0, "")


def test_results_of_a_lost_claim_are_not_stored(document: Document) -> None:
    lost = claimed()
    run_release(run=lost, counts=True)
    run_claim(run_id=lost.pk)

    with pytest.raises(StoppedError, match="taken by another worker"):
        run_record(run=lost, document=document)

    assert state() == ("running", 2, "")
    assert not BenchmarkResult.objects.exists()


def test_a_cancellation_at_the_last_moment_holds(document: Document) -> None:
    run = claimed()
    BenchmarkRun.objects.update(cancel_requested=True)

    with pytest.raises(StoppedError, match="cancelled"):
        run_record(run=run, document=document)

    assert state() == ("cancelled", 1, "")
    assert not BenchmarkResult.objects.exists()


def test_nothing_is_stored_of_results_that_do_not_fit(document: Document) -> None:
    results = document["schedules"][-1]["results"]
    results.append(results[-1])
    run = claimed()

    with pytest.raises(DatabaseError):
        run_record(run=run, document=document)

    assert state() == ("running", 1, "")
    assert not BenchmarkResult.objects.exists()


class Beats:
    """The database as the lease's thread sees it, in the order of its renewals."""

    def __init__(self, *answers: Any) -> None:
        self.answers = iter(answers)
        self.progress: list[float] = []
        self.exhausted = threading.Event()
        self.complete = threading.Event()

    def __call__(
        self, *, run: BenchmarkRun, progress: float, seconds_left: float | None
    ) -> Any:
        self.progress.append(progress)
        if progress == 1.0:
            self.complete.set()
        answer = next(self.answers, None)
        if answer is None:
            self.exhausted.set()
            return lease.Hold.HELD
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "HEARTBEAT_SECONDS", 0.001)


def stopped(kept: Lease) -> str:
    """Report progress until that is refused; return why."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            kept.report(1, 2)
        except StoppedError as error:
            return str(error)
    return "never"


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize(
    ("hold", "reason"),
    [
        (lease.Hold.LOST, "taken by another worker"),
        (lease.Hold.CANCELLED, "cancelled"),
    ],
)
def test_the_next_step_ends_what_is_no_longer_to_be_measured(
    monkeypatch: pytest.MonkeyPatch, hold: lease.Hold, reason: str
) -> None:
    ended: list[BenchmarkRun] = []
    monkeypatch.setattr(lease, "run_renew", Beats(lease.Hold.HELD, hold))
    monkeypatch.setattr(lease, "run_end_cancelled", lambda *, run: ended.append(run))
    run = BenchmarkRun()

    with Lease(run) as kept:
        assert stopped(kept) == reason

    assert ended == ([run] if hold is lease.Hold.CANCELLED else [])


@pytest.mark.usefixtures("fast")
def test_a_process_that_is_told_to_stop_gives_its_run_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[bool] = []
    monkeypatch.setattr(lease, "run_renew", Beats())
    monkeypatch.setattr(
        lease, "run_release", lambda *, run, counts: given.append(counts)
    )
    with Lease(BenchmarkRun()) as kept:
        STOPPING.set()
        assert stopped(kept) == "returned to the queue"
    assert given == [False]


@pytest.mark.usefixtures("fast")
def test_a_database_that_is_away_for_a_moment_ends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    beats = Beats(DatabaseError("gone"), DatabaseError("gone"), lease.Hold.HELD)
    monkeypatch.setattr(lease, "run_renew", beats)
    with Lease(BenchmarkRun()) as kept:
        kept.report(3, 4)
        assert beats.exhausted.wait(20)
        kept.report(4, 4)
        assert beats.complete.wait(20)
