"""The choice between the two implementations of the kernel.

Both give the same tokens. The NumPy kernel is always available. The numba kernel, from
the extra `fast`, is several times faster on large batches but must be compiled once,
so it is used only if `use_kernel` or the environment variable NOISING_KERNEL says so.
"""

import functools
import importlib.util
import os
from types import ModuleType
from typing import Any, Final

from noising.engine.errors import EngineError
from noising.engine.parameters import nearest
from noising.engine.sampler.kernel_numpy import NumpyKernel

KERNELS: Final = ("numpy", "numba", "auto")
VARIABLE: Final = "NOISING_KERNEL"
AUTO_FROM: Final = 1 << 20
"""Number of tokens from which `auto` uses the compiled kernel."""


class _Choice:
    """The name of the kernel in use, or None before the environment has been read."""

    name: str | None = None


def use_kernel(name: str | None) -> None:
    """Choose the kernel of this process, instead of by NOISING_KERNEL.

    Args:
        name: one of these:
            "numpy";
            "numba", which is compiled now unless it is in numba's cache;
            "auto", which uses numba for large batches if it is installed and compiles
            it now like "numba";
            None, which reads NOISING_KERNEL at the next call.

    Raises:
        EngineError: unknown name, or numba is not installed.
    """
    if name is not None:
        _check_name(name, "kernel")
    if name == "numba" or (name == "auto" and _is_installed()):
        _load_compiled().compile_all()
    _Choice.name = name


def chosen_kernel() -> str:
    """Return the name of the kernel in use: "numpy", "numba" or "auto".

    Raises:
        EngineError: NOISING_KERNEL has another value.
    """
    if _Choice.name is None:
        _Choice.name = _check_name(os.environ.get(VARIABLE, "numpy"), VARIABLE)
    return _Choice.name


def find_kernel(tokens: int) -> type[Any]:
    """Return the kernel class for a batch.

    Args:
        tokens: number of tokens of the whole batch.
    """
    name = chosen_kernel()
    if name == "numpy":
        return NumpyKernel
    if name == "auto" and (tokens < AUTO_FROM or not _is_installed()):
        return NumpyKernel
    compiled: type[Any] = _load_compiled().NumbaKernel
    return compiled


def _check_name(name: str, field: str) -> str:
    if name not in KERNELS:
        rule = f"must be one of {', '.join(KERNELS)}"
        raise EngineError(field, "unknown_name", rule, name, nearest(name, KERNELS))
    return name


@functools.cache
def _is_installed() -> bool:
    return importlib.util.find_spec("numba") is not None


def _load_compiled() -> ModuleType:
    if not _is_installed():
        raise EngineError(
            "kernel",
            "not_installed",
            "must be installed",
            "numba",
            "pip install noising[fast], or choose `numpy`",
        )
    # Imported here, so that only processes that use it load the compiler.
    from noising.engine.sampler.kernel_numba import kernel

    return kernel
