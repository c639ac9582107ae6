"""The fields as columns and filters of a list, whatever fields there are at the moment.

class Customers(List):
    columns = with_columns(COLUMNS, "customer")
    filters = with_filters(FILTERS, "customer")

    def __init__(self, request, rows, …):
        rows, parts = asked_for(self, "customer", request.GET, rows, parts)

    def prepare(self, rows):
        with_names(self, "customer", rows)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Q, QuerySet
from django.http import QueryDict

from guanxi.platform.kernel import Text
from guanxi.platform.ui.filters import EMPTY, ChoiceFilter, DateFilter, Filter, NumberFilter, TextFilter
from guanxi.platform.ui.lists import Column
from guanxi.platform.ui.narrowing import WHERE

from . import types as t
from .known import every, fields
from .sql import UNINDEXED, where_few, worked_out
from .types import Own

One = TypeVar("One")
NAMES = "own_names"
"""Where a row of a list holds the names of the persons in its own fields."""
FORMS = {t.NUMBER: "number", t.MONEY: "money", t.DATE: "day"}
OFFERED_DAYS = ("today", "week", "month", "past30", "next30", "older90")


class Joined(Generic[One]):
    """A class attribute: what a list has anyway, and what the company has of its own at the moment."""

    def __init__(self, base: Sequence[One], subject: str, make: Callable[[Own], One]) -> None:
        self.base, self.subject, self.make = tuple(base), subject, make

    def __get__(self, one: Any, cls: Any = None) -> tuple[One, ...]:
        return (*self.base, *(self.make(own) for own in every(self.subject)))


def with_columns(base: Sequence[Column], subject: str) -> Any:
    """The columns of a list, those of own fields at the end."""
    return Joined(base, subject, column)


def with_filters(base: Sequence[Filter], subject: str) -> Any:
    """The filters of a list, those of own fields at the end."""
    return Joined(base, subject, filter_of)


def column(own: Own) -> Column:
    """A field as a column: not shown without being asked for."""

    def value(row: Any) -> Any:
        return own.typed(row.own.get(own.key), getattr(row, NAMES, None))

    sort = "" if own.type in UNINDEXED or own.type == t.PERSON else own.name
    return Column(
        own.name,
        label(own),
        value=value,
        sort=sort,
        nullable=True,
        form=FORMS.get(own.type, "text"),
        shown=False,
    )


def with_names(shown: Any, subject: str, rows: Sequence[Any]) -> None:
    """Ask once for the names of all persons in the columns of the rows about to be shown or written."""
    columns = {column.key for column in shown.shown_columns}
    known = [own for own in every(subject) if own.type == t.PERSON and own.name in columns]
    if known:
        names = t.people_of(known, (row.own for row in rows))
        for row in rows:
            setattr(row, NAMES, names)


def in_words(subject: str, text: str) -> Q:
    """The condition that what was typed stands in a field that holds words; of a list with `asked_for(…, searched=True)`."""
    wanted = Q()
    for own in _worded(subject):
        wanted |= Q(**{f"{own.name}__icontains": text})
    return wanted


def _worded(subject: str) -> list[Own]:
    return [own for own in fields(subject) if own.type in t.WORDED]


def label(own: Own) -> Text:
    """Its words in a list; a retired one says that it is."""
    if not own.retired:
        return own.label
    return Text(f"{own.label.zh}（已停用）", f"{own.label.en} (retired)")


@dataclass(frozen=True, slots=True)
class ManyFilter(ChoiceFilter):
    """Has at least one of the chosen codes. A code is letters, digits and _, so that it stands between its marks only."""

    def where(self, value: Any, now: datetime) -> Q:
        wanted = Q()
        for code in value:
            if code != EMPTY:
                wanted |= Q(**{f"{self.column}__contains": f'"{code}"'})
        wanted = self._there(wanted) if wanted else wanted
        return wanted | Q(**{f"{self.column}__isnull": True}) if EMPTY in value else wanted


def filter_of(own: Own) -> Filter:
    """A field as a filter."""
    how: dict[str, Any] = {"field": own.name, "empty": True, "worked_out": True}
    if own.type not in (*UNINDEXED, t.TEXT):
        how["few"] = where_few(own)
    said = label(own)
    if own.type in t.NUMERIC:
        return NumberFilter(own.name, said, **how)
    if own.type == t.DATE:
        return DateFilter(own.name, said, **how, offers=OFFERED_DAYS)
    if own.type == t.YESNO:
        return ChoiceFilter(
            own.name, said, **how, choices=[(t.YES, Text("是", "Yes")), (t.NO, Text("否", "No"))]
        )
    if own.type in t.CHOSEN:
        pairs = [(c.code, c.label) for c in own.rules.choices]
        return (ManyFilter if own.type == t.MANY else ChoiceFilter)(own.name, said, **how, choices=pairs)
    return TextFilter(own.name, said, **how)


def asked_for(
    shown: Any,
    subject: str,
    query: QueryDict,
    rows: QuerySet,
    parts: Sequence[QuerySet],
    *,
    searched: bool = False,
) -> tuple[QuerySet, Sequence[QuerySet]]:
    """The list with the columns and filters of this moment (retired fields only where its address asks for them, those that
    change their type not at all), and its rows with what filters and order are worked out of. searched: the search
    box looks into fields that hold words too (`in_words`)."""
    known = every(subject)
    text = " ".join([*query.keys(), query.get(WHERE, ""), query.get("sort", ""), *query.getlist("c")])
    gone = {own.name for own in known if own.changing or (own.retired and own.name not in text)}
    shown.columns = tuple(c for c in shown.columns if c.key not in gone)
    shown.filters = tuple(f for f in shown.filters if f.key not in gone)
    made = worked_out(own for own in known if own.name in text and not own.changing)
    if searched and query.get("q", "").strip():
        made |= worked_out(_worded(subject))
    if not made:
        return rows, parts
    return rows.annotate(**made), [part.annotate(**made) for part in parts]
