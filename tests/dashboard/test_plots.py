import re
import subprocess
import sys
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from noising import services
from noising.budget import BusyError, WorkSemaphore
from noising.curves import position_alphas
from noising.dashboard.plots import EXPORTS
from noising.engine import build_process
from noising.figures import responses
from noising.models import BenchmarkRun, ScheduleConfig
from noising.plots import PAGE_WIDTHS
from noising.runs import run_start
from tests.api.problems import problem_of
from tests.runs import record_results

pytestmark = pytest.mark.django_db

POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
SMALL = {"vocab_size": 27, "num_timesteps": 10, "schedule": {"type": "loglinear"}}


@pytest.fixture
def small() -> ScheduleConfig:
    return services.schedule_create(slug="small", specification=SMALL)


@pytest.mark.parametrize("name", ["alpha", "information", "sigma"])
@pytest.mark.parametrize("of", ["built-in", "schedules", "schedules/small"])
def test_draws_schedules_as_svg_and_png(
    client: Client, small: ScheduleConfig, of: str, name: str
) -> None:
    vector = client.get(f"/plots/{of}/{name}.svg")
    assert vector.headers["Content-Type"] == "image/svg+xml"
    assert vector.content.rstrip().endswith(b"</svg>")
    if name == "alpha":
        pixels = client.get(f"/plots/{of}/{name}.png")
        assert pixels.headers["Content-Type"] == "image/png"
        assert pixels.content.startswith(b"\x89PNG")


def test_every_answer_carries_its_own_policy(
    client: Client, small: ScheduleConfig
) -> None:
    response = client.get("/plots/schedules/small/alpha.svg")
    assert response.headers["Content-Security-Policy"] == POLICY
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    unchanged = client.get(
        "/plots/schedules/small/alpha.svg",
        headers={"if-none-match": response.headers["ETag"]},
    )
    assert unchanged.status_code == 304
    assert unchanged.headers["Content-Security-Policy"] == POLICY


def test_a_client_that_has_the_content_gets_none(
    client: Client, small: ScheduleConfig
) -> None:
    path = "/plots/schedules/small/alpha.svg"
    first = client.get(path)
    for condition in (
        {"if-none-match": first.headers["ETag"]},
        {"if-modified-since": first.headers["Last-Modified"]},
    ):
        assert client.get(path, headers=condition).status_code == 304
    services.schedule_update(
        schedule=small, specification={**SMALL, "num_timesteps": 11}
    )
    changed = client.get(path, headers={"if-none-match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_vector_and_pixels_have_different_tags(
    client: Client, small: ScheduleConfig
) -> None:
    tags = {
        client.get(f"/plots/schedules/small/alpha.{kind}").headers["ETag"]
        for kind in ("svg", "png")
    }
    assert len(tags) == 2


def test_an_address_that_names_its_content_is_kept_for_long(
    client: Client, small: ScheduleConfig
) -> None:
    page = client.get("/schedules/small/").content.decode()
    start = page.index("/plots/schedules/small/alpha.svg?v=")
    address = page[start : page.index('"', start)]
    named = client.get(address).headers["Cache-Control"]
    assert named == "private, max-age=604800, immutable"
    for other in ("/plots/schedules/small/alpha.svg", f"{address}0"):
        assert client.get(other).headers["Cache-Control"] == "private, no-cache"


def test_the_overlay_changes_when_a_schedule_joins_or_leaves(
    client: Client, small: ScheduleConfig
) -> None:
    def tag() -> str:
        return client.get("/plots/schedules/alpha.svg").headers["ETag"]

    tags = [tag()]
    other = services.schedule_create(slug="other", specification=SMALL)
    tags.append(tag())
    services.schedule_archive(schedule=small)
    tags.append(tag())
    services.schedule_archive(schedule=other)
    services.schedule_unarchive(schedule=small)
    assert tag() == tags[0]
    assert len(set(tags)) == 3


def test_the_page_and_the_overlay_mean_the_same_schedules(client: Client) -> None:
    for index in range(10):
        services.schedule_create(slug=f"config-{index}", specification=SMALL)
    page = client.get("/dashboard/").content.decode()
    start = page.index("/plots/schedules/alpha.svg?v=")
    answer = client.get(page[start : page.index('"', start)])
    assert "immutable" in answer.headers["Cache-Control"]


def test_a_plot_is_drawn_once(
    client: Client,
    recorded_run: BenchmarkRun,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    path = f"/plots/runs/{recorded_run.pk}/alpha.svg"
    first = client.get(path)
    # Only the run's own row is read: no results, no curves.
    with django_assert_num_queries(1):
        assert client.get(path).content == first.content


def test_the_export_offers_files_of_the_size_of_a_column(
    client: Client, recorded_run: BenchmarkRun
) -> None:
    page = client.get(f"/runs/{recorded_run.pk}/").content.decode()
    forms = re.findall(r'<form class="export-menu".*?</form>', page, re.DOTALL)
    form = next(form for form in forms if "/preservation.pdf" in form)
    query = dict(re.findall(r'hidden" name="(\w+)" value="(\w+)"', form))
    assert query["download"] == "on"
    files = re.findall(r'formaction="([^"]+)"', form)
    assert [path.rpartition(".")[2] for path in files] == list(EXPORTS)
    for path in files:
        answer = client.get(path, {**query, "width": "one-column", "title": "off"})
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        ending = path.rpartition(".")[2]
        name = f"{recorded_run.pk}-preservation-one-column.{ending}"
        disposition = answer.headers["Content-Disposition"]
        assert disposition == f'attachment; filename="{name}"'


def test_each_layout_has_bytes_and_a_tag_of_its_own(
    client: Client, small: ScheduleConfig
) -> None:
    widths = ["one-column", "two-columns", *PAGE_WIDTHS]
    queries = ["", "?title=off", *(f"?width={width}" for width in widths)]
    answers = [client.get(f"/plots/schedules/small/alpha.svg{q}") for q in queries]
    assert len({answer.content for answer in answers}) == len(queries)
    assert len({answer.headers["ETag"] for answer in answers}) == len(queries)
    default = client.get("/plots/schedules/small/alpha.svg?width=screen&title=on")
    assert default.headers["ETag"] == answers[0].headers["ETag"]


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ("width=3", "`width` must be one of screen, one-column, two-columns, got '3'."),
        ("title=<b>", "`title` must be one of on, off, got '<b>'."),
        ("download=1", "`download` must be one of off, on, got '1'."),
        ("width=screen&width=screen", "`width` must be given once."),
        (f"width={'9' * 900}", f"got '{'9' * 40}\u2026'."),
    ],
)
def test_an_unknown_layout_is_refused_by_its_rule(
    client: Client, small: ScheduleConfig, query: str, rule: str
) -> None:
    answer = client.get(f"/plots/schedules/small/alpha.svg?{query}")
    assert rule in problem_of(answer, 400)["detail"]
    page = client.get(
        f"/plots/schedules/small/alpha.svg?{query}", headers={"accept": "text/html"}
    )
    assert page.status_code == 400
    assert b"<b>." not in page.content


@pytest.mark.parametrize(
    "path",
    [
        "/plots/built-in/nothing.svg",
        "/plots/built-in/alpha.json5",
        "/plots/schedules/nothing.svg",
        "/plots/schedules/unknown/alpha.svg",
        "/plots/schedules/small/nothing.svg",
        "/plots/schedules/small/alpha.gif",
        f"/plots/runs/{UUID(int=1)}/alpha.svg",
        "/plots/runs/abc/alpha.svg",
    ],
)
def test_what_is_not_there_is_not_found(
    client: Client, small: ScheduleConfig, path: str
) -> None:
    assert client.get(path).status_code == 404


def test_a_run_has_plots_once_it_has_succeeded(
    client: Client, recorded_run: BenchmarkRun
) -> None:
    running = run_start(suite="s", corpus_name="c", config=recorded_run.config)
    assert client.get(f"/plots/runs/{running.pk}/alpha.svg").status_code == 404
    assert client.get(f"/plots/runs/{recorded_run.pk}/nothing.svg").status_code == 404


def test_hostile_names_are_drawn_as_text(
    client: Client, document: dict[str, Any]
) -> None:
    document["corpus"]["name"] = r"$\frac{<script>"
    document["schedules"][1]["name"] = "$^$ <b>&amp;"
    run = record_results(document)
    for name in ("alpha", "information", "preservation"):
        response = client.get(f"/plots/runs/{run.pk}/{name}.svg")
        assert response.status_code == 200
        assert b"<script" not in response.content


@pytest.mark.parametrize(
    "specification",
    [
        {"schedule": {"type": "custom", "alphas": [1.0] * 4}, "num_timesteps": 4},
        {"schedule": {"type": "custom", "alphas": [0.5, 0.0]}, "num_timesteps": 2},
        {"num_timesteps": 1},
        {"graph": {"type": "absorbing"}, "num_timesteps": 10},
        {"graph": {"type": "banded"}, "num_timesteps": 10, "vocab_size": 16},
        {"graph": {"type": "banded"}, "num_timesteps": 10, "vocab_size": 513},
    ],
)
@pytest.mark.parametrize("name", ["alpha", "information", "sigma"])
def test_draws_schedules_at_their_extremes(
    client: Client, specification: dict[str, Any], name: str
) -> None:
    services.schedule_create(
        slug="extreme", specification={"vocab_size": 27, **specification}
    )
    assert client.get(f"/plots/schedules/extreme/{name}.svg").status_code == 200


def test_a_plot_without_a_permit_is_refused_with_the_time_to_repeat_it(
    client: Client, small: ScheduleConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    semaphore = WorkSemaphore(1, least_retry_seconds=5)
    monkeypatch.setattr(responses, "PAGE_WORK", semaphore)
    with semaphore.permit(1.0):
        refused = client.get("/plots/schedules/small/alpha.svg")
        document = problem_of(refused, 503)
        assert refused.headers["Retry-After"] == "5"
        assert document["detail"] == str(BusyError(5))
    assert client.get("/plots/schedules/small/alpha.svg").status_code == 200


def test_matplotlib_is_loaded_where_a_plot_is_drawn_and_nowhere_else() -> None:
    program = (
        "import sys, django; django.setup();"
        "from django.urls import get_resolver; get_resolver().url_patterns;"
        "from noising import figures; from noising.dashboard import plots;"
        "plots.make_builtin_plot('alpha').svg;"
        "assert 'matplotlib' not in sys.modules;"
        "data = figures.build_schedules_figure('alpha', [('x', {})]);"
        "assert 'matplotlib' not in sys.modules;"
        "from noising.plots import render; render(data, 'svg');"
        "assert 'matplotlib' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("hyperschedule", "length"),
    [
        ({"type": "sliding"}, 64),
        ({"type": "weights", "weights": [1.0, 2.0, 4.0]}, 3),
        ({"type": "matrix", "rows": [[0, 1], [2, 2]], "levels": 2}, 2),
        ({"type": "token_types", "classes": {"critical": [0, 5], "other": [1]}}, 24),
    ],
)
def test_a_hyperschedule_is_drawn_for_a_length_that_it_fits(
    client: Client, hyperschedule: dict[str, Any], length: int
) -> None:
    specification = {**SMALL, "hyperschedule": hyperschedule}
    services.schedule_create(slug="placed", specification=specification)
    assert position_alphas(build_process(specification), 11).shape == (length, 11)
    answer = client.get("/plots/schedules/placed/positions.svg")
    assert answer.status_code == 200
    assert answer.content.rstrip().endswith(b"</svg>")
    assert client.get("/plots/schedules/placed/positions.pgf").status_code == 404
    assert "positions.pgf" not in client.get("/schedules/placed/").content.decode()


def test_a_schedule_without_hyperschedule_has_no_map(
    client: Client, small: ScheduleConfig
) -> None:
    assert client.get("/plots/schedules/small/positions.svg").status_code == 404
