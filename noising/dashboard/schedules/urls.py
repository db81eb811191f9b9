"""The routes of schedules."""

from django.urls import path

from noising.dashboard.schedules import edit, views

urlpatterns = [
    path("schedules/", views.schedules, name="schedules"),
    path("schedules/compare/", views.compare, name="schedule-compare"),
    path("new/schedule/", edit.new, name="schedule-new"),
    path("schedules/<slug:slug>/", views.schedule, name="schedule"),
    path("schedules/<slug:slug>/edit/", edit.change, name="schedule-edit"),
    path("schedules/<slug:slug>/archive/", edit.archive, name="schedule-archive"),
    path("schedules/<slug:slug>/unarchive/", edit.unarchive, name="schedule-unarchive"),
]
