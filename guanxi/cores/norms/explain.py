"""Why: the facts and the version from which an obligation's state and deadline came, and its story in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from guanxi.cores.norms.engine import Engine
from guanxi.cores.norms.model import Obligation, State
from guanxi.cores.norms.store import Store
from guanxi.cores.norms.verdicts import counting

STATES: Final = {
    State.WAITING: ("未到时", "not yet actionable"),
    State.OPEN: ("待办", "open"),
    State.SUSPENDED: ("暂停", "suspended"),
    State.MISSED: ("逾期未办", "missed"),
    State.FULFILLED: ("按时完成", "fulfilled on time"),
    State.LATE: ("逾期完成", "fulfilled late"),
    State.WAIVED: ("已豁免", "waived"),
    State.VOID: ("已失效", "void"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of an explanation, and the fact it rests on."""

    seq: int
    zh: str
    en: str


def facts_of(engine: Engine, store: Store, o: Obligation) -> list[int]:
    """The seqs of every fact from which this obligation can be recomputed, in order."""
    seqs = {o.trigger, *(event.seq for event in o.events), *_waited_through(engine, store, o)}
    if o.fulfilled_by is not None:
        seqs.add(o.fulfilled_by)
    timeline = engine.timelines(store).get(o.regulation)
    seqs |= {border.seq for border in timeline.borders} if timeline else set()
    calendar = store.state("calendar")
    seqs |= {load["seq"] for load in calendar["loads"] if load["seq"] <= o.calendar} if calendar else set()
    clock = store.state("clock")
    if clock:
        seqs.add(clock["seq"])
    for watch in o.watches:
        kind, _, id = watch.partition("=")
        entity = store.entity(kind, id)
        if entity is not None:
            seqs |= {setting.seq for setting in entity.settings()}
            for alias in entity.aliases:
                other = store.entity(kind, alias)
                seqs |= {setting.seq for setting in other.settings()} if other else set()
    return sorted(seqs)


def _waited_through(engine: Engine, store: Store, o: Obligation) -> set[int]:
    """The triggers by which a wait began again, of which the instance holds the last only."""
    version = engine.versions.get((o.regulation, o.version))
    duty = version.duty(o.control) if version else None
    last = counting(o)
    if duty is None or last is None:
        return set()
    links = [link for link in duty.links if link.role == "restart"]
    keys = [(kind, match + mark) for link in links for kind, mark in link.marks for match in o.matches]
    return {fact.seq for fact in store.evidence(keys, o.opened_at) if fact.happened_at <= last.happened_at}


def explain(
    engine: Engine, store: Store, o: Obligation, said: Callable[[datetime], tuple[str, str]] | None = None
) -> list[Line]:
    """The obligation's story: opened, due, suspended, judged, closed, each with the fact it rests on.

    said(moment): how a moment is said in Chinese and in English; date and clock in the company's zone where not given.
    """
    zone, lines = engine.zone, list[Line]()
    when = said or (lambda moment: (_at(moment, zone), _at(moment, zone)))

    def say(seq: int, zh: str, en: str) -> None:
        lines.append(Line(seq, zh, en))

    opened = when(o.opened_at)
    say(
        o.trigger,
        f"{opened[0]}，依{o.clause}（第{o.version}版）产生，事由：{o.trigger_kind or '制度生效'}。",
        f"{opened[1]}: opened under {o.clause} (version {o.version}) by {o.trigger_kind or 'the version'}.",
    )
    last = counting(o)
    if last is not None:
        again = when(last.happened_at)
        en = f"{again[1]}: the wait began again by {last.kind}."
        say(last.seq, f"{again[0]}，因{last.kind}重新计时。", en)
    if o.dated_back:
        en = "The trigger happened before a newer version, and was recorded after it."
        say(o.trigger, "事由发生在新版生效前，记录在其后。", en)
    for start, end in o.suspensions:
        seq = next((e.seq for e in o.events if e.role == "suspend" and e.happened_at <= start), o.trigger)
        since, until = when(start), when(end) if end else ("今", "now")
        en = f"Suspended from {since[1]} to {until[1]}; no day counts."
        say(seq, f"{since[0]}至{until[0]}暂停，期间不计日。", en)
    for judged in o.history:
        due = when(judged.due_at) if judged.due_at else None
        due_zh = f"，期限{due[0]}" if due else "，未定期限"
        due_en = f", due {due[1]}" if due else ", no deadline yet"
        zh, en = STATES[judged.state]
        at = when(judged.at)
        say(judged.seq, f"{at[0]}判定：{zh}{due_zh}。", f"{at[1]}: judged {en}{due_en}.")
    if o.estimated:
        en = "The deadline touches a year whose holidays are not published: estimated."
        say(o.trigger, "期限涉及尚未公布的年历，为估计值。", en)
    if o.taken_back:
        en = "An earlier miss was taken back: out of the count, still visible."
        say(o.history[-1].seq, "原判逾期已撤回，不计入指标，记录保留。", en)
    return lines


def _at(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")
