"""Makes files and folders private to the account that runs the service."""

import os
import stat
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_file_private(path: Path, *, create: bool = False) -> None:
    """Remove the rights of other accounts to a file, if this account owns it.

    Args:
        path: the file.
        create: whether to create it, empty, if it does not exist.

    Raises:
        OSError: it cannot be created.
    """
    if path.exists():
        _tighten(path)
    elif create:
        # An existing file is not opened: closing an SQLite file releases the locks of
        # all connections of this process.
        path.touch(mode=0o600)


def make_folder_private(folder: Path, ours: tuple[str, ...]) -> bool:
    """Create a private folder, or make an existing folder private.

    Args:
        folder: the folder.
        ours: prefixes of the names of the service's files. A folder that has other
            files too is left as it is, since other accounts may need them.

    Returns:
        Whether it is private now.

    Raises:
        OSError: it cannot be created or read.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The sticky bit marks folders such as /tmp, in which every account may have files.
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
