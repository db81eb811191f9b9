"""The folder in which the processes of one `manage.py serve` keep their metrics."""

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from noising.management.locks import folder_lock

WORK = "making a folder for metrics"

MEMORY = Path("/dev/shm")  # noqa: S108 - what is made there is private
"""The file system in memory that Linux has."""


def choose_parent(data_dir: Path) -> Path:
    """Return where to make the folder: in memory, else in the data folder.

    The processes count in files that are mapped into memory. If their disk is full, the
    system kills them at the first write (SIGBUS), and with them what needs no disk.
    """
    folder = MEMORY / f"noising-{os.geteuid()}"
    with suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
        # Anybody may have made a folder of this name.
        if status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) == 0o700:
            return folder
    return data_dir / "metrics"


@contextmanager
def metrics_folder(parent: Path) -> Iterator[Path]:
    """Make an empty folder, and delete it at the end with those of killed processes.

    Several `serve` may use the same parent. Each holds the lock on its own folder,
    which the system releases when the process ends in any way.

    Args:
        parent: the folder for it, which is created if necessary.

    Raises:
        OSError: the folder cannot be written.
    """
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with folder_lock(parent, WORK):
        for child in parent.iterdir():
            if (unused := _lock(child)) is not None:
                shutil.rmtree(child, ignore_errors=True)
                os.close(unused)
        folder = Path(tempfile.mkdtemp(dir=parent))
        descriptor = _lock(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if descriptor is not None:
            os.close(descriptor)


def _lock(folder: Path) -> int | None:
    """Lock a folder; return the descriptor, or None if another process has it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
