"""Administration: what runs in the background, what `guanxi check` finds, whether the journal holds; and the way to it all."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from guanxi.interfaces.cli.soundness import findings
from guanxi.interfaces.operations.actions import VERIFY_JOB
from guanxi.interfaces.operations.health import SEEN_WITHIN, health
from guanxi.interfaces.operations.words import JOB_STATES, JOB_WORDS, job_words, timetable
from guanxi.platform.backups.reads import warning as backups_warning
from guanxi.platform.jobs.models import Heartbeat, Job, ScheduleRun
from guanxi.platform.jobs.registry import all_schedules
from guanxi.platform.journal.models import Head
from guanxi.platform.journal.verify import Finding
from guanxi.platform.kernel import NotFound, Text, may, system_clock
from guanxi.platform.messages.deliver import is_configured
from guanxi.platform.messages.reads import undelivered
from guanxi.platform.people.settings_registry import value
from guanxi.platform.ui.act import do_for, show
from guanxi.platform.ui.filters import ChoiceFilter
from guanxi.platform.ui.lists import Column, Empty, List, View
from guanxi.platform.ui.parts import Crumb, Stat
from guanxi.platform.ui.registry import Nav, get_page, page

READ = ("GET", "HEAD")
HOME_LABEL = Text("系统管理", "Administration")
MODES = {
    "local": Text("本机试用", "local"),
    "production": Text("正式运行", "production"),
    "test": Text("测试", "test"),
}
TASKS = {"embedded": Text("自带", "built in"), "celery": Text("Celery", "Celery")}


@dataclass(frozen=True, slots=True)
class Tile:
    """A way on from the hub: where, what for, and whether something there needs a look."""

    label: Text
    url: str
    icon: str
    text: Text
    alarm: Text = Text("", "")


TILES: tuple[tuple[str, str, Text], ...] = (
    ("people.settings", "settings", Text("名称、语言、发件人等", "Name, language, sender and more")),
    ("people.list", "users", Text("人员、部门、角色和权限", "People, departments, roles and rights")),
    ("setup.passwords", "key", Text("给从未登录的人打印首次密码", "First passwords for who never signed in")),
    ("calendar.year", "calendar-days", Text("放假、补班、办公时间", "Holidays, make-up days, office hours")),
    ("messages.outbox", "mail", Text("发出、待发和失败的邮件", "What was sent, waits or failed")),
    ("backups.list", "archive", Text("备份周期、最近结果、立即备份", "Rhythm, last result, back up now")),
    ("operations.jobs", "server", Text("后台任务、定时任务和工作进程", "Jobs, schedules and workers")),
    (
        "operations.health",
        "shield-check",
        Text("后台是否正常，设置是否安全", "Does everything run, are the settings safe"),
    ),
    (
        "operations.journal",
        "scroll-text",
        Text("条数、链头和最近一次核验", "Facts, head and last verification"),
    ),
)


def home(request: HttpRequest) -> HttpResponse:
    """Everything an administrator looks after, with what needs a look now."""
    alarms = _alarms()
    tiles = []
    for name, icon, text in TILES:
        known = get_page(name)
        if known is not None and known.may(request.user):
            tiles.append(Tile(known.label, known.url(), icon, text, alarms.get(name, Text("", ""))))
    if value("demo") is True and (known := get_page("setup.leave-demo")) is not None:
        words = Text("删除演示公司，设置自己的公司", "Delete the demo company, set up your own")
        tiles.append(Tile(known.label, known.url(), "arrow-right", words))
    return render(request, "web/operations_home.html", {"tiles": tiles})


def _alarms() -> dict[str, Text]:
    """What needs a look, by page."""
    found: dict[str, Text] = {}
    if lost := undelivered():
        found["messages.outbox"] = Text("{n} 封未送达", "{n} undelivered").format(n=lost)
    now = health(system_clock())
    if now.failed:
        found["operations.jobs"] = Text("{n} 项失败", "{n} failed").format(n=now.failed)
    if not now.workers:
        found["operations.health"] = Text("没有工作进程", "No worker is running")
    elif now.late:
        found["operations.health"] = Text("到期判定停下了", "Nobody lets time pass")
    if (about := backups_warning()) is not None:
        found["backups.list"] = about
    last = last_verified()
    if last is not None and last.progress.get("count"):
        found["operations.journal"] = Text("日志不完整", "The journal is not whole")
    return found


class Jobs(List):
    name = "jobs"
    label = Text("后台任务", "Background work")
    columns = (
        Column("what", Text("任务", "Job"), value=lambda j: job_words(j.name), lead=True),
        Column("state", Text("状态", "State"), value=lambda j: f"job-{j.state}", form="state"),
        Column("run_at", Text("应运行", "Due"), form="when"),
        Column("finished_at", Text("结束", "Ended"), form="when", phone=False),
        Column("attempts", Text("次数", "Tries"), form="number", phone=False),
        Column("worker", Text("工作进程", "Worker"), phone=False),
        Column("error", Text("错误", "Error"), value=lambda j: last_line(j.error)),
    )
    filters = (
        ChoiceFilter("state", Text("状态", "State"), field="state", choices=list(JOB_STATES.items())),
        ChoiceFilter("name", Text("任务", "Job"), field="name", choices=list(JOB_WORDS.items())),
    )
    views = (
        View("failed", Text("失败", "Failed"), {"state": ["failed"]}),
        View("open", Text("排队和进行中", "Queued and running"), {"state": ["queued", "running"]}),
    )
    sort = "-"
    empty = Empty(
        Text("还没有后台任务", "No background work yet"),
        Text("工作进程运行后，定时任务会出现在这里。", "Once a worker runs, schedules appear here."),
        icon="server",
    )

    def row_url(self, row: Any) -> str:
        return reverse("operations.job", kwargs={"job": row.pk})


def jobs(request: HttpRequest) -> Any:
    """Jobs, schedules with their last run, workers seen."""
    now = system_clock()
    context = {
        "schedules": list(_schedules()),
        "workers": [(w, now - w.seen_at <= SEEN_WITHIN) for w in Heartbeat.objects.order_by("-seen_at")[:50]],
        "tasks": settings.GUANXI_TASKS,
        "crumbs": [_home_crumb(request), Crumb(Jobs.label)],
    }
    return Jobs(request, Job.objects.all(), now=now).respond("web/operations_jobs.html", context)


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A schedule as the page shows it."""

    what: Text
    times: Text
    began: datetime | None
    job: Job | None

    @property
    def state(self) -> str:
        return f"job-{self.job.state}" if self.job else ""


def _schedules() -> Iterator[Scheduled]:
    newest: dict[str, datetime] = {}
    for name, due in ScheduleRun.objects.order_by("due_at").values_list("schedule", "due_at"):
        newest[name] = due
    last: dict[str, Job] = {}
    names = list(all_schedules())
    for job in Job.objects.filter(name__in=names).order_by("-id")[:2000]:
        last.setdefault(job.name, job)
    for name, cron in all_schedules().items():
        yield Scheduled(job_words(name), timetable(cron), newest.get(name), last.get(name))


def job(request: HttpRequest, job: int) -> HttpResponse:
    """One job with its error."""
    found = Job.objects.filter(pk=job).first()
    if found is None:
        raise NotFound("job", job)
    back = reverse("operations.jobs")
    context = {
        "heading": job_words(found.name),
        "crumbs": [_home_crumb(request), Crumb(Jobs.label, back), Crumb(job_words(found.name))],
        "job": found,
        "state": f"job-{found.state}",
        "progress": [(name, said) for name, said in found.progress.items() if not isinstance(said, list)],
        "do": [do_for("jobs.retry", {"job": found.pk}, tone="primary", back=back)]
        if found.state == "failed"
        else [],
    }
    return show(request, "web/operations_job.html", context)


def health_page(request: HttpRequest) -> HttpResponse:
    """When things last ran by themselves, and what `guanxi check` finds."""
    now = system_clock()
    found = findings()
    context = {
        "crumbs": [_home_crumb(request)],
        "health": health(now),
        "now": now,
        "mail": is_configured(),
        "grave": [f for f in found if f.grave],
        "others": [f for f in found if not f.grave],
        "facts": {
            "python": ".".join(map(str, sys.version_info[:3])),
            "mode": MODES.get(settings.MODE, settings.MODE),
            "database": "PostgreSQL" if "postgresql" in settings.DATABASES["default"]["ENGINE"] else "SQLite",
            "zone": settings.TIME_ZONE,
            "tasks": TASKS.get(settings.GUANXI_TASKS, settings.GUANXI_TASKS),
        },
    }
    return render(request, "web/operations_health.html", context)


FINDING_WORDS = {
    "gap": Text("此前缺少事实", "a fact is missing before this one"),
    "changed": Text("事实或其位置被改动", "the fact or its place in the chain was changed"),
    "text_changed": Text("事实旁的文字被改动", "the text beside the fact was changed"),
    "text_missing": Text("事实旁的文字不见了", "the text beside the fact is gone"),
    "end_missing": Text("链的末尾缺少事实", "facts are missing at the end of the chain"),
}


def last_verified() -> Job | None:
    """The newest verification that came to its end."""
    return Job.objects.filter(name=VERIFY_JOB, state="done").order_by("-finished_at").first()


def journal(request: HttpRequest) -> HttpResponse:
    """How many facts, the head of the chain, and what the last verification said."""
    person: Any = request.user
    head = Head.objects.filter(pk=1).first()
    last = last_verified()
    running = Job.objects.filter(name=VERIFY_JOB, state__in=("queued", "running")).order_by("id").first()
    failed = Job.objects.filter(name=VERIFY_JOB, state="failed").order_by("-id").first()
    report: Mapping[str, Any] = last.progress if last else {}
    context = {
        "crumbs": [_home_crumb(request)] if person.may("operations.manage") else [],
        "stats": [
            Stat(Text("事实", "Facts"), f"{head.seq if head else 0:,}"),
            Stat(
                Text("最近核验", "Last verified"),
                _verdict(last),
                bad=bool(report.get("count")),
                note=Text("{n} 条", "{n} facts").format(n=f"{report['facts']:,}") if report else "",
            ),
        ],
        "head": head,
        "hash": bytes(head.hash).hex() if head else "",
        "last": last,
        "report": report,
        "found": [
            (Finding(f["seq"], f["what"]), FINDING_WORDS.get(f["what"], Text.of(f["what"])))
            for f in report.get("findings", [])
        ],
        "running": running,
        "failed": failed if failed and (last is None or failed.pk > last.pk) else None,
        "do": []
        if running or not may(request.user, "journal.verify")
        else [do_for("journal.verify", {}, tone="primary", back=reverse("operations.journal"))],
    }
    return render(request, "web/operations_journal.html", context)


def _verdict(last: Job | None) -> Text:
    if last is None:
        return Text("尚未核验", "Not yet")
    return Text("不完整", "Not whole") if last.progress.get("count") else Text("完整", "Whole")


def last_line(error: str) -> str:
    """What a trace ends with: the error itself."""
    lines = [line for line in error.strip().splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""


def _home_crumb(request: HttpRequest) -> Crumb:
    return Crumb(HOME_LABEL, reverse("operations.home"))


def _some_job(person: Any) -> dict[str, Any] | None:
    found = Job.objects.order_by("-id").first() if person.may("operations.manage") else None
    return {"job": found.pk} if found else None


page(
    "operations.home",
    "settings/all/",
    home,
    label=HOME_LABEL,
    permission="operations.manage",
    nav=Nav(840, "wrench", badge=lambda person: len(_alarms())),
    methods=READ,
)
page(
    "operations.jobs",
    "settings/background/",
    jobs,
    label=Jobs.label,
    permission="operations.manage",
    methods=READ,
    lists=(Jobs,),
)
page(
    "operations.job",
    "settings/background/<int:job>/",
    job,
    label=Text("后台任务", "Background job"),
    permission="operations.manage",
    sample=_some_job,
    methods=READ,
)
page(
    "operations.health",
    "settings/health/",
    health_page,
    label=Text("运行状况", "Health"),
    permission="operations.manage",
    methods=READ,
)
page(
    "operations.journal",
    "settings/journal/",
    journal,
    label=Text("日志", "Journal"),
    permission="operations.journal",
    nav=Nav(845, "scroll-text"),
    methods=READ,
)
