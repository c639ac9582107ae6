"""What facts say of entities: their attributes folded, mergers, and what a change of an entity touches."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from guanxi.cores.norms import restarts
from guanxi.cores.norms.chains import retell
from guanxi.cores.norms.instances import is_chained, regather, rejudge
from guanxi.cores.norms.model import Const, Entity, Fact, FactError, Setting, said_again, setting_of
from guanxi.cores.norms.run import Run

_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


def fold(run: Run, fact: Fact) -> None:
    """Set what a fact sets, and merge what it merges."""
    kind = run.engine.catalogue.kinds[fact.kind]
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
        _changed(run, entity, touched, fact.happened_at)
    if kind.merges_into:
        canonical = run.canonical(fact.subject_kind, winner_id)
        winner = run.entity(fact.subject_kind, canonical) or Entity(fact.subject_kind, canonical)
        aliases = tuple(dict.fromkeys([*winner.aliases, fact.subject, *entity.aliases]))
        run.put_entity(replace(winner, aliases=aliases))
        _merged(run, entity, canonical, fact.happened_at)


def _changed(run: Run, entity: Entity, touched: set[str], since: datetime) -> None:
    merged = "merged_into" in touched
    if entity.kind in run.index.rhythms:
        for rhythms in run.index.rhythms[entity.kind].values():
            timeline, control = rhythms[0][0], rhythms[0][1]
            if merged or any(not touched.isdisjoint(reads) for _, _, reads in rhythms):
                retell(run, timeline, control, entity.kind, entity.id, since)
    if merged or not touched.isdisjoint(run.engine.catalogue.references.get(entity.kind, ())):
        _reown(run, f"{entity.kind}={entity.id}", since)
    if touched and entity.kind in run.index.standing:
        run.engine.entries.entity(run, entity)


def _reown(run: Run, watch: str, since: datetime) -> None:
    found = run.store.watching(watch, since)
    for o in sorted(found, key=lambda o: o.id) if found else ():
        rejudge(run, o)


def _merged(run: Run, loser: Entity, winner: str, since: datetime) -> None:
    for id in (loser.id, winner):
        for o in sorted(run.store.watching(f"{loser.kind}={id}", since), key=lambda o: o.id):
            current = run.obligation(o.id)
            if current is not None and not is_chained(run, current):
                regather(run, current, merging=True)
    for rhythms in run.index.rhythms.get(loser.kind, {}).values():
        retell(run, rhythms[0][0], rhythms[0][1], loser.kind, winner, since)
    for timeline, control in run.index.restarts.get(loser.kind, {}).values():
        for id in dict.fromkeys(run.canonical(loser.kind, id) for id in (loser.id, winner)):
            restarts.retell(run, timeline, control, loser.kind, id, _EVER)
    entity = run.entity(loser.kind, winner)
    if entity is not None and loser.kind in run.index.standing:
        run.engine.entries.entity(run, entity)
    run.engine.entries.merged(run, loser.kind, (loser.id, winner))


def unfold(run: Run, fact: Fact) -> None:
    """Take back what a fact set and merged."""
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
        _changed(run, entity, touched, fact.happened_at)
        return
    other = run.entity(entity.kind, winner)
    if other is not None:
        gone = {entity.id, *entity.aliases}
        run.put_entity(replace(other, aliases=tuple(a for a in other.aliases if a not in gone)))
    # What one did counted for the other, however long before: both are told from the beginning.
    _changed(run, entity, touched, _EVER)
    _merged(run, entity, winner, _EVER)
