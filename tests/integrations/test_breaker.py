"""The circuit breaker."""

import pytest

from noising.integrations import ServiceSuspendedError
from noising.integrations.breaker import CircuitBreaker


class Clock:
    """A time that tests set."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return CircuitBreaker("service", failures=3, pause_seconds=30, clock=clock)


def fail(breaker, times=1):
    for _ in range(times):
        with pytest.raises(ZeroDivisionError), breaker.call():
            _ = 1 / 0


def succeed(breaker):
    with breaker.call():
        pass


def seconds_left(breaker):
    with pytest.raises(ServiceSuspendedError) as caught, breaker.call():
        raise AssertionError("the block must not run")
    return caught.value.seconds


def test_it_opens_after_so_many_failures_in_a_row(breaker, clock):
    fail(breaker, 2)
    succeed(breaker)
    fail(breaker, 2)
    succeed(breaker)
    fail(breaker, 3)
    assert seconds_left(breaker) == 30
    clock.now += 10
    assert seconds_left(breaker) == 20


def test_after_the_pause_one_call_that_succeeds_closes_it(breaker, clock):
    fail(breaker, 3)
    clock.now += 30
    with breaker.call():
        assert seconds_left(breaker) == 30  # one call at a time
    succeed(breaker)
    fail(breaker, 2)
    succeed(breaker)


def test_one_that_fails_opens_it_again_for_a_whole_pause(breaker, clock):
    fail(breaker, 3)
    clock.now += 31
    fail(breaker)
    assert seconds_left(breaker) == 30
