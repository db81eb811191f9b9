"""The routes of schedules."""

from django.urls import path

from noising.api.schedules import curve_views as computed
from noising.api.schedules import views

urlpatterns = [
    path("curves", computed.PreviewView.as_view(), name="curves"),
    path("schedules", views.SchedulesView.as_view(), name="schedules"),
    # Before the names, of which these two are none.
    path("schedules/compare", computed.ComparisonView.as_view(), name="compare"),
    path("schedules/import", computed.ImportView.as_view(), name="import"),
    path("schedules/<slug:name>", views.ScheduleView.as_view(), name="schedule"),
    path(
        "schedules/<slug:name>/archive",
        views.ArchiveView.as_view(),
        name="schedule-archive",
    ),
    path(
        "schedules/<slug:name>/unarchive",
        views.UnarchiveView.as_view(),
        name="schedule-unarchive",
    ),
    path(
        "schedules/<slug:name>/specification",
        views.SpecificationView.as_view(),
        name="schedule-specification",
    ),
    path(
        "schedules/<slug:name>/curves",
        computed.CurvesView.as_view(),
        name="schedule-curves",
    ),
    path("schedules/<slug:name>/lint", views.LintView.as_view(), name="schedule-lint"),
]
