"""New versions and calendars, and the steps by which they reach what exists, a page at a time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from guanxi.cores.norms.chains import retell
from guanxi.cores.norms.instances import regather
from guanxi.cores.norms.model import Draft, NormsError
from guanxi.cores.norms.run import Run
from guanxi.cores.norms.store import Store

if TYPE_CHECKING:
    from guanxi.cores.norms.engine import Engine

PAGE: Final = 200
"""How many obligations or entities one step takes, unless told otherwise."""


def version_in_force(run: Run) -> None:
    """A version comes into force, now or on a day to come."""
    fact = run.fact
    regulation, label = str(fact.data["regulation"]), str(fact.data["version"])
    if (regulation, label) not in run.engine.versions:
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
        raise NormsError(f"{regulation} version '{label}' is in force already; give the new one a new label")
    regulations.setdefault(regulation, []).append(entry)
    run.store.put_state("versions", {"regulations": regulations, "digest": _digest(regulations)})
    _plan(run, regulation, at)


def loaded(run: Run) -> None:
    """A year's working days are known, or known better."""
    fact = run.fact
    document = run.store.state("calendar")
    load = {
        "seq": fact.seq, "year": fact.data["year"], "published": fact.data["published"],
        "days": fact.data["days"], "hours": fact.data.get("hours") or [],
    }  # fmt: skip
    loads = [*(document["loads"] if document else ()), load]
    run.store.put_state("calendar", {"loads": loads, "digest": _digest(loads)})
    _plan(run, "", fact.recorded_at)


def _plan(run: Run, regulation: str, at: datetime) -> None:
    document = run.store.state("rollout") or {"tasks": []}
    task = {
        "id": run.fact.seq,
        "regulation": regulation,
        "at": at.isoformat(),
        "stage": "obligations",
        "after": "",
    }
    run.store.put_state("rollout", {"tasks": [*document["tasks"], task]})


def next_step(engine: Engine, store: Store, now: datetime, limit: int) -> Draft | None:
    """The next step, to be written as a fact; None when all is done. A version whose day is not yet come waits."""
    document = store.state("rollout")
    for task in document["tasks"] if document else ():
        if datetime.fromisoformat(task["at"]) > now:
            continue
        stages = _stages(engine, store, task["regulation"])
        stage, after = task["stage"], task["after"]
        for place in range(stages.index(stage), len(stages)):
            ids = _page(store, task, stages[place], after, limit)
            if ids or place == len(stages) - 1:
                done = place == len(stages) - 1 and len(ids) < limit
                data = {"task": task["id"], "stage": stages[place], "ids": list(ids), "done": done}
                last = ids[-1] if ids else ""
                return Draft(
                    "norms.rolled", "", "", None, data, f"rolled:{task['id']}:{stages[place]}:{last}"
                )
            after = ""
    return None


def _stages(engine: Engine, store: Store, regulation: str) -> list[str]:
    index = engine.index(store.state("versions"))
    kinds = {*index.rhythms, *index.standing} if regulation else set()
    return ["obligations", *sorted(kinds)]


def _page(store: Store, task: Mapping[str, Any], stage: str, after: str, limit: int) -> Sequence[str]:
    if stage == "obligations":
        return store.live_ids(task["regulation"], after, limit)
    return store.entity_ids(stage, after, limit)


def rolled(run: Run) -> None:
    """One step: a page of obligations or entities is looked at anew."""
    data = run.fact.data
    document = run.store.state("rollout") or {"tasks": []}
    tasks = [dict(task) for task in document["tasks"]]
    task = next((task for task in tasks if task["id"] == data["task"]), None)
    if task is None:
        return
    for id in data["ids"]:
        if data["stage"] == "obligations":
            o = run.obligation(id)
            if o is not None and o.live:
                regather(run, o)
        else:
            _roll_entity(run, data["stage"], id, task)
    task["stage"], task["after"] = data["stage"], data["ids"][-1] if data["ids"] else task["after"]
    run.store.put_state("rollout", {"tasks": [t for t in tasks if not (t is task and data["done"])]})


def _roll_entity(run: Run, kind: str, id: str, task: Mapping[str, Any]) -> None:
    since = datetime.fromisoformat(task["at"])
    for rhythms in run.index.rhythms.get(kind, {}).values():
        if rhythms[0][0].regulation == task["regulation"]:
            retell(run, rhythms[0][0], rhythms[0][1], kind, id, since)
    entity = run.entity(kind, id)
    if entity is not None and kind in run.index.standing:
        run.engine.entries.entity(run, entity)


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
