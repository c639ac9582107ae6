"""How often an action was tried at its gates: passed, refused, lifted; counted with each attempt (AttemptTally), the
refused ones kept by control (RefusedAttempt)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from django.db.models import QuerySet, Sum

from guanxi.cores.norms import model as norms
from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.reads import first_seq

from .codec import fact_of
from .models import AttemptTally, RefusedAttempt

if TYPE_CHECKING:
    from .reads import Within

KINDS = ("norms.asked", "action.refused", "action.refused_again")
"""The facts that tell of attempts."""
Key = tuple[str, str, str, str, str]
"""Month, action, person, answer, control: what a count is kept under."""


@dataclass(slots=True)
class Tried:
    """Attempts at one action: all of them, those that a control refused or that a waiver lifted, those without the right."""

    tried: int = 0
    refused: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    waived: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    forbidden: int = 0


def counts(fact: norms.Fact, zone: tzinfo) -> Iterator[tuple[Key, int]]:
    """What a fact of KINDS adds to the counts. One query for a sum of equal refusals, none for the others."""
    month, n = f"{fact.recorded_at.astimezone(zone):%Y-%m}", 1
    if fact.kind == "action.refused_again":
        fact, n = fact_of(Fact.objects.get(seq=fact.data["first"])), int(fact.data["count"])
    action, person = str(fact.data["action"]), fact.actor or ""
    if fact.kind == "action.refused":
        yield (month, action, person, AttemptTally.FORBIDDEN, ""), n
        return
    yield (month, action, person, AttemptTally.TRIED, ""), n
    for answer, controls in ((AttemptTally.REFUSED, "failed"), (AttemptTally.WAIVED, "waived")):
        for control in fact.data.get(controls) or ():
            yield (month, action, person, answer, control), n


def refusing(fact: norms.Fact) -> Sequence[str]:
    """The controls (`R1/purpose-stated`) that refused the attempt that a fact tells of; none where it tells of no other."""
    return sorted(set(fact.data.get("failed") or ())) if fact.kind == "norms.asked" else ()


def refused(within: Within, start: datetime, end: datetime, controls: Iterable[str]) -> QuerySet[Fact]:
    """The attempts in a stretch of time that one of these controls refused, by whomever this person may see."""
    first, beyond = first_seq(start), first_seq(end)
    wanted = RefusedAttempt.objects.filter(control__in=list(controls), seq__gte=first, seq__lt=beyond)
    rows = Fact.objects.filter(seq__in=wanted.values("seq"))
    return rows if within.all else rows.filter(actor_id__in=within.ids)


def tried(within: Within, month: str) -> dict[str, Tried]:
    """Action -> its attempts in a month ('2026-03'), by whomever this person may see. One query."""
    rows = AttemptTally.objects.filter(month=month)
    if not within.all:
        rows = rows.filter(person__in=within.people)
    found: dict[str, Tried] = defaultdict(Tried)
    lines = rows.values_list("action", "answer", "control").annotate(n=Sum("count")).order_by()
    for action, answer, control, n in lines:
        one = found[action]
        if answer == AttemptTally.TRIED:
            one.tried += n
        elif answer == AttemptTally.FORBIDDEN:
            one.forbidden += n
        else:
            (one.refused if answer == AttemptTally.REFUSED else one.waived)[control] += n
    return found
