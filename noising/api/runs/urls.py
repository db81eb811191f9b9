"""The routes of runs."""

from django.urls import path

from noising.api.runs import result_views as results
from noising.api.runs import views

urlpatterns = [
    path("runs", views.RunsView.as_view(), name="runs"),
    path("runs/compare", results.CompareView.as_view(), name="run-compare"),
    path("runs/<uuid:run_id>", views.RunView.as_view(), name="run"),
    path("runs/<uuid:run_id>/cancel", views.CancelView.as_view(), name="run-cancel"),
    path("runs/<uuid:run_id>/rerun", views.RerunView.as_view(), name="run-rerun"),
    path("runs/<uuid:run_id>/archive", views.ArchiveView.as_view(), name="run-archive"),
    path(
        "runs/<uuid:run_id>/unarchive",
        views.UnarchiveView.as_view(),
        name="run-unarchive",
    ),
    path(
        "runs/<uuid:run_id>/results", results.ResultsView.as_view(), name="run-results"
    ),
    path("runs/<uuid:run_id>/export", results.ExportView.as_view(), name="run-export"),
    path(
        "runs/<uuid:run_id>/plots/<slug:name>",
        results.PlotView.as_view(),
        name="run-plot",
    ),
]
