"""noising.execution.claims: only who holds the claim writes."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from noising.execution.claims import (
    LEASE,
    Hold,
    claim_run,
    end_cancelled,
    end_failed,
    give_back,
    renew,
)
from noising.models import BenchmarkRun
from tests.runs import claimed, queued

pytestmark = pytest.mark.django_db


def test_a_queued_run_is_claimed_once() -> None:
    run = queued()

    first, second = claim_run(run.pk), claim_run(run.pk)

    assert second is None
    assert first is not None
    assert (first.status, first.attempt) == ("running", 1)
    assert first.lease_until is not None
    assert timezone.now() < first.lease_until <= timezone.now() + LEASE


def test_a_run_whose_cancellation_was_asked_for_is_not_claimed() -> None:
    run = queued()
    BenchmarkRun.objects.update(cancel_requested=True)
    assert claim_run(run.pk) is None


def test_renewing_moves_progress_heartbeat_and_lease() -> None:
    run = claimed()

    assert renew(run, 0.25) is Hold.HELD

    stored = BenchmarkRun.objects.get()
    assert stored.progress == 0.25
    assert stored.heartbeat_at is not None
    assert run.heartbeat_at is not None
    assert stored.heartbeat_at > run.heartbeat_at
    assert stored.lease_until == stored.heartbeat_at + LEASE


def test_renewing_tells_of_a_cancellation() -> None:
    run = claimed()
    BenchmarkRun.objects.update(cancel_requested=True)
    assert renew(run, 0.5) is Hold.CANCELLED


@pytest.mark.parametrize(("counts", "attempt"), [(True, 1), (False, 0)])
def test_a_run_that_is_given_back_can_be_claimed_again(
    counts: bool, attempt: int
) -> None:
    run = claimed()
    renew(run, 0.5)

    assert give_back(run, counts=counts)

    stored = BenchmarkRun.objects.get()
    assert (stored.status, stored.attempt, stored.progress) == ("queued", attempt, 0.0)
    again = claim_run(run.pk)
    assert again is not None
    assert again.claim != run.claim
    assert again.attempt == attempt + 1


WRITES: dict[str, Callable[[BenchmarkRun], object]] = {
    "renew": lambda run: renew(run, 0.9) is not Hold.LOST,
    "give_back": lambda run: give_back(run, counts=True),
    "end_failed": lambda run: end_failed(run, "Too late."),
    "end_cancelled": end_cancelled,
}


@pytest.mark.parametrize("write", WRITES)
def test_who_lost_the_claim_writes_nothing(write: str) -> None:
    lost = claimed()
    give_back(lost, counts=True)
    claim_run(lost.pk)
    before = BenchmarkRun.objects.values().get()

    assert not WRITES[write](lost)

    assert BenchmarkRun.objects.values().get() == before


@pytest.mark.parametrize("write", WRITES)
def test_a_lease_that_ran_out_unnoticed_still_holds(write: str) -> None:
    run = claimed()
    BenchmarkRun.objects.update(lease_until=timezone.now() - timedelta(hours=1))
    assert WRITES[write](run)
