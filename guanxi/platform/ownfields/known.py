"""The definitions as every process knows them: read once, and again as soon as somebody changed one."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from guanxi.platform.journal import quick
from guanxi.platform.kernel import Text

from .types import Own, rules_of

_STAMP = "SELECT COALESCE(SUM(stamp), 0) FROM ownfields_ownfield"
_lock = threading.Lock()
_Known = tuple[int, Mapping[str, tuple[Own, ...]]]
"""The stamp, and the definitions by kind of row."""
_known: _Known | None = None
_local = threading.local()


def stamp() -> int:
    """Another number as soon as a definition was added or changed, by whichever process."""
    held = getattr(_local, "held", None)
    return int(held[0] if held is not None else quick.select(_STAMP)[0][0])


def _all() -> _Known:
    global _known
    held: _Known | None = getattr(_local, "held", None)
    if held is not None:
        return held
    now = stamp()
    known = _known
    if known is None or known[0] != now:
        with _lock:
            known = _known = (now, _read())
    return known


def _read() -> Mapping[str, tuple[Own, ...]]:
    from .models import OwnField

    found: dict[str, list[Own]] = {}
    for row in OwnField.objects.order_by("order", "pk"):
        own = Own(
            row.pk,
            row.subject,
            row.key,
            Text(row.label_zh, row.label_en or row.label_zh),
            row.type,
            rules_of(row.rules),
            row.section,
            row.retired_at is not None,
            row.told,
            row.changing,
        )
        found.setdefault(row.subject, []).append(own)
    return {subject: tuple(fields) for subject, fields in found.items()}


@contextmanager
def looked_up_once() -> Iterator[None]:
    """Inside, this thread takes the definitions, and their stamp, as they are now: for many rows that are read one after
    the other, each of which would ask the database."""
    before: _Known | None = getattr(_local, "held", None)
    _local.held = _all()
    try:
        yield
    finally:
        _local.held = before


@contextmanager
def none_known() -> Iterator[None]:
    """Inside, this thread knows of no field: what the product offers to every company, without asking a database."""
    _local.none = True
    try:
        yield
    finally:
        _local.none = False


def every(subject: str) -> Sequence[Own]:
    """All fields of a kind of row, retired ones too, in order. One look-up tells whether they are still these."""
    return () if getattr(_local, "none", False) else _all()[1].get(subject, ())


def fields(subject: str) -> list[Own]:
    """The fields in use."""
    return [own for own in every(subject) if not own.resting]


def by_key(subject: str) -> dict[str, Own]:
    """Every field by its key, retired ones too."""
    return {own.key: own for own in every(subject)}
