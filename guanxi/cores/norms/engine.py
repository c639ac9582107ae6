"""The engine: facts in, obligations out.

``Engine.apply(fact, store)`` is deterministic and looks things up by key only. Everything that can change an answer is
a fact: people's facts, ticks of the clock, versions in force, waivers, suspensions, calendars, corrections, and the
steps of a roll-out, through which a new version or calendar reaches what already exists, a page at a time.

Here stands the way of a fact; what each kind of thing makes of it stands in ``entities``, ``instances``, ``chains``,
``entries``, ``own_facts``, ``corrections`` and ``rollout``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Any, Final

from guanxi.cores.norms import corrections, own_facts, rollout
from guanxi.cores.norms.calendars import Calendar, calendar_from
from guanxi.cores.norms.catalogue import Catalogue, check_fact
from guanxi.cores.norms.controls import Version
from guanxi.cores.norms.entities import fold
from guanxi.cores.norms.entries import Entries
from guanxi.cores.norms.instances import attach
from guanxi.cores.norms.model import Change, Draft, Fact
from guanxi.cores.norms.openings import opened
from guanxi.cores.norms.rollout import PAGE
from guanxi.cores.norms.run import Run
from guanxi.cores.norms.store import Store
from guanxi.cores.norms.timeline import Index, Timeline, timelines_from


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
        kind = self.catalogue.known.get(name)
        check_fact(fact, kind)
        if not store.remember(fact) or name in _SILENT or kind is None:
            return []
        index = self.index(store.state("versions"))
        if name not in index.heeded and not kind.moves_entity and name not in _OWN:
            return []
        run = Run(self, store, fact, index)
        self.enter(run, fact)
        return run.changes

    def enter(self, run: Run, fact: Fact) -> None:
        """What a fact does: its first coming, or its coming again as corrected."""
        name = fact.kind
        own = _OWN.get(name)
        if own is not None:
            run.take(fact)
            own(run)
            return
        index = run.index
        if self.catalogue.known[name].moves_entity:
            fold(run, fact)
        if name not in index.heeded:
            return
        for timeline, by_label in index.opening.get(name, ()):
            version = timeline.at(fact.happened_at)
            if version is not None:
                for duty in by_label.get(version.label, ()):
                    opened(run, fact, duty, version, timeline)
        evidence = index.evidence.get(name)
        if evidence:  # after what it opened, of which it is no evidence
            found = []
            for (names, sieve), (reads, where) in evidence.items():
                match = run.match(names, fact, reads)
                if match and (where is None or run.sifted(fact, where)):
                    found.append(match + sieve)
            if found:
                run.store.add_evidence(fact, found)
        attach(run, fact)
        if name in index.measures or name in index.reached:
            self.entries.fact(run, fact)

    def rollout(self, store: Store, now: datetime, limit: int = PAGE) -> Draft | None:
        """The next step of the roll-out of a new version or calendar, to be written as a fact; None when all is done.

        Not part of ``apply``: the application calls it until nothing is left. A version whose day is not yet come waits.
        """
        return rollout.next_step(self, store, now, limit)


_SILENT: Final = frozenset({"norms.asked"})
"""What the journal keeps and questions read; it moves nothing."""
_OWN: Final[Mapping[str, Callable[[Run], None]]] = {
    "norms.ticked": own_facts.ticked,
    "norms.version_in_force": rollout.version_in_force,
    "norms.rolled": rollout.rolled,
    "norms.waived": own_facts.waived,
    "norms.suspended": own_facts.suspended,
    "norms.resumed": own_facts.suspended,
    "norms.reminded": own_facts.noted,
    "norms.escalated": own_facts.noted,
    "norms.gate_waived": own_facts.gate_waived,
    "norms.period_closed": own_facts.closed,
    "norms.measure_frozen": own_facts.frozen,
    "calendar.loaded": rollout.loaded,
    "journal.corrected": corrections.corrected,
    "journal.annulled": corrections.corrected,
}
