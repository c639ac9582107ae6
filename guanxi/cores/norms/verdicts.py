"""What follows for one obligation from its numbers and events: its state, what closed it, and who owes it.

Used by ``judging``, which says which numbers hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from guanxi.cores.norms.calendars import Calendar
from guanxi.cores.norms.controls import Duty, Version
from guanxi.cores.norms.deadlines import Numbers, Span, suspended
from guanxi.cores.norms.model import Event, Fact, Obligation, Setting, State, overdue
from guanxi.cores.norms.run import Run
from guanxi.cores.norms.timeline import Border

_NONE: Final = timedelta()
_tuple: Final = tuple.__new__
Order = tuple[datetime, datetime, str]
"""When something takes effect, and what decides among equals: when it was recorded, and its key."""


class Closing(NamedTuple):
    """What ends an instance."""

    order: Order
    role: str
    seq: int | None
    kind: str


class Judged(NamedTuple):
    """An obligation as judged, under which duty and version, and what closed it."""

    obligation: Obligation
    duty: Duty
    version: Version
    closing: Closing | None


def takes_effect(
    recorded_only: bool, grace: timedelta, happened_at: datetime, recorded_at: datetime
) -> datetime:
    """When a fact counts: when it happened, if it was recorded within the grace after that; else when recorded."""
    if recorded_only or recorded_at - happened_at > grace:
        return recorded_at
    return happened_at


def order_of(duty: Duty, grace: timedelta, fact: Event | Fact | Setting | Border) -> Order:
    """The order of a fact's effect under a duty's choice of time and grace (a border takes effect when it says)."""
    if isinstance(fact, Border):
        return (fact.at, fact.recorded_at, fact.key)
    at = takes_effect(duty.recorded, grace, fact.happened_at, fact.recorded_at)
    return (at, fact.recorded_at, fact.key)


def opening_order(o: Obligation) -> Order:
    """The order of what opened an instance."""
    return (o.opened_at, o.trigger_recorded_at, o.trigger_key)


def begun(o: Obligation, duty: Duty, grace: timedelta) -> Order:
    """When the trigger of an instance counts (it opens when it happened, however late it was recorded)."""
    at = takes_effect(duty.recorded, grace, o.opened_at, o.trigger_recorded_at)
    return (at, o.trigger_recorded_at, o.trigger_key)


def counting(o: Obligation) -> Event | None:
    """The later trigger from which an instance counts, if one restarted it."""
    return next((event for event in o.events if event.role == "restart"), None)


def grace_of(duty: Duty, version: Version) -> timedelta:
    """The grace that a version gives (dated values are read at their latest: a grace has no day of its own)."""
    grace: timedelta = version.amount(duty.grace) if duty.grace else _NONE
    return grace


def closing_of(o: Obligation, duty: Duty, grace: timedelta, events: Sequence[Event]) -> Closing | None:
    """What closes an instance first of all, if anything does."""
    opened = o.opened_at
    first: Closing | None = None
    for event in events:
        if event.role not in ("fulfil", "void", "waive"):
            continue
        if event.role == "waive":
            at: Order = (max(event.happened_at, opened), event.recorded_at, event.key)
        else:
            at = order_of(duty, grace, event)
            if duty.rhythm:
                if at <= opening_order(o):
                    continue
            elif at[0] < opened:
                if not any(link.ever and event.kind in link.kinds for link in duty.links):
                    continue
                at = (opened, at[1], at[2])
        if first is None or at < first.order:
            first = _tuple(Closing, (at, event.role, event.seq, event.kind))
    return first


def verdict(
    run: Run,
    o: Obligation,
    duty: Duty,
    version: Version,
    calendar: Calendar,
    numbers: Numbers,
    events: tuple[Event, ...],
    matches: tuple[str, ...],
    forced: Closing | None = None,
    fresh: bool = False,
) -> Judged:
    """The obligation with everything that follows (forced: what ended it beside its events; fresh: nobody else holds it, and
    it is told in place)."""
    spans: tuple[Span, ...] = ()
    due, closing = numbers.due_at, forced
    if events:
        roles = {event.role for event in events}
        if "annul" in roles:
            return _annulled(run, o, duty, version, events, fresh)
        if "suspend" in roles:
            spans = _spans(o, events)
        if closing is None:
            closing = closing_of(o, duty, numbers.grace, events)
    if duty.due is not None and duty.due.how == "before":
        due = _before(o, duty, numbers.grace, events)
    if spans:
        due = suspended(duty, version, due, spans, calendar)
    limit = overdue(due, o.trigger_recorded_at, numbers.grace)
    closed_at: datetime | None = None
    missed_at: datetime | None = None
    fulfilled_by: int | None = None
    closed_by = ""
    if closing is not None:
        closed_at, closed_by = closing.order[0], closing.kind
        missed_at = limit if limit is not None and limit < closed_at else None
        if closing.role == "fulfil":
            state = State.FULFILLED if missed_at is None else State.LATE
            fulfilled_by = closing.seq
        else:
            state = State.WAIVED if closing.role == "waive" else State.VOID
        if duty.rhythm:
            events = _trimmed(events, closed_at, fulfilled_by)
    else:
        recorded, now = o.trigger_recorded_at, run.now
        if now is None or now < recorded:
            now = recorded
        if limit is not None and now > limit:
            state, missed_at = State.MISSED, limit
        elif spans and spans[-1][1] is None:
            state = State.SUSPENDED
        else:
            state = State.WAITING if now < numbers.actionable_from else State.OPEN
    owner, owed_by, department, watches = _owned(run, o, duty, closed_at, missed_at)
    label, seq = version.label, calendar.seq
    if due is None:
        estimated = False
    elif (o.due_at, o.counts_from, o.version, o.calendar) == (due, numbers.counts_from, label, seq):
        estimated = o.estimated  # as it was told before
    else:
        estimated = counts_days(duty, version) and calendar.estimated(numbers.counts_from, due)
    tell = o.settle if fresh else o.but
    told = tell(
        version=label, counts_from=numbers.counts_from, matches=matches,
        actionable_from=numbers.actionable_from, due_at=due, grace=numbers.grace, suspensions=spans,
        events=events, calendar=seq, owner_expression=duty.owner_source, estimated=estimated,
        state=state, closed_at=closed_at, missed_at=missed_at, closed_by=closed_by, fulfilled_by=fulfilled_by,
        owner=owner, owed_by=owed_by, department=department, watches=watches,
    )  # fmt: skip
    return _tuple(Judged, (told, duty, version, closing))


def _annulled(
    run: Run, o: Obligation, duty: Duty, version: Version, events: tuple[Event, ...], fresh: bool
) -> Judged:
    closing = Closing(opening_order(o), "void", None, "annulled")
    owner, owed_by, department, watches = _owned(run, o, duty, o.opened_at, None)
    tell = o.settle if fresh else o.but
    told = tell(
        state=State.VOID, closed_at=o.opened_at, missed_at=None, fulfilled_by=None, closed_by="annulled",
        version=version.label, events=events,
        owner=owner, owed_by=owed_by, department=department, watches=watches,
    )  # fmt: skip
    return Judged(told, duty, version, closing)


def _spans(o: Obligation, events: Sequence[Event]) -> tuple[Span, ...]:
    points = sorted(
        (e.happened_at, e.recorded_at, e.key, e.role) for e in events if e.role in ("suspend", "resume")
    )
    since = max([o.opened_at, *[e.happened_at for e in events if e.role == "restart"]])
    spans: list[Span] = []
    start: datetime | None = None
    for at, _, _, role in points:
        if role == "suspend":
            start = start or max(at, since)
        elif start is not None:
            if at > start:
                spans.append((start, at))
            start = None
    if start is not None:
        spans.append((start, None))
    return tuple(spans)


def _before(o: Obligation, duty: Duty, grace: timedelta, events: Sequence[Event]) -> datetime | None:
    found = [order_of(duty, grace, e)[0] for e in events if e.role == "before"]
    return min([at for at in found if at >= o.opened_at], default=None)


def counts_days(duty: Duty, version: Version) -> bool:
    """Whether the deadline depends on which days are worked."""
    due = duty.due
    if due is None or due.how not in ("end_of_working_day_after", "within", "ahead"):
        return False
    if due.how == "end_of_working_day_after":
        return True
    kind = version.pack.parameters[due.amount].type
    if due.how == "within":
        return duty.shift or kind == "working_time"
    return kind == "working_days"


def _owned(
    run: Run, o: Obligation, duty: Duty, closed_at: datetime | None, missed_at: datetime | None
) -> tuple[str, str, str, tuple[str, ...]]:
    """Who owes it, who owed it at the deadline and in which department, and what was looked at for that."""
    seen = {f"{o.subject_kind}={o.subject}"}
    if o.customer:
        seen.add(f"customer={o.customer}")
    expressions = duty.owners.get("" if duty.rhythm else o.trigger_kind, ())
    if len(expressions) == 1 and expressions[0].role:
        owner = f"role:{expressions[0].role}"
        return owner, owner if missed_at else "", "", tuple(sorted(seen))
    trigger: Fact | None = None
    for who in expressions:
        if not who.role and who.start != o.subject_kind and who.start != "customer":
            trigger = run.trigger(o)
            break
    if trigger is None:
        names = {"customer": o.customer or "", o.subject_kind: o.subject}
    else:
        names = run.names(o, trigger)
    owner, person = run.somebody(expressions, names, closed_at, seen)
    owed_by = ""
    if missed_at:
        owed_by, then = run.somebody(expressions, names, missed_at, seen)
        person = then if owed_by else person
    department = str(person.at("department", missed_at or closed_at) or "") if person else ""
    return owner, owed_by, department, tuple(sorted(seen))


def _trimmed(events: tuple[Event, ...], closed_at: datetime, fulfilled_by: int | None) -> tuple[Event, ...]:
    """A link of a chain keeps the events up to what closed it: later ones belong to later links."""
    return tuple([
        e for e in events
        if e.seq == fulfilled_by or (e.role in ("suspend", "resume", "waive") and e.happened_at <= closed_at)
    ])  # fmt: skip
