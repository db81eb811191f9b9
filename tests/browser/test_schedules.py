import json

import pytest
from playwright.sync_api import expect

from tests.browser.visitors import Visitor

pytestmark = pytest.mark.browser


def test_schedules_are_found_chosen_and_compared(guest: Visitor) -> None:
    page = guest.page
    guest.visit("/schedules/")
    page.get_by_label("Search").fill("sedd")
    page.get_by_label("Search").press("Enter")
    page.wait_for_url("**search=sedd**")
    assert guest.images_render() == []
    page.get_by_label("Select sedd-absorbing").check()
    page.get_by_label("Select sedd_entropy").check()
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**/compare/**")
    assert guest.charts_draw() == 8
    expect(page.get_by_role("rowheader", name="graph.type")).to_be_visible()
    page.get_by_label("Add schedules").fill("linear")
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**names=linear**")
    assert page.locator(".conditions .choice").count() == 3


def test_a_column_orders_the_list(guest: Visitor) -> None:
    guest.visit("/schedules/")
    guest.page.get_by_role("link", name="Name", exact=True).click()
    guest.page.wait_for_url("**ordering=name**")
    guest.page.get_by_role("link", name="Name", exact=True).click()
    guest.page.wait_for_url("**ordering=-name**")
    first = guest.page.locator("tbody th a").first.text_content()
    assert first == "uniform"


def test_the_specification_is_copied(guest: Visitor) -> None:
    guest.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    guest.visit("/schedules/cosine/")
    button = guest.page.get_by_role("button", name="Copy JSON")
    button.click()
    expect(button).to_have_text("Copied")
    copied = guest.page.evaluate("navigator.clipboard.readText()")
    assert json.loads(copied)["schedule"]["type"] == "cosine"


def test_a_new_version_is_previewed_while_typing_and_stored(member: Visitor) -> None:
    page = member.page
    member.visit("/schedules/cosine/")
    page.get_by_role("link", name="New version from this one").click()
    preview = page.locator("#preview")
    expect(preview.locator(".findings")).to_contain_text("bfloat16_blind")
    before = preview.locator("canvas").first.screenshot()
    page.fill(
        "#id_specification", '{"schedule": {"type": "linear"}, "num_timesteps": 9'
    )
    expect(preview.get_by_role("status")).to_contain_text("This is not valid JSON")
    page.locator("#id_specification").press_sequentially("}")
    expect(preview.locator(".findings")).to_contain_text("terminal_leak")
    assert preview.locator("canvas").first.screenshot() != before
    expect(preview.locator(".verdict")).to_contain_text("leaks")
    preview.get_by_role("button", name="Use this: sedd_entropy, good").click()
    expect(preview.locator(".verdict")).to_contain_text("no timestep is wasted")
    name = page.locator("#id_name").input_value()
    page.get_by_role("button", name="Store").click()
    page.wait_for_url(f"**/schedules/{name}/")
    expect(page.get_by_role("status").first).to_contain_text(f"{name} is stored.")
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_role("button", name="Unarchive")).to_be_visible()


def test_a_type_is_put_into_the_specification(member: Visitor) -> None:
    page = member.page
    member.visit("/new/schedule/")
    page.get_by_text("Graph", exact=True).click()
    page.locator("[data-part=graph][data-type=absorbing]").click()
    typed = json.loads(page.locator("#id_specification").input_value())
    assert typed["graph"] == {"type": "absorbing"}


def test_a_hyperschedule_is_a_map_of_positions(member: Visitor) -> None:
    page = member.page
    member.visit("/new/schedule/")
    page.fill("#id_name", "sliding-map")
    specification = {"hyperschedule": {"type": "sliding", "width": 8, "levels": 8}}
    page.fill("#id_specification", json.dumps(specification))
    page.get_by_role("button", name="Store").click()
    page.wait_for_url("**/schedules/sliding-map/")
    image = page.locator('img[src*="positions.svg"]')
    image.scroll_into_view_if_needed()
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("e => e.naturalWidth") > 0
