"""docs/ within the site, and the terms of the glossary."""

import re
from html import unescape

import pytest
from django.conf import settings
from django.template import Context, Template
from django.test import Client

from noising.documents import find_document, list_documents, load_terms
from noising.engine.lint import CHECKS
from tests.dashboard.pages import inline_parts, page_text

NAMES = sorted(path.stem for path in (settings.BASE_DIR / "docs").glob("*.md"))

pytestmark = pytest.mark.django_db


def test_every_document_is_listed_and_shown_without_raw_markdown(
    client: Client,
) -> None:
    listed = page_text(client, "/help/")
    for name in NAMES:
        assert f'href="/help/{name}/"' in listed
        page = page_text(client, f"/help/{name}/")
        assert inline_parts(page) == []
        prose = re.sub(r"(?s)<pre.*?</pre>|<code>.*?</code>", "", page)
        assert not re.search(r"```|^\|| \*\*|\]\(", prose, re.MULTILINE), name
    assert client.get("/help/nothing/").status_code == 404


def test_links_between_documents_lead_to_places_that_exist() -> None:
    for document in [one for group in list_documents().values() for one in group]:
        for page, anchor in re.findall(
            r'href="(?:/help/(\w+)/)?(?:#([^"]*))?"', document.html
        ):
            target = find_document(page or document.name).html
            assert not anchor or f'id="{unescape(anchor)}"' in target, (
                document.name,
                anchor,
            )


def test_every_code_of_the_linter_has_its_section(client: Client) -> None:
    page = page_text(client, "/help/lint/")
    assert [code for code in CHECKS if f'id="{code}"' not in page] == []


def test_images_of_documents_are_served(client: Client) -> None:
    assert '<img src="/help/images/validation.svg"' in page_text(
        client, "/help/training/"
    )
    image = client.get("/help/images/validation.svg")
    assert image.headers["Content-Type"] == "image/svg+xml"
    assert image.getvalue().startswith(b"<?xml")
    for name in ("nothing.svg", "..", "validation.txt"):
        assert client.get(f"/help/images/{name}").status_code == 404


def test_a_term_links_to_its_row_and_says_what_it_means() -> None:
    template = Template('{% load texts %}{% term "wasted timestep" "Wasted" %}')
    html = template.render(Context())
    assert 'title="A timestep that loses less than a tenth of an even share' in html
    assert html.endswith(">Wasted</a>")
    anchors = {term.anchor for term in load_terms().values()}
    shown = find_document("glossary").html
    assert [anchor for anchor in anchors if f'<tr id="{anchor}">' not in shown] == []
