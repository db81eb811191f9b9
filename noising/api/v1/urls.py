"""The routes under /api/v1, without a trailing slash."""

from django.urls import URLPattern, URLResolver

app_name = "v1"

urlpatterns: list[URLPattern | URLResolver] = []
