from pathlib import Path

import pytest
from playwright.sync_api import Locator

from tests.browser.visitors import Visitor, go

pytestmark = pytest.mark.browser


@pytest.fixture
def chart(guest: Visitor) -> Locator:
    """The chart of a stored schedule's alpha."""
    guest.visit("/schedules/sedd-absorbing/")
    guest.charts_draw()
    chart = guest.page.locator("figure.plot .chart").first
    chart.scroll_into_view_if_needed()
    return chart


def over(chart: Locator) -> Locator:
    return chart.locator(".u-over")


def test_the_value_under_the_cursor_is_told_in_every_chart_of_the_group(
    guest: Visitor, chart: Locator
) -> None:
    box = over(chart).bounding_box()
    assert box is not None
    guest.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    # The schedule is loglinear: alpha falls evenly.
    assert chart.locator(".chart-value").text_content() == "0.5005"
    assert chart.locator(".chart-readout").text_content() == "time 0.5"
    values = guest.page.locator(".chart-value").all_text_contents()
    assert len(values) == 6
    assert all(values)


def test_arrow_keys_read_values(guest: Visitor, chart: Locator) -> None:
    canvas = chart.locator(".chart-canvas")
    canvas.focus()
    first = canvas.get_attribute("aria-label")
    assert first == "Signal left. Arrow keys read the values."
    guest.page.keyboard.press("ArrowRight")
    said = chart.locator("[aria-live]").text_content()
    assert said is not None
    assert said.startswith("time 0.52")
    assert "sedd-absorbing 0.4" in said


def test_dragging_zooms_and_a_button_shows_all_again(
    guest: Visitor, chart: Locator
) -> None:
    whole = chart.get_by_role("button", name="Full range")
    assert not whole.is_visible()
    box = over(chart).bounding_box()
    assert box is not None
    mouse, middle = guest.page.mouse, box["y"] + box["height"] / 2
    mouse.move(box["x"] + 0.25 * box["width"], middle)
    mouse.down()
    mouse.move(box["x"] + 0.75 * box["width"], middle, steps=5)
    mouse.up()
    whole.wait_for()
    mouse.move(box["x"] + 1, middle)
    readout = chart.locator(".chart-readout").text_content()
    assert readout is not None
    assert float(readout.removeprefix("time ")) == pytest.approx(0.25, abs=0.02)
    whole.click()
    assert not whole.is_visible()


def test_lines_can_be_put_away(chart: Locator) -> None:
    key = chart.get_by_role("button", name="sedd-absorbing")
    assert key.get_attribute("aria-pressed") == "true"
    key.click()
    assert key.get_attribute("aria-pressed") == "false"
    key.press("Enter")
    assert key.get_attribute("aria-pressed") == "true"


def test_the_axis_can_be_logarithmic(chart: Locator) -> None:
    before = chart.locator("canvas").screenshot()
    button = chart.get_by_role("button", name="Log axis")
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert chart.locator("canvas").screenshot() != before


def test_panels_of_a_figure_share_a_legend(guest: Visitor) -> None:
    go(guest, "run")
    guest.page.get_by_role("tab", name="Plots").click()
    guest.charts_draw()
    figure = guest.page.locator("figure.plot", has_text="Tokens unchanged")
    assert figure.locator(".chart").count() > 1
    assert figure.locator(".chart-legend").count() == 1
    assert "95 % intervals" in figure.locator(".plot-note").inner_text()
    second = figure.locator(".chart").nth(1)
    box = over(second).bounding_box()
    assert box is not None
    guest.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    assert all(figure.locator(".chart-value").all_text_contents())
    before = second.locator("canvas").screenshot()
    figure.get_by_role("button", name="all, no hyperschedule").click()
    assert second.locator("canvas").screenshot() != before


def test_a_figure_is_taken_home_for_a_paper(guest: Visitor, chart: Locator) -> None:
    figure = guest.page.locator("figure.plot").first
    figure.get_by_label("Export Signal left").click()
    figure.get_by_label("Width").select_option("two-columns")
    with guest.page.expect_download() as download:
        figure.get_by_role("button", name="PDF").click()
    name = download.value.suggested_filename
    assert name == "sedd-absorbing-alpha-two-columns.pdf"
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    guest.page.keyboard.press("Escape")
    assert not figure.locator(".export-menu").is_visible()


def test_all_charts_change_their_abscissa_together(
    guest: Visitor, chart: Locator
) -> None:
    guest.page.get_by_label("Over").select_option("information")
    box = over(chart).bounding_box()
    assert box is not None
    guest.page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 40)
    # Of the absorbing graph the information left is alpha.
    readout = chart.locator(".chart-readout").text_content()
    alpha = chart.locator(".chart-value").text_content()
    assert readout is not None
    assert alpha is not None
    lost = float(readout.removeprefix("information "))
    assert lost == pytest.approx(0.25, abs=0.01)
    assert float(alpha) == pytest.approx(1.0 - lost, abs=1e-3)
