"""Every route of the site."""

from django.contrib import admin
from django.urls import include, path

from noising.dashboard.sign_in import PasswordView, SignInView
from noising_site.docs import DocsView, SchemaView
from noising_site.health import LivezView, ReadyzView
from noising_site.home import home
from noising_site.metrics import MetricsView

handler400 = "noising_site.errors.bad_request"
handler403 = "noising_site.errors.forbidden"
handler404 = "noising_site.errors.not_found"
handler500 = "noising_site.errors.server_error"

urlpatterns = [
    # First, because Django compares a path with the routes in order.
    path("api/v1/", include("noising.api.urls")),
    # Before the API's route for the same path, which is only there for its schema.
    path("", home, name="home"),
    path("", include("noising.api.core.urls")),
    path("", include("noising.dashboard.urls")),
    path("livez", LivezView.as_view(), name="livez"),
    path("readyz", ReadyzView.as_view(), name="readyz"),
    path("metrics", MetricsView.as_view(), name="metrics"),
    # These replace the admin's views, which do not limit failed logins.
    path("admin/login/", SignInView.as_view(next_page="admin:index")),
    path("admin/password_change/", PasswordView.as_view()),
    path("admin/", admin.site.urls),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("api/docs/", DocsView.as_view(), name="docs"),
]
