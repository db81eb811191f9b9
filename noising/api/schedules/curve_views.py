"""What schedules look like: curves, comparisons, previews, imports."""

from collections.abc import Sequence

from django.http import HttpResponseBase
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from noising.api.base import RegistryView, StatelessView
from noising.api.conditional import (
    respond_not_modified,
    respond_with_figure,
    state_headers,
)
from noising.api.parsers import read_json
from noising.api.processes import get_process
from noising.api.renderers import (
    CSVRenderer,
    FormatNegotiation,
    JSONRenderer,
    PDFRenderer,
    PNGRenderer,
    SVGRenderer,
)
from noising.api.schedules import schema
from noising.api.schedules.actions import (
    about_specification,
    curves_image,
    curves_key,
    curves_of,
    findings_of,
    imported,
    served_stored,
    served_unsaved,
    summaries_of,
)
from noising.api.schedules.requests import (
    ComparisonQuerySerializer,
    CurvesQuerySerializer,
    ImportSerializer,
    PreviewSerializer,
    Wanted,
)
from noising.api.schedules.responses import (
    comparison_document,
    curves_document,
    curves_rows,
    finding_document,
    import_document,
)
from noising.figures import CONTENT_TYPES
from noising.models import ScheduleConfig
from noising.spreadsheets import format_csv

CURVES_QUERY = CurvesQuerySerializer()
COMPARISON_QUERY = ComparisonQuerySerializer()
PREVIEW = PreviewSerializer()
IMPORT = ImportSerializer()

IMAGE_RENDERERS = (SVGRenderer, PNGRenderer, PDFRenderer)


class PlottedView(RegistryView):
    """A view whose answer is numbers or an image of them."""

    content_negotiation_class = FormatNegotiation

    def image(
        self, request: Request, configs: Sequence[ScheduleConfig], wanted: Wanted
    ) -> HttpResponseBase | None:
        """Return the answer if it is to be an image, else nothing."""
        kind = request.accepted_renderer.format
        for image_format in CONTENT_TYPES:
            if image_format == kind:
                image = curves_image(configs, wanted)
                return respond_with_figure(request, image, image_format)
        return None


class CurvesView(PlottedView):
    """GET schedules/{name}/curves."""

    renderer_classes = (JSONRenderer, CSVRenderer, *IMAGE_RENDERERS)

    @schema.CURVES
    def get(self, request: Request, name: str) -> HttpResponseBase:
        """Return the curves of a schedule as numbers or as an image."""
        wanted = CURVES_QUERY.parse(request.query_params)
        [config] = named([name])
        image = self.image(request, [config], wanted)
        if image is not None:
            return image
        kind = request.accepted_renderer.format
        version = f"{kind}-{curves_key([config], wanted)}"
        kept = respond_not_modified(request, version)
        if kept is not None:
            return kept
        served = served_stored(config)
        [found] = curves_of([served], wanted)
        headers = state_headers(version)
        if kind == CSVRenderer.format:
            disposition = f'attachment; filename="{config.slug}.csv"'
            headers["Content-Disposition"] = disposition
            return Response(format_csv(curves_rows(found)).encode(), headers=headers)
        document = curves_document(served.process, wanted.axis, found)
        return Response({"name": config.slug, **document}, headers=headers)


class ComparisonView(PlottedView):
    """GET schedules/compare."""

    renderer_classes = (JSONRenderer, *IMAGE_RENDERERS)

    @schema.COMPARE
    def get(self, request: Request) -> HttpResponseBase:
        """Return what tells schedules apart, or their curves as one image."""
        comparison = COMPARISON_QUERY.parse(request.query_params)
        configs, wanted = named(comparison.names), comparison.wanted
        image = self.image(request, configs, wanted)
        if image is not None:
            return image
        version = curves_key(configs, wanted)
        kept = respond_not_modified(request, version)
        if kept is not None:
            return kept
        served = [served_stored(config) for config in configs]
        document = comparison_document(
            configs,
            [each.process for each in served],
            summaries_of(served),
            curves_of(served, wanted),
        )
        return Response(document, headers=state_headers(version))


class PreviewView(StatelessView):
    """POST curves."""

    @schema.PREVIEW
    def post(self, request: Request) -> Response:
        """Return curves and findings of a specification that is not stored."""
        preview = PREVIEW.parse(read_json(request))
        with about_specification():
            served = served_unsaved(preview.specification)
            [found] = curves_of([served], preview.wanted)
            findings = [finding_document(finding) for finding in findings_of(served)]
        document = curves_document(served.process, preview.wanted.axis, found)
        return Response(
            {"specification": served.process.spec, **document, "lint": findings}
        )


class ImportView(StatelessView):
    """POST schedules/import."""

    @schema.IMPORT
    def post(self, request: Request) -> Response:
        """Return the specification that another project's configuration means."""
        found = imported(IMPORT.parse(read_json(request)))
        process = get_process(found.spec).process
        return Response(import_document(found, process))


def named(names: Sequence[str]) -> list[ScheduleConfig]:
    """Return the schedules of these names, archived or not, in this order.

    Raises:
        NotFound: one of them is not there.
    """
    configs = ScheduleConfig.objects.for_curves().in_bulk(names, field_name="slug")
    for name in names:
        if name not in configs:
            raise NotFound(f"There is no schedule named `{name[:100]}`.")
    return [configs[name] for name in names]
