"""Corrected and annulled facts: what a fact contributed is undone, and told again as amended."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from guanxi.cores.norms import restarts
from guanxi.cores.norms.catalogue import check_fact
from guanxi.cores.norms.chains import annul, retell
from guanxi.cores.norms.entities import unfold
from guanxi.cores.norms.instances import is_chained, regather
from guanxi.cores.norms.model import Fact, FactError, obligation_id
from guanxi.cores.norms.own_facts import scoped
from guanxi.cores.norms.run import Run

_FIXED: Final = frozenset(
    {
        "norms.ticked",
        "norms.version_in_force",
        "norms.rolled",
        "norms.period_closed",
        "norms.measure_frozen",
        "calendar.loaded",
        "journal.corrected",
        "journal.annulled",
    }
)


def corrected(run: Run) -> None:
    """A fact is said to have been otherwise, or not at all."""
    original = run.store.fact(int(run.fact.data["fact"]))
    if original is None:
        raise FactError(f"fact {run.fact.seq} corrects {run.fact.data['fact']}, which is unknown or annulled")
    if original.kind in _FIXED:
        raise FactError(f"{original.kind} cannot be corrected so; write a new one that says what holds")
    amended: Fact | None = None
    if run.fact.kind == "journal.corrected":
        happened = run.fact.data.get("happened_at")
        amended = replace(
            original,
            data={**original.data, **run.fact.data["data"]},
            happened_at=datetime.fromisoformat(happened) if happened else original.happened_at,
        )
        check_fact(amended, run.engine.catalogue.kind(amended.kind))
    _leave(run, original, amended)
    if amended is not None:
        run.engine.enter(run, amended)


def _leave(run: Run, fact: Fact, amended: Fact | None) -> None:
    """Undo what a fact contributed, as if it had never been."""
    run.store.drop_evidence(fact.seq)
    run.store.amend(fact.seq, amended)
    if fact.kind in ("norms.suspended", "norms.resumed"):
        scoped(run, fact)
        return
    if fact.kind == "norms.waived":
        o = run.obligation(fact.subject)
        if o is not None:
            regather(run, o)
        return
    kind = run.engine.catalogue.kinds.get(fact.kind)
    if kind is None:
        return
    for timeline, by_label in run.index.opening.get(fact.kind, ()):
        version = timeline.at(fact.happened_at)
        for duty in by_label.get(version.label, ()) if version else ():
            elements = fact.data.get(duty.each) or () if duty.each else ("",)
            for element in elements:
                o = run.obligation(obligation_id(duty.clause, duty.id, fact.key, str(element)))
                if o is not None:
                    annul(run, timeline, [o])
    if kind.sets or kind.merges_into:
        unfold(run, fact)
    for timeline, control, names, reads, rhythm, restart, sieve in run.index.joins.get(fact.kind, ()):
        if not run.sifted(fact, sieve):
            continue
        if restart:
            id = run.canonical(restart, run.value(fact, reads[0]))
            if id:
                restarts.retell(run, timeline, control, restart, id, fact.happened_at)
        if rhythm:
            for id in run.same(rhythm, run.value(fact, reads[0])) if reads else ():
                retell(run, timeline, control, rhythm, id, fact.happened_at)
            continue
        for match in run.matches(names, fact, reads):
            for o in run.store.by_match(f"{timeline.regulation}/{control}", match, fact.happened_at):
                if o.trigger_key != fact.key and not (restart and is_chained(run, o)):
                    regather(run, o)
    run.engine.entries.forget(run, fact)
