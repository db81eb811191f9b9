"""Noise inside a training loop: tensors in, tensors out, keyed by sample id.

`Noiser` gives the tokens of `ForwardProcess.noise` on any device.
"""

from noising.extras import require_extra

with require_extra("torch", user="noising.torch"):
    from noising.torch.noised import NoisedTensors
    from noising.torch.noiser import Noiser
    from noising.torch.rows import global_ids

__all__ = ["NoisedTensors", "Noiser", "global_ids"]
