"""The routes of the pages and of the plots that they show."""

from django.urls import path

from noising.dashboard import plot_views, views

app_name = "pages"

urlpatterns = [
    path("favicon.ico", views.icon, name="icon"),
    path("dashboard/", views.dashboard, name="dashboard"),
    path("schedules/<slug:slug>/", views.schedule, name="schedule"),
    path("runs/<uuid:run_id>/", views.run, name="run"),
    path(
        "plots/built-in/<slug:name>.<slug:image_format>",
        plot_views.builtin,
        name="plot-builtin",
    ),
    path(
        "plots/schedules/<slug:name>.<slug:image_format>",
        plot_views.schedules,
        name="plot-schedules",
    ),
    path(
        "plots/schedules/<slug:slug>/<slug:name>.<slug:image_format>",
        plot_views.schedule,
        name="plot-schedule",
    ),
    path(
        "plots/runs/<uuid:run_id>/<slug:name>.<slug:image_format>",
        plot_views.run,
        name="plot-run",
    ),
]
