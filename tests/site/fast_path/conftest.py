"""The application with its fast path, and without."""

import pytest

from noising_site.asgi import ASGIApplication
from noising_site.wsgi import application as wsgi_application
from tests.wsgi import database_left_alone


@pytest.fixture(scope="package", autouse=True)
def _database_left_alone():
    with database_left_alone():
        yield


@pytest.fixture(scope="package")
def fast():
    return ASGIApplication(wsgi_application)


@pytest.fixture(scope="package")
def slow():
    """The same without its fast path."""
    application = ASGIApplication(wsgi_application)
    application.fast_path.responders.clear()
    return application
