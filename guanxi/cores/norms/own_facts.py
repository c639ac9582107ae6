"""The engine's own facts that judge, waive, suspend, note and freeze."""

from __future__ import annotations

from datetime import datetime

from guanxi.cores.norms.deadlines import instants
from guanxi.cores.norms.instances import regather
from guanxi.cores.norms.judging import judge
from guanxi.cores.norms.measures import frozen_of
from guanxi.cores.norms.model import Change, Draft, Fact, Obligation, State
from guanxi.cores.norms.run import Run
from guanxi.cores.norms.verdicts import opening_order


def ticked(run: Run) -> None:
    """Time has passed up to a moment: what is due is judged."""
    at = run.fact.happened_at
    if run.now is not None and at <= run.now:
        return
    run.now = at
    run.store.put_state("clock", {"at": at.isoformat(), "seq": run.fact.seq})
    for o in run.store.due(at):
        _prompt(run, o, at)


def _prompt(run: Run, o: Obligation, at: datetime) -> None:
    result = judge(run, o)
    told, duty = result.obligation, result.duty
    for instant, prompt in instants(duty, result.version, told, run.calendar) if told.live else ():
        fresh = instant <= at and (o.prompted_until is None or instant > o.prompted_until)
        if not fresh or (prompt.kind == "escalate") != (told.state is State.MISSED):
            continue
        names = {**run.names(told, run.trigger(told)), "owner": told.owner}
        to = run.who(prompt.to, names, None, set()) or told.owner
        data = {"number": prompt.number, "to": to, "at": instant.isoformat()}
        kind = "norms.reminded" if prompt.kind == "remind" else "norms.escalated"
        key = f"{o.id}:{prompt.number}:{instant.isoformat()}"
        run.changes.append(Change(draft=Draft(kind, "obligation", o.id, told.customer, data, key)))
    run.save(told.but(prompted_until=at), duty, result.version, run.fact.kind)


def waived(run: Run) -> None:
    """An instance is waived."""
    run.store.add_evidence(run.fact, [f"obligation={run.fact.subject}"])
    o = run.obligation(run.fact.subject)
    if o is not None:
        regather(run, o)


def suspended(run: Run) -> None:
    """Counting stands still for an instance or for all of an entity, or goes on."""
    fact = run.fact
    run.store.add_evidence(fact, [f"{fact.subject_kind}={fact.subject}"])
    if not run.suspensions:
        run.suspensions = True
        run.store.put_state("suspensions", {"since": fact.seq})
    scoped(run, fact)


def scoped(run: Run, fact: Fact) -> None:
    """Everything that a suspension or resumption (come or gone) touches."""
    if fact.subject_kind == "obligation":
        o = run.obligation(fact.subject)
        found = [o] if o is not None else []
    else:
        ids = run.same(fact.subject_kind, fact.subject)
        found = [o for id in ids for o in run.store.watching(f"{fact.subject_kind}={id}", fact.happened_at)]
        found = [o for o in found if ids and (o.subject in ids or o.customer in ids)]
    control = fact.data.get("control")
    for o in sorted(found, key=opening_order):
        current = run.obligation(o.id)
        if current is not None and control in (None, "", f"{o.regulation}/{o.control}"):
            regather(run, current)


def noted(run: Run) -> None:
    """A reminder or escalation was written: evidence, no more."""
    run.store.add_evidence(run.fact, [f"{run.fact.subject_kind}={run.fact.subject}"])


def gate_waived(run: Run) -> None:
    """A gate lets somebody through: found by control and scope when it is asked."""
    fact = run.fact
    scope = f"{fact.subject_kind}={fact.subject}"
    run.store.add_evidence(fact, [f"{fact.data['regulation']}/{fact.data['control']},{scope}"])


def closed(run: Run) -> None:
    """A month is closed."""
    at = run.fact.happened_at
    known = run.store.state("closed")
    if known is None or datetime.fromisoformat(known["at"]) < at:
        run.store.put_state("closed", {"at": at.isoformat(), "seq": run.fact.seq})


def frozen(run: Run) -> None:
    """What a period's figures were when it closed. What was frozen once stays as it was said first."""
    frozen = frozen_of(run.fact)
    if run.store.frozen(frozen.control, frozen.period) is None:
        run.store.put_frozen(frozen)
