"""Numbers of documents by a rule: `BF-{year}-{n:05}` gives BF-2026-00001, and begins anew each year.

    number_rule("visit_report", Text("拜访报告", "Visit report"), "BF-{year}-{n:05}")
    …
    row.number = take(ctx, "visit_report", ("visit", row.pk))     # inside an action's run

A number is taken in the action's own transaction, under the lock that every writer holds: what fails gives its number
back, and nobody gets the same. So there is no gap and no repeat, however many write at once. The rule is a setting of
the company; a changed one holds from the next number on.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils import timezone

from guanxi.platform.journal import quick
from guanxi.platform.kernel import Text
from guanxi.platform.kernel.actions import Context
from guanxi.platform.people.settings_registry import setting, value

from .models import Numbered

LONGEST = 40
HINT = Text(
    "{n:05} 是流水号（5 位），{year} {month} 是年月；写了年月就按年、按月重新计数",
    "{n:05} is the running number in 5 digits, {year} and {month} the date; with them counting begins anew each year or month",
)


@dataclass(frozen=True, slots=True)
class NumberRule:
    """How one kind of document is numbered from the start; the company may set another pattern."""

    name: str
    label: Text
    pattern: str

    @property
    def setting(self) -> str:
        return f"numbers.{self.name}"


_rules: dict[str, NumberRule] = {}


def number_rule(name: str, label: Text, pattern: str) -> NumberRule:
    """Declare how a kind of document is numbered. A pattern that cannot be used is a mistake of the program."""
    wrong = fault_of(pattern)
    if wrong is not None:
        raise ValueError(f"number rule {name}: {wrong.en}")
    rule = _rules[name] = NumberRule(name, label, pattern)
    words = Text(f"{label.zh}编号规则", f"Numbers of: {label.en}")
    setting(rule.setting, str, pattern, words, hint=HINT, check=fault_of, group="papers")
    return rule


def take(ctx: Context, name: str, subject: tuple[str, int]) -> str:
    """The next number of a rule, for this row; the one it has already where it was given one before.

    Only inside an action's transaction; RuntimeError elsewhere, KeyError for an unknown rule.
    """
    rule = _rules[name]
    if not connection.in_atomic_block:
        raise RuntimeError("numbers are taken inside an action")
    kind, id = subject
    there = quick.select(_GIVEN, name, kind, id)
    if there:
        return str(there[0][0])
    pattern = str(value(rule.setting))
    period = period_of(pattern, ctx.now)
    n = (quick.select(_LAST, name, period)[0][0] or 0) + 1
    number = written(pattern, ctx.now, n)
    while quick.select(_TAKEN, name, number):  # an earlier pattern gave the same text
        number = f"{number}*"
    quick.add(
        Numbered(rule=name, period=period, n=n, number=number, subject_kind=kind, subject_id=id, at=ctx.now)
    )
    return number


_GIVEN = "SELECT number FROM documents_numbered WHERE rule = %s AND subject_kind = %s AND subject_id = %s"
_LAST = "SELECT MAX(n) FROM documents_numbered WHERE rule = %s AND period = %s"
_TAKEN = "SELECT 1 FROM documents_numbered WHERE rule = %s AND number = %s LIMIT 1"


def number_of(name: str, subject: tuple[str, int]) -> str:
    """The number that a row was given, or ''."""
    kind, id = subject
    found = Numbered.objects.filter(rule=name, subject_kind=kind, subject_id=id)
    return found.values_list("number", flat=True).first() or ""


def written(pattern: str, at: datetime, n: int) -> str:
    """The n-th number by a pattern at a moment, by the company's calendar."""
    day = timezone.localdate(at)
    return pattern.format(year=f"{day:%Y}", month=f"{day:%m}", n=n)


def period_of(pattern: str, at: datetime) -> str:
    """The stretch of time in which a pattern counts on."""
    names = {name for _, name, _, _ in string.Formatter().parse(pattern)}
    day = timezone.localdate(at)
    if "month" in names:
        return f"{day:%Y-%m}"
    return f"{day:%Y}" if "year" in names else ""


def fault_of(pattern: str) -> Text | None:
    """What is wrong with a pattern, or None."""
    try:
        parts = [part for part in string.Formatter().parse(pattern) if part[1] is not None]
    except ValueError:
        return Text("花括号不成对", "The braces do not match")
    names = [name for _, name, _, _ in parts]
    for _, name, how, conversion in parts:
        if name not in ("n", "year", "month") or conversion or (how and name != "n"):
            return Text("只能用 {n}、{n:05}、{year}、{month}", "Use {n}, {n:05}, {year} and {month} only")
        if how and not (len(how) == 2 and how[0] == "0" and "1" <= how[1] <= "9"):
            return Text(
                "流水号的位数写成 {n:05} 这样，1 到 9 位", "Digits are written like {n:05}, 1 to 9 of them"
            )
    if names.count("n") != 1:
        return Text("须有且只有一个 {n}", "There must be exactly one {n}")
    if "month" in names and "year" not in names:
        return Text(
            "写了 {month} 也要写 {year}，否则明年会重号",
            "With {month} there must be {year}, or next year repeats",
        )
    if not pattern.isprintable() or len(pattern.format(year="2026", month="03", n=10**9)) > LONGEST - 4:
        return Text("编号太长", "The numbers would be too long")
    return None
