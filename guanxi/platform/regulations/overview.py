"""The nine regulations at a glance: in force or not, how far kept, and whether the release ships something newer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from guanxi.cores.norms.controls import Pack
from guanxi.cores.norms.source import PackError, read_yaml
from guanxi.platform.kernel import Text

from . import packs
from .figures import MONTHS, Kept, kept_by_month, together
from .models import Regulation, Version
from .periods import Month
from .reads import reach_of

OPEN_STATES = ("draft", "submitted", "approved")


@dataclass(frozen=True, slots=True)
class Glance:
    """One regulation on the list: the version in force (None: not in force), what is under way, and its figures."""

    code: str
    title: Text
    version: Version | None
    under_way: Version | None
    newer: bool
    fault: str
    clauses: int
    controlled: int
    kept: Kept
    values: Sequence[float | None]


def glances(person: Any, now: datetime) -> list[Glance]:
    """Every regulation, in force or not, in order. A fixed number of queries."""
    shipped = packs.shipped()
    rows = {r.code: r for r in Regulation.objects.all()}
    current: dict[str, Version] = {}
    under_way: dict[str, Version] = {}
    for version in Version.objects.filter(state__in=["in_force", *OPEN_STATES]).order_by("number"):
        (current if version.state == "in_force" else under_way)[version.regulation_id] = version
    months = Month.of(now).back(MONTHS)
    kept = kept_by_month(reach_of(person), months)
    found = []
    for code in sorted(
        {*rows, *shipped}, key=lambda c: (rows[c].order if c in rows else packs.number_of(c), c)
    ):
        now_in_force = current.get(code)
        source = now_in_force.source if now_in_force else shipped.get(code, {})
        pack, fault = loaded(source)
        title = Text(rows[code].title_zh, rows[code].title_en) if code in rows else title_of(source)
        by_month = [
            together(m[month.label] for (c, _), m in kept.items() if c == code and month.label in m)
            for month in months
        ]
        found.append(
            Glance(
                code,
                title,
                now_in_force,
                under_way.get(code),
                newer=now_in_force is not None
                and shipped.get(code, now_in_force.source) != now_in_force.source,
                fault=fault,
                clauses=len(pack.clauses) if pack else 0,
                controlled=len({c for control in pack.controls.values() for c in control.clauses})
                if pack
                else 0,
                kept=by_month[-1],
                values=[k.share * 100 if k.share is not None else None for k in by_month],
            )
        )
    return found


def loaded(source: dict[str, str]) -> tuple[Pack | None, str]:
    """The pack of a text, or what is wrong with it: the pages say so instead of failing."""
    if not source:
        return None, ""
    try:
        return packs.load(source), ""
    except PackError as error:
        return None, str(error)


def title_of(source: dict[str, str]) -> Text:
    """A regulation's title from its text, also where the pack as a whole cannot be read."""
    return _title(tuple(sorted(source.items())))


@cache
def _title(files: tuple[tuple[str, str], ...]) -> Text:
    for name, text in files:
        try:
            title = read_yaml(text, name).get("regulation")
        except PackError:
            continue
        words = title.get("title") if title is not None else None
        if words is not None:
            return Text(words.text("zh"), words.text("en"))
    return Text("", "")


@cache
def chapters_of(files: tuple[tuple[str, str], ...]) -> tuple[tuple[str, Text], ...]:
    """The first clause of each chapter and its title; empty where the text has none."""
    found: list[tuple[str, Text]] = []
    for name, text in files:
        for node in read_yaml(text, name).several("chapters"):
            words = node.get("title")
            if words is not None:
                found.append((node.text("from"), Text(words.text("zh"), words.text("en"))))
    return tuple(found)
