"""The demo company whole or not at all: one whose making was broken off is emptied, and made anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from guanxi.platform.kernel import Conflict, Text, system_clock
from guanxi.platform.people.models import Setting
from guanxi.platform.people.settings_registry import value

from .leave import empty

MARK = "demo.unfinished"
"""Stands in the database from before the first fact until after the last one."""


@contextmanager
def whole() -> Iterator[None]:
    """Around the making of a demo: the mark is taken away only where that came to its end."""
    Setting.objects.create(key=MARK, value=True, changed_at=system_clock())
    yield
    Setting.objects.filter(key=MARK).delete()


def unfinished() -> bool:
    """Whether a demo was begun here and broken off."""
    return Setting.objects.filter(key=MARK).exists()


def clear_unfinished() -> None:
    """Empty what was begun. Conflict where there is no such thing, or where it is no demo company."""
    begun = Setting.objects.exclude(key=MARK).exists()
    if not unfinished() or (begun and value("demo") is not True):
        raise Conflict(Text("这不是未建成的演示公司", "This is no unfinished demo company"))
    empty()
