"""Checks of every page: accessibility, security policy, weight, small screens."""

import gzip
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import PASSWORD
from tests.browser.visitors import (
    ADMIN_PAGES,
    COLOURS,
    CONTRASTS,
    MEMBER_PAGES,
    PAGES,
    RULES,
    SCHEMES,
    WIDTHS,
    Visitor,
    go,
    run_path,
    serious,
    visitor,
)
from tests.operations.servers import Server

pytestmark = pytest.mark.browser

HEAVIEST_BYTES = 150_000
HEAVIEST = ["/dashboard/", "/schedules/cosine/", "run", "/playground/"]


@pytest.fixture(scope="module")
def staff(browser: Browser, server: Server) -> Iterator[Visitor]:
    """Somebody of the staff, who signs in once for all pages."""
    context, staff = visitor(browser, server)
    staff.sign_in("/account/login/", "admin", PASSWORD)
    staff.page.wait_for_url("**/account/")
    yield staff
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_serious_and_pages_fit_in_light_and_dark(
    guest: Visitor, path: str
) -> None:
    go(guest, path)
    page = guest.page
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        rules = RULES if scheme == "light" else COLOURS
        assert serious(guest, rules) == [], scheme
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(CONTRASTS) == [], (width, scheme)
    assert page.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize("path", [*MEMBER_PAGES, *ADMIN_PAGES])
def test_axe_finds_nothing_serious_on_pages_of_accounts(
    staff: Visitor, path: str
) -> None:
    staff.page.emulate_media(color_scheme="light", reduced_motion="reduce")
    go(staff, path)
    assert staff.troubles == []
    assert serious(staff) == []
    staff.troubles.clear()  # axe tries inline styles, which the policy forbids
    staff.page.emulate_media(color_scheme="dark")
    assert staff.page.evaluate(CONTRASTS) == []


def test_axe_finds_nothing_serious_on_a_page_of_an_error(guest: Visitor) -> None:
    go(guest, "/no/such/page/")
    assert serious(guest) == []
    guest.troubles.clear()  # the status


@pytest.mark.parametrize("path", HEAVIEST)
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
    if path == "run":  # the list was on the way
        sizes = {url: size for url, size in sizes.items() if not url.endswith("/runs/")}
    assert sum(sizes.values()) <= HEAVIEST_BYTES, sizes
    context.close()
