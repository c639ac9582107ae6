"""Filters of a list. Each reads its own values from the address, narrows a queryset, and says what it does in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from guanxi.platform.kernel import Text, read_day

EMPTY = "empty"
_RELATIVE = re.compile(r"(past|next|older)(\d{1,4})")


@dataclass(frozen=True, slots=True)
class Choice:
    """One box of a filter's body."""

    value: str
    label: Any
    chosen: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """Base. key: its name in the address. label: what it is about. field: the field or lookup path it narrows by.

    empty: offers "is empty". Texts typed into it are taken as they are.
    """

    key: str
    label: Text
    field: str = ""
    empty: bool = False
    kind = "text"

    def values(self, query: QueryDict) -> Any:
        """What the address asks of this filter; falsy for nothing."""
        return query.get(self.key, "").strip()

    def names(self) -> list[str]:
        """The names it takes in the address."""
        return [self.key]

    def faults(self, query: QueryDict) -> list[str]:
        """The names in an address whose values this filter would pass over; a page does so, a program is told."""
        return []

    def apply(self, rows: QuerySet, value: Any, now: datetime) -> QuerySet:
        raise NotImplementedError

    def said(self, value: Any) -> Text:
        """The filter as a piece of a sentence: 等级是 A."""
        raise NotImplementedError

    def options(self, value: Any) -> list[Choice]:
        return []

    def _is_empty(self) -> Q:
        return Q(**{f"{self.field}__isnull": True}) | Q(**{self.field: ""})


@dataclass(frozen=True, slots=True)
class TextFilter(Filter):
    """The field contains what is typed."""

    def apply(self, rows: QuerySet, value: Any, now: datetime) -> QuerySet:
        if self.empty and value == EMPTY:
            return rows.filter(self._is_empty())
        return rows.filter(**{f"{self.field or self.key}__icontains": value})

    def said(self, value: Any) -> Text:
        if self.empty and value == EMPTY:
            return Text(f"{self.label.zh}为空", f"{self.label.en} is empty")
        return Text(f"{self.label.zh}含“{value}”", f"{self.label.en} contains “{value}”")


@dataclass(frozen=True, slots=True)
class ChoiceFilter(Filter):
    """The field is one of the chosen values. choices: (value, words) pairs, or a function that returns them."""

    choices: Sequence[tuple[Any, Any]] | Callable[[], Sequence[tuple[Any, Any]]] = ()
    kind = "choice"

    def pairs(self) -> list[tuple[str, Text]]:
        found = self.choices() if callable(self.choices) else self.choices
        pairs = [(str(value), Text.of(words)) for value, words in found]
        return [*pairs, (EMPTY, Text("（空）", "(empty)"))] if self.empty else pairs

    def values(self, query: QueryDict) -> list[str]:
        known = dict(self.pairs())
        return [value for value in dict.fromkeys(query.getlist(self.key)) if value in known]

    def faults(self, query: QueryDict) -> list[str]:
        return [self.key] if set(query.getlist(self.key)) - {*self.values(query), ""} else []

    def apply(self, rows: QuerySet, value: Any, now: datetime) -> QuerySet:
        field = self.field or self.key
        wanted = Q(**{f"{field}__in": [v for v in value if not (self.empty and v == EMPTY)]})
        return rows.filter(wanted | self._blank(rows) if self.empty and EMPTY in value else wanted)

    def _blank(self, rows: QuerySet) -> Q:
        return Q(**{f"{self.field or self.key}__isnull": True})

    def said(self, value: Any) -> Text:
        known = dict(self.pairs())
        words = [known[v] for v in value]
        return Text(
            f"{self.label.zh}是 {'或 '.join(w.zh for w in words)}",
            f"{self.label.en} is {' or '.join(w.en for w in words)}",
        )

    def options(self, value: Any) -> list[Choice]:
        return [Choice(v, words, v in value) for v, words in self.pairs()]


@dataclass(frozen=True, slots=True)
class DateFilter(Filter):
    """A day or moment: today, this week or month, the last or next days, longer ago than, empty, or from–to.

    offers: which relative values stand in its body (today, week, month, pastN, nextN, olderN). "olderN" counts rows
    without a date too: never visited is longer ago than any number of days. older: its words, with {n}.
    moment: the field holds a time (UTC), not a day.
    """

    offers: Sequence[str] = ("today", "week", "month", "past7", "past30", "older30", "older90")
    older: Text = Text("", "")
    moment: bool = False
    kind = "date"

    def names(self) -> list[str]:
        return [self.key, f"{self.key}_from", f"{self.key}_to"]

    def values(self, query: QueryDict) -> dict[str, str]:
        named = query.get(self.key, "")
        found = (
            {"is": named} if named in (EMPTY, "today", "week", "month") or _RELATIVE.fullmatch(named) else {}
        )
        for end in ("from", "to"):
            try:
                found[end] = read_day(query.get(f"{self.key}_{end}", "")).isoformat()
            except ValueError:
                continue
        if "from" in found or "to" in found:
            found.pop("is", None)
        return found

    def faults(self, query: QueryDict) -> list[str]:
        found = self.values(query)
        taken = {self.key: found.get("is"), **{f"{self.key}_{end}": found.get(end) for end in ("from", "to")}}
        return [name for name, value in taken.items() if query.get(name) and not value]

    def apply(self, rows: QuerySet, value: Any, now: datetime) -> QuerySet:
        field = self.field or self.key
        if value.get("is") == EMPTY:
            return rows.filter(**{f"{field}__isnull": True})
        first, last = self._days(value, timezone.localtime(now).date())
        wanted = Q()
        if first is not None:
            wanted &= Q(**{f"{field}__gte": self._bound(first)})
        if last is not None:
            wanted &= Q(**{f"{field}__lt": self._bound(last + timedelta(days=1))})
        if value.get("is", "").startswith("older"):
            wanted |= Q(**{f"{field}__isnull": True})
        return rows.filter(wanted)

    def _days(self, value: Mapping[str, str], today: date) -> tuple[date | None, date | None]:
        """First and last day, both included; None for open."""
        named = value.get("is", "")
        if not named:
            return tuple(date.fromisoformat(value[end]) if end in value else None for end in ("from", "to"))  # type: ignore[return-value]
        if named == "today":
            return today, today
        if named == "week":
            monday = today - timedelta(days=today.weekday())
            return monday, monday + timedelta(days=6)
        if named == "month":
            following = (today.replace(day=28) + timedelta(days=4)).replace(day=1)
            return today.replace(day=1), following - timedelta(days=1)
        kind, days = _parts(named)
        if kind == "past":
            return today - timedelta(days=days), today
        if kind == "next":
            return today, today + timedelta(days=days)
        return None, today - timedelta(days=days + 1)

    def _bound(self, day: date) -> date | datetime:
        return timezone.make_aware(datetime.combine(day, time.min)) if self.moment else day

    def words(self, named: str) -> Text:
        """One relative value in words: 最近 30 天, 30 天以上没有."""
        plain = {
            "today": Text("今天", "today"),
            "week": Text("本周", "this week"),
            "month": Text("本月", "this month"),
            EMPTY: Text("为空", "is empty"),
        }
        if named in plain:
            return plain[named]
        kind, n = _parts(named)
        if kind == "older":
            return (self.older or Text("{n} 天以前或没有", "over {n} days ago or never")).format(n=n)
        return {
            "past": Text(f"最近 {n} 天", f"in the last {n} days"),
            "next": Text(f"今后 {n} 天", f"in the next {n} days"),
        }[kind]

    def said(self, value: Any) -> Text:
        named = value.get("is", "")
        if named.startswith("older") and self.older:
            return self.words(named)
        if named:
            words = self.words(named)
            return Text(
                f"{self.label.zh}{'' if named == EMPTY else '在'}{words.zh}", f"{self.label.en} {words.en}"
            )
        first, last = value.get("from", "…"), value.get("to", "…")
        return Text(f"{self.label.zh}在 {first} 至 {last}", f"{self.label.en} {first} to {last}")

    def options(self, value: Any) -> list[Choice]:
        offered = [*self.offers, *([EMPTY] if self.empty else [])]
        asked = value.get("is", "")
        if asked and asked not in offered:
            offered.append(asked)
        return [Choice(v, self.words(v), v == asked) for v in offered]


def _parts(named: str) -> tuple[str, int]:
    found = _RELATIVE.fullmatch(named)
    if found is None:
        raise ValueError(f"{named} is no relative date")
    return found[1], int(found[2])
