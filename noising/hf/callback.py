"""Tells a collator the epoch of a `transformers.Trainer`."""

from typing import Any

from noising.hf.collator import NoisingCollator


def make_epoch_callback(collator: NoisingCollator) -> Any:
    """Return a callback of `Trainer` that sets the collator's epoch.

    `Trainer` has no other place for it: it tells samplers and data sets the epoch, not
    collators. It calls back before it makes an epoch's iterator, after a resume too.

        Trainer(..., data_collator=collator, callbacks=[make_epoch_callback(collator)])

    Args:
        collator: the collator.
    """
    from transformers import TrainerCallback  # the user's own, and slow to import

    class EpochCallback(TrainerCallback):
        def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            # A fraction of an epoch where the run resumes within one.
            collator.set_epoch(int(state.epoch))

    return EpochCallback()
