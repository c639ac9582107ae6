"""One-shot duties: a trigger opens an instance, later facts find theirs, and both are judged."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from guanxi.cores.norms.chains import retell
from guanxi.cores.norms.controls import Duty, Read, Version
from guanxi.cores.norms.judging import evidence, gathered, judge
from guanxi.cores.norms.model import Fact, Obligation, State, obligation_id
from guanxi.cores.norms.run import Run, by_recording
from guanxi.cores.norms.timeline import Timeline

_NONE: Final = timedelta()
_CUSTOMER: Final = Read("customer", "customer", "", "customer")


def opened(run: Run, fact: Fact, duty: Duty, version: Version, timeline: Timeline) -> None:
    """A trigger opens an instance for each element, where its condition holds."""
    where = duty.triggers[fact.kind]
    wanted = where is None or run.holds(where, fact, version, default=True)
    elements = [str(e) for e in dict.fromkeys(fact.data.get(duty.each) or ())] if duty.each else [""]
    if not wanted:
        return
    clause, kind = duty.clause, fact.subject_kind
    subject = run.canonical(kind, fact.subject)
    customer = run.value(fact, _CUSTOMER) or None
    if customer:
        whole = kind == "customer" and customer == fact.subject
        customer = subject if whole else run.canonical("customer", customer)
    later_borders = timeline.borders[timeline.index(fact.happened_at) + 1 :]
    dated_back = bool(later_borders) and later_borders[0].at <= fact.recorded_at
    for element in elements:
        own = obligation_id(clause, duty.id, fact.key, element)
        known = run.obligation(own)
        opened = Obligation.made(  # what is owed, by whom and until when is told by judging it
            id=own, regulation=timeline.regulation, version=version.label, clause=clause, control=duty.id,
            element=element, trigger=fact.seq, trigger_key=fact.key, trigger_kind=fact.kind,
            trigger_recorded_at=fact.recorded_at, subject_kind=kind, subject=subject, customer=customer,
            matches=(), opened_at=fact.happened_at, counts_from=fact.happened_at, actionable_from=fact.happened_at,
            grace=_NONE, state=State.OPEN, dated_back=dated_back, prompted_until=fact.happened_at,
            calendar=run.calendar.seq,
        )  # fmt: skip
        if known is not None:
            opened.settle(history=known.history, prompted_until=known.prompted_until)
        found = evidence(run, opened, duty, version)
        if found is not None:
            opened.settle(matches=found[0], events=found[1])
        result = judge(run, opened, fresh=True)
        run.save(result.obligation, result.duty, result.version, fact.kind)


def attach(run: Run, fact: Fact) -> None:
    """Hand a fact to the instances that it joins."""
    for timeline, control, names, reads, rhythm, sieve in run.index.joins.get(fact.kind, ()):
        if not run.sifted(fact, sieve):
            continue
        if rhythm:
            for id in run.same(rhythm, run.value(fact, reads[0])) if reads else ():
                if id:
                    retell(run, timeline, control, rhythm, id, fact.happened_at)
            continue
        seen: set[str] = set()
        for match in run.matches(names, fact, reads):
            for o in run.store.by_match(f"{timeline.regulation}/{control}", match, fact.happened_at):
                if o.id not in seen and o.trigger_key != fact.key:
                    seen.add(o.id)
                    _offer(run, o, fact)


def _offer(run: Run, o: Obligation, fact: Fact) -> None:
    version = run.engine.versions[o.regulation, o.version]
    duty = version.duty(o.control)
    events = o.events
    if duty is None or (events and any(e.role == "annul" for e in events)):
        return
    for link in duty.links:
        if fact.kind not in link.kinds:
            continue
        made = run.accepts(duty, version, link, fact, o.trigger_key, o.matches)
        if made is None:
            continue
        if not events:
            events = (made,)
        elif all((e.role, e.key) != (made.role, made.key) for e in events):
            events = tuple(sorted((*events, made), key=by_recording))
    result = judge(run, o if events is o.events else o.but(events=events))
    run.save(result.obligation, result.duty, result.version, fact.kind)


def rejudge(run: Run, o: Obligation) -> None:
    """Judge again with the same events (rhythms: as part of their chain)."""
    current = run.obligation(o.id)
    if current is not None:
        result = judge(run, current)
        run.save(result.obligation, result.duty, result.version, run.fact.kind)


def regather(run: Run, o: Obligation, *, merging: bool = False) -> None:
    """Judge again with everything gathered anew from the evidence (rhythms: their chain from there on). merging: what
    is closed and not joined by what was merged keeps its evidence, as everything does that is closed."""
    timeline = run.index.timelines[o.regulation]
    if is_rhythm(run, o):
        retell(run, timeline, o.control, o.subject_kind, o.subject, o.opened_at + timedelta(microseconds=1))
        return
    version = timeline.borders[timeline.index(o.opened_at)].version
    duty = version.duty(o.control)
    if duty is None or any(e.role == "annul" for e in o.events):
        return
    # From the trigger, not from what was said before: mergers come and go.
    trigger = run.trigger(o)
    subject = trigger.subject if trigger else o.subject
    customer = (run.value(trigger, _CUSTOMER) if trigger else o.customer) or None
    moved = o.but(
        customer=run.canonical("customer", customer) if customer else None,
        subject=run.canonical(o.subject_kind, subject),
    )
    anew = gathered(run, moved, duty, version)
    if merging and not o.live and anew.matches == o.matches:
        anew = moved
    result = judge(run, anew)
    run.save(result.obligation, result.duty, result.version, run.fact.kind)


def is_rhythm(run: Run, o: Obligation) -> bool:
    """Whether an instance is a link of a chain."""
    timeline = run.index.timelines[o.regulation]
    duty = timeline.borders[timeline.index(o.opened_at)].version.duty(o.control)
    return duty is not None and duty.rhythm is not None
