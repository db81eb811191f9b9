"""Configurations of UDLM (Schiff et al. 2025), which grew out of MDLM.

Source: discrete-diffusion-guidance @edb0f8c.
"""

from collections.abc import Mapping
from typing import Any, Final

from noising.engine.importers import mdlm_family
from noising.engine.importers.reader import Reader

GRAPHS: Final[Mapping[str, str]] = {
    "absorbing_state": "absorbing",
    "uniform": "uniform",
}
HINTS: Final[Mapping[str, Mapping[str, str]]] = {
    "noise.type": {
        "log-linear": "this is Duo's spelling: choose the project `duo`",
        **dict.fromkeys(
            ("ar", "polynomial"), "UDLM has a file for it, but its code refuses it"
        ),
    },
}
PARAMETERIZATIONS: Final[Mapping[str, None]] = dict.fromkeys(("subs", "d3pm"))
WITHOUT_MEANING: Final = (
    *mdlm_family.WITHOUT_MEANING,
    *("zero_recon_loss", "is_vision", "guidance", "classifier_model"),
    *("classifier_backbone", "training.compute_loss_on_pad_tokens"),
    *("training.use_simple_ce_loss", "training.guidance"),
)
"""Source: configs/ of UDLM. `is_vision` chooses the data set and its tokenizer."""


def specification(reader: Reader) -> dict[str, Any]:
    """Return the specification for a UDLM configuration.

    Uniform noise also draws the mask, which UDLM adds to a tokenizer without one.

    Raises:
        EngineError: a noise or diffusion without a counterpart, or a missing value.
    """
    return mdlm_family.read_diffusion(
        reader, GRAPHS, PARAMETERIZATIONS, hints=HINTS, adds_mask=True
    )
