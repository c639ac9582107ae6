"""The engine: facts in, obligations out.

``Engine.apply(fact, store)`` is deterministic and looks things up by key only. Everything that can change an answer is
a fact: people's facts, ticks of the clock, versions in force, waivers, suspensions, calendars, corrections, and the
steps of a roll-out, through which a new version or calendar reaches what already exists, a page at a time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final

from guanxi.cores.norms.calendars import Calendar, calendar_from
from guanxi.cores.norms.catalogue import Catalogue, check_fact
from guanxi.cores.norms.chains import annul, retell
from guanxi.cores.norms.controls import Duty, Read, Version
from guanxi.cores.norms.deadlines import instants
from guanxi.cores.norms.entries import Entries
from guanxi.cores.norms.judging import gathered, judge, opening_order
from guanxi.cores.norms.measures import frozen_of
from guanxi.cores.norms.model import (
    Change,
    Const,
    Draft,
    Entity,
    Fact,
    FactError,
    NormsError,
    Obligation,
    Setting,
    State,
    obligation_id,
    said_again,
    setting_of,
)
from guanxi.cores.norms.run import Run, by_recording
from guanxi.cores.norms.store import Store
from guanxi.cores.norms.timeline import Index, Timeline, timelines_from

PAGE: Final = 200
"""How many obligations or entities one step of a roll-out takes, unless told otherwise."""
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


class Engine:
    """Regulations, the catalogue and the company's zone; no state of its own beside caches."""

    def __init__(self, versions: Iterable[Version], catalogue: Catalogue, zone: tzinfo) -> None:
        self.catalogue, self.zone = catalogue, zone
        self.versions = {(version.regulation, version.label): version for version in versions}
        self.entries = Entries()
        self._indexes: dict[str, Index] = {}
        self._calendars: dict[tuple[str, int], Calendar] = {}

    # -- what is in force ----------------------------------------------------------------------------------------

    def index(self, document: Mapping[str, Any] | None) -> Index:
        """What the versions in force say (from the store's ``versions`` document)."""
        digest = document["digest"] if document else ""
        known = self._indexes.get(digest)
        if known is None:
            timelines = timelines_from(document["regulations"], self.versions) if document else {}
            known = self._indexes[digest] = Index(timelines, self.catalogue)
        return known

    def calendar(self, document: Mapping[str, Any] | None, up_to: int | None = None) -> Calendar:
        """The calendar (from the store's ``calendar`` document), or as it was known at a seq."""
        key = (document["digest"] if document else "", -1 if up_to is None else up_to)
        known = self._calendars.get(key)
        if known is None:
            loads = [
                load
                for load in (document["loads"] if document else ())
                if up_to is None or load["seq"] <= up_to
            ]
            known = self._calendars[key] = calendar_from(loads, self.zone)
        return known

    def timelines(self, store: Store) -> Mapping[str, Timeline]:
        """The versions in force, by regulation."""
        return self.index(store.state("versions")).timelines

    # -- apply ---------------------------------------------------------------------------------------------------

    def apply(self, fact: Fact, store: Store) -> list[Change]:
        """Fold one fact into the store; the changes it made, and the facts it asks the application to write.

        A fact whose key was applied before changes nothing. Raises FactError for a fact that does not fit its kind.
        """
        name = fact.kind
        kind = self.catalogue.kind(name)
        check_fact(fact, kind)
        if not store.remember(fact) or name in _SILENT or kind is None:
            return []
        handler = _HANDLERS.get(name)
        if handler is not None:
            run = Run(self, store, fact)
            handler(self, run)
            return run.changes
        index = self.index(store.state("versions"))
        if not (kind.sets or kind.merges_into or name in index.heeded):
            return []
        run = Run(self, store, fact)
        self._enter(run, fact)
        return run.changes

    def _enter(self, run: Run, fact: Fact) -> None:
        index = run.index
        kind = self.catalogue.kinds[fact.kind]
        if kind.sets or kind.merges_into:
            self._fold(run, fact)
        if fact.kind not in index.heeded:
            return
        evidence = index.evidence.get(fact.kind)
        if evidence:
            found = [
                f"{match}{sieve}"
                for (names, sieve), (reads, where) in evidence.items()
                if (match := run.match(names, fact, reads)) and run.sifted(fact, where)
            ]
            if found:
                run.store.add_evidence(fact, found)
        for timeline, by_label in index.opening.get(fact.kind, ()):
            version = timeline.at(fact.happened_at)
            if version is not None:
                for duty in by_label.get(version.label, ()):
                    self._open(run, fact, duty, version, timeline)
        self._attach(run, fact)
        if fact.kind in index.measures or fact.kind in index.reached:
            self.entries.fact(run, fact)

    # -- entities ------------------------------------------------------------------------------------------------

    def _fold(self, run: Run, fact: Fact) -> None:
        kind = self.catalogue.kinds[fact.kind]
        entity = run.entity(fact.subject_kind, fact.subject) or Entity(fact.subject_kind, fact.subject)
        touched: set[str] = set()
        settings: dict[str, Setting] = {}
        known = entity.attributes
        for attribute, source in kind.sets.items():
            if isinstance(source, Const):
                value: Any = source.value
            elif source in fact.data:
                value = fact.data[source]
            else:
                continue
            settings[attribute] = setting_of(value, fact)
            if not said_again(known.get(attribute), value, fact):
                touched.add(attribute)
        if kind.merges_into:
            winner_id = str(fact.data[kind.merges_into])
            if winner_id == fact.subject:
                raise FactError(
                    f"fact {fact.seq}: '{fact.subject}' cannot be merged into itself; name the other one"
                )
            settings["merged_into"] = setting_of(winner_id, fact)
            touched.add("merged_into")
        entity = entity.with_settings(settings)
        run.put_entity(entity)
        if touched:
            self._entity_changed(run, entity, touched, fact.happened_at)
        if kind.merges_into:
            canonical = run.canonical(fact.subject_kind, winner_id)
            winner = run.entity(fact.subject_kind, canonical) or Entity(fact.subject_kind, canonical)
            aliases = tuple(dict.fromkeys([*winner.aliases, fact.subject, *entity.aliases]))
            run.put_entity(replace(winner, aliases=aliases))
            self._merged(run, entity, canonical, fact.happened_at)

    def _entity_changed(self, run: Run, entity: Entity, touched: set[str], since: datetime) -> None:
        merged = "merged_into" in touched
        if entity.kind in run.index.rhythms:
            for rhythms in run.index.rhythms[entity.kind].values():
                timeline, control = rhythms[0][0], rhythms[0][1]
                if merged or any(not touched.isdisjoint(reads) for _, _, reads in rhythms):
                    retell(run, timeline, control, entity.kind, entity.id, since)
        if merged or not touched.isdisjoint(self.catalogue.references.get(entity.kind, ())):
            self._reown(run, f"{entity.kind}={entity.id}", since)
        if touched and entity.kind in run.index.standing:
            self.entries.entity(run, entity)

    def _reown(self, run: Run, watch: str, since: datetime) -> None:
        found = run.store.watching(watch, since)
        for o in sorted(found, key=lambda o: o.id) if found else ():
            self._rejudge(run, o)

    def _merged(self, run: Run, loser: Entity, winner: str, since: datetime) -> None:
        for id in (loser.id, winner):
            for o in sorted(run.store.watching(f"{loser.kind}={id}", since), key=lambda o: o.id):
                current = run.store.obligation(o.id)
                if current is not None and not self._is_rhythm(run, current):
                    self._regather(run, current, merging=True)
        for rhythms in run.index.rhythms.get(loser.kind, {}).values():
            retell(run, rhythms[0][0], rhythms[0][1], loser.kind, winner, since)
        entity = run.entity(loser.kind, winner)
        if entity is not None and loser.kind in run.index.standing:
            self.entries.entity(run, entity)
        self.entries.merged(run, loser.kind, (loser.id, winner))

    # -- one-shot duties -----------------------------------------------------------------------------------------

    def _open(self, run: Run, fact: Fact, duty: Duty, version: Version, timeline: Timeline) -> None:
        where = duty.triggers[fact.kind]
        wanted = where is None or run.holds(where, fact, version, default=True)
        elements = [str(e) for e in dict.fromkeys(fact.data.get(duty.each) or ())] if duty.each else [""]
        for element in elements if wanted else ():
            own = obligation_id(duty.clause, duty.id, fact.key, element)
            known = run.store.obligation(own)
            customer = run.value(fact, _CUSTOMER) or None
            place = timeline.index(fact.happened_at)
            later_borders = timeline.borders[place + 1 :]
            opened = Obligation.made(
                id=own, regulation=timeline.regulation, version=version.label, clause=duty.clause, control=duty.id,
                element=element, trigger=fact.seq, trigger_key=fact.key, trigger_kind=fact.kind,
                trigger_recorded_at=fact.recorded_at, subject_kind=fact.subject_kind,
                subject=run.canonical(fact.subject_kind, fact.subject),
                customer=run.canonical("customer", customer) if customer else None,
                matches=(), watches=(), owner="", owner_expression=duty.owner_source, owed_by="", department="",
                opened_at=fact.happened_at, counts_from=fact.happened_at, actionable_from=fact.happened_at,
                due_at=None, estimated=False, grace=timedelta(), state=State.OPEN,
                dated_back=bool(later_borders) and later_borders[0].at <= fact.recorded_at,
                prompted_until=fact.happened_at, calendar=run.calendar.seq,
            )  # fmt: skip
            if known is not None:
                opened = opened.but(history=known.history, prompted_until=known.prompted_until)
            result = judge(run, gathered(run, opened, duty, version))
            run.save(result.obligation, result.duty, result.version, fact.kind)

    def _attach(self, run: Run, fact: Fact) -> None:
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
                        self._offer(run, o, fact)

    def _offer(self, run: Run, o: Obligation, fact: Fact) -> None:
        version = self.versions[o.regulation, o.version]
        duty = version.duty(o.control)
        if duty is None or any(e.role == "annul" for e in o.events):
            return
        for link in duty.links:
            made = run.accepts(duty, version, link, fact, o.trigger_key, o.matches)
            if made is not None and all((e.role, e.key) != (made.role, made.key) for e in o.events):
                o = o.but(events=tuple(sorted((*o.events, made), key=by_recording)))
        result = judge(run, o)
        run.save(result.obligation, result.duty, result.version, fact.kind)

    def _rejudge(self, run: Run, o: Obligation) -> None:
        """Judge again with the same events (rhythms: as part of their chain)."""
        current = run.store.obligation(o.id)
        if current is not None:
            result = judge(run, current)
            run.save(result.obligation, result.duty, result.version, run.fact.kind)

    def _regather(self, run: Run, o: Obligation, *, merging: bool = False) -> None:
        """Judge again with everything gathered anew from the evidence (rhythms: their chain from there on). merging: what
        is closed and not joined by what was merged keeps its evidence, as everything does that is closed."""
        timeline = run.index.timelines[o.regulation]
        if self._is_rhythm(run, o):
            retell(
                run, timeline, o.control, o.subject_kind, o.subject, o.opened_at + timedelta(microseconds=1)
            )
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

    @staticmethod
    def _is_rhythm(run: Run, o: Obligation) -> bool:
        timeline = run.index.timelines[o.regulation]
        duty = timeline.borders[timeline.index(o.opened_at)].version.duty(o.control)
        return duty is not None and duty.rhythm is not None

    # -- the engine's own facts ----------------------------------------------------------------------------------

    def _ticked(self, run: Run) -> None:
        at = run.fact.happened_at
        if run.now is not None and at <= run.now:
            return
        run.now = at
        run.store.put_state("clock", {"at": at.isoformat(), "seq": run.fact.seq})
        for o in run.store.due(at):
            self._prompt(run, o, at)

    def _prompt(self, run: Run, o: Obligation, at: datetime) -> None:
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

    def _version_in_force(self, run: Run) -> None:
        fact = run.fact
        regulation, label = str(fact.data["regulation"]), str(fact.data["version"])
        if (regulation, label) not in self.versions:
            raise NormsError(f"{regulation} version '{label}' was not handed to the engine")
        given = fact.data.get("from")
        at = max(fact.recorded_at, datetime.fromisoformat(given)) if given else fact.recorded_at
        document = run.store.state("versions")
        regulations = {
            name: list(entries) for name, entries in (document["regulations"] if document else {}).items()
        }
        entry = {
            "version": label, "at": at.isoformat(), "seq": fact.seq, "key": fact.key,
            "recorded_at": fact.recorded_at.isoformat(),
        }  # fmt: skip
        if any(known["version"] == label for known in regulations.get(regulation, ())):
            raise NormsError(
                f"{regulation} version '{label}' is in force already; give the new one a new label"
            )
        regulations.setdefault(regulation, []).append(entry)
        run.store.put_state("versions", {"regulations": regulations, "digest": _digest(regulations)})
        self._plan(run, regulation, at)

    def _loaded(self, run: Run) -> None:
        fact = run.fact
        document = run.store.state("calendar")
        load = {
            "seq": fact.seq, "year": fact.data["year"], "published": fact.data["published"],
            "days": fact.data["days"], "hours": fact.data.get("hours") or [],
        }  # fmt: skip
        loads = [*(document["loads"] if document else ()), load]
        run.store.put_state("calendar", {"loads": loads, "digest": _digest(loads)})
        self._plan(run, "", fact.recorded_at)

    def _waived(self, run: Run) -> None:
        run.store.add_evidence(run.fact, [f"obligation={run.fact.subject}"])
        o = run.store.obligation(run.fact.subject)
        if o is not None:
            self._regather(run, o)

    def _suspended(self, run: Run) -> None:
        fact = run.fact
        run.store.add_evidence(fact, [f"{fact.subject_kind}={fact.subject}"])
        if not run.suspensions:
            run.suspensions = True
            run.store.put_state("suspensions", {"since": fact.seq})
        self._scoped(run, fact)

    def _scoped(self, run: Run, fact: Fact) -> None:
        """Everything that a suspension or resumption (come or gone) touches."""
        if fact.subject_kind == "obligation":
            o = run.store.obligation(fact.subject)
            found = [o] if o is not None else []
        else:
            ids = run.same(fact.subject_kind, fact.subject)
            found = [
                o for id in ids for o in run.store.watching(f"{fact.subject_kind}={id}", fact.happened_at)
            ]
            found = [o for o in found if ids and (o.subject in ids or o.customer in ids)]
        control = fact.data.get("control")
        for o in sorted(found, key=opening_order):
            current = run.store.obligation(o.id)
            if current is not None and control in (None, "", f"{o.regulation}/{o.control}"):
                self._regather(run, current)

    def _noted(self, run: Run) -> None:
        run.store.add_evidence(run.fact, [f"{run.fact.subject_kind}={run.fact.subject}"])

    def _gate_waived(self, run: Run) -> None:
        fact = run.fact
        scope = f"{fact.subject_kind}={fact.subject}"
        run.store.add_evidence(fact, [f"{fact.data['regulation']}/{fact.data['control']},{scope}"])

    def _closed(self, run: Run) -> None:
        at = run.fact.happened_at
        known = run.store.state("closed")
        if known is None or datetime.fromisoformat(known["at"]) < at:
            run.store.put_state("closed", {"at": at.isoformat(), "seq": run.fact.seq})

    def _frozen(self, run: Run) -> None:
        """What a period's figures were when it closed. What was frozen once stays as it was said first."""
        frozen = frozen_of(run.fact)
        if run.store.frozen(frozen.control, frozen.period) is None:
            run.store.put_frozen(frozen)

    # -- corrections ---------------------------------------------------------------------------------------------

    def _corrected(self, run: Run) -> None:
        original = run.store.fact(int(run.fact.data["fact"]))
        if original is None:
            raise FactError(
                f"fact {run.fact.seq} corrects {run.fact.data['fact']}, which is unknown or annulled"
            )
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
            check_fact(amended, self.catalogue.kind(amended.kind))
        self._leave(run, original, amended)
        if amended is not None:
            if amended.kind in _HANDLERS:
                _HANDLERS[amended.kind](self, _as(run, amended))
            elif amended.kind not in _SILENT:
                self._enter(run, amended)

    def _leave(self, run: Run, fact: Fact, amended: Fact | None) -> None:
        """Undo what a fact contributed, as if it had never been."""
        run.store.drop_evidence(fact.seq)
        run.store.amend(fact.seq, amended)
        if fact.kind in ("norms.suspended", "norms.resumed"):
            self._scoped(run, fact)
            return
        if fact.kind == "norms.waived":
            o = run.store.obligation(fact.subject)
            if o is not None:
                self._regather(run, o)
            return
        kind = self.catalogue.kinds.get(fact.kind)
        if kind is None:
            return
        for timeline, by_label in run.index.opening.get(fact.kind, ()):
            version = timeline.at(fact.happened_at)
            for duty in by_label.get(version.label, ()) if version else ():
                elements = fact.data.get(duty.each) or () if duty.each else ("",)
                for element in elements:
                    o = run.store.obligation(obligation_id(duty.clause, duty.id, fact.key, str(element)))
                    if o is not None:
                        annul(run, timeline, o)
        if kind.sets or kind.merges_into:
            self._unfold(run, fact)
        for timeline, control, names, reads, rhythm, sieve in run.index.joins.get(fact.kind, ()):
            if not run.sifted(fact, sieve):
                continue
            if rhythm:
                for id in run.same(rhythm, run.value(fact, reads[0])) if reads else ():
                    retell(run, timeline, control, rhythm, id, fact.happened_at)
                continue
            for match in run.matches(names, fact, reads):
                for o in run.store.by_match(f"{timeline.regulation}/{control}", match, fact.happened_at):
                    if o.trigger_key != fact.key:
                        self._regather(run, o)
        self.entries.forget(run, fact)

    def _unfold(self, run: Run, fact: Fact) -> None:
        entity = run.entity(fact.subject_kind, fact.subject)
        if entity is None:
            return
        touched = {
            name for name, settings in entity.attributes.items() if any(s.key == fact.key for s in settings)
        }
        winner = run.canonical(entity.kind, entity.id)
        entity = entity.without(fact.key)
        run.put_entity(entity)
        if "merged_into" not in touched or winner == entity.id:
            self._entity_changed(run, entity, touched, fact.happened_at)
            return
        other = run.entity(entity.kind, winner)
        if other is not None:
            gone = {entity.id, *entity.aliases}
            run.put_entity(replace(other, aliases=tuple(a for a in other.aliases if a not in gone)))
        # What one did counted for the other, however long before: both are told from the beginning.
        self._entity_changed(run, entity, touched, _EVER)
        self._merged(run, entity, winner, _EVER)

    # -- roll-outs -----------------------------------------------------------------------------------------------

    def _plan(self, run: Run, regulation: str, at: datetime) -> None:
        document = run.store.state("rollout") or {"tasks": []}
        task = {
            "id": run.fact.seq,
            "regulation": regulation,
            "at": at.isoformat(),
            "stage": "obligations",
            "after": "",
        }
        run.store.put_state("rollout", {"tasks": [*document["tasks"], task]})

    def rollout(self, store: Store, now: datetime, limit: int = PAGE) -> Draft | None:
        """The next step of the roll-out of a new version or calendar, to be written as a fact; None when all is done.

        Not part of ``apply``: the application calls it until nothing is left. A version whose day is not yet come waits.
        """
        document = store.state("rollout")
        for task in document["tasks"] if document else ():
            if datetime.fromisoformat(task["at"]) > now:
                continue
            stages = self._stages(store, task["regulation"])
            stage, after = task["stage"], task["after"]
            for place in range(stages.index(stage), len(stages)):
                ids = self._page(store, task, stages[place], after, limit)
                if ids or place == len(stages) - 1:
                    done = place == len(stages) - 1 and len(ids) < limit
                    data = {"task": task["id"], "stage": stages[place], "ids": list(ids), "done": done}
                    last = ids[-1] if ids else ""
                    return Draft(
                        "norms.rolled", "", "", None, data, f"rolled:{task['id']}:{stages[place]}:{last}"
                    )
                after = ""
        return None

    def _stages(self, store: Store, regulation: str) -> list[str]:
        index = self.index(store.state("versions"))
        kinds = {*index.rhythms, *index.standing} if regulation else set()
        return ["obligations", *sorted(kinds)]

    @staticmethod
    def _page(store: Store, task: Mapping[str, Any], stage: str, after: str, limit: int) -> Sequence[str]:
        if stage == "obligations":
            return store.live_ids(task["regulation"], after, limit)
        return store.entity_ids(stage, after, limit)

    def _rolled(self, run: Run) -> None:
        data = run.fact.data
        document = run.store.state("rollout") or {"tasks": []}
        tasks = [dict(task) for task in document["tasks"]]
        task = next((task for task in tasks if task["id"] == data["task"]), None)
        if task is None:
            return
        for id in data["ids"]:
            if data["stage"] == "obligations":
                o = run.store.obligation(id)
                if o is not None and o.live:
                    self._regather(run, o)
            else:
                self._roll_entity(run, data["stage"], id, task)
        task["stage"], task["after"] = data["stage"], data["ids"][-1] if data["ids"] else task["after"]
        run.store.put_state("rollout", {"tasks": [t for t in tasks if not (t is task and data["done"])]})

    def _roll_entity(self, run: Run, kind: str, id: str, task: Mapping[str, Any]) -> None:
        since = datetime.fromisoformat(task["at"])
        for rhythms in run.index.rhythms.get(kind, {}).values():
            if rhythms[0][0].regulation == task["regulation"]:
                retell(run, rhythms[0][0], rhythms[0][1], kind, id, since)
        entity = run.entity(kind, id)
        if entity is not None and kind in run.index.standing:
            self.entries.entity(run, entity)


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _as(run: Run, fact: Fact) -> Run:
    """The same run with another fact at its centre (a corrected one of the engine's own kinds)."""
    run.fact = fact
    return run


_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SILENT: Final = frozenset({"norms.asked"})
"""What the journal keeps and questions read; it moves nothing."""
_CUSTOMER: Final = Read("customer", "customer", "", "customer")
_HANDLERS: Final[Mapping[str, Callable[[Engine, Run], None]]] = {
    "norms.ticked": Engine._ticked,
    "norms.version_in_force": Engine._version_in_force,
    "norms.rolled": Engine._rolled,
    "norms.waived": Engine._waived,
    "norms.suspended": Engine._suspended,
    "norms.resumed": Engine._suspended,
    "norms.reminded": Engine._noted,
    "norms.escalated": Engine._noted,
    "norms.gate_waived": Engine._gate_waived,
    "norms.period_closed": Engine._closed,
    "norms.measure_frozen": Engine._frozen,
    "calendar.loaded": Engine._loaded,
    "journal.corrected": Engine._corrected,
    "journal.annulled": Engine._corrected,
}
