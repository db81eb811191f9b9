"""Writes of schedules: the services' refusals in the API's words."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.core.exceptions import ValidationError as ModelError
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError

from noising import services
from noising.api.problems import Conflict, PreconditionFailed, shorten
from noising.api.schedules.actions import lint_seconds, specification_refusal
from noising.api.schedules.requests import NewSchedule
from noising.budget import API_WORK
from noising.engine import EngineError
from noising.models import IN_USE, ScheduleConfig

if TYPE_CHECKING:
    from django.contrib.auth.models import User

TAKEN = "unique"
FIELDS: Mapping[str, str] = {"slug": "name"}
"""Column -> the field of requests that it goes by, where they differ."""


def stored(new: NewSchedule, owner: "User") -> ScheduleConfig:
    """Store a schedule.

    Raises:
        BusyError: other requests do all the costly work that is allowed.
        Conflict: the name is taken.
        ValidationError: a value cannot be used.
    """
    with API_WORK.permit(lint_seconds(new.specification)):
        try:
            return services.schedule_create(
                slug=new.name,
                specification=new.specification,
                notes=new.notes,
                tags=new.tags,
                owner=owner,
            )
        except EngineError as error:
            raise specification_refusal(error) from None
        except ModelError as error:
            raise _refusal(error, new.name) from None


def changed(
    config: ScheduleConfig,
    changes: Mapping[str, Any],
    if_versions: Collection[str] | None,
) -> ScheduleConfig:
    """Change a schedule.

    Raises:
        BusyError: other requests do all the costly work that is allowed.
        Conflict: runs refer to its specification.
        PreconditionFailed: somebody else has changed it.
        ValidationError: a value cannot be used.
    """
    specification = changes.get("specification")
    seconds = 0.0 if specification is None else lint_seconds(specification)
    with API_WORK.permit(seconds):
        try:
            return services.schedule_update(
                schedule=config, if_versions=if_versions, **changes
            )
        except EngineError as error:
            raise specification_refusal(error) from None
        except services.ScheduleChangedError as error:
            raise PreconditionFailed(str(error)) from None
        except ModelError as error:
            raise _refusal(error, config.slug) from None


def _refusal(error: ModelError, name: str) -> APIException:
    """Word a refusal of the model."""
    details: dict[str, list[ErrorDetail]] = {}
    for column, errors in error.error_dict.items():
        for each in errors:
            text = " ".join(each.messages)
            if each.code == IN_USE:
                return Conflict(text)
            if (column, each.code) == ("slug", TAKEN):
                return Conflict(
                    f"There is a schedule named `{name}` already, perhaps in the "
                    "archive: choose another name."
                )
            field = FIELDS.get(column, column)
            key = "non_field_errors" if field == NON_FIELD_ERRORS else field
            code = each.code or "invalid"
            details.setdefault(key, []).append(ErrorDetail(shorten(text), code))
    return ValidationError(details)
