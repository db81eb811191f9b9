"""Responses about schedules match the OpenAPI document."""

from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from noising import services
from noising.api.exports import LIST_RENDERERS
from noising.api.schedules import examples
from noising.api.schedules.views import ScheduleViewSet
from noising.engine import GRAPH_TYPES, build_process
from noising.engine.certify import certify
from tests.api.v1.schedules.conftest import ROOT, SMALL
from tests.engine.examples import GRAPHS, schedule_for

JSON = "application/json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    schema: dict[str, Any] = (
        Client().get("/api/schema/", headers={"accept": JSON}).json()
    )
    return schema


@pytest.fixture
def stored(ann):
    """One schedule for every graph, one of them with a certificate."""
    for name, graph in GRAPHS.items():
        schedule = schedule_for(name, "cosine")
        services.schedule_create(
            slug=name.replace(" ", "-"),
            specification={
                "vocab_size": 5,
                "num_timesteps": 20,
                "schedule": {"type": schedule},
                "graph": graph,
            },
            owner=ann,
        )
    services.schedule_create(slug="certified", specification=SMALL)
    services.schedule_certify(certificate=certify(build_process(SMALL), samples=512))


def answers_as_described(document, method: str, path: str, response) -> Any:
    """Check status, media type, headers and body of an answer in JSON."""
    operation = document["paths"][path][method]
    described = operation["responses"][str(response.status_code)]
    media_type = response.headers["Content-Type"].partition(";")[0]
    schema = described["content"][media_type]["schema"]
    for name in described.get("headers", {}):
        # Of several media types only some are files; 503 alone says when to retry.
        if name not in {"Content-Disposition"}:
            assert name in response.headers, name
    if media_type.endswith("json"):
        Draft202012Validator(document | schema).validate(response.json())
    return response


def test_schedules_of_every_graph_are_answered_as_described(document, stored, read):
    assert set(GRAPH_TYPES) <= {each["type"] for each in GRAPHS.values()}
    for graph in (name.replace(" ", "-") for name in GRAPHS):
        for part in ("", "/curves", "/lint", "/specification"):
            path = f"{ROOT}/{{name}}{part}"
            answers_as_described(document, "get", path, read(f"/{graph}{part}"))
        if graph != "uniform":
            response = read("/compare", {"names": f"uniform,{graph}", "points": 9})
            answers_as_described(document, "get", f"{ROOT}/compare", response)


def test_the_list_is_answered_as_described(document, stored, read):
    answers_as_described(document, "get", ROOT, read())
    answers_as_described(document, "get", ROOT, read("?format=csv"))
    answers_as_described(document, "get", ROOT, read("?page=9"))
    answers_as_described(document, "get", ROOT, read("?page=x"))
    certified = read("/certified")
    assert certified.json()["certificate"]
    answers_as_described(document, "get", f"{ROOT}/{{name}}", certified)


def test_the_examples_are_taken_and_answered_as_described(document, writer):
    one = f"{ROOT}/{{name}}"
    options: Any = {"content_type": JSON}
    created = writer.post(ROOT, examples.NEW, **options)
    answers_as_described(document, "post", ROOT, created)
    answers_as_described(document, "post", ROOT, writer.post(ROOT, {}, **options))
    taken = writer.post(ROOT, examples.NEW, **options)
    answers_as_described(document, "post", ROOT, taken)
    here = one.replace("{name}", examples.NEW["name"])
    changed = writer.patch(here, examples.CHANGES, **options)
    assert changed.status_code == 200
    answers_as_described(document, "patch", one, changed)
    for what in ("archive", "unarchive"):
        response = writer.post(f"{here}/{what}")
        assert response.status_code == 200
        answers_as_described(document, "post", f"{one}/{what}", response)
    preview = writer.post("/api/v1/curves", examples.PREVIEW, **options)
    answers_as_described(document, "post", "/api/v1/curves", preview)
    for body in (examples.IMPORTED_TEXT, examples.IMPORTED_OBJECT):
        imported = writer.post(f"{ROOT}/import", body, **options)
        assert imported.status_code == 200
        answers_as_described(document, "post", f"{ROOT}/import", imported)


@pytest.mark.parametrize(
    ("path", "method", "example"),
    [
        (ROOT, "post", examples.NEW),
        (f"{ROOT}/{{name}}", "patch", examples.CHANGES),
        ("/api/v1/curves", "post", examples.PREVIEW),
        (f"{ROOT}/import", "post", examples.IMPORTED_TEXT),
        (f"{ROOT}/import", "post", examples.IMPORTED_OBJECT),
    ],
)
def test_the_examples_are_as_described(document, path, method, example):
    described = document["paths"][path][method]["requestBody"]
    assert described["required"]
    body = described["content"][JSON]["schema"]
    Draft202012Validator(document | body).validate(example)


@pytest.mark.parametrize(
    ("path", "renderers"),
    [
        (ROOT, LIST_RENDERERS),
        (
            f"{ROOT}/{{name}}/curves",
            ScheduleViewSet.curves.kwargs["renderer_classes"],
        ),
        (f"{ROOT}/compare", ScheduleViewSet.compare.kwargs["renderer_classes"]),
    ],
)
def test_every_format_on_offer_is_described(document, path, renderers):
    operation = document["paths"][path]["get"]
    [described] = [
        parameter
        for parameter in operation["parameters"]
        if (parameter["in"], parameter["name"]) == ("query", "format")
    ]
    offered = [renderer.format for renderer in renderers]
    assert sorted(described["schema"]["enum"]) == sorted(offered)
    types = {renderer.media_type for renderer in renderers}
    assert set(operation["responses"]["200"]["content"]) == types
