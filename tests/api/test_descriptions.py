"""noising.api.descriptions: what operations say of themselves, put on when asked."""

import sys
from types import ModuleType
from typing import Any

import pytest
from django.urls import get_resolver
from drf_spectacular.generators import EndpointEnumerator
from rest_framework.views import APIView

from noising.api.base import ServiceView
from noising.api.descriptions import NOTE, Descriptions, describe


@pytest.fixture
def applied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Make a module of one description, and return what it was put on."""
    names: list[str] = []

    def described(operation: Any) -> Any:
        names.append(operation.__name__)
        return operation

    module = ModuleType("some_descriptions")
    vars(module)["READ"] = described
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return names


def endpoints(description: str) -> list[Any]:
    class View(APIView):
        @getattr(Descriptions("some_descriptions"), description)
        def get(self, request: Any) -> None: ...

    return [("/here", "^here$", "GET", View.as_view())]


def test_a_description_is_put_on_once_the_document_is_asked_for(
    applied: list[str],
) -> None:
    found = endpoints("READ")
    assert applied == []

    assert describe(found) is found
    describe(found)

    assert applied == ["get"]


def test_a_description_that_is_not_there_is_an_error_each_time(
    applied: list[str],
) -> None:
    found = endpoints("WRITE")

    for _ in range(2):
        with pytest.raises(AttributeError, match="WRITE"):
            describe(found)


def test_every_operation_of_the_api_has_a_description() -> None:
    bare = [
        (method, path)
        for path, _, method, view in EndpointEnumerator(
            get_resolver().url_patterns
        ).get_api_endpoints()
        if issubclass(view.cls, ServiceView)
        and NOTE not in vars(getattr(view.cls, method.lower()))
        and "schema" not in getattr(view.cls, method.lower()).kwargs
    ]
    assert bare == []
