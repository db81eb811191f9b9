"""noising noise."""

import json

import numpy as np
import pytest

from noising.engine import build_process

COSINE = build_process({"schedule": {"type": "cosine"}})
AT = ("--timestep", "500", "--seed", "7")
ROW = [101, 2054, 2003, 2048, 2010, 102]


def words(row):
    return " ".join(map(str, row))


def test_the_tokens_are_those_of_python_and_http(run):
    ended = run("noise", "cosine", *AT, text=words(ROW))

    # README, POST /noise
    assert ended.out == "101 2054 2003 18916 23996 102\n"
    assert (ended.code, ended.err) == (0, "")


def test_rows_may_differ_in_length_and_form_and_are_noised_by_their_place(run):
    rows = [ROW, ROW[:2], [], ROW[:4]]
    text = f"{words(ROW)}\n101, 2054\r\n\n[101, 2054, 2003, 2048]"

    ended = run("noise", "cosine", *AT, text=text)
    expected = [
        words(COSINE.noise(row, 500, seed=7, sequence_ids=[place]).tokens)
        if row
        else ""
        for place, row in enumerate(rows)
    ]
    assert ended.out.split("\n") == [*expected, ""]


def test_a_part_of_a_file_is_noised_as_in_the_whole(run):
    whole = run("noise", "cosine", *AT, text=f"{words(ROW)}\n" * 3).out.splitlines()
    part = run("noise", "cosine", *AT, "--first-id", "2", text=words(ROW))

    assert len(set(whole)) > 1
    assert part.out.splitlines() == whole[2:]


def test_options_are_those_of_the_engine(run):
    options = ("--time", "0.75", "--seed", "9", "--draw", "3", "--protect", "101,102")
    protect = np.isin(ROW, [101, 102])
    expected = COSINE.noise(ROW, t=0.75, seed=9, draw=3, protect=protect)

    ended = run("noise", "cosine", *options, text=words(ROW))
    assert ended.out == f"{words(expected.tokens)}\n"


@pytest.mark.parametrize("shape", [(3,), (3, 4)])
def test_rows_or_tokens_of_an_array_may_have_times(run, tmp_path, shape):
    tokens = np.arange(12).reshape(3, 4)
    times = np.linspace(0, 1, np.prod(shape)).reshape(shape)
    np.save(tmp_path / "clean.npy", tokens)
    np.save(tmp_path / "times.npy", times)
    expected = COSINE.noise(tokens, t=times, seed=7)

    options = ("clean.npy", "--times", "times.npy", "--seed", "7")
    lines = run("noise", "cosine", *options).out.splitlines()
    assert lines == [words(row) for row in expected.tokens.tolist()]
    document = run("noise", "cosine", *options, "--json").document
    assert document["alpha"] == expected.alpha.tolist()


@pytest.mark.parametrize("shape", [(3,), (3, 4)])
def test_tokens_of_an_array_may_have_ids_and_positions(run, tmp_path, shape):
    tokens = np.arange(12).reshape(3, 4)
    own = {
        "sequence_ids": np.arange(np.prod(shape)).reshape(shape) % 5 + 7,
        "positions": np.arange(12).reshape(3, 4)[-len(shape)] * 3,
    }
    np.save(tmp_path / "clean.npy", tokens)
    options = ["clean.npy", *AT]
    for name, array in own.items():
        np.save(tmp_path / f"{name}.npy", array)
        options += [f"--{name.replace('_', '-')}", f"{name}.npy"]
    expected = COSINE.noise(tokens, 500, seed=7, **own).tokens

    lines = run("noise", "cosine", *options).out.splitlines()
    assert lines == [words(row) for row in expected.tolist()]
    assert (expected != COSINE.noise(tokens, 500, seed=7).tokens).any()


@pytest.mark.parametrize(
    "given",
    [
        {"count": 2},
        {"count": 1, "block": 2},
        {"at_least": 3},
        {"at_least": 1, "block": 3},
    ],
)
def test_as_many_positions_move_as_requested(run, tmp_path, given):
    options = ["--timestep", "1", "--seed", "7"]
    for name, value in given.items():
        options += [f"--{name.replace('_', '-')}", str(value)]
    ended = run("noise", "cosine", *options, text=f"{words(ROW)}\n{words(ROW[:3])}")
    expected = [
        COSINE.noise(row, 1, seed=7, sequence_ids=place, **given).tokens
        for place, row in enumerate([ROW, ROW[:3]])
    ]
    assert ended.out.splitlines() == [words(row) for row in expected]
    rows = np.arange(12).reshape(3, 4)
    np.save(tmp_path / "clean.npy", rows)
    lines = run("noise", "cosine", "clean.npy", *options).out.splitlines()
    noised = COSINE.noise(rows, 1, seed=7, **given).tokens
    assert lines == [words(row) for row in noised.tolist()]


@pytest.mark.parametrize("more", [(), ("--json",), ("--output", "noised.npy")])
@pytest.mark.parametrize("shape", [(12,), (3, 4)])
def test_an_array_may_have_its_complement(run, tmp_path, shape, more):
    clean = np.arange(12, dtype=np.uint16).reshape(shape)
    np.save(tmp_path / "clean.npy", clean)
    expected = COSINE.noise(clean, 500, seed=7)

    options = ("clean.npy", *AT, "--complement", "other.npy", *more)
    plain = ("clean.npy", *AT, *more)
    assert run("noise", "cosine", *options).out == run("noise", "cosine", *plain).out
    other = np.load(tmp_path / "other.npy")
    assert other.dtype == clean.dtype
    assert other.tolist() == expected.complement().tokens.tolist()


def test_a_fresh_seed_is_told_and_makes_the_same_again(run):
    text = f"{words(ROW)}\n{words(ROW)}\n"
    first = run("noise", "cosine", "--timestep", "500", text=text)
    seed = first.err.removeprefix("seed ").removesuffix("\n")

    again = run("noise", "cosine", "--timestep", "500", "--seed", seed, text=text)
    assert (again.out, again.err) == (first.out, "")


def test_json_is_what_the_service_answers(run):
    ended = run("noise", "cosine", *AT, "--json", text=f"{words(ROW)}\n\n{words(ROW)}")
    first = COSINE.noise(ROW, 500, seed=7)
    third = COSINE.noise(ROW, 500, seed=7, sequence_ids=[2])

    kept = sum(int(np.sum(noised.tokens == ROW)) for noised in (first, third))
    assert ended.document == {
        "noised_tokens": [first.tokens.tolist(), [], third.tokens.tolist()],
        "alpha": first.alpha,
        "seed": 7,
        "fingerprint": COSINE.fingerprint,
        "metrics": {"unchanged_tokens": kept, "total_tokens": 12},
    }
    at_time = run("noise", "cosine", "--time", "0.5", "--json", text="1").document
    assert at_time["alpha"] == COSINE.alpha(0.5)


@pytest.mark.parametrize("shape", [(12,), (3, 4)])
def test_an_array_becomes_an_array_of_its_dtype(run, tmp_path, shape):
    clean = np.arange(12, dtype=np.uint16).reshape(shape)
    np.save(tmp_path / "clean.npy", clean)
    expected = COSINE.noise(clean, 500, seed=7).tokens

    ended = run("noise", "cosine", "clean.npy", *AT, "--output", "noised.npy")
    noised = np.load(tmp_path / "noised.npy")
    assert (ended.code, ended.out, noised.dtype) == (0, "", clean.dtype)
    assert noised.tolist() == expected.tolist()
    printed = run("noise", "cosine", "clean.npy", *AT).out.splitlines()
    assert printed == [words(row) for row in np.atleast_2d(expected)]
    document = run("noise", "cosine", "clean.npy", *AT, "--json").document
    assert document["noised_tokens"] == expected.tolist()


@pytest.mark.parametrize(
    ("arguments", "text", "expected"),
    [
        ((), "1", "one of the arguments --timestep --time --times is required"),
        (("--timestep", "1", "--time", "1"), "1", "not allowed with"),
        (("--timestep", "1000"), "1", "error: `timestep` must lie in 0..999"),
        (("--timestep", "1", "--seed", "-1"), "1", "error: `seed` must lie in"),
        (("--timestep", "1", "--first-id", "-1"), "1", "`sequence_ids[0]` must lie"),
        (("--timestep", "1", "--protect", "a"), "1", "must be an integer, got 'a'"),
        (("--time", "nan"), "1", "`t` must"),
        (AT, "one", "the standard input: line 1 must hold token ids"),
        (AT, "9" * 30, "line 1 must hold token ids"),
        (AT, "50257", "the standard input: line 1: `tokens[0]` must lie in 0..50256"),
        (("absent.txt", *AT), "", "absent.txt: cannot be read"),
        (("absent.npy", *AT), "", "absent.npy: cannot be read"),
        (("broken.npy", *AT), "", "broken.npy: must be a NumPy array"),
        (("floats.npy", *AT), "", "floats.npy: must hold integers"),
        (
            ("fine.npy", *AT, "--output", "/"),
            "",
            "/: must be a file in a folder that exists",
        ),
        ((*AT, "--output", "a.npy"), "1", "--output is for tokens in a .npy file"),
        (("--times", "a.npy"), "1", "--times is for tokens in a .npy file"),
        ((*AT, "--positions", "a.npy"), "1", "--positions is for tokens in"),
        ((*AT, "--sequence-ids", "a.npy"), "1", "--sequence-ids is for tokens in"),
        ((*AT, "--complement", "a.npy"), "1", "--complement is for tokens in"),
        (("fine.npy", *AT, "--complement", "/"), "", "/: must be a file in a folder"),
        (("fine.npy", *AT, "--positions", "floats.npy"), "", "must hold integers"),
        (("fine.npy", *AT, "--positions", "absent.npy"), "", "cannot be read"),
        (("fine.npy", *AT, "--sequence-ids", "floats.npy"), "", "must hold integers"),
        (
            ("fine.npy", *AT, "--sequence-ids", "fine.npy", "--first-id", "3"),
            "",
            "not allowed with",
        ),
        (("fine.npy", *AT, "--positions", "five.npy"), "", "error: `positions` must"),
        ((*AT, "--count", "1", "--at-least", "1"), "1", "not allowed with"),
        ((*AT, "--count", "-1"), "1", "error: `count` must lie in 0.."),
        ((*AT, "--block", "2"), "1", "error: `block` must be given with"),
        (("fine.npy", "--times", "absent.npy"), "", "absent.npy: cannot be read"),
        (("fine.npy", "--times", "texts.npy"), "", "texts.npy: must hold numbers"),
        (("fine.npy", "--times", "two.npy"), "", "`t` must be a scalar or (L,)"),
    ],
)
def test_wrong_usage_is_one_line_and_2(refused, tmp_path, arguments, text, expected):
    (tmp_path / "broken.npy").write_bytes(b"no array")
    np.save(tmp_path / "floats.npy", np.zeros(3))
    np.save(tmp_path / "fine.npy", np.zeros(3, np.int64))
    np.save(tmp_path / "texts.npy", np.array(["0.5"]))
    np.save(tmp_path / "two.npy", np.zeros(2))
    np.save(tmp_path / "five.npy", np.zeros(5, np.int64))

    assert expected in refused("noise", "cosine", *arguments, text=text)


def test_lines_before_a_wrong_one_are_noised(run):
    ended = run("noise", "cosine", *AT, text=f"{words(ROW)}\n1 x\n")

    assert ended.code == 2
    assert ended.out == "101 2054 2003 18916 23996 102\n"
    assert "line 2 must hold token ids" in ended.err


def test_a_hyperschedule_for_one_length_is_kept(run, tmp_path):
    spec = COSINE.spec | {"hyperschedule": {"type": "weights", "weights": [1, 2, 4]}}
    (tmp_path / "spec.json").write_text(json.dumps(spec))
    expected = build_process(spec).noise([1, 2, 3], 500, seed=7).tokens

    assert run("noise", "spec.json", *AT, text="1 2 3").out == f"{words(expected)}\n"
