"""Schedules, runs, text and quantities by the client."""

import numpy as np
import pytest

from noising.client import (
    AccessDeniedError,
    ConflictError,
    NoisingClient,
    NotFoundError,
    RunUnfinishedError,
)
from noising.configured import default_process
from noising.engine import build_process
from noising.models import BenchmarkRun
from noising.runs import run_measure

RUN = {"corpus": "synthetic", "timesteps": [0, 999], "samples": 4}


def test_a_schedule_is_stored_changed_compared_and_archived(
    writer: NoisingClient,
) -> None:
    specification = {"vocab_size": 27, "schedule": {"type": "polynomial"}}
    made = writer.schedules.create("mine", specification, tags=["draft"])
    assert made["fingerprint"] == build_process(specification).fingerprint
    with pytest.raises(ConflictError):
        writer.schedules.create("mine", specification)
    assert writer.schedules.update("mine", notes="Why?")["notes"] == "Why?"
    writer.schedules.create("other", {"vocab_size": 27})
    names = [entry["name"] for entry in writer.schedules.list(page_size=1)]
    assert sorted(names) == ["mine", "other"]
    assert writer.schedules.compare(["mine", "other"])
    assert writer.schedules.lint("mine")
    assert writer.schedules.curves("mine", points=5)
    for kind, start in (("svg", b"<?xml"), ("pdf", b"%PDF"), ("csv", b"timestep,")):
        file = writer.schedules.curves_file("mine", format=kind, points=5)
        assert file.startswith(start), file[:20]
    writer.schedules.archive("mine")
    assert [entry["name"] for entry in writer.schedules.list()] == ["other"]
    writer.schedules.unarchive("mine")
    assert writer.schedules.get("mine")["notes"] == "Why?"
    noised = writer.noise([1, 2, 3], 500, seed=7, schedule="mine").tokens
    assert (
        noised == build_process(specification).noise([1, 2, 3], 500, seed=7).tokens
    ).all()
    writer.schedules.delete("mine")
    assert [entry["name"] for entry in writer.schedules.list()] == ["other"]


def test_without_a_token_nothing_is_written(client: NoisingClient) -> None:
    with pytest.raises(AccessDeniedError):
        client.schedules.create("mine", {})
    with pytest.raises(NotFoundError):
        client.schedules.get("mine")
    with pytest.raises(NotFoundError):
        client.runs.get("../schedules")


def test_another_projects_configuration_becomes_a_specification(
    client: NoisingClient,
) -> None:
    config = {"noise": {"type": "geometric", "sigma_min": 1e-4, "sigma_max": 20}}
    imported = client.schedules.import_(config, source="sedd", vocab_size=50_257)
    assert imported["specification"]["schedule"]["type"] == "geometric"


@pytest.mark.django_db(transaction=True)
def test_a_run_is_asked_for_once_followed_and_read(writer: NoisingClient) -> None:
    run = writer.runs.create(["cosine"], key="once", **RUN)
    assert writer.runs.create(["cosine"], key="once", **RUN)["id"] == run["id"]
    assert BenchmarkRun.objects.count() == 1
    with pytest.raises(RunUnfinishedError, match="is queued after 0 s"):
        writer.runs.wait(run["id"], timeout=0)
    run_measure(run_id=BenchmarkRun.objects.get().pk)
    seen: list[float] = []
    ended = writer.runs.wait(run["id"], on_progress=seen.append)
    assert (ended["status"], seen) == ("succeeded", [1.0])
    assert len(list(writer.runs.results(run["id"]))) == 4
    assert writer.runs.export(run["id"])["schedules"]
    assert writer.runs.export_csv(run["id"]).startswith(b"run,schedule,")
    assert writer.runs.plot(run["id"], "alpha", format="png").startswith(b"\x89PNG")
    assert writer.runs.update(run["id"], tags=["kept"])["tags"] == ["kept"]
    again = writer.runs.rerun(run["id"])
    writer.runs.cancel(again["id"])
    assert writer.runs.get(again["id"])["status"] == "cancelled"
    writer.runs.archive(again["id"])
    assert [entry["id"] for entry in writer.runs.list()] == [run["id"]]
    writer.runs.unarchive(again["id"])
    assert len(list(writer.runs.list())) == 2
    with pytest.raises(ConflictError, match="has no results"):
        writer.runs.compare([run["id"], again["id"]])
    writer.runs.delete(again["id"])
    assert [entry["id"] for entry in writer.runs.list()] == [run["id"]]


def test_a_trajectory_is_the_engines(client: NoisingClient) -> None:
    tokens, steps = [5, 6, 7, 8], [10, 500, 990]
    lines = list(client.trajectory(tokens, steps, seed=4))
    expected = default_process().trajectory(tokens, steps, seed=4)
    assert [line["noised_tokens"] for line in lines] == expected.tolist()


def test_quantities_are_the_engines(client: NoisingClient) -> None:
    small = {"vocab_size": 5}
    process = build_process(small)
    x0, xt = np.array([0, 3]), np.array([1, 3])
    marginal = client.marginal(x0, times=0.5, schedule=small)["marginal"]
    assert np.array_equal(marginal, process.marginal(x0, 0.5))
    ratio = client.score_ratio(x0, xt, times=0.5, schedule=small)
    assert np.array_equal(ratio["score_ratio"], process.score_ratio(xt, x0, 0.5))
    posterior = client.posterior(x0, xt, times=0.5, earlier_times=0.25, schedule=small)[
        "posterior"
    ]
    assert np.array_equal(posterior, process.posterior(xt, x0, 0.25, 0.5))


def test_text_goes_there_and_back(client: NoisingClient) -> None:
    tokens = client.tokenize("forall x, x = x")["tokens"]
    assert client.detokenize(tokens) == "forall x, x = x"
    answer = client.pipeline("forall x, x = x", 999, seed=1)
    assert answer["noise"]["noised_tokens"] != tokens
