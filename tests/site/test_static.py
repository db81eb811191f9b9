"""Static files before and after they are collected."""

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import Client

from noising_site.static import StaticFilesStorage

# The end of a streamed response closes connections, which counts as database access.
pytestmark = pytest.mark.django_db

NAME = "admin/css/base.css"


@pytest.fixture
def static_root(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "static"
    return settings.STATIC_ROOT


def body(response) -> bytes:
    content = response.getvalue()
    response.close()
    return content


def test_before_they_are_collected_they_have_plain_names(static_root):
    assert StaticFilesStorage().url(NAME) == f"/static/{NAME}"
    assert not static_root.exists()
    response = Client().get(f"/static/{NAME}")
    assert response.status_code == 200
    assert b"--primary" in body(response)


def test_after_that_the_name_holds_a_hash_and_is_kept_for_ever(static_root, settings):
    call_command("collectstatic", interactive=False, verbosity=0)
    settings.STATIC_ROOT = static_root  # Django forgets the storage that it has made
    address = staticfiles_storage.url(NAME)
    assert address.startswith("/static/admin/css/base.")
    assert address != f"/static/{NAME}"
    response = Client(headers={"accept-encoding": "gzip"}).get(address)
    assert response.status_code == 200
    assert response.headers["Content-Encoding"] == "gzip"
    assert "immutable" in response.headers["Cache-Control"]
    body(response)


def test_a_name_that_nobody_has_is_left_alone(static_root):
    assert StaticFilesStorage().url("no/such.css") == "/static/no/such.css"


@pytest.mark.parametrize(
    "path", ["/static/", "/static/../manage.py", "/static/%2e%2e/x"]
)
def test_nothing_else_is_served(static_root, path):
    assert Client().get(path).status_code == 404
