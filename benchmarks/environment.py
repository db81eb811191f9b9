"""The environment of a run: code, libraries and machine."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from noising.engine import ENGINE_VERSION, chosen_kernel

ROOT: Final = Path(__file__).resolve().parents[1]
GIT_SECONDS: Final = 10
CPU_INFO: Final = Path("/proc/cpuinfo")


def environment() -> dict[str, Any]:
    """Return the `environment` part of a results document.

    Unknown values are null, such as those of git outside a checkout, or the processor's
    name on some systems. Names of hosts, users and folders are not recorded.
    """
    status = _git("status", "--porcelain")
    return {
        "git_sha": _git("rev-parse", "HEAD"),
        "git_dirty": None if status is None else bool(status),
        "engine_version": ENGINE_VERSION,
        "python": platform.python_version(),
        "numpy": metadata.version("numpy"),
        "matplotlib": metadata.version("matplotlib"),
        "platform": platform.platform(),
        "cpu": _cpu(),
        "cpu_count": os.cpu_count(),
        "threads": 1,
        "kernel": chosen_kernel(),
    }


def _git(*arguments: str) -> str | None:
    program = shutil.which("git")
    # Without this check, git would use another repository that contains the folder.
    if program is None or not (ROOT / ".git").exists():
        return None
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
            [program, "-C", str(ROOT), *arguments],
            capture_output=True,
            text=True,
            timeout=GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _cpu() -> str | None:
    try:
        lines = CPU_INFO.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.processor() or None
