"""The routes of the playground."""

from django.urls import path

from noising.dashboard.playground import views

urlpatterns = [
    path("playground/", views.playground, name="playground"),
    path("playground/state.json", views.state, name="playground-state"),
    path(
        "playground/alpha.<slug:plot_format>", views.picture, name="playground-picture"
    ),
]
