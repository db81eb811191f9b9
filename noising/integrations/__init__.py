"""Clients of the services before and after this one: tokenizer and denoiser.

The clients need httpx, which takes a fifth of a second to import. So this package
exports only the errors; noising.configured imports the clients when they are needed.
"""

from noising.integrations.errors import (
    ServiceError,
    ServiceFailedError,
    ServiceSuspendedError,
    ServiceTimeoutError,
)

__all__ = [
    "ServiceError",
    "ServiceFailedError",
    "ServiceSuspendedError",
    "ServiceTimeoutError",
]
