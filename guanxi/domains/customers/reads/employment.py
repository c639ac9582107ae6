"""Where contacts worked before and work now, as a person may read it: the name of a customer they do not see stays out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from guanxi.platform.kernel import Text

from ..models_contacts import Employment
from .visible import among

ELSEWHERE = Text("另一家单位", "another company")


@dataclass(frozen=True, slots=True)
class Line:
    """One employer of a contact."""

    id: int
    employer: str | Text
    customer: int | None
    """Where the employer is a customer whom the reader sees."""
    post: str
    since: date | None
    until: date | None
    moved: bool
    """Told by a move, not entered by hand."""

    @property
    def present(self) -> bool:
        return self.until is None and self.moved


def employments(person: Any, contacts: Iterable[int]) -> dict[int, list[Line]]:
    """Contact -> where else they worked, the newest first. One query; one more where an employer is a customer."""
    rows = list(
        Employment.objects.filter(contact__in=list(contacts)).select_related("customer").order_by("-id")
    )
    ids = {row.customer_id for row in rows if row.customer_id}
    seen = set(among(person, ids).values_list("pk", flat=True)) if ids else set()
    found: dict[int, list[Line]] = {}
    for row in rows:
        known = row.customer if row.customer_id in seen else None
        found.setdefault(row.contact_id, []).append(
            Line(
                row.pk,
                (known.called if known else ELSEWHERE) if row.customer_id else row.employer,
                known.pk if known else None,
                row.post,
                row.since,
                row.until,
                row.moved,
            )
        )
    return {id: sorted(lines, key=_when) for id, lines in found.items()}


def _when(line: Line) -> tuple[int, int, int]:
    """The present one first, then the one left last; those without a day at the end."""
    if line.present:
        return (0, 0, -line.id)
    last = line.until or line.since
    return (1, -last.toordinal(), -line.id) if last else (2, 0, -line.id)
