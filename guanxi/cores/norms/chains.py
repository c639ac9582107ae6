"""Rhythms: the chain of instances of one entity, each opened by what fulfilled the one before.

A chain is told anew from the point that a fact touches. In the common case that is its last link only; a fact that
arrives late finds its place between two links. What an earlier telling said and a later one does not is voided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from guanxi.cores.norms.controls import Duty, Version
from guanxi.cores.norms.judging import changes_of, eligible, gathered, judge
from guanxi.cores.norms.model import Event, Obligation, State, obligation_id
from guanxi.cores.norms.run import Run
from guanxi.cores.norms.timeline import Border, Timeline
from guanxi.cores.norms.verdicts import Closing, Order, grace_of, opening_order, order_of

ANNULLED = Event("annul", 0, "", "", datetime.min, datetime.min)  # noqa: DTZ901 - no moment: it only marks


def retell(run: Run, timeline: Timeline, control: str, kind: str, id: str, since: datetime) -> None:
    """Tell the chain of a control for one entity anew, from what could be touched at ``since`` on."""
    if not timeline.borders:
        return
    key = f"{timeline.regulation}/{control}"
    existing = {o.id: o for o in run.store.by_match(key, f"{kind}={id}", since) if o.subject == id}
    alive = sorted((o for o in existing.values() if o.closed_by != "annulled"), key=opening_order)
    base = next((o for o in reversed(alive) if o.opened_at < since), None)
    start: Order = opening_order(base) if base else (since, since, "")
    told = tell(
        run,
        timeline,
        base or _first(run, timeline, control, kind, id, since),
        lambda _, closing: _next(run, timeline, control, kind, id, closing),
    )
    annul(run, timeline, [o for o in alive if o.id not in told and opening_order(o) >= start])


def tell(
    run: Run,
    timeline: Timeline,
    current: Obligation | None,
    following: Callable[[Obligation, Closing], Obligation | None],
) -> set[str]:
    """Tell instances one after the other, each made by what closed the one before; the ids of those told."""
    told: set[str] = set()
    while current is not None and current.id not in told:
        duty, version = governing(timeline, current.control, current)
        result = judge(run, gathered(run, _plain(current), duty, version))
        run.save(result.obligation, result.duty, result.version, run.fact.kind)
        told.add(current.id)
        current = following(current, result.closing) if result.closing else None
    return told


def annul(run: Run, timeline: Timeline, gone: Iterable[Obligation]) -> None:
    """Void instances whose reason turned out never to have been."""
    for o in gone:
        _annul(run, timeline, o)


def _annul(run: Run, timeline: Timeline, o: Obligation) -> None:
    duty, version = governing(timeline, o.control, o)
    mark = ANNULLED._replace(
        seq=run.fact.seq, key=run.fact.key, kind=run.fact.kind,
        happened_at=run.fact.happened_at, recorded_at=run.fact.recorded_at,
    )  # fmt: skip
    events = (*(e for e in o.events if e.role != "annul"), mark)
    result = judge(run, o.but(events=events))
    run.save(result.obligation, duty, version, run.fact.kind)


def governing(timeline: Timeline, control: str, o: Obligation) -> tuple[Duty, Version]:
    """The duty and version by which an instance is judged: those in force when it opened."""
    version = timeline.borders[timeline.index(o.opened_at)].version
    duty = version.duty(control)
    if duty is None:
        raise LookupError(f"{timeline.regulation} {version.label} has no duty '{control}'")
    return duty, version


def _plain(o: Obligation) -> Obligation:
    if all(e.role != "annul" for e in o.events):
        return o
    return o.but(events=tuple(e for e in o.events if e.role != "annul"))


def _first(
    run: Run, timeline: Timeline, control: str, kind: str, id: str, since: datetime
) -> Obligation | None:
    """The instance that begins a chain at the first moment, not before ``since``, at which the rhythm runs."""
    entity = run.entity(kind, id)
    candidates: list[tuple[Order, Border | None, int]] = [
        ((border.at, border.recorded_at, border.key), border, border.seq)
        for border in timeline.borders
        if border.at >= since
    ]
    for border in timeline.borders:
        duty = border.version.duty(control)
        if duty and duty.rhythm:
            grace = grace_of(duty, border.version)
            for setting in changes_of(entity, duty.rhythm.reads):
                order = order_of(duty, grace, setting)
                if order[0] >= since:
                    candidates.append((order, None, setting.seq))
    for order, _, seq in sorted(set(candidates), key=lambda c: c[0]):
        version = timeline.at(order[0])
        duty = version.duty(control) if version else None
        if version and duty and eligible(run, duty, version, entity, order[0]):
            return _instance(run, timeline, duty, version, id, order, seq, "")
    return None


def _next(
    run: Run, timeline: Timeline, control: str, kind: str, id: str, closing: Closing
) -> Obligation | None:
    """The instance after one that was closed: opened by the fulfilment (or waiver), or by a new beginning."""
    at = closing.order[0]
    if closing.role in ("fulfil", "waive") and closing.seq is not None:
        version = timeline.at(at)
        duty = version.duty(control) if version else None
        if version and duty and eligible(run, duty, version, run.entity(kind, id), at):
            return _instance(run, timeline, duty, version, id, closing.order, closing.seq, closing.kind)
    return _first(run, timeline, control, kind, id, at)


def _instance(
    run: Run, timeline: Timeline, duty: Duty, version: Version, id: str, order: Order, seq: int, opener: str
) -> Obligation:
    rhythm = duty.rhythm
    if rhythm is None:
        raise LookupError(f"{duty.key} is no rhythm")
    at, recorded_at, key = order
    counts_from = at
    if rhythm.period:
        period = run.calendar.period(at, rhythm.period)
        counts_from = period.end if opener else period.start
    own = obligation_id(duty.clause, duty.id, key, id)
    known = run.obligation(own)
    opened = Obligation.made(
        id=own, regulation=timeline.regulation, version=version.label, clause=duty.clause, control=duty.id,
        element="", trigger=seq, trigger_key=key, trigger_kind=opener, trigger_recorded_at=recorded_at,
        subject_kind=rhythm.of, subject=id, customer=id if rhythm.of == "customer" else None,
        matches=(), watches=(), owner="", owner_expression=duty.owner_source, owed_by="", department="",
        opened_at=at, counts_from=counts_from, actionable_from=at, due_at=None, estimated=False,
        grace=grace_of(duty, version), state=State.OPEN, prompted_until=at, calendar=run.calendar.seq,
    )  # fmt: skip
    if known is None:
        return opened
    return opened.but(history=known.history, prompted_until=known.prompted_until, calendar=known.calendar)
