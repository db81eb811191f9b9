"""The curves of a schedule as JSON, CSV and images; previews."""

import csv
import io
import math

import numpy as np
import pytest
from django.test import Client

from noising import services
from noising.budget import BusyError, WorkSemaphore
from noising.curves import QUANTITIES
from noising.engine import build_process, lint
from noising.figures import responses, schedules
from tests.api.problems import pointers_of, problem_of
from tests.api.v1.schedules.conftest import SMALL

POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
IMAGES = {
    "svg": ("image/svg+xml", b"<?xml"),
    "png": ("image/png", b"\x89PNG"),
    "pdf": ("application/pdf", b"%PDF"),
}
BANDED = {"vocab_size": 16, "num_timesteps": 100, "graph": {"type": "banded"}}


@pytest.fixture
def preview():
    client = Client(raise_request_exception=False)

    def send(**fields):
        return client.post("/api/v1/curves", fields, content_type="application/json")

    return send


def test_every_timestep_is_there_where_there_are_few(read, small):
    document = read("/small/curves").json()
    process = build_process(SMALL)
    assert document["name"] == "small"
    assert (document["axis"], document["points"]) == ("timestep", 10)
    curves = document["curves"]
    assert list(curves) == ["timestep", "time", *QUANTITIES]
    assert curves["timestep"] == list(range(10))
    assert curves["alpha"] == pytest.approx(process.alphas, rel=1e-14)
    information = process.mutual_information(np.array(curves["time"]))
    assert curves["information_nats"] == pytest.approx(information, rel=1e-12)


def test_infinite_values_are_null_in_json_and_empty_in_csv(read, ann):
    full = {**SMALL, "schedule": {"type": "custom", "alphas": [0.5] * 9 + [0.0]}}
    services.schedule_create(slug="full", specification=full)
    query = {"axis": "time", "points": 2, "quantities": "sigma,log_snr"}
    curves = read("/full/curves", query).json()["curves"]
    assert curves == {"time": [0, 1], "sigma": [0, None], "log_snr": [None, None]}
    response = read("/full/curves", query | {"format": "csv"})
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == (
        'attachment; filename="full.csv"'
    )
    assert response.content == b"time,sigma,log_snr\r\n0.0,0.0,\r\n1.0,,\r\n"


def test_a_table_holds_the_same_numbers(read, small):
    numbers = read("/small/curves").json()["curves"]
    rows = list(
        csv.DictReader(io.StringIO(read("/small/curves?format=csv").content.decode()))
    )
    assert list(rows[0]) == list(numbers)
    for name, values in numbers.items():
        cells = [float(row[name]) if row[name] else None for row in rows]
        assert cells == values


@pytest.mark.parametrize(
    ("image_format", "quantities"),
    list(zip(IMAGES, ["alpha", "sigma,nelbo_weight", None], strict=True)),
)
def test_images_are_drawn(read, small, image_format, quantities):
    query = {"format": image_format} | (
        {"quantities": quantities} if quantities else {}
    )
    response = read("/small/curves", query)
    content_type, start = IMAGES[image_format]
    assert response.status_code == 200
    assert response.headers["Content-Type"] == content_type
    assert response.content.startswith(start)
    assert response.headers["Content-Security-Policy"] == POLICY
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert response.headers["Content-Disposition"] == (
        f'inline; filename="small.{image_format}"'
    )
    kept = read("/small/curves", query, if_none_match=response.headers["ETag"])
    assert (kept.status_code, kept.content) == (304, b"")


def test_the_accept_header_chooses_an_image_too(read, small):
    response = read("/small/curves?quantities=alpha", accept="image/png")
    assert response.headers["Content-Type"] == "image/png"
    img = read("/small/curves?quantities=alpha", accept="image/avif,image/*;q=0.8")
    assert img.headers["Content-Type"] == "image/svg+xml"
    problem_of(read("/small/curves", accept="text/html"), 406)


def test_an_image_is_drawn_once(read, small, monkeypatch):
    path = "/small/curves?format=svg&quantities=alpha"
    first = read(path)
    monkeypatch.setattr(schedules, "curves", None)
    assert read(path).content == first.content
    assert read("/small/curves?format=svg&quantities=sigma").status_code == 500


def test_a_matrix_is_drawn_though_some_quantities_are_not_there(read, ann):
    for size in (16, 513):
        services.schedule_create(
            slug=f"banded-{size}", specification={**BANDED, "vocab_size": size}
        )
    document = read("/banded-16/curves?points=100").json()
    assert document["points"] == 33
    assert set(document["curves"]["nelbo_weight"]) == {None}
    assert all(math.isfinite(value) for value in document["curves"]["information"])
    assert read("/banded-16/curves?points=100&quantities=alpha").json()["points"] == 100
    query = {"quantities": "information,nelbo_weight", "points": 2, "format": "svg"}
    assert read("/banded-513/curves", query).status_code == 200


@pytest.mark.parametrize("kind", ["json", "csv", "svg"])
def test_curves_of_another_version_are_refused(read, small, kind):
    query = {"format": kind, "points": 3}
    problem_of(read("/small/curves", query, if_match='"another"'), 412)


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        ("points=0", ("#/points", "out_of_range")),
        ("points=2001", ("#/points", "out_of_range")),
        ("points=1.5", ("#/points", "not_an_integer")),
        ("points=x", ("#/points", "malformed")),
        ("points=", ("#/points", "malformed")),
        ("points=1&points=2", ("#/points", "twice")),
        ("axis=t", ("#/axis", "unknown")),
        ("quantities=", ("#/quantities", "unknown")),
        ("quantities=alpha,beta", ("#/quantities", "unknown")),
        ("quantities=alpha,alpha", ("#/quantities", "twice")),
        ("format=gif", ("#/format", "unknown")),
        ("color=red", ("#/color", "unknown_key")),
        ("width=wide", ("#/width", "unknown")),
        ("format=svg&title=maybe", ("#/title", "unknown")),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(read, small, query, refused):
    assert refused in pointers_of(read(f"/small/curves?{query}"))


def test_curves_that_cost_too_much_are_refused_before_they_are_made(
    read, small, settings
):
    # From here on the process is kept: it is not building that costs too much.
    assert read("/small/curves").status_code == 200
    settings.MAX_WORK_SECONDS = 1e-5
    for image_format in ("json", "csv", "svg"):
        refused = read(f"/small/curves?format={image_format}")
        assert pointers_of(refused) == [("#", "too_costly")]
    settings.MAX_WORK_SECONDS = 5.0
    settings.MAX_PROBABILITIES = 26
    assert pointers_of(read("/small/curves")) == [("#", "too_large")]
    assert read("/small/curves?quantities=alpha").status_code == 200


def test_a_figure_without_a_permit_is_refused_with_the_time_to_repeat_it(
    read, small, monkeypatch
):
    semaphore = WorkSemaphore(1, least_retry_seconds=5)
    monkeypatch.setattr(responses, "PAGE_WORK", semaphore)
    with semaphore.permit(1.0):
        refused = read("/small/curves?format=svg")
        assert problem_of(refused, 503)["detail"] == str(BusyError(5))
        assert refused.headers["Retry-After"] == "5"
        assert read("/small/curves").status_code == 200


def test_a_specification_is_looked_at_without_being_stored(preview):
    specification = {"num_timesteps": 100, "schedule": {"type": "linear"}}
    response = preview(specification=specification, points=3, axis="time")
    assert response.status_code == 200
    document = response.json()
    process = build_process(specification)
    assert document["specification"] == process.spec
    assert document["fingerprint"] == process.fingerprint
    assert document["curves"]["time"] == [0.0, 0.5, 1.0]
    codes = [finding["code"] for finding in document["lint"]]
    assert codes == [finding.code for finding in lint(process)]
    assert document["verdict"]["grade"] == "leaks"
    assert len(document["verdict"]["remedies"]) == 2


def test_costly_remedies_are_not_looked_for(preview, settings):
    settings.MAX_WORK_SECONDS = 0.05
    specification = {"num_timesteps": 1000, "schedule": {"type": "linear"}}
    verdict = preview(specification=specification, quantities=["alpha"]).json()[
        "verdict"
    ]
    assert (verdict["grade"], verdict["remedies"]) == ("wasteful", [])


def test_an_empty_specification_is_all_defaults(preview):
    document = preview(specification={}, quantities=["alpha"]).json()
    assert document["specification"] == build_process({}).spec
    assert set(document["curves"]) == {"timestep", "time", "alpha"}


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({}, ("#/specification", "required")),
        ({"specification": []}, ("#/specification", "not_an_object")),
        (
            {"specification": {"schedule": {"type": "cosin"}}},
            ("#/specification/schedule/type", "unknown_type"),
        ),
        ({"specification": {"vocab_size": 2**24}}, ("#/specification", "too_large")),
        (
            {
                "specification": {
                    "vocab_size": 1024,
                    "graph": {"type": "banded"},
                    "schedule": {"type": "sedd_entropy"},
                }
            },
            ("#/specification", "too_costly"),
        ),
        ({"specification": {}, "points": 0}, ("#/points", "out_of_range")),
        ({"specification": {}, "points": True}, ("#/points", "not_an_integer")),
        ({"specification": {}, "axis": ["time"]}, ("#/axis", "unknown")),
        ({"specification": {}, "quantities": "alpha"}, ("#/quantities", "not_a_list")),
        ({"specification": {}, "quantities": []}, ("#/quantities", "empty")),
        ({"specification": {}, "quantities": [{}]}, ("#/quantities", "unknown")),
        ({"specification": {}, "name": "x"}, ("#/name", "unknown_key")),
    ],
)
def test_a_preview_that_makes_no_sense_is_refused(preview, fields, refused):
    assert pointers_of(preview(**fields)) == [refused]


def test_a_preview_whose_findings_cost_too_much_is_refused(preview, settings):
    fields = {"specification": SMALL, "quantities": ["alpha"], "points": 1}
    assert preview(**fields).status_code == 200
    settings.MAX_WORK_SECONDS = 1e-5
    assert pointers_of(preview(**fields)) == [("#/specification", "too_costly")]
