"""NoisingCollator in a real `transformers.Trainer`."""

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("accelerate")

from noising.engine import EngineError
from noising.hf import NoisingCollator, make_epoch_callback
from noising.torch import Noiser
from tests.hf.test_collator import EOS, MASK, PAD, SPEC, V, make_rows

ROWS = 12


class RecordingTrainer(transformers.Trainer):
    """Weighs the loss, and keeps what it saw."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.seen = []

    def compute_loss(self, model, inputs, return_outputs=False, **_):
        self.seen.append({name: part.clone() for name, part in inputs.items()})
        taken = ("input_ids", "attention_mask")
        outputs = model(**{name: inputs[name] for name in taken})
        losses = torch.nn.functional.cross_entropy(
            outputs.logits.transpose(1, 2), inputs["labels"], reduction="none"
        )
        loss = (losses * inputs["weight"][:, None]).sum()
        loss = loss / inputs["attention_mask"].sum()
        return (loss, outputs) if return_outputs else loss


def make_model():
    config = transformers.BertConfig(
        vocab_size=V + 1,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        max_position_embeddings=16,
    )
    return transformers.BertForMaskedLM(config)


def make_trainer(folder, **options):
    noiser = Noiser(SPEC, seed=7, total=ROWS)
    collator = NoisingCollator(noiser, PAD, eos="protect", eos_token_id=EOS)
    arguments = transformers.TrainingArguments(
        output_dir=str(folder),
        **{
            "remove_unused_columns": False,
            "num_train_epochs": 3,
            "per_device_train_batch_size": 4,
            "report_to": [],
            "disable_tqdm": True,
            "save_strategy": "steps",
            "save_steps": 2,
            "use_cpu": True,
            "dataloader_pin_memory": False,
            **options,
        },
    )
    return RecordingTrainer(
        make_model(),
        arguments,
        train_dataset=make_dataset(),
        data_collator=collator,
        callbacks=[make_epoch_callback(collator)],
    )


def make_dataset():
    datasets = pytest.importorskip("datasets")
    return datasets.Dataset.from_list(make_rows(ROWS))


def list_rows(batches, epoch_steps=3, first_step=0):
    """Return each row's noise by epoch and id."""
    rows = {}
    for step, batch in enumerate(batches, first_step):
        for i, t, xt, labels in zip(
            *(batch[name] for name in ("id", "t", "input_ids", "labels")), strict=True
        ):
            kept = xt[xt != PAD].tolist(), labels[labels != -100].tolist()
            rows[step // epoch_steps, int(i)] = (float(t), *kept)
    return rows


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    trainer = make_trainer(folder)
    trainer.train()
    return folder, list_rows(trainer.seen)


def test_each_epoch_has_the_noise_of_its_number(whole):
    _, seen = whole
    assert set(seen) == {(epoch, i) for epoch in range(3) for i in range(ROWS)}
    noiser = Noiser(SPEC, seed=7, total=ROWS)
    rows = make_rows(ROWS)
    for (epoch, i), (t, xt, labels) in seen.items():
        clean = torch.tensor([rows[i]["input_ids"]])
        n = noiser(clean, ids=[i], draw=epoch, protect=clean == EOS)
        assert (t, xt) == (float(n.t[0]), n.xt[0].tolist())
        assert labels == clean[n.moved].tolist()
        assert xt.count(MASK) == len(labels)


def test_a_resumed_run_sees_the_same_noise(whole, tmp_path):
    folder, seen = whole
    trainer = make_trainer(tmp_path)
    trainer.train(resume_from_checkpoint=str(folder / "checkpoint-4"))
    assert list_rows(trainer.seen, first_step=4) == {
        key: noise
        for key, noise in seen.items()
        if key in list_rows(trainer.seen, first_step=4)
    }
    assert len(trainer.seen) == 5


@pytest.mark.timeout(300)
def test_persistent_workers_see_the_same_noise(whole, tmp_path):
    trainer = make_trainer(
        tmp_path, dataloader_num_workers=1, dataloader_persistent_workers=True
    )
    trainer.train()
    assert list_rows(trainer.seen) == whole[1]


def test_where_trainer_drops_the_ids_the_error_says_what_to_set(tmp_path):
    trainer = make_trainer(tmp_path, remove_unused_columns=True)
    with pytest.raises(EngineError, match=r"remove_unused_columns=False"):
        trainer.train()
