"""The engine's values as database rows and back, losing nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from guanxi.cores.norms import model as norms
from guanxi.platform.journal.models import Fact as FactRow
from guanxi.platform.kernel.facts import read_data

from . import models


def fact_of(row: FactRow) -> norms.Fact:
    """A journal row as the engine reads it: ids as text, data in the kind's newest shape."""
    return norms.Fact(
        seq=row.seq,
        kind=row.kind,
        happened_at=row.happened_at,
        recorded_at=row.recorded_at,
        actor=_id(row.actor_id),
        subject_kind=row.subject_kind,
        subject=row.subject_id or "",
        customer=_id(row.customer_id),
        data=read_data(row.kind, row.kind_version, row.data),
        version=row.kind_version,
        key=row.key,
    )


def _id(value: int | None) -> str | None:
    return None if value is None else str(value)


def _stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _sure(text: str) -> datetime:
    return datetime.fromisoformat(text)


# Entities -------------------------------------------------------------------------------------------------------


def entity_body(entity: norms.Entity) -> dict[str, Any]:
    stamp = _Stamps()
    return {
        "attributes": {
            name: [[s.value, stamp[s.happened_at], stamp[s.recorded_at], s.key, s.seq] for s in settings]
            for name, settings in entity.attributes.items()
        },
        "aliases": list(entity.aliases),
    }


class _Stamps(dict[datetime, str]):
    """Times as text; most of an entity's attributes were set by one fact."""

    def __missing__(self, moment: datetime) -> str:
        made = self[moment] = moment.isoformat()
        return made


def entity_of(kind: str, id: str, body: dict[str, Any]) -> norms.Entity:
    return norms.Entity(
        kind,
        id,
        {
            name: tuple(norms.Setting(v, _sure(h), _sure(r), key, seq) for v, h, r, key, seq in settings)
            for name, settings in body["attributes"].items()
        },
        tuple(body["aliases"]),
    )


# Obligations ----------------------------------------------------------------------------------------------------

_BEFORE_STATE = (
    "id regulation version clause control element trigger subject_kind subject customer owner owed_by department"
).split()
_AFTER_STATE = "opened_at actionable_from due_at missed_at taken_back closed_at fulfilled_by next_at".split()
_COLUMNS = (*_BEFORE_STATE, *_AFTER_STATE)


def obligation_values(o: norms.Obligation) -> list[Any]:
    """An obligation's values in the order of the table's columns."""
    values: dict[str, Any] = o.__dict__
    return [
        *[values[name] for name in _BEFORE_STATE],
        o.state.value,
        *[values[name] for name in _AFTER_STATE],
        _rest(o),
    ]


def _rest(o: norms.Obligation) -> dict[str, Any]:
    return {
        "trigger_key": o.trigger_key,
        "trigger_kind": o.trigger_kind,
        "trigger_recorded_at": _stamp(o.trigger_recorded_at),
        "matches": list(o.matches),
        "watches": list(o.watches),
        "owner_expression": o.owner_expression,
        "counts_from": _stamp(o.counts_from),
        "estimated": o.estimated,
        "grace": int(o.grace.total_seconds()),
        "dated_back": o.dated_back,
        "closed_by": o.closed_by,
        "suspensions": [[_stamp(a), _stamp(b)] for a, b in o.suspensions],
        "events": [
            [e.role, e.seq, e.key, e.kind, _stamp(e.happened_at), _stamp(e.recorded_at)] for e in o.events
        ],
        "history": [
            [j.seq, _stamp(j.at), j.state.value, _stamp(j.due_at), _stamp(j.missed_at), j.version, j.why]
            for j in o.history
        ],
        "calendar": o.calendar,
        "prompted_until": _stamp(o.prompted_until),
    }


def obligation_of(row: models.Obligation) -> norms.Obligation:
    rest = row.rest
    return norms.Obligation(
        **{name: getattr(row, name) for name in _COLUMNS},
        state=norms.State(row.state),
        trigger_key=rest["trigger_key"],
        trigger_kind=rest["trigger_kind"],
        trigger_recorded_at=_sure(rest["trigger_recorded_at"]),
        matches=tuple(rest["matches"]),
        watches=tuple(rest["watches"]),
        owner_expression=rest["owner_expression"],
        counts_from=_sure(rest["counts_from"]),
        estimated=rest["estimated"],
        grace=timedelta(seconds=rest["grace"]),
        dated_back=rest["dated_back"],
        closed_by=rest["closed_by"],
        suspensions=tuple((_sure(a), _moment(b)) for a, b in rest["suspensions"]),
        events=tuple(
            norms.Event(r, s, k, kind, _sure(h), _sure(rec)) for r, s, k, kind, h, rec in rest["events"]
        ),
        history=tuple(
            norms.Judgement(s, _sure(at), norms.State(st), _moment(d), _moment(m), v, w)
            for s, at, st, d, m, v, w in rest["history"]
        ),
        calendar=rest["calendar"],
        prompted_until=_moment(rest["prompted_until"]),
    )


# Measures -------------------------------------------------------------------------------------------------------

MEASURE_COLUMNS = (
    "control key regulation period at person department area customer counted hit value taken_back seq"
).split()


def measure_of(row: models.MeasureEntry) -> norms.MeasureEntry:
    return norms.MeasureEntry(**{name: getattr(row, name) for name in MEASURE_COLUMNS})


def frozen_rows(frozen: norms.Frozen) -> list[models.FrozenFigure]:
    """A closed period's figures as rows: of all, of each department, of each person in a department."""
    by_department: dict[str, dict[str, int]] = {}
    for (_, department), sums in frozen.parts.items():
        whole = by_department.setdefault(department, {})
        for name, n in sums.items():
            whole[name] = whole.get(name, 0) + n
    lines: list[tuple[str | None, str | None, Any]] = [(None, None, frozen.figures)]
    lines += [(None, department, sums) for department, sums in sorted(by_department.items())]
    lines += [(person, department, sums) for (person, department), sums in sorted(frozen.parts.items())]
    return [
        models.FrozenFigure(
            control=frozen.control,
            period=frozen.period,
            person=person,
            department=department,
            figures=dict(sums),
            up_to=frozen.up_to,
            seq=frozen.seq,
        )
        for person, department, sums in lines
    ]


# Facts ----------------------------------------------------------------------------------------------------------


def fact_body(fact: norms.Fact) -> dict[str, Any]:
    return {
        "kind": fact.kind,
        "happened_at": _stamp(fact.happened_at),
        "recorded_at": _stamp(fact.recorded_at),
        "actor": fact.actor,
        "subject_kind": fact.subject_kind,
        "subject": fact.subject,
        "customer": fact.customer,
        "data": dict(fact.data),
        "version": fact.version,
        "key": fact.key,
    }


def amended_fact(seq: int, body: dict[str, Any]) -> norms.Fact:
    times = {name: _sure(body[name]) for name in ("happened_at", "recorded_at")}
    return norms.Fact(seq=seq, **{**body, **times})
