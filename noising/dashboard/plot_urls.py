"""The routes of the plots that pages show."""

from django.urls import path

from noising.dashboard import plot_views

PLOT = "<slug:name>.<slug:plot_format>"

urlpatterns = [
    path(f"plots/built-in/{PLOT}", plot_views.builtin, name="plot-builtin"),
    path(f"plots/schedules/{PLOT}", plot_views.schedules, name="plot-schedules"),
    path(
        "plots/schedules/<slug:slug>/sparkline.svg",
        plot_views.sparkline,
        name="sparkline",
    ),
    path(
        "plots/schedules/<slug:slug>/positions.<slug:plot_format>",
        plot_views.positions,
        name="plot-positions",
    ),
    path(
        f"plots/schedules/<slug:slug>/{PLOT}", plot_views.schedule, name="plot-schedule"
    ),
    path(f"plots/comparison/{PLOT}", plot_views.comparison, name="plot-comparison"),
    path(
        f"plots/runs/comparison/{PLOT}",
        plot_views.run_comparison,
        name="plot-run-comparison",
    ),
    path(f"plots/runs/<uuid:run_id>/{PLOT}", plot_views.run, name="plot-run"),
]
