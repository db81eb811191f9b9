"""The services before and after this one: tokenizer and denoiser.

The clients need httpx, which takes a fifth of a second to import: they are imported
where they are made (noising.configured), and this package exports the errors alone.
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
