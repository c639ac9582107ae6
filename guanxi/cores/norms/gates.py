"""Gates: may this action happen now? Records' required fields are asked in the same breath.

A question writes nothing. The application writes the answer of an attempt as a fact (``Verdict.asked``), with the
values that the gate read, so that a back-test can judge the attempt again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guanxi.cores.norms.catalogue import BLANKS
from guanxi.cores.norms.conditions import CannotEvaluate, Condition
from guanxi.cores.norms.controls import Gate, Guide, Record, Version, Words
from guanxi.cores.norms.deadlines import later
from guanxi.cores.norms.engine import Engine
from guanxi.cores.norms.model import Draft, Fact, Obligation, State
from guanxi.cores.norms.run import Run
from guanxi.cores.norms.store import Store
from guanxi.cores.norms.timeline import gates_of

_MISSING = Words("缺少必填项：{fields}", "Required: {fields}")


@dataclass(frozen=True, slots=True)
class Remedy:
    """The nearest thing that would let the action pass."""

    action: str
    by: str
    words: Words | None


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed condition: which clause of which version, in words, and what helps.

    ``fault`` says why the condition had no answer (it refuses then); ``fields`` what a record lacks.
    """

    regulation: str
    version: str
    clause: str
    control: str
    words: Words | None
    remedy: Remedy | None
    waivable_by: str
    fault: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of all gates before an action."""

    action: str
    passed: bool
    failures: tuple[Failure, ...]
    warnings: tuple[Failure, ...]
    waived: tuple[Failure, ...]
    values: Mapping[str, Any]
    duties: Mapping[str, Mapping[str, list[str]]]

    def asked(self, subject_kind: str, subject: str, customer: str | None, key: str) -> Draft:
        """The attempt as a fact, with what the gates read."""
        values = {name: v.isoformat() if isinstance(v, datetime) else v for name, v in self.values.items()}
        data = {
            "action": self.action, "values": values, "passed": self.passed,
            "open_duties": {name: dict(own) for name, own in self.duties.items()},
            "failed": [f"{f.regulation}/{f.control}" for f in self.failures],
            "waived": [f"{f.regulation}/{f.control}" for f in self.waived],
        }  # fmt: skip
        return Draft("norms.asked", subject_kind, subject, customer, data, key)


def ask(
    engine: Engine,
    action: str,
    values: Mapping[str, Any],
    *,
    at: datetime,
    store: Store,
    subject_kind: str = "",
    subject: str = "",
    customer: str | None = None,
    fields: Mapping[str, Any] | None = None,
) -> Verdict:
    """Ask every gate and record before ``action``, as of the moment of the attempt.

    ``values`` are the action's typed gate values. Conditions also read what is known of the customer
    (``customer.grade``), and ``open_duties`` and ``overdue_duties``: the ids
    of the regulation's controls with something still owed on the subject, or past its deadline at this moment (not at
    the last tick). ``fields`` is what the form handed in: with it, a record's fields that are not there are missing.
    """
    run = Run(engine, store, _question(at, subject_kind, subject, customer))
    owed = [o for o in run.store.watching(f"{subject_kind}={subject}", at) if o.live] if subject else []
    duties = {name: _owed(timeline.regulation, owed, at) for name, timeline in run.index.timelines.items()}
    failures: list[Failure] = []
    warnings: list[Failure] = []
    waived: list[Failure] = []
    standing = gates_of(run.index.timelines.values(), action, at)
    values = {**values, **_of_customer(run, [gate for _, gate in standing], action, customer)}
    for version, gate in standing:
        failure = judge_gate(run, version, gate, action, {**values, **duties[gate.regulation]}, at)
        if failure is None:
            continue
        if gate.waiver and _is_waived(run, gate, subject_kind, subject, at):
            waived.append(failure)
        else:
            (failures if gate.refuses else warnings).append(failure)
    for timeline in run.index.timelines.values():
        in_force = timeline.at(at)
        for record in in_force.pack.records if in_force else ():
            if action in record.actions and in_force is not None:
                read = {**(fields or {}), **values, **duties[record.regulation]}
                missing = judge_record(run, in_force, record, action, read, at, complete=fields is not None)
                if missing is not None:
                    failures.append(missing)
    return Verdict(action, not failures, tuple(failures), tuple(warnings), tuple(waived), values, duties)


def _of_customer(run: Run, gates: Iterable[Gate], action: str, customer: str | None) -> dict[str, Any]:
    """What these gates read of the customer, as it is known at this moment; blank where nothing set it."""
    asked = [c for gate in gates for c in (gate.when.get(action), gate.require.get(action)) if c is not None]
    wanted = {n: kind for c in asked for n, kind in c.names if n.startswith("customer.")}
    if not wanted:
        return {}
    entity = run.look("customer", customer) if customer else None
    found: dict[str, Any] = {}
    for name, kind in wanted.items():
        value = entity.at(name.removeprefix("customer."), None) if entity else None
        found[name] = BLANKS.get(kind.base) if value is None else value
    return found


def _owed(regulation: str, owed: list[Obligation], at: datetime) -> dict[str, list[str]]:
    """The open duties of one regulation: its gates see their own only, so that no pack changes another's answer."""
    own = [o for o in owed if o.regulation == regulation]
    return {
        "open_duties": sorted({o.control for o in own if o.state is not State.SUSPENDED}),
        "overdue_duties": sorted({o.control for o in own if overdue(o, at)}),
    }


def overdue(o: Obligation, at: datetime) -> bool:
    """Whether an obligation is past its deadline at a moment, whatever the last tick said."""
    limit = o.overdue_at
    return o.live and o.state is not State.SUSPENDED and limit is not None and at > limit


def judge_gate(
    run: Run, version: Version, gate: Gate, action: str, values: Mapping[str, Any], at: datetime
) -> Failure | None:
    """One gate's answer: None when it lets the action pass (or does not concern it)."""
    try:
        when = gate.when.get(action)
        if when is not None and not _holds(run, version, when, values, at):
            return None
        if _holds(run, version, gate.require[action], values, at):
            return None
        fault = ""
    except CannotEvaluate as error:
        fault = str(error)
    remedy = None
    if gate.remedy_words is not None:
        remedy = Remedy(gate.remedy_action, gate.remedy_by, gate.remedy_words)
    return Failure(
        gate.regulation, version.label, gate.clause, gate.id, gate.words, remedy, gate.waiver, fault
    )


def judge_record(
    run: Run,
    version: Version,
    record: Record,
    action: str,
    values: Mapping[str, Any],
    at: datetime,
    *,
    complete: bool,
) -> Failure | None:
    """What a record lacks; unless the values are ``complete``, a field that was not handed over is not judged."""
    fault = ""
    try:
        when = record.when.get(action)
        if when is not None and not _holds(run, version, when, values, at):
            return None
    except CannotEvaluate as error:
        fault = str(error)
    missing = missing_fields(record, values, known_only=not complete)
    if not missing and not fault:
        return None
    words = record.words or Words(
        _MISSING.zh.format(fields="、".join(missing)), _MISSING.en.format(fields=", ".join(missing))
    )
    return Failure(
        record.regulation, version.label, record.clause, record.id, words, None, "", fault, tuple(missing)
    )


def missing_fields(record: Record, values: Mapping[str, Any], *, known_only: bool = False) -> list[str]:
    """The required fields of a record that are blank (False and 0 are answers)."""
    wanted = [name for name in record.require if not known_only or name in values]
    return [
        name
        for name in wanted
        if values.get(name) in (None, "", [], (), {}) and values.get(name) is not False
    ]


def stale(
    engine: Engine, version: Version, record: Record, confirmed_at: datetime, at: datetime, store: Store
) -> bool:
    """Whether what was confirmed then is out of date now, by the record's ``stale_after``."""
    if not record.stale_after:
        return False
    calendar = engine.calendar(store.state("calendar"))
    return at > later(version, confirmed_at, record.stale_after, calendar.local_day(at), calendar)


def records_of(engine: Engine, place: str, at: datetime, store: Store) -> list[tuple[Version, Record]]:
    """The records that a form or action must keep at a moment."""
    found: list[tuple[Version, Record]] = []
    for timeline in engine.timelines(store).values():
        version = timeline.at(at)
        if version is not None:
            found += [(version, r) for r in version.pack.records if place == r.form or place in r.actions]
    return found


def guides_of(
    engine: Engine, place: str, roles: frozenset[str], at: datetime, store: Store
) -> list[tuple[Version, Guide]]:
    """The guides that stand on a page or at an action for someone with these roles (a guide for nobody is for all)."""
    found: list[tuple[Version, Guide]] = []
    for timeline in engine.timelines(store).values():
        version = timeline.at(at)
        for guide in version.pack.guides if version else ():
            here = place == guide.page or place in guide.actions
            if version is not None and here and (not guide.roles or roles & set(guide.roles)):
                found.append((version, guide))
    return found


def _holds(run: Run, version: Version, condition: Condition, values: Mapping[str, Any], at: datetime) -> bool:
    return condition.holds({**values, **run.parameters(version, condition, at)})


def _is_waived(run: Run, gate: Gate, subject_kind: str, subject: str, at: datetime) -> bool:
    scope = f"{gate.key},{subject_kind}={subject}"
    for fact in run.store.evidence([("norms.gate_waived", scope)], None):
        until = fact.data.get("until")
        if fact.happened_at <= at and (not until or at <= datetime.fromisoformat(until)):
            return True
    return False


def _question(at: datetime, subject_kind: str, subject: str, customer: str | None) -> Fact:
    return Fact(0, "", at, at, None, subject_kind, subject, customer, {}, 1, "")
