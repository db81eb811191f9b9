"""Noise sections, which have the same form in SEDD, MDLM and HDLM."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from noising.engine.importers.reader import Reader
from noising.engine.parameters import Number

Schedule: TypeAlias = dict[str, Any]
NoiseReader: TypeAlias = Callable[[Reader], Schedule]

SIGMA: Final = Number(low=0.0, help="total noise")


def between_sigmas(kind: str, defaults: Mapping[str, float]) -> NoiseReader:
    """Return a reader of noise from sigma_min to sigma_max.

    Args:
        kind: the schedule's type here.
        defaults: the original's defaults, if it has any.
    """

    def read(reader: Reader) -> Schedule:
        ends = {
            name: reader.number(
                f"noise.{name}",
                SIGMA,
                default=defaults.get(name),
                becomes=f"schedule.{name}",
            )
            for name in ("sigma_min", "sigma_max")
        }
        return {"type": kind, **ends}

    return read


def down_to(kind: str, epsilon: float) -> NoiseReader:
    """Return a reader of noise whose final alpha is fixed in the original's code.

    Args:
        kind: the schedule's type here.
        epsilon: alpha at t = 1.
    """

    def read(reader: Reader) -> Schedule:
        reader.ignore(
            "noise.sigma_min",
            "noise.sigma_max",
            "noise.eps",
            why=f"this noise always ends at alpha = {epsilon:g}",
        )
        return {"type": kind, "epsilon": epsilon}

    return read
