"""Changes to the OpenAPI document that concern every operation.

drf-spectacular calls these hooks, which the settings list, with the finished document.
"""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest

from noising.api.core.examples import REQUEST_ID_SHOWN
from noising.api.problems import MEDIA_TYPE as PROBLEM
from noising.api.problems import problem

METHODS = ("get", "post", "put", "patch", "delete")

LINES = "application/x-ndjson"
REQUEST_ID = "X-Request-ID"
REQUEST_ID_HEADER = {
    "description": "Identifies the request in the log: the client's own id, if it sent "
    "one of 1 to 64 letters, digits and `._-`, or else a new one.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    "required": True,
}


def operations_of(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the operations of a document."""
    for path in document["paths"].values():
        yield from (path[method] for method in METHODS if method in path)


def leave_out_read_only(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """Leave out `readOnly`: no schema describes both a request and a response.

    A ModelSerializer that only responds has it at every field, and programs that
    generate clients then make classes that cannot be filled.
    """
    for schema in result["components"]["schemas"].values():
        for value in schema.get("properties", {}).values():
            value.pop("readOnly", None)
    return result


def require_bodies(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """Mark every request body as required.

    drf-spectacular marks it as optional if no key is required, or if it may have
    another format than JSON.
    """
    for operation in operations_of(result):
        if "requestBody" in operation:
            operation["requestBody"]["required"] = True
    return result


def list_lines(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """Describe NDJSON as a list of its lines, whose schema is given.

    OpenAPI 3.1 has no description of NDJSON; 3.2 describes it like this.
    """
    for operation in operations_of(result):
        for response in operation["responses"].values():
            content = response.get("content", {}).get(LINES)
            if content is not None:
                content["schema"] = {"type": "array", "items": content["schema"]}
    return result


def add_request_ids(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """Add the header with the request's id to every response."""
    result["components"].setdefault("headers", {})[REQUEST_ID] = REQUEST_ID_HEADER
    reference = {"$ref": f"#/components/headers/{REQUEST_ID}"}
    for operation in operations_of(result):
        for response in operation["responses"].values():
            response.setdefault("headers", {})[REQUEST_ID] = reference
    return result


def show_problems(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """Add an example to each error response without one."""
    example = HttpRequest()
    example.META["HTTP_X_REQUEST_ID"] = REQUEST_ID_SHOWN
    for operation in operations_of(result):
        for code, response in operation["responses"].items():
            content = response.get("content", {}).get(PROBLEM)
            if content is not None:
                value = problem(example, int(code), response["description"])
                content.setdefault("examples", {value["title"]: {"value": value}})
    return result
