"""The routes of the pages and of the plots that they show."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from noising.dashboard import account, plot_views, views
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
