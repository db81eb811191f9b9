import hashlib
import json

import pytest

from noising.engine import EngineError, build_process, with_hyperschedule
from tests.engine.examples import SCHEDULES

DEFAULTS = {
    "vocab_size": 50257,
    "num_timesteps": 1000,
    "schedule": {"type": "cosine", "s": 0.008, "max_beta": 0.999},
    "graph": {"type": "uniform"},
    "hyperschedule": None,
}


def test_an_empty_specification_is_the_service_defaults():
    assert build_process({}).spec == DEFAULTS


def test_the_fingerprint_is_the_hash_of_the_canonical_json():
    process = build_process({"schedule": {"type": "linear", "beta_max": 1e-2}})
    canonical = json.dumps(process.spec, sort_keys=True, separators=(",", ":"))
    assert process.canonical == canonical
    assert process.fingerprint == hashlib.sha256(canonical.encode()).hexdigest()
    assert '"beta_max":0.01,"beta_min":0.0001' in canonical


@pytest.mark.parametrize(
    ("graph", "fingerprint"),  # from before these graphs had a `mask_id`
    [
        ("gidd", "938886e9d8ed933bd766152360c2a9c90169f207af0562599dcba09e4e0d27f2"),
        (
            "hdlm_gamma",
            "1ac0f7c9617c1fe3a49349767bed8fb508d184dfe5b68753ceafb3a48dc5ba3e",
        ),
        (
            "hdlm_epsilon",
            "59ac8bdb7ba0a4ba2b531300f01e97ae18a2a0eb679027d36efe10927c051622",
        ),
    ],
)
def test_a_later_parameter_at_its_default_leaves_the_fingerprint(graph, fingerprint):
    spec = {
        "vocab_size": 5,
        "num_timesteps": 20,
        "schedule": {"type": "gidd" if graph == "gidd" else "loglinear"},
        "graph": {"type": graph, "mask_id": None},
    }
    process = build_process(spec)
    assert process.fingerprint == fingerprint
    assert "mask_id" not in process.spec["graph"]
    inside = build_process(spec | {"graph": {"type": graph, "mask_id": 3}})
    assert inside.spec["graph"]["mask_id"] == 3
    assert inside.fingerprint != fingerprint


def test_fingerprints_are_those_from_before_schedules_had_a_time_range():
    names = "linear cosine quadratic sedd_entropy loglinear geometric uniform"
    names += " linear_sigma mdlm_cosine cosine_squared maskgit_cosine d3pm_cosine"
    names += " polynomial sigmoid gidd custom"
    digest = hashlib.sha256()
    for name in names.split():
        schedule = SCHEDULES[name] | {"time_range": [0, 1]}
        spec = {"vocab_size": 5, "num_timesteps": 20, "schedule": schedule}
        digest.update(build_process(spec).fingerprint.encode())
    assert digest.hexdigest() == (
        "3fca5a7916a3c9a5626f5af1084b60b91c857a0deaa61c536ce4aa081e0227ea"
    )


def test_equal_meaning_gives_an_equal_fingerprint():
    terse = build_process({"schedule": {"type": "geometric"}})
    full = build_process(
        {"schedule": {"sigma_max": 20, "type": "geometric", "sigma_min": 0.0001}}
    )
    assert terse.fingerprint == full.fingerprint
    other = build_process({"schedule": {"type": "geometric", "sigma_max": 21}})
    assert other.fingerprint != terse.fingerprint


@pytest.mark.parametrize(
    ("spec", "field", "code", "hint"),
    [
        ([], "spec", "not_an_object", ""),
        ({1: 2}, "spec", "not_an_object", ""),
        ({"vocabsize": 3}, "vocabsize", "unknown_key", "did you mean `vocab_size`?"),
        ({"vocab_size": 1}, "vocab_size", "out_of_range", ""),
        ({"vocab_size": 2**24 + 1}, "vocab_size", "out_of_range", ""),
        ({"vocab_size": True}, "vocab_size", "not_an_integer", ""),
        ({"vocab_size": 10.5}, "vocab_size", "not_an_integer", ""),
        ({"num_timesteps": 0}, "num_timesteps", "out_of_range", ""),
        ({"num_timesteps": 100_001}, "num_timesteps", "out_of_range", ""),
        ({"schedule": "cosine"}, "schedule", "not_an_object", ""),
        ({"schedule": {}}, "schedule.type", "unknown_type", ""),
        ({"schedule": {"type": ["a"]}}, "schedule.type", "unknown_type", ""),
        (
            {"schedule": {"type": "cosin"}},
            "schedule.type",
            "unknown_type",
            "did you mean `cosine`?",
        ),
        (
            {"schedule": {"type": "linear", "beta_mx": 1}},
            "schedule.beta_mx",
            "unknown_key",
            "did you mean `beta_max`?",
        ),
        (
            {"schedule": {"type": "linear", "beta_max": True}},
            "schedule.beta_max",
            "not_a_number",
            "",
        ),
        (
            {"schedule": {"type": "linear", "beta_max": float("nan")}},
            "schedule.beta_max",
            "not_finite",
            "",
        ),
        (
            {"schedule": {"type": "linear", "beta_max": 10**400}},
            "schedule.beta_max",
            "not_finite",
            "",
        ),
        (
            {"schedule": {"type": "linear", "beta_max": 2}},
            "schedule.beta_max",
            "out_of_range",
            "",
        ),
        ({"graph": {"type": "absorb"}}, "graph.type", "unknown_type", "absorbing"),
        ({"graph": None}, "graph", "not_an_object", ""),
        ({"hyperschedule": {"type": "x"}}, "hyperschedule.type", "unknown_type", ""),
    ],
)
def test_a_wrong_specification_is_refused_with_its_path(spec, field, code, hint):
    with pytest.raises(EngineError) as caught:
        build_process(spec)
    assert (caught.value.field, caught.value.code) == (field, code)
    assert hint in caught.value.way_out


def test_another_hyperschedule_shares_schedule_and_graph():
    process = build_process({})
    varied = with_hyperschedule(process, {"type": "block", "width": 4})
    assert varied.timeline is process.timeline
    assert varied.graph is process.graph
    assert varied.spec["hyperschedule"]["width"] == 4
    assert varied.fingerprint == build_process(varied.spec).fingerprint
    back = with_hyperschedule(varied, None)
    assert back.fingerprint == process.fingerprint
    with pytest.raises(EngineError) as caught:
        with_hyperschedule(process, {"type": "block", "width": 0})
    assert caught.value.field == "hyperschedule.width"
