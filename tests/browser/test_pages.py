import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visitors import COLOURS, Visitor, run_path, serious, visitor
from tests.operations.servers import Server

pytestmark = pytest.mark.browser


PLOTTED = [("/", 2), ("/schedules/sedd-absorbing/", 6), ("run", 4)]


@pytest.mark.parametrize(("path", "count"), PLOTTED)
def test_plots_become_charts(guest: Visitor, path: str, count: int) -> None:
    guest.visit(f"{run_path(guest)}#plots" if path == "run" else path)
    # The throughput is an image: it has bars.
    assert guest.charts_draw() == (count - 1 if path == "run" else count)
    assert guest.page.locator(".plot img:visible").count() <= 1


@pytest.mark.parametrize(("path", "count"), PLOTTED)
def test_plots_are_images_without_scripts(
    browser: Browser, server: Server, path: str, count: int
) -> None:
    context, guest = visitor(browser, server, scripts=False)
    guest.visit(run_path(guest) if path == "run" else path)
    assert guest.images_render() == []
    assert guest.page.locator(".plot img:visible").count() == count
    context.close()
    assert guest.troubles == []


def test_a_plot_opened_by_its_own_address_is_more_than_black(guest: Visitor) -> None:
    guest.visit("/plots/built-in/alpha.svg")
    fills = guest.page.evaluate(
        "() => [...document.querySelectorAll('path')].map("
        "(e) => getComputedStyle(e).fill + getComputedStyle(e).stroke)"
    )
    assert len(set(fills)) > 5


def test_admin_shows_plots_beside_the_columns(admin: Visitor) -> None:
    admin.visit("/admin/noising/scheduleconfig/")
    admin.page.click("th.field-slug a >> nth=0")
    admin.page.wait_for_selector(".plot img")  # the click waits for no page
    assert admin.images_render() == []
    assert admin.page.locator(".plot img").count() == 3
    admin.visit("/admin/noising/benchmarkrun/")
    admin.page.click("th.field-title a >> nth=0")
    admin.page.wait_for_selector(".plot img")  # the click waits for no page
    assert admin.images_render() == []
    assert admin.page.locator(".plot img").count() == 4


def test_the_api_page_works_without_the_internet(guest: Visitor) -> None:
    guest.visit("/api/docs/")
    guest.page.wait_for_selector(".opblock")
    assert guest.page.locator(".opblock").count() >= 4
    guest.page.locator(".opblock-summary-control").nth(3).click()
    guest.page.wait_for_url("**/#/core/noise")
    assert serious(guest) == []
    # Without motion: the buttons of Swagger UI fade from one scheme into the other.
    guest.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert serious(guest, COLOURS) == []


def test_the_dashboard_dissolves_a_proof(guest: Visitor) -> None:
    guest.visit("/dashboard/")
    tokens = guest.page.locator("[data-mini] .token")
    expect(tokens.first).to_have_text("The")
    noised = guest.page.locator("[data-mini] .token.is-noised")
    before = noised.count()
    guest.page.locator("[data-slider]").fill("999")
    assert before < noised.count() == tokens.count()
    guest.page.get_by_role("combobox", name="Graph").select_option("absorbing")
    expect(guest.page.locator("[data-mini] .is-mask").first).to_be_visible()
    href = guest.page.get_by_role("link", name="Open in the playground")
    expect(href).to_have_attribute("href", re.compile("a-graph=absorbing&timestep=999"))
    # The frame, on the same page: a theme that stays, and a menu on small screens.
    root = guest.page.locator("html")
    guest.page.get_by_role("button", name="Theme: system").click()
    guest.page.get_by_role("button", name="Theme: light").click()
    guest.page.reload()
    expect(root).to_have_attribute("data-theme", "dark")
    colour = "getComputedStyle(document.body).backgroundColor"
    assert guest.page.evaluate(colour) == "rgb(13, 16, 17)"
    expect(guest.page.get_by_role("button", name="Menu")).to_be_hidden()
    guest.page.set_viewport_size({"width": 390, "height": 900})
    link = guest.page.get_by_role("link", name="Playground", exact=True)
    expect(link).to_be_hidden()
    guest.page.get_by_role("button", name="Menu").click()
    expect(link).to_be_visible()


def test_the_keyboard_reaches_the_content_first(guest: Visitor) -> None:
    guest.visit("/dashboard/")
    guest.page.keyboard.press("Tab")
    assert guest.page.evaluate("document.activeElement.textContent") == (
        "Skip to the content"
    )
    guest.page.keyboard.press("Enter")
    assert guest.page.evaluate("document.activeElement.id") == "content"


def test_pages_work_without_scripts(browser: Browser, server: Server) -> None:
    context, guest = visitor(browser, server, scripts=False)
    guest.visit("/dashboard/")
    guest.page.get_by_label("Schedule", exact=True).select_option("linear")
    guest.page.get_by_role("button", name="Check the schedule").click()
    assert guest.page.get_by_text("30.3% of the information").first.is_visible()
    guest.page.get_by_role("link", name="Use this: sedd_entropy, good").click()
    assert guest.page.get_by_text("no timestep is wasted").is_visible()
    context.close()
    assert guest.troubles == []
