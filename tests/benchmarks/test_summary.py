"""The summary of a run, of documents that are written by hand."""

from typing import Any

import pytest

from benchmarks.summary import COLUMNS, Summary, summarize

LABELS = [column.label for column in COLUMNS]


def measured(value: float, half: float) -> dict[str, float]:
    ends = {"low": value - half, "high": value + half}
    return {"measured": value, "exact": value, **ends}


def summary(*schedules: tuple[str, float, float, int], **document: Any) -> Summary:
    """Return the summary of schedules: name, nats, half an interval, wasted steps.

    The last one is the baseline.
    """
    entries = []
    for name, nats, half, wasted in schedules:
        metrics = {
            "preserved": measured(nats / 10, half / 10),
            "information_nats": measured(nats, half),
            "edit_distance": measured(10 - nats, half),
        }
        # At the other timestep all have the same values.
        same = {key: measured(1.0, 0.0) for key in metrics}
        entries.append(
            {
                "name": name,
                "is_baseline": name == schedules[-1][0],
                "wasted_steps": wasted,
                "lint": [],
                "results": [{"metrics": same}, {"metrics": metrics}],
            }
        )
    names = [name for name, *_ in schedules]
    config = {"num_timesteps": 1000, "timesteps": [0, 500], "schedules": names}
    config |= {"baseline": names[-1]}
    return summarize({"config": config, "schedules": entries, **document})


def marks(made: Summary, label: str) -> list[str]:
    """Return how the cells of a column are marked, by words."""
    cells = [row.cells[LABELS.index(label)] for row in made.rows]
    return [cell.mark or ("noise" if cell.is_within_noise else "") for cell in cells]


def test_of_each_column_the_extreme_and_what_is_near_it_are_marked() -> None:
    made = summary(("a", 3.0, 0.2, 9), ("b", 2.7, 0.2, 4), ("c", 1.0, 0.2, 4))
    # What keeps most at one timestep is not better than others.
    for label in ("kept", "nats", "gain"):
        assert marks(made, label) == ["most", "noise", ""], label
    assert marks(made, "edits") == ["fewest", "noise", ""]
    # Both are exact, and less is better.
    assert marks(made, "wasted") == ["", "best", "best"]
    gains = [row.cells[LABELS.index("gain")].measured for row in made.rows]
    assert gains == ["+2.000", "+1.700", "+0.000"]
    nats = made.rows[1].cells[LABELS.index("nats")]
    assert (nats.interval, nats.exact) == ("2.500 to 2.900", "2.700")
    assert made.timestep == 500


@pytest.mark.parametrize(
    ("schedules", "verdict"),
    [
        (
            (("a", 3.0, 0.2, 9), ("b", 2.7, 0.2, 4), ("c", 1.0, 0.2, 9)),
            "b wastes the fewest timesteps: 4 of 1,000. At timestep 500, a leaves the "
            "most information: 3.000 nats a token (+2.000 over the baseline); within "
            "noise of it: b.",
        ),
        (
            (("a", 1.0, 0.1, 7), ("c", 3.0, 0.1, 2)),
            "c wastes the fewest timesteps: 2 of 1,000. At timestep 500, c leaves the "
            "most information: 3.000 nats a token (the baseline).",
        ),
        (
            (("a", 1.0, 0.5, 2), ("b", 1.1, 0.5, 2), ("c", 1.2, 0.5, 7)),
            "a, b waste the fewest timesteps: 2 of 1,000. At timestep 500 all "
            "schedules leave the same information, within noise.",
        ),
        (
            (("a", 1.0, 0.5, 2), ("c", 1.0, 0.5, 2)),
            "At timestep 500 all schedules leave the same information.",
        ),
        (
            (("c", 1.0, 0.5, 2),),
            "At timestep 500, c leaves 1.000 nats a token.",
        ),
    ],
)
def test_the_verdict_says_what_the_table_shows(
    schedules: tuple[tuple[str, float, float, int], ...], verdict: str
) -> None:
    assert summary(*schedules).verdict == verdict


def test_nothing_is_best_where_all_are_equal() -> None:
    made = summary(("a", 1.0, 0.5, 2), ("c", 1.0, 0.5, 2))
    assert {mark for label in LABELS for mark in marks(made, label)} == {""}


def test_a_file_of_an_earlier_version_gets_the_default_name() -> None:
    schedules = (("a", 1.0, 0.5, 2), ("c", 2.0, 0.5, 2))
    assert summary(*schedules).name == "a vs c"
    assert summary(*schedules, name="mine").name == "mine"
