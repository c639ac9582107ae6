"""The process beside the filling one: what it needs before it can read what it is handed. Nothing here needs Django."""

from __future__ import annotations

from contextlib import ExitStack

from guanxi.platform.jobs import beside

_for_life = ExitStack()


def begin(parent: int) -> None:
    """Set up Django, and work unhurried for as long as the process lives, which is no longer than its parent does."""
    beside.begin(parent)
    from .unhurried import unhurried

    _for_life.enter_context(unhurried())
