import pytest
from playwright.sync_api import expect

from tests.browser.visitors import Visitor, run_path, serious

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600, func_only=True)]

RUN_MILLISECONDS = 240_000
"""How long a worker may take to measure a small run, on a busy machine."""


def test_a_run_is_asked_for_and_followed_to_its_end(member: Visitor) -> None:
    page = member.page
    member.visit("/schedules/cosine/")
    page.get_by_role("link", name="Benchmark").click()
    page.get_by_role("textbox", name="Name").fill("Followed")
    page.get_by_role("combobox", name="Corpus").select_option("synthetic")
    page.get_by_role("textbox", name="Timesteps").fill("0, 999")
    page.get_by_role("spinbutton", name="Samples").fill("4")
    expect(page.get_by_text("The run will take about")).to_be_visible()
    page.get_by_label("Search").fill("mask")
    expect(page.get_by_role("checkbox", name="maskgit_cosine")).to_be_visible()
    expect(page.get_by_role("checkbox", name="cosine", exact=True)).to_be_hidden()
    expect(page.get_by_text("1 of at most 16 chosen: cosine")).to_be_visible()
    page.get_by_role("button", name="Queue the run").click()
    state = page.locator("#run-state")
    # The page loads itself again when the worker is done.
    expect(state).to_contain_text("succeeded", timeout=RUN_MILLISECONDS)
    expect(page.get_by_text("leaves the most information")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the results as CSV").click()
    assert download.value.path().read_text().startswith("run,schedule,")
    page.get_by_role("link", name="Rename and edit").click()
    page.get_by_role("textbox", name="Name").fill("Tried out")
    page.get_by_role("textbox", name="Tags").fill("tried")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Tried out")).to_be_visible()
    expect(page.get_by_role("link", name="tried")).to_be_visible()


def test_the_parts_of_a_run_are_tabs_that_the_address_names(guest: Visitor) -> None:
    page = guest.page
    guest.visit(run_path(guest))
    panels = page.locator("[data-tabs] > section")

    def shown() -> list[str | None]:
        return [
            panel.get_attribute("id") for panel in panels.all() if panel.is_visible()
        ]

    assert shown() == ["summary"]
    page.get_by_role("tab", name="Plots").click()
    assert (shown(), page.url.split("#")[1]) == (["plots"], "plots")
    # The first sight of the charts is when their tab opens: they fill its width.
    assert guest.charts_draw() == 3
    canvas = page.locator(".chart-canvas").first
    assert canvas.locator("canvas").bounding_box() is not None
    width = canvas.evaluate("e => e.querySelector('.uplot').offsetWidth")
    assert width == canvas.evaluate("e => e.clientWidth")
    page.get_by_role("tab", name="Plots").press("ArrowRight")
    assert shown() == ["tables"]
    expect(page.get_by_role("tab", name="Tables")).to_be_focused()
    page.keyboard.press("End")
    assert shown() == ["log"]
    page.keyboard.press("ArrowRight")
    assert shown() == ["summary"]
    # A link to something within a part opens the part.
    page.evaluate("location.hash = 'environment-title'")
    expect(page.locator("#environment-title")).to_be_visible()
    page.reload()
    expect(page.locator("#environment-title")).to_be_visible()
    assert shown() == ["reproduce"]
    for tab in ("Tables", "Reproduce"):
        page.get_by_role("tab", name=tab).click()
        assert serious(guest) == [], tab
    page.emulate_media(media="print")
    assert shown() == ["summary", "plots", "tables", "reproduce", "log"]


def test_runs_are_chosen_and_compared(member: Visitor) -> None:
    page = member.page
    member.visit(run_path(member))
    page.get_by_role("button", name="Run it again").click()
    expect(page.locator("#run-state")).to_contain_text(
        "succeeded", timeout=RUN_MILLISECONDS
    )
    member.visit("/runs/?status=succeeded")
    boxes = page.locator("[name=ids]")
    for index in range(2):
        boxes.nth(index).check()
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**/runs/compare/**")
    assert member.charts_draw() == 1
    expect(page.get_by_text("within noise", exact=True).first).to_be_visible()
    page.get_by_label("Metric", exact=True).select_option("information_nats")
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**metric=information_nats**")
