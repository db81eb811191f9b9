"""Estimates of how long a run takes, without measuring anything.

The constants are seconds on one core of a Zen 5 at 4 GHz, measured with `setmm` and
`synthetic`. A service corrects them by the time that its own runs took.
"""

from __future__ import annotations

from typing import Final

from benchmarks.cases import MAX_SEQUENCE_TOKENS, BenchmarkConfig
from noising.engine.effort import storing_seconds

_THROUGHPUT: Final = 3.5  # the timing cases, which are the same in every run
_SCHEDULE: Final = 0.2  # curves and summaries of one schedule
_DECISION: Final = 20.0  # of one schedule
_TOKEN: Final = 9e-6  # per sampled token: its exact expectations ...
_TOKEN_AT_TIMESTEP: Final = 3.5e-7  # ... and its noise at each timestep

_MEAN_TOKENS: Final = {"setmm": 91, "synthetic": 144}
"""Tokens of a sequence by corpus; any other corpus counts as one of long sequences."""


def estimate_seconds(
    config: BenchmarkConfig, *, mean_tokens: float | None = None
) -> float:
    """Return the estimated seconds of a run on the machine of the constants.

    Args:
        config: what the run measures.
        mean_tokens: tokens of a row of its corpus on average, if they are known.
    """
    if mean_tokens is None:
        mean_tokens = _MEAN_TOKENS.get(config.corpus, MAX_SEQUENCE_TOKENS)
    length = min(mean_tokens, MAX_SEQUENCE_TOKENS)
    tokens = config.samples * length
    of_each = _SCHEDULE + tokens * (_TOKEN + len(config.timesteps) * _TOKEN_AT_TIMESTEP)
    if config.decision:
        of_each += _DECISION
    specifications = [
        {
            "vocab_size": config.vocab_size,
            "num_timesteps": config.num_timesteps,
            "schedule": schedule,
            "graph": config.graph,
        }
        for _, schedule in config.schedules
    ]
    building = sum(storing_seconds(each) for each in specifications)
    return _THROUGHPUT + len(specifications) * of_each + 2.0 * building
