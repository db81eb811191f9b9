"""Functions that views of schedules call: store, change, lint, compare, draw, import.

The cost of a computation is estimated before it begins.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS
from django.core.exceptions import ValidationError as ModelError
from rest_framework.exceptions import (
    APIException,
    ErrorDetail,
    NotFound,
    ValidationError,
)

from noising import budget, services
from noising.api.problems import (
    Conflict,
    PreconditionFailed,
    convert_engine_error,
    shorten,
)
from noising.api.processes import (
    CachedProcess,
    check_seconds,
    convert_cost_errors,
    get_process,
    get_process_by_key,
)
from noising.api.schedules.requests import CurvesRequest, ImportRequest, NewSchedule
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
from noising.engine import EngineError, Verdict, judge
from noising.engine.effort import storing_seconds
from noising.engine.importers import Imported
from noising.engine.importers.detection import import_from
from noising.engine.registry import VOCAB_SIZE
from noising.engine.verdicts import judging_seconds
from noising.figures import Image, build_curves_figure, hash_content
from noising.models import IN_USE, ScheduleConfig
from noising.plots import FigureData

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SPECIFICATION = "specification"


def store_schedule(new: NewSchedule, owner: "User") -> ScheduleConfig:
    """Store a schedule.

    Raises:
        BusyError: other requests do all the costly work that is allowed.
        Conflict: the name is taken.
        ValidationError: a value cannot be used.
    """
    with API_WORK.permit(estimate_storing(new.specification)):
        try:
            return services.schedule_create(
                slug=new.name,
                specification=new.specification,
                title=new.title,
                notes=new.notes,
                tags=new.tags,
                owner=owner,
            )
        except EngineError as error:
            raise specification_error(error) from None
        except ModelError as error:
            raise model_error(error, new.name) from None


def change_schedule(
    config: ScheduleConfig,
    changes: Mapping[str, Any],
    if_versions: Collection[str] | None,
) -> ScheduleConfig:
    """Change a schedule.

    Raises:
        BusyError: other requests do all the costly work that is allowed.
        Conflict: runs refer to its specification.
        PreconditionFailed: it has changed in the meantime.
        ValidationError: a value cannot be used.
    """
    specification = changes.get(SPECIFICATION)
    seconds = 0.0 if specification is None else estimate_storing(specification)
    with API_WORK.permit(seconds):
        try:
            return services.schedule_update(
                schedule=config, if_versions=if_versions, **changes
            )
        except EngineError as error:
            raise specification_error(error) from None
        except services.ScheduleChangedError as error:
            raise PreconditionFailed(str(error)) from None
        except ModelError as error:
            raise model_error(error, config.slug) from None


def estimate_storing(specification: Mapping[str, Any]) -> float:
    """Return the estimated seconds to build and lint the process.

    Raises:
        ValidationError: it would take too long.
    """
    seconds = storing_seconds(specification)
    with name_specification():
        check_vocab_size(_read_vocab_size(specification))
        check_seconds(seconds, "to build and to lint")
    return seconds


def specification_error(error: EngineError) -> ValidationError:
    """Convert an error of the engine to one at the specification."""
    detail = convert_engine_error(error, "", SPECIFICATION).detail
    return ValidationError({SPECIFICATION: detail})


@contextmanager
def name_specification() -> Iterator[None]:
    """Report errors that name no field as errors at the specification.

    Raises:
        ValidationError: any from within, at its place in the body.
    """
    try:
        yield
    except ValidationError as error:
        if isinstance(error.detail, dict):
            raise
        raise ValidationError({SPECIFICATION: error.detail}) from None


def model_error(error: ModelError, name: str) -> APIException:
    """Convert an error of the model to one of the API."""
    details: dict[str, list[ErrorDetail]] = {}
    for column, errors in error.error_dict.items():
        for each in errors:
            text = " ".join(each.messages)
            if each.code == IN_USE:
                return Conflict(text)
            if (column, each.code) == ("slug", "unique"):
                return Conflict(
                    f"There is a schedule named `{name}` already, perhaps in the "
                    "archive: choose another name."
                )
            field = {"slug": "name", NON_FIELD_ERRORS: "non_field_errors"}.get(
                column, column
            )
            code = each.code or "invalid"
            details.setdefault(field, []).append(ErrorDetail(shorten(text), code))
    return ValidationError(details)


def find_schedules(names: Sequence[str]) -> list[ScheduleConfig]:
    """Return the schedules of these names, archived or not, in this order.

    Raises:
        NotFound: one of them does not exist.
    """
    configs = ScheduleConfig.objects.for_curves().in_bulk(names, field_name="slug")
    for name in names:
        if name not in configs:
            raise NotFound(f"There is no schedule named `{name[:100]}`.")
    return [configs[name] for name in names]


def check_vocab_size(vocab_size: int) -> None:
    """Refuse a vocabulary that is too large for a probability for every token.

    Raises:
        ValidationError: naming the limit.
    """
    with convert_cost_errors():
        budget.check_vocab_size(vocab_size)


def build_specification(specification: Mapping[str, Any]) -> CachedProcess:
    """Return the process of a specification from a request.

    Raises:
        BusyError: other requests do all the costly work that is allowed.
        ValidationError: the specification is not valid, or costs too much.
    """
    try:
        return get_process(dict(specification))
    except EngineError as error:
        raise specification_error(error) from None


def build_schedule(config: ScheduleConfig) -> CachedProcess:
    """Return the process of a stored schedule.

    Raises:
        BusyError: other requests do all the costly work that is allowed.
        ValidationError: it costs too much.
    """
    return get_process_by_key(config.fingerprint, config.specification)


def compute_curves(
    served: Sequence[CachedProcess], request: CurvesRequest
) -> list[Curves]:
    """Return the curves of some processes, all at the same number of points.

    Raises:
        BusyError: other requests do all the costly work that is allowed.
        ValidationError: they cost too much.
    """
    points = min(_count_points(each, request) for each in served)
    seconds = estimate_curves(served, request)
    with API_WORK.permit(seconds):
        return [
            curves(each.process, request.quantities, axis=request.axis, points=points)
            for each in served
        ]


def estimate_curves(served: Sequence[CachedProcess], request: CurvesRequest) -> float:
    """Return the estimated seconds that curves take.

    Raises:
        ValidationError: they cost too much.
    """
    if any(QUANTITIES[name].is_costly for name in request.quantities):
        check_vocab_size(max(each.process.vocab_size for each in served))
    seconds = sum(
        curves_seconds(each.effort, request.quantities, _count_points(each, request))
        for each in served
    )
    check_seconds(seconds, "to compute")
    return seconds


def judge_process(served: CachedProcess) -> Verdict:
    """Return the verdict with the linter's findings; remedies only if they are cheap.

    Raises:
        BusyError: other requests do all the costly work that is allowed.
        ValidationError: it costs too much.
    """
    check_vocab_size(served.process.vocab_size)
    seconds = served.effort.of_lint(served.process.num_timesteps)
    check_seconds(seconds, "to lint")
    longest = judging_seconds(served.process.spec)
    remedies = longest <= settings.MAX_WORK_SECONDS
    with API_WORK.permit(longest if remedies else seconds):
        return judge(served.process, remedies=remedies)


def summarize(served: Sequence[CachedProcess]) -> list[Summary]:
    """Return the figures of merit; they cost what the linter does.

    Raises:
        BusyError: other requests do all the costly work that is allowed.
        ValidationError: they cost too much.
    """
    check_vocab_size(max(each.process.vocab_size for each in served))
    seconds = sum(each.effort.of_lint(each.process.num_timesteps) for each in served)
    check_seconds(seconds, "to compare")
    with API_WORK.permit(seconds):
        return [summary(each.process) for each in served]


def make_curves_image(
    configs: Sequence[ScheduleConfig], request: CurvesRequest
) -> Image:
    """Return the curves of schedules as an image, which is drawn only if needed."""

    def collect() -> FigureData:
        served = [build_schedule(config) for config in configs]
        estimate_curves(served, request)
        names = [config.slug for config in configs]
        return build_curves_figure(
            request.quantities,
            [(name, each.process) for name, each in zip(names, served, strict=True)],
            axis=request.axis,
            points=min(_count_points(each, request) for each in served),
        )

    return Image(
        key=hash_curves(configs, request),
        data=collect,
        name=configs[0].slug if len(configs) == 1 else "comparison",
    )


def hash_curves(configs: Sequence[ScheduleConfig], request: CurvesRequest) -> str:
    """Return a version for the curves, without computing them."""
    of = [(config.slug, config.fingerprint) for config in configs]
    return hash_content(of, list(request.quantities), request.axis, request.points)


def import_specification(request: ImportRequest) -> tuple[str, Imported]:
    """Return the project of a configuration, and its specification.

    Raises:
        ValidationError: the configuration cannot be converted.
    """
    try:
        return import_from(
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
            # The converted specification is not valid.
            detail = [
                ErrorDetail(
                    f"`config` gives a wrong value: {error.sentence}", error.code
                )
            ]
        raise ValidationError({"config": detail}) from None


def _count_points(served: CachedProcess, request: CurvesRequest) -> int:
    return points_of(served.process, request.quantities, request.axis, request.points)


def _read_vocab_size(specification: Mapping[str, Any]) -> int:
    """Return the vocabulary's size; the engine checks it when it builds the process."""
    value = specification.get("vocab_size", VOCAB_SIZE.default)
    try:
        return VOCAB_SIZE.parse(value, "vocab_size")
    except EngineError:
        return int(VOCAB_SIZE.default)
