"""What runs measured: rows, files, comparisons, figures."""

from collections.abc import Sequence
from uuid import UUID

from django.http import HttpResponseBase
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from benchmarks.comparison import compare, count_values
from noising.api.base import RegistryView
from noising.api.conditional import drawn
from noising.api.pagination import Pages
from noising.api.problems import Conflict
from noising.api.renderers import (
    CSVRenderer,
    FormatNegotiation,
    JSONRenderer,
    PDFRenderer,
    PNGRenderer,
    SVGRenderer,
)
from noising.api.runs import schema
from noising.api.runs.documents import ResultSerializer
from noising.api.runs.requests import compared
from noising.api.runs.responses import result_document, result_table
from noising.api.runs.views import found
from noising.figures import CONTENT_TYPES, RUN_FIGURES, make_run_image
from noising.models import BenchmarkResult, BenchmarkRun
from noising.spreadsheets import format_csv

MOST_VALUES = 100_000
"""Values in one comparison: some 20 MB of JSON."""


def succeeded(run_id: UUID) -> BenchmarkRun:
    """Return the run with this id if it has results, or answer 404 or 409."""
    run = found(run_id)
    if run.status != BenchmarkRun.Status.SUCCEEDED:
        raise Conflict(f"The run has no results: it is {run.status}.")
    return run


def all_succeeded(ids: Sequence[UUID]) -> list[BenchmarkRun]:
    """Return these runs with all that they measured, or answer 404 or 409."""
    runs = {run.pk: run for run in BenchmarkRun.objects.for_page().filter(pk__in=ids)}
    for run_id in ids:
        if run_id not in runs:
            raise NotFound(f"There is no run with the id {run_id}.")
        status = runs[run_id].status
        if status != BenchmarkRun.Status.SUCCEEDED:
            raise Conflict(f"The run {run_id} has no results: it is {status}.")
    return [runs[run_id] for run_id in ids]


class ResultsView(RegistryView, GenericAPIView[BenchmarkResult]):
    """GET runs/{run_id}/results."""

    queryset = BenchmarkResult.objects.all()
    serializer_class = ResultSerializer
    pagination_class = Pages

    @schema.RESULTS
    def get(self, request: Request, run_id: UUID) -> Response:
        """Return the rows, page by page."""
        rows = BenchmarkResult.objects.of_run(succeeded(run_id))
        page = self.paginate_queryset(rows) or []
        return self.get_paginated_response([result_document(row) for row in page])


class ExportView(RegistryView):
    """GET runs/{run_id}/export."""

    renderer_classes = (JSONRenderer, CSVRenderer)
    content_negotiation_class = FormatNegotiation

    @schema.EXPORT
    def get(self, request: Request, run_id: UUID) -> Response:
        """Return everything that was measured, as a file."""
        [run] = all_succeeded([run_id])
        kind = request.accepted_renderer.format
        document = run.document()
        return Response(
            format_csv(result_table(document)).encode() if kind == "csv" else document,
            headers={"Content-Disposition": f'attachment; filename="{run_id}.{kind}"'},
        )


class CompareView(RegistryView):
    """GET runs/compare."""

    @schema.COMPARE
    def get(self, request: Request) -> Response:
        """Set runs side by side."""
        wanted = compared(request.query_params)
        runs = all_succeeded(wanted.ids)
        documents = {str(run.pk): run.document() for run in runs}
        values = count_values(documents.values(), wanted.metric)
        if values > MOST_VALUES:
            text = (
                f"The comparison would have {values} values, and may have "
                f"{MOST_VALUES}: name fewer runs, or one `metric`."
            )
            raise ValidationError({"ids": [ErrorDetail(text, "too_large")]})
        metrics = None if wanted.metric is None else [wanted.metric]
        comparison = compare(documents, baseline=str(wanted.baseline), metrics=metrics)
        return Response({"ids": list(documents), **comparison})


class PlotView(RegistryView):
    """GET runs/{run_id}/plots/{name}."""

    renderer_classes = (SVGRenderer, PNGRenderer, PDFRenderer)
    content_negotiation_class = FormatNegotiation

    @schema.PLOT
    def get(self, request: Request, run_id: UUID, name: str) -> HttpResponseBase:
        """Return a figure."""
        if name not in RUN_FIGURES:
            raise NotFound(f"There is no figure {name!r}: {', '.join(RUN_FIGURES)}.")
        run = succeeded(run_id)
        kind = request.accepted_renderer.format
        [image_format] = [each for each in CONTENT_TYPES if each == kind]
        return drawn(request, make_run_image(name, run), image_format)
