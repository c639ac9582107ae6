"""What concerns customers that nobody sees yet (of an import that is not whole): duties and lines of measures about them are
left out of the sums too, so that no figure tells of them before they show. Nearly always there are none, and no query is
asked. What a closed period froze stays as it is: it is a fact, and counts what the journal held."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.db.models import BigIntegerField, Case, CharField, Count, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, Concat, NullIf

from guanxi.cores.norms.controls import Measure

from .models import MeasureEntry, Obligation
from .periods import Month
from .reads import Within, unseen_customers

Sums = tuple[str, str, str, str, str, bool, int]
"""Regulation, control, month, department, state, missed for good, how many: as they stand in StateTally."""


def _hidden() -> Iterator[QuerySet[Any]]:
    """The customers that nobody sees yet, as queries for their ids as text (`text`)."""
    anybody = SimpleNamespace()
    for asked in unseen_customers:
        hidden = asked(anybody)
        if hidden is not None:
            yield hidden


def unseen_sums(within: Within, months: Sequence[Month], regulation: str = "") -> Iterator[Sums]:
    """What the running sums hold of such duties, for these months."""
    for hidden in _hidden():
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


# Measures ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UnseenLines:
    """What lines of one measure under one period's label, in one department, add to the running sums.

    until: the least of the borders asked for that is not below the lines' seq, or a number above all of them.
    """

    control: str
    period: str
    department: str
    until: int
    sums: Mapping[str, int]


def unseen_measures(
    within: Within, wanted: Sequence[tuple[Measure, Collection[str]]], borders: Collection[int]
) -> Iterator[UnseenLines]:
    """What MeasureTally holds of such customers under the labels of each measure.

    borders: seqs up to which periods were frozen. What a period froze is told apart by them from what came later.
    """
    for hidden in _hidden():
        for measure, labels in wanted:
            for rows in _lines(measure, sorted(labels), hidden):
                yield from _summed(rows.filter(within.of()), sorted(set(borders)))


def _lines(
    measure: Measure, labels: Sequence[str], hidden: QuerySet[Any]
) -> Iterator[QuerySet[MeasureEntry]]:
    rows = MeasureEntry.objects.filter(control=measure.key)
    if measure.entity != "customer":
        yield rows.filter(period__in=labels, customer__in=hidden)
        return
    # A line over customers is called by the customer's id, so the index of lines finds it among a million others.
    for label in labels:
        if label:
            called = hidden.annotate(line=Concat("text", Value(f"|{label}"), output_field=CharField()))
            yield rows.filter(key__in=called.values("line"))
        else:
            yield rows.filter(key__in=hidden)


def _summed(rows: QuerySet[MeasureEntry], borders: Sequence[int]) -> Iterator[UnseenLines]:
    above = Value(borders[-1] + 1 if borders else 1)
    until = Case(
        *(When(seq__lte=border, then=Value(border)) for border in borders),
        default=above,
        output_field=BigIntegerField(),
    )
    counted = Q(counted=True)
    sums = {
        "reached": Count("pk"),
        "sum_counted": Count("pk", filter=counted),
        "sum_hit": Count("pk", filter=counted & Q(hit=True)),
        "sum_total": Coalesce(Sum("value", filter=counted), Value(0)),
        "sum_taken_back": Count("pk", filter=Q(taken_back=True)),
    }
    named = rows.annotate(until=until).order_by().values("control", "period", "department", "until")
    grouped: Any = named.annotate(**sums)
    for line in grouped:
        found = {name.removeprefix("sum_"): line[name] for name in sums}
        yield UnseenLines(line["control"], line["period"], line["department"], line["until"], found)


def shown_lines(rows: QuerySet[MeasureEntry]) -> QuerySet[MeasureEntry]:
    """Without the lines about customers that nobody sees yet."""
    for hidden in _hidden():
        rows = rows.exclude(customer__in=hidden)
    return rows
