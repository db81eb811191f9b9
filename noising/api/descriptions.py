"""What operations say about themselves, loaded once somebody asks for all of it.

The `schema` module beside some views describes them for the OpenAPI document: with
drf-spectacular's own modules some megabytes, which no process needs that only answers.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

Operation = TypeVar("Operation", bound=Callable[..., Any])

Endpoint = tuple[str, str, str, Callable[..., Any]]
"""Path, its pattern, method and view, as drf-spectacular enumerates them."""

NOTE = "described_by"


class Descriptions:
    """A module of descriptions, whose names are decorators of operations.

    Args:
        module: its full name.
    """

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Callable[[Operation], Operation]:
        """Return what notes at an operation that this name describes it."""

        def note(operation: Operation) -> Operation:
            vars(operation)[NOTE] = (self._module, name)
            return operation

        return note


def describe(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Put the descriptions where drf-spectacular, whose hook this is, looks for them.

    Raises:
        AttributeError: a module has no description of that name.
    """
    for _, _, method, view in endpoints:
        operation = getattr(view.cls, method.lower())  # type: ignore[attr-defined]  # DRF's
        if NOTE in vars(operation):
            module, name = vars(operation)[NOTE]
            getattr(import_module(module), name)(operation)
            del vars(operation)[NOTE]
    return endpoints
