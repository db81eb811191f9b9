"""Noise for Hugging Face: a collator for Trainer, and a function for datasets.

`NoisingCollator` noises the rows of a batch, `noise_rows` those of a data set. They
need torch only; transformers and datasets are the user's own.
"""

from noising.extras import require_extra

with require_extra("torch", user="noising.hf"):
    from noising.hf.callback import make_epoch_callback
    from noising.hf.collator import NoisingCollator
    from noising.hf.dataset import noise_rows

__all__ = ["NoisingCollator", "make_epoch_callback", "noise_rows"]
