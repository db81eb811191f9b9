"""The request id in log lines."""

import logging

from django.http import HttpRequest


class RequestId(logging.Filter):
    """Add the id of the request, which the response names too, to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Set `record.request_id`, to a dash if there is no request."""
        request = getattr(record, "request", None)
        record.request_id = "-"
        if isinstance(request, HttpRequest):
            record.request_id = request.META.get("HTTP_X_REQUEST_ID", "-")
        return True
