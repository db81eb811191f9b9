"""Whether every page of the site is checked in a browser."""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import ResolverMatch, resolve, reverse

from tests.browser.visitors import ADMIN_PAGES, ELSEWHERE, LISTS, MEMBER_PAGES, PAGES
from tests.site.routes import SAMPLES, every_route

FILE = (".json", ".csv", ".npz", ".svg", ".ico", "{plot_format}", "/images/{name}")
METHOD_NOT_ALLOWED = 405


def match(path: str) -> ResolverMatch:
    """Return the route of a page; "run edit/" is below the first run."""
    kind, _, rest = path.partition(" ")
    address = path if path.startswith("/") else f"{LISTS[kind]}{SAMPLES['uuid']}/{rest}"
    return resolve(address.partition("?")[0])


@pytest.mark.django_db
def test_every_page_is_checked_in_a_browser(admin_client: Client) -> None:
    checked = {match(path).url_name for path in [*PAGES, *MEMBER_PAGES]}
    pages = {
        found.url_name: route.path()
        for route in every_route()
        if not route.template.endswith(FILE)
        for found in [match(route.path())]
        if found.namespace == "pages" or found.url_name == "docs"
    }
    assert "schedules" in pages
    missed = pages.keys() - checked - ELSEWHERE.keys()
    # What is left are buttons, whose views refuse a GET.
    assert {
        name
        for name in missed
        if admin_client.get(pages[name]).status_code != METHOD_NOT_ALLOWED
    } == set()


def test_every_list_of_admin_is_checked_in_a_browser() -> None:
    lists = {
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in admin.site._registry
    }
    assert lists - set(ADMIN_PAGES) == set()
