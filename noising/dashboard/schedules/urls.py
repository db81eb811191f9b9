"""The routes of schedules."""

from django.urls import path

from noising.dashboard.schedules import views, write_views

urlpatterns = [
    path("schedules/", views.schedules, name="schedules"),
    path("schedules/compare/", views.compare, name="schedule-compare"),
    path("new/schedule/", write_views.new, name="schedule-new"),
    path("schedules/<slug:slug>/", views.schedule, name="schedule"),
    path("schedules/<slug:slug>/edit/", write_views.change, name="schedule-edit"),
    path(
        "schedules/<slug:slug>/archive/", write_views.archive, name="schedule-archive"
    ),
    path(
        "schedules/<slug:slug>/unarchive/",
        write_views.unarchive,
        name="schedule-unarchive",
    ),
]
