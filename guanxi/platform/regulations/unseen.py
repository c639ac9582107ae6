"""Duties about customers that nobody sees yet (of an import that is not whole): they are left out of the sums too, so that no
figure tells of them before they show. Nearly always there are none, and no query is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import SimpleNamespace

from django.db.models import Case, CharField, Count, F, Q, Value, When
from django.db.models.functions import Coalesce, NullIf

from .models import Obligation
from .periods import Month
from .reads import Within, unseen_customers

Sums = tuple[str, str, str, str, str, bool, int]
"""Regulation, control, month, department, state, missed for good, how many: as they stand in StateTally."""


def unseen_sums(within: Within, months: Sequence[Month], regulation: str = "") -> Iterator[Sums]:
    """What the running sums hold of such duties, for these months."""
    anybody = SimpleNamespace()
    for asked in unseen_customers:
        hidden = asked(anybody)
        if hidden is None:
            continue
        rows = Obligation.objects.filter(customer__in=hidden).annotate(
            at=Coalesce("due_at", "opened_at"),
            person=Coalesce(NullIf("owed_by", Value("")), F("owner")),
            missed=Case(When(Q(missed_at__isnull=False, taken_back=False), then=Value(1)), default=Value(0)),
        )
        rows = rows.filter(within.of(), at__gte=months[0].start, at__lt=months[-1].end)
        if regulation:
            rows = rows.filter(regulation=regulation)
        month = Case(
            *(When(at__gte=m.start, at__lt=m.end, then=Value(m.label)) for m in months),
            output_field=CharField(),
        )
        names = ("regulation", "control", "month", "department", "state", "missed")
        for *key, missed, n in (
            rows.annotate(month=month).order_by().values_list(*names).annotate(n=Count("pk"))
        ):
            code, control, label, department, state = key
            yield code, control, label, department, state, bool(missed), n
