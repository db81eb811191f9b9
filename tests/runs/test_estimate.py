"""noising.runs.estimate: how long a run still takes, by a clock of the tests."""

import pytest

from noising.models import BenchmarkRun
from noising.runs.estimate import Estimate


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_rest_takes_as_long_as_the_work_so_far() -> None:
    clock = Clock()
    estimate = Estimate(clock)
    clock.now += 30
    estimate.update(0.25)
    assert estimate.seconds_left() == pytest.approx(90)
    clock.now += 30
    assert estimate.seconds_left() == pytest.approx(60)
    # The same progress again is no news.
    estimate.update(0.25)
    assert estimate.seconds_left() == pytest.approx(60)
    clock.now += 1000
    assert estimate.seconds_left() == pytest.approx(45)
    estimate.update(1.0)
    assert estimate.seconds_left() == 0


@pytest.mark.parametrize(("seconds", "progress"), [(0.5, 0.5), (60, 0.01), (60, 0.0)])
def test_too_little_work_gives_no_estimate(seconds: float, progress: float) -> None:
    clock = Clock()
    estimate = Estimate(clock)
    clock.now += seconds
    estimate.update(progress)
    assert estimate.seconds_left() is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0.0, "a few seconds left"),
        (9.9, "a few seconds left"),
        (10.0, "about 10 seconds left"),
        (84.0, "about 80 seconds left"),
        (118.0, "about 2 minutes left"),
        (5000.0, "about 83 minutes left"),
        (8000.0, "about 2 hours left"),
    ],
)
def test_the_time_left_is_told_in_round_numbers(
    seconds: float | None, text: str
) -> None:
    assert BenchmarkRun(status="running", seconds_left=seconds).time_left == text
    assert BenchmarkRun(status="queued", seconds_left=seconds).time_left == ""
