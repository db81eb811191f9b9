import pytest
from playwright.sync_api import expect

from tests.browser.visitors import Visitor, run_path

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600, func_only=True)]

RUN_MILLISECONDS = 240_000
"""How long a worker may take to measure a small run, on a busy machine."""


def test_a_run_is_asked_for_and_followed_to_its_end(member: Visitor) -> None:
    page = member.page
    member.visit("/schedules/cosine/")
    page.get_by_role("link", name="Benchmark").click()
    page.get_by_label("Corpus").select_option("synthetic")
    page.get_by_label("Timesteps").fill("0, 999")
    page.get_by_label("Samples").fill("4")
    page.get_by_role("button", name="Queue the run").click()
    state = page.locator("#run-state")
    # The page loads itself again when the worker is done.
    expect(state).to_contain_text("succeeded", timeout=RUN_MILLISECONDS)
    assert member.charts_draw() >= 3
    page.get_by_role("link", name="Edit notes and tags").click()
    page.get_by_label("Tags").fill("tried")
    page.get_by_role("button", name="Store").click()
    expect(page.get_by_role("link", name="tried")).to_be_visible()


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
