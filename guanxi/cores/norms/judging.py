"""What becomes of one obligation, told anew from everything that matters to it.

``judge`` keeps no memory of how it came to its last answer: it takes the instance's trigger, its events, the versions,
the calendar, the attributes it depends on and the last tick, and says what follows. So the order in which facts arrived
cannot matter, a correction is nothing but another list of events, and an explanation can be recomputed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from guanxi.cores.norms.calendars import Calendar
from guanxi.cores.norms.catalogue import BLANKS
from guanxi.cores.norms.conditions import CannotEvaluate
from guanxi.cores.norms.controls import Duty, Version
from guanxi.cores.norms.deadlines import LAST, Numbers, day_of, later, numbers, tightened
from guanxi.cores.norms.model import LIVE, Entity, Event, Fact, Obligation, Setting
from guanxi.cores.norms.run import Run, by_recording
from guanxi.cores.norms.timeline import Border
from guanxi.cores.norms.verdicts import (
    Closing,
    Judged,
    Order,
    begun,
    closing_of,
    counting,
    grace_of,
    order_of,
    verdict,
)

_tuple: Final = tuple.__new__


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
    if newest and duty.rhythm is None:
        said = _numbers(run, o, duty, version, calendar)
        return verdict(run, o, duty, version, calendar, said, o.events, o.matches, None, fresh)
    telling = _Telling(run, o, duty, version, calendar)
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


def _numbers(run: Run, o: Obligation, duty: Duty, version: Version, calendar: Calendar) -> Numbers:
    """The numbers of what a trigger opened; as they were told before where nothing can have moved them."""
    told_before = o.due_at is not None and o.calendar == calendar.seq and not o.suspensions
    if (
        told_before
        and not duty.restart
        and o.version == version.label
        and duty.due
        and duty.due.how != "before"
    ):
        return _tuple(Numbers, (o.counts_from, o.actionable_from, o.due_at, o.grace))
    last = counting(o) if duty.restart else None
    trigger = run.trigger(o) if last is None else run.recall(last.seq)
    if trigger is None:
        return Numbers(o.counts_from, o.actionable_from, o.due_at, o.grace)
    return numbers(duty, version, trigger, calendar)


class _Telling:
    """One telling of an instance's story: the numbers that hold, up to what closes it."""

    __slots__ = (
        "_interval", "calendar", "duty", "entity", "events", "forced", "matches", "numbers", "o", "run", "version",
    )  # fmt: skip

    def __init__(self, run: Run, o: Obligation, duty: Duty, version: Version, calendar: Calendar) -> None:
        self.run, self.o, self.duty, self.version, self.calendar = run, o, duty, version, calendar
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
            return _numbers(self.run, self.o, duty, version, self.calendar)
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
        other = new is None or bool(new.rhythm) != bool(self.duty.rhythm) or new.restart != self.duty.restart
        if choice == "void" or new is None or other:
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
        closing = closing_of(self.o, self.duty, self.numbers.grace, self.events)
        return closing is not None and closing.order[0] <= moment

    def verdict(self) -> Judged:
        """The obligation with everything that follows."""
        return verdict(
            self.run, self.o, self.duty, self.version, self.calendar, self.numbers,
            events=self.events, matches=self.matches, forced=self.forced,
        )  # fmt: skip


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
    if events and duty.restart:
        events = _told_in_turn(run, o, duty, version, events)
    if o.events:
        events = (*events, *(event for event in o.events if event.role == "annul"))
    return flat(found), events


def _told_in_turn(
    run: Run, o: Obligation, duty: Duty, version: Version, events: tuple[Event, ...]
) -> tuple[Event, ...]:
    """What an instance that restarts keeps of its events: the last trigger that came while it waited, and the first thing
    that closes it, which may be the trigger after."""
    grace, timeline = grace_of(duty, version), run.index.timelines[o.regulation]
    place, began = timeline.index(o.opened_at), begun(o, duty, grace)
    others = tuple([event for event in events if event.role != "restart"])
    closing = closing_of(o, duty, grace, others)
    end = closing.order if closing else None
    calendar = run.calendar_for(run.obligation(o.id))
    waits_until = _numbers(run, o.but(events=()), duty, version, calendar).actionable_from
    counts_from, kept = o.opened_at, list[Event]()
    again = sorted((order_of(duty, grace, event), event) for event in events if event.role == "restart")
    for order, event in again:
        if order <= began or (end is not None and order > end):
            continue
        trigger = run.recall(event.seq)
        if order[0] >= waits_until or timeline.index(event.happened_at) != place:
            kept.append(event._replace(role="void"))
            end = order
            break
        if event.happened_at > counts_from and trigger is not None:
            kept, counts_from = [event], event.happened_at
            waits_until = numbers(duty, version, trigger, calendar).actionable_from
    kept += [event for event in others if end is None or _until(event, order_of(duty, grace, event), end)]
    return tuple(sorted(kept, key=by_recording))


def _until(event: Event, order: Order, end: Order) -> bool:
    """Whether an event still mattered to what ended at a moment."""
    return event.happened_at <= end[0] if event.role in ("suspend", "resume", "waive") else order <= end


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
