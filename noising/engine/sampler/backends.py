"""Which of the two implementations of the kernel noises a batch.

Both give the same tokens. NumPy is always there; numba, the `fast` extra, is several
times faster on large batches and must be compiled once, so that it serves only where
it is asked for: by `use_kernel` or by the environment's NOISING_KERNEL.
"""

import functools
import importlib.util
import os
from types import ModuleType
from typing import Any, Final

from noising.engine.errors import EngineError
from noising.engine.parameters import nearest
from noising.engine.sampler.kernel_numpy import Worker

KERNELS: Final = ("numpy", "numba", "auto")
VARIABLE: Final = "NOISING_KERNEL"
AUTO_FROM: Final = 1 << 20
"""Tokens of a call from which `auto` prefers the compiled kernel."""


class _Choice:
    """The kernel that was asked for by `use_kernel`, if any."""

    name: str | None = None


def use_kernel(name: str | None) -> None:
    """Choose the kernel of this process, in place of the environment's choice.

    Args:
        name: "numpy"; "numba", which is compiled now unless numba's cache holds it;
            "auto", numba for large batches if it is installed and compiled already;
            or None to leave the choice to NOISING_KERNEL.

    Raises:
        EngineError: another name, or numba is not installed.
    """
    if name is not None:
        _checked(name, "kernel")
    if name == "numba":
        _compiled_kernel().compile_all()
    _Choice.name = name


def chosen_kernel() -> str:
    """Return the name of the kernel in use: "numpy", "numba" or "auto".

    Raises:
        EngineError: NOISING_KERNEL is none of these.
    """
    if _Choice.name is not None:
        return _Choice.name
    given = os.environ.get(VARIABLE, "numpy")
    return given if given == "numpy" else _checked(given, VARIABLE)


def worker_class(tokens: int, itemsize: int) -> type[Any]:
    """Return the class that noises the blocks of a batch.

    Args:
        tokens: tokens of the whole batch.
        itemsize: bytes of a token.
    """
    name = chosen_kernel()
    wanted = name == "numba"
    if name == "auto" and tokens >= AUTO_FROM and _is_installed():
        wanted = _compiled_kernel().is_cached(itemsize)
    if not wanted:
        return Worker
    compiled: type[Any] = _compiled_kernel().NumbaWorker
    return compiled


def _checked(name: str, field: str) -> str:
    if name not in KERNELS:
        rule = f"must be one of {', '.join(KERNELS)}"
        raise EngineError(field, "unknown_name", rule, name, nearest(name, KERNELS))
    return name


@functools.cache
def _is_installed() -> bool:
    return importlib.util.find_spec("numba") is not None


def _compiled_kernel() -> ModuleType:
    if not _is_installed():
        raise EngineError(
            "kernel",
            "not_installed",
            "must be one that is installed",
            "numba",
            "install the extra `fast`, or choose `numpy`",
        )
    # Here, so that a process that does not ask for it never loads the compiler.
    from noising.engine.sampler.kernel_numba import kernel

    return kernel
