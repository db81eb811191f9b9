"""System checks for contradicting limits and unsafe settings.

`manage.py check` prints them, and `manage.py serve` runs them before it serves. What
Django checks itself (DEBUG, the strength of SECRET_KEY, cookies) is not repeated.
"""

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register

LARGEST_BODY_BYTES = 256 * 2**20
"""Above this a single request may take gigabytes: JSON grows tenfold in memory."""


@register(Tags.files)
def check_data_dir(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """E001: the data folder can be written or created."""
    folder: Path = settings.DATA_DIR
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if os.access(nearest, os.W_OK | os.X_OK):
        return []
    return [
        Error(
            f"DATA_DIR is {folder}, and this account may not write to {nearest}.",
            hint="Set DATA_DIR to a folder of this account, or change its owner.",
            id="noising.E001",
        )
    ]


@register(Tags.security)
def check_limits(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """W001, W002: the limits of a request are consistent and fit into memory."""
    messages: list[CheckMessage] = []
    digits = len(str(settings.NOISE_SPECIFICATION["vocab_size"] - 1))
    needed = settings.MAX_TOKENS * (digits + 1)
    if needed > settings.MAX_BODY_BYTES:
        messages.append(
            Warning(
                f"MAX_TOKENS is {settings.MAX_TOKENS}, but that many ids need up to "
                f"{needed} bytes and MAX_BODY_BYTES is {settings.MAX_BODY_BYTES}.",
                hint="Raise MAX_BODY_BYTES or lower MAX_TOKENS.",
                id="noising.W001",
            )
        )
    if settings.MAX_BODY_BYTES > LARGEST_BODY_BYTES:
        messages.append(
            Warning(
                f"MAX_BODY_BYTES is {settings.MAX_BODY_BYTES}: one request may take "
                "about ten times as much memory.",
                hint=f"Keep it at or below {LARGEST_BODY_BYTES}.",
                id="noising.W002",
            )
        )
    return messages


@register(Tags.security)
def check_hosts(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """W003, W004: hosts and origins are not wider than necessary."""
    messages: list[CheckMessage] = []
    if "*" in settings.ALLOWED_HOSTS:
        messages.append(
            Warning(
                "ALLOWED_HOSTS contains *: every host name is accepted, so links in "
                "pages can be forged and DNS rebinding works.",
                hint="List the host names that clients use.",
                id="noising.W003",
            )
        )
    plain = [o for o in settings.CSRF_TRUSTED_ORIGINS if o.startswith("http://")]
    if settings.HTTPS and plain:
        messages.append(
            Warning(
                f"CSRF_TRUSTED_ORIGINS contains {', '.join(plain)}, but HTTPS is on.",
                hint="Trust https:// origins only.",
                id="noising.W004",
            )
        )
    return messages


@register(Tags.security)
def check_key_file(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """W005: no other account can read the secret key."""
    path: Path = settings.SECRET_KEY_FILE
    if settings.KEY_SOURCE != "file":
        return []
    if not stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        return []
    return [
        Warning(
            f"Other accounts of this machine have access to {path}.",
            hint=f"chmod 600 {path}",
            id="noising.W005",
        )
    ]


@register(Tags.security, deploy=True)
def check_key_is_kept(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """I002: the secret key is stored."""
    if settings.KEY_SOURCE != "process":
        return []
    return [
        Info(
            "No secret key is stored yet: until `manage.py serve` has created one, "
            "each process uses its own key, and sessions end with the process.",
            hint="Run `manage.py serve`, or set SECRET_KEY.",
            id="noising.I002",
        )
    ]


@register(Tags.security, deploy=True)
def check_transport(
    app_configs: Sequence[AppConfig] | None, **_: Any
) -> list[CheckMessage]:
    """I001: the service uses HTTPS."""
    if settings.HTTPS:
        return []
    return [
        Info(
            "The service uses plain HTTP: others on the network can read everything, "
            "including passwords.",
            hint="Terminate TLS in a proxy in front of it and set HTTPS=on.",
            id="noising.I001",
        )
    ]
