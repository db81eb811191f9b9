"""Comparison of several schedules."""

import pytest

from noising import services
from noising.curves import summary
from noising.engine import build_process
from tests.api.problems import pointers_of, problem_of


@pytest.fixture
def three(db):
    for slug, schedule, graph, steps in (
        ("one", "linear", "uniform", 100),
        ("two", "cosine", "uniform", 1000),
        ("matrix", "cosine", "banded", 50),
    ):
        services.schedule_create(
            slug=slug,
            specification={
                "vocab_size": 16,
                "num_timesteps": steps,
                "schedule": {"type": schedule},
                "graph": {"type": graph},
            },
        )


def test_what_differs_is_said_and_summed_up(read, three, django_assert_num_queries):
    with django_assert_num_queries(1):
        response = read("/compare", {"names": "two,one", "points": 5})
    assert response.status_code == 200
    document = response.json()
    assert [each["name"] for each in document["schedules"]] == ["two", "one"]
    paths = {entry["path"]: entry["values"] for entry in document["differences"]}
    assert paths["num_timesteps"] == {"two": 1000, "one": 100}
    assert paths["schedule.type"] == {"two": "cosine", "one": "linear"}
    assert "graph.type" not in paths
    one = document["schedules"][1]
    spec = {"vocab_size": 16, "num_timesteps": 100, "schedule": {"type": "linear"}}
    expected = summary(build_process(spec))
    assert one["half_time"] == expected.half_time
    assert one["final_information"] == expected.final_information
    assert one["wasted_timesteps"] == expected.wasted_timesteps
    assert one["wasted_share"] == expected.wasted_timesteps / 100
    assert one["lint"]["warning"] >= 1


def test_curves_run_over_the_same_times(read, three):
    document = read("/compare", {"names": "one,two", "points": 5}).json()
    assert (document["axis"], document["points"]) == ("time", 5)
    assert document["time"] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert list(document["curves"]) == ["one", "two"]
    for columns in document["curves"].values():
        assert {len(values) for values in columns.values()} == {5}
    with_matrix = read("/compare", {"names": "one,matrix", "points": 100}).json()
    assert with_matrix["points"] == 33
    assert len(with_matrix["curves"]["one"]["alpha"]) == 33


@pytest.mark.parametrize(
    ("image_format", "quantities"),
    [
        ("svg", {}),
        ("png", {"quantities": "alpha"}),
        ("pdf", {"quantities": "alpha"}),
    ],
)
def test_curves_are_laid_over_each_other(read, three, image_format, quantities):
    query = {"names": "one,two,matrix", "format": image_format} | quantities
    response = read("/compare", query)
    assert response.status_code == 200
    assert response.headers["Content-Disposition"] == (
        f'inline; filename="comparison.{image_format}"'
    )
    kept = read("/compare", query, if_none_match=response.headers["ETag"])
    assert kept.status_code == 304


def test_what_the_client_has_is_not_worked_out_again(read, three):
    first = read("/compare?names=one,two")
    tag = first.headers["ETag"]
    assert read("/compare?names=one,two", if_none_match=tag).status_code == 304
    for other in ("two,one", "one,matrix", "one,two&points=3"):
        again = read(f"/compare?names={other}", if_none_match=tag)
        assert again.status_code == 200, other


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        ("", ("#/names", "required")),
        ("names=", ("#/names", "wrong_number")),
        ("names=one", ("#/names", "wrong_number")),
        ("names=one,one", ("#/names", "twice")),
        (f"names={','.join(map(str, range(17)))}", ("#/names", "wrong_number")),
        ("names=one,two&axis=timestep", ("#/axis", "unknown_key")),
        ("names=one,two&points=x", ("#/points", "malformed")),
        ("names=one,two&format=csv", ("#/format", "unknown")),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(read, three, query, refused):
    assert refused in pointers_of(read(f"/compare?{query}"))


@pytest.mark.parametrize("name", ["three", "x" * 5000])
def test_a_schedule_that_is_not_there_is_not_found(read, three, name):
    document = problem_of(read("/compare", {"names": f"one,{name}"}), 404)
    assert document["detail"].startswith("There is no schedule named")


@pytest.mark.parametrize("name", ["", "a b", "\x00", "ü", "a\n"])
def test_what_is_no_name_is_refused(read, three, name):
    response = read("/compare", {"names": f"one,{name}"})
    assert pointers_of(response) == [("#/names", "malformed")]


def test_a_comparison_that_costs_too_much_is_refused(read, three, settings):
    """From the second time on the processes are kept, and one curve costs little."""
    path = "/compare?names=one,two&quantities=alpha&points=1"
    assert read(path).status_code == 200
    settings.MAX_WORK_SECONDS = 1e-4
    assert pointers_of(read(path)) == [("#", "too_costly")]
    assert read(f"{path}&format=svg").status_code == 200
