"""What this server was configured with, as the engine's objects."""

from functools import cache
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

from noising.engine import ForwardProcess, build_process, with_hyperschedule

VERSION = "0.1.0"
"""The version of the service; pyproject.toml says the same."""


@cache
def default_process() -> ForwardProcess:
    """Return the process that requests are noised with."""
    return build_process(settings.NOISE_SPECIFICATION)


@cache
def default_hyperscheduled() -> ForwardProcess:
    """Return that process under the hyperschedule used where a request names none."""
    return with_hyperschedule(default_process(), settings.HYPERSCHEDULE)


@receiver(setting_changed)
def _forget(*, setting: str, **_: Any) -> None:
    """Build anew after a test has changed a setting."""
    if setting in {"NOISE_SPECIFICATION", "HYPERSCHEDULE"}:
        default_process.cache_clear()
        default_hyperscheduled.cache_clear()
