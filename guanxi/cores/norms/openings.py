"""One instance: opened by its trigger, and offered the facts that find it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from guanxi.cores.norms.controls import Duty, Read, Version
from guanxi.cores.norms.judging import evidence, judge
from guanxi.cores.norms.model import Fact, Obligation, State, obligation_id
from guanxi.cores.norms.run import Run, by_recording
from guanxi.cores.norms.timeline import Timeline

_NONE: Final = timedelta()
_CUSTOMER: Final = Read("customer", "customer", "", "customer")


def opened(run: Run, fact: Fact, duty: Duty, version: Version, timeline: Timeline) -> None:
    """A trigger opens an instance for each element, where its condition holds."""
    if not triggers(run, fact, duty, version):
        return
    elements = [str(e) for e in dict.fromkeys(fact.data.get(duty.each) or ())] if duty.each else [""]
    for element in elements:
        made = instance(run, fact, duty, version, timeline, element)
        found = evidence(run, made, duty, version)
        if found is not None:
            made.settle(matches=found[0], events=found[1])
        result = judge(run, made, fresh=True)
        run.save(result.obligation, result.duty, result.version, fact.kind)


def triggers(run: Run, fact: Fact, duty: Duty, version: Version) -> bool:
    """Whether a fact of a trigger's kind opens an instance (doubt does, unless it would put off what waits)."""
    where = duty.triggers[fact.kind]
    return where is None or run.holds(where, fact, version, default=duty.restart is None)


def instance(
    run: Run, fact: Fact, duty: Duty, version: Version, timeline: Timeline, element: str = ""
) -> Obligation:
    """What a trigger opens, as nobody has judged it yet; with what was said of it if it was there before."""
    clause, kind = duty.clause, fact.subject_kind
    subject = run.canonical(kind, fact.subject)
    customer = customer_of(run, fact)
    if customer:
        whole = kind == "customer" and customer == fact.subject
        customer = subject if whole else run.canonical("customer", customer)
    if duty.restart is not None:  # whatever opened it, it is about whom it is counted by
        subject = run.canonical(duty.restart.kind, restarted_by(run, fact, duty))
        kind = duty.restart.kind
    later_borders = timeline.borders[timeline.index(fact.happened_at) + 1 :]
    dated_back = bool(later_borders) and later_borders[0].at <= fact.recorded_at
    own = obligation_id(clause, duty.id, fact.key, element)
    known = run.obligation(own)
    made = Obligation.made(  # what is owed, by whom and until when is told by judging it
        id=own, regulation=timeline.regulation, version=version.label, clause=clause, control=duty.id,
        element=element, trigger=fact.seq, trigger_key=fact.key, trigger_kind=fact.kind,
        trigger_recorded_at=fact.recorded_at, subject_kind=kind, subject=subject, customer=customer,
        matches=(), opened_at=fact.happened_at, counts_from=fact.happened_at, actionable_from=fact.happened_at,
        grace=_NONE, state=State.OPEN, dated_back=dated_back, prompted_until=fact.happened_at,
        calendar=run.calendar.seq,
    )  # fmt: skip
    if known is not None:
        made.settle(history=known.history, prompted_until=known.prompted_until)
    return made


def customer_of(run: Run, trigger: Fact) -> str | None:
    """The id of the customer whom a trigger is about, as it was written."""
    return run.value(trigger, _CUSTOMER) or None


def restarted_by(run: Run, trigger: Fact, duty: Duty) -> str:
    """The id of the entity by which a duty's trigger restarts it, as it was written."""
    for link in duty.links:
        if link.role == "restart":
            return run.value(trigger, link.of_fact[trigger.kind][0])
    return ""


def offer(run: Run, o: Obligation, fact: Fact) -> None:
    """A fact that was found by a join of an instance: what it is to it, and what follows."""
    version = run.engine.versions[o.regulation, o.version]
    duty = version.duty(o.control)
    events = o.events
    if duty is None or (events and any(e.role == "annul" for e in events)):
        return
    for made in run.meant(duty, version, fact, o):
        if not events:
            events = (made,)
        elif all((e.role, e.key) != (made.role, made.key) for e in events):
            events = tuple(sorted((*events, made), key=by_recording))
    result = judge(run, o if events is o.events else o.but(events=events))
    run.save(result.obligation, result.duty, result.version, fact.kind)
