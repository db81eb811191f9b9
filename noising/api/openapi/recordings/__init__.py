"""Answers that the service gave, as the OpenAPI document shows them.

Each file beside this one holds an answer: its name says of which operation, with which
status, in which format. `RECORD=1 pytest tests/api/test_recordings.py` asks the service
for all of them and writes them; without RECORD the test compares them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from noising.api.openapi.hooks import operations_of

FOLDER = Path(__file__).parent

EXAMPLE = "Recorded"
"""What the document calls such an example."""


def _documents(content: bytes) -> list[Any]:
    return [orjson.loads(line) for line in content.splitlines()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How answers of a media type are kept.

    Attributes:
        suffix: of the file's name.
        read: from the file's content to the value of an example.
    """

    suffix: str
    read: Callable[[bytes], Any]


FORMATS: Mapping[str, Format] = {
    "application/json": Format(suffix="json", read=orjson.loads),
    "application/x-ndjson": Format(suffix="ndjson", read=_documents),
    "text/csv": Format(suffix="csv", read=bytes.decode),
    "image/svg+xml": Format(suffix="svg", read=bytes.decode),
}
"""By media type; what is binary has no example."""


def recording(operation: str, status: int | str, media_type: str) -> Path:
    """Return the file that holds an answer, if it was recorded."""
    return FOLDER / f"{operation}.{status}.{FORMATS[media_type].suffix}"


@cache
def _value(path: Path, media_type: str) -> Any:
    return FORMATS[media_type].read(path.read_bytes())


def add_recordings(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """Add what was recorded; drf-spectacular calls it with the document."""
    for operation in operations_of(result):
        for status, response in operation["responses"].items():
            for media_type in FORMATS.keys() & response.get("content", {}).keys():
                path = recording(operation["operationId"], status, media_type)
                if path.exists():
                    examples = response["content"][media_type].setdefault(
                        "examples", {}
                    )
                    examples[EXAMPLE] = {"value": _value(path, media_type)}
    return result
