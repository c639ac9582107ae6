"""Backups as the administrator sees them: the last one, when the next is due, one button, and what became of the others."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from guanxi.platform.jobs.models import Job
from guanxi.platform.kernel import Text, system_clock
from guanxi.platform.people.models import Person
from guanxi.platform.people.settings_registry import value
from guanxi.platform.ui.act import do_for
from guanxi.platform.ui.parts import Crumb, Event, Stat
from guanxi.platform.ui.registry import get_page, page

from .. import reads, timetable
from ..actions import BY_HAND_JOB

JOBS = ("backups.scheduled", BY_HAND_JOB)
NOWHERE = Text("–", "–")


def backups(request: HttpRequest) -> HttpResponse:
    """The last backups, and the way to a new one."""
    now = system_clock()
    lines = reads.lines()
    names = dict(
        Person.objects.filter(pk__in={line.by for line in lines if line.by}).values_list("pk", "name")
    )
    taken = next((line for line in lines if line.kind == "backup.taken"), None) or reads.last("backup.taken")
    running = Job.objects.filter(name__in=JOBS, state__in=("queued", "running")).order_by("id").first()
    rhythm = str(value("backup.rhythm"))
    context = {
        "crumbs": _crumbs(),
        "stats": [
            Stat(
                Text("最近一次备份", "Last backup"),
                when(taken.at, now) if taken else Text("还没有", "None yet"),
                note=megabytes(taken.size) if taken else "",
                bad=taken is None or now - taken.at > reads.OLD,
            ),
            Stat(
                Text("下一次定期备份", "Next scheduled one"),
                when(next_due, now) if (next_due := _next(rhythm, now)) else NOWHERE,
                note=timetable.RHYTHMS.get(rhythm, NOWHERE),
            ),
        ],
        "warning": reads.warning(now),
        "running": running,
        "sealed": bool(timetable.passphrase()),
        "folder": timetable.folder(),
        "kept": value("backup.keep"),
        "settings_url": reverse("people.settings") + "?of=backup",
        "events": [_event(line, names.get(line.by or 0, "")) for line in lines],
        "do": [] if running else [do_for("backups.take", {}, tone="primary", back=reverse("backups.list"))],
        "now": now,
    }
    return render(request, "backups/backups.html", context)


def when(at: datetime, now: datetime) -> Text:
    """A day and a time, short."""
    local, today = (m.astimezone(ZoneInfo(settings.TIME_ZONE)) for m in (at, now))
    clock = f"{local:%H:%M}"
    if local.date() == today.date():
        return Text(f"今天 {clock}", f"today {clock}")
    if local.date() == today.date() + timedelta(days=1):
        return Text(f"明天 {clock}", f"tomorrow {clock}")
    if local.date() == today.date() - timedelta(days=1):
        return Text(f"昨天 {clock}", f"yesterday {clock}")
    return Text(f"{local.month}月{local.day}日 {clock}", f"{local.day} {local:%B} {clock}")


def megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _next(rhythm: str, now: datetime) -> datetime | None:
    table = timetable.table(rhythm)
    if table is None:
        return None
    found: datetime = croniter(table, now.astimezone(ZoneInfo(settings.TIME_ZONE))).get_next(datetime)
    return found


def _event(line: reads.Line, who: str) -> Event:
    if line.kind == "backup.failed":
        return Event(line.at, Text("备份失败", "Backup failed"), "circle-x", who, quote=str(line.reason))
    if line.kind == "backup.restored":
        made = when(datetime.fromisoformat(line.made_at), line.at)
        text = Text("从 {m} 的备份还原", "Restored the backup of {m}").format(m=made)
        return Event(line.at, text, "refresh-cw", who)
    sealed = Text("已加密", "encrypted") if line.sealed else Text("未加密", "not encrypted")
    kind = Text("定期备份", "Scheduled backup") if line.scheduled else Text("手工备份", "Backup by hand")
    text = Text("{k}，{s}，{e}", "{k}, {s}, {e}").format(k=kind, s=megabytes(line.size), e=sealed)
    return Event(line.at, text, "archive", who, quote=f"{line.machine}:{line.folder}/{line.file}")


def _crumbs() -> list[Crumb]:
    home = get_page("operations.home")
    return [Crumb(home.label, home.url())] if home else []


page(
    "backups.list",
    "settings/backups/",
    backups,
    label=Text("备份", "Backups"),
    permission="backups.manage",
    methods=("GET", "HEAD"),
)
