"""The lines that were captured at a visit."""

from __future__ import annotations

from guanxi.platform.journal.quick import MARKS, Prepared

from ..models import VisitLine

_of: Prepared[VisitLine] = Prepared(lambda: VisitLine.objects.filter(visit=MARKS[0]))


def lines_of(visit_id: int) -> list[VisitLine]:
    """All lines of a visit, in the order in which they were noted."""
    return _of(visit_id)
