"""What may go wrong with another service."""

from __future__ import annotations


class ServiceError(Exception):
    """Another service did not do its part; the message says which and how."""


class ServiceFailedError(ServiceError):
    """It cannot be reached, refuses, breaks off, or answers what no one can use."""


class ServiceTimeoutError(ServiceError):
    """It took longer than it may."""


class ServiceSuspendedError(ServiceError):
    """It failed so often lately that it is left alone for a while.

    Attributes:
        seconds: how long until it is asked again, above 0.
    """

    def __init__(self, message: str, *, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds
