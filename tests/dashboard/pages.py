"""Operations on pages that several tests need."""

import re

from django.test import Client


def page_text(client: Client, path: str) -> str:
    """Return a page that must be there."""
    response = client.get(path)
    assert response.status_code == 200, response
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    return response.content.decode()


INLINE = re.compile(
    r"<style\b|\sstyle\s*=|\son[a-z]+\s*=|javascript:|<script(?![^>]*\ssrc=)[^>]*>"
)


def inline_parts(page: str) -> list[str]:
    """Return what a strict policy forbids: style, script and handlers in the page."""
    return INLINE.findall(page)


# A block's text turns nothing outside of the block.
ISOLATED = re.compile(r"<bdi>.*?</bdi>|<pre\b.*?</pre>|\s[a-z-]+=\"[^\"]*\"", re.DOTALL)
TURNING_MARK = "\u202e"


def turns_text_around(page: str) -> bool:
    """Tell whether a mark that turns the direction of text reaches beyond its name."""
    return TURNING_MARK in ISOLATED.sub("", page)
