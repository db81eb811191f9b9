from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.conftest import PASSWORD
from tests.operations.servers import Server

pytestmark = pytest.mark.browser

Scheme = Literal["light", "dark"]
WIDTHS = (390, 1440)

# Text against what lies behind it, by WCAG 2's formula; images are left out.
CONTRASTS = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => {
      const c = v / 255;
      return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some(
      (node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.getClientRects().length) continue;
    if (!element.checkVisibility()) continue;
    const [a, b] = [parse(getComputedStyle(element).color), behind(element)]
      .map(luminance);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push([element.className, element.textContent, ratio]);
  }
  return found;
}"""


@dataclass(kw_only=True)
class Visitor:
    """A page, and everything about it that should not have happened."""

    page: Page
    server: Server
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.on("response", lambda response: self._answered(response))

    def visit(self, path: str) -> None:
        self.page.goto(f"http://127.0.0.1:{self.server.port}{path}")
        self.page.wait_for_load_state("networkidle")

    def images_render(self) -> list[str]:
        """Bring every image into view; return those that did not load."""
        images = self.page.locator("img")
        assert images.count()
        failed = []
        for index in range(images.count()):
            image = images.nth(index)
            if not image.is_visible():
                continue
            image.scroll_into_view_if_needed()
            image.evaluate(
                "e => e.complete || new Promise(done => "
                "{ e.onload = e.onerror = () => done() })"
            )
            if not image.evaluate("e => e.naturalWidth > 0"):
                failed.append(str(image.get_attribute("src")))
        return failed

    def _heard(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(message.text)

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "data" and parts.hostname != "127.0.0.1":
            self.troubles.append(f"left the host: {url}")

    def _answered(self, response: Any) -> None:
        if response.status >= 400:
            self.troubles.append(f"{response.status}: {response.url}")


def visitor(
    browser: Browser, server: Server, *, width: int = 1440, scheme: Scheme = "light"
) -> tuple[BrowserContext, Visitor]:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    return context, Visitor(page=context.new_page(), server=server)


@pytest.fixture
def guest(browser: Browser, server: Server) -> Iterator[Visitor]:
    context, guest = visitor(browser, server)
    yield guest
    context.close()
    assert guest.troubles == []


@pytest.fixture
def admin(guest: Visitor) -> Visitor:
    guest.visit("/admin/login/")
    guest.page.fill("#id_username", "admin")
    guest.page.fill("#id_password", PASSWORD)
    guest.page.click("main button")
    guest.page.wait_for_url("**/admin/")
    return guest


def run_path(guest: Visitor) -> str:
    guest.visit("/")
    path = guest.page.locator("article.run-card h3 a").first.get_attribute("href")
    assert path is not None
    return path


def test_the_dashboard_shows_its_plots(guest: Visitor) -> None:
    guest.visit("/")
    assert guest.page.title() == "Noising Service"
    assert guest.images_render() == []
    assert guest.page.locator(".plot img:visible").count() == 6


def test_a_run_page_shows_its_plots(guest: Visitor) -> None:
    guest.visit(run_path(guest))
    assert guest.images_render() == []
    assert guest.page.locator(".plot img").count() == 4


def test_a_schedule_page_shows_its_plots(guest: Visitor) -> None:
    guest.visit("/schedules/sedd-absorbing/")
    assert guest.images_render() == []
    assert guest.page.locator(".plot img").count() == 3


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
    admin.page.click("th.field-created_at a >> nth=0")
    admin.page.wait_for_selector(".plot img")  # the click waits for no page
    assert admin.images_render() == []
    assert admin.page.locator(".plot img").count() == 4


def test_the_api_page_works_without_the_internet(guest: Visitor) -> None:
    guest.visit("/api/docs/")
    guest.page.wait_for_selector(".opblock")
    assert guest.page.locator(".opblock").count() >= 4


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_pages_fit_and_can_be_read(
    browser: Browser, server: Server, width: int, scheme: Scheme
) -> None:
    context, guest = visitor(browser, server, width=width, scheme=scheme)
    for path in ("/dashboard/", "/schedules/linear/", run_path(guest)):
        guest.visit(path)
        page_width = guest.page.evaluate("document.documentElement.scrollWidth")
        assert page_width <= width, path
        assert guest.page.evaluate(CONTRASTS) == [], path
    context.close()
    assert guest.troubles == []


def test_the_keyboard_reaches_the_content_first(guest: Visitor) -> None:
    guest.visit("/dashboard/")
    guest.page.keyboard.press("Tab")
    assert guest.page.evaluate("document.activeElement.textContent") == (
        "Skip to the content"
    )
    guest.page.keyboard.press("Enter")
    assert guest.page.evaluate("document.activeElement.id") == "content"


def test_pages_work_without_scripts(browser: Browser, server: Server) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{server.port}/dashboard/")
    page.get_by_role("link", name="sedd-absorbing", exact=True).click()
    assert page.get_by_role("heading", name="sedd-absorbing").is_visible()
    context.close()
