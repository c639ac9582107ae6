"""What became of backups, from the journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from guanxi.platform.journal.models import Fact, FactText
from guanxi.platform.kernel import Text, system_clock

from . import timetable

KINDS = ("backup.taken", "backup.failed", "backup.restored")
OLD = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Line:
    """One backup taken, failed or restored. size: bytes; reason: why it failed; by: who had it taken, None for the schedule."""

    kind: str
    at: datetime
    by: int | None
    size: int = 0
    sealed: bool = False
    scheduled: bool = False
    facts: int = 0
    file: str = ""
    folder: str = ""
    machine: str = ""
    reason: Text = Text("", "")
    made_at: str = ""


def lines(most: int = 30) -> list[Line]:
    """The newest first."""
    facts = list(Fact.objects.filter(kind__in=KINDS).order_by("-seq")[:most])
    texts = dict(FactText.objects.filter(fact__in=[f.seq for f in facts]).values_list("fact_id", "body"))
    return [_line(fact, texts.get(fact.seq, {})) for fact in facts]


def last(kind: str, *, scheduled: bool | None = None) -> Line | None:
    """The newest of a kind."""
    for fact in Fact.objects.filter(kind=kind).order_by("-seq")[:200]:
        if scheduled is None or bool(fact.data.get("scheduled")) == scheduled:
            text = FactText.objects.filter(fact=fact.seq).values_list("body", flat=True).first()
            return _line(fact, text or {})
    return None


def answered(due: datetime) -> bool:
    """Whether the scheduled backup of this time was made or given up."""
    told = due.isoformat()
    newest = Fact.objects.filter(kind__in=KINDS[:2]).order_by("-seq")[:50]
    return any(_same(fact.data.get("due"), told, due) for fact in newest)


def _same(said: object, told: str, due: datetime) -> bool:
    return isinstance(said, str) and (said == told or datetime.fromisoformat(said) == due)


def warning(now: datetime | None = None) -> Text | None:
    """What an administrator should know about backups; None where all is well."""
    now = now or system_clock()
    taken, failed = last("backup.taken"), last("backup.failed")
    if failed is not None and (taken is None or taken.at < failed.at):
        return Text("最近一次备份失败：{why}", "The last backup failed: {why}").format(why=failed.reason)
    due = timetable.due(now)
    if due is None and (taken is None or now - taken.at > OLD):
        return Text(
            "没有设置定期备份，八天内也没有手工备份",
            "No scheduled backups are set, and none was made by hand for eight days",
        )
    if due is not None and now - due > timedelta(hours=2) and not answered(due):
        return Text("定期备份没有按时完成", "The scheduled backup was not made in time")
    return None


def _line(fact: Fact, text: dict[str, str]) -> Line:
    data = fact.data
    return Line(
        kind=fact.kind,
        at=fact.recorded_at,
        by=fact.actor_id,
        size=data.get("size", 0),
        sealed=bool(data.get("sealed")),
        scheduled=bool(data.get("scheduled")),
        facts=data.get("facts", 0),
        file=text.get("file", ""),
        folder=text.get("folder", ""),
        machine=text.get("machine", ""),
        reason=Text(text.get("reason_zh", ""), text.get("reason_en", "")),
        made_at=data.get("made_at", ""),
    )
