"""Estimates the time that a run still needs from how fast it went so far."""

import time
from collections.abc import Callable
from typing import Final

LEAST_PROGRESS: Final = 0.02
LEAST_SECONDS: Final = 1.0
"""Below either of these a rate says little, and there is no estimate."""


class Estimate:
    """The time left of work whose progress is reported now and then.

    The estimate assumes that the rest goes as fast as the work so far. Between two
    reports it counts down, but to no less than half, since a step that takes longer
    than expected says nothing about the steps after it.

    Args:
        clock: returns seconds; only differences matter.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        # One attribute, since another thread reads it.
        self._last = 0.0, self._began

    def update(self, progress: float) -> None:
        """Note the share of the work that is done; the same one changes nothing."""
        if progress != self._last[0]:
            self._last = progress, self._clock()

    def seconds_left(self) -> float | None:
        """Return the estimate, or None as long as too little is done."""
        progress, reported = self._last
        taken = reported - self._began
        if progress < LEAST_PROGRESS or taken < LEAST_SECONDS:
            return None
        left = taken * (1.0 - progress) / progress
        return max(left - (self._clock() - reported), left / 2)
