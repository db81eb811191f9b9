import pytest
from playwright.sync_api import expect

from tests.browser.visitors import Visitor, serious

pytestmark = pytest.mark.browser


def test_filters_and_selections_follow_the_visitor(guest: Visitor) -> None:
    page = guest.page
    guest.visit("/schedules/")
    menu = page.get_by_text("+ Filter", exact=True)
    menu.click()
    assert serious(guest) == []
    page.keyboard.press("Escape")
    expect(page.get_by_label("Graph type")).to_be_hidden()
    expect(menu).to_be_focused()
    menu.click()
    page.get_by_label("Graph type").select_option("absorbing")
    page.get_by_role("button", name="Apply").first.click()
    # Fields without a value, or with their first choice, are not in the URL.
    page.wait_for_url("**/schedules/?graph_type=absorbing")
    page.get_by_label("Remove the filter Graph type: absorbing").click()
    page.wait_for_url("**/schedules/?")

    compare = page.get_by_role("button", name="Compare")
    expect(compare).to_be_disabled()
    for name in ("cosine", "linear"):
        page.get_by_label(f"Select {name}", exact=True).check()
    expect(compare).to_be_enabled()

    page.set_viewport_size({"width": 390, "height": 800})
    row = page.get_by_role("row").filter(has_text="cosine").first
    expect(row).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
