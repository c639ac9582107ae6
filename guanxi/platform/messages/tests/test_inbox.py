"""Given messages to people, when they come, are read, wait for the morning or lose their rights, then each has what is theirs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Invalid, NotFound, Text, fixed_clock, perform
from guanxi.platform.messages import bundling, deliver, reads
from guanxi.platform.messages.definitions import MessageTemplate, message_template
from guanxi.platform.messages.deliver import clear_old, deliver_due, forget_customer
from guanxi.platform.messages.models import InboxMessage, OutgoingMessage, State
from guanxi.platform.messages.queue import queue
from guanxi.platform.messages.security import tell_of_accounts
from guanxi.platform.people.models import Person
from guanxi.platform.people.tests.cast import Cast
from guanxi.platform.ui.registry import load
from guanxi.platform.ui.subjects import subject_kind

from .mailbox import Box

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 9, 4, 0, tzinfo=UTC)  # Monday noon in Shanghai
NIGHT = NOON + timedelta(hours=10)  # 22:00
MORNING = NOON + timedelta(hours=20)  # Tuesday 08:00

DUTY = message_template(
    MessageTemplate(
        "test.duty",
        Text("任务", "Duty"),
        Text("请办理{what}", "Please do {what}"),
        paragraphs=(Text("请办理{what}。", "Please do {what}."),),
        button=Text("去办", "Do it"),
    )
)
NAMED = message_template(
    MessageTemplate(
        "test.named",
        Text("点名", "Named"),
        Text("华光医院：{what}", "Huaguang Hospital: {what}"),
        guarded=True,
    )
)
ALARM = message_template(
    MessageTemplate(
        "test.alarm",
        Text("警报", "Alarm"),
        Text("警报：{what}", "Alarm: {what}"),
        optional=False,
        urgent=Text("机房失火", "the data centre is on fire"),
    )
)
SEEN: dict[int, dict[int, str]] = {}
"""Person -> the customers that this person may see."""


def _names(person: Any, ids: list[int]) -> dict[int, str]:
    allowed = {k: v for who in person.acts_for for k, v in SEEN.get(who, {}).items()}
    return {id: allowed[id] for id in ids if id in allowed}


@pytest.fixture(autouse=True)
def _customers(settings: Any, cast: Cast) -> Iterator[None]:
    load()
    subject_kind("hospital", Text("医院", "Hospital"), names=_names, url=lambda id: f"/hospitals/{id}/")
    settings.GUANXI_ADDRESS = "https://crm.example.cn"
    SEEN.clear()
    SEEN[cast.lin.pk] = {7: "华光医院"}
    yield
    SEEN.clear()


def at(moment: datetime = NOON, **later: float) -> Any:
    return fixed_clock(moment + timedelta(**later))


def do(name: str, who: Any, when: datetime = NOON, **data: Any) -> Any:
    return perform(name, data, actor=who, clock=fixed_clock(when)).value


def send(to: Person, key: str = "a", template: str = "test.duty", when: datetime = NOON, **more: Any) -> Any:
    return queue(template, key=key, to=to, values={"what": f"事项 {key}"}, now=when, **more)


def fresh(person: Person) -> Person:
    return Person.objects.get(pk=person.pk)


def as_(person: Person) -> Client:
    client = Client()
    client.force_login(fresh(person), "django.contrib.auth.backends.ModelBackend")
    return client


def shown(person: Person) -> list[reads.Line]:
    return list(reads.lines(fresh(person), list(reads.inbox(person))).values())


# --- what comes ---


def test_every_message_stands_in_the_inbox_too(cast: Cast, box: Box) -> None:
    send(cast.lin, about=("hospital", "7"))
    (line,) = shown(cast.lin)
    assert (str(line.title), line.about.name, line.url) == ("请办理事项 a", "华光医院", "/hospitals/7/")
    assert reads.unread(cast.lin) == 1
    assert reads.unread(cast.zhao) == 0
    assert deliver_due(clock=at()) == {"sent": 1}
    (mail,) = box.taken
    assert mail["Subject"].strip() == "请办理事项 a（华光医院）"
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    lines = ["请办理事项 a。", "", "医院：华光医院", "", "去办：https://crm.example.cn/hospitals/7/"]
    assert text.splitlines() == lines
    send(cast.lin)
    assert InboxMessage.objects.count() == 1, "under the same key it is one message"


def test_who_has_no_address_has_the_inbox(cast: Cast) -> None:
    cast.lin.email = ""
    row = send(cast.lin)
    assert (row.state, row.error_text.en) == (
        State.SKIPPED,
        "This person has no e-mail address and has it in the inbox",
    )
    assert reads.unread(cast.lin) == 1


def test_each_chooses_by_kind_but_not_for_what_is_urgent(cast: Cast) -> None:
    do("messages.set_preference", cast.lin, template="test.duty", on=False)
    assert send(cast.lin).state == State.SKIPPED
    assert send(cast.lin, "b", "test.alarm").state == State.WAITING
    assert reads.unread(cast.lin) == 2
    with pytest.raises(Invalid) as refused:
        do("messages.set_preference", cast.lin, template="test.alarm", on=False)
    assert refused.value.text.zh == "这类消息始终也发邮件"
    wishes = {wish.template: wish for wish in reads.wishes(cast.lin)}
    assert (wishes["test.duty"].on, wishes["test.alarm"].urgent.zh) == (False, "机房失火")
    assert "messages.trial" not in wishes


def test_a_deputy_has_what_comes_meanwhile_and_no_more_than_they_may_see(cast: Cast, box: Box) -> None:
    with time_machine.travel(NOON, tick=False):
        do("people.plan_absence", cast.lin, deputy=cast.zhao.pk, since="2026-03-09", until="2026-03-10")
        send(cast.lin, "duty", about=("hospital", "7"))
        send(cast.lin, "private", forward=False)
        send(cast.lin, "unseen", "test.named", about=("hospital", "8"))
        assert [m.in_place_of for m in reads.inbox(cast.zhao)] == [cast.lin]
        (line,) = shown(cast.zhao)
        assert line.about.name == "华光医院"
        deliver_due(clock=at())
        (mail,) = [m for m in box.taken if "zhao" in m["To"]]
        assert mail["Subject"].strip() == "【代林晓】请办理事项 duty（华光医院）"
        assert "林晓外出，这条消息由您代收。" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    with time_machine.travel(NOON + timedelta(days=2), tick=False):
        (line,) = shown(cast.zhao)
        assert (line.about.name, line.url) == ("", ""), (
            "the absence is over: the customer is not theirs any more"
        )
        send(cast.lin, "later", when=NOON + timedelta(days=2))
        assert reads.inbox(cast.zhao).count() == 1


def test_what_one_may_no_longer_see_is_not_named(cast: Cast, box: Box) -> None:
    send(cast.lin, "named", "test.named", about=("hospital", "7"))
    send(cast.lin, "duty", about=("hospital", "7"))
    before = [str(line.title) for line in shown(cast.lin)]
    assert before == ["请办理事项 duty", "华光医院：事项 named"]
    SEEN.clear()
    after = shown(cast.lin)
    assert [(str(one.title), one.about.name, one.url) for one in after] == [
        ("请办理事项 duty", "", ""),
        ("点名", "", ""),
    ]
    client = as_(cast.lin)
    for address in [
        "/inbox/",
        "/inbox/?view=unread&status=unread",
        *(f"/inbox/{m.pk}/" for m in reads.inbox(cast.lin)),
    ]:
        answer = client.get(address)
        assert answer.status_code == 200
        assert "华光" not in answer.content.decode()
    assert deliver_due(clock=at()) == {}, "nor does it go by e-mail"
    assert box.taken == []
    for row in OutgoingMessage.objects.all():
        assert (row.state, row.text) == (State.SKIPPED, "")
        assert "无权查看" in row.error_text.zh


# --- reading ---


def test_a_message_is_read_by_opening_it_and_only_ones_own(cast: Cast) -> None:
    send(cast.lin, about=("hospital", "7"))
    row = InboxMessage.objects.get()
    client = as_(cast.lin)
    page = client.get("/inbox/").content.decode()
    assert 'aria-label="消息 1"' in page
    assert f'data-url="/inbox/{row.pk}/"' in page
    client.head(f"/inbox/{row.pk}/")
    assert reads.unread(cast.lin) == 1, "to ask for the head is not to read"
    assert as_(cast.sun).get(f"/inbox/{row.pk}/").status_code == 404
    drawer = client.get(f"/inbox/{row.pk}/", HTTP_X_DRAWER="1").content.decode()
    assert f'id="inbox-mark-{row.pk}" hx-swap-oob="true"></span>' in drawer, "its line below loses the mark"
    assert 'aria-label="消息"' in drawer, "and the head its count"
    assert reads.unread(cast.lin) == 0
    assert client.get(f"/inbox/{row.pk}/?go")["Location"] == "/hospitals/7/"
    assert not Fact.objects.filter(subject_kind="inbox_message").exists(), (
        "who read what is nobody's business"
    )
    for action in ("messages.mark_read", "messages.mark_unread"):
        with pytest.raises(NotFound):
            do(action, cast.sun, message=row.pk)
    do("messages.mark_unread", cast.lin, message=row.pk)
    assert reads.unread(cast.lin) == 1


def test_all_are_read_and_it_can_be_taken_back(cast: Cast) -> None:
    send(cast.lin, "read before")
    do("messages.mark_read", cast.lin, message=InboxMessage.objects.get().pk)
    send(cast.lin, "b")
    send(cast.lin, "c")
    send(cast.zhao, "d")
    client = as_(cast.lin)
    page = client.post("/inbox/read-all/", follow=True).content.decode()
    assert "已全部标为已读" in page
    assert (reads.unread(cast.lin), reads.unread(cast.zhao)) == (0, 1)
    moment = InboxMessage.objects.get(key="b").read_at
    assert moment is not None
    undo = {"at": moment.isoformat(), "next": "/inbox/"}
    assert f'value="{moment.isoformat()}"' in page
    client.post(reverse("ui.act", kwargs={"action": "messages.unmark_all_read"}), undo)
    assert reads.unread(cast.lin) == 2
    do("messages.mark_all_read", cast.lin)
    assert do("messages.mark_all_read", cast.lin) is None, "nothing was left to mark"


def test_the_page_groups_by_day_and_says_when_there_is_nothing(cast: Cast) -> None:
    client = as_(cast.lin)
    assert "还没有消息" in client.get("/inbox/").content.decode()
    send(cast.lin, "a")
    send(cast.lin, "b", when=NOON - timedelta(days=1))
    page = client.get("/inbox/").content.decode()
    assert page.index("3月9日 周一") < page.index("请办理事项 a")
    assert "3月8日 周日" in page
    do("messages.mark_all_read", cast.lin)
    assert "没有未读消息" in client.get("/inbox/?view=unread&status=unread").content.decode()


def test_the_number_of_queries_does_not_grow_with_the_messages(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    client = as_(cast.lin)
    send(cast.lin, about=("hospital", "7"))
    client.get("/inbox/")
    with django_assert_max_num_queries(30) as few:
        client.get("/inbox/")
    for number in range(20):
        send(cast.lin, str(number), about=("hospital", "7"))
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get("/inbox/")


def test_what_was_read_goes_after_months(cast: Cast) -> None:
    send(cast.lin, "read")
    do("messages.mark_read", cast.lin, message=InboxMessage.objects.get().pk)
    send(cast.lin, "unread")
    clear_old(clock=at(days=180))
    assert InboxMessage.objects.count() == 2
    clear_old(clock=at(days=184))
    assert [m.key for m in InboxMessage.objects.all()] == ["unread"]
    send(cast.lin, "of a customer", customer=7)
    forget_customer(7)
    assert [m.key for m in InboxMessage.objects.all()] == ["unread"]


def test_the_settings_page_changes_what_it_says(cast: Cast) -> None:
    client = as_(cast.lin)
    page = client.get("/me/messages/").content.decode()
    assert "公司规定：每天 21:00 至 08:00，非工作日全天" in page
    assert "站内 + 邮件，始终如此：机房失火" in page
    sent = {"hours-since": "19:00", "hours-until": "08:30", "hours-rest_days": "mail"}
    assert client.post("/me/messages/?form=hours", sent).status_code == 302
    assert 'value="19:00"' in client.get("/me/messages/").content.decode()
    wrong = client.post("/me/messages/?form=hours", sent | {"hours-until": "18:00"})
    assert wrong.status_code == 422
    assert "最长 14 小时" in wrong.content.decode()
    act = reverse("ui.act", kwargs={"action": "messages.set_preference"})
    assert (
        client.post(act, {"template": "test.duty", "on": "False", "next": "/me/messages/"}).status_code == 302
    )
    assert [w.on for w in reads.wishes(cast.lin) if w.template == "test.duty"] == [False]


# --- quiet hours ---


def test_at_night_mail_waits_and_goes_as_one_in_the_morning(cast: Cast, box: Box) -> None:
    for key in ("a", "b", "c"):
        send(cast.lin, key, when=NIGHT, about=("hospital", "7"))
    send(cast.zhao, "d", when=NIGHT)
    assert reads.unread(cast.lin) == 3, "the inbox does not wait"
    assert deliver_due(clock=at(NIGHT)) == {}
    assert deliver_due(clock=at(MORNING, seconds=-1)) == {}
    assert deliver_due(clock=at(MORNING)) == {"sent": 2}
    assert deliver_due(clock=at(MORNING, minutes=1)) == {}
    joint, single = sorted(box.taken, key=lambda mail: "zhao" in mail["To"])
    assert joint["Subject"].strip() == "3 条消息：请办理事项 a（华光医院） 等"
    text = joint.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert text.count("https://crm.example.cn/hospitals/7/") == 3
    assert [f"{n}. 请办理事项 {key}" in text for n, key in enumerate("abc", start=1)] == [True] * 3
    html = joint.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert html.count("<h3>") == 3
    assert html.count("<body>") == 1
    assert single["Subject"] == "请办理事项 d"
    states = OutgoingMessage.objects.filter(person=cast.lin).order_by("id").values_list("state", flat=True)
    assert list(states) == [State.BUNDLED] * 3 + [State.SENT]


def test_what_is_urgent_goes_at_night_and_says_why(cast: Cast, box: Box) -> None:
    send(cast.lin, "fire", "test.alarm", when=NIGHT)
    send(cast.lin, "a", when=NIGHT)
    assert deliver_due(clock=at(NIGHT)) == {"sent": 1}
    (mail,) = box.taken
    assert "现在是您的免打扰时段，因机房失火，这封邮件照发。" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    send(cast.lin, "by day", "test.alarm", when=MORNING)
    assert deliver_due(clock=at(MORNING)) == {"sent": 2}
    assert [("照发" in m.get_body(("plain",)).get_content()) for m in box.taken] == [True, False, False]  # type: ignore[union-attr]


def test_do_not_disturb_holds_until_it_is_over_or_taken_back(cast: Cast, box: Box) -> None:
    do("messages.do_not_disturb", cast.lin, until=(NOON + timedelta(days=2)).isoformat())
    send(cast.lin)
    assert deliver_due(clock=at(hours=1)) == {}
    page = as_(cast.wu).get(f"/settings/outbox/{OutgoingMessage.objects.get().pk}/")
    assert page.status_code == 200
    do("messages.do_not_disturb", cast.lin, when=NOON + timedelta(hours=2))
    assert deliver_due(clock=at(hours=2)) == {"sent": 1}


def test_a_joint_mail_that_could_not_go_names_nothing_that_was_lost_meanwhile(cast: Cast, box: Box) -> None:
    send(cast.lin, "a", about=("hospital", "7"))
    send(cast.lin, "b")
    send(cast.lin, "c")
    box.to_recipient = "452 mailbox full"
    assert deliver_due(clock=at()) == {"retry": 1}
    SEEN.clear()
    box.to_recipient = "250 OK"
    assert deliver_due(clock=at(minutes=1)) == {"sent": 1}
    (mail,) = box.taken
    assert mail["Subject"].strip() == "2 条消息：请办理事项 b 等"
    assert "华光" not in mail.as_string()
    assert OutgoingMessage.objects.get(key="a").state == State.SKIPPED


@pytest.mark.postgres
def test_two_workers_bundle_once(cast: Cast, box: Box) -> None:
    send(cast.lin, "a")
    send(cast.lin, "b")
    ids = list(OutgoingMessage.objects.order_by("id").values_list("pk", flat=True))
    assert bundling._bundled(ids, NOON)
    assert not bundling._bundled(ids, NOON), "whoever looked at the same time is late"
    send(cast.lin, "c")
    assert deliver._claim(OutgoingMessage.objects.get(key="c").pk, NOON) is not None
    send(cast.lin, "d")
    late = list(OutgoingMessage.objects.filter(key__in="cd").order_by("id").values_list("pk", flat=True))
    assert not bundling._bundled(late, NOON), "one of two is in another worker's hands: no joint mail of one"
    assert OutgoingMessage.objects.get(key="d").state == State.WAITING
    assert deliver_due(clock=at()) == {"sent": 2}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="two writers at once: PostgreSQL (make postgres)"
)
def test_two_workers_at_once_send_nothing_twice(cast: Cast, box: Box) -> None:
    for person in (cast.lin, cast.zhao, cast.sun):
        for key in "abc":
            send(person, f"{person.pk}{key}")
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        deliver_due(clock=at())
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    deliver_due(clock=at(minutes=10))
    said = "".join(mail.get_body(("plain",)).get_content() for mail in box.taken)  # type: ignore[union-attr]
    for person in (cast.lin, cast.zhao, cast.sun):
        for key in "abc":
            assert said.count(f"请办理事项 {person.pk}{key}。") == 1


# --- accounts ---


def test_whoever_s_account_is_touched_reads_of_it_at_once(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False):
        do("people.reset_password", cast.wu, person=cast.lin.pk)
        assert tell_of_accounts(at()) == 1
        assert tell_of_accounts(at()) == 0
        (line,) = shown(cast.lin)
        assert str(line.title) == "您的账号：密码已重置"
        assert "吴安重置了您的登录密码" in str(line.body)
        assert OutgoingMessage.objects.get().urgent
        do("people.reset_password", cast.wu, person=cast.zhao.pk)
        tell_of_accounts(at(days=8))
        assert reads.unread(cast.zhao) == 0, "what is a week old is no news"
