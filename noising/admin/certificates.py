"""Certificates of the selected schedules, as `manage.py certify` makes them."""

from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from noising import services
from noising.budget import PAGE_WORK, BusyError, TooCostlyError, check_seconds
from noising.engine import EngineError, build_process
from noising.engine.certify import Certificate, certify
from noising.engine.effort import storing_seconds
from noising.models import ScheduleConfig

MOST_CERTIFIED: Final = 4
"""Schedules that one request certifies."""

CERTIFYING_SECONDS: Final = 3.0
"""About the time that one certificate takes, once its process is built."""


def certify_selected(
    model_admin: "admin.ModelAdmin[Any]",
    request: HttpRequest,
    schedules: QuerySet[ScheduleConfig],
) -> None:
    """Certify schedules, store the certificates, and show a message about each.

    Args:
        model_admin: the list's admin.
        request: the request.
        schedules: the selected schedules.
    """
    count = schedules.count()
    if count > MOST_CERTIFIED:
        text = (
            f"Select at most {MOST_CERTIFIED} to certify them, not {count}: each takes "
            "seconds. `manage.py certify --config NAME` certifies any of them."
        )
        model_admin.message_user(request, text, messages.ERROR)
        return
    for slug, specification in schedules.values_list("slug", "specification"):
        try:
            certificate = _certify(specification)
        except (BusyError, EngineError, TooCostlyError) as error:
            model_admin.message_user(
                request, f"Not certified: {slug}. {error}", messages.ERROR
            )
            continue
        services.schedule_certify(certificate=certificate)
        model_admin.message_user(
            request,
            format_html(
                "The certificate of {} {}.<details><summary>Report</summary>"
                '<pre tabindex="0">{}</pre></details>',
                slug,
                certificate.verdict,
                certificate.report(),
            ),
            messages.SUCCESS if certificate.passed else messages.ERROR,
        )


def _certify(specification: dict[str, Any]) -> Certificate:
    seconds = storing_seconds(specification)
    check_seconds(seconds, "to build")
    with PAGE_WORK.permit(seconds + CERTIFYING_SECONDS):
        return certify(build_process(specification))
