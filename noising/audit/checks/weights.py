"""Which form the weights of the loss have."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from noising.audit.checks.base import Check
from noising.audit.evidence import Test
from noising.audit.law import Observed
from noising.engine import ForwardProcess
from noising.engine.arrays import FloatArray, quiet
from noising.engine.graphs.mixture import MixtureGraph

_KEPT: Final = 1 << 18
_SHARE: Final = 0.999  # of the weights must agree with a form


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the weight of a row or token may depend on, each (K,)."""

    weight: FloatArray
    time: FloatArray
    changed: FloatArray
    eligible: FloatArray
    exact: FloatArray


Form: TypeAlias = Callable[[ForwardProcess, Sample], FloatArray]


def _elbo(process: ForwardProcess, of: Sample) -> FloatArray:
    weight: FloatArray = process.loss_weight(of.time, "elbo", dtype=np.float64)
    return weight


def _missing_rate(process: ForwardProcess, of: Sample) -> FloatArray:
    return np.asarray(1.0 / np.expm1(process.sigma(of.time)))


FORMS: Final[Mapping[str, Form]] = {
    "elbo": _elbo,
    "nelbo": lambda _, of: of.exact,
    "realised": lambda _, of: of.eligible / of.changed,
    "1/p": lambda process, of: 1.0 / process.move_chance(of.time),
    "1/t": lambda _, of: 1.0 / of.time,
    "flat": lambda _, of: np.ones_like(of.time),
    "elbo without dsigma": _missing_rate,
    "dsigma": lambda process, of: np.asarray(process.dsigma(of.time)),
    "alpha": lambda process, of: np.asarray(process.alpha(of.time)),
    "1/sqrt(p)": lambda process, of: process.move_chance(of.time) ** -0.5,
    "1/(1-t)": lambda _, of: 1.0 / (1.0 - of.time),
}
"""Forms of a weight: those of the engine, and the mistakes that are met."""


class Weights(Check):
    """Compares weights with the claimed form, and names the form that they have."""

    def __init__(self, process: ForwardProcess, form: str | None) -> None:
        self._process = process
        self.form = form or _default_form(process)
        self._samples: list[Sample] = []
        self._kept = 0
        self._infinite = self._count = 0

    @quiet
    def add(self, chunk: Observed) -> None:
        """Count a chunk."""
        pairs = chunk.pairs
        if pairs.weights is None:
            return
        weights = pairs.weights
        self._count += weights.size
        self._infinite += int((~np.isfinite(weights)).sum())
        if pairs.time is None or self._kept >= _KEPT:
            return
        shape = pairs.shape
        by_token = weights.shape[1] > 1 or self.form == "nelbo"
        where = chunk.changed if by_token else chunk.changed_count > 0
        if by_token:
            rows = np.broadcast_to(np.arange(shape[0])[:, None], shape)[where]
            time = np.broadcast_to(pairs.time, shape)[where]
            weight = np.broadcast_to(weights, shape)[where]
        else:
            rows, time = np.flatnonzero(where), pairs.time[where][:, 0]
            weight = weights[where][:, 0]
        exact = np.full(weight.shape, np.nan)
        if by_token and chunk.law is not None and self._has_nelbo():
            x0, xt = pairs.x0[where], pairs.xt[where]
            good = chunk.in_states[where]
            exact[good] = self._process.nelbo_weight(
                xt[good], x0[good], time[good], dtype=np.float64
            )
        self._samples.append(
            Sample(
                weight=weight,
                time=time,
                changed=chunk.changed_count[rows].astype(np.float64),
                eligible=chunk.eligible_count[rows].astype(np.float64),
                exact=exact,
            )
        )
        self._kept += weight.size

    def _has_nelbo(self) -> bool:
        return self._process.hyperschedule is None and (
            _default_form(self._process) is not None
        )

    def tests(self) -> Iterator[Test]:
        """Yield a test that weights are finite, and one of their form."""
        if not self._count:
            return
        yield Test(
            code="weights_not_finite",
            case="all weights",
            sentence=f"{self._infinite:,} of {self._count:,} weights are NaN or "
            "infinite",
            measured=float(self._infinite),
            expected=0.0,
            p_value=0.0 if self._infinite else 1.0,
        )
        if self.form is not None and self._kept:
            of = self._join()
            if of.weight.size:
                yield self._form_test(self.form, of)

    @quiet
    def _form_test(self, form: str, of: Sample) -> Test:
        precision = _precision(of.weight)
        off = _deviation(of.weight, self._values(form, of), 1.0)
        right = off <= precision
        sentence = f"the weights are `{form}` to {off:.2g}"
        if not right:
            sentence = (
                f"the weights are not `{form}`, from which they differ by up to "
                f"{100.0 * off:.3g} %; {self._describe(of, precision)}"
            )
        return Test(
            code="wrong_weights",
            case="all finite weights",
            sentence=sentence,
            measured=off,
            expected=0.0,
            p_value=1.0 if right else 0.0,
        )

    def _join(self) -> Sample:
        parts = {
            name: np.concatenate([getattr(sample, name) for sample in self._samples])
            for name in ("weight", "time", "changed", "eligible", "exact")
        }
        finite = np.isfinite(parts["weight"])
        return Sample(**{name: values[finite] for name, values in parts.items()})

    def _values(self, form: str, of: Sample) -> FloatArray:
        if form in {"elbo", "elbo without dsigma"} and (
            self._process.hyperschedule is not None
            or not self._process.graph.CROSS_ENTROPY
        ):
            return np.full(of.weight.shape, np.nan)
        return FORMS[form](self._process, of)

    def _describe(self, of: Sample, precision: float) -> str:
        """Name the form that the weights have, alone or times a constant."""
        same, scaled = [], []
        for form in FORMS:
            values = self._values(form, of)
            if _deviation(of.weight, values, 1.0) <= precision:
                same.append(f"`{form}`")
                continue
            usable = np.isfinite(values) & (values != 0.0)
            if usable.any():
                factor = float(np.median(of.weight[usable] / values[usable]))
                if factor and _deviation(of.weight, values, factor) <= precision:
                    scaled.append(f"{factor:.6g} times `{form}`")
        if not same and not scaled:
            return "they have no form that is known here"
        return f"they are {', or '.join(same + scaled)}"


def _default_form(process: ForwardProcess) -> str | None:
    """Return the form of the negative ELBO, or None if the process has no weight."""
    if process.hyperschedule is not None:
        return None
    if process.graph.CROSS_ENTROPY:
        return "elbo"
    return "nelbo" if isinstance(process.graph, MixtureGraph) else None


def _precision(weights: FloatArray) -> float:
    """Return the largest relative error of right weights, by their number format."""
    single = weights.astype(np.float32)
    if (single.view(np.uint32) & 0xFFFF == 0).all() and np.unique(single).size > 1:
        return 1e-2  # bfloat16
    with np.errstate(over="ignore"):
        is_half = (weights.astype(np.float16) == weights).all()
    if is_half and np.unique(single).size > 1:
        return 2e-3
    return 1e-4


def _deviation(weights: FloatArray, values: FloatArray, factor: float) -> float:
    """Return the relative deviation that all but one in a thousand weights keep."""
    scale = np.abs(factor * values)
    off = np.abs(weights - factor * values) / np.where(scale > 0.0, scale, 1.0)
    off = np.where(np.isfinite(values), off, np.inf)
    return float(np.quantile(off, _SHARE, method="higher"))
