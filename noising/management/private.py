"""Files and folders that no other account of the machine may read."""

import os
import stat
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_file_private(path: Path, *, create: bool = False) -> None:
    """Take a file's group and all others their rights, if this account owns it.

    Args:
        path: the file.
        create: whether to make it, empty, where it is not there.

    Raises:
        OSError: it cannot be made.
    """
    if path.exists():
        _tighten(path)
    elif create:
        # Not opened where it is there: closing an SQLite file once more would end
        # the locks of connections that this process has.
        path.touch(mode=0o600)


def make_folder_private(folder: Path, ours: tuple[str, ...]) -> bool:
    """Make a folder that is private, or make one private that is there.

    Args:
        folder: what no other account should enter.
        ours: how the names of what the service keeps in it begin. In a folder that
            holds other things too, other accounts may have business.

    Returns:
        Whether it is private now.

    Raises:
        OSError: it cannot be made or read.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The bit of folders such as /tmp, where everybody may keep files.
    is_shared = folder.stat().st_mode & stat.S_ISVTX or not all(
        path.name.startswith((".", *ours)) for path in folder.iterdir()
    )
    if not is_shared:
        _tighten(folder)
    return not folder.stat().st_mode & OTHERS


def _tighten(path: Path) -> None:
    status = path.stat()
    if status.st_mode & OTHERS and status.st_uid == os.geteuid():
        path.chmod(stat.S_IMODE(status.st_mode) & ~OTHERS)
