"""Certificates: checks with p-values, a verdict and the environment."""

import dataclasses
import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from noising.engine import ENGINE_VERSION
from noising.engine.exact_tests import holm
from noising.engine.process import ForwardProcess
from noising.engine.randomness import ALGORITHM_VERSION

CERTIFICATE_VERSION: Final = 2
"""Increases when the meaning of a check or the form of the document changes."""

FALSE_ALARM_RATE: Final = 1e-9
"""Largest chance that a correct sampler fails any of the statistical checks."""

Status: TypeAlias = Literal["ok", "failed", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The result of one check, before p-values are adjusted for multiple tests.

    Attributes:
        name: stable name of the check, such as ``golden_vectors``.
        measured: one line with the measured values, or the reason for skipping.
        status: "failed" if the check failed regardless of its p-values.
        p_values: pairs of a case and the p-value of its statistical test.
    """

    name: str
    measured: str
    status: Status = "ok"
    p_values: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PValue:
    """One statistical test.

    Attributes:
        case: what was tested, such as ``timestep 499, x0 7``.
        p_value: p-value of this test alone.
        adjusted: p-value adjusted by Holm's method for all tests of the certificate.
    """

    case: str
    p_value: float
    adjusted: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of a certificate; like `Evidence`, with the final status."""

    name: str
    measured: str
    status: Status
    p_values: tuple[PValue, ...]

    def document(self) -> dict[str, Any]:
        """Return the check as JSON values."""
        tests = [dataclasses.asdict(test) for test in self.p_values]
        return {**dataclasses.asdict(self), "p_values": tests}

    def line(self) -> str:
        """Return the check as a line of the report."""
        measured = self.measured
        if self.p_values:
            least = min(self.p_values, key=lambda test: test.p_value)
            adjusted = f"p = {least.p_value:.3g}, adjusted {least.adjusted:.3g}"
            measured += f"; least of {len(self.p_values)}: {adjusted} ({least.case})"
        status = "FAILED" if self.status == "failed" else self.status
        return f"{self.name:<22} {status:<8} {measured}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The result of testing a process's formulas and its sampler.

    Attributes:
        specification: the canonical specification.
        fingerprint: SHA-256 of the specification.
        seed: seed of the draws; the same seed gives the same certificate.
        samples: tokens drawn for each timestep and token that is tested.
        checks: the checks in order.
        environment: versions of Python and NumPy, system and machine.
    """

    specification: dict[str, Any]
    fingerprint: str
    seed: int
    samples: int
    checks: tuple[Check, ...]
    environment: dict[str, str]

    @classmethod
    def of(
        cls,
        process: ForwardProcess,
        evidence: Iterable[Evidence],
        *,
        seed: int,
        samples: int,
    ) -> "Certificate":
        """Make a certificate, with p-values adjusted over all checks together."""
        return cls(
            specification=process.spec,
            fingerprint=process.fingerprint,
            seed=seed,
            samples=samples,
            checks=tuple(_judge(tuple(evidence))),
            environment={
                "python": platform.python_version(),
                "numpy": np.__version__,
                "system": platform.system(),
                "machine": platform.machine(),
            },
        )

    @property
    def passed(self) -> bool:
        """Whether all checks passed or were skipped."""
        return all(check.status != "failed" for check in self.checks)

    @property
    def verdict(self) -> str:
        """Either "passed" or "failed"."""
        return "passed" if self.passed else "failed"

    def document(self) -> dict[str, Any]:
        """Return the certificate as JSON values."""
        return {
            "certificate_version": CERTIFICATE_VERSION,
            "engine_version": ENGINE_VERSION,
            "algorithm_version": ALGORITHM_VERSION,
            "specification": self.specification,
            "fingerprint": self.fingerprint,
            "seed": self.seed,
            "samples": self.samples,
            "false_alarm_rate": FALSE_ALARM_RATE,
            "verdict": self.verdict,
            "checks": [check.document() for check in self.checks],
            "environment": dict(self.environment),
        }

    def report(self) -> str:
        """Return the certificate as text: one line per check, then the verdict."""
        statuses = [check.status for check in self.checks]
        tests = sum(len(check.p_values) for check in self.checks)
        spec = self.specification
        return "\n".join(
            [
                f"{spec['schedule']['type']} schedule, {spec['graph']['type']} graph,"
                f" V = {spec['vocab_size']}, T = {spec['num_timesteps']}"
                f" ({self.fingerprint[:12]})",
                *(check.line() for check in self.checks),
                f"{self.verdict}: {statuses.count('ok')} checks ok,"
                f" {statuses.count('failed')} failed,"
                f" {statuses.count('skipped')} skipped; {tests} exact tests at a"
                f" false-alarm rate of {FALSE_ALARM_RATE:g} together"
                f" (Holm), seed {self.seed}, {self.samples} tokens each",
            ]
        )


def _judge(evidence: tuple[Evidence, ...]) -> Iterator[Check]:
    adjusted = iter(holm([p for item in evidence for _, p in item.p_values]))
    for item in evidence:
        tests = tuple(
            PValue(case=case, p_value=p, adjusted=next(adjusted))
            for case, p in item.p_values
        )
        is_rejected = any(test.adjusted < FALSE_ALARM_RATE for test in tests)
        yield Check(
            name=item.name,
            measured=item.measured,
            status="failed" if is_rejected else item.status,
            p_values=tests,
        )
