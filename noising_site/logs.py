"""What every log line carries."""

import logging

from django.http import HttpRequest


class RequestId(logging.Filter):
    """Give each record the id of its request, which the answer names too."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Set `record.request_id`; a dash stands for no request."""
        request = getattr(record, "request", None)
        record.request_id = "-"
        if isinstance(request, HttpRequest):
            record.request_id = request.META.get("HTTP_X_REQUEST_ID", "-")
        return True
