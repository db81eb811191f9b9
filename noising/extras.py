"""The optional packages of the library, and the error for users who lack one."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

EXTRAS: Final[Mapping[str, Mapping[str, str]]] = {
    "client": {"httpx": "httpx", "safetensors": "safetensors"},
    "corpus": {"pyarrow": "pyarrow"},
    "dask": {"dask": "dask", "distributed": "distributed"},
    "plots": {"matplotlib": "Matplotlib"},
    "tokenizers": {"tokenizers": "tokenizers"},
    "torch": {"torch": "torch"},
}
"""Packages of each extra of pyproject.toml: the import name and the project's name."""


class MissingExtraError(ModuleNotFoundError):
    """A package of an extra is not installed; the message names the extra."""


@contextmanager
def require_extra(extra: str, *, user: str) -> Iterator[None]:
    """Name the extra to install if an import in the block does not find a package.

    Args:
        extra: a key of EXTRAS.
        user: the module that needs it, such as ``noising.plots``.

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
