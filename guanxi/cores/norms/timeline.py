"""Which version was in force when, and which controls care about which kind of fact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from guanxi.cores.norms.catalogue import Catalogue
from guanxi.cores.norms.conditions import Condition
from guanxi.cores.norms.controls import Duty, Gate, Link, Measure, Read, Version
from guanxi.cores.norms.model import NormsError


class Border(NamedTuple):
    """The moment from which a version is in force, and the fact that says so."""

    at: datetime
    seq: int
    key: str
    recorded_at: datetime
    version: Version


class Timeline:
    """The versions of one regulation in the order in which they came into force."""

    def __init__(self, regulation: str, borders: Iterable[Border]) -> None:
        self.regulation = regulation
        self.borders = tuple(sorted(borders, key=lambda b: (b.at, b.seq)))

    def index(self, moment: datetime) -> int:
        """The place of the version in force at a moment; -1 before the first."""
        place = len(self.borders) - 1
        while place >= 0 and self.borders[place].at > moment:
            place -= 1
        return place

    def at(self, moment: datetime) -> Version | None:
        """The version in force at a moment."""
        for border in reversed(self.borders):
            if border.at <= moment:
                return border.version
        return None


class Join(NamedTuple):
    """How facts of a kind find the instances of a control: by which names, read how."""

    timeline: Timeline
    control: str
    names: tuple[str, ...]
    reads: tuple[Read, ...]
    rhythm: str
    restart: str
    sieve: Condition | None


class Index:
    """Everything that the versions in force so far say, by kind of fact; built once per change of versions."""

    def __init__(self, timelines: Mapping[str, Timeline], catalogue: Catalogue) -> None:
        self.timelines = timelines
        self.opening: dict[str, list[tuple[Timeline, dict[str, list[Duty]]]]] = {}
        self.joins: dict[str, list[Join]] = {}
        self.evidence: dict[
            str, dict[tuple[tuple[str, ...], str], tuple[tuple[Read, ...], Condition | None]]
        ] = {}
        self.since: dict[tuple[str, str, tuple[str, ...], str], int] = {}
        self.rhythms: dict[str, dict[str, list[tuple[Timeline, str, frozenset[str]]]]] = {}
        self.restarts: dict[str, dict[str, tuple[Timeline, str]]] = {}
        self.measures: dict[str, list[tuple[Timeline, dict[str, list[Measure]]]]] = {}
        self.standing: dict[str, list[Timeline]] = {}
        self.reached: dict[str, list[tuple[Timeline, Measure, Link]]] = {}
        self.over_duty: dict[tuple[str, str], tuple[Measure, ...]] = {}
        self.mergeable = frozenset(kind.subject_kind for kind in catalogue.kinds.values() if kind.merges_into)
        packs = [border.version.pack for timeline in timelines.values() for border in timeline.borders]
        self.asked = frozenset(
            [action for pack in packs for gate in pack.gates for action in gate.actions]
            + [action for pack in packs for record in pack.records for action in record.actions]
        )
        """The actions before which some gate or record of any of these versions stands."""
        for timeline in timelines.values():
            self._add(timeline)
        self.heeded = frozenset({*self.opening, *self.joins, *self.evidence, *self.measures, *self.reached})
        """The kinds of fact that some control looks at."""

    def _add(self, timeline: Timeline) -> None:
        opening: dict[str, dict[str, list[Duty]]] = {}
        measures: dict[str, dict[str, list[Measure]]] = {}
        joins: dict[tuple[str, str, tuple[str, ...], str], Join] = {}
        for border in timeline.borders:
            label = border.version.label
            for duty in border.version.pack.duties:
                for kind in duty.triggers if not duty.restart else ():  # see `restarts`
                    opening.setdefault(kind, {}).setdefault(label, []).append(duty)
                for link in duty.links:
                    self._link(timeline, border, duty, link, joins)
                if duty.restart:
                    self.restarts.setdefault(duty.restart.kind, {})[duty.key] = (timeline, duty.id)
                if duty.rhythm:
                    known = self.rhythms.setdefault(duty.rhythm.of, {}).setdefault(duty.key, [])
                    known.append((timeline, duty.id, duty.rhythm.reads))
            for measure in border.version.pack.measures:
                self._measure(timeline, border, measure, measures)
        for kind, by_label in opening.items():
            self.opening.setdefault(kind, []).append((timeline, by_label))
        for kind, per_label in measures.items():
            self.measures.setdefault(kind, []).append((timeline, per_label))
        for (kind, _, _, _), join in joins.items():
            self.joins.setdefault(kind, []).append(join)

    def _link(
        self,
        timeline: Timeline,
        border: Border,
        duty: Duty,
        link: Link,
        joins: dict[tuple[str, str, tuple[str, ...], str], Join],
    ) -> None:
        rhythm, restart = duty.rhythm.of if duty.rhythm else "", duty.restart.kind if duty.restart else ""
        for kind in link.kinds:
            sieve, where = self._gather(timeline, border, link, kind)
            reads = link.of_fact[kind]
            place = (kind, duty.id, link.names, sieve)
            known = joins.get(place)
            restarts = restart or (known.restart if known else "")
            joins[place] = Join(timeline, duty.id, link.names, reads, rhythm, restarts, where)

    def _gather(
        self, timeline: Timeline, border: Border, link: Link, kind: str
    ) -> tuple[str, Condition | None]:
        sieve = link.sieve.get(kind, "")
        where = link.where[kind] if sieve else None
        self.evidence.setdefault(kind, {})[link.names, sieve] = (link.of_fact[kind], where)
        used = (timeline.regulation, kind, link.names, sieve)
        self.since[used] = min(border.seq, self.since.get(used, border.seq))
        return sieve, where

    def _measure(
        self,
        timeline: Timeline,
        border: Border,
        measure: Measure,
        measures: dict[str, dict[str, list[Measure]]],
    ) -> None:
        if measure.over == "duty":
            key = (f"{timeline.regulation}/{measure.duty}", border.version.label)
            self.over_duty[key] = (*self.over_duty.get(key, ()), measure)
        for kind in measure.kinds:
            measures.setdefault(kind, {}).setdefault(border.version.label, []).append(measure)
        if measure.over == "entity":
            standing = self.standing.setdefault(measure.entity, [])
            if timeline not in standing:
                standing.append(timeline)
        for link in measure.reached_by:
            for kind in link.kinds:
                self.reached.setdefault(kind, []).append((timeline, measure, link))
                self._gather(timeline, border, link, kind)


def timelines_from(
    document: Mapping[str, Any], versions: Mapping[tuple[str, str], Version]
) -> dict[str, Timeline]:
    """The timelines that the ``versions`` document names; raises NormsError for a version that was not handed in."""
    made: dict[str, Timeline] = {}
    for regulation, entries in document.items():
        borders = []
        for entry in entries:
            version = versions.get((regulation, entry["version"]))
            if version is None:
                raise NormsError(
                    f"{regulation} version '{entry['version']}' is in force but was not handed to the engine"
                )
            at, recorded = datetime.fromisoformat(entry["at"]), datetime.fromisoformat(entry["recorded_at"])
            borders.append(Border(at, entry["seq"], entry["key"], recorded, version))
        made[regulation] = Timeline(regulation, borders)
    return made


def gates_of(timelines: Iterable[Timeline], action: str, at: datetime) -> list[tuple[Version, Gate]]:
    """The gates that stand before an action at a moment."""
    found: list[tuple[Version, Gate]] = []
    for timeline in timelines:
        version = timeline.at(at)
        if version is not None:
            found += [(version, gate) for gate in version.pack.gates if action in gate.actions]
    return found
