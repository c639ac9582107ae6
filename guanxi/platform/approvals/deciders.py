"""Who may decide a step today: whoever it names, whoever holds its role, and who stands in for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from guanxi.platform.journal.quick import MARKS, Prepared
from guanxi.platform.people import reads as people
from guanxi.platform.people import standing_in
from guanxi.platform.people.models import Person

from .kinds import all_approval_kinds
from .models import OPEN, Approval, Step, Substitute


@dataclass(frozen=True, slots=True)
class Stand:
    """In whose name somebody decides: their own, or that of a person they stand in for."""

    principal: Person
    roles: frozenset[str]
    own: bool
    kinds: tuple[str, ...] = ()  # of approval; empty for all

    def covers(self, kind: str) -> bool:
        if self.own:
            return True
        declared = all_approval_kinds().get(kind)
        return declared is not None and declared.substitutes and (not self.kinds or kind in self.kinds)

    def fits(self, step: Step) -> bool:
        """Whether the step is this principal's to decide."""
        if step.role and step.role not in self.roles:
            return False
        return step.person_id in (None, self.principal.pk)


_named: Prepared[Substitute] = Prepared(
    lambda: Substitute.objects.filter(deputy=MARKS[0], person__is_active=True).select_related("person")
)
"""Whoever named this person as substitute, for whatever days: every page asks, and they are few."""


def stands(person: Person, day: date) -> list[Stand]:
    """In whose names this person may decide on a day, their own first: of those who named them as substitute, who are
    away, or who left and handed over to them. A role does not outlast whoever left."""
    found = [Stand(person, person.rights.roles, own=True)]
    for row in _named(person.pk):
        if not row.since <= day <= row.until:
            continue
        found.append(
            Stand(row.person, frozenset(people.roles_on(row.person, day)), own=False, kinds=tuple(row.kinds))
        )
    away = person.principals if day == people.today() else standing_in.principals_of(person.pk, day)
    for principal in Person.objects.filter(pk__in=away).order_by("pk") if away else ():
        left = principal.successor_id is not None
        roles = frozenset[str]() if left else frozenset(people.roles_on(principal, day))
        found.append(Stand(principal, roles, own=False))
    return found


def turn(
    person: Person, approval: Approval, day: date, steps: Iterable[Step] | None = None
) -> tuple[Step, Stand] | None:
    """The open step that this person may decide today, and in whose name; None where there is none.

    steps: those asked about, instead of the approval's open ones.
    """
    if not person.is_active:
        return None
    open_steps = [s for s in approval.steps.all() if s.state == OPEN] if steps is None else list(steps)
    for stand in stands(person, day):
        if not stand.covers(approval.kind) or _asked_himself(person, stand, approval):
            continue
        for step in open_steps:
            if stand.fits(step):
                return step, stand
    return None


def waiting_q(person: int, found: Iterable[Stand]) -> Q:
    """The filter for open steps (rows of Step) that wait for this person, who decides in the names of `found`."""
    kinds = all_approval_kinds()
    own_allowed = [name for name, kind in kinds.items() if kind.own]
    without_substitute = [name for name, kind in kinds.items() if not kind.substitutes]
    waits = Q(pk__in=[])
    for stand in found:
        theirs = Q(role="") | Q(role__in=stand.roles)
        here = (
            theirs
            & (Q(person=stand.principal) | (Q(person=None) & ~Q(role="")))
            & (
                ~Q(approval__requested_by__in={person, stand.principal.pk})
                | Q(approval__requested_by=None)
                | Q(approval__kind__in=own_allowed)
            )
        )
        if not stand.own:
            here &= ~Q(approval__kind__in=without_substitute)
            if stand.kinds:
                here &= Q(approval__kind__in=stand.kinds)
        waits |= here
    return Q(state=OPEN) & waits


def deciders(steps: Iterable[Step], approval: Approval, day: date) -> list[Person]:
    """Everybody who may decide one of the steps today, substitutes included; by name."""
    steps = list(steps)
    named: dict[int, Person] = {}
    for step in steps:
        if step.person is not None:
            candidates = [step.person]
        else:
            candidates = list(people.holders(step.role, day))
        for candidate in candidates:
            named[candidate.pk] = candidate
    rows = Substitute.objects.filter(
        person__in=named, since__lte=day, until__gte=day, deputy__is_active=True
    ).select_related("deputy")
    everybody = {**named, **{row.deputy_id: row.deputy for row in rows if row.covers(approval.kind, day)}}
    everybody |= {deputy.pk: deputy for deputy in standing_in.deputies(named, day).values()}
    may = [p for p in everybody.values() if turn(p, approval, day, steps) is not None]
    return sorted(may, key=lambda p: (p.name, p.pk))


def _asked_himself(person: Any, stand: Stand, approval: Approval) -> bool:
    """Nobody approves what he asked for himself, nor lets somebody do so in his name."""
    if approval.requested_by_id not in (person.pk, stand.principal.pk):
        return False
    kind = all_approval_kinds().get(approval.kind)
    return kind is None or not kind.own
