"""noising.runs.claims: only the holder of a claim writes."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from noising.models import BenchmarkRun
from noising.runs import LEASE, run_claim, run_fail, run_release, run_renew
from noising.runs.claims import LONGEST_REASON, Hold, public_reason, run_end_cancelled
from tests.runs import claimed, queued

pytestmark = pytest.mark.django_db


def test_a_queued_run_is_claimed_once() -> None:
    run = queued()

    first, second = run_claim(run_id=run.pk), run_claim(run_id=run.pk)

    assert second is None
    assert first is not None
    assert (first.status, first.attempt) == ("running", 1)
    assert first.lease_until is not None
    assert timezone.now() < first.lease_until <= timezone.now() + LEASE


def test_a_run_whose_cancellation_was_asked_for_is_not_claimed() -> None:
    run = queued()
    BenchmarkRun.objects.update(cancel_requested=True)
    assert run_claim(run_id=run.pk) is None


def test_renewing_moves_progress_heartbeat_and_lease() -> None:
    run = claimed()

    assert run_renew(run=run, progress=0.25) is Hold.HELD

    stored = BenchmarkRun.objects.get()
    assert stored.progress == 0.25
    assert stored.heartbeat_at is not None
    assert run.heartbeat_at is not None
    assert stored.heartbeat_at > run.heartbeat_at
    assert stored.lease_until == stored.heartbeat_at + LEASE


def test_renewing_tells_of_a_cancellation() -> None:
    run = claimed()
    BenchmarkRun.objects.update(cancel_requested=True)
    assert run_renew(run=run, progress=0.5) is Hold.CANCELLED


@pytest.mark.parametrize(("counts", "attempt"), [(True, 1), (False, 0)])
def test_a_run_that_is_given_back_can_be_claimed_again(
    counts: bool, attempt: int
) -> None:
    run = claimed()
    run_renew(run=run, progress=0.5)

    assert run_release(run=run, counts=counts)

    stored = BenchmarkRun.objects.get()
    assert (stored.status, stored.attempt, stored.progress) == ("queued", attempt, 0.0)
    again = run_claim(run_id=run.pk)
    assert again is not None
    assert again.claim != run.claim
    assert again.attempt == attempt + 1


WRITES: dict[str, Callable[[BenchmarkRun], object]] = {
    "run_renew": lambda run: run_renew(run=run, progress=0.9) is not Hold.LOST,
    "run_release": lambda run: run_release(run=run, counts=True),
    "run_fail": lambda run: run_fail(run=run, reason="Too late."),
    "run_end_cancelled": lambda run: run_end_cancelled(run=run),
}


@pytest.mark.parametrize("write", WRITES)
def test_who_lost_the_claim_writes_nothing(write: str) -> None:
    lost = claimed()
    run_release(run=lost, counts=True)
    run_claim(run_id=lost.pk)
    before = BenchmarkRun.objects.values().get()

    assert not WRITES[write](lost)

    assert BenchmarkRun.objects.values().get() == before


@pytest.mark.parametrize("write", WRITES)
def test_a_lease_that_ran_out_unnoticed_still_holds(write: str) -> None:
    run = claimed()
    BenchmarkRun.objects.update(lease_until=timezone.now() - timedelta(hours=1))
    assert WRITES[write](run)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("corpus '/home/ada/my data/x.jsonl' is empty", "corpus 'x.jsonl' is empty"),
        ('cannot open "/etc/passwd"', 'cannot open "passwd"'),
        ("output '/var/lib/noising/' is no folder", "output 'noising' is no folder"),
        ("/srv/a/b.txt, line 3: not JSON", "b.txt, line 3: not JSON"),
        ("b.txt: /srv/a/b.txt:12 and (/tmp/c)", "b.txt: b.txt:12 and (c)"),
        ("see file:///srv/a/b.txt", "see b.txt"),
        ("PosixPath('/srv/a')", "PosixPath('a')"),
        ("'it''s /srv/a/b'", "'it''s b'"),
        # What is no absolute path stays.
        ("12 tokens/s, and/or 1 / 2", "12 tokens/s, and/or 1 / 2"),
        ("https://example.org/a/b", "https://example.org/a/b"),
        ("corpora/a.txt and ./b.txt", "corpora/a.txt and ./b.txt"),
        ("the folder '/'", "the folder '/'"),
        ("  padded\n", "padded"),
        ("", "It failed without an error message."),
        ("x" * 3000, "x" * LONGEST_REASON),
    ],
)
def test_of_an_absolute_path_its_last_name_is_left(text: str, expected: str) -> None:
    assert public_reason(text) == expected
