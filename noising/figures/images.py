"""Images that are drawn on request, and a cache of their bytes."""

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
    """An image that is drawn only if its bytes are needed.

    Attributes:
        key: differs if the content may differ.
        draw: draws and encodes it.
        modified: when its content last changed, where that is known.
        name: what a file of it is called, without the ending: letters, digits, `-`
            and `_`; empty for no name.
        chart: computes the numbers behind it; None for an image without curves.
    """

    key: str
    draw: Callable[[ImageFormat], bytes]
    modified: datetime | None = None
    name: str = ""
    chart: Callable[[], Mapping[str, Any]] | None = None


class ImageCache:
    """Caches encoded images by key, the least recently used leaving first.

    The limit is one of bytes: there are thousands of variants, and their sizes differ
    a hundredfold.

    Args:
        most_bytes: the limit.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._total_bytes = 0

    @property
    def total_bytes(self) -> int:
        """The bytes of all cached images."""
        return self._total_bytes

    def get(self, key: str) -> bytes | None:
        """Return the image with this key, or None."""
        with self._lock:
            content = self._kept.get(key)
            if content is not None:
                self._kept.move_to_end(key)
            return content

    def put(self, key: str, content: bytes) -> None:
        """Store an image; the least recently used ones leave if there is no room."""
        with self._lock:
            self._total_bytes += len(content) - len(self._kept.pop(key, b""))
            self._kept[key] = content
            while self._total_bytes > self._most_bytes:
                _, oldest = self._kept.popitem(last=False)
                self._total_bytes -= len(oldest)

    def clear(self) -> None:
        """Remove all images."""
        with self._lock:
            self._kept.clear()
            self._total_bytes = 0


IMAGE_CACHE: Final = ImageCache(MOST_BYTES)
"""The cache of this process."""
