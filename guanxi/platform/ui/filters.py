"""Filters of a list. Each reads its own values from the address, narrows a queryset, and says what it does in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone

from guanxi.platform.kernel import Text, read_day

from . import operators as ops
from .operators import Operator, Wrong

EMPTY = "empty"
EVERY_ROW = ~Q(pk__in=[])
"""The condition that each row meets: `Q()` would vanish from an "or"."""
NAMED = ("today", "week", "month", "quarter", "year")
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

    empty: offers "is empty". Texts typed into it are taken as they are. worked_out: the field is no column of the row but
    worked out of one, and may be null; few(condition) then says it in a way that is quicker where few rows fit.
    """

    key: str
    label: Text
    field: str = ""
    empty: bool = False
    worked_out: bool = False
    few: Callable[[Q], Q] | None = None
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

    def where(self, value: Any, now: datetime) -> Q:
        """The rows that fit, as a condition; it joins no table that may hold several rows for one."""
        raise NotImplementedError

    def said(self, value: Any) -> Text:
        """The filter as a piece of a sentence: 等级是 A."""
        raise NotImplementedError

    def options(self, value: Any) -> list[Choice]:
        return []

    # --- as a condition in a tree (`narrowing.py`): an operator and its values instead of what the address names ---

    def operators(self) -> Sequence[Operator]:
        """What can be asked of it in a tree, the usual one first; none: only by its own name in the address."""
        return ()

    def value(self, op: str, values: Sequence[str]) -> Any:
        """The value that `where` and `said` take for an operator's values. Wrong with words where they do not fit."""
        raise NotImplementedError

    def conditions(self, value: Any) -> list[tuple[str, tuple[str, ...]]]:
        """What the address asks of this filter as operators with values."""
        return []

    def plain(self, op: str, values: Sequence[str]) -> dict[str, list[str]] | None:
        """The names and values in an address that ask the same; None where there are none."""
        return None

    def unsaid(self, value: Any) -> Text:
        """The opposite in words."""
        said = self.said(value)
        return Text(f"并非{said.zh}", f"not: {said.en}")

    @property
    def column(self) -> str:
        return self.field or self.key

    def _there(self, wanted: Q) -> Q:
        """Of another row that need not be there, or of what is worked out: not met where it is missing, rather than unknown,
        which stays unknown under "not". Django says so of columns, but of joined ones only where an earlier condition
        already joined them openly."""
        open_ended = self.worked_out or "__" in self.column
        wanted = wanted & Q(**{f"{self.column}__isnull": False}) if open_ended else wanted
        return self.few(wanted) if self.few else wanted

    def _is_empty(self) -> Q:
        return Q(**{f"{self.column}__isnull": True}) | Q(**{self.column: ""})


@dataclass(frozen=True, slots=True)
class Typed:
    """A text that the field contains, or (exact) is; also where the text is the very word "empty"."""

    text: str
    exact: bool = False


@dataclass(frozen=True, slots=True)
class TextFilter(Filter):
    """The field contains what is typed."""

    def _asked(self, value: Any) -> Typed | None:
        """What is looked for; None for "is empty"."""
        if isinstance(value, Typed):
            return value
        return None if self.empty and value == EMPTY else Typed(value)

    def where(self, value: Any, now: datetime) -> Q:
        asked = self._asked(value)
        if asked is None:
            return self._is_empty()
        return self._there(Q(**{f"{self.column}__{'iexact' if asked.exact else 'icontains'}": asked.text}))

    def said(self, value: Any) -> Text:
        return self._said(value, "为空", "is empty", ("含", "是"), ("contains", "is"))

    def unsaid(self, value: Any) -> Text:
        return self._said(value, "不为空", "is not empty", ("不含", "不是"), ("does not contain", "is not"))

    def _said(
        self, value: Any, zh: str, en: str, zh_verbs: tuple[str, str], en_verbs: tuple[str, str]
    ) -> Text:
        asked = self._asked(value)
        if asked is None:
            return Text(f"{self.label.zh}{zh}", f"{self.label.en} {en}")
        return Text(
            f"{self.label.zh}{zh_verbs[asked.exact]}“{asked.text}”",
            f"{self.label.en} {en_verbs[asked.exact]} “{asked.text}”",
        )

    def operators(self) -> Sequence[Operator]:
        return (*ops.TEXT, *(ops.EMPTINESS if self.empty else ()))

    def value(self, op: str, values: Sequence[str]) -> Any:
        if op == "empty":
            return EMPTY
        typed = ops.one(values).strip()
        if not typed:
            raise Wrong(Text("请填写内容", "Write what to look for"))
        if len(typed) > 200:
            raise Wrong(Text("最多 200 个字符", "At most 200 characters"))
        return Typed(typed, exact=op == "is")

    def conditions(self, value: Any) -> list[tuple[str, tuple[str, ...]]]:
        asked = self._asked(value)
        return [("has", (asked.text,)) if asked else ("empty", ())]

    def plain(self, op: str, values: Sequence[str]) -> dict[str, list[str]] | None:
        if op == "empty":
            return {self.key: [EMPTY]}
        typed = ops.one(values).strip()
        return {self.key: [typed]} if op == "has" and typed and typed != EMPTY else None


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

    def where(self, value: Any, now: datetime) -> Q:
        wanted = self._there(
            Q(**{f"{self.column}__in": [v for v in value if not (self.empty and v == EMPTY)]})
        )
        return wanted | Q(**{f"{self.column}__isnull": True}) if self.empty and EMPTY in value else wanted

    def said(self, value: Any) -> Text:
        return self._said(value, "是", "is")

    def unsaid(self, value: Any) -> Text:
        return self._said(value, "不是", "is not")

    def _said(self, value: Any, zh: str, en: str) -> Text:
        known = dict(self.pairs())
        words = [known[v] for v in value]
        return Text(
            f"{self.label.zh}{zh} {'或 '.join(w.zh for w in words)}",
            f"{self.label.en} {en} {' or '.join(w.en for w in words)}",
        )

    def operators(self) -> Sequence[Operator]:
        return ops.CHOICE

    def value(self, op: str, values: Sequence[str]) -> Any:
        chosen = list(dict.fromkeys(v for v in values if v))
        if not chosen:
            raise Wrong(Text("请至少选一项", "Choose at least one"))
        known = dict(self.pairs())
        strange = [v for v in chosen if v not in known]
        if strange:
            raise Wrong(
                Text("没有“{v}”这一项可选", "“{v}” is not among the choices").format(v=strange[0][:40])
            )
        return chosen

    def conditions(self, value: Any) -> list[tuple[str, tuple[str, ...]]]:
        return [("is", tuple(value))]

    def plain(self, op: str, values: Sequence[str]) -> dict[str, list[str]] | None:
        return {self.key: list(values)} if op == "is" else None

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
        found = {"is": named} if named == EMPTY or named in NAMED or _RELATIVE.fullmatch(named) else {}
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

    def where(self, value: Any, now: datetime) -> Q:
        field = self.column
        if value.get("is") == EMPTY:
            return Q(**{f"{field}__isnull": True})
        first, last = self._days(value, timezone.localtime(now).date())
        wanted = Q()
        if first is not None:
            wanted &= Q(**{f"{field}__gte": self._bound(first)})
        if last is not None:
            wanted &= Q(**{f"{field}__lt": self._bound(last + timedelta(days=1))})
        if value.get("is", "").startswith("older"):
            return wanted | Q(**{f"{field}__isnull": True})
        return self._there(wanted)

    def operators(self) -> Sequence[Operator]:
        return (*ops.DATE, *(ops.EMPTINESS if self.empty else ()))

    def value(self, op: str, values: Sequence[str]) -> Any:
        if op == "empty":
            return {"is": EMPTY}
        if op in ("last", "next", "older"):
            days = ops.number_of_days(values)
            return {"is": f"{'past' if op == 'last' else op}{days}"}
        if op == "this":
            named = ops.one(values)
            if named not in NAMED:
                raise Wrong(Text("请选择一个时段", "Choose a period"))
            return {"is": named}
        days_given = [ops.day(v).isoformat() for v in (values if op == "between" else [ops.one(values)])]
        if op == "on":
            return {"from": days_given[0], "to": days_given[0]}
        if op == "since":
            return {"from": days_given[0]}
        if op == "until":
            return {"to": days_given[0]}
        if len(days_given) != 2:
            raise Wrong(Text("请填写起止两个日期", "Give the first and the last day"))
        if days_given[0] > days_given[1]:
            raise Wrong(Text("结束早于开始", "The last day is before the first"))
        return {"from": days_given[0], "to": days_given[1]}

    def conditions(self, value: Any) -> list[tuple[str, tuple[str, ...]]]:
        named, first, last = value.get("is", ""), value.get("from"), value.get("to")
        if named == EMPTY:
            return [("empty", ())]
        if named in NAMED:
            return [("this", (named,))]
        if named:
            kind, days = _parts(named)
            return [("last" if kind == "past" else kind, (str(days),))]
        if first and last:
            return [("on", (first,))] if first == last else [("between", (first, last))]
        return [("since", (first,))] if first else [("until", (last,))]

    def plain(self, op: str, values: Sequence[str]) -> dict[str, list[str]] | None:
        found = self.value(op, values) if op in {o.key for o in ops.DATE} | {"empty"} else {}
        names = {"is": self.key, "from": f"{self.key}_from", "to": f"{self.key}_to"}
        return {names[part]: [value] for part, value in found.items()} or None

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
        if named == "quarter":
            began = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
            return began, (began + timedelta(days=95)).replace(day=1) - timedelta(days=1)
        if named == "year":
            return today.replace(month=1, day=1), today.replace(month=12, day=31)
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
            "quarter": Text("本季度", "this quarter"),
            "year": Text("今年", "this year"),
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
        first, last = value.get("from"), value.get("to")
        if not last:
            return Text(f"{self.label.zh}不早于 {first}", f"{self.label.en} {first} or later")
        if not first:
            return Text(f"{self.label.zh}不晚于 {last}", f"{self.label.en} {last} or earlier")
        if first == last:
            return Text(f"{self.label.zh}在 {first}", f"{self.label.en} on {first}")
        return Text(f"{self.label.zh}在 {first} 至 {last}", f"{self.label.en} {first} to {last}")

    def unsaid(self, value: Any) -> Text:
        if value.get("is") == EMPTY:
            return Text(f"{self.label.zh}不为空", f"{self.label.en} is not empty")
        said = self.said(value)
        return Text(f"并非{said.zh}", f"not: {said.en}")

    def options(self, value: Any) -> list[Choice]:
        offered = [*self.offers, *([EMPTY] if self.empty else [])]
        asked = value.get("is", "")
        if asked and asked not in offered:
            offered.append(asked)
        return [Choice(v, self.words(v), v == asked) for v in offered]


@dataclass(frozen=True, slots=True)
class NumberFilter(Filter):
    """A number: at least, at most, exactly, empty."""

    kind = "number"

    def names(self) -> list[str]:
        return [self.key, f"{self.key}_from", f"{self.key}_to"]

    def values(self, query: QueryDict) -> dict[str, str]:
        if self.empty and query.get(self.key) == EMPTY:
            return {"is": EMPTY}
        found = {}
        for end, name in self._ends().items():
            try:
                found[end] = _written(ops.number(query.get(name, "")))
            except Wrong:
                continue
        return {"is": found["is"]} if "is" in found else found

    def _ends(self) -> dict[str, str]:
        return {"is": self.key, "from": f"{self.key}_from", "to": f"{self.key}_to"}

    def faults(self, query: QueryDict) -> list[str]:
        found = self.values(query)
        return [name for end, name in self._ends().items() if query.get(name) and not found.get(end)]

    def where(self, value: Any, now: datetime) -> Q:
        if value.get("is") == EMPTY:
            return Q(**{f"{self.column}__isnull": True})
        lookups = {"is": "exact", "from": "gte", "to": "lte"}
        wanted = Q()
        for end, number in value.items():
            wanted &= Q(**{f"{self.column}__{lookups[end]}": Decimal(number)})
        return self._there(wanted)

    def operators(self) -> Sequence[Operator]:
        return (*ops.NUMBER, *(ops.EMPTINESS if self.empty else ()))

    def value(self, op: str, values: Sequence[str]) -> Any:
        if op == "empty":
            return {"is": EMPTY}
        return {{"least": "from", "most": "to", "is": "is"}[op]: _written(ops.number(ops.one(values)))}

    def conditions(self, value: Any) -> list[tuple[str, tuple[str, ...]]]:
        if value.get("is") == EMPTY:
            return [("empty", ())]
        named = {"is": "is", "from": "least", "to": "most"}
        return [(named[end], (number,)) for end, number in value.items()]

    def plain(self, op: str, values: Sequence[str]) -> dict[str, list[str]] | None:
        if op not in ("empty", "least", "most", "is"):
            return None
        return {self._ends()[end]: [number] for end, number in self.value(op, values).items()}

    def said(self, value: Any) -> Text:
        if value.get("is") == EMPTY:
            return Text(f"{self.label.zh}为空", f"{self.label.en} is empty")
        if "is" in value:
            return Text(f"{self.label.zh}等于 {value['is']}", f"{self.label.en} is {value['is']}")
        zh = [f"不小于 {value['from']}"] if "from" in value else []
        en = [f"at least {value['from']}"] if "from" in value else []
        if "to" in value:
            zh.append(f"不大于 {value['to']}")
            en.append(f"at most {value['to']}")
        return Text(f"{self.label.zh}{'、'.join(zh)}", f"{self.label.en} {', '.join(en)}")

    def unsaid(self, value: Any) -> Text:
        if value.get("is") == EMPTY:
            return Text(f"{self.label.zh}不为空", f"{self.label.en} is not empty")
        if "is" in value:
            return Text(f"{self.label.zh}不等于 {value['is']}", f"{self.label.en} is not {value['is']}")
        return Filter.unsaid(self, value)


def _written(number: Decimal) -> str:
    """A number as it stands in an address."""
    return format(number.normalize(), "f")


def _parts(named: str) -> tuple[str, int]:
    found = _RELATIVE.fullmatch(named)
    if found is None:
        raise ValueError(f"{named} is no relative date")
    return found[1], int(found[2])
