"""Given the administrator's pages, when each role opens them, then only who may sees them, and what is wrong stands there."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

from guanxi.interfaces.operations.words import JOB_WORDS, timetable
from guanxi.interfaces.web.operations import last_line
from guanxi.platform.calendar.models import CalendarYear
from guanxi.platform.calendar.reads import day_table, keep_up
from guanxi.platform.jobs.models import Heartbeat, Job
from guanxi.platform.jobs.queue import enqueue
from guanxi.platform.jobs.worker import run_one, start_due_schedules
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import perform, system_clock
from guanxi.platform.messages.models import OutgoingMessage
from guanxi.platform.people.models import Person, Setting
from guanxi.platform.people.tests.cast import Cast
from guanxi.platform.ui.registry import get_page

pytestmark = pytest.mark.django_db
NOW = system_clock()
ADMINISTRATORS_PAGES = [
    "/settings/all/",
    "/settings/background/",
    "/settings/health/",
    "/settings/outbox/",
    "/settings/try-email/",
    "/calendar/correct/",
    "/calendar/hours/",
    "/calendar/load/",
    "/people/first-passwords/",
]


def as_(person: Person, language: str = "zh-hans") -> Client:
    person.language = language
    person.save(update_fields=["language"])
    browser = Client()
    browser.force_login(person)
    return browser


def message(**changed: Any) -> OutgoingMessage:
    values: dict[str, Any] = {
        "key": f"m{OutgoingMessage.objects.count()}",
        "template": "messages.trial",
        "language": "zh",
        "address": "lin@example.com",
        "subject": "提醒",
        "text": "请在今天提交报告",
        "html": "",
        "created_at": NOW,
        "next_at": NOW,
    }
    return OutgoingMessage.objects.create(**values | changed)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("path", ADMINISTRATORS_PAGES)
def test_the_administrators_pages_open_when_empty_and_to_nobody_else(
    cast: Cast, path: str, language: str
) -> None:
    assert as_(cast.wu, language).get(path).status_code == 200
    for person in cast.everybody():
        if person != cast.wu:
            assert as_(person).get(path).status_code == 403, person.name
    assert Client().get(path).status_code == 302


def test_who_may_see_the_calendar_and_the_journal(cast: Cast) -> None:
    for person in cast.everybody():
        browser = as_(person)
        assert browser.get("/calendar/").status_code == 200
        assert browser.get("/settings/journal/").status_code == (
            200 if person in (cast.wu, cast.zhou) else 403
        )
    assert "更正一天" not in as_(cast.lin).get("/calendar/").content.decode()


def test_the_hub_leads_to_what_needs_a_look(cast: Cast) -> None:
    message(state="failed", error={"zh": "信箱不存在", "en": "no such mailbox"})
    page = as_(cast.wu).get("/settings/all/").content.decode()
    assert "1 封未送达" in page
    assert "没有工作进程" in page
    for name in (
        "people.settings",
        "calendar.year",
        "messages.outbox",
        "operations.jobs",
        "operations.journal",
    ):
        known = get_page(name)
        assert known is not None
        assert f'href="{known.url()}"' in page
    for untried in ("企业微信", "钉钉", "OpenID"):
        assert untried not in page
    assert "leave-demo" not in page  # no demo, no button


# The calendar --------------------------------------------------------------------------------------------------------


def test_a_year_with_its_holidays_and_an_estimated_one(cast: Cast) -> None:
    keep_up(clock=lambda: NOW, since=2025)
    browser = as_(cast.wu)
    page = browser.get("/calendar/?year=2025").content.decode()
    assert "已公布" in page
    assert "1月28日 休息：春节" in page
    assert "1月26日 上班：补春节的班" in page
    later = browser.get("/calendar/?year=2099").content.decode()
    assert "按周一至周五推算" in later
    for nonsense in ("9999", "-1", "x", ""):
        assert browser.get(f"/calendar/?year={nonsense}").status_code == 200
    english = as_(cast.lin, "en").get("/calendar/?year=2025").content.decode()
    assert "28 January: off, Spring Festival (published)" in english


def test_a_day_is_corrected_a_year_loaded_and_hours_set(cast: Cast) -> None:
    browser = as_(cast.wu)
    day = date(2025, 3, 7)  # a Friday
    form = browser.get(f"/calendar/correct/?year=2025&day={day}").content.decode()
    assert f'value="{day}"' in form
    assert "checked" not in form.split('name="working"')[1][:40]
    sent = {"day": str(day), "reason": "公司成立日", "company": "on"}
    assert browser.post("/calendar/correct/?year=2025", sent)["Location"] == "/calendar/?year=2025"
    assert not day_table(day, day)[day].working
    assert "公司成立日（公司自定）" in browser.get("/calendar/?year=2025").content.decode()
    assert browser.post("/calendar/correct/", sent | {"day": "x"}).status_code == 422

    loaded = {"year": "2031", "typed_rest": "2031-01-01\n2031-01-02、2031-01-03", "typed_work": "2031-01-05"}
    assert browser.post("/calendar/load/", loaded)["Location"] == "/calendar/?year=2031"
    assert CalendarYear.objects.get(year=2031).published
    wrong = browser.post("/calendar/load/", loaded | {"typed_rest": "2032-01-01"})
    assert (wrong.status_code, "2032-01-01" in wrong.content.decode()) == (422, True)

    assert browser.post("/calendar/hours/", {"typed": "08:30-12:00、13:30-17:30"}).status_code == 302
    assert "08:30–12:00" in browser.get("/calendar/").content.decode()
    crossed = browser.post("/calendar/hours/", {"typed": "08:30-12:00 11:00-17:30"})
    assert (crossed.status_code, "11:00-17:30" in crossed.content.decode()) == (422, True)


# Messages --------------------------------------------------------------------------------------------------------------


def test_the_outbox_says_what_was_not_delivered_and_sends_it_again(cast: Cast) -> None:
    lost = message(
        state="refused", error={"zh": "对方拒收：信箱已满", "en": "refused: the mailbox is full"}, attempts=1
    )
    message(state="sent", sent_at=NOW, address_name="收到的人")
    browser = as_(cast.wu)
    page = browser.get("/settings/outbox/").content.decode()
    assert "信箱已满" in page
    assert "收到的人" in page
    only = browser.get("/settings/outbox/?view=failed&state=refused").content.decode()
    assert "收到的人" not in only
    detail = browser.get(f"/settings/outbox/{lost.pk}/").content.decode()
    assert "重新发送" in detail
    again = reverse("ui.act", kwargs={"action": "messages.send_again"})
    assert again in detail
    assert (
        browser.post(again, {"message": lost.pk, "next": "/settings/outbox/"})["Location"]
        == "/settings/outbox/"
    )
    lost.refresh_from_db()
    assert lost.state == "waiting"
    assert browser.get("/settings/outbox/999/").status_code == 404
    assert "the mailbox is full" not in as_(cast.wu, "en").get("/settings/outbox/").content.decode()


def test_who_runs_the_system_reads_no_words_of_mail(cast: Cast) -> None:
    """Customers' names stand in them, key customers' too, of whom an administrator may not even know."""
    told = message(state="sent", sent_at=NOW, subject="荣川智能的评级", text="信用由 A 下调为 C")
    told.attachments.create(name="荣川交接.pdf", content=b"%PDF", content_type="application/pdf")
    around = message(state="sent", sent_at=NOW, subject="荣川智能等 3 件事", text="")
    message(state="bundled", bundle=around, subject="荣川智能")
    browser = as_(cast.wu)
    found = browser.get("/settings/outbox/?q=荣川").content.decode()
    assert f"/settings/outbox/{told.pk}/" not in found
    pages = ["/settings/outbox/", "/settings/outbox/?export=csv"]
    pages += [f"/settings/outbox/{one.pk}/" for one in OutgoingMessage.objects.all()]
    for address in pages:
        answer = browser.get(address)
        said = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()
        assert answer.status_code == 200, address
        assert "荣川" not in said, address
        assert "下调" not in said, address


def test_e_mail_is_tried_with_a_clear_answer(cast: Cast, settings: Any, mailoutbox: list[Any]) -> None:
    settings.EMAIL_HOST, settings.EMAIL_HOST_PASSWORD = "mail.example.com", "do-not-show"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    browser = as_(cast.wu)
    page = browser.get("/settings/try-email/").content.decode()
    assert "mail.example.com" in page
    assert "do-not-show" not in page
    assert "请查收" in browser.post("/settings/try-email/", {"address": "wu@example.com"}).content.decode()
    assert (
        "不是有效的电子邮箱" in browser.post("/settings/try-email/", {"address": "nonsense"}).content.decode()
    )
    assert len(mailoutbox) == 1


# Background work ------------------------------------------------------------------------------------------------------


def test_a_failed_job_shows_its_error_and_is_tried_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from guanxi.platform.messages import deliver

    monkeypatch.setattr("guanxi.interfaces.jobs.deliver_due", lambda clock: 1 / 0)
    job = enqueue("messages.deliver")
    for _ in range(5):
        Job.objects.filter(pk=job.pk, state="queued").update(run_at=NOW - timedelta(hours=1))
        run_one("a-worker")
    job.refresh_from_db()
    assert job.state == "failed"
    browser = as_(cast.wu)
    assert "ZeroDivisionError" in browser.get("/settings/background/").content.decode()
    detail = browser.get(f"/settings/background/{job.pk}/").content.decode()
    assert "Traceback" in detail
    assert "重试" in detail
    again = reverse("ui.act", kwargs={"action": "jobs.retry"})
    assert browser.post(again, {"job": job.pk}).status_code == 302
    job.refresh_from_db()
    assert job.state == "queued"
    assert browser.post(again, {"job": job.pk}).status_code == 422  # it has not failed any more
    monkeypatch.setattr("guanxi.interfaces.jobs.deliver_due", deliver.deliver_due)
    assert run_one("a-worker")
    job.refresh_from_db()
    assert job.state == "done"
    assert Fact.objects.filter(kind="job.retried").count() == 1
    assert browser.get("/settings/background/9999/").status_code == 404


def test_schedules_and_workers_with_the_last_run(cast: Cast) -> None:
    start_due_schedules(NOW)
    while run_one("a-worker"):
        pass
    Heartbeat.objects.create(worker="node-1:17", seen_at=system_clock())
    Heartbeat.objects.create(worker="node-2:18", seen_at=NOW - timedelta(hours=2))
    page = as_(cast.wu).get("/settings/background/").content.decode()
    for words in ("推进时间，判定到期义务", "node-1:17", "node-2:18", "没有响应", "每天 02:40", "每分钟"):
        assert words in page
    assert page.count("没有响应") == 1


def test_the_last_line_of_a_trace_is_the_error() -> None:
    assert last_line("Traceback …\n  File\nValueError: no\n\n") == "ValueError: no"
    assert last_line("") == ""


# Health and journal --------------------------------------------------------------------------------------------------


def test_every_job_is_called_something() -> None:
    from guanxi.platform.jobs.registry import all_jobs

    assert {name for name in all_jobs() if not name.startswith("test.")} == set(JOB_WORDS)
    assert [timetable(cron).en for cron in ("* * * * *", "5 0 * * *", "0 9 * * 1", "*/5 * * * *")] == [
        "Every minute",
        "Daily at 00:05",
        "0 9 * * 1",
        "Every 5 minutes",
    ]


def test_last_run_and_last_delivered_stand_on_the_health_page_and_for_machines(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def machine() -> dict[str, Any]:
        answer = Client().get("/health")
        assert answer.status_code == 200
        return dict(answer.json())

    browser = as_(cast.wu, "en")
    assert machine() == {"status": "ok", "background": "late", "last_run": None, "last_delivered": None}
    page = browser.get("/settings/health/").content.decode()
    assert "what is due is judged by nobody" in page
    assert page.count("Never yet") + page.count("No mail server") == 2
    Heartbeat.objects.create(worker="node-1:17", seen_at=system_clock())
    assert "Nobody lets time pass" in browser.get("/settings/all/").content.decode()

    start_due_schedules(system_clock())
    while run_one("node-1:17"):
        pass
    message(state="sent", sent_at=NOW - timedelta(hours=3))
    message(state="failed", error={"zh": "信箱不存在", "en": "no such mailbox"})
    Job.objects.create(name="journal.verify", state="failed", run_at=NOW, queued_at=NOW)
    told = machine()
    assert (told["status"], told["background"]) == ("ok", "ok")
    ran = Job.objects.get(name="norms.daily_run").finished_at
    assert ran is not None
    assert told["last_run"][:19] == ran.isoformat()[:19]
    assert told["last_delivered"][:19] == (NOW - timedelta(hours=3)).isoformat()[:19]
    page = browser.get("/settings/health/").content.decode()
    assert "judged by nobody" not in page
    assert 'href="/settings/background/?view=failed">1</a>' in page
    assert 'href="/settings/outbox/">1</a>' in page

    def away() -> None:
        raise DatabaseError("no route")

    monkeypatch.setattr("guanxi.interfaces.operations.health.last_run", away)
    answer = Client().get("/health")
    assert (answer.status_code, answer.json()) == (503, {"status": "no database"})


def test_health_says_what_the_check_finds_in_both_languages(cast: Cast, settings: Any) -> None:
    settings.EMAIL_HOST = ""
    assert "没有邮件服务器" in as_(cast.wu).get("/settings/health/").content.decode()
    page = as_(cast.wu, "en").get("/settings/health/").content.decode()
    assert "no mail server" in page
    assert "no worker has been seen" in page
    settings.PRODUCTION, settings.TLS, settings.ALLOWED_HOSTS = True, False, ["*"]
    grave = as_(cast.wu, "en").get("/settings/health/").content.decode()
    assert "production without TLS" in grave
    assert "GUANXI_HOSTS allows any name" in grave


def test_the_journal_is_verified_in_the_background_and_says_what_it_found(cast: Cast) -> None:
    perform("people.set_preferences", {"language": "en", "theme": "dark"}, actor=cast.lin)
    auditor = as_(cast.zhou)
    assert "还没有核验过" in auditor.get("/settings/journal/").content.decode()
    assert auditor.post(reverse("ui.act", kwargs={"action": "journal.verify"}), {}).status_code == 302
    assert "正在后台核验" in auditor.get("/settings/journal/").content.decode()
    while run_one("a-worker"):
        pass
    page = auditor.get("/settings/journal/").content.decode()
    assert "完整" in page
    assert "不完整" not in page
    job = Job.objects.get(name="journal.verify")
    assert job.progress["facts"] == Fact.objects.count()
    job.progress = job.progress | {"count": 1, "findings": [{"seq": 1, "what": "changed"}]}
    job.save()
    page = auditor.get("/settings/journal/").content.decode()
    assert "不完整" in page
    assert "事实 1：事实或其位置被改动" in page
    assert "日志不完整" in as_(cast.wu).get("/settings/all/").content.decode()


# From demo to real --------------------------------------------------------------------------------------------------


def test_the_demo_is_left_only_with_the_typed_words_and_the_password(
    cast: Cast, settings: Any, tmp_path: Any
) -> None:
    settings.HOME, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    cast.wu.set_password("望江楼上望江流-2026")
    cast.wu.save()
    browser = as_(cast.wu)
    assert browser.get("/settings/leave-demo/").status_code == 404
    Setting.objects.create(key="demo", value=True, changed_at=NOW)
    assert "从演示到正式使用" in browser.get("/settings/all/").content.decode()
    page = browser.get("/settings/leave-demo/").content.decode()
    for words in ("客户", "拜访", "日志记录", "人员", "此操作不能撤销"):
        assert words in page
    assert as_(cast.chen).get("/settings/leave-demo/").status_code == 403
    right = {"confirm": "删除演示数据", "password": "望江楼上望江流-2026"}
    assert browser.post("/settings/leave-demo/", right | {"confirm": "好"}).status_code == 422
    assert browser.post("/settings/leave-demo/", right | {"password": "错的密码错的密码"}).status_code == 422
    assert Person.objects.count() == 7
    assert browser.post("/settings/leave-demo/", right)["Location"] == "/setup/"
    assert not Person.objects.exists()
    assert not Fact.objects.exists()
    assert browser.get("/setup/", REMOTE_ADDR="192.0.2.9").status_code == 200  # who emptied it may set up
    assert Client().get("/", REMOTE_ADDR="192.0.2.9")["Location"] == "/setup/"
    assert (tmp_path / "worker.restart").exists()
