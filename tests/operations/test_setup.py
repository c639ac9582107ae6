"""Given an empty installation, when its first administrator goes through set-up, then nine regulations wait for the
general manager, and nothing is in force before she approves."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from guanxi.interfaces.setup import access
from guanxi.interfaces.setup.treetext import read_tree, write_tree
from guanxi.platform.calendar.models import CalendarYear
from guanxi.platform.journal.models import Fact
from guanxi.platform.people import reads
from guanxi.platform.people.models import Department, Person
from guanxi.platform.people.settings_registry import value
from guanxi.platform.people.tests.cast import Cast
from guanxi.platform.regulations import packs
from guanxi.platform.regulations.models import Version
from guanxi.platform.regulations.wording import ORIGINS

pytestmark = pytest.mark.django_db
PASSWORD = "望江楼上望江流-2026"
SHEET = """登录名,姓名,部门,职务,邮箱,电话,角色
chen,陈建国,恒信科技,总经理,chen@example.com,0571-8888 0001,总经理
wang,王敏,客户服务部,经理,wang@example.com,,Service manager
lin,林晓,服务一组,专员,lin@example.com,,客户关系专员、前台人员
zhao,赵磊,不存在的部门,,,,客户经理
,没有登录名,服务一组,,,,
sun,孙外,营运部,,,,营运部人员；没有的角色
"""


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any) -> None:
    settings.HOME = tmp_path


@pytest.fixture
def browser() -> Client:
    return Client(REMOTE_ADDR="127.0.0.1", HTTP_HOST="localhost")


def upload(text: str, name: str = "people.csv") -> io.BytesIO:
    file = io.BytesIO(text.encode())
    file.name = name
    return file


def company(browser: Client, **changed: str) -> Any:
    given = {"company": "恒信科技", "zone": "Asia/Shanghai", "language": "zh-hans"} | changed
    return browser.post("/setup/", given)


def administrator(browser: Client, **changed: str) -> Any:
    given = {"name": "吴安", "username": "wu", "password": PASSWORD, "again": PASSWORD} | changed
    return browser.post("/setup/administrator/", given)


def begun(browser: Client) -> Client:
    assert company(browser).status_code == 302
    assert administrator(browser).status_code == 302
    return browser


def with_people(browser: Client, sheet: str = SHEET) -> Client:
    begun(browser)
    browser.post("/setup/departments/", {"tree": "客户服务部\n  服务一组\n营运部"})
    shown = browser.post("/setup/people/", {"file": upload(sheet)})
    table = re.search(r'<textarea name="table" hidden>(.*?)</textarea>', shown.content.decode(), re.S)
    assert table
    browser.post("/setup/people/", {"confirm": "1", "table": table[1]})
    return browser


def chosen() -> dict[str, int]:
    ids = dict(Person.objects.values_list("username", "pk"))
    return {"general_manager": ids["chen"], "service_manager": ids["wang"]}


@pytest.mark.parametrize("path", ["/", "/sign-in/", "/customers/", "/regulations/", "/settings/"])
def test_while_nobody_is_here_every_page_leads_to_set_up(browser: Client, path: str) -> None:
    answer = browser.get(path)
    assert (answer.status_code, answer["Location"]) == (302, "/setup/")
    assert browser.get("/health").status_code == 200
    assert browser.get(path, headers={"HX-Request": "true"})["HX-Redirect"] == "/setup/"


def test_once_somebody_is_here_set_up_is_closed_to_everybody_else(browser: Client, cast: Cast) -> None:
    assert browser.get("/")["Location"].startswith("/sign-in/")
    for path in ("/setup/", "/setup/administrator/"):
        assert browser.get(path)["Location"] == "/"
        assert browser.post(path, {"company": "别人", "username": "evil"})["Location"] == "/"
    browser.force_login(cast.lin)
    assert browser.get("/setup/")["Location"] == "/"
    assert browser.get("/setup/people/").status_code == 403
    assert browser.post("/setup/managers/", {"general_manager": cast.lin.pk}).status_code == 403


@pytest.mark.parametrize(
    "origin",
    [
        {"REMOTE_ADDR": "192.168.1.7"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.9"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "crm.example.com"},
        {"REMOTE_ADDR": "::ffff:192.168.1.7"},
        {"REMOTE_ADDR": ""},
    ],
)
def test_from_another_machine_nobody_takes_over_without_the_code(
    settings: Any, origin: dict[str, str]
) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "crm.example.com", "testserver"]
    headers: Any = {"HTTP_HOST": "localhost"} | origin
    stranger = Client(**headers)
    assert stranger.get("/setup/")["Location"] == "/setup/code/"
    assert company(stranger)["Location"] == "/setup/code/"
    assert administrator(stranger)["Location"] == "/setup/code/"
    assert stranger.post("/setup/code/", {"code": "aaaa-bbbb-cccc-dddd"}).status_code == 422
    assert stranger.get("/setup/")["Location"] == "/setup/code/"
    assert not Person.objects.exists()
    code = access.setup_code()
    assert (
        stranger.post("/setup/code/", {"code": f" {code.upper().replace('-', ' ')} "})["Location"]
        == "/setup/"
    )
    assert stranger.get("/setup/").status_code == 200


def test_behind_a_proxy_nobody_counts_as_local(settings: Any, browser: Client) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert browser.get("/setup/")["Location"] == "/setup/code/"


def test_the_code_is_its_owners_and_ends_with_the_first_administrator(browser: Client) -> None:
    code = access.setup_code()
    path = Path(django_settings.HOME) / access.FILE
    assert path.stat().st_mode & 0o077 == 0
    assert access.setup_code() == code
    begun(browser)
    assert not path.exists()


def test_company_and_administrator_and_back_again(browser: Client) -> None:
    assert browser.get("/setup/administrator/")["Location"] == "/setup/"
    assert company(browser)["Location"] == "/setup/administrator/"
    assert "恒信科技" in browser.get("/setup/").content.decode()  # nothing is lost on the way back
    wrong = administrator(browser, again="不一样的密码十个字符")
    assert wrong.status_code == 422
    page = wrong.content.decode()
    assert "两次输入的密码不一致" in page
    assert 'value="wu"' in page
    assert PASSWORD not in page
    assert "密码至少 10 个字符" in administrator(browser, password="短", again="短").content.decode()
    assert not Person.objects.exists()
    assert administrator(browser)["Location"] == "/setup/departments/"
    wu = Person.objects.get()
    assert (wu.username, wu.rights.roles) == ("wu", frozenset({"administrator"}))
    assert value("company.name") == "恒信科技"
    assert browser.get("/").status_code == 200  # signed in
    assert company(browser, company="恒信科技有限公司", language="en")["Location"] == "/setup/administrator/"
    assert Department.objects.get().name == value("company.name") == "恒信科技有限公司"
    assert "吴安" in browser.get("/setup/administrator/").content.decode()


def test_two_browsers_at_once_make_one_administrator(browser: Client) -> None:
    other = Client(REMOTE_ADDR="127.0.0.1", HTTP_HOST="localhost")
    company(browser)
    company(other, company="另一家")
    administrator(browser)
    assert administrator(other, username="evil")["Location"] == "/"
    assert list(Person.objects.values_list("username", flat=True)) == ["wu"]


def test_departments_as_indented_lines(browser: Client) -> None:
    begun(browser)
    tree = "客户服务部\n\t服务一组\n\t服务二组\n营运部\n"
    assert browser.post("/setup/departments/", {"tree": tree})["Location"] == "/setup/people/"
    names = {d.name: d.parent.name if d.parent else "" for d in Department.objects.all()}
    assert names == {
        "恒信科技": "",
        "客户服务部": "恒信科技",
        "服务一组": "客户服务部",
        "服务二组": "客户服务部",
        "营运部": "恒信科技",
    }
    again = browser.get("/setup/departments/").content.decode()
    assert "客户服务部\n  服务一组\n  服务二组" in again
    wrong = browser.post("/setup/departments/", {"tree": "甲\n    乙\n  丙\n甲"})
    assert wrong.status_code == 422
    page = wrong.content.decode()
    assert "第 3 行" in page
    assert "第 4 行" in page
    assert "    乙" in page  # what was typed stays
    browser.post("/setup/departments/", {"tree": "客户服务部\n  服务一组"})
    assert set(Department.objects.filter(active=True).values_list("name", flat=True)) == {
        "恒信科技",
        "客户服务部",
        "服务一组",
    }


def test_people_from_a_spreadsheet_with_each_rejected_row_and_why(browser: Client) -> None:
    with_people(browser)
    assert set(Person.objects.values_list("username", flat=True)) == {"wu", "chen", "wang", "lin"}
    assert reads.roles_on(Person.objects.get(username="wang")) == ["service_manager"]
    shown = browser.post("/setup/people/", {"file": upload(SHEET)}).content.decode()
    for words in ("登录名已被使用", "没有部门“不存在的部门”", "没有角色“没有的角色”"):
        assert words in shown
    template = browser.get("/people/import/template/")
    assert template.status_code == 200
    assert b"".join(template.streaming_content)[:2] == b"PK"  # type: ignore[attr-defined]
    template.close()
    nothing = browser.post("/setup/people/", {})
    assert (nothing.status_code, "请选择文件" in nothing.content.decode()) == (422, True)
    broken = browser.post("/setup/people/", {"file": upload("\0\1\2")})
    assert broken.status_code == 422


def test_the_two_managers_must_be_two_people_with_a_department(browser: Client) -> None:
    with_people(browser)
    ids = chosen()
    page = browser.get("/setup/managers/").content.decode()
    assert "陈建国" in page  # taken from the spreadsheet
    same = browser.post("/setup/managers/", ids | {"service_manager": ids["general_manager"]})
    assert (same.status_code, "不能自己批准" in same.content.decode()) == (422, True)
    wu = Person.objects.get(username="wu")
    Person.objects.filter(username="wang").update(department=None)
    assert browser.post("/setup/managers/", ids).status_code == 422
    Person.objects.filter(username="wang").update(department=wu.department)
    assert browser.post("/setup/managers/", ids)["Location"] == "/setup/email/"
    assert Department.objects.get(parent=None).head == Person.objects.get(username="chen")
    # Another choice takes the role from who had it.
    lin = Person.objects.get(username="lin")
    assert browser.post("/setup/managers/", ids | {"general_manager": lin.pk})["Location"] == "/setup/email/"
    assert list(reads.holders("general_manager")) == [lin]


def test_mail_is_tried_or_skipped(browser: Client, settings: Any, mailoutbox: list[Any]) -> None:
    begun(browser)
    settings.EMAIL_HOST, settings.EMAIL_BACKEND = "", "django.core.mail.backends.smtp.EmailBackend"
    page = browser.get("/setup/email/").content.decode()
    assert "GUANXI_SMTP_HOST" in page
    assert "跳过" in page
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert "发信失败" in browser.post("/setup/email/", {"address": "wu@example.com"}).content.decode()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert "请查收" in browser.post("/setup/email/", {"address": "wu@example.com"}).content.decode()
    assert len(mailoutbox) == 1


def submitted(browser: Client) -> Client:
    with_people(browser)
    browser.post("/setup/managers/", chosen())
    assert browser.post("/setup/regulations/", {"_key": "k1"})["Location"] == "/setup/done/"
    return browser


def test_nine_regulations_are_submitted_and_nothing_is_in_force(browser: Client) -> None:
    with_people(browser)
    assert "还没有确定" not in browser.get("/setup/regulations/").content.decode()
    browser.post("/setup/managers/", chosen())
    page = browser.get("/setup/regulations/").content.decode()
    assert "王敏" in page
    assert browser.post("/setup/regulations/", {"_key": "k1"})["Location"] == "/setup/done/"
    assert browser.post("/setup/regulations/", {"_key": "k1"})["Location"] == "/setup/done/"  # a double click
    assert set(Version.objects.values_list("state", flat=True)) == {"submitted"}
    assert Version.objects.count() == len(packs.shipped()) == 9
    assert CalendarYear.objects.exists()
    wang = Person.objects.get(username="wang")
    said = Fact.objects.filter(kind="regulation.submitted").first()
    assert said is not None
    assert (said.actor_id, said.on_behalf_of_id) == (Person.objects.get(username="wu").pk, wang.pk)
    done = browser.get("/setup/done/").content.decode()
    assert "陈建国" in done
    assert browser.get("/setup/managers/")["Location"] == "/setup/done/"  # closed for good
    assert browser.get("/setup/")["Location"] == "/setup/done/"


def test_first_passwords_are_shown_once_and_work(browser: Client) -> None:
    submitted(browser)
    page = browser.post("/people/first-passwords/").content.decode()
    found = dict(
        re.findall(r"<code>([a-z]+)</code></dd><dt>一次性密码</dt><dd><code>([a-z0-9-]+)</code>", page)
    )
    assert set(found) == {"chen", "wang", "lin"}
    assert found["lin"] not in browser.get("/people/first-passwords/").content.decode()
    lin = Client()
    assert (
        lin.post("/sign-in/", {"username": "lin", "password": found["lin"]})["Location"]
        == "/sign-in/password/"
    )


def test_the_general_managers_first_sign_in_shows_all_nine_and_approves_them(browser: Client) -> None:
    submitted(browser)
    sheet = browser.post("/people/first-passwords/").content.decode()
    once = re.search(r"<code>chen</code></dd><dt>一次性密码</dt><dd><code>([a-z0-9-]+)</code>", sheet)
    assert once
    manager = Client()
    manager.post("/sign-in/", {"username": "chen", "password": once[1]})
    manager.post("/sign-in/password/", {"new": PASSWORD, "again": PASSWORD})
    first = manager.get("/")
    assert (first.status_code, first["Location"]) == (302, "/setup/approve/")
    page = manager.get("/setup/approve/").content.decode()
    for code in packs.shipped():
        assert f'id="r-{code}"' in page
    origins = {p.origin for v in Version.objects.all() for p in packs.load(v.source).parameters.values()}
    assert origins
    for origin in origins:
        assert f">{ORIGINS[origin].zh}<" in page
    shown = re.findall(r'name="shown" value="([^"]+)"', page)
    assert len(shown) == 9
    assert manager.post("/setup/approve/", {"which": "chosen", "shown": shown}).status_code == 422
    wrong = manager.post("/setup/approve/", {"which": "all", "shown": shown, "password": "错的密码"})
    assert wrong.status_code in (403, 422)
    assert not Version.objects.filter(state="in_force").exists()
    one = {"which": "chosen", "row": shown[:1], "shown": shown, "password": PASSWORD}
    assert manager.post("/setup/approve/", one)["Location"] == "/setup/approve/"
    assert list(Version.objects.filter(state="in_force").values_list("regulation_id", flat=True)) == ["R1"]
    assert (
        manager.post("/setup/approve/", {"which": "all", "shown": shown[1:], "password": PASSWORD})[
            "Location"
        ]
        == "/"
    )
    assert Version.objects.filter(state="in_force").count() == 9
    assert manager.get("/").status_code == 200
    assert "没有等待批准的制度" in manager.get("/setup/approve/").content.decode()


def test_the_general_manager_may_put_it_off(browser: Client) -> None:
    submitted(browser)
    manager = Client()
    manager.force_login(Person.objects.get(username="chen"))
    assert manager.get("/")["Location"] == "/setup/approve/"
    manager.post("/setup/later/")
    assert manager.get("/").status_code == 200
    lin = Client()
    lin.force_login(Person.objects.get(username="lin"))
    assert lin.get("/").status_code == 200
    assert lin.get("/setup/approve/").status_code == 403


def test_nobody_makes_themselves_general_manager_where_there_is_one(browser: Client) -> None:
    with_people(browser)
    answer = browser.post(
        "/setup/managers/", chosen() | {"general_manager": Person.objects.get(username="wu").pk}
    )
    assert (answer.status_code, "不能给自己授予总经理" in answer.content.decode()) == (409, True)
    assert [p.username for p in reads.holders("general_manager")] == ["chen"]


def test_who_is_administrator_and_general_manager_leaves_the_submitting_to_the_service_manager(
    browser: Client,
) -> None:
    with_people(browser, SHEET.replace("8888 0001,总经理", "8888 0001,"))
    ids = chosen() | {"general_manager": Person.objects.get(username="wu").pk}
    assert browser.post("/setup/managers/", ids)["Location"] == "/setup/email/"
    assert "王敏 首次登录时提交" in browser.get("/setup/regulations/").content.decode()
    assert browser.post("/setup/regulations/", {})["Location"] == "/setup/done/"
    assert not Version.objects.exists()
    wang = Client()
    wang.force_login(Person.objects.get(username="wang"))
    assert "/regulations/start/" in wang.get("/").content.decode()
    assert wang.post("/regulations/start/", {}).status_code == 302
    assert browser.get("/")["Location"] == "/setup/approve/"


def test_in_english_and_in_an_english_company(browser: Client) -> None:
    company(browser, language="en")
    assert "Administrator" in browser.get("/setup/administrator/").content.decode()
    administrator(browser)
    browser.post("/setup/departments/", {"tree": "客户服务部\n  服务一组\n营运部"})
    shown = browser.post("/setup/people/", {"file": upload(SHEET)}).content.decode()
    assert "There is no department" in shown
    table = re.search(r'<textarea name="table" hidden>(.*?)</textarea>', shown, re.S)
    assert table
    browser.post("/setup/people/", {"confirm": "1", "table": table[1]})
    assert set(Person.objects.values_list("language", flat=True)) == {"en"}


def test_the_zone_is_chosen_before_anything_has_happened(
    browser: Client, settings: Any, tmp_path: Path
) -> None:
    from django.utils import timezone

    company(browser, zone="Asia/Singapore")
    try:
        assert settings.TIME_ZONE == "Asia/Singapore"
        assert (tmp_path / "time-zone").read_text() == "Asia/Singapore\n"
        assert company(browser, zone="Moon/Crater").status_code == 422
    finally:
        settings.TIME_ZONE = "Asia/Shanghai"
        timezone.get_default_timezone.cache_clear()  # type: ignore[attr-defined]


def test_indented_lines_are_read_with_each_mistake_at_its_line() -> None:
    lines, wrong = read_tree("甲\n  乙\n    丙\n  丁\n\n戊\n\u3000己")
    assert [line.path for line in lines] == [
        ("甲",),
        ("甲", "乙"),
        ("甲", "乙", "丙"),
        ("甲", "丁"),
        ("戊",),
        ("戊", "己"),
    ]
    assert not wrong
    assert read_tree(write_tree([line.path for line in lines]))[0] == lines
    assert read_tree("")[0] == []
    for text, number in (("甲\n    乙\n  丙", 3), ("甲\n甲", 2), ("甲" * 81, 1)):
        assert f"第 {number} 行" in read_tree(text)[1][0].zh
    assert read_tree("\n".join(f"部门{n}" for n in range(400)))[1]
