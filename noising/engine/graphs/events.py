"""The chances that noise changes a token."""

from dataclasses import dataclass

from noising.engine.arrays import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Chances that noise changes a token, in [0, 1], in the noise levels' shape.

    Attributes:
        move: chance that the token is resampled, which the uniform u decides.
        mask: chance that it is masked, which the uniform w decides; None for never.
        mask_needs_move: whether only a token that moves can be masked. Otherwise the
            two events are independent, and masking takes precedence.
    """

    move: FloatArray
    mask: FloatArray | None = None
    mask_needs_move: bool = False
