"""Clients of the tokenizer and denoiser services.

The clients need httpx, which takes a fifth of a second to import. Therefore this
package exports only the errors, and noising.configured imports the clients on demand.
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
