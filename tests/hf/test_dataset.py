"""noising.hf.noise_rows: noise that `datasets.map` writes."""

import pytest

torch = pytest.importorskip("torch")
datasets = pytest.importorskip("datasets")

from noising.engine import EngineError
from noising.hf import NoisingCollator, noise_rows
from noising.torch import Noiser
from tests.hf.test_collator import EOS, PAD, SPEC, make_rows


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path)
    datasets.disable_progress_bars()


def make_dataset(rows):
    return datasets.Dataset.from_list(rows)


def expect(rows, **options):
    """Return what the collator makes of each row."""
    noiser = Noiser(SPEC, seed=7, total=1000)
    collator = NoisingCollator(noiser, PAD, **options)
    return [collator([row]) for row in rows]


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize(
    "policy", [{"eos": "learn"}, {"eos": "protect", "eos_token_id": EOS}]
)
def test_a_map_gives_the_noise_of_the_collator(batched, policy):
    rows = make_rows()
    arguments = {"noiser": Noiser(SPEC, seed=7, total=1000), "draw": 4, **policy}
    noised = make_dataset(rows).map(
        noise_rows, with_indices=True, batched=batched, fn_kwargs=arguments
    )
    expected = expect(rows, epoch=4, **policy)
    for row, batch in zip(noised, expected, strict=True):
        assert row["xt"] == batch["input_ids"][0].tolist()
        assert row["moved"] == batch["moved"][0].tolist()
        assert row["t"] == pytest.approx(float(batch["t"][0]))
        assert row["weight"] == pytest.approx(float(batch["weight"][0]))
        assert row["alpha"] == pytest.approx(1 - row["t"], abs=2e-3)
    assert noised["input_ids"][:] == [row["input_ids"] for row in rows]


def test_the_order_of_batches_and_processes_does_not_change_the_noise():
    arguments = {"noiser": Noiser(SPEC, seed=7, total=1000), "eos": "learn"}
    data = make_dataset(make_rows(40))
    whole = data.map(noise_rows, with_indices=True, fn_kwargs=arguments)
    parts = data.map(
        noise_rows,
        with_indices=True,
        batched=True,
        batch_size=7,
        num_proc=2,
        fn_kwargs=arguments,
    )
    assert whole["xt"][:] == parts["xt"][:]


def test_times_by_block_are_lists():
    noiser = Noiser(SPEC, seed=7, time_block=2, max_length=16)
    noised = make_dataset(make_rows(4)).map(
        noise_rows,
        with_indices=True,
        batched=True,
        fn_kwargs={"noiser": noiser, "eos": "learn"},
    )
    for row in noised:
        assert len(row["t"]) == len(row["weight"]) == len(row["xt"])


def test_further_arguments_reach_the_noiser():
    arguments = {"noiser": Noiser(SPEC, seed=7), "eos": "learn", "t": 0.25, "count": 2}
    noised = make_dataset(make_rows(4)).map(
        noise_rows, with_indices=True, fn_kwargs=arguments
    )
    assert [sum(row["moved"]) for row in noised] == [2] * 4
    assert noised["t"][:] == [0.25] * 4


def test_the_policy_for_eos_is_checked():
    noiser = Noiser(SPEC, seed=7)
    with pytest.raises(EngineError, match="`eos_token_id` must be given"):
        noise_rows(make_rows(1)[0], 0, noiser=noiser, eos="protect")
