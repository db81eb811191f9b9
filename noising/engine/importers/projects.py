"""Keys that identify the project of a configuration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from noising.engine.errors import EngineError
from noising.engine.importers.reader import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The project or projects whose configurations have a key.

    Attributes:
        name: the name in the possessive form.
        sources: the sources that read these configurations.
    """

    name: str
    sources: tuple[str, ...]


SIGNS: Final[Mapping[str, Project]] = {
    # BD3-LM and Duo grew out of MDLM and kept its keys, not its processes.
    "algo.name": Project(name="Duo's and BD3-LM's", sources=("duo", "bd3lm")),
    "annealing.type": Project(name="HDLM's", sources=("hdlm",)),
    "model.diffusion_process": Project(name="GIDD's", sources=("gidd",)),
    "_class_name": Project(name="diffusers'", sources=("diffusers",)),
    "zero_recon_loss": Project(name="UDLM's", sources=("udlm",)),
    "diffusion": Project(
        name="MDLM's, UDLM's and BD3-LM's", sources=("mdlm", "udlm", "bd3lm")
    ),
    "graph.type": Project(name="SEDD's and HDLM's", sources=("sedd", "hdlm")),
    "flow.source_distribution": Project(
        name="flow_matching's", sources=("flow_matching",)
    ),
    "data.noise_range_low": Project(name="LLaDA2's", sources=("llada",)),
    "train.block_diffusion_mode": Project(name="LLaDA2's", sources=("llada",)),
    "time_epsilon": Project(name="dllm's", sources=("dllm",)),
    "model_type": Project(
        name="HDLM's, LLaDA's, Dream's and dllm's",
        sources=("hdlm", "llada", "dream", "dllm"),
    ),
}
"""Keys that have a plain value in the configurations of these projects only.

Sources: the configuration files of SEDD @0605786, MDLM @c112c52, UDLM @edb0f8c, BD3-LM
@1c3e8f4, Duo @7c9b498, HDLM @3bd7829, GIDD @f67acc9, diffusers @58eb52c, flow_matching
@11568d3, dFactory @92b6890, dllm @ca17675.
"""


def check_project(reader: Reader, source: str) -> None:
    """Check that a configuration is not another project's.

    Raises:
        EngineError: it is; names the key and the source that reads it.
    """
    for path, project in SIGNS.items():
        value: Any = reader.peek(path)
        is_name = value is not None and not isinstance(value, Mapping)
        if not is_name or source in project.sources:
            continue
        names = " or ".join(f"`{name}`" for name in project.sources)
        raise EngineError(
            f"config.{path}",
            "other_project",
            f"must be absent: it is a key of {project.name} configurations",
            value,
            f"choose the project {names}",
        )
