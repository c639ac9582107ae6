"""One application of one fact: what it reads, cached, and what it changes, collected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from guanxi.cores.norms.calendars import Calendar
from guanxi.cores.norms.catalogue import BLANKS
from guanxi.cores.norms.conditions import CannotEvaluate, Condition
from guanxi.cores.norms.controls import Duty, Link, Read, Version
from guanxi.cores.norms.deadlines import day_of, instants
from guanxi.cores.norms.expressions import Who
from guanxi.cores.norms.model import (
    Change,
    Entity,
    Event,
    Fact,
    Judgement,
    Obligation,
    State,
)
from guanxi.cores.norms.store import Store
from guanxi.cores.norms.timeline import Index

if TYPE_CHECKING:
    from guanxi.cores.norms.engine import Engine

_tuple: Final = tuple.__new__
_instant = lru_cache(maxsize=64)(datetime.fromisoformat)
_SCOPED = ("norms.suspended", "norms.resumed")
_ROLES: Mapping[str, Any] = {"norms.suspended": "suspend", "norms.resumed": "resume", "norms.waived": "waive"}


class Run:
    """The engine at work on one fact (or on a question, when ``fact`` only carries the moment)."""

    __slots__ = (
        "_calendar", "_known", "_said", "_same", "changes", "engine", "entity", "fact", "index", "mergeable", "now", "store",
        "suspensions",
    )  # fmt: skip

    def __init__(self, engine: Engine, store: Store, fact: Fact, index: Index | None = None) -> None:
        self.engine, self.store, self.fact = engine, store, fact
        self.changes: list[Change] = []
        clock = store.state("clock")
        self.now: datetime | None = _instant(clock["at"]) if clock else None
        self.index: Index = index or engine.index(store.state("versions"))
        self.mergeable = self.index.mergeable
        self.suspensions = store.state("suspensions") is not None
        self.entity: Callable[[str, str], Entity | None] = store.entity
        """An entity, itself."""
        self._calendar: Calendar | None = None
        self._known: dict[str, Obligation | None] = {}
        self._said: dict[str, bool | None] = {}
        self._same: dict[tuple[str, str], list[str]] = {}

    def take(self, fact: Fact) -> None:
        """Go on with another fact (one of the engine's own, as corrected)."""
        if fact is not self.fact:
            self.fact = fact
            self._said.clear()

    # -- reading -------------------------------------------------------------------------------------------------

    @property
    def calendar(self) -> Calendar:
        """The calendar as it is known now."""
        if self._calendar is None:
            self._calendar = self.engine.calendar(self.store.state("calendar"))
        return self._calendar

    def calendar_for(self, o: Obligation | None) -> Calendar:
        """The calendar an obligation is judged by: the present one while it is live, its own once it is closed."""
        if o is None or o.live or o.calendar == self.calendar.seq:
            return self.calendar
        return self.engine.calendar(self.store.state("calendar"), o.calendar)

    def obligation(self, id: str) -> Obligation | None:
        """An obligation as it was last saved; looked up once."""
        if id in self._known:
            return self._known[id]
        found = self._known[id] = self.store.obligation(id)
        return found

    def put_entity(self, entity: Entity) -> None:
        """Write an entity."""
        if self._same:
            self._same.clear()
        self.store.put_entity(entity)

    def canonical(self, kind: str, id: str) -> str:
        """The id of the entity into which this one was merged in the end, or its own."""
        if kind in self.mergeable:
            entity = self.entity(kind, id)
            if entity is None or "merged_into" not in entity.attributes:
                return id
            seen = {id}
            while (entity := self.entity(kind, id)) and entity.merged_into and entity.merged_into not in seen:
                id = entity.merged_into
                seen.add(id)
        return id

    def look(self, kind: str, id: str) -> Entity | None:
        """An entity, following mergers."""
        entity = self.entity(kind, id)
        if entity is None or "merged_into" not in entity.attributes:
            return entity
        return self.entity(kind, self.canonical(kind, id))

    def trigger(self, o: Obligation) -> Fact | None:
        """The fact that opened an obligation, as last corrected."""
        return self.recall(o.trigger)

    def recall(self, seq: int) -> Fact | None:
        """A fact by its seq, as last corrected."""
        return self.fact if seq == self.fact.seq else self.store.fact(seq)

    # -- joins ---------------------------------------------------------------------------------------------------

    @staticmethod
    def value(fact: Fact, read: Read, element: str = "") -> str:
        """One name read from a fact."""
        how = read.how
        if how == "subject":
            return fact.subject
        if how == "customer":
            return fact.customer or (fact.subject if fact.subject_kind == "customer" else "")
        if how == "actor":
            return fact.actor or ""
        if how == "element":
            return element
        found = fact.data.get(read.field)
        return "" if found is None else str(found)

    def match(self, names: Sequence[str], fact: Fact, reads: Sequence[Read], element: str = "") -> str:
        """The join of a fact as text, with the ids it was written with; '' when one of them is missing."""
        if len(reads) == 1:
            value = self.value(fact, reads[0], element)
            return f"{names[0]}={value}" if value else ""
        values = [self.value(fact, read, element) for read in reads]
        if not all(values):
            return ""
        return ",".join([f"{name}={value}" for name, value in zip(names, values, strict=True)])

    def matches(
        self, names: Sequence[str], fact: Fact, reads: Sequence[Read], element: str = ""
    ) -> list[str]:
        """The join with every id that means the same entities after mergers."""
        mergeable = self.mergeable
        if len(reads) == 1:
            read = reads[0]
            value = self.value(fact, read, element)
            if not value:
                return []
            if read.kind not in mergeable:
                return [f"{names[0]}={value}"]
            every = self.same(read.kind, value)
            return [f"{names[0]}={same}" for same in every] if len(every) > 1 else [f"{names[0]}={value}"]
        plain = self.match(names, fact, reads, element)
        if not plain or not any(read.kind in mergeable for read in reads):
            return [plain] if plain else []
        options = [self.same(read.kind, self.value(fact, read, element)) for read in reads]
        return [
            ",".join(f"{n}={v}" for n, v in zip(names, values, strict=True)) for values in product(*options)
        ]

    def same(self, kind: str, id: str) -> list[str]:
        """All ids that mean one entity: itself first, then what it was merged into and what was merged into that."""
        if kind not in self.mergeable:
            return [id]
        found = self._same.get((kind, id))
        if found is None:
            plain = self.entity(kind, id)
            if plain is None or not (plain.aliases or "merged_into" in plain.attributes):
                found = self._same[kind, id] = [id]
                return found
            canonical = self.canonical(kind, id)
            entity = self.entity(kind, canonical)
            found = list(dict.fromkeys([id, canonical, *(entity.aliases if entity else ())]))
            self._same[kind, id] = found
        return found

    def scopes(self, o_id: str, subject_kind: str, subject: str, customer: str | None) -> list[str]:
        """The matches under which waivers and suspensions of an instance are found."""
        found = [f"obligation={o_id}"]
        if self.suspensions:
            found += [f"{subject_kind}={id}" for id in self.same(subject_kind, subject)]
            if customer and subject_kind != "customer":
                found += [f"customer={id}" for id in self.same("customer", customer)]
        return found

    def collect(
        self,
        duty: Duty,
        version: Version,
        trigger_key: str,
        matches: Mapping[tuple[str, ...], Sequence[str]],
        since: datetime,
        scopes: Sequence[str],
    ) -> tuple[Event, ...]:
        """Everything recorded so far that matters to an instance: what fulfils, voids, waives or suspends it."""
        ever = False
        for link in duty.links:
            ever = ever or link.ever
        if not (ever or self.suspensions or self.store.heard_since(since)):
            return ()  # what was opened just now
        keys: list[tuple[str, str]] = [("norms.waived", scopes[0])]
        for link in duty.links:
            for match in matches[link.names]:
                for kind, mark in link.marks:
                    keys.append((kind, match + mark))
        found: dict[tuple[str, str], Event] = {}
        for fact in self.store.evidence(keys, None if ever else since):
            if fact.kind == "norms.waived":
                found["waive", fact.key] = event("waive", fact)
            elif fact.key != trigger_key:
                for link in duty.links:
                    if fact.kind not in link.kinds:
                        continue
                    known = matches.get(link.names, ()) if len(duty.links) > 1 else None
                    made = self.accepts(duty, version, link, fact, trigger_key, known)
                    if made is not None:
                        found[made.role, made.key] = made
        if not found and not self.suspensions:
            return ()
        keys = [(kind, scope) for kind in _SCOPED for scope in scopes] if self.suspensions else []
        for fact in self.store.evidence(keys, None) if keys else ():
            if fact.data.get("control") in (None, "", duty.key):
                found[_ROLES[fact.kind], fact.key] = event(_ROLES[fact.kind], fact)
        if len(found) < 2:
            return tuple(found.values())
        return tuple(sorted(found.values(), key=by_recording))

    def accepts(
        self,
        duty: Duty,
        version: Version,
        link: Link,
        fact: Fact,
        trigger_key: str,
        matches: Sequence[str] | None,
    ) -> Event | None:
        """The event that a fact is to an instance by this link, or None (``matches`` None: it was found by them)."""
        if (
            fact.kind not in link.kinds
            or fact.key == trigger_key
            or fact.seq
            < self.index.since[duty.regulation, fact.kind, link.names, link.sieve.get(fact.kind, "")]
        ):
            return None
        reads = link.of_fact[fact.kind]
        if (
            matches is not None
            and self.match(link.names, fact, reads) not in matches
            and not any(match in matches for match in self.matches(link.names, fact, reads))
        ):
            return None
        where = link.where.get(fact.kind)
        if where is not None and not self.holds(where, fact, version, default=False):
            return None
        return event(link.role, fact)

    def meant(self, duty: Duty, version: Version, fact: Fact, o: Obligation) -> list[Event]:
        """What a fact is to an instance, by each link of its duty that takes it."""
        found: list[Event] = []
        for link in duty.links:
            if fact.kind in link.kinds:
                made = self.accepts(duty, version, link, fact, o.trigger_key, o.matches)
                if made is not None:
                    found.append(made)
        return found

    # -- conditions ----------------------------------------------------------------------------------------------

    def parameters(self, version: Version, condition: Condition, at: datetime) -> dict[str, Any]:
        """The parameters that a condition reads, on the day of a moment."""
        day = day_of(version, at, self.calendar)
        made = {f"param.{name}": version.amount(name, day) for name in condition.parameters}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in made.items()}

    def holds(self, condition: Condition, fact: Fact, version: Version, *, default: bool) -> bool:
        """Whether a condition over a fact's own data holds; ``default`` where it has no answer."""
        if condition.own_data and fact is self.fact:
            said = self._says(condition)
            return default if said is None else said
        try:
            return condition.holds(self.fact_values(condition, fact, version))
        except CannotEvaluate:
            return default

    def sifted(self, fact: Fact, where: Condition | None) -> bool:
        """Whether a fact passes a condition that reads nothing but its data (what does not is no evidence)."""
        if where is None:
            return True
        if fact is self.fact:
            return self._says(where) or False
        try:
            return where.holds(fact.data)
        except CannotEvaluate:
            return False

    def _says(self, condition: Condition) -> bool | None:
        """What a condition that reads nothing but data says of the fact in hand (None: no answer); asked once, since several
        controls ask the same."""
        source = condition.source
        if source in self._said:
            return self._said[source]
        try:
            said: bool | None = condition.holds(self.fact.data)
        except CannotEvaluate:
            said = None
        self._said[source] = said
        return said

    def fact_values(self, condition: Condition, fact: Fact, version: Version) -> Mapping[str, Any]:
        """What a condition over a fact reads."""
        if not condition.parameters:
            return fact.data
        return {**fact.data, **self.parameters(version, condition, fact.happened_at)}

    def attribute_values(
        self, condition: Condition, entity: Entity | None, at: datetime | None
    ) -> dict[str, Any]:
        """The attributes that a condition reads, blank where nothing set them."""
        made: dict[str, Any] = {}
        for name, kind in condition.names:
            if not name.startswith("param."):
                value = entity.at(name.split(".", 1)[1], at) if entity else None
                made[name] = BLANKS.get(kind.base) if value is None else value
        return made

    # -- who -----------------------------------------------------------------------------------------------------

    def who(
        self, expressions: Iterable[Who], names: Mapping[str, str], at: datetime | None, seen: set[str]
    ) -> str:
        """The first that an expression names, or the person who stands in for him at that moment."""
        return self.somebody(expressions, names, at, seen)[0]

    def somebody(
        self, expressions: Iterable[Who], names: Mapping[str, str], at: datetime | None, seen: set[str]
    ) -> tuple[str, Entity | None]:
        """The same, with the person (None where it is a role, or nobody who is known)."""
        for expression in expressions:
            id = expression.resolve(names, self.look, at, seen)
            if id:
                return self._deputy(id, at, seen)
        return "", None

    def _deputy(self, id: str, at: datetime | None, seen: set[str]) -> tuple[str, Entity | None]:
        """Who stands in for a person (the attribute ``deputy``), and who for him; else the person."""
        if id.startswith("role:"):
            return id, None
        passed: tuple[str, ...] = ()
        while True:
            seen.add(f"person={id}")
            person = self.entity("person", id)
            if person is not None and "merged_into" in person.attributes:
                person = self.look("person", id)
            if person is None or "deputy" not in person.attributes:
                return id, person
            following = str(person.at("deputy", at) or "")
            if not following or following in passed or following == id:
                return id, person
            passed = (*passed, id)
            id = following

    def names(self, o: Obligation, trigger: Fact | None) -> dict[str, str]:
        """What owner expressions may start from."""
        names = {"customer": o.customer or "", o.subject_kind: o.subject}
        if trigger is not None and trigger.seq == o.trigger and o.trigger_kind:
            kind = self.engine.catalogue.kinds.get(trigger.kind)
            names["actor"] = trigger.actor or ""
            for name, declared in kind.fields.items() if kind else ():
                if declared.refers_to:
                    names.setdefault(name, str(trigger.data.get(name) or ""))
        return names

    # -- writing -------------------------------------------------------------------------------------------------

    def save(self, o: Obligation, duty: Duty, version: Version, why: str) -> Obligation:
        """Write a freshly judged obligation with what is now said of it, if anything changed."""
        before = self.obligation(o.id)
        history = self._history(o, before, why, duty)
        taken_back = (  # of one word alone there is nothing that could have been taken back
            o.missed_at is None
            and len(history) > 1
            and any([entry.missed_at is not None for entry in history])
        )
        o.settle(history=history, taken_back=taken_back, next_at=self._next(o, duty, version))
        if before is not None and before.state is o.state and o.__dict__ == before.__dict__:
            return o
        self.put(o, before)
        return o

    def put(self, o: Obligation, before: Obligation | None) -> None:
        """Write an obligation of which everything is told."""
        self.store.put_obligation(o)
        self._known[o.id] = o
        self.changes.append(_tuple(Change, (o, before, None)))
        self.engine.entries.obligation(self, o, before)

    def _history(
        self, o: Obligation, before: Obligation | None, why: str, duty: Duty
    ) -> tuple[Judgement, ...]:
        """What was said of it so far, and what is said now; of one moment only the last word stays, and of a wait that began
        again (which is no other judgement, but the same of a later moment)."""
        at = self.fact.recorded_at
        history = before.history if before else ()
        if before is not None and duty.restart and before.state is o.state is State.WAITING and history:
            if before.due_at != o.due_at and before.calendar == o.calendar:
                history = history[:-1]
        last = history[-1] if history else None
        said = (o.state, o.due_at, o.missed_at, o.version)
        if last is not None and (last.state, last.due_at, last.missed_at, last.version) == said:
            return history
        if last is not None and last.at >= at:
            history = tuple(entry for entry in history if entry.at < at)
            last = history[-1] if history else None
            if last is not None and (last.state, last.due_at, last.missed_at, last.version) == said:
                return history
        return (*history, _tuple(Judgement, (self.fact.seq, at, *said, why)))

    def _next(self, o: Obligation, duty: Duty, version: Version) -> datetime | None:
        if o.closed_at is not None or o.state is State.SUSPENDED:
            return None
        limit = o.overdue_at
        if not duty.prompts:
            if o.state is State.MISSED:
                return None
            waits = o.state is State.WAITING and (limit is None or o.actionable_from < limit)
            return o.actionable_from if waits else limit
        found: list[datetime] = []
        if o.state is State.WAITING:
            found.append(o.actionable_from)
        if limit is not None and o.state is not State.MISSED:
            found.append(limit)
        until = o.prompted_until
        found += [
            at
            for at, prompt in instants(duty, version, o, self.calendar)
            if (until is None or at > until) and (prompt.kind == "escalate") == (o.state is State.MISSED)
        ]
        return min(found) if found else None


def event(role: Any, fact: Fact) -> Event:
    """A fact as an event of an obligation."""
    return _tuple(Event, (role, fact.seq, fact.key, fact.kind, fact.happened_at, fact.recorded_at))


def by_recording(event: Event) -> tuple[datetime, int, str]:
    """The order in which an obligation holds its events."""
    return (event.recorded_at, event.seq, event.role)
