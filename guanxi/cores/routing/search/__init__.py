"""The search: plans for an `Instance`. The compiler and compiled code are loaded by the first search, not before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..instance import Instance

if TYPE_CHECKING:
    from .answer import Answer

__all__ = ["solve", "warm"]


def solve(made: Instance, *, cache_folder: str | None = None, **budget: Any) -> Answer:
    """The best plan found for the instance; see `islands.search` for the budget and what may be passed in.

    `cache_folder`: where compiled code is kept between starts (made where it is missing).
    """
    prepare(cache_folder)
    from .islands import search
    from .regions import SMALL, search_parts, with_matrices

    if made.customers > SMALL:
        return search_parts(made, **budget)
    return search(with_matrices(made) if made.by_position else made, **budget)


def prepare(cache_folder: str | None) -> None:
    """Loads the compiler; compiled code is kept in a part of the folder that is named by this code's own hash.

    numba looks only at the file of the function itself; a function that calls one of a changed file would stay stale.
    """
    import sys

    if f"{__name__}.compiled" in sys.modules:
        return
    import numba

    if cache_folder is not None:
        config: Any = numba.config
        config.CACHE_DIR = f"{cache_folder}/{_fingerprint()}"
    from . import compiled  # noqa: F401


def _fingerprint() -> str:
    """Of all that is compiled."""
    import hashlib
    import pkgutil

    import numba
    import numpy

    parts = [numba.__version__.encode(), numpy.__version__.encode()]
    names: Sequence[str] = (
        "best.py",
        "chance.py",
        "changes.py",
        "columns.py",
        "compiled.py",
        "crossing.py",
        "insertion.py",
        "places.py",
        "removal.py",
        "state.py",
        "steps.py",
    )
    parts += [pkgutil.get_data(__name__, name) or b"" for name in names]
    return hashlib.sha256(b"\n".join(parts)).hexdigest()[:16]


def warm(cache_folder: str | None) -> None:
    """Compiles everything (or loads it from the folder) by planning three customers."""
    import numpy as np

    from ..instance import instance

    apart = np.abs(np.subtract.outer(np.arange(4.0), np.arange(4.0)))
    tiny = instance(days=1, service=[0.0] * 3, patterns=[[1]] * 3, cost=apart, slot_day=[0], slot_start=[3])
    prepare(cache_folder)
    from .islands import trial

    trial(tiny)
