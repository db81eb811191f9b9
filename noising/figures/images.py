"""Encoded images, and those of them that a process keeps."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

ImageFormat: TypeAlias = Literal["png", "svg", "pdf"]

MOST_BYTES: Final = 16 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image that is drawn only where it is needed.

    Attributes:
        key: differs where the content may differ.
        draw: draws and encodes it.
        modified: when its content last changed, where that is known.
        name: what a file of it is called, without the ending: letters, digits, `-`
            and `_`; empty for no name.
        chart: works out the numbers behind it, where there are curves.
    """

    key: str
    draw: Callable[[ImageFormat], bytes]
    modified: datetime | None = None
    name: str = ""
    chart: Callable[[], Mapping[str, Any]] | None = None


class Images:
    """Encoded images by key, those used last, as many as there is room for.

    The room is counted in bytes: a query may ask for any of thousands of variants,
    and their sizes differ a hundredfold.

    Args:
        most_bytes: the room.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._total_bytes = 0

    @property
    def total_bytes(self) -> int:
        """The room that is taken."""
        return self._total_bytes

    def get(self, key: str) -> bytes | None:
        """Return what is kept under the key, or None."""
        with self._lock:
            content = self._kept.get(key)
            if content is not None:
                self._kept.move_to_end(key)
            return content

    def put(self, key: str, content: bytes) -> None:
        """Keep an image; those that were not used for longest make room."""
        with self._lock:
            self._total_bytes += len(content) - len(self._kept.pop(key, b""))
            self._kept[key] = content
            while self._total_bytes > self._most_bytes:
                _, oldest = self._kept.popitem(last=False)
                self._total_bytes -= len(oldest)

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._kept.clear()
            self._total_bytes = 0


IMAGES: Final = Images(MOST_BYTES)
"""What this process keeps."""
