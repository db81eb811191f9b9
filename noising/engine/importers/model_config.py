"""Model configurations (config.json) of masked language models: LLaDA's and Dream's."""

from typing import Any, Final

from noising.engine.importers.reader import ASSUMED, Reader
from noising.engine.importers.tokenizers import fit_mask
from noising.engine.parameters import Integer
from noising.engine.registry import VOCAB_SIZE

MASK: Final = "mask_token_id"
MASK_ID: Final = Integer(low=0, high=VOCAB_SIZE.high, help="id of the mask")


def read_masked_model(reader: Reader, mask_id: int) -> dict[str, Any]:
    """Return vocab_size and graph; the mask is one of the model's ids.

    Args:
        reader: the configuration.
        mask_id: the mask that the project's code uses if the file has none.

    Raises:
        EngineError: vocab_size is missing, or a number is out of range.
    """
    size = reader.vocab_size
    if size is None:
        size = reader.integer("vocab_size", VOCAB_SIZE)
    else:
        reader.value("vocab_size")
    given = reader.integer(MASK, MASK_ID, default=mask_id, becomes="graph.mask_id")
    graph = {"type": "absorbing", "mask_id": fit_mask(reader, MASK, given)}
    return {"vocab_size": size, "graph": graph}


def linear_masking(epsilon: float) -> dict[str, Any]:
    """Return the schedule with the move chance (1 - epsilon)·t + epsilon."""
    return {"type": "loglinear", "epsilon": 0.0, "time_range": [epsilon, 1.0]}


def note_schedule(reader: Reader, text: str) -> None:
    """Note that the noise is not in the configuration, but in the project's code."""
    reader.note(ASSUMED, "schedule", f"Not in the configuration: {text}")
