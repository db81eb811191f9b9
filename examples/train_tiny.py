"""``python -m examples.train_tiny`` trains a small masked diffusion model on set.mm.

It trains one model for each of three schedules, and resumes each run from the
checkpoint at its middle, in a new model and with other microbatches. It writes the
validation curves as a plot and as JSON, and exits with 1 if the resumed run saw other
noise than the uninterrupted one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.corpora import load_corpus
from noising.engine import build_process
from noising.plots import Curve, plot_curves, render
from noising.tokenizers import OTHER
from noising.torch import Noiser

# After noising.torch, whose error for users without torch names the extra.
import torch  # isort: skip

SCHEDULES: Final = ("loglinear", "cosine", "sedd_entropy")
LENGTH: Final = 64
BATCH: Final = 32
WIDTH, LAYERS, HEADS = 64, 2, 4
LEARNING_RATE: Final = 2e-3
WARM_UP: Final = 50
VALIDATION_SHARE: Final = 10  # every tenth theorem
VALIDATION_SEED: Final = 1
VALIDATION_DRAWS: Final = 4
EVALUATIONS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Theorems of one length.

    Attributes:
        tokens: (N, LENGTH) int64 ids, 0 where a theorem has ended.
        lengths: (N,) numbers of tokens.
        vocab_size: number of ids.
    """

    tokens: torch.Tensor
    lengths: torch.Tensor
    vocab_size: int

    def select(self, index: Any) -> Rows:
        """Return some of the rows."""
        return Rows(
            tokens=self.tokens[index],
            lengths=self.lengths[index],
            vocab_size=self.vocab_size,
        )

    def find_padding(self) -> torch.Tensor:
        """Return where theorems have ended, (N, LENGTH) bool."""
        return torch.arange(LENGTH) >= self.lengths[:, None]


def load_rows() -> tuple[Rows, Rows]:
    """Return the statements of set.mm's excerpt for training and for validation."""
    corpus = load_corpus("setmm", vocab_size=2, generator=np.random.default_rng(0))
    symbols = int(np.count_nonzero(corpus.types != OTHER))  # ids from there on: proofs
    tokens = torch.zeros(corpus.num_sequences, LENGTH, dtype=torch.int64)
    lengths = torch.zeros(corpus.num_sequences, dtype=torch.int64)
    for i in range(corpus.num_sequences):
        sequence = corpus.sequence(i)
        statement = sequence[sequence < symbols][:LENGTH]
        lengths[i] = statement.size
        tokens[i, : statement.size] = torch.from_numpy(statement.astype(np.int64))
    rows = Rows(tokens=tokens, lengths=lengths, vocab_size=symbols)
    is_validation = torch.arange(corpus.num_sequences) % VALIDATION_SHARE == 0
    return rows.select(~is_validation), rows.select(is_validation)


class Model(torch.nn.Module):
    """A transformer that predicts clean tokens; masks show it the time."""

    def __init__(self, num_states: int, vocab_size: int) -> None:
        super().__init__()
        self.tokens = torch.nn.Embedding(num_states, WIDTH)
        self.places = torch.nn.Parameter(0.02 * torch.randn(LENGTH, WIDTH))
        layer = torch.nn.TransformerEncoderLayer(
            WIDTH, HEADS, 4 * WIDTH, dropout=0.0, batch_first=True, norm_first=True
        )
        self.encoder = torch.nn.TransformerEncoder(
            layer, LAYERS, norm=torch.nn.LayerNorm(WIDTH), enable_nested_tensor=False
        )
        self.head = torch.nn.Linear(WIDTH, vocab_size)

    def forward(self, xt: torch.Tensor, padding: torch.Tensor) -> torch.Tensor:
        """Return logits of the clean tokens, (B, L, V)."""
        hidden = self.tokens(xt) + self.places
        return self.head(self.encoder(hidden, src_key_padding_mask=padding))


def sum_losses(model: Model, rows: Rows, noised: Any) -> torch.Tensor:
    """Return the negative ELBO of rows in nats, from one draw of noise each."""
    logits = model(noised.xt, rows.find_padding())
    moved = noised.moved
    losses = torch.nn.functional.cross_entropy(
        logits[moved], rows.tokens[moved], reduction="none"
    )
    weights = noised.weight[:, None].expand_as(moved)[moved]
    return (losses * weights).sum()


class Validation:
    """Fixed noise, the same for every checkpoint and every schedule of training.

    The model does not take the time, so that its negative ELBO is the same under every
    schedule of the absorbing graph; loglinear noise estimates it for all.
    """

    def __init__(self, rows: Rows) -> None:
        noiser = Noiser(
            make_specification("loglinear", rows.vocab_size),
            seed=VALIDATION_SEED,
            total=len(rows.tokens),  # one time in each of so many cells
        )
        ids = torch.arange(len(rows.tokens))
        self.tokens = int(rows.lengths.sum()) * VALIDATION_DRAWS
        self.batches = [
            (part, noiser(part.tokens, ids=index, draw=draw, lengths=part.lengths))
            for draw in range(VALIDATION_DRAWS)
            for index in ids.split(BATCH)
            for part in [rows.select(index)]
        ]

    def measure(self, model: Model) -> float:
        """Return the negative ELBO in nats for each token."""
        with torch.no_grad():
            total = sum(float(sum_losses(model, *batch)) for batch in self.batches)
        return total / self.tokens


def make_specification(schedule: str, vocab_size: int) -> dict[str, Any]:
    """Return the specification of an absorbing process."""
    return {
        "vocab_size": vocab_size,
        "schedule": {"type": schedule},
        "graph": {"type": "absorbing"},
    }


@dataclass(slots=True, kw_only=True)
class Run:
    """A run of training.

    Attributes:
        rows: the training set.
        seed: of the model, of the order of rows and of the noise.
        noiser: draws the noise.
        model: the model.
        optimizer: its optimizer.
        step: number of steps that are done.
        seen: a digest of ids, times and noised tokens by step.
        curve: steps and validation losses.
    """

    rows: Rows
    seed: int
    noiser: Noiser
    model: Model
    optimizer: Any
    step: int = 0
    seen: dict[int, str] = field(default_factory=dict)
    curve: list[tuple[int, float]] = field(default_factory=list)

    def train(
        self, last: int, *, parts: int = 1, validation: Validation, every: int
    ) -> None:
        """Train up to a step.

        Args:
            last: number of steps to reach.
            parts: number of microbatches of a step.
            validation: measures the model.
            every: number of steps from one measurement to the next.
        """
        if not self.step:
            self.curve.append((0, validation.measure(self.model)))
        while self.step < last:
            self._take_step(parts)
            if self.step % every == 0:
                self.curve.append((self.step, validation.measure(self.model)))

    def _take_step(self, parts: int) -> None:
        epoch, ids = self._find_ids()
        digest = hashlib.sha256(ids.numpy().tobytes())
        times, tokens = [], []
        for index in ids.split(BATCH // parts):
            rows = self.rows.select(index)
            noised = self.noiser(
                rows.tokens, ids=index, draw=epoch, lengths=rows.lengths
            )
            loss = sum_losses(self.model, rows, noised)
            (loss / self.rows.lengths[ids].sum()).backward()
            times.append(noised.t)
            tokens.append(noised.xt)
        for seen in (torch.cat(times), torch.cat(tokens)):
            digest.update(seen.numpy().tobytes())
        self.seen[self.step] = digest.hexdigest()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = LEARNING_RATE * min(1.0, (self.step + 1) / WARM_UP)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1

    def _find_ids(self) -> tuple[int, torch.Tensor]:
        """Return the epoch of this step and the ids of its rows."""
        count = len(self.rows.tokens)
        epoch, place = divmod(self.step, count // BATCH)
        order = np.random.default_rng([self.seed, epoch]).permutation(count)
        return epoch, torch.from_numpy(order[place * BATCH : (place + 1) * BATCH])

    def save(self, path: Path) -> None:
        """Write a checkpoint; of the noise it holds what the noiser checks."""
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "noiser": self.noiser.state_dict(),
            "step": self.step,
        }
        torch.save(state, path)

    def load(self, path: Path) -> None:
        """Continue from a checkpoint."""
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.noiser.load_state_dict(state["noiser"])
        self.step = state["step"]


def start_run(schedule: str, rows: Rows, seed: int) -> Run:
    """Return a run at its first step."""
    process = build_process(make_specification(schedule, rows.vocab_size))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Model(process.num_states, rows.vocab_size)
    return Run(
        rows=rows,
        seed=seed,
        noiser=Noiser(process, seed=seed, total=len(rows.tokens)),
        model=model,
        optimizer=torch.optim.AdamW(model.parameters(), LEARNING_RATE),
    )


def train_and_resume(
    schedule: str, rows: Rows, validation: Validation, options: argparse.Namespace
) -> tuple[Run, bool]:
    """Train a model and resume it; return the run, and whether its noise was equal."""
    half = options.steps // 2
    every = max(1, options.steps // EVALUATIONS)
    checkpoint = options.output / f"{schedule}.pt"
    whole = start_run(schedule, rows, options.seed)
    whole.train(half, validation=validation, every=every)
    whole.save(checkpoint)
    whole.train(options.steps, validation=validation, every=every)

    resumed = start_run(schedule, rows, options.seed)
    resumed.load(checkpoint)
    resumed.train(options.steps, parts=2, validation=validation, every=options.steps)
    is_equal = all(
        resumed.seen[step] == whole.seen[step] for step in range(half, options.steps)
    )
    print(
        f"{schedule}: validation {whole.curve[-1][1]:.3f} nats a token, "
        f"resumed {resumed.curve[-1][1]:.3f}; "
        f"ids, times and noised tokens of {len(resumed.seen)} resumed steps are "
        + ("equal" if is_equal else "DIFFERENT"),
        flush=True,
    )
    return whole, is_equal


def measure_frequencies(rows: Rows, held_out: Rows) -> float:
    """Return the loss in nats of a model that knows only how often tokens occur."""
    seen = rows.tokens[~rows.find_padding()]
    counts = torch.bincount(seen, minlength=rows.vocab_size)
    logs = ((counts + 1) / (counts + 1).sum()).log()
    return -float(logs[held_out.tokens[~held_out.find_padding()]].mean())


def write_curves(
    curves: dict[str, list[tuple[int, float]]], frequencies: float, folder: Path
) -> None:
    """Write the validation curves as JSON and as a plot."""
    last = max(step for curve in curves.values() for step, _ in curve)
    lines = {**curves, "token frequencies": [(0, frequencies), (last, frequencies)]}
    document = json.dumps({"validation_nats": lines}, indent=1)
    (folder / "validation.json").write_text(document + "\n")
    figure = plot_curves(
        [
            Curve(label=name, x=steps, y=losses)
            for name, curve in lines.items()
            for steps, losses in [np.array(curve, np.float64).T]
        ],
        title="Validation: negative ELBO",
        x_label="step",
        y_label="nats a token",
    )
    (folder / "validation.svg").write_bytes(render(figure, "svg"))


def main(arguments: list[str] | None = None) -> int:
    """Train, resume and plot; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=600, help="of each run")
    parser.add_argument("--output", type=Path, default=Path("train-tiny"))
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(arguments)
    if options.steps < 2:
        parser.error("argument --steps: must be at least 2")
    options.output.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)  # more of them only wait for each other at this size
    rows, held_out = load_rows()
    validation = Validation(held_out)
    runs = {
        schedule: train_and_resume(schedule, rows, validation, options)
        for schedule in SCHEDULES
    }
    write_curves(
        {schedule: run.curve for schedule, (run, _) in runs.items()},
        measure_frequencies(rows, held_out),
        options.output,
    )
    return 0 if all(is_equal for _, is_equal in runs.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
