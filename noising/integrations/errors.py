"""Errors of calls to other services."""

from __future__ import annotations


class ServiceError(Exception):
    """A call to another service failed; the message names it and the reason."""


class ServiceFailedError(ServiceError):
    """The service cannot be reached, failed, or sent a response that is not valid."""


class ServiceTimeoutError(ServiceError):
    """The service did not respond in time."""


class ServiceSuspendedError(ServiceError):
    """The service failed repeatedly, so calls to it are suspended.

    Attributes:
        seconds: time until the next call is allowed, above 0.
    """

    def __init__(self, message: str, *, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds
