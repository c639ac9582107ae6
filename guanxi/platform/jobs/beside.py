"""A process beside a worker: what it needs before it can read what it is handed. Nothing here needs Django."""

from __future__ import annotations

import gc

from .orphans import end_with_parent


def begin(parent: int) -> None:
    """Set up Django in a process that lives no longer than its parent does."""
    end_with_parent(parent)
    import django

    django.setup()
    # It makes many small things that hold no circles; looking for such over and over took an eighth of its time.
    gc.freeze()
    gc.set_threshold(20_000)
