"""An audit from the template to the comparison, on pages that everybody can use."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.audits import CLAIM, npz, pairs
from tests.browser.test_quality import serious
from tests.browser.visitors import CONTRASTS, SCHEMES, WIDTHS, Visitor

pytestmark = pytest.mark.browser


def check_page(member: Visitor) -> None:
    """Fail if the page is hard to use, in light and dark, on wide or small screens."""
    page = member.page
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert serious(member) == [], (page.url, scheme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(CONTRASTS) == [], (page.url, width, scheme)


def test_pairs_are_uploaded_judged_and_compared(
    member: Visitor, tmp_path: Path
) -> None:
    page = member.page
    member.visit("/audits/")
    check_page(member)
    page.get_by_role("link", name="New audit").click()
    check_page(member)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download a template").click()
    template = tmp_path / download.value.suggested_filename
    download.value.save_as(template)
    page.locator("[name=pairs]").set_input_files(template)
    page.locator("[name=name]").fill("the template")
    page.get_by_role("button", name="Audit the file").click()
    expect(page.get_by_role("heading", name="Verdict")).to_contain_text("passed")

    wrong = tmp_path / "wrong.npz"
    wrong.write_bytes(npz(**pairs(faulty=True)))
    member.visit("/new/audit/")
    page.locator("[name=pairs]").set_input_files(wrong)
    page.locator("[name=specification]").fill(str(CLAIM).replace("'", '"'))
    page.get_by_role("button", name="Audit the file").click()
    expect(page.get_by_role("heading", name="Verdict")).to_contain_text("failed")
    assert member.charts_draw() == 3
    assert member.images_render() == []
    check_page(member)

    member.visit("/audits/")
    for index in range(2):
        page.locator("[name=ids]").nth(index).check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("gone", exact=True).first).to_be_visible()
    check_page(member)
