"""Entries from Python to kernels that only other kernels call."""

from collections.abc import Callable
from typing import Any

import numba


def entry(kernel: Any) -> Callable[..., Any]:
    """Compile a function that hands its arguments on to a kernel."""

    @numba.njit
    def call(*args: Any) -> Any:
        return kernel(*args)

    return call
