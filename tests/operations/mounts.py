"""Tests that mount file systems, which only their own processes see."""

import os
import shutil
import subprocess

MOUNT = ("unshare", "--mount") if os.geteuid() == 0 else ("unshare", "-Urm")
"""What a command line that mounts begins with."""

NEEDS_MOUNT = "needs the right to mount"
"""The reason to skip such a test. It may be skipped with CI=true too: containers forbid
mounts, and no package gives the right."""


def can_mount() -> bool:
    """Tell whether this user may mount a file system that only its processes see."""
    trial = [*MOUNT, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return bool(
        shutil.which("unshare")
        and subprocess.run(trial, capture_output=True, check=False).returncode == 0
    )
