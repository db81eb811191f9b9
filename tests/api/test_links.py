"""The links of the OpenAPI document, followed: each leads to what is there."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from noising import services
from noising.api.openapi import links
from noising.api.openapi.links import LINKS, Link
from noising.api.schedules import examples as schedules
from tests.runs import queued
from tests.site.test_openapi import document, pointed  # noqa: F401 - a fixture

JSON = {"content_type": "application/json"}
NEW_RUN = {"schedules": ["cosine"], "corpus": "synthetic", "timesteps": [5]}
BODIES = {
    "schedules_create": schedules.NEW,
    "runs_create": NEW_RUN,
    "tokens_create": {"name": "training"},
}
CHANGES = {"notes": "Seen."}


@pytest.fixture
def client(db: None) -> Client:
    """Somebody who has a schedule, a run and a token."""
    ada = User.objects.create_user("ada")
    services.schedule_create(slug="mine", specification={}, owner=ada)
    services.token_create(user=ada, name="mine", scope="read", days=1)
    queued(owner=ada)
    client = Client()
    client.force_login(ada)
    return client


def operation(described: dict[str, Any], name: str) -> tuple[str, str]:
    """Return the method and the path of an operation."""
    [found] = [
        (method, path)
        for path, operations in described["paths"].items()
        for method, each in operations.items()
        if each["operationId"] == name
    ]
    return found


def value(response: Any, expression: str) -> str:
    """Return what an expression of a link finds in an answer."""
    origin, _, place = expression.partition("#")
    if origin == "$response.body":
        return str(pointed(response.json(), place))
    return str(response.headers[expression.removeprefix("$response.header.")])


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.source)
def test_every_target_is_found(
    client: Client,
    document: dict[str, Any],  # noqa: F811
    link: Link,
) -> None:
    method, path = operation(document, link.source)
    run = {"{run_id}": client.get("/api/v1/runs").json()["results"][0]["id"]}
    for name, text in {"{name}": "mine", **run}.items():
        path = path.replace(name, text)
    source = getattr(client, method)(path, BODIES.get(link.source, {}), **JSON)
    assert source.status_code == link.status
    for target in link.targets:
        method, path = operation(document, target)
        headers = {}
        for name, expression in link.parameters.items():
            found = value(source, expression)
            headers |= {} if f"{{{name}}}" in path else {name: found}
            path = path.replace(f"{{{name}}}", found)
        path = path.replace("{name}", "alpha")
        body = CHANGES if method == "patch" else {}
        answer = getattr(client, method)(path, body, headers=headers, **JSON)
        # A run that is queued has no results yet.
        assert answer.status_code in {200, 202, 204, 409}, (target, answer.content)


def test_all_that_has_a_name_or_an_id_is_led_to(
    document: dict[str, Any],  # noqa: F811
) -> None:
    known = {
        each["operationId"]
        for path, operations in document["paths"].items()
        for each in operations.values()
        if any(f"{{{name}}}" in path for name in ("name", "run_id", "token_id"))
    }
    assert known == {
        *links.SCHEDULE_OPERATIONS,
        *links.RUN_OPERATIONS,
        *links.TOKEN_OPERATIONS,
    }
