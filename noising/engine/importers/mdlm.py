"""Configurations of MDLM (Sahoo et al. 2024), written for Hydra."""

from collections.abc import Mapping
from typing import Any, Final

from noising.engine.importers import mdlm_family
from noising.engine.importers.reader import Reader

GRAPHS: Final[Mapping[str, str]] = {"absorbing_state": "absorbing"}
HINTS: Final[Mapping[str, Mapping[str, str]]] = {
    "diffusion": {
        "uniform": "this is a configuration of UDLM: choose the project `udlm`"
    },
    "noise.type": {"log-linear": "this is Duo's spelling: choose the project `duo`"},
}
PARAMETERIZATIONS: Final[Mapping[str, None]] = dict.fromkeys(("subs", "d3pm", "sedd"))
WITHOUT_MEANING: Final = mdlm_family.WITHOUT_MEANING
"""Source: configs/ of MDLM @c112c52."""


def specification(reader: Reader) -> dict[str, Any]:
    """Return the specification for an MDLM configuration.

    If a section is missing, its group is looked up in `defaults` as Hydra does.

    Raises:
        EngineError: a noise or diffusion without a counterpart, or a missing value.
    """
    return mdlm_family.read_diffusion(
        reader, GRAPHS, PARAMETERIZATIONS, hints=HINTS, adds_mask=False
    )
