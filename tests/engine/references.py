"""Values computed by public reference code; tests/engine/reference holds the files."""

import json
import math
from pathlib import Path

import pytest

_FOLDER = Path(__file__).parent / "reference"


def reference(name):
    """Return a reference file's content, infinities restored."""

    def restored(item):
        return float(item["non_finite"]) if item.keys() == {"non_finite"} else item

    text = (_FOLDER / f"{name}.json").read_text()
    return json.loads(text, object_hook=restored)


def near(expected, *, rel):
    """Return what equals `expected` within a relative error, however small it is.

    pytest.approx alone would let 1e-12 pass for 0.
    """
    return pytest.approx(expected, rel=rel, abs=0.0)


def close(got, expected, *, rel=1e-12, absolute=1e-15):
    """Return whether all values agree; infinities must be equal."""
    pairs = zip(list(got), list(expected), strict=True)
    return all(math.isclose(g, e, rel_tol=rel, abs_tol=absolute) for g, e in pairs)
