"""Which differences from an earlier run are regressions, and which say nothing."""

import copy
import io
import json

import pytest
from rich.console import Console

from benchmarks.cases import BenchmarkConfig, UsageError
from benchmarks.regressions import Base, table

TIMESTEP = 500


@pytest.fixture
def base(document):
    return Base.of("base", copy.deepcopy(document), 10.0)


def metric_of(document, name):
    """Return the metric of the first schedule in the middle."""
    results = document["schedules"][0]["results"]
    found = next(result for result in results if result["timestep"] == TIMESTEP)
    return found["metrics"][name]


def moved(metric, factor, width=0.0):
    value = metric["measured"] * factor
    metric.update(measured=value, low=value - width, high=value + width)


def found(base, document):
    return [(c.what, c.timestep, c.metric) for c in base.regressions(document)]


def test_a_run_is_not_worse_than_itself(base, document):
    assert found(base, document) == []


@pytest.mark.parametrize(
    ("metric", "worse", "better"),
    [
        ("preserved", 0.5, 1.5),
        ("hyperschedule_preserved_critical", 0.5, 1.5),
        ("information_nats", 0.5, 1.5),
        ("edit_distance", 1.5, 0.5),
    ],
)
def test_each_metric_has_a_direction_that_is_worse(
    base, document, metric, worse, better
):
    name = document["schedules"][0]["name"]
    for factor, expected in [(worse, [(name, TIMESTEP, metric)]), (better, [])]:
        now = copy.deepcopy(document)
        moved(metric_of(now, metric), factor)
        assert found(base, now) == expected


def test_within_the_intervals_or_the_bound_nothing_is_worse(base, document):
    noisy, little = copy.deepcopy(document), copy.deepcopy(document)
    metric = metric_of(noisy, "preserved")
    moved(metric, 0.5, width=metric["measured"])  # it reaches what was
    assert found(base, noisy) == []
    moved(metric_of(little, "edit_distance"), 1.09)
    narrow = copy.deepcopy(document)
    moved(metric_of(narrow, "edit_distance"), 1.0)
    assert found(Base.of("base", narrow, 10.0), little) == []
    assert len(found(Base.of("base", narrow, 8.0), little)) == 1
    assert len(found(Base.of("base", narrow, None), little)) == 1


def test_speed_and_wasted_steps_count_too(base, document):
    case = document["throughput"][0]
    for key in ("speedup", "speedup_low", "speedup_high"):
        case[key] /= 100
    document["schedules"][0]["wasted_steps"] += 1000
    changes = base.regressions(document)
    assert [(c.metric, c.timestep) for c in changes] == [
        ("speedup", None),
        ("wasted_steps", None),
    ]
    assert changes[0].what == f"speed of {case['case']}"


def test_what_was_nothing_before_is_worse_by_more_than_any_bound(document):
    before = copy.deepcopy(document)
    before["schedules"][0]["wasted_steps"] = 0
    document["schedules"][0]["wasted_steps"] = 3
    [change] = Base.of("base", before, 1e9).regressions(document)
    assert (change.before, change.now, change.percent) == (0, 3, None)
    console = Console(width=140, file=io.StringIO())
    console.print(table(Base.of("b", before, 10.0), [change]))
    text = console.file.getvalue()
    assert "Worse than b beyond the 95 % intervals by more than 10 %: 1" in text
    assert "from 0" in text


def test_another_corpus_of_the_same_name_is_refused(base, document):
    document["corpus"]["sha256"] = "0" * 64
    with pytest.raises(UsageError, match="'synthetic' has other tokens"):
        base.regressions(document)


def config_of(document, **changes):
    asked = document["config"]
    values = {
        "schedules": tuple((name, {"type": name}) for name in asked["schedules"]),
        **{
            key: asked[key]
            for key in ("baseline", "graph", "corpus", "vocab_size", "num_timesteps")
        },
        "timesteps": tuple(asked["timesteps"]),
        "samples": 2,
        "seed": 9,
    }
    return BenchmarkConfig(**values | changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"graph": {"type": "absorbing"}}, "was measured with the graph"),
        (
            {"corpus": "/data/mine.txt"},
            "the corpus 'synthetic', this run has 'mine.txt'",
        ),
        ({"num_timesteps": 2000}, "the num_timesteps 1000, this run has 2000"),
        ({"timesteps": (1, 2)}, "has none of these timesteps"),
        (
            {"schedules": (("linear", {"type": "linear"}),), "baseline": "linear"},
            "has none of these schedules",
        ),
    ],
)
def test_runs_that_have_nothing_in_common_are_refused_before_measuring(
    base, document, changes, said
):
    base.check(config_of(document))
    with pytest.raises(UsageError, match=said):
        base.check(config_of(document, **changes))


def test_a_graph_is_the_same_with_its_defaults_written_out(document):
    document["config"]["graph"] = {"type": "hdlm_gamma"}
    base = Base.of("base", document, None)
    base.check(config_of(document, graph={"type": "hdlm_gamma", "gamma": 0.1}))
    with pytest.raises(UsageError, match="the graph"):
        base.check(config_of(document, graph={"type": "hdlm_gamma", "gamma": 0.2}))


def test_a_file_and_its_folder_are_the_same_base(tmp_path, document):
    (tmp_path / "results.json").write_text(json.dumps(document))
    for path in (tmp_path, tmp_path / "results.json"):
        assert Base.read(path, None).document == document


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "is not a JSON document"),
        (b"\xff", "is not a JSON document"),
        (b"[" * 100_000, "is not a JSON document"),
        (b"[]", "does not contain results"),
        (b"{}", "does not contain results"),
        (b'{"schema_version": 1, "suite": "schedules"}', "does not contain results"),
        (None, "is neither a file"),
    ],
)
def test_what_is_no_results_document_is_refused(tmp_path, content, said):
    if content is not None:
        (tmp_path / "results.json").write_bytes(content)
    with pytest.raises(UsageError, match=said) as caught:
        Base.read(tmp_path, None)
    assert "\n" not in str(caught.value)


def test_another_version_and_a_file_beyond_the_limit_are_refused(
    tmp_path, document, monkeypatch
):
    with pytest.raises(UsageError, match="version 1"):
        Base.of("base", document | {"schema_version": 2}, None)
    monkeypatch.setattr("benchmarks.regressions.MAX_BYTES", 9)
    (tmp_path / "results.json").write_text(json.dumps(document))
    with pytest.raises(UsageError, match="is longer than 9 bytes"):
        Base.read(tmp_path, None)
    with pytest.raises(UsageError, match="cannot be read: File name too long"):
        Base.read(tmp_path / ("x" * 5000), None)
