"""The OpenAPI document: valid, complete, and shown without the internet."""

import re

import pytest
import yaml
from django.core.management import call_command

from noising.api.core import examples
from tests.api.problems import problem_of

OPERATIONS = {
    ("/", "get"): {"200", "406"},
    ("/info", "get"): {"200", "406"},
    ("/alpha/{timestep}", "get"): {"200", "400", "406"},
    ("/noise", "post"): {"200", "400", "406", "413", "415", "422"},
    ("/livez", "get"): {"200", "406"},
    ("/readyz", "get"): {"200", "400", "406", "503"},
}


@pytest.fixture
def document(client) -> dict:
    return client.get("/api/schema/", headers={"accept": "application/json"}).json()


def test_the_schema_is_valid_and_generated_without_a_warning(tmp_path):
    file = tmp_path / "schema.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(file))
    assert yaml.safe_load(file.read_text())["openapi"] == "3.1.0"


def test_every_operation_is_there_with_its_answers(document):
    for (path, method), statuses in OPERATIONS.items():
        operation = document["paths"][path][method]
        assert set(operation["responses"]) == statuses
        assert operation["summary"]
        for status, response in operation["responses"].items():
            is_problem = int(status) >= 400 and int(status) != 503
            kind = "application/problem+json" if is_problem else "application/json"
            assert list(response["content"]) == [kind]
            assert response["description"]


def test_every_field_of_the_noise_request_is_described(document):
    schema = document["components"]["schemas"]["NoiseRequest"]
    assert schema["required"] == ["timestep", "tokens"]
    assert schema["additionalProperties"] is False
    for name, field in schema["properties"].items():
        assert field["description"], name
    assert schema["properties"]["tokens"]["items"]["type"] == "integer"
    assert schema["properties"]["seed"]["type"] == ["integer", "null"]
    assert schema["properties"]["seed"]["maximum"] == 2**64 - 1
    assert schema["properties"]["timestep"]["maximum"] == 999


def test_the_schema_is_yaml_unless_json_is_asked_for(client):
    response = client.get("/api/schema/")
    assert yaml.safe_load(response.content)["info"]["title"] == "Noising Service"


@pytest.mark.parametrize("query", ["?version=%0d%0aX:y", "?lang=xx", "?format=zip"])
def test_the_query_of_the_schema_changes_nothing(client, query):
    assert (
        client.get(f"/api/schema/{query}").content == client.get("/api/schema/").content
    )


def noise(client, example):
    return client.post("/noise", example, content_type="application/json")


def test_the_examples_are_what_is_answered(client):
    assert noise(client, examples.PLAIN_REQUEST).status_code == 200
    answer = noise(client, examples.TYPED_REQUEST).json()
    expected = dict(examples.TYPED_RESPONSE)
    alphas = pytest.approx(expected.pop("alphas"), rel=1e-12)
    assert answer.pop("alphas") == alphas
    assert answer.pop("alpha") == pytest.approx(expected.pop("alpha"), rel=1e-12)
    assert answer == expected
    assert client.get("/").json() == examples.STATUS
    alpha = client.get("/alpha/500").json()["alpha"]
    assert alpha == pytest.approx(examples.ALPHA["alpha"], rel=1e-12)


def test_the_example_of_a_refusal_is_what_is_answered(client):
    request_id = examples.PROBLEM["request_id"]
    response = client.post(
        "/noise",
        examples.BAD_REQUEST,
        content_type="application/json",
        headers={"x-request-id": request_id},
    )
    assert response.json() == examples.PROBLEM


@pytest.mark.django_db
def test_swagger_has_nothing_inline_and_nothing_from_elsewhere(client):
    response = client.get("/api/docs/", headers={"accept": "text/html,*/*;q=0.8"})
    text = response.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text)
    loaded = r"<(?:script|link|img)\b[^>]*?(?:src|href)=\"([^\"]+)\""
    for link in re.findall(loaded, text):
        assert link.startswith("/")
        assert not link.startswith("//")
        found = client.get(link)
        found.close()
        assert found.status_code == 200, link


def test_swagger_asks_no_validator_and_this_servers_schema(client):
    script = client.get("/api/docs/?script=").content.decode()
    assert '"validatorUrl": null' in script
    assert 'url: "/api/schema/"' in script.replace("\\u002D", "-")


def test_only_the_page_of_swagger_may_show_data_images(client):
    policy = client.get("/api/docs/").headers["Content-Security-Policy"]
    assert "img-src 'self' data:" in policy
    assert "data:" not in client.get("/api/schema/").headers["Content-Security-Policy"]


def test_its_errors_are_problem_documents_too(client):
    problem_of(client.post("/api/docs/"), 405)
    problem_of(client.get("/api/docs/", headers={"accept": "image/png"}), 406)
    problem_of(client.get("/api/schema/", headers={"accept": "image/png"}), 406)
