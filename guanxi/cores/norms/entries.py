"""Keeping the lines of measures up to date, fact by fact."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from guanxi.cores.norms.conditions import CannotEvaluate, Condition
from guanxi.cores.norms.controls import Measure, Version
from guanxi.cores.norms.deadlines import moment_of
from guanxi.cores.norms.expressions import Who
from guanxi.cores.norms.model import Entity, Fact, MeasureEntry, Obligation, State
from guanxi.cores.norms.run import Run


class Entries:
    """Writes and deletes lines of measures; holds nothing itself."""

    def obligation(self, run: Run, o: Obligation, before: Obligation | None) -> None:
        """An obligation changed: its line in each measure over its duty."""
        for measure in run.index.over_duty.get((f"{o.regulation}/{o.control}", o.version), ()):
            judged = o.state in (State.FULFILLED, State.LATE, State.MISSED) or o.missed_at is not None
            if not (judged or o.taken_back):
                if before is not None:
                    run.store.drop_measure(measure.key, o.id)
                continue
            at = o.due_at or o.closed_at or o.opened_at
            person = o.owed_by or o.owner
            said = (judged, o.missed_at is None and o.state is State.FULFILLED, None, o.taken_back)
            known_at = o.closed_at or o.missed_at or at
            line = self._line(run, measure, o.id, at, person, o.department, o.customer, known_at, said)
            run.store.put_measure(line)

    def fact(self, run: Run, fact: Fact) -> None:
        """A fact arrived: its line in each measure over its kind, in the version in force when it happened."""
        for timeline, by_label in run.index.measures.get(fact.kind, ()):
            version = timeline.at(fact.happened_at)
            if version is None:
                continue
            for measure in by_label.get(version.label, ()):
                self._fact(run, fact, measure, version)
        if fact.kind in run.index.reached:
            self.reached(run, fact)

    def _fact(self, run: Run, fact: Fact, measure: Measure, version: Version) -> None:
        where = measure.where.get(fact.kind)
        if where is not None and not run.holds(where, fact, version, default=True):
            return
        hit_when = measure.hit.get(fact.kind)
        hit = hit_when is None or run.holds(hit_when, fact, version, default=False)
        value: int | None = None
        number = measure.value.get(fact.kind)
        if number is not None:
            try:
                value = number.number(run.fact_values(number, fact, version))
            except CannotEvaluate:
                hit = False
        seen: set[str] = set()
        at = moment_of(fact, measure.at or "happened_at", run.calendar)
        person = fact.actor or ""
        whose = measure.person.get(fact.kind)
        if whose:
            names = self._names(run, fact, whose)
            person, entity = run.somebody(whose, names, fact.happened_at, seen)
        else:
            entity = run.look("person", person) if person else None
        department = str(entity.at("department", fact.happened_at) or "") if entity else ""
        said = (True, hit, value, False)
        line = self._line(
            run, measure, fact.key, at, person, department, fact.customer, fact.happened_at, said
        )
        run.store.put_measure(line)

    @staticmethod
    def _names(run: Run, fact: Fact, whose: tuple[Who, ...]) -> dict[str, str]:
        if len(whose) == 1 and whose[0].start == "actor":
            return {"actor": fact.actor or ""}
        kind = run.engine.catalogue.kinds[fact.kind]
        refs = {
            name: str(fact.data.get(name) or "") for name, field in kind.fields.items() if field.refers_to
        }
        return {
            **refs,
            "customer": fact.customer or "",
            "actor": fact.actor or "",
            fact.subject_kind: fact.subject,
        }

    def forget(self, run: Run, fact: Fact) -> None:
        """A fact was annulled or corrected: its lines go (evidence of it is gone already)."""
        for _, by_label in run.index.measures.get(fact.kind, ()):
            for measures in by_label.values():
                for measure in measures:
                    run.store.drop_measure(measure.key, fact.key)
        self.reached(run, fact)

    # -- entities ------------------------------------------------------------------------------------------------

    def entity(self, run: Run, entity: Entity) -> None:
        """An entity changed: whether it stands in the population of each measure over its kind, and is a hit."""
        for timeline in run.index.standing.get(entity.kind, ()):
            version = timeline.at(run.fact.recorded_at)
            if version is None:
                continue
            people: dict[tuple[Who, ...], tuple[str, str]] = {}
            for measure in version.pack.measures:
                if measure.over == "entity" and measure.entity == entity.kind:
                    self._entity(run, entity, measure, version, people)

    def _entity(
        self,
        run: Run,
        entity: Entity,
        measure: Measure,
        version: Version,
        people: dict[tuple[Who, ...], tuple[str, str]],
    ) -> None:
        """One measure's line. people: who was found by which expression, for measures that ask the same."""
        counted = not entity.merged_into and self._holds(run, measure.where, entity, version, True)
        if not counted:
            run.store.drop_measure(measure.key, entity.id)
            return
        hit = not measure.reached_by and self._holds(run, measure.hit, entity, version, True)
        value: int | None = None
        number = measure.value.get("")
        if number is not None:
            try:
                value = number.number(self._values(run, number, entity, version))
            except CannotEvaluate:
                hit = False
        whose = measure.person.get("", ())
        found = people.get(whose)
        if found is None:
            name, someone = run.somebody(whose, {entity.kind: entity.id}, None, set())
            found = people[whose] = (name, str(someone.at("department") or "") if someone else "")
        person, department = found
        customer = entity.id if entity.kind == "customer" else None
        said = (True, hit, value, False)
        line = self._line(
            run, measure, entity.id, run.fact.recorded_at, person, department, customer, None, said, ""
        )
        run.store.put_measure(line)

    def _holds(
        self, run: Run, condition: Mapping[str, Condition], entity: Entity, version: Version, default: bool
    ) -> bool:
        if "" not in condition:
            return default
        try:
            return condition[""].holds(self._values(run, condition[""], entity, version))
        except CannotEvaluate:
            return False

    @staticmethod
    def _values(run: Run, condition: Condition, entity: Entity, version: Version) -> dict[str, Any]:
        values = run.attribute_values(condition, entity, None)
        if condition.parameters:
            values |= run.parameters(version, condition, run.fact.recorded_at)
        return values

    def reached(self, run: Run, fact: Fact) -> None:
        """A fact that reaches an entity came or went: whether the entity is reached in the fact's period."""
        for timeline, measure, link in run.index.reached.get(fact.kind, ()):
            if link.sieve.get(fact.kind) and not run.sifted(fact, link.where[fact.kind]):
                continue
            version = timeline.at(fact.happened_at)
            if version is None or version.pack.controls.get(measure.id) is not measure:
                continue
            id = run.value(fact, link.of_fact[fact.kind][0])
            if id:
                self._reach(run, measure, version, run.canonical(measure.entity, id), fact)

    def merged(self, run: Run, kind: str, ids: tuple[str, ...]) -> None:
        """Entities became one, or parted: each period in which any of them was reached is looked at anew."""
        known = {(t.regulation, m.id): (t, m) for found in run.index.reached.values() for t, m, _ in found}
        for timeline, measure in known.values():
            if measure.entity != kind:
                continue
            every = dict.fromkeys(same for id in ids for same in run.same(kind, id))
            keys = [
                (fact_kind, f"{kind}={id}{link.sieve.get(fact_kind, '')}")
                for link in measure.reached_by
                for fact_kind in link.kinds
                for id in every
            ]
            windows = {
                self._window(run, measure, fact.happened_at): fact for fact in run.store.evidence(keys, None)
            }
            for (label, _, _), fact in windows.items():
                version = timeline.at(fact.happened_at)
                if version is None or version.pack.controls.get(measure.id) is not measure:
                    continue
                for id in every:
                    if run.canonical(kind, id) == id:
                        self._reach(run, measure, version, id, fact)
                    else:
                        run.store.drop_measure(measure.key, f"{id}|{label}")

    def _reach(self, run: Run, measure: Measure, version: Version, id: str, fact: Fact) -> None:
        label, start, end = self._window(run, measure, fact.happened_at)
        keys = [
            (kind, f"{measure.entity}={same}{link.sieve.get(kind, '')}")
            for link in measure.reached_by
            for kind in link.kinds
            for same in run.same(measure.entity, id)
        ]
        found = [
            other
            for other in run.store.evidence(keys, start)
            if start <= other.happened_at < end and self._counts(run, measure, other, version)
        ]
        key = f"{id}|{label}"
        if not found:
            run.store.drop_measure(measure.key, key)
            return
        first = min(found, key=lambda f: (f.happened_at, f.recorded_at, f.key))
        customer = id if measure.entity == "customer" else None
        seen: set[str] = set()
        person = run.who(measure.person.get("", ()), {measure.entity: id}, None, seen)
        said = (False, True, None, False)
        line = self._line(run, measure, key, first.happened_at, person, "", customer, None, said, label)
        run.store.put_measure(line)

    def _counts(self, run: Run, measure: Measure, fact: Fact, version: Version) -> bool:
        for link in measure.reached_by:
            known_since = run.index.since.get(
                (measure.regulation, fact.kind, link.names, link.sieve.get(fact.kind, ""))
            )
            if fact.kind in link.kinds and known_since is not None and fact.seq >= known_since:
                where = link.where.get(fact.kind)
                if where is None or run.holds(where, fact, version, default=False):
                    return True
        return False

    # -- lines ---------------------------------------------------------------------------------------------------

    @staticmethod
    def _window(run: Run, measure: Measure, at: datetime) -> tuple[str, datetime, datetime]:
        kind: Any = "day" if measure.period == "rolling" else measure.period
        period = run.calendar.period(at, kind)
        return period.label, period.start, period.end

    def _line(
        self,
        run: Run,
        measure: Measure,
        key: str,
        at: datetime,
        person: str,
        department: str,
        customer: str | None,
        area_at: datetime | None,
        said: tuple[bool, bool, int | None, bool],
        label: str | None = None,
    ) -> MeasureEntry:
        counted, hit, value, taken_back = said
        area = ""
        if customer and "area" in measure.split:
            entity = run.look("customer", customer)
            area = str(entity.at("area", area_at) or "") if entity else ""
        period = self._window(run, measure, at)[0] if label is None else label
        return tuple.__new__(MeasureEntry, (
            measure.key, key, measure.regulation, period, at, person, department, area, customer or "",
            counted, hit, value, taken_back, run.fact.seq,
        ))  # fmt: skip
