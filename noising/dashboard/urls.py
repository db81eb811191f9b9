"""The routes of the pages and of the plots that they show."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from noising.dashboard import account, plot_views, views
from noising.dashboard.playground.views import playground
from noising.dashboard.runs import views as runs
from noising.dashboard.schedules import edit
from noising.dashboard.schedules import views as schedules
from noising.dashboard.sign_in import PasswordView, SignInView

app_name = "pages"

urlpatterns = [
    path("favicon.ico", views.icon, name="icon"),
    path("dashboard/", views.dashboard, name="dashboard"),
    path("account/", account.account, name="account"),
    path("account/login/", SignInView.as_view(), name="login"),
    path("account/logout/", LogoutView.as_view(), name="logout"),
    path("account/password/", PasswordView.as_view(), name="password"),
    path("account/tokens/<int:token_id>/revoke/", account.revoke, name="revoke"),
    path("schedules/", schedules.schedules, name="schedules"),
    path("schedules/compare/", schedules.compare, name="schedule-compare"),
    path("new/schedule/", edit.new, name="schedule-new"),
    path("schedules/<slug:slug>/", schedules.schedule, name="schedule"),
    path("schedules/<slug:slug>/edit/", edit.change, name="schedule-edit"),
    path("schedules/<slug:slug>/archive/", edit.archive, name="schedule-archive"),
    path("schedules/<slug:slug>/unarchive/", edit.unarchive, name="schedule-unarchive"),
    path("runs/", runs.runs, name="runs"),
    path("runs/<uuid:run_id>/", runs.run, name="run"),
    path("playground/", playground, name="playground"),
    path(
        "plots/built-in/<slug:name>.<slug:plot_format>",
        plot_views.builtin,
        name="plot-builtin",
    ),
    path(
        "plots/schedules/<slug:name>.<slug:plot_format>",
        plot_views.schedules,
        name="plot-schedules",
    ),
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
        "plots/schedules/<slug:slug>/<slug:name>.<slug:plot_format>",
        plot_views.schedule,
        name="plot-schedule",
    ),
    path(
        "plots/comparison/<slug:name>.<slug:plot_format>",
        plot_views.comparison,
        name="plot-comparison",
    ),
    path(
        "plots/runs/<uuid:run_id>/<slug:name>.<slug:plot_format>",
        plot_views.run,
        name="plot-run",
    ),
]
