"""Where an answer leads: links of the OpenAPI document, from one operation to others.

What has just been made, or stands first in a list, can be read, changed and so on by
the name or id that the answer gives it. One table says so for all operations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from noising.api.openapi.hooks import operations_of

SCHEDULE_OPERATIONS = (
    "schedules_read",
    "schedules_change",
    "schedules_specification",
    "schedules_curves",
    "schedules_lint",
    "schedules_archive",
    "schedules_unarchive",
)
RUN_OPERATIONS = (
    "runs_read",
    "runs_change",
    "runs_cancel",
    "runs_rerun",
    "runs_archive",
    "runs_unarchive",
    "runs_results",
    "runs_export",
    "runs_plot",
)
TOKEN_OPERATIONS = ("tokens_read", "tokens_revoke")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Operations that an answer leads to.

    Attributes:
        source: the operation that answers.
        status: of the answer.
        targets: the operations that it leads to.
        parameters: of all of them, each with the expression that finds its value.
        text: what the parameters stand for.
    """

    source: str
    status: int
    targets: Sequence[str]
    parameters: Mapping[str, str]
    text: str


LINKS = (
    Link(
        source="schedules_create",
        status=201,
        targets=SCHEDULE_OPERATIONS,
        parameters={"name": "$response.body#/name"},
        text="The schedule that was stored.",
    ),
    Link(
        source="schedules_list",
        status=200,
        targets=SCHEDULE_OPERATIONS,
        parameters={"name": "$response.body#/results/0/name"},
        text="The first schedule of the page.",
    ),
    Link(
        source="schedules_read",
        status=200,
        targets=("schedules_change",),
        parameters={
            "name": "$response.body#/name",
            "If-Match": "$response.header.ETag",
        },
        text="The schedule, if nobody has changed it since.",
    ),
    Link(
        source="runs_create",
        status=202,
        targets=RUN_OPERATIONS,
        parameters={"run_id": "$response.body#/id"},
        text="The queued run.",
    ),
    Link(
        source="runs_rerun",
        status=202,
        targets=RUN_OPERATIONS,
        parameters={"run_id": "$response.body#/id"},
        text="The new run.",
    ),
    Link(
        source="runs_list",
        status=200,
        targets=RUN_OPERATIONS,
        parameters={"run_id": "$response.body#/results/0/id"},
        text="The first run of the page.",
    ),
    Link(
        source="tokens_create",
        status=201,
        targets=TOKEN_OPERATIONS,
        parameters={"token_id": "$response.body#/id"},
        text="The new token.",
    ),
    Link(
        source="tokens_list",
        status=200,
        targets=TOKEN_OPERATIONS,
        parameters={"token_id": "$response.body#/results/0/id"},
        text="The newest token.",
    ),
)


def add_links(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """Add the links of the table; drf-spectacular calls it with the document."""
    operations = {each["operationId"]: each for each in operations_of(result)}
    for link in LINKS:
        response = operations[link.source]["responses"][str(link.status)]
        links = response.setdefault("links", {})
        for target in link.targets:
            links[target] = {
                "operationId": target,
                "parameters": dict(link.parameters),
                "description": link.text,
            }
    return result
