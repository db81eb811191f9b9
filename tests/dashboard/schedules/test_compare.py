import re

import pytest
from django.test import Client

from noising import services
from noising.engine import build_process
from tests.dashboard.pages import inline_parts, page_text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("builtin")]


@pytest.fixture
def builtin() -> None:
    services.schedules_load_builtin()


@pytest.mark.parametrize("query", ["names=cosine,linear", "names=cosine&names=linear"])
def test_shows_curves_figures_and_what_differs(client: Client, query: str) -> None:
    page = page_text(client, f"/schedules/compare/?{query}")
    for shown in (
        "/plots/comparison/alpha.svg?names=cosine%2Clinear",
        "less=first",
        "<code>schedule.beta_max</code>",
        "45 of 1000",
        "0 to 2, 958 to 999",
    ):
        assert shown in page
    assert inline_parts(page) == []


def test_says_which_names_are_none(client: Client) -> None:
    page = page_text(client, "/schedules/compare/?names=cosine,<b>,linear")
    assert "There is no schedule named <bdi>&lt;b&gt;</bdi>." in page


@pytest.mark.parametrize("query", ["", "?names=cosine", "?names=cosine,cosine"])
def test_asks_for_two(client: Client, query: str) -> None:
    page = page_text(client, f"/schedules/compare/{query}")
    assert "Choose at least two schedules." in page


def test_more_than_can_be_told_apart_are_left_out(client: Client) -> None:
    names = [schedule.slug for schedule in services.BUILTIN_SCHEDULES][:16]
    page = page_text(client, f"/schedules/compare/?names={','.join(names)},more")
    assert "Left out: more" in page
    chosen = re.findall(r'<option value="([^"]*)"[^>]* selected>', page)
    assert chosen == names  # in the order of the query, which the colours follow
    assert len(names) == 16


def test_the_same_timesteps_for_all_make_curves_comparable(client: Client) -> None:
    services.schedule_create(
        slug="table",
        specification={
            "num_timesteps": 3,
            "schedule": {"type": "custom", "alphas": [0.9, 0.5, 0.1]},
        },
    )
    query = "names=cosine,linear,table&timesteps=100"
    page = page_text(client, f"/schedules/compare/?{query}")
    assert "<bdi>table</bdi> is left out: " in page
    assert "of 100</td>" in page
    assert "of 1000</td>" not in page
    assert "<code>num_timesteps</code>" not in page  # nothing differs in it
    path, *_ = re.findall(r'src="(/plots/comparison/alpha.svg[^"]*)"', page)
    query = path.partition("?")[2].replace("&amp;", "&")
    [panel] = client.get(f"/plots/comparison/alpha.json?{query}").json()["panels"]
    ends = {line["name"]: line["y"][-1] for line in panel["lines"]}
    specification = {"num_timesteps": 100, "schedule": {"type": "linear"}}
    assert ends == {
        "cosine": pytest.approx(0.0, abs=1e-3),
        "linear": pytest.approx(build_process(specification).alphas[-1], abs=1e-4),
    }
    for wrong in ("0", "many", "100001", "9" * 10):
        page = page_text(client, f"/schedules/compare/?names=cosine&timesteps={wrong}")
        assert 'id="timesteps-error"' in page
        assert f'value="{wrong}"' in page


def test_equal_specifications_are_told(client: Client) -> None:
    services.schedule_create(
        slug="same", specification={"schedule": {"type": "cosine"}}
    )
    page = page_text(client, "/schedules/compare/?names=cosine,same")
    assert "None: the specifications are the same." in page


def test_what_would_keep_the_page_waiting_is_left_to_the_api(client: Client) -> None:
    services.schedule_create(
        slug="matrix",
        specification={
            "vocab_size": 64,
            "num_timesteps": 2000,
            "graph": {"type": "banded"},
            "schedule": {"type": "sedd_entropy"},
        },
    )
    page = page_text(client, "/schedules/compare/?names=cosine,matrix")
    assert "Too slow to compute for this page" in page


def test_the_difference_is_that_from_the_first_at_the_same_time(
    client: Client,
) -> None:
    answer = client.get("/plots/comparison/alpha.json?names=cosine,linear&less=first")
    [panel] = answer.json()["panels"]
    first, second = panel["lines"]
    assert set(first["y"]) == {0.0}
    time = second["x"]["time"][100]
    cosine, linear = (
        build_process({"schedule": {"type": name}}).alpha(time)
        for name in ("cosine", "linear")
    )
    assert second["y"][100] == pytest.approx(linear - cosine, abs=1e-5)
    assert [x["name"] for x in panel["x"]] == ["time"]


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_comparisons_are_images_too(client: Client, kind: str) -> None:
    for query in ("names=cosine,linear", "names=cosine,linear&less=first"):
        answer = client.get(f"/plots/comparison/information.{kind}?{query}")
        assert answer.status_code == 200
    assert client.get(f"/plots/comparison/alpha.{kind}?names=cosine").status_code == 404
