"""What becomes of one obligation, told anew from everything that matters to it.

``judge`` keeps no memory of how it came to its last answer: it takes the instance's trigger, its events, the versions,
the calendar, the attributes it depends on and the last tick, and says what follows. So the order in which facts arrived
cannot matter, a correction is nothing but another list of events, and an explanation can be recomputed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from guanxi.cores.norms.calendars import Calendar
from guanxi.cores.norms.catalogue import BLANKS
from guanxi.cores.norms.conditions import CannotEvaluate
from guanxi.cores.norms.controls import Duty, Version
from guanxi.cores.norms.deadlines import LAST, Numbers, Span, day_of, later, numbers, suspended, tightened
from guanxi.cores.norms.model import LIVE, Entity, Event, Fact, Obligation, Setting, State, overdue
from guanxi.cores.norms.run import Run
from guanxi.cores.norms.timeline import Border

_NONE: Final = timedelta()
_tuple: Final = tuple.__new__
_EMPTY: Final[frozenset[str]] = frozenset()
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


def grace_of(duty: Duty, version: Version) -> timedelta:
    """The grace that a version gives (dated values are read at their latest: a grace has no day of its own)."""
    grace: timedelta = version.amount(duty.grace) if duty.grace else _NONE
    return grace


def judge(run: Run, o: Obligation, *, fresh: bool = False) -> Judged:
    """The obligation as everything known so far makes it. ``o`` brings its identity, trigger and events (fresh: nobody else
    holds it, and it is told in place)."""
    timeline = run.index.timelines[o.regulation]
    place = timeline.index(o.opened_at)
    version = timeline.borders[place].version
    duty = version.duty(o.control)
    if duty is None:
        raise LookupError(f"{o.regulation} {version.label} has no duty '{o.control}'")
    known = run.obligation(o.id)
    calendar = run.calendar if known is None or known.state in LIVE else run.calendar_for(known)
    newest = place + 1 == len(timeline.borders)
    if not newest and any(border.version.pack.restates for border in timeline.borders[place + 1 :]):
        o = gathered(run, o, duty, version)
    telling = _Telling(run, o, duty, version, calendar, fresh)
    later_on = telling.later_settings() if duty.rhythm else ()
    if newest and not later_on:
        return telling.verdict()
    telling.begin()
    points: list[tuple[Order, Border | Setting]] = [
        ((border.at, border.recorded_at, border.key), border) for border in timeline.borders[place + 1 :]
    ]
    if duty.rhythm:
        grace = grace_of(duty, version)
        settings = [(order_of(duty, grace, s), s) for s in later_on]
        points += [(order, setting) for order, setting in settings if order[0] > o.opened_at]
    for order, point in sorted(points, key=lambda pair: pair[0]):
        if telling.forced is not None or telling.closed_by(order[0]):
            break
        if isinstance(point, Border):
            telling.cross(point, order)
        else:
            telling.change(order)
    return telling.verdict()


class _Telling:
    """One telling of an instance's story: the numbers that hold, up to what closes it."""

    __slots__ = (
        "_interval", "calendar", "duty", "entity", "events", "forced", "matches", "numbers", "o", "run", "tell", "version",
    )  # fmt: skip

    def __init__(
        self, run: Run, o: Obligation, duty: Duty, version: Version, calendar: Calendar, fresh: bool
    ) -> None:
        self.run, self.o, self.duty, self.version, self.calendar = run, o, duty, version, calendar
        self.tell = o.settle if fresh else o.but
        self.events: tuple[Event, ...] = o.events
        self.matches = o.matches
        self.forced: Closing | None = None
        self.entity = run.entity(o.subject_kind, o.subject) if duty.rhythm else None
        self.numbers = self._numbers(duty, version)
        self._interval = ""

    def begin(self) -> None:
        """Before anything happens on the way: the interval that holds at first."""
        self._interval = self._interval_name(self.duty, self.o.opened_at)

    # -- numbers -------------------------------------------------------------------------------------------------

    def _numbers(self, duty: Duty, version: Version) -> Numbers:
        if duty.rhythm is None:
            o = self.o
            told_before = o.due_at is not None and o.calendar == self.calendar.seq and not o.suspensions
            if told_before and o.version == version.label and duty.due and duty.due.how != "before":
                return _tuple(Numbers, (o.counts_from, o.actionable_from, o.due_at, o.grace))
            trigger = self.run.trigger(self.o)
            if trigger is None:
                return Numbers(self.o.counts_from, self.o.actionable_from, self.o.due_at, self.o.grace)
            return numbers(duty, version, trigger, self.calendar)
        grace = grace_of(duty, version)
        if duty.rhythm.period:
            period = self.calendar.period(self.o.counts_from, duty.rhythm.period)
            return Numbers(period.start, max(self.o.opened_at, period.start), period.end - LAST, grace)
        due = self._interval_end(duty, version, self.o.opened_at, self.o.opened_at)
        return Numbers(self.o.opened_at, self.o.opened_at, due, grace)

    def _interval_name(self, duty: Duty, at: datetime) -> str:
        rhythm = duty.rhythm
        if rhythm is None or rhythm.period:
            return ""
        return rhythm.every or rhythm.table.get(
            str(attribute(self.entity, rhythm.by, at, duty, self.numbers.grace)), ""
        )

    def _interval_end(self, duty: Duty, version: Version, at: datetime, base: datetime) -> datetime | None:
        rhythm = duty.rhythm
        if rhythm is None:
            return None
        grace = grace_of(duty, version)
        name = rhythm.every or rhythm.table.get(str(attribute(self.entity, rhythm.by, at, duty, grace)), "")
        if not name:
            return None
        return later(version, base, name, day_of(version, base, self.calendar), self.calendar)

    def later_settings(self) -> list[Setting]:
        """The settings of the attributes that the rhythm reads (and of a merger) that became known after the opening."""
        opened = self.o.opened_at
        reads = self.duty.rhythm.reads if self.duty.rhythm else ()
        return [s for s in changes_of(self.entity, reads) if s.recorded_at > opened]

    # -- what happens on the way ---------------------------------------------------------------------------------

    def cross(self, border: Border, order: Order) -> None:
        """A new version comes into force while the instance is not closed: keep, restate or void."""
        new = border.version.duty(self.o.control)
        choice = new.on_new_version if new else border.version.pack.on_new_version
        if choice == "keep":
            return
        if choice == "void" or new is None or bool(new.rhythm) != bool(self.duty.rhythm):
            self.forced = Closing(order, "void", border.seq, "version")
            return
        trigger = self.run.trigger(self.o)
        if new.rhythm is None and (trigger is None or trigger.kind not in new.triggers):
            self.forced = Closing(order, "void", border.seq, "version")
            return
        old_due = self.numbers.due_at
        restated = self._numbers(new, border.version)
        if old_due is None or old_due >= border.at:
            recounted = None
            if new.rhythm and not new.rhythm.period:
                recounted = self._interval_end(new, border.version, border.at, border.at)
            elif new.due and new.due.how in ("within", "end_of_working_day_after") and trigger is not None:
                moved = trigger_at(trigger, border.at)
                recounted = numbers(new, border.version, moved, self.calendar).due_at
            due = tightened(old_due, restated.due_at, recounted, border.at)
            self.numbers = restated._replace(due_at=due)
        self.duty, self.version = new, border.version
        self._interval = self._interval_name(new, border.at)
        anew = gathered(self.run, self.o, new, border.version)
        self.events, self.matches = anew.events, tuple(sorted({*self.matches, *anew.matches}))

    def change(self, order: Order) -> None:
        """An attribute that the rhythm depends on changed: it ends, or another interval holds from then on."""
        at = order[0]
        if not eligible(self.run, self.duty, self.version, self.entity, at):
            self.forced = Closing(order, "void", None, "condition")
            return
        rhythm, due = self.duty.rhythm, self.numbers.due_at
        name = self._interval_name(self.duty, at)
        if rhythm is None or rhythm.period or name == self._interval:
            return
        self._interval = name
        if due is None or due >= at:
            new = self._interval_end(self.duty, self.version, at, self.o.opened_at)
            recounted = self._interval_end(self.duty, self.version, at, at)
            self.numbers = self.numbers._replace(due_at=tightened(due, new, recounted, at))

    def closed_by(self, moment: datetime) -> bool:
        """Whether the instance was closed by then."""
        closing = self._closing()
        return closing is not None and closing.order[0] <= moment

    # -- the verdict ---------------------------------------------------------------------------------------------

    def _closing(self) -> Closing | None:
        if not self.events:
            return None
        grace, opened = self.numbers.grace, self.o.opened_at
        first: Closing | None = None
        for event in self.events:
            if event.role not in ("fulfil", "void", "waive"):
                continue
            if event.role == "waive":
                at: Order = (max(event.happened_at, opened), event.recorded_at, event.key)
            else:
                at = order_of(self.duty, grace, event)
                if self.duty.rhythm:
                    if at <= opening_order(self.o):
                        continue
                elif at[0] < opened:
                    if not any(link.ever and event.kind in link.kinds for link in self.duty.links):
                        continue
                    at = (opened, at[1], at[2])
            if first is None or at < first.order:
                first = _tuple(Closing, (at, event.role, event.seq, event.kind))
        return first

    def _spans(self) -> tuple[Span, ...]:
        points = sorted(
            (e.happened_at, e.recorded_at, e.key, e.role)
            for e in self.events
            if e.role in ("suspend", "resume")
        )
        spans: list[Span] = []
        start: datetime | None = None
        for at, _, _, role in points:
            if role == "suspend":
                start = start or max(at, self.o.opened_at)
            elif start is not None:
                if at > start:
                    spans.append((start, at))
                start = None
        if start is not None:
            spans.append((start, None))
        return tuple(spans)

    def verdict(self) -> Judged:
        """The obligation with everything that follows."""
        o, duty, version, numbers, events = self.o, self.duty, self.version, self.numbers, self.events
        roles = _EMPTY if not events else {event.role for event in events}
        if "annul" in roles:
            return self._annulled()
        spans = self._spans() if "suspend" in roles else ()
        due = numbers.due_at
        if duty.due is not None and duty.due.how == "before":
            due = self._before()
        if spans:
            due = suspended(duty, version, due, spans, self.calendar)
        closing = self.forced or self._closing()
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
            state = self._standing(limit, spans)
            missed_at = limit if state is State.MISSED else None
        owner, owed_by, department, watches = self._owned(closed_at, missed_at)
        label, seq = version.label, self.calendar.seq
        if due is None:
            estimated = False
        elif (o.due_at, o.counts_from, o.version, o.calendar) == (due, numbers.counts_from, label, seq):
            estimated = o.estimated  # as it was told before
        else:
            estimated = self._counts_days() and self.calendar.estimated(numbers.counts_from, due)
        told = self.tell(
            version=label, counts_from=numbers.counts_from, matches=self.matches,
            actionable_from=numbers.actionable_from, due_at=due, grace=numbers.grace, suspensions=spans,
            events=events, calendar=seq, owner_expression=duty.owner_source, estimated=estimated,
            state=state, closed_at=closed_at, missed_at=missed_at, closed_by=closed_by, fulfilled_by=fulfilled_by,
            owner=owner, owed_by=owed_by, department=department, watches=watches,
        )  # fmt: skip
        return _tuple(Judged, (told, duty, version, closing))

    def _standing(self, limit: datetime | None, spans: tuple[Span, ...]) -> State:
        recorded, now = self.o.trigger_recorded_at, self.run.now
        if now is None or now < recorded:
            now = recorded
        if limit is not None and now > limit:
            return State.MISSED
        if spans and spans[-1][1] is None:
            return State.SUSPENDED
        return State.WAITING if now < self.numbers.actionable_from else State.OPEN

    def _annulled(self) -> Judged:
        o = self.o
        closing = Closing(opening_order(o), "void", None, "annulled")
        owner, owed_by, department, watches = self._owned(o.opened_at, None)
        told = self.tell(
            state=State.VOID, closed_at=o.opened_at, missed_at=None, fulfilled_by=None, closed_by="annulled",
            version=self.version.label, events=self.events,
            owner=owner, owed_by=owed_by, department=department, watches=watches,
        )  # fmt: skip
        return Judged(told, self.duty, self.version, closing)

    def _before(self) -> datetime | None:
        grace = self.numbers.grace
        found = [order_of(self.duty, grace, e)[0] for e in self.events if e.role == "before"]
        later_ones = [at for at in found if at >= self.o.opened_at]
        return min(later_ones, default=None)

    def _counts_days(self) -> bool:
        """Whether the deadline depends on which days are worked."""
        due = self.duty.due
        if due is None:
            return False
        if due.how in ("end_of_working_day_after", "within"):
            return due.how != "within" or self.duty.shift or self._type(due.amount) == "working_time"
        return due.how == "ahead" and self._type(due.amount) == "working_days"

    def _type(self, name: str) -> str:
        return self.version.pack.parameters[name].type

    def _owned(
        self, closed_at: datetime | None, missed_at: datetime | None
    ) -> tuple[str, str, str, tuple[str, ...]]:
        """Who owes it, who owed it at the deadline and in which department, and what was looked at for that."""
        o, run = self.o, self.run
        seen = {f"{o.subject_kind}={o.subject}"}
        if o.customer:
            seen.add(f"customer={o.customer}")
        expressions = self.duty.owners.get("" if self.duty.rhythm else o.trigger_kind, ())
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


# -- rhythms: what an entity's attributes say at a moment ----------------------------------------------------------


def attribute(entity: Entity | None, name: str, at: datetime, duty: Duty, grace: timedelta) -> object:
    """An attribute's value by what had taken effect at a moment (late facts count as the duty counts them)."""
    settings = entity.attributes.get(name) if entity else None
    if not settings:
        return None
    if duty.recorded is False and all(s.recorded_at == s.happened_at for s in settings):
        for setting in reversed(settings):
            if setting.happened_at <= at:
                return setting.value
        return None
    found: tuple[Order, object] | None = None
    for setting in settings:
        order = order_of(duty, grace, setting)
        if order[0] <= at and (found is None or order > found[0]):
            found = (order, setting.value)
    return found[1] if found else None


def eligible(run: Run, duty: Duty, version: Version, entity: Entity | None, at: datetime) -> bool:
    """Whether the rhythm runs for an entity at a moment."""
    rhythm = duty.rhythm
    if rhythm is None or entity is None:
        return False
    grace = grace_of(duty, version)
    if attribute(entity, "merged_into", at, duty, grace):
        return False
    if rhythm.by and str(attribute(entity, rhythm.by, at, duty, grace)) not in rhythm.table:
        return False
    values: dict[str, object] = {}
    for name, kind in rhythm.condition.names:
        if not name.startswith("param."):
            found = attribute(entity, name.split(".", 1)[1], at, duty, grace)
            values[name] = BLANKS.get(kind.base) if found is None else found
    if rhythm.condition.parameters:
        values.update(run.parameters(version, rhythm.condition, at))
    try:
        return rhythm.condition.holds(values)
    except CannotEvaluate:
        return False


def changes_of(entity: Entity | None, reads: Collection[str]) -> list[Setting]:
    """Every setting of these attributes, and of a merger."""
    if entity is None:
        return []
    found = [setting for name in reads for setting in entity.attributes.get(name, ())]
    if "merged_into" in entity.attributes and "merged_into" not in reads:
        found += entity.attributes["merged_into"]
    return found


# -- joins ---------------------------------------------------------------------------------------------------------


def joins(run: Run, duty: Duty, trigger: Fact, element: str) -> dict[tuple[str, ...], list[str]]:
    """By each join of the duty's links, the matches under which this trigger's instance is found."""
    found: dict[tuple[str, ...], list[str]] = {}
    for link in duty.links:
        if link.names not in found:
            found[link.names] = run.matches(link.names, trigger, link.of_trigger[trigger.kind], element)
    return found


def gathered(run: Run, o: Obligation, duty: Duty, version: Version) -> Obligation:
    """The instance with its matches and events gathered anew from the evidence, as a duty's links say."""
    found = evidence(run, o, duty, version)
    return o if found is None else o.but(matches=found[0], events=found[1])


def evidence(
    run: Run, o: Obligation, duty: Duty, version: Version
) -> tuple[tuple[str, ...], tuple[Event, ...]] | None:
    """The matches of an instance and its events, as a duty's links say; None where its trigger is gone."""
    if duty.rhythm:
        own = [f"{o.subject_kind}={id}" for id in run.same(o.subject_kind, o.subject)]
        found = {link.names: own for link in duty.links}
    else:
        trigger = run.trigger(o)
        if trigger is None:
            return None
        found = joins(run, duty, trigger, o.element)
    scopes = run.scopes(o.id, o.subject_kind, o.subject, o.customer)
    events = run.collect(duty, version, o.trigger_key, found, o.opened_at, scopes)
    if o.events:
        events = (*events, *(event for event in o.events if event.role == "annul"))
    return flat(found), events


def flat(found: Mapping[tuple[str, ...], list[str]]) -> tuple[str, ...]:
    """All matches, each once, in order."""
    if len(found) == 1:
        (only,) = found.values()
        if len(only) < 2:
            return tuple(only)
    return tuple(sorted({match for matches in found.values() for match in matches}))


def trigger_at(trigger: Fact, moment: datetime) -> Fact:
    """The trigger as if it had happened at a moment: to count a shortened deadline from a border."""
    return replace(trigger, happened_at=moment, recorded_at=moment)
