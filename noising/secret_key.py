"""The secret key's file: read by the settings, written only by commands."""

import os
import tempfile
from pathlib import Path

from django.core.management.utils import get_random_secret_key

FILE_NAME = "secret_key"


class SecretKeyError(ValueError):
    """The file exists but cannot be used."""


def read_secret_key(data_dir: Path) -> str | None:
    """Return the key in the folder's file, or None if there is no file.

    Raises:
        SecretKeyError: the file cannot be read, or is empty.
    """
    path = data_dir / FILE_NAME
    try:
        key = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = type(error).__name__
        raise SecretKeyError(f"cannot be read from {path} ({reason})") from error
    if not key:
        raise SecretKeyError(f"has an empty file, {path}")
    return key


def ensure_secret_key(data_dir: Path) -> str:
    """Return the key in the folder's file, and create the file if necessary.

    Two processes that start at the same time get the same key: each writes a temporary
    file (mode 0600), and only the first can link it to the final name.

    Raises:
        SecretKeyError: the file exists but cannot be used.
    """
    key = read_secret_key(data_dir)
    if key is not None:
        return key
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = get_random_secret_key()
    draft = _write_draft(data_dir, key)
    try:
        (data_dir / FILE_NAME).hardlink_to(draft)
    except FileExistsError:
        return ensure_secret_key(data_dir)
    finally:
        draft.unlink()
    return key


def write_secret_key(data_dir: Path, key: str) -> None:
    """Replace the key in the folder's file, which a backup had."""
    _write_draft(data_dir, key).replace(data_dir / FILE_NAME)


def _write_draft(data_dir: Path, key: str) -> Path:
    descriptor, draft = tempfile.mkstemp(dir=data_dir, prefix=f".{FILE_NAME}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{key}\n")
    return Path(draft)
