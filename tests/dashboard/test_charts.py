from typing import Any

import pytest
from django.test import Client

from noising import services
from noising.engine import build_process
from noising.models import BenchmarkRun, ScheduleConfig

pytestmark = pytest.mark.django_db

SMALL = {
    "vocab_size": 27,
    "num_timesteps": 10,
    "schedule": {"type": "loglinear"},
    "graph": {"type": "absorbing"},
}
MATRIX = {
    "vocab_size": 3,
    "num_timesteps": 10,
    "schedule": {"type": "loglinear"},
    "graph": {"type": "banded"},
}


@pytest.fixture
def small() -> ScheduleConfig:
    return services.schedule_create(slug="small", specification=SMALL)


def panels(client: Client, path: str) -> list[dict[str, Any]]:
    answer = client.get(path)
    assert answer.status_code == 200, answer
    assert answer.headers["Content-Type"] == "application/json"
    found: list[dict[str, Any]] = answer.json()["panels"]
    return found


def test_a_chart_has_the_numbers_of_the_process(
    client: Client, small: ScheduleConfig
) -> None:
    [panel] = panels(client, "/plots/schedules/small/alpha.json")
    [line] = panel["lines"]
    process = build_process(SMALL)
    assert line["name"] == "small"
    assert line["x"]["time"][0] == 0.0
    assert line["x"]["time"][-1] == 1.0
    # The precision of float32.
    assert line["y"] == pytest.approx(process.alpha(line["x"]["time"]), rel=1e-6)
    assert line["x"]["timestep"][-1] == 9.0
    # What the absorbing graph leaves of the information is alpha.
    lost = [1.0 - alpha for alpha in line["y"]]
    assert line["x"]["information"] == pytest.approx(lost, abs=1e-6)


def test_what_is_infinite_is_null(client: Client, small: ScheduleConfig) -> None:
    [panel] = panels(client, "/plots/schedules/small/log_snr.json")
    assert panel["lines"][0]["y"][0] is None
    assert panel["lines"][0]["y"][-1] < 0


def test_a_matrix_is_not_raised_to_a_power_for_an_abscissa(client: Client) -> None:
    services.schedule_create(slug="matrix", specification=MATRIX)
    [panel] = panels(client, "/plots/schedules/matrix/alpha.json")
    assert [x["name"] for x in panel["x"]] == ["time", "timestep"]


@pytest.mark.parametrize("path", ["built-in", "schedules"])
def test_an_overlay_has_a_line_for_each_schedule(client: Client, path: str) -> None:
    services.schedules_load_builtin()
    [panel] = panels(client, f"/plots/{path}/information.json")
    assert len({line["style"] for line in panel["lines"]}) == len(panel["lines"]) > 1
    assert panel["y"]["share"]
    assert [x["name"] for x in panel["x"]] == ["time", "timestep", "information"]


def test_a_run_has_what_was_measured_beside_what_is_exact(
    client: Client, recorded_run: BenchmarkRun
) -> None:
    [panel] = panels(client, f"/plots/runs/{recorded_run.pk}/information.json")
    exact, measured = panel["lines"][:2]
    assert measured["style"] == exact["style"]
    assert measured["marks"]
    assert measured["name"] == f"{exact['name']}, measured"
    for low, value, high in zip(
        measured["low"], measured["y"], measured["high"], strict=True
    ):
        assert low is None or low <= value <= high
    each = panels(client, f"/plots/runs/{recorded_run.pk}/preservation.json")
    assert [panel["title"] for panel in each] == [
        line["name"] for line in panel["lines"][::2]
    ]


def test_bars_have_no_chart(client: Client, recorded_run: BenchmarkRun) -> None:
    path = f"/plots/runs/{recorded_run.pk}/throughput.json"
    assert client.get(path).status_code == 404


def test_a_chart_is_fetched_once(client: Client, small: ScheduleConfig) -> None:
    first = client.get("/plots/schedules/small/alpha.json")
    again = client.get(
        "/plots/schedules/small/alpha.json",
        headers={"if-none-match": first.headers["ETag"]},
    )
    assert again.status_code == 304
    picture = client.get("/plots/schedules/small/alpha.svg")
    assert picture.headers["ETag"] != first.headers["ETag"]
