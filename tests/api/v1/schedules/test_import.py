"""Configurations of other projects."""

import pytest
from django.test import Client

from noising.api.schedules import examples
from noising.engine import build_process
from noising.engine.importers.document import document
from tests.api.problems import pointers_of, problem_of
from tests.engine.importers.test_document import JSON, YAML, merging

TRAINED_BETAS = {"_class_name": "DDPMScheduler", "trained_betas": [0.1, 0.2, 0.3]}
OWN_TOKENIZER = {
    "noise": {"type": "loglinear"},
    "data": {"tokenizer_name_or_path": "my/tokenizer"},
}


@pytest.fixture
def send():
    client = Client(raise_request_exception=False)

    def post(**fields):
        return client.post(
            "/api/v1/schedules/import", fields, content_type="application/json"
        )

    return post


@pytest.mark.parametrize("config", [YAML, JSON])
def test_text_and_object_mean_the_same_specification(send, config):
    response = send(source="sedd", config=config, num_timesteps=50, vocab_size=100)
    assert response.status_code == 200
    answer = response.json()
    specification = answer["specification"]
    assert specification["schedule"]["type"] == "geometric"
    assert (specification["num_timesteps"], specification["vocab_size"]) == (50, 100)
    assert answer["fingerprint"] == build_process(specification).fingerprint


def test_notes_say_what_was_ignored_or_assumed(send):
    config = {
        "_class_name": "DDPMScheduler",
        "num_train_timesteps": 100,
        "beta_schedule": "linear",
        "clip_sample": True,
        "odd": 1,
    }
    notes = send(source="diffusers", config=config).json()["notes"]
    kinds = {note["key"]: note["kind"] for note in notes}
    assert kinds["clip_sample"] == "no_meaning"
    assert kinds["vocab_size"] == "assumed"
    assert kinds["odd"] == "not_understood"
    assert all(note["text"].endswith(".") for note in notes)


def test_the_keys_that_were_used_are_listed(send):
    answer = send(source="sedd", config={**document(YAML), "odd": 1}).json()
    assert answer["used"] == [
        "noise.type",
        "noise.sigma_min",
        "noise.sigma_max",
        "graph.type",
    ]


def test_weights_and_biases_form_is_read_as_what_it_holds(send):
    wrapped = {key: {"desc": None, "value": v} for key, v in document(YAML).items()}
    plain, answer = (send(source="sedd", config=c).json() for c in (YAML, wrapped))
    assert answer == plain


@pytest.mark.parametrize("body", [examples.IMPORTED_TEXT, examples.IMPORTED_OBJECT])
def test_what_is_imported_can_be_stored_as_it_is(send, post, body):
    specification = send(**body).json()["specification"]
    assert post(name="imported", specification=specification).status_code == 201


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"source": "seed"}, ("#/source", "unknown")),
        ({"source": None}, ("#/source", "null")),
        ({"config": 3}, ("#/config", "not_a_config")),
        ({"config": []}, ("#/config", "not_a_config")),
        ({"config": "noise: ["}, ("#/config", "not_readable")),
        ({"config": "[1]"}, ("#/config", "not_an_object")),
        ({"config": "x" * 70_000}, ("#/config", "too_large")),
        ({"config": {"a": "x" * 70_000}}, ("#/config", "too_large")),
        ({"config": merging(40, 9)}, ("#/config", "not_readable")),
        (
            {"config": "!!python/object/apply:os.system ['true']"},
            ("#/config", "not_readable"),
        ),
        (
            {"config": {"graph": {"type": "ring"}, "noise": {"type": "loglinear"}}},
            ("#/config/graph/type", "cannot_import"),
        ),
        ({"config": {}}, ("#/config/noise/type", "missing")),
        (
            {"config": {"algo": {"name": "duo"}, "noise": {"type": "log-linear"}}},
            ("#/config/algo/name", "other_project"),
        ),
        (
            {"source": "diffusers", "config": {}},
            ("#/config/_class_name", "missing"),
        ),
        (
            {"source": "diffusers", "config": TRAINED_BETAS},
            ("#/config/trained_betas", "wrong_length"),
        ),
        (
            {"source": "mdlm", "config": OWN_TOKENIZER},
            ("#/config/data/tokenizer_name_or_path", "unknown_tokenizer"),
        ),
        ({"vocab_size": 1}, ("#/vocab_size", "out_of_range")),
        ({"num_timesteps": 10**6}, ("#/num_timesteps", "out_of_range")),
        ({"name": "x"}, ("#/name", "unknown_key")),
    ],
)
def test_what_cannot_be_imported_is_refused_where_it_stands(send, fields, refused):
    response = send(**{"source": "sedd", "config": YAML} | fields)
    assert refused in pointers_of(response)


def test_what_leads_to_no_process_is_refused(send):
    config = {
        "_class_name": "DDPMScheduler",
        "num_train_timesteps": 10,
        "beta_start": 0.9,
        "beta_end": 0.1,
        "beta_schedule": "linear",
    }
    response = send(source="diffusers", config=config)
    assert pointers_of(response)[0][0].startswith("#/config")


def test_it_is_not_an_address_of_a_schedule(db):
    problem_of(Client().get("/api/v1/schedules/import"), 405)
