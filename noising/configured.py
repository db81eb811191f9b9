"""The configured noise process, tokenizers and clients, built from the settings."""

from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

from noising import __version__
from noising.engine import ForwardProcess, build_process, with_hyperschedule
from noising.tokenizers import BUILTIN_TOKENIZERS, TextTokenizer, load_tokenizer

if TYPE_CHECKING:
    from noising.integrations.denoiser import DenoiserClient
    from noising.integrations.tokenizer import TokenizerClient

VERSION = __version__
"""The version of the library, which is also that of the service."""

CUSTOM_TOKENIZER = "custom"
"""The name in requests of the tokenizer.json that TOKENIZER gives the path of."""


@cache
def default_process() -> ForwardProcess:
    """Return the server's noise process."""
    return build_process(settings.NOISE_SPECIFICATION)


@cache
def default_hyperschedule_process() -> ForwardProcess:
    """Return that process with the hyperschedule for requests that name none."""
    return with_hyperschedule(default_process(), settings.HYPERSCHEDULE)


def default_tokenizer() -> str:
    """Return the name of the tokenizer for requests that name none."""
    chosen: str = settings.TOKENIZER
    return chosen if chosen in BUILTIN_TOKENIZERS else CUSTOM_TOKENIZER


def tokenizer_names() -> list[str]:
    """Return the names of all tokenizers of this server."""
    return list(dict.fromkeys([*BUILTIN_TOKENIZERS, default_tokenizer()]))


def find_tokenizer(name: str | None) -> TextTokenizer:
    """Return a tokenizer, by default TOKENIZER; the first use of each takes a while."""
    name = name or default_tokenizer()
    is_custom = name == CUSTOM_TOKENIZER
    return load_tokenizer(settings.TOKENIZER if is_custom else name)


@cache
def tokenizer_service() -> "TokenizerClient | None":
    """Return the client of the tokenizer service, if there is one."""
    if not settings.TOKENIZER_URL:
        return None
    from noising.integrations.tokenizer import TokenizerClient

    return TokenizerClient.at(settings.TOKENIZER_URL)


@cache
def denoiser_service() -> "DenoiserClient | None":
    """Return the client of the denoiser service, if there is one."""
    if not settings.DENOISER_URL:
        return None
    from noising.integrations.denoiser import DenoiserClient

    return DenoiserClient.at(settings.DENOISER_URL)


@receiver(setting_changed)
def _clear_caches(*, setting: str, **_: Any) -> None:
    """Clear the caches that depend on a setting, after a test has changed it."""
    if setting in {"NOISE_SPECIFICATION", "HYPERSCHEDULE"}:
        default_process.cache_clear()
        default_hyperschedule_process.cache_clear()
    if setting in {"TOKENIZER_URL", "DENOISER_URL"}:
        tokenizer_service.cache_clear()
        denoiser_service.cache_clear()
