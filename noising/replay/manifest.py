"""What makes the noise of a training run again: one JSON document."""

import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, NoReturn

import numpy as np

import noising
from noising.corpus.data import DataFile
from noising.engine import (
    ENGINE_VERSION,
    TIMES_VERSION,
    EngineError,
    ForwardProcess,
    build_process,
)
from noising.engine.parameters import check_integer, check_keys, listed, mapping
from noising.engine.randomness import (
    ALGORITHM_VERSION,
    MAX_SEED,
    MAX_SEQUENCE_ID,
    check_word,
)
from noising.replay.call import CallOptions
from noising.replay.order import RowOrder
from noising.replay.times import MAX_TOTAL, TimeRule

MANIFEST_VERSION: Final = 1

IDS_RULE, DRAW_RULE = "row", "epoch"
"""An id is the number of a row in all data files, a draw the number of an epoch."""

_FIXED: Final[Mapping[str, Any]] = {
    "manifest_version": MANIFEST_VERSION,
    "recipe_version": ALGORITHM_VERSION,
    "times_version": TIMES_VERSION,
    "ids": IDS_RULE,
    "draw": DRAW_RULE,
}
"""Keys that have one value, in this version of the library."""

_KEYS: Final = (
    *_FIXED,
    "specification",
    "fingerprint",
    "seed",
    "times",
    "call",
    "order",
    "data",
    "versions",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The noise of a training run.

    Attributes:
        process: the noise process.
        seed: 0..2^64-1.
        times: how times are drawn.
        call: the arguments that all calls have.
        order: which rows a step sees; None for runs that shuffle, and unknown orders.
        data: the data files in the order of their rows, which have the ids 0, 1, ...
        versions: versions of packages, by name.
        job: what a job wrote with this noise, which replay does not read; or None.
    """

    process: ForwardProcess
    seed: int
    times: TimeRule
    call: CallOptions = field(default_factory=CallOptions)
    order: RowOrder | None = None
    data: tuple[DataFile, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    job: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        """Check what depends on several values.

        Raises:
            EngineError: the times cannot be drawn, or there are too many rows.
        """
        ends = {"low": self.call.low, "high": self.call.high}
        self.times.draw(self.process, [], seed=self.seed, draw=0, length=1, **ends)
        if self.rows > MAX_SEQUENCE_ID:
            rule = "must have fewer than 2^63 rows"
            raise EngineError("data", "too_many", rule, self.rows)

    @property
    def rows(self) -> int:
        """The number of rows of all data files."""
        return sum(each.rows for each in self.data)

    def as_dict(self) -> dict[str, Any]:
        """Return the manifest as a document, which `json.dumps` can write."""
        document = {
            "manifest_version": MANIFEST_VERSION,
            "specification": self.process.spec,
            "fingerprint": self.process.fingerprint,
            "recipe_version": ALGORITHM_VERSION,
            "times_version": TIMES_VERSION,
            "seed": self.seed,
            "ids": IDS_RULE,
            "draw": DRAW_RULE,
            "times": self.times.as_dict(),
            "call": self.call.as_dict(),
            "order": None if self.order is None else asdict(self.order),
            "data": [each.as_dict() for each in self.data],
            "versions": {
                "noising": noising.__version__,
                "engine": ENGINE_VERSION,
                "numpy": np.__version__,
                "python": platform.python_version(),
                **self.versions,
            },
        }
        return document if self.job is None else {**document, "job": dict(self.job)}


def describe_data(values: Iterable[Any]) -> tuple[DataFile, ...]:
    """Return the descriptions of data files, as `DataFile.describe` takes them."""
    return tuple(
        DataFile.describe(value, f"data[{place}]") for place, value in enumerate(values)
    )


def read_manifest(text: str | bytes) -> Manifest:
    """Return the manifest that a JSON document describes.

    Raises:
        EngineError: it is not JSON, a key is unknown, missing or given twice, or a
            value is invalid or of another version of the library; names the key.
    """
    try:
        document = json.loads(
            text, object_pairs_hook=_make_object, parse_constant=_refuse_constant
        )
    except EngineError:
        raise
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:80]
        raise EngineError("manifest", "not_json", "must be JSON", reason) from error
    given = mapping(document, "manifest")
    check_keys(given, (*_KEYS, "job"), "")
    for name in _KEYS:
        if name not in given:
            raise EngineError(name, "missing", "must be given", None)
    for name, value in _FIXED.items():
        _check_fixed(given[name], name, value)
    process = build_process(mapping(given["specification"], "specification"))
    if given["fingerprint"] != process.fingerprint:
        rule = f"must be {process.fingerprint}, that of the specification"
        raise EngineError("fingerprint", "other_noise", rule, given["fingerprint"])
    order = given["order"]
    files = listed(given["data"], "data")
    return Manifest(
        process=process,
        seed=check_word(given["seed"], "seed", MAX_SEED),
        times=_parse_times(given["times"]),
        call=CallOptions.parse(given["call"], process),
        order=None if order is None else RowOrder.parse(order),
        data=tuple(
            DataFile.parse(each, f"data[{place}]") for place, each in enumerate(files)
        ),
        versions=_parse_versions(given["versions"]),
        job=mapping(given["job"], "job") if "job" in given else None,
    )


def _check_fixed(value: Any, name: str, expected: Any) -> None:
    if type(value) is type(expected) and value == expected:
        return
    way_out = ""
    if name.endswith("_version"):
        way_out = "use the version of the library that wrote the manifest"
    rule = f"must be {expected}"
    raise EngineError(name, "other_version", rule, value, way_out)


def _parse_times(value: Any) -> TimeRule:
    given = mapping(value, "times")
    names = [each.name for each in fields(TimeRule)]
    check_keys(given, names, "times")
    for name in names:
        if name not in given:
            raise EngineError(f"times.{name}", "missing", "must be given", None)
    for name in ("total", "time_block", "max_length"):
        if given[name] is not None:
            check_integer(given[name], f"times.{name}", 1, MAX_TOTAL)
    return TimeRule(**given)


def _parse_versions(value: Any) -> dict[str, str]:
    versions = dict(mapping(value, "versions"))
    for name, version in versions.items():
        if not isinstance(version, str):
            raise EngineError(f"versions.{name}", "not_text", "must be text", version)
    return versions


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise EngineError(twice, "given_twice", "must be given once", "it twice")
    return result


def _refuse_constant(text: str) -> NoReturn:
    raise EngineError("manifest", "not_json", "must not hold such numbers", text)
