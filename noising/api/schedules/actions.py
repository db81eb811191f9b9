"""Curves and images of schedules, judged by what they cost before they are made."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising.api.problems import convert_engine_error
from noising.api.processes import (
    CachedProcess,
    check_seconds,
    get_process,
    get_process_by_key,
)
from noising.api.schedules.requests import ImportRequest, Wanted
from noising.budget import API_WORK
from noising.curves import (
    QUANTITIES,
    Curves,
    Summary,
    curves,
    curves_seconds,
    points_of,
    summary,
)
from noising.engine import EngineError, Finding, lint
from noising.engine.effort import storing_seconds
from noising.engine.importers import Imported, import_config
from noising.engine.registry import VOCAB_SIZE
from noising.figures import Image, ImageFormat, draw_curves, hash_content
from noising.models import ScheduleConfig

SPECIFICATION = "specification"


def specification_refusal(error: EngineError) -> ValidationError:
    """Word an error of the engine as one about the specification."""
    detail = convert_engine_error(error, "", SPECIFICATION).detail
    return ValidationError({SPECIFICATION: detail})


@contextmanager
def about_specification() -> Iterator[None]:
    """Say of refusals within the block that they are about the specification.

    Raises:
        ValidationError: any from within, at its place in the body.
    """
    try:
        yield
    except ValidationError as error:
        if isinstance(error.detail, dict):
            raise
        raise ValidationError({SPECIFICATION: error.detail}) from None


def lint_seconds(specification: Mapping[str, Any]) -> float:
    """Return estimated seconds to build and lint a process, for one that is stored.

    Raises:
        ValidationError: it would take too long.
    """
    seconds = storing_seconds(specification)
    with about_specification():
        check_vocab(_vocab_size(specification))
        check_seconds(seconds, "to build and to lint")
    return seconds


def check_vocab(vocab_size: int) -> None:
    """Refuse a vocabulary too large for what needs a probability for every token.

    Raises:
        ValidationError: naming the limit.
    """
    if vocab_size > settings.MAX_PROBABILITIES:
        text = (
            "The linter and curves of the information need `vocab_size` of at most "
            f"{settings.MAX_PROBABILITIES}, got {vocab_size}."
        )
        raise ValidationError([ErrorDetail(text, "too_large")])


def served_unsaved(specification: Mapping[str, Any]) -> CachedProcess:
    """Return the process of a specification from a request.

    Raises:
        BusyError: other requests do all the costly work that is allowed.
        ValidationError: there is no such process, or it costs too much.
    """
    try:
        return get_process(dict(specification))
    except EngineError as error:
        raise specification_refusal(error) from None


def served_stored(config: ScheduleConfig) -> CachedProcess:
    """Return the process of a stored schedule.

    Raises:
        BusyError: other requests do all the costly work that is allowed.
        ValidationError: it costs too much.
    """
    return get_process_by_key(config.fingerprint, config.specification)


def curves_of(served: Sequence[CachedProcess], wanted: Wanted) -> list[Curves]:
    """Return the curves of some processes, all at the same number of points.

    Raises:
        BusyError: other requests do all the costly work that is allowed.
        ValidationError: they cost too much.
    """
    points = min(_points(each, wanted) for each in served)
    seconds = judged_seconds(served, wanted)
    with API_WORK.permit(seconds):
        return [
            curves(each.process, wanted.quantities, axis=wanted.axis, points=points)
            for each in served
        ]


def judged_seconds(served: Sequence[CachedProcess], wanted: Wanted) -> float:
    """Return estimated seconds that curves take.

    Raises:
        ValidationError: they cost too much.
    """
    if any(QUANTITIES[name].is_costly for name in wanted.quantities):
        check_vocab(max(each.process.vocab_size for each in served))
    seconds = sum(_seconds(each, wanted) for each in served)
    check_seconds(seconds, "to work out")
    return seconds


def findings_of(served: CachedProcess) -> tuple[Finding, ...]:
    """Return what the linter says.

    Raises:
        BusyError: other requests do all the costly work that is allowed.
        ValidationError: it costs too much.
    """
    check_vocab(served.process.vocab_size)
    seconds = served.effort.of_lint(served.process.num_timesteps)
    check_seconds(seconds, "to lint")
    with API_WORK.permit(seconds):
        return lint(served.process)


def summaries_of(served: Sequence[CachedProcess]) -> list[Summary]:
    """Return the figures of merit; they cost what the linter does.

    Raises:
        BusyError: other requests do all the costly work that is allowed.
        ValidationError: they cost too much.
    """
    check_vocab(max(each.process.vocab_size for each in served))
    seconds = sum(each.effort.of_lint(each.process.num_timesteps) for each in served)
    check_seconds(seconds, "to compare")
    with API_WORK.permit(seconds):
        return [summary(each.process) for each in served]


def curves_image(configs: Sequence[ScheduleConfig], wanted: Wanted) -> Image:
    """Return the curves of schedules as an image that is drawn where it is needed."""

    def draw(image_format: ImageFormat) -> bytes:
        served = [(config.slug, served_stored(config)) for config in configs]
        judged_seconds([each for _, each in served], wanted)
        return draw_curves(
            wanted.quantities,
            [(name, each.process) for name, each in served],
            image_format,
            axis=wanted.axis,
            points=min(_points(each, wanted) for _, each in served),
        )

    names = [config.slug for config in configs]
    return Image(
        key=curves_key(configs, wanted),
        draw=draw,
        name=names[0] if len(names) == 1 else "comparison",
    )


def curves_key(configs: Sequence[ScheduleConfig], wanted: Wanted) -> str:
    """Return what differs where the curves may, before they are worked out."""
    of = [(config.slug, config.fingerprint) for config in configs]
    return hash_content(of, list(wanted.quantities), wanted.axis, wanted.points)


def imported(request: ImportRequest) -> Imported:
    """Return the specification of another project's configuration.

    Raises:
        ValidationError: it has none.
    """
    try:
        return import_config(
            request.source,
            request.config,
            vocab_size=request.vocab_size,
            num_timesteps=request.num_timesteps,
        )
    except EngineError as error:
        root = error.field.partition(".")[0]
        if root == "config":
            detail = convert_engine_error(error, "config", "config").detail
        else:
            # What the configuration led to is no process.
            detail = [ErrorDetail(f"`config` leads to a wrong {error}.", error.code)]
        raise ValidationError({"config": detail}) from None


def _points(served: CachedProcess, wanted: Wanted) -> int:
    return points_of(served.process, wanted.quantities, wanted.axis, wanted.points)


def _seconds(served: CachedProcess, wanted: Wanted) -> float:
    points = _points(served, wanted)
    return curves_seconds(served.effort, wanted.quantities, points)


def _vocab_size(specification: Mapping[str, Any]) -> int:
    """Return a size that may be wrong yet: the engine says so when it builds."""
    value = specification.get("vocab_size", VOCAB_SIZE.default)
    try:
        return VOCAB_SIZE.parse(value, "vocab_size")
    except EngineError:
        return int(VOCAB_SIZE.default)
