"""The month's report of a regulation, as the document that is printed and signed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from guanxi.platform.documents.shapes import ClauseCounts, RegulationMonth
from guanxi.platform.journal.models import Head
from guanxi.platform.kernel import Text

from . import reads
from .figures import ClauseView, clause_views
from .models import Obligation, Version
from .obligation_lines import abouts, owner_names
from .packs import engine_version
from .periods import Month
from .wording import control_words

MOST_EXCEPTIONS = 60
NOT_KEPT = {
    "late": Text("迟办", "late"),
    "missed": Text("漏办", "missed"),
    "waived": Text("已豁免", "waived"),
}


def month_report(person: Any, row: Version, month: Month, now: datetime) -> RegulationMonth:
    """What `documents/regulation_month` prints, counted over what this person may see."""
    version = engine_version(row)
    views = clause_views(person, version, month, now)
    head = Head.objects.filter(pk=1).values_list("seq", flat=True).first()
    frozen = min((f.up_to for view in views for f in view.figures if f.up_to is not None), default=None)
    return RegulationMonth(
        regulation=Text(
            f"{row.regulation_id} {row.regulation.title_zh}", f"{row.regulation_id} {row.regulation.title_en}"
        ),
        version=str(Text(f"第 {row.number} 版", f"version {row.number}")),
        month=month.label,
        in_force_since=timezone.localdate(row.in_force_from) if row.in_force_from else None,
        clauses=[line for view in views for line in _lines(view)],
        uncontrolled=[Text(f"{v.id} {v.text.zh}", f"{v.id} {v.text.en}") for v in views if not v.figures],
        exceptions=_exceptions(person, version, month),
        frozen=frozen is not None,
        up_to_fact=frozen if frozen is not None else head,
    )


def _lines(view: ClauseView) -> list[ClauseCounts]:
    found = []
    for f in view.figures:
        kept = f.kept
        measured = f.figure is not None
        found.append(
            ClauseCounts(
                view.id,
                f.what,
                f.kind,
                due=kept.due if kept else None,
                on_time=kept.on_time if kept else None,
                late=kept.late if kept else None,
                missed=kept.missed if kept else None,
                open=kept.open if kept else None,
                reading=f.reading if kept is None else "",
                target=str(f.target),
                level="bad" if f.red else "",
                after=f.after,
                evidence=kept.due
                if kept
                else f.figure.counted
                if f.figure is not None and measured
                else None,
            )
        )
    return found


def _exceptions(person: Any, version: Any, month: Month) -> list[tuple[str, Text, str]]:
    """What was late, missed or waived in the month, with whom it concerned, and who owed it."""
    rows = list(
        reads.visible_obligations(person)
        .filter(regulation=version.regulation, due_at__gte=month.start, due_at__lt=month.end)
        .filter(state__in=list(NOT_KEPT))
        .order_by("clause", "due_at", "id")[:MOST_EXCEPTIONS]
    )
    place = {clause: number for number, clause in enumerate(version.pack.clauses)}  # R5.2 stands before R5.12
    rows.sort(key=lambda r: place.get(r.clause, len(place)))
    owners, about = owner_names(_owner(r) for r in rows), abouts(person, rows)
    found = []
    for r in rows:
        control = version.pack.controls.get(r.control)
        words = control_words(control) if control else Text(r.control, r.control)
        day, how = timezone.localdate(r.due_at), NOT_KEPT[r.state]
        concerns = f" · {about[r.pk]}" if about[r.pk] else ""
        what = Text(
            f"{day:%m-%d} {words.zh}{concerns}：{how.zh}", f"{day:%m-%d} {words.en}{concerns}: {how.en}"
        )
        found.append((r.clause, what, str(owners.get(_owner(r), ("", ""))[0])))
    return found


def _owner(row: Obligation) -> str:
    return row.owed_by or row.owner
