"""Rounds, ratios, and the suite's document."""

import io
import json

import numpy as np
import pytest

from benchmarks.requests import servers
from benchmarks.requests.__main__ import RESULTS_NAME, main
from benchmarks.requests.cases import BATCH, CORE_CASES, NPY, SIZES, RequestCase
from benchmarks.requests.measure import ROWS, has_two_modes
from noising.api.core.fast_path import parse_plain


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ([100.0] * 8, False),
        ([100.0, 110.0, 120.0, 130.0, 140.0, 150.0, 160.0, 170.0], False),
        ([100.0] * 4 + [126.0] * 4, True),
        ([100.0] * 4 + [124.0] * 4, False),
        ([100.0] * 7 + [200.0], False),
        ([50.0] + [100.0] * 7, False),
        ([50.0, 50.0] + [100.0] * 6, True),
        ([100.0, 200.0], False),
        ([100.0, 100.0, 200.0, 200.0], True),
        ([1.0], False),
    ],
)
def test_two_groups_of_rounds_are_two_modes(rates, expected):
    assert has_two_modes(rates[::-1]) == expected


@pytest.mark.parametrize("case", CORE_CASES, ids=lambda case: case.name)
def test_both_are_asked_the_same_in_plain_requests(case):
    asked = case.requests("service", 3)
    assert asked == case.requests("peer", 3) != case.requests("peer", 4)
    assert len(set(asked)) == len(asked)
    for request in asked:
        head, _, body = request.partition(b"\r\n\r\n")
        assert f"Content-Length: {len(body)}".encode() in head
        assert parse_plain(body).tokens.size == case.length


def test_a_batch_in_npy_is_the_batch_that_the_peer_gets_in_json():
    case = RequestCase(rows=3, length=5, form=NPY, target=1.0)
    for ours, theirs in zip(
        case.requests("service", 1), case.requests("peer", 1), strict=True
    ):
        array = np.load(io.BytesIO(ours.partition(b"\r\n\r\n")[2]))
        document = json.loads(theirs.partition(b"\r\n\r\n")[2])
        assert array.dtype == np.uint16
        assert array.tolist() == document["tokens"]
        assert f"?timesteps={document['timesteps']} ".encode() in ours


def test_the_rows_have_the_sizes_and_targets_that_were_agreed():
    assert [case.length for case in ROWS["bare"].cases] == list(SIZES)
    assert [case.target for case in ROWS["logged"].cases] == [1.2, 1.35, 1.6, 1.9]
    assert [case.tokens for case in ROWS["batch"].cases] == [BATCH[0] * BATCH[1]] * 2


def test_the_command_measures_and_writes_what_it_shows(tmp_path, monkeypatch, capsys):
    """The service stands in for the peer, which is not installed for development."""
    monkeypatch.setattr(servers, "peer", servers.service)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    arguments = ["--rows", "logged", "--rounds", "2", "--seconds", "0.05"]
    assert main([*arguments, "--workers", "1", "--output", str(tmp_path)]) == 0
    document = json.loads((tmp_path / RESULTS_NAME).read_text())
    assert document["suite"] == "requests"
    assert document["config"]["rounds"] == 2
    assert len(document["requests"]) == len(SIZES)
    for entry in document["requests"]:
        assert entry["ratio_low"] <= entry["ratio"] <= entry["ratio_high"]
        for program in ("service", "peer"):
            assert len(entry[program]["rates"]) == 2
            assert 0 < entry[program]["p50_us"] <= entry[program]["p99_us"]
            assert 0 < entry[program]["client_share"] < 1
    shown = capsys.readouterr().out
    assert "POST /noise, with access logs" in shown
    assert "8,192 tokens" in shown


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--rounds", "0"], "rounds: must lie in 1..1000, got 0"),
        (["--seconds", "61"], "seconds: must lie in 0.05..60, got 61.0"),
        (["--connections", "257"], "connections: must lie in 1..256, got 257"),
    ],
)
def test_a_value_out_of_range_is_refused_in_one_line(arguments, reason, capsys):
    assert main(arguments) == 2
    assert capsys.readouterr().err == f"requests: error: {reason}\n"


def test_without_the_peer_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main([]) == 2
    assert "pip install -r requirements-peers.txt" in capsys.readouterr().err


def test_a_server_that_does_not_start_is_quoted(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    monkeypatch.setenv("MAX_TOKENS", "many")
    assert main(["--output", str(tmp_path)]) == 1
    assert "MAX_TOKENS must be a whole number" in capsys.readouterr().err
