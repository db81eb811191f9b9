"""The noise of a training run, in one process of several."""

import sys
from collections.abc import Iterator
from pathlib import Path

import torch
import torch.distributed as dist
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from noising.torch import NoisedTensors, Noiser

ROWS, LENGTH, STEP_ROWS = 48, 24, 8
SPEC = {
    "vocab_size": 90,
    "schedule": {"type": "cosine"},
    "graph": {"type": "uniform"},
}


class Rows(Dataset):
    """Rows with their ids, as a data set must return them."""

    def __len__(self) -> int:
        return ROWS

    def __getitem__(self, index: int) -> tuple[int, torch.Tensor]:
        return index, (torch.arange(LENGTH) * (index + 1)) % 90


def collate(rows: list[tuple[int, torch.Tensor]]) -> tuple[torch.Tensor, torch.Tensor]:
    ids, tokens = zip(*rows, strict=True)
    return torch.tensor(ids), torch.stack(tokens)


class NoisingCollator:
    """Noises in the process that loads the rows."""

    def __init__(self, noiser: Noiser, epoch: int) -> None:
        self.noiser = noiser
        self.epoch = epoch

    def __call__(self, rows: list[tuple[int, torch.Tensor]]) -> NoisedTensors:
        ids, tokens = collate(rows)
        return self.noiser(tokens, ids=ids, draw=self.epoch)


def load(
    epoch: int, rank: int, world: int, *, batch: int, workers: int, collator: object
) -> Iterator[object]:
    sampler = DistributedSampler(Rows(), world, rank, seed=1)
    sampler.set_epoch(epoch)
    return iter(
        DataLoader(
            Rows(),
            batch_size=batch,
            sampler=sampler,
            num_workers=workers,
            collate_fn=collator,
        )
    )


def record(n: NoisedTensors) -> dict[int, tuple[float, bytes]]:
    """Return each row's time and tokens by its id."""
    return {
        int(i): (float(t), xt.numpy().tobytes())
        for i, t, xt in zip(n.ids, n.t, n.xt, strict=True)
    }


def train(
    epoch: int,
    rank: int = 0,
    world: int = 1,
    *,
    accumulation: int = 1,
    workers: int = 0,
    in_collator: bool = False,
    first_step: int = 0,
    last_step: int | None = None,
) -> dict[int, tuple[float, bytes]]:
    """Return the noise of an epoch, or of some of its steps, on one rank."""
    noiser = Noiser(SPEC, seed=5, total=ROWS)
    collator = NoisingCollator(noiser, epoch) if in_collator else collate
    batch = STEP_ROWS // world // accumulation
    seen: dict[int, tuple[float, bytes]] = {}
    batches = load(epoch, rank, world, batch=batch, workers=workers, collator=collator)
    for number, loaded in enumerate(batches):
        step = number // accumulation
        if step < first_step or (last_step is not None and step >= last_step):
            continue
        if not isinstance(loaded, NoisedTensors):
            ids, tokens = loaded
            loaded = noiser(tokens, ids=ids, draw=epoch)
        new = record(loaded)
        assert not set(new) & set(seen)
        seen |= new
    return seen


def main(rank: int, world: int, folder: str) -> None:
    """Train on one of several processes, and write what all of them saw."""
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo", init_method=f"file://{folder}/store", rank=rank, world_size=world
    )
    seen = train(3, dist.get_rank(), dist.get_world_size())
    noiser = Noiser(SPEC, seed=5)  # finds its rank by itself
    counted = record(noiser(torch.zeros(STEP_ROWS // world, LENGTH, dtype=torch.int64)))
    everything: list[object] = [None] * world
    dist.all_gather_object(everything, (seen, counted, noiser.state_dict()))
    if rank == 0:
        torch.save(everything, Path(folder) / "seen.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
