"""The process beside the filling one: what it needs before it can read what it is handed. Nothing here needs Django."""

from __future__ import annotations

import os
from contextlib import ExitStack

from guanxi.platform.jobs.orphans import end_with_parent

_for_life = ExitStack()


def begin() -> None:
    """Set up Django, and work unhurried for as long as the process lives."""
    end_with_parent(os.getppid())
    import django

    django.setup()
    from .unhurried import unhurried

    _for_life.enter_context(unhurried())
