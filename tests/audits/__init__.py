"""Pairs for tests, right and wrong, as files and as stored audits."""

import io
from functools import lru_cache
from typing import Any

import numpy as np

from noising.audit import Report, audit
from noising.audits import audit_create
from noising.engine import build_process
from noising.models import Audit

CLAIM: dict[str, Any] = {
    "vocab_size": 1000,
    "schedule": {"type": "loglinear"},
    "graph": {"type": "absorbing"},
}
NPZ = "application/x-npz"
TENSORS = "application/vnd.safetensors"


def pairs(
    rows: int = 1024, length: int = 32, *, faulty: bool = False
) -> dict[str, Any]:
    """Return pairs of the claim; faulty ones have noise of another schedule."""
    rng = np.random.default_rng(3)
    x0 = rng.integers(0, 1000, (rows, length)).astype(np.int32)
    t = 1.0 - rng.random(rows)
    spec = CLAIM | ({"schedule": {"type": "cosine"}} if faulty else {})
    xt = build_process(spec).noise(x0, t=t, seed=5).tokens.astype(np.int32)
    return {"x0": x0, "xt": xt, "t": t}


def npz(**arrays: Any) -> bytes:
    """Return an .npz file, compressed."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


@lru_cache
def report_of(*, faulty: bool = False) -> Report:
    """Return the report of such pairs."""
    given = pairs(faulty=faulty)
    return audit(given.pop("x0"), given.pop("xt"), CLAIM, **given)


def stored(*, faulty: bool = False, **options: Any) -> Audit:
    """Return a stored audit of such pairs."""
    return audit_create(report=report_of(faulty=faulty), **options)
