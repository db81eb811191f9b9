"""POST /api/v1/audits."""

from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.test import Client
from safetensors.numpy import save

from noising import services
from noising.api.audits import examples
from noising.models import Audit, AuditPairs, Scope
from tests.api.access import account, token_client
from tests.api.problems import pointers_of, problem_of
from tests.api.v1.audits.conftest import Send
from tests.audits import CLAIM, NPZ, TENSORS, npz, pairs

pytestmark = pytest.mark.django_db

LIST = "/api/v1/audits"


@pytest.mark.parametrize("form", ["npz", "safetensors", "json"])
def test_the_same_pairs_get_the_same_report_in_every_form(
    client: Client, ada: User, send: Send, form: str
) -> None:
    arrays = pairs(faulty=True)
    if form == "npz":
        response = send(npz(**arrays), name="mine", tags="a,b", low=0)
    elif form == "safetensors":
        tensors = {k: np.ascontiguousarray(v) for k, v in arrays.items()}
        response = send(save(tensors), TENSORS, name="mine", tags="a,b", low=0)
    else:
        lists = {name: array.tolist() for name, array in arrays.items()}
        body = {"schedule": CLAIM, "name": "mine", "tags": ["a", "b"]} | lists
        response = client.post(LIST, body, content_type="application/json")

    assert response.status_code == 201, response.content
    audit = Audit.objects.get()
    answer = response.json()
    assert response.headers["Location"].endswith(f"{LIST}/{audit.pk}")
    assert (answer["verdict"], answer["codes"][0]) == ("failed", "wrong_alpha")
    assert (answer["rows"], answer["tokens"]) == (1024, 32_768)
    assert (answer["name"], answer["tags"], answer["owner"]) == (
        "mine",
        ["a", "b"],
        "ada",
    )
    assert (answer["schedule_type"], answer["graph_type"]) == ("loglinear", "absorbing")
    assert answer["report"]["best_fits"][0]["name"].startswith("schedule `cosine`")
    assert answer["has_pairs"] is False
    assert not AuditPairs.objects.exists()
    # What is stored has counts of tokens, and none of the rows.
    assert str(arrays["x0"][0].tolist())[1:40] not in str(audit.report)


def test_right_noise_passes_and_a_stored_schedule_may_be_the_claim(send: Send) -> None:
    services.schedule_create(slug="mine", specification=CLAIM)
    answer = send(npz(**pairs()), schedule="mine", method="uniform").json()
    assert (answer["verdict"], answer["codes"]) == ("passed", [])
    assert answer["report"]["claims"]["method"] == "uniform"


def test_the_upload_is_kept_if_requested(
    client: Client, anyone: Client, send: Send, settings: Any
) -> None:
    settings.MAX_KEPT_PAIRS = 1
    content = npz(**pairs(8, 8))
    answer = send(content, keep=True).json()
    assert answer["has_pairs"] is True
    address = f"{LIST}/{answer['id']}/pairs"
    response = anyone.get(address)
    assert response.content == content
    assert response.headers["Content-Type"] == NPZ
    assert f'"{answer["id"]}.npz"' in response.headers["Content-Disposition"]

    assert "keeps the pairs of 1" in problem_of(send(content, keep=True), 409)["detail"]
    assert Audit.objects.count() == 1

    problem_of(token_client(account("bob")).delete(address), 403)
    assert client.delete(address).status_code == 204
    problem_of(anyone.get(address), 404)
    body = examples.NEW | {"keep": True}
    response = client.post(LIST, body, content_type="application/json")
    kept = anyone.get(f"{LIST}/{response.json()['id']}/pairs")
    assert kept.json() == body


RAGGED = {"x0": [[1, 2], [3]], "xt": [[1, 2], [3]]}
JSON_REFUSALS: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"x0": None}, ("#/x0", "null")),
    ({"x0": [["a"]]}, ("#/x0/0/0", "not_an_integer")),
    ({"xt": [[1, 2]]}, ("#/xt", "wrong_shape")),
    (RAGGED, ("#/x0", "ragged")),
    ({"t": [0.5, 1.5]}, ("#/t/1", "out_of_range")),
    ({"t": [0.5, 0.5, 0.5]}, ("#/t", "wrong_shape")),
    ({"timestep": [1, 2]}, ("#/t", "one_of")),
    ({"moved": [[1, 0]]}, ("#/moved/0/0", "not_a_flag")),
    ({"low": 0.5, "high": 0.5}, ("#/low", "out_of_order")),
    ({"method": "mine"}, ("#/method", "unknown")),
    ({"form": "mine"}, ("#/form", "unknown")),
    ({"block": 0}, ("#/block", "out_of_range")),
    ({"schedule": {"vocab_size": 1}}, ("#/schedule/vocab_size", "out_of_range")),
    ({"schedule": "nowhere"}, ("#/schedule", "unknown_name")),
    ({"schedule": {"vocab_size": 2**24}}, ("#", "too_large")),
    ({"name": "a" * 101}, ("#/name", "too_long")),
    ({"tags": ["a", "a"]}, ("#/tags", "invalid")),
    ({"keep": 1}, ("#/keep", "not_a_flag")),
    ({"tokens": []}, ("#/tokens", "unknown_key")),
]


@pytest.mark.parametrize(("changes", "expected"), JSON_REFUSALS)
def test_what_cannot_be_audited_is_named(
    client: Client, changes: Any, expected: Any, nothing_left: None
) -> None:
    body = examples.NEW | {"keep": True} | changes
    response = client.post(LIST, body, content_type="application/json")
    assert expected in pointers_of(response)


def test_a_file_that_is_not_valid_leaves_nothing(
    send: Send, nothing_left: None
) -> None:
    response = send(b"PK", keep=True)
    assert pointers_of(response) == [("#", "invalid_file")]
    assert "/tmp" not in response.content.decode()  # noqa: S108 - no path is shown
    late = npz(**pairs(8, 8) | {"t": np.full(8, 2.0)})
    assert pointers_of(send(late, keep=True)) == [("#/t", "out_of_range")]
    assert pointers_of(send(npz(**pairs(8, 8)), low="x")) == [("#/low", "malformed")]
    document = problem_of(send(b"{}", "application/zip"), 415)
    assert "application/x-npz" in document["detail"]


def test_limits_of_size(
    client: Client, send: Send, settings: Any, nothing_left: None
) -> None:
    settings.MAX_AUDIT_TOKENS = 63
    detail = problem_of(send(npz(**pairs(8, 8)), keep=True), 413)["detail"]
    assert "64 pairs of tokens; at most 63" in detail
    settings.MAX_BODY_BYTES = 1024
    problem_of(send(bytes(1025), keep=True), 413)


def test_an_account_with_the_scope_is_needed(
    anyone: Client, send: Send, nothing_left: None
) -> None:
    content = npz(**pairs(8, 8))
    problem_of(send(content, sender=anyone, keep=True), 401)
    reader = token_client(account("bob"), Scope.READ)
    problem_of(send(content, sender=reader, keep=True), 403)


def test_a_busy_service_says_when_to_come_back(
    send: Send, no_permit: None, nothing_left: None
) -> None:
    response = send(npz(**pairs(4096, 64)), keep=True)
    problem_of(response, 503)
    assert int(response.headers["Retry-After"]) >= 1
