"""The routes of the pages."""

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from noising.dashboard import account
from noising.dashboard.home import views
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
    path("", include("noising.dashboard.playground.urls")),
    path("", include("noising.dashboard.schedules.urls")),
    path("", include("noising.dashboard.runs.urls")),
    path("", include("noising.dashboard.plot_urls")),
]
