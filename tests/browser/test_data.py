"""Somebody's own text becomes curves and a verdict, without an account."""

import pytest

from tests.browser.visitors import CONTRASTS, SCHEMES, WIDTHS, Visitor, serious

pytestmark = pytest.mark.browser

TEXT = "\n".join(f"To be, or not to be: {n % 7} of {n % 5}." for n in range(40))


def test_a_pasted_text_becomes_charts_that_anybody_can_read(guest: Visitor) -> None:
    guest.visit("/dashboard/")
    page = guest.page
    page.get_by_role("link", name="Use my data").click()
    page.get_by_label("Paste a text").fill(TEXT)
    page.get_by_role("button", name="Show the curves").click()
    assert "by the bigram reader" in (page.locator(".verdict").text_content() or "")
    charts = page.locator("figure.plot .chart")
    charts.first.locator("canvas").wait_for()
    assert charts.count() == 2
    assert serious(guest) == []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(CONTRASTS) == [], (width, scheme)
    # The text is still there, to change it; also after signing in, but only once.
    pasted = page.get_by_label("Paste a text")
    assert pasted.input_value() == TEXT
    page.locator(".notice").get_by_role("link", name="sign in").click()
    guest.visit("/data/new/")
    assert pasted.input_value() == TEXT
    page.reload()
    assert pasted.input_value() == ""
