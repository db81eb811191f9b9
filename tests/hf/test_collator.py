"""noising.hf.NoisingCollator: the noise of `Noiser`, on padded rows."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch.utils.data import DataLoader

from noising.engine import EngineError
from noising.hf import NoisingCollator
from noising.torch import Noiser

V, MASK, PAD, EOS = 90, 90, 0, 2
SPEC = {
    "vocab_size": V,
    "schedule": {"type": "loglinear"},
    "graph": {"type": "absorbing"},
}
UNIFORM = {**SPEC, "graph": {"type": "uniform"}}


def make_rows(n=12, seed=0):
    generator = np.random.default_rng(seed)
    return [
        {"id": i, "input_ids": [*generator.integers(3, V, 3 + i % 5).tolist(), EOS]}
        for i in range(n)
    ]


def make_collator(spec=SPEC, noiser=None, **options):
    noiser = noiser or Noiser(spec, seed=7, total=1000)
    given = {"pad_token_id": PAD, "eos": "learn"} | options
    return NoisingCollator(noiser, **given)


def noise_alone(row, epoch=0, spec=SPEC, **options):
    noiser = Noiser(spec, seed=7, total=1000)
    tokens = torch.tensor([row["input_ids"]])
    return noiser(tokens, ids=[row["id"]], draw=epoch, **options)


def test_each_row_has_the_noise_that_it_has_alone():
    rows = make_rows()
    collator = make_collator(epoch=3)
    batch = collator(rows)
    width = max(len(row["input_ids"]) for row in rows)
    for i, row in enumerate(rows):
        n, length = noise_alone(row, 3), len(row["input_ids"])
        padding = [PAD] * (width - length)
        assert batch["input_ids"][i].tolist() == n.xt[0].tolist() + padding
        assert batch["moved"][i].tolist() == n.moved[0].tolist() + [False] * len(
            padding
        )
        assert batch["attention_mask"][i].tolist() == [1] * length + [0] * len(padding)
        assert (batch["t"][i], batch["weight"][i]) == (n.t[0], n.weight[0])
        clean = torch.tensor(row["input_ids"])
        labels = torch.where(n.moved[0], clean, -100).tolist()
        assert batch["labels"][i].tolist() == labels + [-100] * len(padding)
    assert batch["id"].tolist() == list(range(12))
    assert batch["moved"].any()


def test_rows_may_hold_arrays_and_tensors():
    rows = make_rows()
    expected = make_collator()(rows)
    for kind in (np.asarray, torch.tensor):
        given = [{name: kind(value) for name, value in row.items()} for row in rows]
        batch = make_collator()(given)
        assert all((batch[name] == expected[name]).all() for name in expected)


@pytest.mark.parametrize("graph", [SPEC, UNIFORM])
def test_padding_that_has_the_id_of_eos_is_told_from_it(graph):
    rows = make_rows(200)
    batch = make_collator(graph, pad_token_id=EOS, eos="learn", eos_token_id=EOS)(rows)
    ends = torch.tensor([len(row["input_ids"]) - 1 for row in rows])
    at_end = batch["moved"].gather(1, ends[:, None])
    assert 60 < at_end.sum() < 140  # 100 expected, standard deviation 7
    padding = batch["attention_mask"] == 0
    assert (batch["input_ids"][padding] == EOS).all()
    assert not batch["moved"][padding].any()
    assert (batch["labels"][padding] == -100).all()


@pytest.mark.parametrize("pad", [PAD, EOS])
@pytest.mark.parametrize("labels", ["moved", "eligible"])
def test_protected_eos_never_changes_and_has_no_label(pad, labels):
    rows = make_rows(200)
    batch = make_collator(
        pad_token_id=pad, eos="protect", eos_token_id=EOS, labels=labels
    )(rows)
    ends = torch.tensor([len(row["input_ids"]) - 1 for row in rows])[:, None]
    assert (batch["input_ids"].gather(1, ends) == EOS).all()
    assert (batch["labels"].gather(1, ends) == -100).all()
    assert not batch["moved"].gather(1, ends).any()
    assert batch["moved"].any()


def test_padding_may_have_an_id_outside_the_vocabulary():
    batch = make_collator(pad_token_id=V + 5)(make_rows())
    padding = batch["attention_mask"] == 0
    assert (batch["input_ids"][padding] == V + 5).all()


def test_labels_of_all_eligible_tokens():
    rows = make_rows()
    batch = make_collator(UNIFORM, labels="eligible")(rows)
    for labels, row in zip(batch["labels"], rows, strict=True):
        clean = row["input_ids"]
        assert labels.tolist() == clean + [-100] * (len(labels) - len(clean))


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_of_the_tokenizer_does_not_change_the_noise(side):
    rows = make_rows()
    expected = make_collator()(rows)
    padded = []
    for row in rows:
        tokens, extra = row["input_ids"], [PAD] * (9 - len(row["input_ids"]))
        mask, none = [1] * len(tokens), [0] * len(extra)
        is_left = side == "left"
        padded.append(
            {
                "id": row["id"],
                "input_ids": extra + tokens if is_left else tokens + extra,
                "attention_mask": none + mask if is_left else mask + none,
            }
        )
    batch = make_collator()(padded)
    assert all((batch[name] == expected[name]).all() for name in expected)


def test_tokens_whose_label_is_ignored_never_change():
    rows = make_rows(100)
    for row in rows:
        row["labels"] = [-100, -100, *row["input_ids"][2:]]
    batch = make_collator(labels="eligible")(rows)
    assert batch["input_ids"][:, :2].tolist() == [row["input_ids"][:2] for row in rows]
    assert (batch["labels"][:, :2] == -100).all()
    assert batch["moved"][:, 2:].any()


def test_packed_rows_have_the_noise_of_their_documents():
    first, second, third = make_rows(3)

    def pack(*documents):
        return {
            "input_ids": [x for row in documents for x in row["input_ids"]],
            "id": [row["id"] for row in documents for _ in row["input_ids"]],
            "position_ids": [
                i for row in documents for i in range(len(row["input_ids"]))
            ],
        }

    batch = make_collator()([pack(second, first), pack(third)])
    start = len(second["input_ids"])
    length = len(first["input_ids"])
    alone = noise_alone(first)
    part = slice(start, start + length)
    assert batch["input_ids"][0, part].tolist() == alone.xt[0].tolist()
    assert (batch["t"][0, part] == alone.t).all()
    assert batch["position_ids"][0, part].tolist() == list(range(length))
    padding = batch["attention_mask"] == 0
    assert padding.any()
    assert (batch["weight"][padding] == 0).all()


def test_lengths_are_padded_to_a_multiple():
    assert make_collator(pad_to_multiple_of=8)(make_rows(12))["t"].shape == (12,)
    assert make_collator(pad_to_multiple_of=6)(make_rows(12))["input_ids"].shape == (
        12,
        12,
    )


@pytest.mark.parametrize(("option", "number"), [("count", 2), ("at_least", 1)])
def test_numbers_of_tokens_that_move(option, number):
    moved = make_collator(**{option: number})(make_rows(50))["moved"].sum(dim=1)
    assert (moved == number).all() if option == "count" else (moved >= number).all()


def test_each_epoch_has_its_own_noise():
    collator = make_collator()
    rows = make_rows()
    first = collator(rows)
    collator.set_epoch(1)
    second = collator(rows)
    assert collator.epoch == 1
    assert not (first["t"] == second["t"]).any()
    collator.set_epoch(0)
    assert (collator(rows)["input_ids"] == first["input_ids"]).all()


@pytest.mark.parametrize("context", ["fork", "spawn"])
@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.timeout(300)
def test_workers_see_the_epoch(context, persistent):
    rows, collator = make_rows(), make_collator()
    loader = DataLoader(
        rows,
        batch_size=4,
        collate_fn=collator,
        num_workers=1,
        persistent_workers=persistent,
        multiprocessing_context=context,
    )
    for epoch in (5, 6):
        collator.set_epoch(epoch)
        seen = torch.cat([batch["t"] for batch in loader])
        expected = torch.cat([noise_alone(row, epoch).t for row in rows])
        assert (seen == expected).all()


@pytest.mark.parametrize(
    ("options", "field", "code"),
    [
        ({"eos": "keep"}, "eos", "unknown_name"),
        ({"eos": None}, "eos", "unknown_name"),
        ({"eos": "protect"}, "eos_token_id", "missing"),
        ({"eos_token_id": "2"}, "eos_token_id", "not_an_integer"),
        ({"pad_token_id": -1}, "pad_token_id", "out_of_range"),
        ({"pad_token_id": None}, "pad_token_id", "not_an_integer"),
        ({"pad_to_multiple_of": 0}, "pad_to_multiple_of", "out_of_range"),
        ({"labels": "all"}, "labels", "unknown_name"),
        ({"epoch": -1}, "epoch", "out_of_range"),
    ],
)
def test_wrong_arguments(options, field, code):
    with pytest.raises(EngineError) as caught:
        make_collator(**options)
    assert (caught.value.field, caught.value.code) == (field, code)


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        ({"id": None}, "id", "missing"),
        ({"input_ids": None}, "input_ids", "missing"),
        ({"input_ids": []}, "input_ids[1]", "too_short"),
        ({"input_ids": [[5, 6]]}, "input_ids[1]", "wrong_shape"),
        ({"input_ids": [5.0, 6.0]}, "input_ids[1]", "not_an_integer"),
        ({"input_ids": [5, PAD]}, "input_ids[1]", "padded"),
        ({"labels": [5, 6]}, "labels[0]", "missing"),
        ({"attention_mask": [1]}, "attention_mask[1]", "wrong_length"),
        ({"attention_mask": [0] * 5}, "input_ids[1]", "too_short"),
        ({"id": [1, 1]}, "ids[1]", "wrong_length"),
        ({"id": [1] * 5}, "ids", "mixed"),
        ({"id": -1}, "ids[1]", "out_of_range"),
        ({"id": 0.5}, "ids", "not_an_integer"),
    ],
)
def test_wrong_rows(row, field, code):
    rows = make_rows(2)
    rows[1] |= row
    rows[1] = {name: value for name, value in rows[1].items() if value is not None}
    with pytest.raises(EngineError) as caught:
        make_collator()(rows)
    assert (caught.value.field, caught.value.code) == (field, code)


def test_without_ids_the_error_says_what_to_set():
    with pytest.raises(EngineError) as caught:
        make_collator()([{"input_ids": [5, 6]}])
    assert str(caught.value) == (
        "`id` must be a column of every row, the row's index in the data set, got "
        "\"columns ['input_ids']\"; add it with `dataset.map(lambda row, i: {'id': i}, "
        "with_indices=True)`; if the data set has it, `Trainer` dropped it: set "
        "`TrainingArguments(remove_unused_columns=False)`"
    )
