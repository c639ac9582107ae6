"""What can be asked of a field: operators with their words and the values they take."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from guanxi.platform.kernel import Text, read_day

LONGEST_TIME = 3660
"""Days: ten years."""
LARGEST_NUMBER = Decimal(10) ** 15
MOST_DECIMALS = 15


class Wrong(ValueError):
    """Values that an operator cannot take, in words for whoever gave them."""

    def __init__(self, words: Text) -> None:
        super().__init__(words.en)
        self.words = words


@dataclass(frozen=True, slots=True)
class Operator:
    """takes: '', text, number, choices, day, span (two days), days (a number of them), period. of: what it is the opposite of."""

    key: str
    label: Text
    takes: str = ""
    of: str = ""

    @property
    def asks(self) -> str:
        """The operator whose value this one has."""
        return self.of or self.key


TEXT = (
    Operator("has", Text("包含", "contains"), "text"),
    Operator("lacks", Text("不包含", "does not contain"), "text", of="has"),
    Operator("is", Text("是", "is"), "text"),
    Operator("isnt", Text("不是", "is not"), "text", of="is"),
)
CHOICE = (
    Operator("is", Text("是其中之一", "is one of"), "choices"),
    Operator("isnt", Text("不是其中任何一个", "is none of"), "choices", of="is"),
)
DATE = (
    Operator("last", Text("在最近（天）", "in the last (days)"), "days"),
    Operator("next", Text("在今后（天）", "in the next (days)"), "days"),
    Operator("older", Text("早于（天前），或没有", "longer ago than (days), or never"), "days"),
    Operator("this", Text("在本…", "in this …"), "period"),
    Operator("on", Text("在这天", "on"), "day"),
    Operator("since", Text("不早于", "on or after"), "day"),
    Operator("until", Text("不晚于", "on or before"), "day"),
    Operator("between", Text("在两天之间", "between"), "span"),
)
NUMBER = (
    Operator("least", Text("不小于", "is at least"), "number"),
    Operator("most", Text("不大于", "is at most"), "number"),
    Operator("is", Text("等于", "is"), "number"),
    Operator("isnt", Text("不等于", "is not"), "number", of="is"),
)
EMPTINESS = (
    Operator("empty", Text("为空", "is empty")),
    Operator("filled", Text("不为空", "is not empty"), of="empty"),
)


def one(values: Sequence[str]) -> str:
    """The only value, '' for none. Wrong for several."""
    if len(values) > 1:
        raise Wrong(Text("这里只能有一个值", "Only one value fits here"))
    return values[0] if values else ""


def day(text: str) -> date:
    """A day as it is typed or written in an address."""
    try:
        return read_day(text)
    except ValueError:
        raise Wrong(Text("请填写日期", "Give a date")) from None


def number(text: str) -> Decimal:
    """A number as it is typed or written in an address."""
    try:
        found = Decimal(unicodedata.normalize("NFKC", text).strip().replace(",", ""))
    except InvalidOperation:
        raise Wrong(Text("请填写数字", "Give a number")) from None
    exponent = found.as_tuple().exponent  # 1e-999999 is short to write and a million signs long to show
    if not isinstance(exponent, int) or exponent < -MOST_DECIMALS or abs(found) >= LARGEST_NUMBER:
        raise Wrong(Text("请填写数字", "Give a number"))
    return found


def number_of_days(values: Sequence[str]) -> int:
    """A whole number of days."""
    text = one(values).strip()
    digits = text.lstrip("0") or text[:1]
    if not (digits.isascii() and digits.isdigit() and len(digits) < 9 and int(digits) <= LONGEST_TIME):
        raise Wrong(Text("请填写天数（0 到 {n}）", "Give a number of days (0 to {n})").format(n=LONGEST_TIME))
    return int(digits)
