"""Runs: list, ask for, follow, annotate, cancel, repeat, archive."""

from http import HTTPStatus
from typing import TYPE_CHECKING, cast
from uuid import UUID

from rest_framework.exceptions import NotFound
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from noising import services
from noising.api.base import RegistryView
from noising.api.pagination import Pages, StrictFilterBackend
from noising.api.parsers import read_json
from noising.api.runs import schema
from noising.api.runs.documents import RunSerializer
from noising.api.runs.orders import ordered, refusals, repeated
from noising.api.runs.requests import (
    NewRunSerializer,
    RunChangesSerializer,
    idempotency_key,
)
from noising.api.runs.responses import (
    run_address,
    run_detail,
    run_document,
    waiting_headers,
)
from noising.filters import RunFilters
from noising.models import BenchmarkRun

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NEW_RUN = NewRunSerializer()
RUN_CHANGES = RunChangesSerializer()


def found(run_id: UUID) -> BenchmarkRun:
    """Return the run with this id, archived or not, or answer 404."""
    runs = BenchmarkRun.objects.with_loss().select_related("owner")
    run = runs.filter(pk=run_id).first()
    if run is None:
        raise NotFound(f"There is no run with the id {run_id}.")
    return run


def shown(request: Request, run: BenchmarkRun) -> Response:
    """Answer with a run, and when to look again while it is unfinished."""
    return Response(run_detail(request, run), headers=waiting_headers(run))


def accepted(request: Request, run: BenchmarkRun) -> Response:
    """Answer that a run is, or was, put into the queue."""
    return Response(
        run_detail(request, run),
        status=HTTPStatus.ACCEPTED,
        headers={"Location": run_address(request, run), **waiting_headers(run)},
    )


def account(request: Request) -> "User":
    """Return who writes: the view lets nobody through who has no account."""
    return cast("User", request.user)


class RunsView(RegistryView, GenericAPIView[BenchmarkRun]):
    """GET and POST runs."""

    queryset = BenchmarkRun.objects.all()
    serializer_class = RunSerializer
    filter_backends = (StrictFilterBackend,)
    filterset_class = RunFilters
    pagination_class = Pages

    @schema.LIST
    def get(self, request: Request) -> Response:
        """List runs, page by page."""
        rows = self.filter_queryset(BenchmarkRun.objects.for_list())
        page = self.paginate_queryset(rows) or []
        return self.get_paginated_response([run_document(request, run) for run in page])

    @schema.CREATE
    def post(self, request: Request) -> Response:
        """Put a run into the queue."""
        document = read_json(request)
        new = NEW_RUN.parse(document)
        once = idempotency_key(request, document)
        return accepted(request, ordered(new, account(request), once))


class RunView(RegistryView):
    """GET and PATCH runs/{run_id}."""

    @schema.READ
    def get(self, request: Request, run_id: UUID) -> Response:
        """Show a run."""
        return shown(request, found(run_id))

    @schema.CHANGE
    def patch(self, request: Request, run_id: UUID) -> Response:
        """Change notes and tags."""
        changes = RUN_CHANGES.parse(read_json(request))
        run = found(run_id)
        self.check_object_permissions(request, run)
        kept = {"notes": run.notes, "tags": run.tags}
        services.run_annotate(run=run, **(kept | dict(changes)))
        return shown(request, run)


class CancelView(RegistryView):
    """POST runs/{run_id}/cancel."""

    @schema.CANCEL
    def post(self, request: Request, run_id: UUID) -> Response:
        """Cancel a run."""
        run = found(run_id)
        self.check_object_permissions(request, run)
        with refusals():
            run = services.run_cancel(run=run)
        response = shown(request, run)
        response.status_code = HTTPStatus.OK if run.is_ended else HTTPStatus.ACCEPTED
        return response


class RerunView(RegistryView):
    """POST runs/{run_id}/rerun."""

    @schema.RERUN
    def post(self, request: Request, run_id: UUID) -> Response:
        """Measure the same again: everyone may, as the new run is their own."""
        once = idempotency_key(request, {"rerun": str(run_id)})
        return accepted(request, repeated(found(run_id), account(request), once))


class ArchiveView(RegistryView):
    """POST runs/{run_id}/archive."""

    @schema.ARCHIVE
    def post(self, request: Request, run_id: UUID) -> Response:
        """Take a run out of the lists."""
        run = found(run_id)
        self.check_object_permissions(request, run)
        services.run_archive(run=run)
        return shown(request, run)


class UnarchiveView(RegistryView):
    """POST runs/{run_id}/unarchive."""

    @schema.UNARCHIVE
    def post(self, request: Request, run_id: UUID) -> Response:
        """Bring a run back into the lists."""
        run = found(run_id)
        self.check_object_permissions(request, run)
        services.run_unarchive(run=run)
        return shown(request, run)
