"""Query strings of the playground."""

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

from django.test import Client

TEXT = "If x < 3, then y = 2"
TOKENS = [1532, 2124, 1279, 513, 11, 788, 331, 796, 362]


def address(path: str = "/playground/", **fields: Any) -> str:
    """Return an address.

    A key such as ``a_stored`` stands for ``a-stored``, and ``a_graph__beta`` for
    ``a-graph.beta``.
    """
    named = {
        re.sub("^([ab])_", r"\1-", name).replace("__", "."): value
        for name, value in fields.items()
    }
    return f"{path}?{urlencode(named, doseq=True)}"


def state_of(client: Client, **fields: Any) -> dict[str, Any]:
    """Return what the page's scripts are told."""
    answer = client.get(address("/playground/state.json", **fields))
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def chips_of(page: str) -> list[list[tuple[str, str, str]]]:
    """Return the rows of chips of a page: classes, title and text of each."""
    rows = re.findall(r'<div class="tokens"[^>]*>(.*?)</div>', page, re.DOTALL)
    chip = re.compile(r'<span class="([^"]*)" title="([^"]*)">(.*?)</span>', re.DOTALL)
    return [[tuple(map(unescape, one)) for one in chip.findall(row)] for row in rows]


def ids_of(row: list[tuple[str, str, str]]) -> list[int]:
    """Return the ids that the chips of a row say that they have."""
    return [int(re.findall(r"\bid (\d+)", title)[-1]) for _, title, _ in row]
