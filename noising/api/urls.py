"""The routes of the fixed core."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
