"""Visits for the large company: what real actions made in the first weeks, told again of other customers and days.

A model is one whole visit with all that the journal says of it: rows, facts and texts. Told again, its ids become new
ones, its owner becomes another, and all its times move by whole weeks, so that a Friday's report stays a Friday's. Which
values are ids and times the kinds of facts declare themselves; nothing here knows what a visit is made of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Model, Q

from guanxi.domains.customers.models import Need, Promise
from guanxi.domains.visits.models import Visit, VisitLine, VisitReport
from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.quick import moment
from guanxi.platform.kernel.facts import get_kind

from .writing import Said

WEEK = timedelta(days=7)
PERSONS = ("owner", "actor")
"""Fields that name whoever makes the visit."""
KEPT = ("product", "colleagues")
"""Fields that name rows which stay the same."""


@dataclass(frozen=True, slots=True)
class Told:
    """A fact of a model: its row in the journal, and its texts."""

    row: Fact
    texts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class VisitModel:
    """One visit as it was: rows by table, facts in order, who made it."""

    owner: int
    visit: Visit
    lines: list[VisitLine]
    reports: list[VisitReport]
    needs: list[Need]
    promises: list[Promise]
    facts: list[Told]

    @property
    def begins(self) -> datetime:
        return self.facts[0].row.happened_at

    @property
    def ends(self) -> datetime:
        return self.facts[-1].row.recorded_at


@dataclass(frozen=True, slots=True)
class To:
    """Of whom a visit is told again."""

    customer: int
    owner: int
    department: int
    contact: int | None


def models() -> list[VisitModel]:
    """The visits whose story is told to its end and touches nothing that is counted elsewhere (stock, new customers,
    another visit, another person)."""
    found = []
    wanted = Visit.objects.filter(next_visit=None, previous=None, ended_at=None, left_at__isnull=False)
    for visit in wanted.order_by("pk"):
        lines = list(visit.lines.order_by("pk"))
        if any(line.account_id or line.kind == "gift" for line in lines):
            continue
        needs = list(Need.objects.filter(visit_id=visit.pk).order_by("pk"))
        if {line.need_id for line in lines if line.need_id} - {need.pk for need in needs}:
            continue
        promises = list(Promise.objects.filter(visit_id=visit.pk).order_by("pk"))
        facts = list(_facts(visit, needs, promises))
        own = {
            "visit": {str(visit.pk)},
            "need": {str(n.pk) for n in needs},
            "promise": {str(p.pk) for p in promises},
        }
        if all(_can_be_told(one, visit.made_by, own) for one in facts):
            reports = list(visit.reports.order_by("pk"))
            found.append(VisitModel(visit.made_by, visit, lines, reports, needs, promises, facts))
    return found


def _facts(visit: Visit, needs: list[Need], promises: list[Promise]) -> Iterator[Told]:
    """What the journal says of a visit and of what came up in it; what the engine itself wrote is left out."""
    about = Q(subject_kind="visit", subject_id=str(visit.pk))
    about |= Q(subject_kind="need", subject_id__in=[str(need.pk) for need in needs])
    about |= Q(subject_kind="promise", subject_id__in=[str(promise.pk) for promise in promises])
    for row in Fact.objects.filter(about, caused_by=None).select_related("words").order_by("seq"):
        if row.data.get("visit") not in (None, str(visit.pk)):
            continue  # a later visit confirmed the need: that is the later one's story
        yield Told(row, dict(row.words.body) if hasattr(row, "words") else {})


def _can_be_told(told: Told, owner: int, own: Mapping[str, set[str]]) -> bool:
    """Whether every id in it is the visit's own, its owner, or may stay."""
    row = told.row
    if row.actor_id is None or row.on_behalf_of_id is not None or row.kind == "visit.reassigned":
        return False
    for name, type_name in get_kind(row.kind).fields.items():
        value = row.data.get(name)
        if value is None or "ref" not in type_name or name in KEPT or value in own.get(name, ()):
            continue
        if name not in PERSONS or value != str(owner):
            return False
    return True


class Teller:
    """Tells models again. ids: for each table, where its next ids come from. row: takes a row as `Bulk.row` does."""

    def __init__(
        self, ids: Mapping[type[Model], Iterator[int]], row: Callable[[type[Model], dict[str, Any]], None]
    ) -> None:
        self.ids, self.row = ids, row

    def tell(self, model: VisitModel, to: To, weeks: int) -> Iterable[Said]:
        """Its rows are given out; its facts come back, in order, `weeks` weeks after they happened."""
        by = weeks * WEEK
        made: dict[str, dict[int, int]] = defaultdict(dict)
        made["person"][model.owner] = to.owner
        made["visit"][model.visit.pk] = next(self.ids[Visit])
        for name, rows in (("need", model.needs), ("promise", model.promises)):
            for one in rows:
                made[name][one.pk] = next(self.ids[type(one)])
        shared = {"customer_id": to.customer, "visit_id": made["visit"][model.visit.pk]}
        own = {
            "contact_id": to.contact,
            "owner_id": to.owner,
            "department_id": to.department,
            "customer_id": to.customer,
        }
        self._again(model.visit, by, made, {"id": made["visit"][model.visit.pk], **own})
        for row in (*model.needs, *model.promises):
            id = made["need" if isinstance(row, Need) else "promise"][row.pk]
            more = {"owner_id": to.owner} if isinstance(row, Promise) else {}
            self._again(row, by, made, {"id": id, "contact_id": to.contact, **shared, **more})
        for line in model.lines:
            need, promise = made["need"].get(line.need_id or 0), made["promise"].get(line.promise_id or 0)
            ids = {"id": next(self.ids[VisitLine]), "need_id": need, "promise_id": promise}
            self._again(line, by, made, {**ids, "visit_id": shared["visit_id"]})
        for report in model.reports:
            self._again(report, by, made, {"id": next(self.ids[VisitReport]), "visit_id": shared["visit_id"]})
        for told in model.facts:
            yield _again(told, by, made, to.customer)

    def _again(
        self, one: Model, by: timedelta, made: Mapping[str, Mapping[int, int]], new: dict[str, Any]
    ) -> None:
        """A row with its times moved and its ids new, as the database takes it."""
        values: dict[str, Any] = {}
        for field in one._meta.concrete_fields:
            value = getattr(one, field.attname)
            if field.attname.endswith("by_id"):
                value = made["person"].get(value, value)
            if isinstance(value, datetime):
                value = moment(value + by)
            elif isinstance(value, list | dict):
                value = field.get_db_prep_save(value, connection)
            values[field.attname] = value
        self.row(type(one), {**values, **new})


def _again(told: Told, by: timedelta, made: Mapping[str, Mapping[int, int]], customer: int) -> Said:
    row = told.row
    fields = get_kind(row.kind).fields
    data = {name: _value(name, fields.get(name, ""), value, by, made) for name, value in row.data.items()}
    actor = made["person"].get(row.actor_id or 0, row.actor_id or 0)
    subject = str(made[row.subject_kind][int(row.subject_id or 0)])
    happened = row.happened_at + by
    return Said(
        row.kind, row.recorded_at + by, actor, row.subject_kind, subject, customer, data, told.texts, happened
    )


def _value(
    name: str, type_name: str, value: Any, by: timedelta, made: Mapping[str, Mapping[int, int]]
) -> Any:
    kind = type_name.removesuffix("?").partition(":")[0]
    if value is None:
        return None
    if kind == "timestamp":
        return (datetime.fromisoformat(value) + by).isoformat()
    if kind == "date":
        return (date.fromisoformat(value) + by).isoformat()
    if kind == "ref" and name not in KEPT:
        return str(made["person" if name in PERSONS else name][int(value)])
    return _moved(value, by) if kind == "map" else value


def _moved(value: Any, by: timedelta) -> Any:
    """Plain data with the times in it moved."""
    if isinstance(value, dict):
        return {name: _moved(one, by) for name, one in value.items()}
    if isinstance(value, list):
        return [_moved(one, by) for one in value]
    if isinstance(value, str) and len(value) >= 19 and value[4:5] == "-" and value[10:11] == "T":
        return (datetime.fromisoformat(value) + by).isoformat()
    return value
