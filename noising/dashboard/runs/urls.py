"""The routes of runs."""

from django.urls import path

from noising.dashboard.runs import views, write_views

urlpatterns = [
    path("runs/", views.runs, name="runs"),
    path("runs/compare/", views.compare, name="run-compare"),
    path("new/run/", write_views.new, name="run-new"),
    path("runs/<uuid:run_id>/", views.run, name="run"),
    path("runs/<uuid:run_id>/edit/", write_views.change, name="run-edit"),
    path("runs/<uuid:run_id>/cancel/", write_views.cancel, name="run-cancel"),
    path("runs/<uuid:run_id>/rerun/", write_views.rerun, name="run-rerun"),
    path("runs/<uuid:run_id>/archive/", write_views.archive, name="run-archive"),
    path("runs/<uuid:run_id>/unarchive/", write_views.unarchive, name="run-unarchive"),
]
