"""Stored schedules in admin."""

import json
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.db.models.fields.json import KT
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from benchmarks.cases import (
    DEFAULT_BASELINE,
    DEFAULT_CORPUS,
    DEFAULT_SAMPLES,
    UsageError,
)
from noising import services
from noising.admin.actions import (
    Columns,
    may_benchmark,
    redirect_to_comparison,
    respond_with_csv,
    show_queued,
)
from noising.admin.certificates import certify_selected
from noising.admin.deletion import ServiceDeletion
from noising.admin.display import (
    ArchivedFilter,
    counts_text,
    findings_list,
    json_block,
    plot_images,
)
from noising.form_fields import SpecificationFormField, TagsFormField
from noising.models import COMPARED_SCHEDULES, ScheduleConfig
from noising.models.ordered_json import text_at
from noising.runs import QueueFullError, RunTooLargeError, resolve_config, run_create

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PLOTS = {
    "alpha": "Signal left",
    "information": "Information left about a token",
    "sigma": "Total noise",
}

CERTIFICATE = ("verdict", "certified_at", "certificate_text")

COLUMNS: Columns = {
    "name": lambda config: config.slug,
    "title": lambda config: config.title,
    "schedule": lambda config: config.schedule_type,
    "graph": lambda config: config.graph_type,
    "num_timesteps": lambda config: config.num_timesteps,
    "vocab_size": lambda config: config.vocab_size,
    "findings": lambda config: counts_text(config.lint_counts),
    "runs": lambda config: config.run_count,
    "tags": lambda config: "; ".join(config.tags),
    "notes": lambda config: config.notes,
    "owner": lambda config: str(config.owner or ""),
    "created_at": lambda config: config.created_at.isoformat(),
    "fingerprint": lambda config: config.fingerprint,
    "specification": lambda config: json.dumps(config.specification),
}

FACTS = (
    "fingerprint",
    "num_timesteps",
    "vocab_size",
    "run_count",
    "owner",
    "created_at",
    "updated_at",
    "archived_at",
)


class ScheduleConfigForm(forms.ModelForm):  # type: ignore[type-arg]  # no generics at run time
    """The form for a stored schedule, with fields for specification and tags."""

    specification = SpecificationFormField()
    tags = TagsFormField()


class SpecificationTypeFilter(admin.SimpleListFilter):
    """Filters by a type in the specification; offers the types that are stored."""

    path: str

    def lookups(
        self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]"
    ) -> list[tuple[str, str]]:
        """Return the stored types."""
        found = ScheduleConfig.objects.order_by().values_list(KT(self.path)).distinct()
        return sorted((name, name) for (name,) in found)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the schedules with the chosen type."""
        if self.value() is None:
            return queryset
        of_type = queryset.alias(chosen=text_at(self.path))
        found: QuerySet[Any] = of_type.filter(chosen=self.value())
        return found


class ScheduleTypeFilter(SpecificationTypeFilter):
    """Filters by schedule type."""

    title = "schedule"
    parameter_name = "schedule"
    path = "specification__schedule__type"


class GraphTypeFilter(SpecificationTypeFilter):
    """Filters by graph type."""

    title = "graph"
    parameter_name = "graph"
    path = "specification__graph__type"


@admin.register(ScheduleConfig)
class ScheduleConfigAdmin(ServiceDeletion):
    """Stored schedules with their curves and the linter's findings."""

    form = ScheduleConfigForm
    list_display = (
        "slug",
        "schedule_type",
        "graph_type",
        "linter",
        "certified",
        "run_count",
    )
    list_filter = (ArchivedFilter, ScheduleTypeFilter, GraphTypeFilter, "created_at")
    list_per_page = 50
    search_fields = ("slug", "title", "notes", "tags", "fingerprint")
    date_hierarchy = "created_at"
    ordering = ("slug",)
    actions = ("compare", "benchmark", "certify", "export", "archive", "unarchive")

    def has_benchmark_permission(self, request: HttpRequest) -> bool:
        """Return whether the account may start a benchmark, as it may add runs."""
        return may_benchmark(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScheduleConfig]:
        """Load everything that the list shows, in one query."""
        return ScheduleConfig.objects.for_list()

    def get_fieldsets(
        self, request: HttpRequest, obj: ScheduleConfig | None = None
    ) -> Any:
        """Return the fieldsets; a new schedule has no plots and findings yet."""
        if obj is None:
            return (
                (None, {"fields": ("slug", "title", "specification", "notes", "tags")}),
            )
        fixed = obj.run_count or not self.has_change_permission(request, obj)
        specification = "specification_text" if fixed else "specification"
        return (
            ("Plots", {"fields": ("plots",)}),
            (None, {"fields": ("slug", "title", specification, "notes", "tags")}),
            ("Linter", {"fields": ("findings",)}),
            ("Certificate", {"fields": CERTIFICATE}),
            ("Details", {"fields": FACTS}),
        )

    def get_readonly_fields(
        self, request: HttpRequest, obj: ScheduleConfig | None = None
    ) -> tuple[str, ...]:
        """Make names read only, and specifications that runs refer to."""
        if obj is None:
            return ()
        shown = (
            "slug",
            "plots",
            "findings",
            "specification_text",
            *CERTIFICATE,
            *FACTS,
        )
        # A read-only field is not in the form.
        return (*shown, "specification") if obj.run_count else shown

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete it with the service, as pages and API do."""
        services.schedule_delete(schedule=obj)

    def save_model(
        self,
        request: HttpRequest,
        obj: ScheduleConfig,
        form: Any,
        change: bool,
    ) -> None:
        """Write with the services, as the API and the commands do."""
        if change:
            specification = form.cleaned_data.get("specification")
            services.schedule_update(
                schedule=obj,
                specification=specification,
                title=obj.title,
                notes=obj.notes,
                tags=obj.tags,
            )
            return
        created = services.schedule_create(
            slug=obj.slug,
            specification=obj.specification,
            title=obj.title,
            notes=obj.notes,
            tags=obj.tags,
            owner=cast("User", request.user),
        )
        # Admin uses this instance afterwards, for log entry, message and redirect.
        obj.pk = created.pk
        obj.refresh_from_db()

    @admin.display(description="Schedule", ordering=KT("specification__schedule__type"))
    def schedule_type(self, config: ScheduleConfig) -> str:
        """Return the schedule's type."""
        return config.schedule_type

    @admin.display(description="Graph", ordering=KT("specification__graph__type"))
    def graph_type(self, config: ScheduleConfig) -> str:
        """Return the graph's type."""
        return config.graph_type

    @admin.display(description="Runs", ordering="run_count")
    def run_count(self, config: ScheduleConfig) -> int:
        """Return how many runs measured the schedule."""
        return config.run_count

    @admin.display(description="Linter")
    def linter(self, config: ScheduleConfig) -> str:
        """Return the number of findings by severity."""
        return counts_text(config.lint_counts)

    @admin.display(description="Findings")
    def findings(self, config: ScheduleConfig) -> SafeString | str:
        """Return the findings as a list."""
        return findings_list(config.lint_findings)

    @admin.display(description="Certificate")
    def certified(self, config: ScheduleConfig) -> str:
        """Return whether the certificate passed; "" without a certificate."""
        return config.certificate_verdict

    @admin.display(description="Verdict")
    def verdict(self, config: ScheduleConfig) -> str:
        """Return whether the certificate passed."""
        return config.certificate_verdict or "Not certified yet."

    @admin.display(description="Certificate")
    def certificate_text(self, config: ScheduleConfig) -> SafeString | str:
        """Return the stored certificate."""
        return json_block(config.certificate)

    @admin.display(description="Specification")
    def specification_text(self, config: ScheduleConfig) -> SafeString | str:
        """Return the specification of a schedule that runs refer to."""
        return json_block(config.specification)

    @admin.display(description="Plots")
    def plots(self, config: ScheduleConfig) -> SafeString:
        """Return the images of the schedule's curves."""
        return plot_images("pages:plot-schedule", PLOTS, {"slug": config.slug})

    @admin.action(description="Compare", permissions=["view"])
    def compare(
        self, request: HttpRequest, queryset: QuerySet[ScheduleConfig]
    ) -> HttpResponse | None:
        """Redirect to the comparison of the selected schedules."""
        names = queryset.values_list("slug", flat=True)
        return redirect_to_comparison(
            self,
            request,
            route="pages:schedule-compare",
            parameter="names",
            names=names,
            most=COMPARED_SCHEDULES,
        )

    @admin.action(description="Run a benchmark of these", permissions=["benchmark"])
    def benchmark(
        self, request: HttpRequest, queryset: QuerySet[ScheduleConfig]
    ) -> None:
        """Queue one run of all selected schedules."""
        try:
            config = resolve_config(
                schedules=list(queryset.values_list("slug", flat=True)),
                baseline=DEFAULT_BASELINE,
                corpus=DEFAULT_CORPUS,
                timesteps=None,
                samples=DEFAULT_SAMPLES,
                seed=0,
            )
            run = run_create(config=config, owner=cast("User", request.user))
        except (
            UsageError,
            QueueFullError,
            RunTooLargeError,
        ) as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            show_queued(self, request, run)

    @admin.action(description="Certify", permissions=["change"])
    def certify(self, request: HttpRequest, queryset: QuerySet[ScheduleConfig]) -> None:
        """Certify the selected schedules, and show what each certificate says."""
        certify_selected(self, request, queryset)

    @admin.action(description="Export as CSV", permissions=["view"])
    def export(
        self, request: HttpRequest, queryset: QuerySet[ScheduleConfig]
    ) -> HttpResponse:
        """Return the selected schedules as a CSV file."""
        rows = ScheduleConfig.objects.for_export().filter(pk__in=queryset.values("pk"))
        return respond_with_csv("schedules", COLUMNS, rows)

    @admin.action(description="Archive", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[ScheduleConfig]) -> None:
        """Archive the selected schedules."""
        for config in queryset:
            services.schedule_archive(schedule=config)

    @admin.action(description="Unarchive", permissions=["change"])
    def unarchive(
        self, request: HttpRequest, queryset: QuerySet[ScheduleConfig]
    ) -> None:
        """Unarchive the selected schedules."""
        for config in queryset:
            services.schedule_unarchive(schedule=config)
