"""The optional packages of the library, and what users without one are told."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

EXTRAS: Final[Mapping[str, Mapping[str, str]]] = {
    "client": {"httpx": "httpx", "safetensors": "safetensors"},
    "plots": {"matplotlib": "Matplotlib"},
    "tokenizers": {"tokenizers": "tokenizers"},
}
"""What each extra of pyproject.toml brings: an import's name, and the project's."""


class MissingExtraError(ModuleNotFoundError):
    """A package that comes with an extra is not installed; the message says which."""


@contextmanager
def require_extra(extra: str, *, user: str) -> Iterator[None]:
    """Name the extra to install where an import within the block finds no package.

    Args:
        extra: a key of EXTRAS.
        user: what needs it, such as ``noising.plots``.

    Raises:
        MissingExtraError: one of the extra's packages is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        title = EXTRAS[extra].get(package)
        if title is None:
            raise
        raise MissingExtraError(
            f'{user} needs {title}: pip install "noising[{extra}]"', name=error.name
        ) from None
