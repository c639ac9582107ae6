"""Given the named people, when they open a page of this package, then they see what is theirs and no more."""

from __future__ import annotations

import html
import io
import re
import zipfile
from datetime import timedelta
from typing import Any

import pytest
import xlsxwriter
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from guanxi.platform.kernel import Text, perform
from guanxi.platform.people.models import Membership, Person, RolePermission
from guanxi.platform.people.rights import permission
from guanxi.platform.people.settings_registry import value
from guanxi.platform.people.tables import Unreadable, read_table

from .cast import SINCE, Cast

permission("test.by_clause", Text("批准制度", "Approve"), all=("general_manager",), by_clause="R1.17")

VIEWERS = {"wu", "zhou", "chen", "wang"}
AUDITORS = {"wu", "zhou", "chen"}
ADMIN = {"wu"}
PAGES: dict[str, set[str]] = {
    "/me/": {"lin", "zhao", "wang", "chen", "zhou", "wu", "sun"},
    "/me/password/": {"lin", "zhao", "wang", "chen", "zhou", "wu", "sun"},
    "/me/second-factor/": {"lin", "zhao", "wang", "chen", "zhou", "wu", "sun"},
    "/me/sessions/": {"lin", "zhao", "wang", "chen", "zhou", "wu", "sun"},
    "/me/sessions/end/": {"lin", "zhao", "wang", "chen", "zhou", "wu", "sun"},
    "/me/sessions/token/": {"lin", "zhao", "wang", "chen", "zhou", "wu", "sun"},
    "/people/": VIEWERS,
    "/people/departments/": VIEWERS,
    "/people/roles/": AUDITORS,
    "/people/add/": ADMIN,
    "/people/departments/add/": ADMIN,
    "/people/roles/permission/?role=front_desk&permission=people.view": ADMIN,
    "/settings/": ADMIN,
    "/people/import/": ADMIN,
    "/people/import/template/": ADMIN,
}


def as_(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("path", list(PAGES))
def test_each_page_for_each_person(cast: Cast, path: str) -> None:
    for person in cast.everybody():
        answer = as_(person).get(path)
        answer.close()
        assert answer.status_code == (200 if person.username in PAGES[path] else 403), (path, person.username)
    assert Client().get(path).status_code == 302


def test_a_service_manager_sees_the_people_of_the_department(cast: Cast) -> None:
    shown = as_(cast.wang).get("/people/").content.decode()
    assert "林晓" in shown
    assert "孙外" not in shown
    assert as_(cast.wang).get(f"/people/{cast.lin.pk}/").status_code == 200
    assert as_(cast.wang).get(f"/people/{cast.sun.pk}/").status_code == 404
    assert as_(cast.wang).get(f"/people/{cast.lin.pk}/update/").status_code == 403


def test_the_list_asks_the_same_number_of_questions_for_any_number_of_rows(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    client = as_(cast.wu)
    with django_assert_max_num_queries(40) as few:
        client.get("/people/")
    for n in range(20):
        made = Person.objects.create(username=f"p{n}", name=f"人{n}", department=cast.team)
        Membership.objects.create(person=made, department=cast.team, since=SINCE)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get("/people/")


def test_the_list_finds_by_role_and_name(cast: Cast) -> None:
    shown = as_(cast.wu).get("/people/?role=general_manager").content.decode()
    assert "陈建国" in shown
    assert "赵磊" not in shown
    assert "赵磊" in as_(cast.wu).get("/people/?q=zhao").content.decode()


def test_a_person_page_shows_roles_and_departments_over_time(cast: Cast) -> None:
    perform("people.move", {"person": cast.lin.pk, "department": cast.operations.pk}, actor=cast.wu)
    perform("people.revoke_role", {"person": cast.lin.pk, "role": "relationship_specialist"}, actor=cast.wu)
    shown = as_(cast.zhou).get(f"/people/{cast.lin.pk}/").content.decode()
    for words in (
        "客户关系专员",
        "已过期",
        "服务一组",
        "营运部",
        "收回角色：客户关系专员",
        "调动部门：营运部",
    ):
        assert words in shown
    assert "停用" not in shown.split("page-head-actions")[1].split("</div>")[0]


def test_adding_somebody_shows_the_password_once(cast: Cast) -> None:
    client = as_(cast.wu)
    asked = {"username": "zheng", "name": "郑新", "department": cast.team.pk, "roles": ["salesperson"],
             "one_time_password": "on", "_key": "a1"}  # fmt: skip
    answer = client.post("/people/add/", asked)
    made = Person.objects.get(username="zheng")
    password = answer.content.decode().split("<code>")[2].split("</code>")[0]
    assert made.check_password(password)
    assert "no-store" in answer.headers["Cache-Control"]
    assert password not in client.get(f"/people/{made.pk}/").content.decode()
    twice = client.post("/people/add/", asked)
    assert twice.status_code == 302
    assert Person.objects.filter(username="zheng").count() == 1


@pytest.mark.parametrize(
    ("what", "sent", "check"),
    [
        ("update", {"name": "林小", "username": "lin"}, lambda p: p.name == "林小"),
        ("grant", {"role": "front_desk"}, lambda p: p.has_role("front_desk")),
        ("revoke", {"role": "relationship_specialist"}, lambda p: not p.rights.roles),
        ("deactivate", {"reason": "离职"}, lambda p: not p.is_active),
    ],
)
def test_the_short_forms(cast: Cast, what: str, sent: dict[str, str], check: Any) -> None:
    path = f"/people/{cast.lin.pk}/{what}/"
    assert as_(cast.wu).get(path).status_code == 200
    assert as_(cast.wu).post(path, sent).status_code == 302
    assert check(Person.objects.get(pk=cast.lin.pk))
    refused = as_(cast.zhou).post(path, sent)
    assert refused.status_code == 403
    assert as_(cast.wu).get(f"/people/{cast.lin.pk}/nothing/").status_code == 404


def test_a_refusal_stands_at_the_form_with_its_clause(cast: Cast) -> None:
    answer = as_(cast.wu).post(f"/people/{cast.wu.pk}/grant/", {"role": "general_manager"})
    assert answer.status_code == 409
    assert "R1.17" in answer.content.decode()


def test_rights_by_clause_are_marked(cast: Cast) -> None:
    shown = as_(cast.zhou).get("/people/roles/?role=general_manager").content.decode()
    assert "批准制度" in shown
    assert "制度赋予，不可调整" in shown
    RolePermission.objects.create(role="front_desk", permission="people.view", reach="own")
    assert "公司调整" in as_(cast.wu).get("/people/roles/?role=front_desk").content.decode()
    answer = as_(cast.wu).post(
        "/people/roles/permission/?role=front_desk&permission=test.by_clause", {"reach": "all"}
    )
    assert answer.status_code == 409
    assert "R1.17" in answer.content.decode()


def test_settings_are_saved_group_by_group(cast: Cast) -> None:
    client = as_(cast.wu)
    sent = {"company-name": "恒信科技", "company-language": "en", "company-record_position": "on"}
    answer = client.post("/settings/", sent)
    assert (answer.status_code, answer["Location"]) == (302, "/settings/?of=company")
    shown = client.get("/settings/").content.decode()
    assert "恒信科技" in shown
    assert "发件邮箱" not in shown  # that stands with what else concerns mail
    wrong = client.post(
        "/settings/?of=mail",
        {
            "mail-sender_name": "恒信",
            "mail-sender": "nobody",
            "mail-own_quiet_hours": "x",
            "mail-undisturbed_days": "3",
        },
    )
    told = wrong.content.decode()
    assert wrong.status_code == 422
    for words in ("邮箱地址格式不对", "请填写整数", 'value="恒信"', 'href="#id_mail-sender"'):
        assert words in told
    assert value("mail.sender_name") == ""


def test_what_only_the_system_sets_is_shown_and_not_asked_for(cast: Cast) -> None:
    shown = as_(cast.wu).get("/settings/").content.decode()
    assert "演示公司" in shown
    assert 'name="demo"' not in shown
    sent = {"company-name": "恒信", "company-language": "en", "demo": "on"}
    assert as_(cast.wu).post("/settings/", sent).status_code == 302
    assert value("demo") is False


def test_a_department_is_added_and_changed(cast: Cast) -> None:
    client = as_(cast.wu)
    assert (
        client.post("/people/departments/add/", {"name": "市场部", "parent": cast.company.pk}).status_code
        == 302
    )
    shown = client.get("/people/departments/").content.decode()
    assert "市场部" in shown
    path = f"/people/departments/{cast.team.pk}/"
    assert client.post(path, {"name": "服务甲组", "parent": cast.team.pk, "active": "on"}).status_code == 422
    assert (
        client.post(path, {"name": "服务甲组", "parent": cast.service.pk, "active": "on"}).status_code == 302
    )
    cast.team.refresh_from_db()
    assert cast.team.name == "服务甲组"


def test_people_from_a_spreadsheet_are_shown_first(cast: Cast) -> None:
    client = as_(cast.wu)
    template = b"".join(client.get("/people/import/template/").streaming_content)  # type: ignore[attr-defined]
    assert read_table(template)[0].cells[:2] == ["登录名", "姓名"]
    table = "登录名,姓名,部门,角色\ngao,高一,服务一组,客户经理\nlin,林二,,\n".encode("gb18030")
    looked = client.post("/people/import/", {"file": io.BytesIO(table)})
    shown = looked.content.decode()
    assert "1 行可以导入" in shown
    assert "登录名已被使用" in shown
    assert not Person.objects.filter(username="gao").exists()
    sent = shown.split('<textarea name="table" hidden>')[1].split("</textarea>")[0]
    done = client.post("/people/import/", {"confirm": "1", "table": sent})
    assert "已导入 1 人" in done.content.decode()
    assert Person.objects.get(username="gao").department == cast.team


TABLE = '登录名,姓名,部门\n\ngao,高一,没有这个部门\n,,\nhu,"胡\n二",\nlin,林三,\n'
"""A blank line below the heads, a line of empty cells, and a cell of two lines: heads 1, 高一 3, 胡二 5, 林三 6."""


def test_rows_are_numbered_as_the_spreadsheet_does(cast: Cast) -> None:
    client = as_(cast.wu)
    looked = client.post("/people/import/", {"file": io.BytesIO(TABLE.encode())})
    shown = looked.content.decode()
    numbers = re.findall(r'<td class="num"[^>]*>(\d+)</td><td class="lead">(\S)', shown)
    assert numbers == [("3", "高"), ("5", "胡"), ("6", "林")]
    sent = html.unescape(shown.split('<textarea name="table" hidden>')[1].split("</textarea>")[0])
    done = client.post("/people/import/", {"confirm": "1", "table": sent}).content.decode()
    assert re.findall(r'<td class="num"[^>]*>(\d+)</td>', done) == ["3", "5", "6"]


def test_a_workbook_with_empty_lines_above_keeps_its_numbers() -> None:
    held = io.BytesIO()
    with xlsxwriter.Workbook(held) as book:
        sheet = book.add_worksheet()
        sheet.write_row(2, 0, ["登录名", "姓名"])
        sheet.write_row(4, 0, ["gao", "高一"])
    assert [(line.row, line.cells[1]) for line in read_table(held.getvalue())] == [(3, "姓名"), (5, "高一")]


@pytest.mark.parametrize("table", ["", "row,name\nx,甲\n", "row,wages\n2,9\n"])
def test_rows_that_no_page_wrote_are_refused(cast: Cast, table: str) -> None:
    answer = as_(cast.wu).post("/people/import/", {"confirm": "1", "table": table})
    assert answer.status_code == 422
    assert "请重新选择文件" in answer.content.decode()


@pytest.mark.parametrize(
    "data", [b"", b"\x00\x01\x02", "姓名,电话\n甲,1\n".encode(), b"PK\x03\x04broken", b"%PDF-1.4"]
)
def test_a_file_that_is_no_table_of_people_is_refused(cast: Cast, data: bytes) -> None:
    upload = io.BytesIO(data)
    upload.name = "people.xlsx"
    answer = as_(cast.wu).post("/people/import/", {"file": upload} if data else {})
    assert answer.status_code == 422
    assert Person.objects.count() == 7


def test_a_table_too_large_is_refused() -> None:
    with pytest.raises(Unreadable):
        read_table(b"a" * (2 * 1024 * 1024 + 1))


def far_away() -> bytes:
    """A small workbook with one cell in the last row and column."""
    written = io.BytesIO()
    book = xlsxwriter.Workbook(written)
    book.add_worksheet().write(1_048_575, 16_383, "x")
    book.close()
    return written.getvalue()


def bomb() -> bytes:
    """A small file that unpacks to more than a hundred megabytes."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b" " * 120_000_000)
    return written.getvalue()


@pytest.mark.parametrize("made", [far_away, bomb])
def test_a_table_that_grows_when_it_is_unpacked_is_refused_before(made: Any) -> None:
    data = made()
    assert len(data) < 200_000
    with pytest.raises(Unreadable) as refused:
        read_table(data)
    assert refused.value.text.zh == "文件过大"


@pytest.mark.parametrize("name", ["people.pdf", "people.exe", "people.html", "people.csv.js"])
def test_a_table_under_the_name_of_something_else_is_refused(name: str) -> None:
    with pytest.raises(Unreadable):
        read_table("姓名,登录名\n钱进,qian\n".encode(), name)
    assert len(read_table("姓名,登录名\n钱进,qian\n".encode(), "人员.CSV")) == 2


def test_setting_up_the_second_factor_on_the_page(cast: Cast) -> None:
    from .test_signin import SECRET, code

    cast.lin.set_password(SECRET)
    cast.lin.save()
    client = as_(cast.lin)
    path = "/me/second-factor/"
    wrong = client.post(path, {"step": "start", "start-password": "x"})
    assert wrong.status_code == 403
    assert client.post(path, {"step": "start", "start-password": SECRET}).status_code == 302
    shown = client.get(path).content.decode()
    assert "data:image/png;base64," in shown
    device = TOTPDevice.objects.get(user=cast.lin)
    done = client.post(path, {"step": "enrol", "enrol-otp": code(device)}).content.decode()
    assert done.count("<li><code>") == 10
    assert "已启用，还有 10 个恢复码" in client.get(path).content.decode()
    assert client.post(path, {"step": "remove", "remove-password": SECRET}).status_code == 302
    assert not TOTPDevice.objects.exists()


def test_the_pickers_find_colleagues_and_departments(cast: Cast) -> None:
    client = as_(cast.lin)
    assert "赵磊" in client.get("/ui/pick/person/?q=赵").content.decode()
    assert "服务一组" in client.get("/ui/pick/department/?q=一组").content.decode()


def test_pages_speak_english(cast: Cast) -> None:
    Person.objects.filter(pk=cast.wu.pk).update(language="en")
    client = as_(Person.objects.get(pk=cast.wu.pk))
    for path in PAGES:
        if path.endswith("template/"):
            continue
        assert "我的设置" not in client.get(path).content.decode()
        assert 'lang="en"' in client.get(path).content.decode()


def test_old_locks_do_not_show(cast: Cast) -> None:
    from axes.models import AccessAttempt

    made = AccessAttempt.objects.create(
        username="lin",
        ip_address="10.0.0.1",
        user_agent="",
        failures_since_start=9,
        get_data="",
        post_data="",
    )
    shown = as_(cast.wu).get(f"/people/{cast.lin.pk}/").content.decode()
    assert "已锁定" in shown
    assert "解除锁定" in shown
    AccessAttempt.objects.filter(pk=made.pk).update(attempt_time=made.attempt_time - timedelta(hours=2))
    assert "已锁定" not in as_(cast.wu).get(f"/people/{cast.lin.pk}/").content.decode()
