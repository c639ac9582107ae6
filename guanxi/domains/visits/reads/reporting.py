"""The report as it writes itself from the lines, and the record card of a customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from guanxi.domains.customers.models import Need
from guanxi.platform.kernel import Text

from ..lines import CONFLICTS, HELP, INFORMATION, LINES, NEEDS
from ..models import NOT_MET, TOOK_PLACE, Visit, VisitLine, VisitReport
from ..words import PURPOSES, SETTLED, SITE_CHECKS
from .visible import visible

CARD_MOST = 500


@dataclass(frozen=True, slots=True)
class Said:
    """A captured line in words."""

    line: VisitLine
    icon: str
    label: Text
    words: Text


@dataclass(frozen=True, slots=True)
class Task:
    """One of the report's four tasks. said: it is answered (by lines, or by saying that there is nothing)."""

    label: Text
    lines: Sequence[Said]
    nothing: Text = Text("", "")
    said: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """The report as far as it stands in the lines."""

    tasks: Sequence[Task]
    other: Sequence[Said]
    standing: Sequence[Need]
    """The needs from before this visit, to be confirmed."""


def draft(visit: Visit, lines: Sequence[VisitLine], report: VisitReport | None = None) -> Draft:
    """Four tasks and the rest, from the lines of a visit; with what a submitted report says of the empty ones."""
    standing = list(
        Need.objects.filter(customer=visit.customer_id)
        .exclude(state=Need.CLOSED)
        .exclude(visit_id=visit.pk)[:20]
    )
    asked: list[tuple[Text, tuple[str, ...], bool, Text]] = [
        (
            Text("需求", "Needs"),
            NEEDS,
            bool(report and report.needs_standing),
            Text("原有需求仍然成立", "The standing needs still hold"),
        ),
        (
            Text("矛盾", "Conflicts"),
            CONFLICTS,
            bool(report and report.no_conflict),
            Text("无", "Nothing to report"),
        ),
        (Text("客户近况", "News of the customer"), INFORMATION, False, Text("", "")),
        (
            Text("指导帮助", "Guidance and help"),
            HELP,
            bool(report and report.no_help),
            Text("无", "Nothing to report"),
        ),
    ]
    tasks = []
    known: set[str] = set()
    for label, kinds, nothing, words in asked:
        known |= set(kinds)
        found = [in_words(line) for line in lines if line.kind in kinds]
        tasks.append(Task(label, found, words if nothing else Text("", ""), bool(found or nothing)))
    return Draft(tasks, [in_words(line) for line in lines if line.kind not in known], standing)


def said(line: VisitLine) -> Text:
    """A line in words: its kind stands before it elsewhere."""
    parts_zh, parts_en = [line.text], [line.text]
    if line.kind == "training":
        parts_zh[0], parts_en[0] = f"{line.number} 分钟：{line.text}", f"{line.number} min: {line.text}"
    elif line.kind == "gift":
        parts_zh[0] = parts_en[0] = f"{line.text} × {line.number}"
    elif line.kind == "competitor":
        parts_zh[0], parts_en[0] = f"{line.more}：{line.text}", f"{line.more}: {line.text}"
    elif line.kind == "site_check":
        checks = [SITE_CHECKS[c] for c in line.code.split(",") if c in SITE_CHECKS]
        parts_zh = [*(c.zh for c in checks), line.text]
        parts_en = [*(c.en for c in checks), line.text]
    elif line.kind == "help" and line.need is not None:
        parts_zh.append(f"回应需求“{line.need.what}”")
        parts_en.append(f"for the need “{line.need.what}”")
    if line.on is not None:
        parts_zh.append(f"{timezone.localtime(line.on):%m-%d} 前")
        parts_en.append(f"by {timezone.localtime(line.on):%m-%d}")
    if line.more and line.kind != "competitor":
        parts_zh.append(line.more)
        parts_en.append(line.more)
    if line.code in SETTLED:
        parts_zh.append(SETTLED[line.code].zh)
        parts_en.append(SETTLED[line.code].en.lower())
    return Text("；".join(p for p in parts_zh if p), "; ".join(p for p in parts_en if p))


def in_words(line: VisitLine) -> Said:
    """A line with its kind's icon and label."""
    kind = LINES[line.kind]
    return Said(line, kind.icon, kind.label, said(line))


def labelled(line: VisitLine) -> Text:
    """A line with its kind before it."""
    words, kind = said(line), LINES[line.kind].label
    return Text(f"{kind.zh}：{words.zh}", f"{kind.en}: {words.en}")


@dataclass(frozen=True, slots=True)
class CardRow:
    """One visit on the record card."""

    visit: Visit
    purpose: Text
    outcome: str
    promises: Sequence[VisitLine]


def card(person: Any, customer_id: int) -> list[CardRow]:
    """All visits to a customer that took place (or found nobody), newest first, as far as the person may see them."""
    rows: QuerySet[Visit] = (
        visible(person)
        .filter(customer=customer_id, state__in=(*TOOK_PLACE, NOT_MET))
        .select_related("owner", "contact", "next_visit", "past")
        .prefetch_related("reports", "lines", "companions__person")
        .order_by("-planned_at", "-id")[:CARD_MOST]
    )
    return [
        CardRow(
            visit,
            PURPOSES.get(visit.purpose, Text("", "")),
            outcome(visit),
            [line for line in visit.lines.all() if line.kind == "promise"],
        )
        for visit in rows
    ]


def outcome(visit: Visit) -> str:
    """What came of a visit: the newest report's words, or why nobody was met. Reads prefetched reports."""
    reports = list(visit.reports.all())
    return reports[-1].summary if reports else visit.end_note
