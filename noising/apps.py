"""The Django application that everything in this project belongs to."""

from importlib import import_module

from django.apps import AppConfig


class NoisingConfig(AppConfig):
    """Forward noising for discrete diffusion: models, pages, commands, API."""

    name = "noising"
    verbose_name = "Noising"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        import_module("noising.checks")
