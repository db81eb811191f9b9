"""The routes of the core endpoints, without a version or a trailing slash."""

from django.urls import path

from noising.api.core.views import AlphaView, InfoView, NoiseView, StatusView

urlpatterns = [
    path("", StatusView.as_view(), name="status"),
    path("info", InfoView.as_view(), name="info"),
    path("alpha/<str:timestep>", AlphaView.as_view(), name="alpha"),
    path("noise", NoiseView.as_view(), name="noise"),
]
