"""GET /info: the configuration, its five keys first."""

import pytest

from noising.configured import default_process
from noising.engine import build_process

FIRST = ["vocab_size", "num_timesteps", "schedule_type", "beta_min", "beta_max"]


def test_the_five_keys_come_first_with_their_defaults(api):
    info = api.get("/info").json()
    assert list(info)[:5] == FIRST
    assert [info[key] for key in FIRST] == [50257, 1000, "cosine", 0.0001, 0.02]


def test_the_rest_says_what_else_is_configured(api, settings):
    info = api.get("/info").json()
    assert info["graph"] == "uniform"
    assert info["mask_id"] is None
    assert info["num_states"] == 50257
    assert info["hyperschedule"] == {"type": "sliding", "width": 32, "levels": 32}
    assert info["token_type_weights"] == {"critical": 2, "variable": 0.8, "other": 1}
    assert info["limits"] == {
        "max_tokens": 1_048_576,
        "max_body_bytes": 16 * 2**20,
        "max_trajectory_tokens": 2**24,
        "max_probabilities": 2**20,
        "max_work_seconds": 5.0,
        "max_costly_requests": 2,
        "max_text_characters": 131_072,
        "max_run_schedules": 16,
        "max_run_timesteps": 100,
        "max_run_samples": 10_000,
        "max_queued_runs": 20,
        "max_audit_tokens": 4_194_304,
        "max_kept_pairs": 20,
    }
    assert info["kernel"] == "numpy"
    assert set(info["versions"]) == {"service", "engine"}


def test_the_specification_builds_the_process_of_the_fingerprint(api):
    info = api.get("/info").json()
    process = build_process(info["specification"])
    assert process.fingerprint == info["fingerprint"] == default_process().fingerprint


def test_another_configuration_is_shown(api, settings):
    settings.NOISE_SPECIFICATION = {
        "vocab_size": 27,
        "num_timesteps": 10,
        "schedule": {"type": "linear", "beta_min": 0.1, "beta_max": 0.2},
        "graph": {"type": "absorbing"},
    }
    settings.BETA_MIN, settings.BETA_MAX, settings.MAX_TOKENS = 0.1, 0.2, 5
    info = api.get("/info").json()
    assert [info[key] for key in FIRST] == [27, 10, "linear", 0.1, 0.2]
    assert (info["graph"], info["mask_id"], info["num_states"]) == ("absorbing", 27, 28)
    assert info["limits"]["max_tokens"] == 5


@pytest.mark.parametrize("path", ["/info/", "/Info", "/info/x"])
def test_other_spellings_are_other_paths(api, path):
    assert api.get(path).status_code == 404


def test_a_query_changes_nothing(api):
    plain = api.get("/info").json()
    assert api.get("/info?format=xml&a=1").json() == plain
    assert api.get("/info?" + "a=1&" * 1500).json() == plain
