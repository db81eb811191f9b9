import copy
import itertools
import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import benchmarks
from benchmarks import cases, information, throughput
from benchmarks.cases import GRAPHS, BenchmarkConfig, UsageError
from benchmarks.corpora import CorpusError
from benchmarks.runner import run

SCHEMA = Path(benchmarks.__file__).parent / "results.schema.json"


@pytest.fixture(autouse=True, scope="module")
def _quick():
    """Time little; that the times are right is tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(throughput, "TOKENS_A_ROUND", 64)
        patch.setattr(cases, "BATCH_ROWS", 2)
        patch.setattr(information, "ROWS", 16)
        yield


def config(names=("sedd_entropy", "uniform"), **changes):
    values = {
        "schedules": tuple((name, {"type": name}) for name in names),
        "baseline": "uniform",
        "graph": {"type": "uniform"},
        "corpus": "setmm",
        "vocab_size": 300,
        "num_timesteps": 100,
        "timesteps": (0, 50, 99),
        "samples": 40,
        "seed": 7,
    }
    return BenchmarkConfig(**values | changes)


def silent(done, total, what):
    pass


def validated(document):
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(document)
    # What JSON gives back is what was measured.
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    return document


@pytest.fixture(scope="module")
def document():
    return run(config(), on_progress=silent)


def test_the_document_follows_its_schema(document):
    validated(document)


@pytest.mark.parametrize(
    "break_it",
    [
        lambda d: d.pop("corpus"),
        lambda d: d.update(schema_version=2),
        lambda d: d["schedules"][0].update(is_baseline=True),
        lambda d: d["schedules"][0]["results"][0]["metrics"].pop("preserved"),
        lambda d: d["schedules"][0]["results"][0]["metrics"].update(more=1),
        lambda d: d["schedules"][0]["curves"]["alpha"].append(1.5),
        lambda d: d["throughput"][0].update(speedup=0),
    ],
)
def test_the_schema_refuses_other_documents(document, break_it):
    broken = copy.deepcopy(document)
    break_it(broken)
    with pytest.raises(jsonschema.ValidationError):
        validated(broken)


def test_every_schedule_is_measured_at_every_timestep(document):
    assert [entry["name"] for entry in document["schedules"]] == [
        "sedd_entropy",
        "uniform",
    ]
    assert [entry["is_baseline"] for entry in document["schedules"]] == [False, True]
    for entry in document["schedules"]:
        assert [result["timestep"] for result in entry["results"]] == [0, 50, 99]
        names = set(entry["results"][0]["metrics"])
        kinds = ("", "_critical", "_variable", "_other")
        assert names == {
            "edit_distance",
            "information_nats",
            *(f"preserved{kind}" for kind in kinds),
            *(f"hyperschedule_preserved{kind}" for kind in kinds),
        }


def test_the_exact_values_are_those_of_the_mathematics(document):
    vocab_size = document["corpus"]["vocab_size"]
    lengths = []
    for entry in document["schedules"]:
        for result in entry["results"]:
            alpha, metrics = result["alpha"], result["metrics"]
            keep = alpha + (1 - alpha) / vocab_size
            assert metrics["preserved"]["exact"] == pytest.approx(keep, rel=1e-9)
            if keep < 0.99:
                lengths.append(metrics["edit_distance"]["exact"] / (1 - keep))
    assert lengths == pytest.approx([lengths[0]] * len(lengths))
    first, last = (document["schedules"][0]["results"][i]["metrics"] for i in (0, 2))
    entropy = document["corpus"]["entropy_nats"]
    assert first["information_nats"]["exact"] < entropy
    assert last["information_nats"]["exact"] < 0.01 * entropy


def test_measured_values_lie_where_they_should(document):
    for entry in document["schedules"]:
        for result in entry["results"]:
            for metric in result["metrics"].values():
                assert metric["low"] <= metric["measured"] <= metric["high"]
                width = metric["high"] - metric["low"]
                # More than five deviations off: once in a million.
                assert abs(metric["measured"] - metric["exact"]) < 2.6 * width + 1e-12


def test_curves_pass_through_the_exact_values(document):
    for entry in document["schedules"]:
        curves = entry["curves"]
        by_step = {
            name: dict(zip(curves["timestep"], curves[name], strict=True))
            for name in ("alpha", "information_nats")
        }
        shares = dict(curves["preservation"])
        steps = shares.pop("timestep")
        for result in entry["results"]:
            k, metrics = result["timestep"], result["metrics"]
            assert by_step["alpha"][k] == result["alpha"]
            assert (
                by_step["information_nats"][k] == metrics["information_nats"]["exact"]
            )
            for name, values in shares.items():
                assert values[steps.index(k)] == metrics[name]["exact"]


def test_everything_but_times_and_environment_repeats():
    def lasting(document):
        kept = dict(document)
        for key in ("created_at", "environment", "throughput"):
            kept.pop(key)
        return kept

    first = lasting(run(config(), on_progress=silent))
    assert lasting(run(config(), on_progress=silent)) == first
    other = lasting(run(config(seed=8), on_progress=silent))
    assert other["schedules"][0]["results"] != first["schedules"][0]["results"]


def test_a_schedule_measures_the_same_in_whatever_company(document):
    alone = run(config(names=("uniform",)), on_progress=silent)
    assert alone["schedules"][0] == document["schedules"][1]


@pytest.mark.parametrize("graph", ["uniform", "absorbing"])
@pytest.mark.parametrize(
    "names", [("linear", "uniform"), ("geometric", "cosine", "uniform")]
)
def test_many_schedules_give_valid_documents(graph, names):
    validated(
        run(
            config(names=names, graph={"type": graph}, corpus="synthetic"),
            on_progress=silent,
        )
    )


@pytest.mark.parametrize("graph", GRAPHS)
def test_every_graph_that_needs_no_parameters_is_measured(graph):
    names = ("gidd",) if graph == "gidd" else ("cosine", "uniform")
    document = run(
        config(
            names=names,
            baseline=names[-1],
            graph={"type": graph},
            corpus="synthetic",
            vocab_size=24,
        ),
        on_progress=silent,
    )
    for entry in validated(document)["schedules"]:
        for result in entry["results"]:
            for metric in result["metrics"].values():
                half = (metric["high"] - metric["low"]) / 2
                # Half-widths are 1.96 deviations: more than five once in a million.
                assert abs(metric["measured"] - metric["exact"]) < 2.6 * half + 1e-12


def test_a_graph_of_too_many_tokens_for_a_matrix_is_refused():
    for size in (513, 1025):
        changes = {"graph": {"type": "banded"}, "corpus": "synthetic"}
        with pytest.raises(UsageError, match="vocab_size"):
            run(config(**changes, vocab_size=size), on_progress=silent)


def test_a_corpus_without_types_is_all_other(tmp_path):
    path = tmp_path / "ids.npy"
    np.save(path, (np.arange(3_072) % 50).reshape(3, 1_024))
    document = validated(
        run(config(corpus=str(path), vocab_size=60), on_progress=silent)
    )
    assert document["corpus"]["type_counts"] == {
        "critical": 0,
        "variable": 0,
        "other": 3_072,
    }
    assert document["corpus"]["sequences"] == 3
    metrics = document["schedules"][0]["results"][1]["metrics"]
    assert "preserved_critical" not in metrics
    # One type: its hyperschedule is no hyperschedule.
    assert metrics["preserved_other"] == metrics["preserved"]
    assert (
        metrics["hyperschedule_preserved"]["measured"]
        == (metrics["preserved"]["measured"])
    )
    # The longest pieces have 1,024 tokens.
    assert metrics["edit_distance"]["exact"] <= 1_024
    assert document["throughput"][-1]["length"] == 1_024


def test_the_smallest_corpus_can_be_measured(tmp_path):
    path = tmp_path / "ids.txt"
    path.write_text("1")
    validated(
        run(
            config(
                corpus=str(path),
                vocab_size=2,
                num_timesteps=1,
                timesteps=(0,),
                samples=1,
            ),
            on_progress=silent,
        )
    )


def test_progress_adds_up_the_work_of_every_step():
    seen = []
    run(config(decision=True), on_progress=lambda *step: seen.append(step))
    steps = [step for step, _ in itertools.groupby(seen)]
    done = [step[0] for step in steps]
    assert done[0] == 0
    assert all(before < after for before, after in itertools.pairwise(done))
    assert steps[-1] == (steps[0][1], steps[0][1], "all measured")
    assert len({total for _, total, _ in seen}) == 1
    # Each schedule has its exact values, three timesteps and a decision.
    assert len(steps) == 2 * (1 + 3 + 1) + 5 + 1
    assert steps[5][2].startswith("schedule 2 of 2: ")
    # Within a step it is told that the run goes on.
    assert len(seen) > len(steps)


def test_the_curves_of_many_timesteps_are_thinned():
    document = validated(
        run(
            config(num_timesteps=5_000, timesteps=(1, 4_999), samples=2),
            on_progress=silent,
        )
    )
    curves = document["schedules"][0]["curves"]
    assert len(curves["timestep"]) == 2_000
    assert curves["timestep"][-1] == 4_999
    assert curves["preservation"]["timestep"][:2] == [0, 1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schedules": (("a", {"type": "cosin"}),)}, "schedule 'a': `schedule.type`"),
        ({"schedules": (("a", {"type": "custom"}),)}, "schedule 'a': "),
        ({"graph": {"type": "absorbing", "mask_id": 10**9}}, "`graph.mask_id`"),
    ],
)
def test_what_the_engine_refuses_is_a_usage_error(changes, message):
    valid = {"schedules": (("a", {"type": "cosine"}),), "baseline": "a"}
    with pytest.raises(UsageError, match=message):
        run(config(**valid | changes), on_progress=silent)


def test_a_bad_corpus_stops_the_run():
    with pytest.raises(CorpusError):
        run(config(corpus="/nonexistent"), on_progress=silent)
