"""Figures that are drawn on request, and a cache of their bytes."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from noising.plots import FigureData

MOST_BYTES: Final = 16 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A figure that is drawn only if its bytes are needed.

    Attributes:
        key: identifies the content.
        data: computes the data, from which every format is made.
        modified: time of the last change of the content, or None if unknown.
        name: file name without the extension, of letters, digits, `-` and `_`.
        has_chart: whether pages can draw it, since all of its panels have curves.
        has_map: whether it shows colours by position, for which there is no PGF.
    """

    key: str
    data: Callable[[], FigureData]
    modified: datetime | None = None
    name: str
    has_chart: bool = False
    has_map: bool = False


class ImageCache:
    """A least-recently-used cache of encoded images.

    It limits the number of bytes, not of images, since their sizes differ by a factor
    of a hundred.

    Args:
        most_bytes: limit of the total size.
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
        """Store an image and drop the least recently used ones above the limit."""
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
