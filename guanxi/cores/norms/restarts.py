"""Duties that restart: while an instance waits, a later trigger of the same entity moves its count and opens no other.

A trigger after the waiting, or under another version, voids what it finds and opens the next: the instances of an entity
follow each other as a chain. In the common case a fact is later than all that is known, and only the last link is
touched; a fact that arrives late, a correction or a merger has the chain told anew from there on, with the same result.
"""

from __future__ import annotations

from datetime import datetime

from guanxi.cores.norms.chains import annul, governing, tell
from guanxi.cores.norms.controls import Duty, Read, Version
from guanxi.cores.norms.deadlines import Numbers, numbers
from guanxi.cores.norms.judging import judge
from guanxi.cores.norms.model import Event, Fact, Judgement, Obligation, State
from guanxi.cores.norms.openings import instance, offer, opened, triggers
from guanxi.cores.norms.run import Run, by_recording
from guanxi.cores.norms.timeline import Timeline
from guanxi.cores.norms.verdicts import Order, begun, counting, counts_days, grace_of, order_of


def heard(run: Run, fact: Fact, timeline: Timeline, control: str, kind: str, read: Read) -> None:
    """A fact that may restart, close or open an instance of its entity."""
    id = run.canonical(kind, run.value(fact, read))
    if not id:
        return
    own: list[Obligation] = []
    for o in run.store.by_match(f"{timeline.regulation}/{control}", f"{read.name}={id}", fact.happened_at):
        if governing(timeline, control, o)[0].restart is not None:
            if o.closed_by != "annulled":
                own.append(o)
        elif o.trigger_key != fact.key:
            offer(run, o, fact)  # of a version under which it did not restart
    if own:
        if len(own) > 1 or not _last_of_all(fact, own[0], timeline):
            retell(run, timeline, control, kind, id, fact.happened_at)
            return
        if _told(run, own[0], fact, timeline):
            return
    version = timeline.at(fact.happened_at)
    duty = version.duty(control) if version else None
    if version and duty and duty.restart and fact.kind in duty.triggers:
        opened(run, fact, duty, version, timeline)


def _last_of_all(fact: Fact, o: Obligation, timeline: Timeline) -> bool:
    """Whether a fact counts later than everything that is known of an instance which nothing has closed."""
    if o.closed_at is not None:
        return False
    happened = fact.happened_at
    if o.trigger_recorded_at < happened and all([event.recorded_at < happened for event in o.events]):
        return True  # whatever the grace, nothing counts before it happens or after it is recorded
    duty, version = governing(timeline, o.control, o)
    grace = grace_of(duty, version)
    order = order_of(duty, grace, fact)
    if order <= begun(o, duty, grace):
        return False
    for event in o.events:
        if order <= order_of(duty, grace, event):
            return False
    return True


def _told(run: Run, o: Obligation, fact: Fact, timeline: Timeline) -> bool:
    """What a fact that counts last is to an instance; whether it moved its count."""
    version = run.engine.versions[o.regulation, o.version]
    duty = version.duty(o.control)
    if duty is None:
        return False
    events = o.events
    for made in run.meant(duty, version, fact, o):
        if made.role == "restart":
            place = timeline.index(o.opened_at)
            at = order_of(duty, grace_of(duty, version), fact)[0]
            if at < o.actionable_from and place == timeline.index(fact.happened_at):
                last = counting(o)
                if fact.happened_at > (o.opened_at if last is None else last.happened_at):
                    _move(run, o, duty, version, made, last)
                return True
            events = (*events, made._replace(role="void"))
        else:
            events = (*events, made)
    if events is not o.events:
        result = judge(run, o.but(events=tuple(sorted(events, key=by_recording))))
        run.save(result.obligation, result.duty, result.version, fact.kind)
    return False


def _move(run: Run, o: Obligation, duty: Duty, version: Version, made: Event, last: Event | None) -> None:
    """Count from a later trigger."""
    fact = run.fact
    events: tuple[Event, ...] = (made,)
    if len(o.events) > (last is not None):
        events = (*[event for event in o.events if event is not last], made)
    if made.seq == fact.seq:
        told = numbers(duty, version, fact, run.calendar)
        if _only_waits(run, o, duty, version, events, told):
            _wait_on(run, o, duty, version, events, told)
            return
    result = judge(run, o.but(events=events))
    run.save(result.obligation, result.duty, result.version, fact.kind)


def _wait_on(
    run: Run, o: Obligation, duty: Duty, version: Version, events: tuple[Event, ...], told: Numbers
) -> None:
    """Write what judging would say of an instance that only waits, with these numbers."""
    fact, due = run.fact, told.due_at
    history = o.history
    if history[0].due_at != due:
        history = (Judgement(fact.seq, fact.recorded_at, State.WAITING, due, None, o.version, fact.kind),)
    moved = o.but(
        counts_from=told.counts_from, actionable_from=told.actionable_from, due_at=due, events=events, history=history,
        next_at=told.actionable_from,
        estimated=due is not None and counts_days(duty, version) and run.calendar.estimated(told.counts_from, due),
    )  # fmt: skip
    run.put(moved, o)


def _only_waits(
    run: Run, o: Obligation, duty: Duty, version: Version, events: tuple[Event, ...], told: Numbers
) -> bool:
    """Whether a moved instance waits as it did, with other numbers and nothing else changed: nothing happened to it but
    triggers, no version came after its own, and its new wait is not over. Most are so, which spares the judgement."""
    newest = run.index.timelines[o.regulation].borders[-1]
    now = run.fact.recorded_at if run.now is None else max(run.now, run.fact.recorded_at)
    return (
        o.state is State.WAITING
        and len(events) == len(o.history) == 1
        and not duty.prompts
        and o.calendar == run.calendar.seq
        and newest.version is version
        and newest.at <= o.opened_at
        and now < told.actionable_from
        and (told.due_at is None or told.actionable_from < told.due_at)
        and told.grace == o.grace
    )


def retell(run: Run, timeline: Timeline, control: str, kind: str, id: str, since: datetime) -> None:
    """Tell the chain of a control for one entity anew, from what could be touched at ``since`` on."""
    found: dict[str, Obligation] = {}
    key, same = f"{timeline.regulation}/{control}", run.same(kind, id)
    for name in _names(timeline, control):
        for one in same:
            for o in run.store.by_match(key, f"{name}={one}", since):
                if o.closed_by != "annulled" and governing(timeline, control, o)[0].restart is not None:
                    found[o.id] = o
    alive = sorted(((_begun(timeline, o), o) for o in found.values()), key=lambda pair: pair[0])
    start: Order = (since, since, "")
    current: Obligation | None = None
    for order, o in alive:
        if order[0] < since:
            start, current = order, o
    told = tell(
        run,
        timeline,
        current or _next(run, timeline, control, kind, same, start),
        lambda o, closing: _next(run, timeline, control, kind, same, closing.order, _begun(timeline, o)),
    )
    annul(run, timeline, [o for order, o in alive if o.id not in told and order >= start])


def _begun(timeline: Timeline, o: Obligation) -> Order:
    duty, version = governing(timeline, o.control, o)
    return begun(o, duty, grace_of(duty, version))


def _names(timeline: Timeline, control: str) -> list[str]:
    """By which names this control restarts, in any version."""
    duties = [border.version.duty(control) for border in timeline.borders]
    return [*dict.fromkeys(duty.restart.name for duty in duties if duty and duty.restart)]


def _next(
    run: Run,
    timeline: Timeline,
    control: str,
    kind: str,
    same: list[str],
    least: Order,
    beyond: Order | None = None,
) -> Obligation | None:
    """The instance of the first trigger that counts from an order on, and after another."""
    keys: dict[tuple[str, str], None] = {}
    for border in timeline.borders:
        duty = border.version.duty(control)
        if duty and duty.restart:
            for link in duty.links:
                for fact_kind, mark in link.marks if link.role == "restart" else ():
                    keys |= {(fact_kind, f"{duty.restart.name}={one}{mark}"): None for one in same}
    first: tuple[Order, Fact, Duty, Version] | None = None
    for fact in run.store.evidence(keys, least[0]):
        version = timeline.at(fact.happened_at)
        duty = version.duty(control) if version else None
        if not (version and duty and duty.restart and fact.kind in duty.triggers):
            continue
        order = order_of(duty, grace_of(duty, version), fact)
        late = (
            order < least
            or (beyond is not None and order <= beyond)
            or (first is not None and order >= first[0])
        )
        if not late and _known(run, duty, fact) and triggers(run, fact, duty, version):
            first = (order, fact, duty, version)
    if first is None:
        return None
    _, fact, duty, version = first
    return instance(run, fact, duty, version, timeline)


def _known(run: Run, duty: Duty, fact: Fact) -> bool:
    """Whether a fact came after the regulation first asked for such."""
    for link in duty.links:
        if link.role == "restart":
            mark = link.sieve.get(fact.kind, "")
            return fact.seq >= run.index.since[duty.regulation, fact.kind, link.names, mark]
    return False
