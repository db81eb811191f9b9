"""The answers that the OpenAPI document shows are those that the service gives."""

import os
from typing import Any

import orjson
import pytest

from noising.api.openapi.recordings import FOLDER
from tests.api.recorder import recorded_answers
from tests.api.v1.test_conformity import close


@pytest.fixture
def answers(db: None, document: dict[str, Any]) -> dict[str, bytes]:
    """What the service answers now, by the file that it belongs into."""
    found = recorded_answers(document)
    if "RECORD" in os.environ:
        for name, content in found.items():
            (FOLDER / name).write_bytes(content)
    return found


def cells(content: bytes) -> list[Any]:
    """Return a text with the numbers in it as numbers."""
    texts = content.decode().replace("\r\n", "\n,").split(",")
    return [float(text) if is_number(text) else text for text in texts]


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_each_is_what_the_service_answers(answers: dict[str, bytes]) -> None:
    kept = {path.name: path for path in FOLDER.iterdir() if path.suffix != ".py"}
    kept.pop("__pycache__", None)
    assert set(kept) == set(answers)
    for name, content in answers.items():
        shown = kept[name].read_bytes()
        if name.endswith(".json"):
            close(orjson.loads(content), orjson.loads(shown))
        elif name.endswith(".ndjson"):
            for found, expected in zip(
                content.splitlines(), shown.splitlines(), strict=True
            ):
                close(orjson.loads(found), orjson.loads(expected))
        else:
            close(cells(content), cells(shown))
