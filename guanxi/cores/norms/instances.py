"""Instances and the facts that reach them: a fact handed to those it joins, one judged again, one gathered anew."""

from __future__ import annotations

from datetime import timedelta

from guanxi.cores.norms import restarts
from guanxi.cores.norms.chains import retell
from guanxi.cores.norms.controls import Duty, Version
from guanxi.cores.norms.judging import gathered, judge
from guanxi.cores.norms.model import Fact, Obligation
from guanxi.cores.norms.openings import customer_of, offer
from guanxi.cores.norms.run import Run


def attach(run: Run, fact: Fact) -> None:
    """Hand a fact to the instances that it joins."""
    for timeline, control, names, reads, rhythm, restart, sieve in run.index.joins.get(fact.kind, ()):
        if not run.sifted(fact, sieve):
            continue
        if restart:
            restarts.heard(run, fact, timeline, control, restart, reads[0])
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
                    offer(run, o, fact)


def rejudge(run: Run, o: Obligation) -> None:
    """Judge again with the same events (as they are)."""
    current = run.obligation(o.id)
    if current is not None:
        result = judge(run, current)
        run.save(result.obligation, result.duty, result.version, run.fact.kind)


def regather(run: Run, o: Obligation, *, merging: bool = False) -> None:
    """Judge again with everything gathered anew from the evidence (links of a chain: the chain from there on). merging: what
    is closed and not joined by what was merged keeps its evidence, as everything does that is closed."""
    timeline = run.index.timelines[o.regulation]
    version, duty = _governing(run, o)
    if duty is not None and duty.chained:
        tell = retell if duty.rhythm else restarts.retell
        tell(run, timeline, o.control, o.subject_kind, o.subject, o.opened_at + timedelta(microseconds=1))
        return
    if duty is None or any(e.role == "annul" for e in o.events):
        return
    # From the trigger, not from what was said before: mergers come and go.
    trigger = run.trigger(o)
    subject = trigger.subject if trigger else o.subject
    customer = customer_of(run, trigger) if trigger else o.customer
    moved = o.but(
        customer=run.canonical("customer", customer) if customer else None,
        subject=run.canonical(o.subject_kind, subject),
    )
    anew = gathered(run, moved, duty, version)
    if merging and not o.live and anew.matches == o.matches:
        anew = moved
    result = judge(run, anew)
    run.save(result.obligation, result.duty, result.version, run.fact.kind)


def is_chained(run: Run, o: Obligation) -> bool:
    """Whether an instance is a link of a chain."""
    _, duty = _governing(run, o)
    return duty is not None and duty.chained


def _governing(run: Run, o: Obligation) -> tuple[Version, Duty | None]:
    """The version in force when an instance opened, and its duty."""
    timeline = run.index.timelines[o.regulation]
    version = timeline.borders[timeline.index(o.opened_at)].version
    return version, version.duty(o.control)
