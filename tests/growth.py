"""A company many times as large: copies of the rows that it has, so that pages can be asked again with many rows.

Copies belong to the same people, customers and visits as their originals: who had one duty has many, who had none has
none. What happened to them stands in no journal: good for counting queries, for nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

from django.db.models import Max, Model

from guanxi.domains.customers.models import Account, Contact, Need, Promise
from guanxi.domains.customers.models_import import Import
from guanxi.domains.customers.models_standing import CreditEvent, Review
from guanxi.domains.visits.models import Visit, VisitLine
from guanxi.platform.approvals.models import Approval, Step
from guanxi.platform.journal.models import Fact, FactText
from guanxi.platform.regulations.models import MeasureEntry, Obligation


def grow(times: int, facts_of: Iterable[int] = ()) -> None:
    """So many copies of each row. facts_of: the customers whose history is made as much longer."""
    for model in (Need, Promise, CreditEvent, Review, Import):
        _copies(model, times)
    _copies(Visit, times, next_visit_id=None)
    _copies(Contact, times, primary=False)
    _copies(Account, times)
    steps: dict[int, list[Step]] = {}
    for step in Step.objects.all():
        steps.setdefault(step.approval_id, []).append(step)
    for row in Approval.objects.all():
        for _ in range(times):
            (made,) = _bare([row])
            made.save()
            for step in _bare(steps.get(row.pk, [])):
                step.approval_id = made.pk
                step.save()
    numbers = count()
    for line in MeasureEntry.objects.all():
        _many([line], times, key=lambda row: f"{row.key}+{next(numbers)}")
    for duty in Obligation.objects.all():
        _many([duty], times, id=lambda row: f"copy{next(numbers)}")
    for said in VisitLine.objects.all():
        _many([said], times, key=lambda row: f"{row.key}+{next(numbers)}")
    seq = Fact.objects.aggregate(last=Max("seq"))["last"] or 0
    told = list(Fact.objects.filter(customer_id__in=list(facts_of)).order_by("seq"))
    words = {text.fact_id: text for text in FactText.objects.filter(fact__in=[f.seq for f in told])}
    facts: list[Fact] = []
    texts: list[FactText] = []
    for number in range(times):
        for fact in told:
            seq += 1
            for made in _bare([fact]):
                made.seq, made.key = seq, f"{fact.key}+{number}"
                facts.append(made)
            for text in _bare([words[fact.seq]] if fact.seq in words else []):
                text.fact_id = seq
                texts.append(text)
    Fact.objects.bulk_create(facts)
    FactText.objects.bulk_create(texts)


def _copies(model: type[Model], times: int, **changes: Any) -> None:
    _many(list(model._default_manager.all()), times, **changes)


def _many(rows: list[Any], times: int, **changes: Any) -> None:
    """changes: column -> value, or what makes it of the original."""
    made = []
    for _ in range(times):
        for row, copy in zip(rows, _bare(rows), strict=True):
            for name, value in changes.items():
                setattr(copy, name, value(row) if callable(value) else value)
            made.append(copy)
    if made:
        type(made[0])._default_manager.bulk_create(made)


def _bare(rows: Iterable[Any]) -> list[Any]:
    """Copies without their number, as new rows."""
    return [
        type(row)(
            **{f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if not f.primary_key}
        )
        for row in rows
    ]
