import json

import pytest
from playwright.sync_api import expect

from tests.browser.visitors import Visitor, serious

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

    # The choice as chips, by the keyboard alone.
    field = page.get_by_role("combobox", name="Schedules")
    names = page.locator(".picked-item bdi")
    expect(names).to_have_text(["sedd-absorbing", "sedd_entropy"])
    field.press("Backspace")
    expect(names).to_have_text(["sedd-absorbing"])
    field.press_sequentially("line unif")
    first = page.get_by_role("option").first
    expect(first).to_have_attribute("aria-selected", "true")
    field.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "false")
    field.press("ArrowUp")
    field.press("Enter")
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(names).to_have_text(["sedd-absorbing", "linear"])
    field.press_sequentially("nobody")
    expect(page.get_by_text("Nothing matches.")).to_be_attached()
    field.press("Escape")
    expect(field).to_have_value("")
    assert serious(guest) == []
    page.get_by_label("Same number of timesteps").fill("100")
    page.get_by_role("button", name="Compare", exact=True).click()
    page.wait_for_url("**names=sedd-absorbing&names=linear&timesteps=100")
    assert guest.charts_draw() == 8
    page.get_by_role("button", name="Remove sedd-absorbing").click()
    expect(names).to_have_text(["linear"])


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


def test_a_schedule_is_entered_in_fields_or_json_previewed_and_stored(
    member: Visitor,
) -> None:
    page = member.page
    member.visit("/schedules/cosine/")
    page.get_by_role("link", name="New version from this one").click()
    preview = page.locator("#preview")
    expect(preview.locator(".findings")).to_contain_text("bfloat16_blind")
    expect(preview.get_by_role("button", name="sedd_entropy").first).to_be_visible()
    before = preview.locator("canvas").first.screenshot()
    # A change of type keeps what was typed for when it is chosen again.
    part = page.get_by_role("group", name="Schedule", exact=True)
    part.get_by_label("Type").select_option("linear")
    part.get_by_label("beta_max").fill("0.03")
    part.get_by_label("Type").select_option("sigmoid")
    expect(part.get_by_label("tau")).to_have_value("1")
    part.get_by_label("Type").select_option("linear")
    expect(part.get_by_label("beta_max")).to_have_value("0.03")
    page.get_by_label("Timesteps").fill("9")
    expect(preview.locator(".findings")).to_contain_text("terminal_leak")
    assert preview.locator("canvas").first.screenshot() != before

    page.get_by_role("tab", name="JSON").click()
    json_field = page.get_by_label("Specification as JSON")
    typed = json.loads(json_field.input_value())
    assert typed["num_timesteps"] == 9
    assert typed["schedule"]["beta_max"] == 0.03
    json_field.fill('{"schedule": {"type": "linear", "betamax": 1}')
    expect(preview.get_by_role("status")).to_contain_text("This is not valid JSON")
    page.get_by_role("tab", name="Fields").click()
    expect(page.get_by_role("tab", name="JSON")).to_have_attribute(
        "aria-selected", "true"
    )
    hyperschedule = {"type": "sliding", "width": 8, "levels": 8}
    json_field.fill(json.dumps({"num_timesteps": 9, "hyperschedule": hyperschedule}))
    page.get_by_role("tab", name="Fields").click()
    expect(part.get_by_label("Type")).to_have_value("cosine")
    expect(page.get_by_label("width")).to_have_value("8")

    part.get_by_label("Type").select_option("linear")
    expect(preview.locator(".verdict")).to_contain_text("leaks")
    preview.get_by_role("button", name="Use this: sedd_entropy, good").click()
    expect(preview.locator(".verdict")).to_contain_text("no timestep is wasted")
    expect(part.get_by_label("Type")).to_have_value("sedd_entropy")
    name = page.locator("#id_name").input_value()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(f"**/schedules/{name}/")
    expect(page.get_by_role("status").first).to_contain_text(f"{name} is stored.")
    image = page.locator('img[src*="positions.svg"]')
    image.scroll_into_view_if_needed()
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("e => e.naturalWidth") > 0
    page.get_by_text("More", exact=True).click()
    page.get_by_role("button", name="Archive").click()
    page.get_by_text("More", exact=True).click()
    expect(page.get_by_role("button", name="Unarchive")).to_be_visible()
