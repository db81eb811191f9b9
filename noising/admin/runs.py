"""Benchmark runs in admin: names, notes, tags, archiving; results are read only."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from benchmarks.comparison import MOST_COMPARED
from noising.admin.actions import (
    may_benchmark,
    redirect_to_comparison,
    respond_with_table,
    show_queued,
)
from noising.admin.deletion import ServiceDeletion
from noising.admin.display import (
    ArchivedFilter,
    findings_list,
    json_block,
    plot_images,
)
from noising.form_fields import TagsFormField
from noising.models import BenchmarkRun, BenchmarkSchedule, ThroughputResult
from noising.runs import (
    QueueFullError,
    RunStateError,
    RunTooLargeError,
    export_runs,
    run_annotate,
    run_archive,
    run_rerun,
    run_unarchive,
    tabulate_runs,
)
from noising.services import run_delete

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PLOTS = {
    "alpha": "Signal left by each schedule",
    "information": "Information left",
    "preservation": "Tokens unchanged, by type",
    "throughput": "Throughput",
}

STATE = (
    "suite",
    "status",
    "state_text",
    "error",
    "progress",
    "attempt",
    "cancel_requested",
    "created_at",
    "started_at",
    "heartbeat_at",
    "lease_until",
    "finished_at",
    "archived_at",
    "owner",
)
ASKED = ("corpus_name", "baseline", "seed", "config_text")
MEASURED_ON = ("corpus_text", "environment_text")


class BenchmarkRunForm(forms.ModelForm):  # type: ignore[type-arg]  # no generics at run time
    """The form for name, notes and tags of a run."""

    tags = TagsFormField()


class ReadOnlyInline(admin.TabularInline):  # type: ignore[type-arg]  # no generics at run time
    """Rows that a run has recorded, which cannot be changed."""

    extra = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Refuse: only the run itself adds rows."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Refuse: results do not change."""
        return False


class ScheduleInline(ReadOnlyInline):
    """The schedules that the run measured."""

    model = BenchmarkSchedule
    fields = ("name", "is_baseline", "wasted_steps", "findings", "config")
    readonly_fields = ("findings",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BenchmarkSchedule]:
        """Load the schedules without the curves, which the plots show."""
        return (
            super()
            .get_queryset(request)
            .defer("curves", "specification")
            .select_related("config")
        )

    @admin.display(description="Linter")
    def findings(self, schedule: BenchmarkSchedule) -> SafeString | str:
        """Return the findings as a list."""
        return findings_list(schedule.lint_findings)


class ThroughputInline(ReadOnlyInline):
    """The throughput cases that the run measured."""

    model = ThroughputResult
    fields = ("case", "engine_ns", "naive_ns", "times_faster")
    readonly_fields = ("engine_ns", "naive_ns", "times_faster")

    @admin.display(description="Engine, ns per token")
    def engine_ns(self, case: ThroughputResult) -> str:
        """Return the engine's time per token."""
        return f"{case.engine_ns_per_token:.2f}"

    @admin.display(description="Naive NumPy, ns per token")
    def naive_ns(self, case: ThroughputResult) -> str:
        """Return the time per token of the usual NumPy code."""
        return f"{case.naive_ns_per_token:.2f}"

    @admin.display(description="Speedup")
    def times_faster(self, case: ThroughputResult) -> str:
        """Return how many times faster the engine is."""
        return f"{case.speedup:.2f}"


@admin.register(BenchmarkRun)
class BenchmarkRunAdmin(ServiceDeletion):
    """Runs with their plots; only name, notes and tags can be changed."""

    form = BenchmarkRunForm
    list_display = (
        "title",
        "created_at",
        "status",
        "state_text",
        "corpus_name",
        "schedule_names",
    )
    list_filter = (ArchivedFilter, "status", "suite", "corpus_name", "created_at")
    list_per_page = 50
    search_fields = ("name", "corpus_name", "notes", "tags", "error", "schedules__name")
    date_hierarchy = "created_at"
    actions = ("compare", "repeat", "export", "archive", "unarchive")
    inlines = (ScheduleInline, ThroughputInline)
    readonly_fields = (*STATE, "plots", *ASKED, *MEASURED_ON)
    fieldsets = (
        ("Status", {"fields": STATE}),
        ("Plots", {"fields": ("plots",)}),
        ("Name and notes", {"fields": ("name", "notes", "tags")}),
        ("Parameters", {"fields": ASKED}),
        ("Corpus and environment", {"fields": MEASURED_ON}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[BenchmarkRun]:
        """Load everything that the list shows, in one query."""
        return BenchmarkRun.objects.for_list()

    def has_benchmark_permission(self, request: HttpRequest) -> bool:
        """Return whether the account may repeat runs, as it may add them."""
        return may_benchmark(request)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete it with the service, as pages and API do."""
        run_delete(run=obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: runs are not added in admin."""
        return False

    def save_model(
        self, request: HttpRequest, obj: BenchmarkRun, form: Any, change: bool
    ) -> None:
        """Write only what people may change: a worker may write the other columns."""
        run_annotate(run=obj, name=obj.name, notes=obj.notes, tags=obj.tags)

    @admin.display(description="Status in words")
    def state_text(self, run: BenchmarkRun) -> str:
        """Return what the status does not say."""
        return run.state_text

    @admin.display(description="Name", ordering="name")
    def title(self, run: BenchmarkRun) -> str:
        """Return the name of the run, given or by default."""
        return run.title

    @admin.display(description="Schedules")
    def schedule_names(self, run: BenchmarkRun) -> str:
        """Return the names of the run's schedules."""
        return ", ".join(run.config["schedules"])

    @admin.display(description="Plots")
    def plots(self, run: BenchmarkRun) -> SafeString | str:
        """Return the images of the run's plots."""
        if run.status != BenchmarkRun.Status.SUCCEEDED:
            return "A run has plots once it has succeeded."
        return plot_images("pages:plot-run", PLOTS, {"run_id": run.pk})

    @admin.display(description="Parameters")
    def config_text(self, run: BenchmarkRun) -> SafeString | str:
        """All parameters."""
        return json_block(run.config)

    @admin.display(description="Corpus")
    def corpus_text(self, run: BenchmarkRun) -> SafeString | str:
        """Return the description of the corpus."""
        return json_block(run.corpus)

    @admin.display(description="Environment")
    def environment_text(self, run: BenchmarkRun) -> SafeString | str:
        """Return the description of the environment."""
        return json_block(run.environment)

    @admin.action(description="Compare", permissions=["view"])
    def compare(
        self, request: HttpRequest, queryset: QuerySet[BenchmarkRun]
    ) -> HttpResponse | None:
        """Redirect to the comparison of the selected runs."""
        ids = [str(pk) for pk in queryset.values_list("pk", flat=True)]
        return redirect_to_comparison(
            self,
            request,
            route="pages:run-compare",
            parameter="ids",
            names=ids,
            most=MOST_COMPARED,
        )

    @admin.action(description="Run these again", permissions=["benchmark"])
    def repeat(self, request: HttpRequest, queryset: QuerySet[BenchmarkRun]) -> None:
        """Queue a new run for each selected one."""
        for run in queryset:
            try:
                again = run_rerun(run=run, owner=cast("User", request.user))
            except (
                QueueFullError,
                RunStateError,
                RunTooLargeError,
            ) as error:
                self.message_user(request, f"{run}: {error}", messages.ERROR)
            else:
                show_queued(self, request, again)

    @admin.action(description="Export as CSV", permissions=["view"])
    def export(
        self, request: HttpRequest, queryset: QuerySet[BenchmarkRun]
    ) -> HttpResponse:
        """Return the selected runs as a CSV file."""
        return respond_with_table("runs", tabulate_runs(export_runs(queryset)))

    @admin.action(description="Archive", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[BenchmarkRun]) -> None:
        """Archive the selected runs."""
        for run in queryset:
            run_archive(run=run)

    @admin.action(description="Unarchive", permissions=["change"])
    def unarchive(self, request: HttpRequest, queryset: QuerySet[BenchmarkRun]) -> None:
        """Unarchive the selected runs."""
        for run in queryset:
            run_unarchive(run=run)
