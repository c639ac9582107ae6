"""Given approvals that wait, when people open the pages, then each sees their own and decides from there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from guanxi.platform.approvals.models import Approval, Substitute
from guanxi.platform.approvals.web.panels import Find, WaitForMe
from guanxi.platform.kernel import perform, system_clock
from guanxi.platform.people.models import Person, RoleGrant
from guanxi.platform.people.reads import today
from guanxi.platform.people.tests.cast import SINCE, Cast

from .kinds import Paper, papers


@pytest.fixture(autouse=True)
def _papers() -> Any:
    papers.clear()
    papers.update({n: Paper(n) for n in range(1, 6)})
    yield
    papers.clear()


def as_(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def ask_for(kind: str, person: Person, paper: int = 1, **more: Any) -> Approval:
    asked = {"kind": kind, "subject": paper, "why": "请批准", **more}
    return perform("approvals.request", asked, actor=person).value


def seen(approval: Approval, **more: str) -> dict[str, str]:
    return {"content_hash": approval.content_hash, **more}


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


@pytest.mark.parametrize(
    "path", ["/approvals/", "/approvals/mine/", "/approvals/ended/", "/approvals/substitutes/"]
)
def test_everybody_has_the_pages(cast: Cast, path: str) -> None:
    for person in cast.everybody():
        assert as_(person).get(path).status_code == 200
    assert Client().get(path).status_code == 302


def test_all_approvals_are_the_auditors_to_read(cast: Cast) -> None:
    ask_for("test.chain", cast.lin)
    for person in cast.everybody():
        status = as_(person).get("/approvals/all/").status_code
        assert status == (200 if person.username in ("zhou", "chen") else 403)
    assert "文件 1" in page(as_(cast.zhou), "/approvals/all/")


def test_one_item_tells_what_why_who_what_changes_which_clause_and_what_if_not(cast: Cast) -> None:
    approval = ask_for("test.chain", cast.lin)
    shown = page(as_(cast.wang), f"/approvals/{approval.pk}/")
    for words in (
        "文件 1",
        "请批准",
        "林晓",
        "<del>旧</del>",
        "<ins>原</ins>",
        "R9.9",
        "文件不生效",
        "总经理",
        "申请批准",
    ):
        assert words in shown, words
    assert 'value="approve"' in shown
    for person, status in (
        (cast.lin, 200),
        (cast.zhou, 200),
        (cast.chen, 200),
        (cast.zhao, 404),
        (cast.sun, 404),
    ):
        answer = as_(person).get(f"/approvals/{approval.pk}/")
        assert answer.status_code == status
        assert 'value="approve"' not in answer.content.decode()


def test_the_requester_sees_for_whom_it_waits_and_what_he_can_do(cast: Cast) -> None:
    approval = ask_for("test.chain", cast.lin)
    client = as_(cast.lin)
    shown = page(client, f"/approvals/{approval.pk}/")
    for words in ("等待：王敏", "催办", "撤回申请"):
        assert words in shown
    assert "文件 1" in page(client, "/approvals/mine/")
    assert client.post(f"/approvals/{approval.pk}/remind/").status_code == 302
    client.post(f"/approvals/{approval.pk}/remind/")
    assert "今天已催办过" in page(client, f"/approvals/{approval.pk}/")
    assert client.get(f"/approvals/{approval.pk}/withdraw/").status_code == 200
    assert client.post(f"/approvals/{approval.pk}/withdraw/", {"comment": "不用了"}).status_code == 302
    assert "不用了" in page(client, f"/approvals/{approval.pk}/")
    assert "已撤回" in page(client, "/approvals/ended/")


def test_deciding_on_the_page(cast: Cast) -> None:
    approval = ask_for("test.chain", cast.lin)
    path = f"/approvals/{approval.pk}/"
    without = as_(cast.wang).post(path, seen(approval, decision="return"))
    assert (without.status_code, "退回或不批准时请写明意见" in without.content.decode()) == (422, True)
    assert as_(cast.wang).post(path, seen(approval, decision="approve", comment="同意")).status_code == 302
    assert as_(cast.zhou).post(path, seen(approval, decision="approve")).status_code == 403
    assert as_(cast.chen).post(path, seen(approval, decision="approve")).status_code == 302
    assert papers[1].approved == 1
    shown = page(as_(cast.lin), path)
    assert "同意" in shown
    assert "已批准" in shown
    assert as_(cast.chen).post(path, seen(approval, decision="approve")).status_code == 409


def test_what_was_seen_is_what_is_approved(cast: Cast) -> None:
    approval = ask_for("test.one", cast.lin)
    path = f"/approvals/{approval.pk}/"
    stale = as_(cast.chen).post(path, {"content_hash": "0" * 64, "decision": "approve"})
    assert (stale.status_code, "内容与您所见不同" in stale.content.decode()) == (409, True)
    papers[1].text = "偷改"
    assert "内容在申请之后改过" in page(as_(cast.chen), path)
    as_(cast.chen).post(path, seen(approval, decision="approve"))
    assert papers[1].approved == 0
    assert Approval.objects.get().state == "void"


def test_a_gate_says_no_at_the_form(cast: Cast) -> None:
    approval = ask_for("test.one", cast.lin)
    papers[1].blocked = True
    answer = as_(cast.chen).post(
        f"/approvals/{approval.pk}/", seen(approval, decision="approve", comment="好")
    )
    assert answer.status_code == 409
    assert "资料不全" in answer.content.decode()
    assert "好</textarea>" in answer.content.decode()


def test_a_password_is_asked_for_and_never_shown(cast: Cast) -> None:
    cast.chen.set_password("correct-horse-7")
    cast.chen.save()
    approval = ask_for("test.secure", cast.lin)
    client, path = as_(cast.chen), f"/approvals/{approval.pk}/"
    assert 'type="password"' in page(client, path)
    wrong = client.post(path, seen(approval, decision="approve", password="guess-guess"))
    assert wrong.status_code == 403
    assert "密码或验证码不正确" in wrong.content.decode()
    assert "guess-guess" not in wrong.content.decode()
    assert (
        client.post(path, seen(approval, decision="approve", password="correct-horse-7")).status_code == 302
    )
    assert papers[1].approved == 1


def test_the_table_has_its_keys_and_the_phone_its_queue(cast: Cast) -> None:
    now = system_clock()
    late = ask_for("test.one", cast.lin, 1)
    soon = ask_for("test.one", cast.lin, 2, due=(now + timedelta(hours=1)).isoformat())
    client = as_(cast.chen)
    shown = page(client, "/approvals/")
    assert shown.index("文件 2") < shown.index("文件 1")
    assert shown.count('data-key="a"') == 2
    assert shown.count('data-key="r"') == 2
    assert f"/approvals/{soon.pk}/?queue=1" in shown
    one = page(client, f"/approvals/{soon.pk}/?queue=1")
    assert "1 / 2" in one
    done = client.post(f"/approvals/{soon.pk}/?queue=1", seen(soon, decision="approve"))
    assert done.headers["Location"] == f"/approvals/{late.pk}/?queue=1"
    done = client.post(f"/approvals/{late.pk}/?queue=1", seen(late, decision="approve"))
    assert done.headers["Location"] == "/approvals/"
    assert "没有等您批准的事" in page(client, "/approvals/")


def test_the_table_asks_the_same_number_of_questions(cast: Cast, django_assert_max_num_queries: Any) -> None:
    ask_for("test.one", cast.lin, 1)
    client = as_(cast.chen)
    with django_assert_max_num_queries(60) as few:
        client.get("/approvals/")
    for n in range(2, 6):
        ask_for("test.one", cast.lin, n)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get("/approvals/")


def rows(*approvals: Approval) -> list[str]:
    return [f"{a.pk}:{a.content_hash}" for a in approvals]


def test_several_at_once(cast: Cast) -> None:
    one, two, three = (ask_for("test.one", cast.lin, n) for n in (1, 2, 3))
    papers[2].blocked = True
    papers[3].text = "偷改"
    client = as_(cast.chen)
    answer = client.post("/approvals/decide/", {"decision": "approve", "row": rows(one, two, three)})
    assert answer.headers["Location"] == "/approvals/"
    shown = page(client, "/approvals/")
    for words in ("已处理 1 项", "资料不全", "内容已改，这次审批已失效"):
        assert words in shown
    assert [papers[n].approved for n in (1, 2, 3)] == [1, 0, 0]


def test_several_are_refused_with_one_reason(cast: Cast) -> None:
    one, two = ask_for("test.one", cast.lin, 1), ask_for("test.one", cast.lin, 2)
    client = as_(cast.chen)
    asked = {"decision": "refuse", "row": rows(one, two)}
    first = client.post("/approvals/decide/", asked)
    assert (first.status_code, "文件 2" in first.content.decode()) == (200, True)
    assert client.post("/approvals/decide/", {**asked, "comment": ""}).status_code == 422
    assert client.post("/approvals/decide/", {**asked, "comment": "本月不办"}).status_code == 302
    assert set(Approval.objects.values_list("state", flat=True)) == {"refused"}


def test_several_with_a_password(cast: Cast) -> None:
    cast.chen.set_password("correct-horse-7")
    cast.chen.save()
    one = ask_for("test.secure", cast.lin, 1)
    client = as_(cast.chen)
    asked = {"decision": "approve", "row": rows(one)}
    assert 'type="password"' in client.post("/approvals/decide/", asked).content.decode()
    assert client.post("/approvals/decide/", {**asked, "comment": "", "password": "x"}).status_code == 403
    assert (
        client.post("/approvals/decide/", {**asked, "comment": "", "password": "correct-horse-7"}).status_code
        == 302
    )
    assert papers[1].approved == 1


def test_nothing_of_others_is_decided_by_a_made_up_row(cast: Cast) -> None:
    approval = ask_for("test.one", cast.lin)
    for person in (cast.lin, cast.sun, cast.zhou):
        as_(person).post("/approvals/decide/", {"decision": "approve", "row": [*rows(approval), "x", "99:1"]})
    assert Approval.objects.get().state == "waiting"


def test_passing_on_by_the_page(cast: Cast) -> None:
    RoleGrant.objects.create(person=cast.zhao, role="general_manager", since=SINCE)
    approval = ask_for("test.one", cast.lin)
    path = f"/approvals/{approval.pk}/pass-on/"
    assert as_(cast.chen).post(path, {"to": cast.wang.pk}).status_code == 422
    assert as_(cast.chen).post(path, {"to": cast.zhao.pk, "comment": "出差"}).status_code == 302
    assert "出差" in page(as_(cast.zhao), f"/approvals/{approval.pk}/")
    assert "没有等您批准的事" in page(as_(cast.chen), "/approvals/")


def test_a_substitute_by_the_page(cast: Cast) -> None:
    approval = ask_for("test.one", cast.lin)
    day = today().isoformat()
    path = "/approvals/substitutes/"
    chen, zhao = as_(cast.chen), as_(cast.zhao)
    assert chen.post(path, {"deputy": cast.zhao.pk, "since": day, "until": day}).status_code == 302
    assert "赵磊" in page(chen, path)
    assert "陈建国" in page(zhao, path)
    shown = page(zhao, f"/approvals/{approval.pk}/")
    assert "您代 陈建国 决定" in shown
    zhao.post(f"/approvals/{approval.pk}/", seen(approval, decision="approve"))
    assert "批准（代陈建国）" in page(chen, f"/approvals/{approval.pk}/")
    row = Substitute.objects.get()
    assert as_(cast.lin).post(f"/approvals/substitutes/{row.pk}/end/").status_code == 404
    assert chen.post(f"/approvals/substitutes/{row.pk}/end/").status_code == 302
    assert "没有。外出前可在下面指定。" in page(chen, path)


def test_today_and_the_palette(cast: Cast) -> None:
    now = system_clock()
    assert WaitForMe().context(cast.chen, None, now) is None
    approval = ask_for("test.one", cast.lin)
    found = WaitForMe().context(cast.chen, None, now)
    assert found is not None
    assert (found["count"], found["first"]) == (1, f"/approvals/{approval.pk}/?queue=1")
    assert Find().context(cast.sun, "文件", now) is None
    hits = Find().context(cast.chen, "文件", now)
    assert hits is not None
    assert str(hits["groups"][0].entries[0].label) == "文件 1"
    shown = page(as_(cast.chen), "/")
    assert "等我批准" in shown
    assert "文件 1" in shown


def test_pages_speak_english(cast: Cast) -> None:
    Person.objects.filter(pk=cast.chen.pk).update(language="en")
    approval = ask_for("test.one", cast.lin)
    client = as_(Person.objects.get(pk=cast.chen.pk))
    assert "Paper 1" in page(client, "/approvals/")
    shown = page(client, f"/approvals/{approval.pk}/")
    for words in ("What changes", "If nothing is done", "Approve", "Return", "Refuse"):
        assert words in shown
