import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from playwright.sync_api import Browser, Locator, Request, expect

from noising.curves.labels import SIGNAL
from tests.browser.visitors import CONTRASTS, WIDTHS, Scheme, Visitor, visitor
from tests.dashboard.playground.queries import TEXT, TOKENS, address
from tests.integrations.services import answer, serving
from tests.operations.servers import Server, running

pytestmark = pytest.mark.browser

IDS = re.compile(r"\bid (\d+)")
CARDS = """all => all.map((e) => {
  const over = { bubbles: true, pointerType: "mouse" };
  e.dispatchEvent(new PointerEvent("pointerover", over));
  return document.querySelector("#token-card").textContent;
})"""
"""What the card of each token says while the pointer is over the token."""


def path(**fields: Any) -> str:
    return address(**({"text": TEXT} | fields))


def chips(guest: Visitor, label: str = "a") -> Locator:
    return guest.page.locator(f"[data-panel={label}] [data-position]")


def open_at(guest: Visitor, **fields: Any) -> None:
    """Visit the playground, and wait for its scripts."""
    guest.visit(path(**fields))
    chips(guest).first.wait_for()


def ids(guest: Visitor, label: str = "a") -> list[int]:
    cards = chips(guest, label).evaluate_all(CARDS)
    return [int(IDS.findall(card)[-1]) for card in cards]


def protect(guest: Visitor, position: int) -> None:
    """Protect a token, or remove its protection, on its card."""
    chips(guest).nth(position).click()
    guest.page.locator("#token-card button").click()
    guest.page.keyboard.press("Escape")


def move_to(guest: Visitor, timestep: int) -> None:
    guest.page.locator("[data-slider]").fill(str(timestep))


def snippet(guest: Visitor, name: str) -> str:
    block = guest.page.locator(f'[data-snippets] pre[data-copy="{name}"]')
    return str(block.text_content())


def noised(guest: Visitor, body: dict[str, Any]) -> list[int]:
    answered = guest.server.ask("POST", "/api/v1/noise", body)
    assert answered.status == 200, answered.body
    found: list[int] = answered.json()["noised_tokens"]
    return found


SPECIFICATIONS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"a_graph": "absorbing"}, {"schedule": {"graph": {"type": "absorbing"}}}),
    (
        {"a_schedule": "gidd", "a_graph": "gidd"},
        {"schedule": {"schedule": {"type": "gidd"}, "graph": {"type": "gidd"}}},
    ),
    ({"a_stored": "sedd-absorbing"}, {"schedule": "sedd-absorbing"}),
    (
        {
            "a_graph": "hdlm_gamma",
            "a_hyperschedule": "sliding",
            "a_num_timesteps": "64",
            "a_hyperschedule__width": "4",
        },
        {
            "schedule": {"num_timesteps": 64, "graph": {"type": "hdlm_gamma"}},
            "hyperschedule": {"type": "sliding", "width": 4},
        },
    ),
]


@pytest.mark.parametrize(("fields", "body"), SPECIFICATIONS)
def test_the_slider_shows_what_the_api_answers_and_asks_for_nothing(
    guest: Visitor, fields: dict[str, Any], body: dict[str, Any]
) -> None:
    open_at(guest, seed=2**64 - 1, protect="1", **fields)
    last = int(str(guest.page.locator("[data-slider]").get_attribute("max")))
    asked: list[str] = []
    guest.page.on("request", lambda request: asked.append(request.url))
    # Forth and back: a step that is undone must leave what was before.
    for timestep in (0, last // 3, last, last // 2, last // 2 + 1, last // 5):
        move_to(guest, timestep)
        assert ids(guest) == noised(
            guest,
            {
                "tokens": TOKENS,
                "timesteps": timestep,
                "seed": 2**64 - 1,
                "protect": {"positions": [1]},
                **body,
            },
        )
    # A new address makes the browser look for the page's icon.
    assert [url for url in asked if "mark." not in url] == []


def test_the_counters_count_what_the_chips_show(guest: Visitor) -> None:
    open_at(guest, timestep=600)
    changed = chips(guest).and_(guest.page.locator(".is-noised")).count()
    counts = guest.page.locator("[data-panel=a] .counts dd").all_text_contents()
    assert counts[0] == f"{100 * (9 - changed) / 9:.2f} % {9 - changed} of 9"
    by_type = [re.search(r"(\d+) of (\d+)", count) for count in counts[1:]]
    assert sum(int(match[1]) for match in by_type if match) == 9 - changed
    assert [int(match[2]) for match in by_type if match] == [6, 2, 1]


def test_it_plays_to_the_end_and_can_be_paused(guest: Visitor) -> None:
    open_at(guest, timestep=0)
    page = guest.page
    assert page.locator("[data-slider]").input_value() == "0"
    play = page.locator("[data-play]")
    play.click()
    assert play.text_content() == "Pause"
    slider = page.locator("[data-slider]")
    expect(slider).to_have_value(re.compile("^([5-9].|...)$"))
    play.click()
    assert play.text_content() == "Play"
    paused = slider.input_value()
    assert 50 < int(paused) < 999
    assert page.locator("[data-timestep]").input_value() == paused
    assert page.url.endswith(f"timestep={paused}")
    page.get_by_label("Speed").select_option("4")
    play.click()
    expect(slider).to_have_value("999")
    assert play.text_content() == "Play"
    assert ids(guest) == noised(guest, {"tokens": TOKENS, "timesteps": 999, "seed": 7})
    play.click()  # from the end it begins anew
    expect(slider).to_have_value(re.compile("^[0-8]?.?.$"))
    move_to(guest, 5)  # a hand on the slider ends the run
    assert play.text_content() == "Play"


def test_space_plays_unless_the_focus_is_in_a_field(guest: Visitor) -> None:
    open_at(guest, timestep=0)
    play = guest.page.locator("[data-play]")
    guest.page.keyboard.press("Space")
    assert play.text_content() == "Pause"
    guest.page.keyboard.press("Space")
    assert play.text_content() == "Play"
    guest.page.get_by_label("Text", exact=True).press("Space")
    assert play.text_content() == "Play"


LINES = """() => [...document.querySelectorAll("[data-panel=a] .token-line")].map(
  (line) => [line.textContent, line.getBoundingClientRect().top + scrollY,
    line.scrollWidth - line.clientWidth])"""
INDENTS = """() => [...document.querySelectorAll(".token-line")].map(
  (line) => [line.textContent.startsWith(" "), parseFloat(line.style.textIndent)])"""
CODE = "def double(n):\n    if n < 0:\n        return 0\n\n    return n * 2"


def test_the_text_keeps_its_lines_at_every_timestep(guest: Visitor) -> None:
    open_at(guest, text=CODE, timestep=0)
    clean = guest.page.evaluate(LINES)
    # A line feed is shown; a blank line has the second feed of the line before it.
    assert [text.rstrip("⏎") for text, _, _ in clean] == CODE.split("\n")
    for timestep in (250, 500, 999):
        move_to(guest, timestep)
        noised = guest.page.evaluate(LINES)
        assert [top for _, top, _ in noised] == [top for _, top, _ in clean]
        assert all(excess <= 0 for _, _, excess in noised)
    # A long line is broken at blanks, so that it fits when it is longest.
    guest.page.set_viewport_size({"width": 390, "height": 900})
    open_at(guest, text="one two three " * 20, timestep=999)
    assert all(excess <= 0 for _, _, excess in guest.page.evaluate(LINES))
    move_to(guest, 0)
    starts = [text[0] for text, _, _ in guest.page.evaluate(LINES)]
    assert set(starts[1:]) == {" "}
    # A token without a blank begins where the others' texts do.
    move_to(guest, 999)
    indents = guest.page.evaluate(INDENTS)[1:]
    assert {starts_blank for starts_blank, _ in indents} == {True, False}
    assert all(starts_blank == (indent < 0) for starts_blank, indent in indents)


def test_another_page_frames_the_tokens_which_act_for_nobody(guest: Visitor) -> None:
    guest.page.context.add_cookies(
        [{"name": "any", "value": "x", "domain": "127.0.0.1", "path": "/"}]
    )
    open_at(guest, a_graph="absorbing", timestep=700, protect="1")
    requests: list[Request] = []
    guest.page.on("request", lambda request: requests.append(request))
    guest.page.evaluate(
        "navigator.clipboard.writeText = async (text) => { window.copied = text; }"
    )
    guest.page.get_by_role("button", name="Copy embed code").click()
    guest.page.evaluate(
        """document.querySelector("main").append(
          document.createRange().createContextualFragment(window.copied))"""
    )
    expect(guest.page.locator("iframe")).to_have_css("border-top-width", "0px")
    guest.page.locator("iframe").scroll_into_view_if_needed()  # it loads lazily
    frame = guest.page.frame_locator("iframe")
    expect(frame.locator("[data-position]")).to_have_count(len(TOKENS))
    masked = frame.locator(".is-mask").count()
    assert masked == chips(guest).and_(guest.page.locator(".is-mask")).count()
    frame.locator("[data-slider]").fill("999")
    assert frame.locator(".is-mask").count() == len(TOKENS) - 1
    link = frame.get_by_role("link", name="Open in the playground")
    expect(link).to_have_attribute("href", re.compile("timestep=999&protect=1|999"))
    fetched = [one for one in requests if one.resource_type == "fetch"]
    assert len(fetched) == 3  # state, trajectory, texts
    assert not [one.url for one in fetched if "cookie" in one.all_headers()]


def test_nothing_moves_by_itself_or_dissolves_where_motion_is_unwelcome(
    browser: Browser, server: Server
) -> None:
    context = browser.new_context(reduced_motion="reduce")
    guest = Visitor(page=context.new_page(), server=server)
    open_at(guest, timestep=500)
    duration = chips(guest).first.evaluate("e => getComputedStyle(e).transition")
    assert "none" in duration
    assert guest.page.locator("[data-play]").text_content() == "Play"
    context.close()
    assert guest.troubles == []


def test_a_link_restores_everything(guest: Visitor) -> None:
    open_at(guest)
    page = guest.page
    page.get_by_label("Text", exact=True).fill("|- ( ph -> ( ps -> ph ) )")
    page.get_by_label("Tokenizer", exact=True).select_option("metamath")
    page.get_by_label("Compare with a second process").check()
    first, second = (page.locator(f"[data-process={label}]") for label in "ab")
    first.get_by_label("Hyperschedule", exact=True).select_option("token_types")
    first.get_by_label("Critical weight", exact=True).fill("7.5")
    second.get_by_label("Graph", exact=True).select_option("hdlm_epsilon")
    second.get_by_label("Schedule", exact=True).select_option("power")
    second.get_by_text("Parameters").first.click()
    second.get_by_label("Timesteps", exact=True).fill("40")
    second.get_by_label("exponent", exact=True).fill("3")
    second.get_by_label("Schedule", exact=True).select_option("polynomial")
    page.get_by_role("button", name="New seed").click()
    page.get_by_label("critical", exact=True).check()
    page.wait_for_url(re.compile("num_timesteps=40&b-schedule.exponent=3"))
    page.locator("[data-panel=b] h2", has_text="hdlm_epsilon").wait_for()
    protect(guest, 2)
    move_to(guest, 700)
    page.locator("[data-slider]").dispatch_event("change")
    shown = [ids(guest, label) for label in "ab"]
    seed = page.get_by_label("Seed", exact=True).input_value()
    assert seed != "7"
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    chips(guest, "b").first.wait_for()
    assert [ids(guest, label) for label in "ab"] == shown
    assert page.get_by_label("Seed", exact=True).input_value() == seed
    assert (
        page.get_by_label("Text", exact=True).input_value()
        == "|- ( ph -> ( ps -> ph ) )"
    )
    assert first.get_by_label("Critical weight", exact=True).input_value() == "7.5"
    assert second.get_by_label("exponent", exact=True).input_value() == "3"
    assert page.locator("[data-timestep]").input_value() == "700"
    assert "is-protected" in str(chips(guest).nth(2).get_attribute("class"))
    assert "timestep 27 ·" in str(
        page.locator("[data-panel=b] .panel-head").text_content()
    )


def test_the_keyboard_walks_the_tokens_and_protects(guest: Visitor) -> None:
    open_at(guest, timestep=999)
    keyboard, row = guest.page.keyboard, chips(guest)
    assert row.evaluate_all("all => all.filter((e) => e.tabIndex === 0).length") == 1
    row.first.focus()
    keyboard.press("ArrowRight")
    keyboard.press("ArrowRight")
    assert row.nth(2).evaluate("e => e === document.activeElement")
    card = guest.page.locator("#token-card")
    assert "was  <, now" in str(card.text_content())
    assert row.nth(2).get_attribute("aria-describedby") == "token-card"
    keyboard.press("Space")  # opens the card to use it
    keyboard.press("Enter")
    assert "Remove protection" in str(card.text_content())
    assert guest.page.get_by_label("Protect positions", exact=True).input_value() == "2"
    keyboard.press("Escape")
    assert not card.is_visible()
    assert row.nth(2).evaluate("e => e === document.activeElement")
    assert "is-protected" in str(row.nth(2).get_attribute("class"))
    keyboard.press("End")
    keyboard.press("Home")
    keyboard.press("ArrowLeft")
    assert row.first.evaluate("e => e === document.activeElement")
    keyboard.press("PageDown")
    assert row.last.evaluate("e => e === document.activeElement")
    keyboard.press("Tab")
    assert not card.is_visible()
    assert ids(guest)[2] == TOKENS[2]
    slider = guest.page.locator("[data-slider]")
    slider.focus()
    keyboard.press("ArrowLeft")
    assert slider.input_value() == "998"
    keyboard.press("Home")
    assert ids(guest) == TOKENS


def test_tokens_of_a_type_are_protected_together(guest: Visitor) -> None:
    open_at(guest, timestep=999)
    guest.page.get_by_label("variable", exact=True).check()
    guest.page.wait_for_url("**protect_types=variable**")  # the page is at rest again
    looks = chips(guest).evaluate_all("all => all.map((e) => e.className)")
    assert [i for i, look in enumerate(looks) if "is-protected" in look] == [1, 6]
    assert [ids(guest)[i] for i in (1, 6)] == [TOKENS[1], TOKENS[6]]
    chips(guest).nth(1).click()  # which its type protects anyway
    card = guest.page.locator("#token-card")
    assert "All variable tokens are protected." in str(card.text_content())
    assert not card.locator("button").is_visible()


def test_snippets_follow_the_page(guest: Visitor) -> None:
    open_at(guest, timestep=100)
    move_to(guest, 640)
    protect(guest, 4)
    body = json.loads(snippet(guest, "JSON"))
    assert (body["timesteps"], body["protect"]) == (640, {"positions": [4]})
    assert noised(guest, body) == ids(guest)
    assert '"timesteps": 640' in snippet(guest, "curl")
    assert "process.noise(tokens, 640, seed=7" in snippet(guest, "Python")
    # The position would be another token's; so it would be in an example.
    positions = guest.page.get_by_label("Protect positions", exact=True)
    text = guest.page.get_by_label("Text", exact=True)
    text.fill(f"So {text.input_value()}")
    expect(positions).to_have_value("")
    positions.fill("3")
    guest.page.get_by_role("link", name="LaTeX").click()
    expect(positions).to_have_value("")


def test_the_curves_carry_dots_and_a_line_for_each_share(guest: Visitor) -> None:
    open_at(guest, compare="on", timestep=100)
    figure = guest.page.locator("[data-curves]")
    canvas = figure.locator("canvas")
    canvas.scroll_into_view_if_needed()
    names = figure.locator(".chart-key").all_text_contents()
    assert names == [
        f"A: {SIGNAL}",
        "A: share unchanged",
        f"B: {SIGNAL}",
        "B: share unchanged",
    ]
    before = canvas.screenshot()
    move_to(guest, 700)
    assert canvas.screenshot() != before


def test_what_cannot_be_used_is_said_beside_its_field(guest: Visitor) -> None:
    open_at(guest)
    page = guest.page
    graph = page.locator("[data-process=a]").get_by_label("Graph", exact=True)
    graph.select_option("gidd")
    error = page.locator("[data-field=a-graph] .errorlist")
    error.wait_for()
    assert "can be gidd only with the schedule gidd" in str(error.text_content())
    assert graph.get_attribute("aria-invalid") == "true"
    assert page.locator("[data-problem]").is_visible()
    assert chips(guest).count() == len(TOKENS)  # what was shown stays
    graph.select_option("absorbing")
    error.wait_for(state="detached")
    page.locator("[data-panel=a] h2", has_text="absorbing").wait_for()
    assert not page.locator("[data-problem]").is_visible()
    page.get_by_label("Text", exact=True).fill("數" * 1000)
    page.locator("[data-field=text] .errorlist", has_text="A URL holds").wait_for()


HOSTILE = "<script>alert(1)</script> \u202eevil\u202c \u05d0 &amp; $x^2$ \x07 \u200b"


def test_hostile_text_stays_text_with_scripts_and_without(
    browser: Browser, server: Server, guest: Visitor
) -> None:
    where = {"text": HOSTILE, "timestep": 400, "a_graph": "absorbing"}
    open_at(guest, **where)
    rows = [chips(guest).all_text_contents()]
    context, reader = visitor(browser, server, scripts=False)
    reader.visit(path(**where))
    rows.append(reader.page.locator("[data-panel=a] .token").all_text_contents())
    context.close()
    assert rows[0] == rows[1]
    move_to(guest, 0)
    texts = chips(guest).evaluate_all("all => all.map((e) => e.textContent)")
    assert "".join(texts).startswith("<script>alert(1)</script>")
    assert guest.page.locator("script:not([src])").count() == 0


def test_without_scripts_the_form_shows_other_noise(
    browser: Browser, server: Server
) -> None:
    context, guest = visitor(browser, server, scripts=False)
    guest.visit(path())
    page = guest.page
    page.locator("[data-process=a]").get_by_label("Graph", exact=True).select_option(
        "absorbing"
    )
    page.locator("[data-timestep]").fill("999")
    page.get_by_role("button", name="Show").first.click()
    assert page.locator("[data-panel=a] .is-mask").count() == len(TOKENS)
    assert guest.images_render() == []
    assert not page.locator("[data-play]").is_visible()
    context.close()
    assert guest.troubles == []


@pytest.fixture
def denoising(tmp_path: Path) -> Iterator[Server]:
    """A service with a denoiser that knows the answer but for one token."""
    document = orjson.dumps({"denoised_tokens": [*TOKENS[:-1], 5]})
    with (
        serving(answer(document)) as denoiser,
        running(tmp_path / "data", variables={"DENOISER_URL": denoiser.url}) as server,
    ):
        yield server


def test_a_denoiser_is_asked_and_its_answer_shown(
    browser: Browser, denoising: Server
) -> None:
    context, guest = visitor(browser, denoising)
    open_at(guest, timestep=999)
    guest.page.get_by_role("button", name="Denoise").click()
    back = guest.page.locator(".denoised .token")
    back.first.wait_for()
    assert back.count() == len(TOKENS)
    assert guest.page.locator(".denoised .is-wrong").count() == 1
    assert "88.89 %" in str(guest.page.locator(".denoised").text_content())
    context.close()
    assert guest.troubles == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_fits_and_can_be_read(
    browser: Browser, server: Server, width: int, scheme: Scheme
) -> None:
    context, guest = visitor(browser, server, width=width, scheme=scheme)
    open_at(guest, compare="on", a_hyperschedule="token_types", protect="1")
    page_width = guest.page.evaluate("document.documentElement.scrollWidth")
    assert page_width <= width
    assert guest.page.evaluate(CONTRASTS) == []
    context.close()
    assert guest.troubles == []
