import pytest
from playwright.sync_api import expect

from tests.browser.visitors import Visitor, go

pytestmark = pytest.mark.browser

PAGES = [
    "/dashboard/",
    "/schedules/?search=cosine",
    "/schedules/cosine/",
    "run",
    "/playground/",
    "/account/login/",
]
"""One of each kind."""


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


def test_the_meaning_of_a_term_is_shown_by_keyboard_and_by_click(
    guest: Visitor,
) -> None:
    go(guest, "/schedules/?search=cosine")
    page = guest.page
    meaning = page.locator(".meaning")
    term = page.locator("main .term").first
    term.focus()
    expect(meaning).to_contain_text("How much noise there is at each time")
    expect(term).to_have_attribute("aria-describedby", "meaning-text")
    page.keyboard.press("Escape")
    expect(meaning).to_be_hidden()
    page.locator("main .term").nth(1).click()  # stays on the page
    expect(meaning).to_contain_text("What a token can become")
    meaning.locator("a").click()
    page.wait_for_url("**/help/glossary/#term-graph")
