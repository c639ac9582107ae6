"""Who stands in for whom: on which days somebody is away, and to whom duties, approvals and customers go meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from guanxi.platform.journal.quick import select
from guanxi.platform.kernel import Context, Text

from .models import Absence, Department, Person
from .rights import all_permissions, guarded


def away_on(day: date) -> QuerySet[Absence]:
    """The absences that hold on a day, of people and deputies who work here."""
    return Absence.objects.filter(
        since__lte=day, until__gte=day, ended_at=None, person__is_active=True, deputy__is_active=True
    )


_AWAY_OR_LEFT = """SELECT a.person_id FROM people_absence a JOIN people_person p ON p.id = a.person_id
    JOIN people_person d ON d.id = a.deputy_id
    WHERE a.deputy_id IN ({marks}) AND a.since <= %s AND a.until >= %s AND a.ended_at IS NULL AND p.is_active AND d.is_active
    UNION SELECT id FROM people_person WHERE successor_id IN ({marks})"""
"""In words of its own, as every page asks it: Django would build it anew for each."""


def principals_of(deputy: int, day: date) -> tuple[int, ...]:
    """The ids of those whom a person stands in for on a day: who are away, or left and handed over to them. By way of
    others too: a deputy who is away himself is stood in for by his own. One query where nobody is away."""
    found: dict[int, None] = {}
    last, on = [deputy], connection.ops.adapt_datefield_value(day)
    while last:
        asked = _AWAY_OR_LEFT.format(marks=", ".join(["%s"] * len(last)))
        rows = {person for (person,) in select(asked, *last, on, on, *last)}
        last = [p for p in sorted(rows) if p != deputy and p not in found]
        found.update(dict.fromkeys(last))
    return tuple(found)


def deputies(people: Iterable[int], day: date) -> dict[int, Person]:
    """Person -> who stands in for them on a day, at last; the successor of whoever left. Whoever is at work is left out."""
    wanted = set(people)
    step: dict[int, Person] = {}
    last = wanted
    while last:
        rows = away_on(day).filter(person__in=last).select_related("deputy").order_by("pk")
        fresh = {row.person_id: row.deputy for row in rows if row.person_id not in step}
        left = Person.objects.filter(pk__in=last, successor__is_active=True).select_related("successor")
        fresh |= {p.pk: p.successor for p in left if p.pk not in step and p.successor is not None}
        step.update(fresh)
        last = {d.pk for d in fresh.values() if d.pk not in step}
    found: dict[int, Person] = {}
    for person in wanted & step.keys():
        deputy, passed = step[person], {person}
        while deputy.pk in step and step[deputy.pk].pk not in passed:
            passed.add(deputy.pk)
            deputy = step[deputy.pk]
        found[person] = deputy
    return found


def for_whom(ctx: Context, *ids: int | None) -> None:
    """Name on the fact for whom the actor acts, where it is none of theirs but of somebody they stand in for.

    ids: whose it is (manager, owner, companions)."""
    actor = ctx.actor
    if not isinstance(actor, Person) or actor.pk in ids or not actor.principals:
        return
    for id in ids:
        if id is not None and id in actor.principals:
            ctx.on_behalf_of = Person.objects.get(pk=id)
            return


def overlapping(person: int, since: date, until: date) -> QuerySet[Absence]:
    """Absences of a person that share a day with a span and are not over."""
    return Absence.objects.filter(person=person, ended_at=None, since__lte=until, until__gte=since)


def to_turn(day: date) -> QuerySet[Absence]:
    """Absences that begin or are over by a day and of which the journal does not know it yet."""
    return Absence.objects.filter(
        Q(begun_at=None, since__lte=day) | Q(until__lt=day), ended_at=None, since__lte=day
    )


def open_absences(person: int) -> list[Absence]:
    """A person's absences that are running or to come."""
    rows = Absence.objects.filter(person=person, ended_at=None).select_related("person", "deputy")
    return list(rows.order_by("since", "pk"))


def concerning(person: Any, day: date) -> QuerySet[Absence]:
    """The absences, running or to come, of which this person should know: their own, and those they stand in at."""
    rows = Absence.objects.filter(Q(person=person.pk) | Q(deputy=person.pk), ended_at=None, until__gte=day)
    return rows.select_related("person", "deputy").order_by("since", "pk")


def of_my_people(person: Any, day: date) -> QuerySet[Absence]:
    """The absences, running or to come, of those whose superior this person is."""
    rows = Absence.objects.filter(person__in=led_by(person), ended_at=None, until__gte=day)
    return rows.select_related("person", "deputy").order_by("since", "pk")


def led_by(person: Any) -> QuerySet[Person]:
    """Those whose superior (see `reads.superior`) this person is. Three small queries, however many work here."""
    rows = {d.pk: d for d in Department.objects.all()}
    headed = [d.path for d in rows.values() if d.head_id == person.pk]
    if not headed:
        return Person.objects.none()
    at_work = set(Person.objects.filter(heads__isnull=False, is_active=True).values_list("pk", flat=True))
    below = Q(pk__in=[])
    for path in headed:
        below |= Q(department__path__startswith=path)
    near = Person.objects.filter(below, is_active=True).exclude(pk=person.pk)

    def superior(id: int, place: int | None) -> int | None:
        while place is not None:
            head = rows[place].head_id
            if head is not None and head != id and head in at_work:
                return head
            place = rows[place].parent_id
        return None

    return Person.objects.filter(
        pk__in=[
            id for id, place in near.values_list("pk", "department_id") if superior(id, place) == person.pk
        ]
    )


def arranges_for(actor: Any, person: Person) -> bool:
    """Whether the actor may say who stands in for somebody else: their superior. For whoever holds a role that no
    administrator grants alone, a superior who is general manager: an administrator says who heads a department."""
    from .reads import superior

    if superior(person) != actor:
        return False
    return actor.has_role("general_manager") or not any(guarded(role) for role in person.rights.roles)


def rights_not_held(person: Person, deputy: Person) -> list[Text]:
    """What a person may do and the deputy may not, in words: rights do not come along."""
    mine, theirs = person.rights, deputy.rights
    return [p.label for name, p in all_permissions().items() if mine.may(name) and not theirs.may(name)]
