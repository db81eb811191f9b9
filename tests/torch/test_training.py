"""Ranks, workers, accumulation and restarts do not change the noise of a row."""

import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from noising.engine import build_process
from noising.torch import Noiser
from tests.torch.training import ROWS, SPEC, STEP_ROWS, Rows, load, train

ROOT = Path(__file__).parents[2]
EPOCH = 3


@pytest.fixture(scope="module")
def whole():
    """The noise of an epoch in one process, which is that of the engine."""
    seen = train(EPOCH)
    process = build_process(SPEC)
    times = process.sample_times(ROWS, seed=5, draw=EPOCH)[0]
    tokens = torch.stack([row for _, row in map(Rows().__getitem__, range(ROWS))])
    xt = process.noise(tokens.numpy(), t=times, seed=5, draw=EPOCH).tokens
    assert sorted(seen) == list(range(ROWS))
    for i, (t, row) in seen.items():
        assert t == pytest.approx(times[i], rel=1e-7)
        assert row == xt[i].tobytes()
    return seen


def union(parts):
    """Return the rows of several processes, none of which may be in two of them."""
    seen = {}
    for part in parts:
        assert not set(part) & set(seen)
        seen |= part
    return seen


@pytest.mark.parametrize("world", [1, 2, 4])
@pytest.mark.parametrize("accumulation", [1, 2])
def test_accumulation_does_not_change_the_noise(whole, world, accumulation):
    parts = [train(EPOCH, r, world, accumulation=accumulation) for r in range(world)]
    assert union(parts) == whole


@pytest.mark.parametrize("in_collator", [False, True])
def test_workers_do_not_change_the_noise(whole, in_collator):
    assert train(EPOCH, workers=2, in_collator=in_collator) == whole
    assert train(EPOCH, workers=0, in_collator=in_collator) == whole


def test_a_run_that_resumes_within_an_epoch_sees_the_same_noise(whole):
    before = train(EPOCH, last_step=2)
    after = [train(EPOCH, r, 2, first_step=2) for r in range(2)]
    assert len(before) == 2 * STEP_ROWS
    assert union([before, *after]) == whole


def test_another_epoch_has_other_noise(whole):
    other = train(EPOCH + 1)
    assert set(other) == set(whole)
    assert not any(other[i] == whole[i] for i in whole)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("world", [1, 2, 4])
def test_processes_of_gloo_see_the_same_noise_as_one(whole, world, tmp_path):
    command = [sys.executable, "-m", "tests.torch.training"]
    processes = [
        subprocess.Popen([*command, str(rank), str(world), str(tmp_path)], cwd=ROOT)
        for rank in range(world)
    ]
    try:
        assert [process.wait(200) for process in processes] == [0] * world
    finally:
        for process in processes:
            process.kill()
    parts = torch.load(tmp_path / "seen.pt", weights_only=True)
    assert union(seen for seen, _, _ in parts) == whole
    # Without ids, each finds its own rows.
    counted = union(counted for _, counted, _ in parts)
    tokens = torch.zeros(STEP_ROWS, 24, dtype=torch.int64)
    one = Noiser(SPEC, seed=5)
    n = one(tokens)
    assert counted == {
        i: (float(n.t[i]), n.xt[i].numpy().tobytes()) for i in range(STEP_ROWS)
    }
    assert all(state == one.state_dict() for _, _, state in parts)


class CountingCollator:
    def __init__(self):
        self.noiser = Noiser(SPEC, seed=5)

    def __call__(self, rows):
        return self.noiser(torch.stack([tokens for _, tokens in rows]))


def test_a_worker_of_a_loader_must_be_given_ids():
    options = {"batch": 4, "workers": 1, "collator": CountingCollator()}
    # DataLoader replaces errors that it cannot construct from one message.
    with pytest.raises(RuntimeError, match="in a worker process of a DataLoader"):
        next(load(0, 0, 1, **options))
