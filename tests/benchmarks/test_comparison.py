"""benchmarks.comparison: runs side by side."""

import copy
from typing import Any

import pytest

from benchmarks.comparison import compare, count_values

Document = dict[str, Any]


def metric(measured: float, low: float, high: float) -> Document:
    return {"measured": measured, "low": low, "high": high, "exact": measured}


def result(**metrics: Document) -> Document:
    return {"timestep": 5, "alpha": 0.5, "metrics": metrics}


def made(measured: Document, **parts: Any) -> Document:
    schedule = {"name": "cosine", "results": [result(kept=measured)]}
    case = {"case": "1 x 8", "speedup": 4.0, "engine_ns_per_token": 2.0}
    return {
        "config": {"samples": 8, "seed": 1},
        "corpus": {"name": "synthetic"},
        "environment": {"cpu": "a", "python": "3.11"},
        "schedules": [schedule],
        "throughput": [case],
    } | parts


def test_only_what_differs_is_named_with_its_value_in_each() -> None:
    one = made(metric(1, 0, 2))
    two = made(
        metric(1, 0, 2),
        config={"samples": 16, "seed": 1, "extra": True},
        environment={"cpu": "b", "python": "3.11"},
    )
    found = compare({"one": one, "two": two}, baseline="one")
    assert found["parameters"] == [
        {"name": "samples", "values": {"one": 8, "two": 16}},
        {"name": "extra", "values": {"one": None, "two": True}},
    ]
    assert found["environment"] == [{"name": "cpu", "values": {"one": "a", "two": "b"}}]
    assert found["corpus"] == []


@pytest.mark.parametrize(
    ("value", "delta_percent", "within_noise"),
    [
        (metric(2.0, 1.9, 2.1), 0.0, True),
        (metric(3.0, 2.9, 3.1), 50.0, False),
        (metric(1.0, 0.9, 1.1), -50.0, False),
        # The intervals meet in one point.
        (metric(2.2, 2.1, 2.3), 10.0, True),
        (metric(1.8, 1.7, 1.9), -10.0, True),
    ],
)
def test_a_change_is_noise_where_the_intervals_overlap(
    value: Document, delta_percent: float, within_noise: bool
) -> None:
    documents = {"one": made(metric(2.0, 1.9, 2.1)), "two": made(value)}
    [row] = compare(documents, baseline="one")["metrics"]
    assert (row["schedule"], row["timestep"], row["metric"]) == ("cosine", 5, "kept")
    assert row["values"]["two"]["delta_percent"] == pytest.approx(delta_percent)
    assert row["values"]["two"]["within_noise"] is within_noise
    assert row["values"]["one"]["delta_percent"] == 0.0


def test_a_change_from_nothing_has_no_percentage() -> None:
    documents = {"one": made(metric(0, 0, 0)), "two": made(metric(1, 1, 1))}
    [row] = compare(documents, baseline="one")["metrics"]
    assert row["values"]["two"]["delta_percent"] is None


def test_a_change_of_a_negative_value_keeps_its_direction() -> None:
    documents = {"one": made(metric(-2, -2, -2)), "two": made(metric(-1, -1, -1))}
    [row] = compare(documents, baseline="one")["metrics"]
    assert row["values"]["two"]["delta_percent"] == 50.0


def test_what_only_one_measured_is_left_out() -> None:
    one, two = made(metric(1, 0, 2)), made(metric(1, 0, 2))
    two["schedules"][0]["name"] = two["throughput"][0]["case"] = "other"
    found = compare({"one": one, "two": two}, baseline="one")
    assert found["metrics"] == found["throughput"] == []


def test_speeds_without_intervals_may_or_may_not_be_noise() -> None:
    documents = {"one": made(metric(1, 0, 2)), "two": made(metric(1, 0, 2))}
    documents["two"]["throughput"][0]["speedup"] = 5.0
    [row] = compare(documents, baseline="one")["throughput"]
    assert row["values"]["two"]["delta_percent"] == 25.0
    assert row["values"]["two"]["within_noise"] is None


def test_a_real_run_compared_with_itself_is_noise_throughout(
    document: Document,
) -> None:
    documents = {"one": document, "two": copy.deepcopy(document)}
    found = compare(documents, baseline="two")
    assert len(found["metrics"]) == count_values([document])
    for row in (*found["metrics"], *found["throughput"]):
        assert row["values"]["one"]["within_noise"] is True
        assert row["values"]["one"]["delta_percent"] in {0.0, None}
    chosen = compare(documents, baseline="two", metrics=["preserved"])["metrics"]
    assert len(chosen) == count_values([document], "preserved") == 9
