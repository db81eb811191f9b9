"""What holds on every page: accessibility, the policy, weight, small screens."""

import gzip
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser.visitors import (
    CONTRASTS,
    WIDTHS,
    Scheme,
    Visitor,
    run_path,
    visitor,
)
from tests.operations.servers import Server

pytestmark = pytest.mark.browser

HEAVIEST_BYTES = 150_000
SERIOUS = {"serious", "critical"}
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    }
}

PAGES = [
    "/dashboard/",
    "/dashboard/?tokens=1,2,3&timestep=900&seed=1",
    "/dashboard/?tokens=x&timestep=900",
    "/schedules/",
    "/schedules/?search=nobody",
    "/schedules/cosine/",
    "/schedules/compare/?names=cosine,linear,sedd-absorbing",
    "/schedules/compare/",
    "/runs/",
    "run",
    "/runs/compare/",
    "/playground/",
    "/account/login/",
]
FOR_ACCOUNTS = [
    "/account/",
    "/account/password/",
    "/new/schedule/?from=cosine",
    "/new/run/?schedules=cosine",
    "/schedules/cosine/edit/",
    "run",
]


def go(guest: Visitor, path: str) -> None:
    guest.visit(run_path(guest) if path == "run" else path)
    guest.charts_draw()


def serious(guest: Visitor) -> list[tuple[str, str]]:
    """Return the rules of axe-core that the page breaks badly, and where."""
    found = Axe().run(guest.page, options=RULES).response["violations"]
    return [
        (violation["id"], violation["nodes"][0]["html"][:200])
        for violation in found
        if violation["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_serious_in_light_and_dark(guest: Visitor, path: str) -> None:
    go(guest, path)
    assert serious(guest) == []
    guest.page.emulate_media(color_scheme="dark")
    assert serious(guest) == []


@pytest.mark.parametrize("path", FOR_ACCOUNTS)
def test_axe_finds_nothing_serious_on_pages_of_accounts(
    member: Visitor, path: str
) -> None:
    go(member, path)
    assert serious(member) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_pages_fit_and_can_be_read(
    browser: Browser, server: Server, width: int, scheme: Scheme
) -> None:
    context, guest = visitor(browser, server, width=width, scheme=scheme)
    for path in PAGES:
        go(guest, path)
        page_width = guest.page.evaluate("document.documentElement.scrollWidth")
        assert page_width <= width, path
        assert guest.page.evaluate(CONTRASTS) == [], path
    context.close()
    assert guest.troubles == []


@pytest.mark.parametrize("path", PAGES)
def test_what_a_page_needs_to_be_read_is_light(
    browser: Browser, server: Server, path: str
) -> None:
    """Page, styles and scripts, as they are sent: gzip where the server has it."""
    context, guest = visitor(browser, server)
    sizes: dict[str, int] = {}

    def weigh(response: Any) -> None:
        if response.request.resource_type in {"document", "stylesheet", "script"}:
            body = response.body()
            coded = response.headers.get("content-encoding") == "gzip"
            sizes[response.url] = len(gzip.compress(body)) if coded else len(body)

    guest.page.on("response", weigh)
    guest.visit(run_path(guest) if path == "run" else path)
    if path == "run":  # the dashboard was on the way
        sizes = {url: size for url, size in sizes.items() if "/dashboard" not in url}
    assert sum(sizes.values()) <= HEAVIEST_BYTES, sizes
    context.close()


def test_nothing_moves_where_motion_is_not_wanted(
    browser: Browser, server: Server
) -> None:
    context = browser.new_context(reduced_motion="reduce")
    guest = Visitor(page=context.new_page(), server=server)
    for path in PAGES:
        go(guest, path)
        assert guest.page.evaluate("document.getAnimations().length") == 0, path
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_every_control_is_reached_and_seen_by_the_keyboard(
    guest: Visitor, path: str
) -> None:
    go(guest, path)
    page = guest.page
    expected = page.evaluate(
        """() => [...document.querySelectorAll(
            "a[href], button, input:not([type=hidden]), select, textarea, summary")]
            .filter((e) => e.checkVisibility() && !e.disabled && e.tabIndex >= 0
              && !e.closest("details:not([open]) > :not(summary)")).length"""
    )
    page.evaluate("document.body.focus()")
    reached = page.evaluate("() => { window.reached = new Set(); return 0; }")
    for _ in range(expected + 60):
        page.keyboard.press("Tab")
        reached = page.evaluate(
            """() => {
              const e = document.activeElement;
              if (e.matches("a, button, input, select, textarea, summary")) {
                window.reached.add(e);
              }
              return window.reached.size;
            }"""
        )
        outlined = page.evaluate(
            """() => {
              const e = document.activeElement;
              return e === document.body || getComputedStyle(e).outlineStyle !== "none"
                || e.matches("#content");
            }"""
        )
        assert outlined, page.evaluate("document.activeElement.outerHTML")
        if reached >= expected:
            break
    assert reached >= expected
