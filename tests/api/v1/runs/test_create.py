"""POST /api/v1/runs."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from benchmarks.cases import default_timesteps
from noising import services
from noising.api.runs import examples
from noising.models import BenchmarkRun
from noising.runs import read_config, run_measure
from tests.api.problems import pointers_of, problem_of
from tests.api.v1.runs.conftest import Ask


def test_a_run_is_accepted_and_says_where_to_look(
    create: Ask, anyone: Client, ada: User
) -> None:
    response = create(notes="Why not.", tags=["first"], seed=2**64 - 1)

    assert response.status_code == 202
    run = BenchmarkRun.objects.get()
    address = f"http://testserver/api/v1/runs/{run.pk}"
    assert response.headers["Location"] == address
    assert response.headers["Retry-After"] == "2"
    answer = response.json()
    assert (answer["id"], answer["status"], answer["progress"]) == (
        str(run.pk),
        "queued",
        0.0,
    )
    assert (answer["owner"], answer["notes"], answer["tags"]) == (
        "ada",
        "Why not.",
        ["first"],
    )
    assert answer["seed"] == 2**64 - 1
    assert answer["schedules"] == ["cosine", "uniform"]
    assert anyone.get(response.headers["Location"]).json() == answer
    assert run.owner == ada


def test_what_is_left_out_is_measured_as_the_command_does(
    client: Client,
) -> None:
    body = {"schedules": ["cosine"]}
    response = client.post("/api/v1/runs", body, content_type="application/json")
    assert response.status_code == 202
    config = read_config(BenchmarkRun.objects.get())
    assert (config.corpus, config.baseline, config.seed) == ("setmm", "uniform", 0)
    assert (config.samples, config.vocab_size) == (512, 50257)
    assert config.timesteps == default_timesteps(1000)


def test_a_decision_is_part_of_the_run_and_of_its_repetition(
    create: Ask, client: Client
) -> None:
    assert create().json()["decision"] is False
    response = create(decision=True)
    assert response.json()["decision"] is True
    again = client.post(f"{response.headers['Location']}/rerun")
    assert again.json()["decision"] is True
    run = BenchmarkRun.objects.get(pk=again.json()["id"])
    assert read_config(run).decision

    alone = create(schedules=["uniform"], decision=True)
    assert pointers_of(alone) == [("#/decision", "unusable")]


def test_the_example_of_the_documentation_is_accepted(create: Ask) -> None:
    assert create(**examples.NEW).status_code == 202


def test_a_run_that_was_accepted_is_measured(create: Ask, client: Client) -> None:
    address = create().headers["Location"]
    run_measure(run_id=BenchmarkRun.objects.get().pk)

    response = client.get(address)

    assert "Retry-After" not in response.headers
    answer = response.json()
    assert (answer["status"], answer["progress"]) == ("succeeded", 1.0)
    assert answer["environment"]["numpy"]
    assert answer["corpus_details"]["name"] == "synthetic"


def test_stored_schedules_are_measured_on_their_own_terms(create: Ask) -> None:
    for slug, epsilon in (("mine", 0.25), ("other", 0.5)):
        services.schedule_create(
            slug=slug,
            specification={
                "vocab_size": 27,
                "num_timesteps": 10,
                "schedule": {"type": "loglinear", "epsilon": epsilon},
                "graph": {"type": "absorbing"},
            },
        )
    assert create(schedules=["mine", "other"], timesteps=[0, 9]).status_code == 202

    run = BenchmarkRun.objects.get()

    config = read_config(run)
    assert config.graph["type"] == "absorbing"
    assert config.num_timesteps == 10
    assert dict(config.schedules)["mine"]["epsilon"] == 0.25
    run_measure(run_id=run.pk)
    run.refresh_from_db()
    assert (run.status, run.error) == ("succeeded", "")


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"schedules": "cosine"}, "#/schedules", "not_a_list"),
    ({"schedules": []}, "#/schedules", "count"),
    ({"schedules": ["cosine"] * 17}, "#/schedules", "count"),
    ({"schedules": ["cosine", "cosine"]}, "#/schedules", "twice"),
    ({"schedules": ["cosine", 7]}, "#/schedules/1", "not_a_name"),
    ({"schedules": ["no-such"]}, "#/schedules", "unusable"),
    ({"schedules": ["a" * 101]}, "#/schedules/0", "not_a_name"),
    ({"schedules": [""]}, "#/schedules/0", "not_a_name"),
    ({"schedules": ["\u0000"]}, "#/schedules/0", "not_a_name"),
    ({"schedules": ["custom"]}, "#/schedules", "unusable"),
    ({"schedules": [["cosine"]]}, "#/schedules/0", "not_a_name"),
    ({"baseline": "\u0000"}, "#/baseline", "not_a_name"),
    ({"baseline": 5}, "#/baseline", "not_a_name"),
    ({"baseline": "no-such"}, "#/schedules", "unusable"),
    ({"corpus": "/etc/passwd"}, "#/corpus", "unknown"),
    ({"corpus": "../setmm"}, "#/corpus", "unknown"),
    ({"corpus": ["setmm"]}, "#/corpus", "unknown"),
    ({"timesteps": [1000]}, "#/timesteps", "unusable"),
    ({"timesteps": [-1]}, "#/timesteps/0", "out_of_range"),
    ({"timesteps": []}, "#/timesteps", "empty"),
    ({"timesteps": [0.5]}, "#/timesteps/0", "not_an_integer"),
    ({"timesteps": list(range(101))}, "#/timesteps", "too_many"),
    ({"samples": 0}, "#/samples", "out_of_range"),
    ({"samples": 10_001}, "#/samples", "out_of_range"),
    ({"samples": True}, "#/samples", "not_an_integer"),
    ({"seed": 0.5}, "#/seed", "not_an_integer"),
    ({"seed": -1}, "#/seed", "out_of_range"),
    ({"notes": "\u0000"}, "#/notes", "nul"),
    ({"tags": ["a", "a"]}, "#/tags", "invalid"),
    ({"tags": ["a\u0000"]}, "#/tags", "control"),
    ({"graph": "absorbing"}, "#/graph", "unknown_key"),
]


@pytest.mark.parametrize(("fields", "pointer", "code"), REFUSED)
def test_refuses_what_cannot_be_measured(
    create: Ask, fields: dict[str, Any], pointer: str, code: str
) -> None:
    assert pointers_of(create(**fields)) == [(pointer, code)]
    assert not BenchmarkRun.objects.exists()


def test_refuses_stored_schedules_that_do_not_go_together(create: Ask) -> None:
    for slug, steps in (("ten", 10), ("twenty", 20)):
        services.schedule_create(
            slug=slug,
            specification={"num_timesteps": steps, "schedule": {"type": "cosine"}},
        )
    response = create(schedules=["ten", "twenty"], timesteps=[0])
    assert pointers_of(response) == [("#/schedules", "unusable")]
    detail = response.json()["detail"]
    assert "'twenty' is stored for the num_timesteps 20" in detail
    assert "measure them in separate runs" in detail


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"{", b"\xff"])
def test_refuses_what_is_no_object(client: Client, body: bytes) -> None:
    response = client.post("/api/v1/runs", body, content_type="application/json")
    assert response.status_code in {400, 422}
    problem_of(response, response.status_code)


def test_without_an_account_nothing_is_queued(anyone: Client) -> None:
    response = anyone.post("/api/v1/runs", {}, content_type="application/json")
    assert response.status_code in {401, 403}
    assert not BenchmarkRun.objects.exists()


def test_too_many_unfinished_runs_wait(create: Ask, settings: Settings) -> None:
    settings.MAX_QUEUED_RUNS = 1
    assert create().status_code == 202
    response = create()
    assert "the limit is 1" in problem_of(response, 429)["detail"]
    assert int(response.headers["Retry-After"]) > 0


KEY = {"Idempotency-Key": "0b8f7c1e-first"}


def test_the_same_request_is_the_same_run(create: Ask) -> None:
    first, again = create(headers=KEY), create(headers=KEY)
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()
    assert first.headers["Location"] == again.headers["Location"]
    assert BenchmarkRun.objects.count() == 1


def test_the_order_of_keys_is_the_same_request(client: Client) -> None:
    for body in (
        b'{"schedules": ["cosine"], "seed": 1}',
        b'{"seed":1,"schedules":["cosine"]}',
    ):
        options: dict[str, Any] = {"content_type": "application/json", "headers": KEY}
        assert client.post("/api/v1/runs", body, **options).status_code == 202
    assert BenchmarkRun.objects.count() == 1


def test_a_repeated_request_is_answered_whatever_was_stored_since(create: Ask) -> None:
    services.schedule_create(
        slug="mine", specification={"schedule": {"type": "cosine"}}
    )
    first = create(headers=KEY, schedules=["mine"]).json()
    config = services.schedule_create(
        slug="other", specification={"schedule": {"type": "cosine"}}
    )
    config.__class__.objects.all().delete()
    assert create(headers=KEY, schedules=["mine"]).json()["id"] == first["id"]


def test_another_request_with_the_key_is_refused(create: Ask) -> None:
    create(headers=KEY)
    response = create(headers=KEY, seed=1)
    assert pointers_of(response) == [("#/Idempotency-Key", "key_reused")]
    assert BenchmarkRun.objects.count() == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "\u00e9"])
def test_a_key_is_visible_ascii(create: Ask, key: str) -> None:
    response = create(headers={"Idempotency-Key": key})
    assert pointers_of(response) == [("#/Idempotency-Key", "malformed")]
