"""Runs that are asked for: the services' refusals in the API's words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rest_framework.exceptions import ErrorDetail, Throttled, ValidationError

from benchmarks.cases import UsageError
from noising import services
from noising.api.problems import Conflict, shortened
from noising.api.runs.requests import KEY_HEADER, NewRun
from noising.models import BenchmarkRun
from noising.services import (
    KeyReusedError,
    Once,
    QueueFullError,
    RunStateError,
    RunTooLargeError,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User

FULL_SECONDS = 30
"""When to try again where the account has too many unfinished runs."""

FIELDS = ("schedules", "baseline", "timesteps", "samples", "seed")


def ordered(new: NewRun, owner: "User", once: Once | None) -> BenchmarkRun:
    """Put a run into the queue, or return the one that its key has made.

    Raises:
        ValidationError: What is asked for cannot be measured, or the key is used.
        Throttled: The account has too many unfinished runs.
    """
    with refusals():
        if once is not None:
            made = services.run_made_with(owner=owner, once=once)
            if made is not None:
                return made
        return services.run_create(
            config=services.asked_config(
                schedules=new.schedules,
                baseline=new.baseline,
                corpus=new.corpus,
                timesteps=new.timesteps,
                samples=new.samples,
                seed=new.seed,
            ),
            owner=owner,
            notes=new.notes,
            tags=new.tags,
            once=once,
        )


def repeated(run: BenchmarkRun, owner: "User", once: Once | None) -> BenchmarkRun:
    """Put a run into the queue that measures the same as another one.

    Raises:
        Conflict: The other one cannot be repeated here.
        ValidationError: The key is used.
        Throttled: The account has too many unfinished runs.
    """
    with refusals():
        return services.run_rerun(run=run, owner=owner, once=once)


@contextmanager
def refusals() -> Iterator[None]:
    """Word what the services refuse."""
    try:
        yield
    except UsageError as error:
        raise _usage_refusal(error) from None
    except (RunStateError, RunTooLargeError) as error:
        raise Conflict(str(error)) from None
    except KeyReusedError as error:
        detail = [ErrorDetail(shortened(str(error)), "key_reused")]
        raise ValidationError({KEY_HEADER: detail}) from None
    except QueueFullError as error:
        raise Throttled(FULL_SECONDS, str(error)) from None


def _usage_refusal(error: UsageError) -> ValidationError:
    """Word an error whose text begins with the field that it is about, or a part."""
    field, _, text = str(error).partition(": ")
    name = field if field in FIELDS else "schedules"
    if name != field:
        text = str(error)
    detail = [ErrorDetail(shortened(f"`{name}`: {text}."), "unusable")]
    return ValidationError({name: detail})
