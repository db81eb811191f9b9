"""The Django application of this project."""

from importlib import import_module

from django.apps import AppConfig


class NoisingConfig(AppConfig):
    """The only application: models, pages, commands and API."""

    name = "noising"
    verbose_name = "Noising"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        import_module("noising.checks")
