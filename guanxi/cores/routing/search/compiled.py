"""How the search's functions are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compiled at its first call, without Python's lock, and kept in the cache folder.

    The code allocates nothing and keeps no references, so that numba's counting of references is left out (_nrt): with
    named tuples of arrays as arguments it took thirty times as long as the search itself.
    """
    compile_it: Any = njit(nogil=True, cache=True, error_model="numpy", _nrt=False)  # type: ignore[call-overload]
    made: Callable[..., Any] = compile_it(function)
    return made
