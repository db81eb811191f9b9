"""The routes of runs."""

from django.urls import path

from noising.dashboard.runs import edit, views

urlpatterns = [
    path("runs/", views.runs, name="runs"),
    path("runs/compare/", views.compare, name="run-compare"),
    path("new/run/", edit.new, name="run-new"),
    path("runs/<uuid:run_id>/", views.run, name="run"),
    path("runs/<uuid:run_id>/edit/", edit.change, name="run-edit"),
    path("runs/<uuid:run_id>/cancel/", edit.cancel, name="run-cancel"),
    path("runs/<uuid:run_id>/rerun/", edit.rerun, name="run-rerun"),
    path("runs/<uuid:run_id>/archive/", edit.archive, name="run-archive"),
    path("runs/<uuid:run_id>/unarchive/", edit.unarchive, name="run-unarchive"),
]
