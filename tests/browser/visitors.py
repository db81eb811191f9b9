"""Visitors of pages, and checks that no errors occurred during their visits."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.operations.servers import DEADLINE_SECONDS, Server, wait_for

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WIDTHS = (390, 1440)
WAIT_MILLISECONDS = 90_000
"""How long a page may take to show something, on a busy machine."""

expect.set_options(timeout=WAIT_MILLISECONDS)

PAGES = [
    "/dashboard/",
    "/status/?tokens=x&timestep=900",
    "/check/?schedule=linear&num_timesteps=100",
    "/schedules/",
    "/schedules/?search=nobody",
    "/schedules/cosine/",
    "/schedules/compare/?names=cosine,linear,sedd-absorbing",
    "/schedules/compare/",
    "/runs/",
    "run",
    "/runs/compare/",
    "/audits/",
    "/jobs/",
    "job",
    "/playground/",
    "/playground/embed/",
    "/import/",
    "/help/",
    "/help/lint/",
    "/account/login/",
]
"""Pages that everybody reads; a name stands for the first object of a list."""

MEMBER_PAGES = [
    "/account/",
    "/account/password/",
    "/new/schedule/?from=cosine",
    "/new/run/?schedules=cosine",
    "/data/",
    "corpus",
    "/schedules/cosine/",
    "/schedules/cosine/edit/",
    "/schedules/cosine/delete/",
    "run",
    "run edit/",
    "run delete/",
    "audit edit/",
]
"""Pages that need an account, or show more to one."""

ADMIN_PAGES = [
    "/admin/",
    "/admin/auth/group/",
    "/admin/auth/group/add/",
    "/admin/auth/user/",
    "/admin/auth/user/1/change/",
    "/admin/noising/accesstoken/",
    "/admin/noising/audit/",
    "/admin/noising/auditentry/",
    "/admin/noising/benchmarkrun/",
    "/admin/noising/corpus/",
    "/admin/noising/job/",
    "/admin/noising/scheduleconfig/",
    "/admin/noising/scheduleconfig/1/change/",
]
"""Every list, and a form of each kind."""

ELSEWHERE = {
    "docs": "test_pages.py",
    "audit": "test_audits.py",
    "audit-new": "test_audits.py",
    "audit-compare": "test_audits.py",
    "audit-delete": "has the template of run-delete",
    "job-delete": "has the template of run-delete",
    "corpus-delete": "has the template of run-delete",
    "data-new": "test_data.py",
    "playground-parameters": "a fragment of playground",
}
"""Where other pages are checked, by their names."""

LISTS = {"run": "/runs/", "audit": "/audits/", "job": "/jobs/", "corpus": "/data/"}
"""The lists of the objects whose first one a page may stand for."""

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

    def sign_in(self, path: str, username: str, password: str) -> None:
        """Fill in the login at an address, and send it."""
        self.visit(path)
        self.page.fill("#id_username", username)
        self.page.fill("#id_password", password)
        self.page.click("main button")

    def images_render(self, seconds: float = DEADLINE_SECONDS) -> list[str]:
        """Bring every image into view; return those that did not load.

        An image that is late is asked again and again: where scripts are off, no
        event reaches what the browser would be told to wait for. One that is still
        loading after so many seconds is an AssertionError.
        """
        images = self.page.locator("img")
        assert images.count()
        failed = []
        for index in range(images.count()):
            image = images.nth(index)
            if not image.is_visible():
                continue
            image.scroll_into_view_if_needed()
            source = str(image.get_attribute("src"))
            wait_for(
                partial(image.evaluate, "e => e.complete"),
                partial("the image {} is still loading".format, source),
                seconds,
            )
            if not image.evaluate("e => e.naturalWidth > 0"):
                failed.append(source)
        return failed

    def charts_draw(self) -> int:
        """Bring every visible plot with a chart into view; return how many there are.

        Each must have drawn its curves in the end.
        """
        figures = self.page.locator("figure.plot[data-chart]:visible")
        for figure in figures.all():
            figure.scroll_into_view_if_needed()
            figure.locator(".chart canvas").first.wait_for()
        return figures.count()

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
    browser: Browser,
    server: Server,
    *,
    width: int = 1440,
    scheme: Scheme = "light",
    scripts: bool = True,
) -> tuple[BrowserContext, Visitor]:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        java_script_enabled=scripts,
    )
    context.set_default_timeout(WAIT_MILLISECONDS)
    return context, Visitor(page=context.new_page(), server=server)


def run_path(guest: Visitor) -> str:
    return first_path(guest, "run")


def first_path(guest: Visitor, kind: str) -> str:
    """Return the path of the first object of a list."""
    guest.visit(LISTS[kind])
    path = guest.page.locator("tbody th a").first.get_attribute("href")
    assert path is not None
    return path


def go(guest: Visitor, path: str) -> None:
    """Visit a page; "run edit/" is below the first run."""
    if not path.startswith("/"):
        kind, _, rest = path.partition(" ")
        path = first_path(guest, kind) + rest
    guest.visit(path)
    guest.charts_draw()


SERIOUS = {"serious", "critical"}
RULES: dict[str, Any] = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    }
}

COLOURS = {"runOnly": ["color-contrast"]}
"""The only rule that the theme can break."""


def serious(guest: Visitor, rules: dict[str, Any] = RULES) -> list[tuple[str, str]]:
    """Return the rules of axe-core that the page breaks badly, and where."""
    found = Axe().run(guest.page, options=rules).response["violations"]
    return [
        (violation["id"], violation["nodes"][0]["html"][:200])
        for violation in found
        if violation["impact"] in SERIOUS
    ]
