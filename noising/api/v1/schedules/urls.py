"""The routes of schedules."""

from django.urls import path

from noising.api.v1.schedules import views

urlpatterns = [
    path("schedules", views.SchedulesView.as_view(), name="schedules"),
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
    path("schedules/<slug:name>/lint", views.LintView.as_view(), name="schedule-lint"),
]
