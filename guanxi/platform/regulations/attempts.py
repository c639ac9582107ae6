"""How often an action was tried at its gates: passed, refused, lifted; read from the journal within a stretch of time."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.reads import first_seq

from .reads import Within


@dataclass(slots=True)
class Tried:
    """Attempts at one action: all of them, those that a control refused or that a waiver lifted, those without the right."""

    tried: int = 0
    refused: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    waived: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    forbidden: int = 0


def asked(within: Within, start: datetime, end: datetime) -> QuerySet[Fact]:
    """The attempts that the gates answered in a stretch of time, by whomever this person may see."""
    rows = Fact.objects.filter(kind="norms.asked", seq__gte=first_seq(start), seq__lt=first_seq(end))
    return rows if within.all else rows.filter(actor_id__in=within.ids)


def refused_by(rows: QuerySet[Fact], controls: Iterable[str]) -> QuerySet[Fact]:
    """Those that one of these controls (`R1/purpose-stated`) refused."""
    wanted = Q()
    for control in controls:
        wanted |= Q(data__failed__icontains=f'"{control}"')
    return rows.filter(wanted)


def tried(within: Within, start: datetime, end: datetime) -> dict[str, Tried]:
    """Action -> its attempts. Equal refusals that were summed within a minute count each."""
    found: dict[str, Tried] = defaultdict(Tried)
    low, high = first_seq(start), first_seq(end)
    rows = Fact.objects.filter(
        kind__in=["norms.asked", "action.refused", "action.refused_again"], seq__gte=low, seq__lt=high
    )
    if not within.all:
        rows = rows.filter(Q(actor_id__in=within.ids) | Q(kind="action.refused_again"))
    grouped = (
        rows.exclude(kind="action.refused_again")
        .annotate(
            action=KeyTextTransform("action", "data"),
            failed=KeyTextTransform("failed", "data"),
            waived=KeyTextTransform("waived", "data"),
        )
        .values_list("kind", "action", "failed", "waived")
        .annotate(n=Count("seq"))
        .order_by()
    )
    for kind, action, failed, waived, n in grouped:
        _add(found[action], kind, _names(failed), _names(waived), n)
    again = list(rows.filter(kind="action.refused_again").values_list("data", flat=True))
    counted = {int(data["first"]): int(data["count"]) for data in again}
    firsts = Fact.objects.filter(seq__in=counted)
    for fact in firsts if within.all else firsts.filter(actor_id__in=within.ids):
        data = fact.data
        _add(
            found[data["action"]],
            fact.kind,
            data.get("failed", ()),
            data.get("waived", ()),
            counted[fact.seq],
        )
    return found


def _add(into: Tried, kind: str, failed: Iterable[str], waived: Iterable[str], n: int) -> None:
    if kind == "action.refused":
        into.forbidden += n
        return
    into.tried += n
    for control in failed:
        into.refused[control] += n
    for control in waived:
        into.waived[control] += n


def _names(text: Any) -> list[str]:
    return list(json.loads(text)) if text else []
