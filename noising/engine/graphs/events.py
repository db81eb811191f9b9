"""The chances that noise changes a token, as a graph states them."""

from dataclasses import dataclass

from noising.engine.arrays import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Chances that noise changes a token, in [0, 1], in the noise levels' shape.

    Attributes:
        move: chance that the token is drawn again; decided by u.
        mask: chance that it becomes the mask; decided by w. None: it never does.
        mask_needs_move: whether only a token that moves can be masked; otherwise
            the two are independent, and a token that is masked is nothing else.
    """

    move: FloatArray
    mask: FloatArray | None = None
    mask_needs_move: bool = False
