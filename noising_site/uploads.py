"""Files that forms upload: held in memory, within the limit of every body."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler


class BoundedUploadHandler(MemoryFileUploadHandler):
    """Keeps files in memory, where the body is already, and never writes one to disk.

    Django's limit of a body does not count files.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803 - Django's name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Refuse a body that is too long before it is read.

        Raises:
            RequestDataTooBig: It is longer than MAX_BODY_BYTES.
        """
        if content_length > settings.MAX_BODY_BYTES:
            raise RequestDataTooBig
        self.activated = True
