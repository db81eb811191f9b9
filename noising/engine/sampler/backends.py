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
from noising.engine.sampler.kernel_numpy import NumpyKernel

KERNELS: Final = ("numpy", "numba", "auto")
VARIABLE: Final = "NOISING_KERNEL"
AUTO_FROM: Final = 1 << 20
"""Tokens of a call from which `auto` prefers the compiled kernel."""


class _Choice:
    """The kernel in use, or None until the environment has been asked for it."""

    name: str | None = None


def use_kernel(name: str | None) -> None:
    """Choose the kernel of this process, in place of the environment's choice.

    Args:
        name: "numpy"; "numba", compiled now unless an earlier process did so; "auto",
            numba for large batches if it is installed, compiled now likewise; or
            None to leave the choice to NOISING_KERNEL, which is read at the next call.

    Raises:
        EngineError: another name, or numba is not installed.
    """
    if name is not None:
        _check_name(name, "kernel")
    if name == "numba" or (name == "auto" and _is_installed()):
        _load_compiled().compile_all()
    _Choice.name = name


def chosen_kernel() -> str:
    """Return the name of the kernel in use: "numpy", "numba" or "auto".

    Raises:
        EngineError: NOISING_KERNEL is none of these.
    """
    if _Choice.name is None:
        _Choice.name = _check_name(os.environ.get(VARIABLE, "numpy"), VARIABLE)
    return _Choice.name


def find_kernel(tokens: int) -> type[Any]:
    """Return the class that noises the blocks of a batch.

    Args:
        tokens: tokens of the whole batch.
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
            "must be one that is installed",
            "numba",
            "install the extra `fast`, or choose `numpy`",
        )
    # Here, so that a process that does not ask for it never loads the compiler.
    from noising.engine.sampler.kernel_numba import kernel

    return kernel
