"""How much costly work one process does at a time."""

import threading

import pytest

from noising.budget import COSTLY_FROM_SECONDS, BusyError, WorkSemaphore


def test_no_more_than_the_limit_hold_a_permit_at_once() -> None:
    semaphore = WorkSemaphore(2)
    with (
        semaphore.permit(1.0),
        semaphore.permit(1.0),
        pytest.raises(BusyError),
        semaphore.permit(1.0),
    ):
        pass
    with semaphore.permit(1.0), semaphore.permit(1.0):
        pass


def test_cheap_work_needs_no_permit() -> None:
    semaphore = WorkSemaphore(1)
    with semaphore.permit(COSTLY_FROM_SECONDS / 2), semaphore.permit(1.0):
        with pytest.raises(BusyError), semaphore.permit(COSTLY_FROM_SECONDS):
            pass
        with semaphore.permit(0.0):
            pass


def test_a_permit_is_released_after_a_failure() -> None:
    semaphore = WorkSemaphore(1)
    for _ in range(5):
        with pytest.raises(ZeroDivisionError), semaphore.permit(1.0):
            1 / 0  # noqa: B018


def test_a_thread_waits_for_a_permit_until_the_timeout() -> None:
    semaphore = WorkSemaphore(1, timeout_seconds=30.0)
    order: list[str] = []

    def second() -> None:
        with semaphore.permit(1.0):
            order.append("second")

    with semaphore.permit(1.0):
        waiting = threading.Thread(target=second)
        waiting.start()
        order.append("first")
    waiting.join(timeout=30)
    assert order == ["first", "second"]


@pytest.mark.parametrize(
    ("seconds", "least", "retry_after"),
    [(0.5, 1, 1), (2.5, 1, 3), (2.5, 5, 5), (7.0, 5, 8), (1e6, 1, 60)],
)
def test_a_refusal_says_when_to_repeat_the_request(
    seconds: float, least: int, retry_after: int
) -> None:
    semaphore = WorkSemaphore(1, least_retry_seconds=least)
    with (
        semaphore.permit(1.0),
        pytest.raises(BusyError) as caught,
        semaphore.permit(seconds),
    ):
        pass
    assert caught.value.retry_after == retry_after
    assert str(caught.value) == (
        f"The service is busy with costly requests; repeat this one in {retry_after} s."
    )
