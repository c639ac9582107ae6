"""The engine with the versions of this company, one per process, made anew when a version is added."""

from __future__ import annotations

import threading
from zoneinfo import ZoneInfo

from django.conf import settings

from guanxi.cores.norms.engine import Engine
from guanxi.platform.journal import quick
from guanxi.platform.ownfields.known import stamp

from . import packs
from .models import Version

KNOWN = ("approved", "in_force", "superseded")
"""States whose versions the engine must know: they govern something, or will."""

_IDS = "SELECT id FROM regulations_version WHERE state IN (%s, %s, %s) ORDER BY id"
_lock = threading.Lock()
_made: tuple[tuple[tuple[int, ...], int], Engine] | None = None


def engine() -> Engine:
    """The engine that knows every version that is, was or will be in force, and the company's own fields. Two look-ups tell
    whether it is still so."""
    global _made
    ids = tuple(row[0] for row in quick.select(_IDS, *KNOWN))
    now = (ids, stamp())
    made = _made
    if made is None or made[0] != now:
        with _lock:  # what another thread makes meanwhile may know other versions: each gives back its own
            versions = [packs.engine_version(v) for v in Version.objects.filter(pk__in=ids).order_by("pk")]
            made = _made = (now, Engine(versions, packs.catalogue(), ZoneInfo(settings.TIME_ZONE)))
    return made[1]
