"""The routes of the pages."""

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from noising.dashboard import account, plot_views
from noising.dashboard.home import views as home
from noising.dashboard.playground import views as playground
from noising.dashboard.runs import views as runs
from noising.dashboard.runs import write_views as write_runs
from noising.dashboard.schedules import views as schedules
from noising.dashboard.schedules import write_views as write_schedules
from noising.dashboard.sign_in import PasswordView, SignInView

app_name = "pages"

ACCOUNT = [
    path("", account.account, name="account"),
    path("login/", SignInView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("password/", PasswordView.as_view(), name="password"),
    path("tokens/<int:token_id>/revoke/", account.revoke, name="revoke"),
]

PLAYGROUND = [
    path("", playground.playground, name="playground"),
    path("state.json", playground.state, name="playground-state"),
    path("alpha.<slug:plot_format>", playground.picture, name="playground-picture"),
]

SCHEDULE = [
    path("", schedules.schedule, name="schedule"),
    path("edit/", write_schedules.change, name="schedule-edit"),
    path("archive/", write_schedules.archive, name="schedule-archive"),
    path("unarchive/", write_schedules.unarchive, name="schedule-unarchive"),
]

RUN = [
    path("", runs.run, name="run"),
    path("edit/", write_runs.change, name="run-edit"),
    path("cancel/", write_runs.cancel, name="run-cancel"),
    path("rerun/", write_runs.rerun, name="run-rerun"),
    path("archive/", write_runs.archive, name="run-archive"),
    path("unarchive/", write_runs.unarchive, name="run-unarchive"),
]

PLOT = "<slug:name>.<slug:plot_format>"

PLOTS = [
    path(f"built-in/{PLOT}", plot_views.builtin, name="plot-builtin"),
    path(f"schedules/{PLOT}", plot_views.schedules, name="plot-schedules"),
    path("schedules/<slug:slug>/sparkline.svg", plot_views.sparkline, name="sparkline"),
    path(
        "schedules/<slug:slug>/positions.<slug:plot_format>",
        plot_views.positions,
        name="plot-positions",
    ),
    path(f"schedules/<slug:slug>/{PLOT}", plot_views.schedule, name="plot-schedule"),
    path(f"comparison/{PLOT}", plot_views.comparison, name="plot-comparison"),
    path(
        f"runs/comparison/{PLOT}", plot_views.run_comparison, name="plot-run-comparison"
    ),
    path(f"runs/<uuid:run_id>/{PLOT}", plot_views.run, name="plot-run"),
]

urlpatterns = [
    path("favicon.ico", home.icon, name="icon"),
    path("dashboard/", home.dashboard, name="dashboard"),
    path("account/", include(ACCOUNT)),
    path("playground/", include(PLAYGROUND)),
    path("schedules/", schedules.schedules, name="schedules"),
    path("schedules/compare/", schedules.compare, name="schedule-compare"),
    path("schedules/<slug:slug>/", include(SCHEDULE)),
    path("new/schedule/", write_schedules.new, name="schedule-new"),
    path("runs/", runs.runs, name="runs"),
    path("runs/compare/", runs.compare, name="run-compare"),
    path("runs/<uuid:run_id>/", include(RUN)),
    path("new/run/", write_runs.new, name="run-new"),
    path("plots/", include(PLOTS)),
]
