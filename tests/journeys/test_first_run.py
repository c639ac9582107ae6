"""Given an empty installation, when its first administrator is led through set-up, then the general manager's first
sign-in shows nine regulations and approves them; and given the demo, one button leads there too."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from aiosmtpd.controller import Controller
from playwright.sync_api import expect
from python_calamine import CalamineWorkbook

from tests.browsing import DESK, PHONE, ROOT, Server, complaints, environment, free_port, serve
from tests.journeys.conftest import fits, picture

pytestmark = pytest.mark.browser
PASSWORD = "望江楼上望江流-2026"
OWN = "杨柳青青江水平-2026"
PEOPLE = [
    ("chen", "陈建国", "恒信科技", "总经理", "chen@example.com", "0571-8888 0001", "总经理"),
    ("wang", "王敏", "客户服务部", "经理", "wang@example.com", "", "客户服务部经理"),
    ("lin", "林晓", "服务一组", "专员", "", "", "客户关系专员、前台人员"),
    ("zhou", "周慎之", "恒信科技", "", "", "", "Auditor"),
    ("zhao", "赵磊", "不存在的部门", "", "", "", "客户经理"),
]
SMALL_DEMO = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", interactive=False, verbosity=0)
from guanxi.demo.build import build
from guanxi.demo.making import whole
with whole():
    build(customers=12, days=6)
"""


class Mailbox:
    """A mail server's side: what it took."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    held = Mailbox()
    server = Controller(held, hostname="127.0.0.1", port=free_port())
    server.start()
    yield held, server.port
    server.stop()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """open_page(phone=True) -> a browser of its own. Every console error fails the test."""
    contexts: list[Any] = []
    errors: list[str] = []

    def go(*, phone: bool = False, language: str = "zh-CN") -> Any:
        context = browser.new_context(viewport=PHONE if phone else DESK, locale=language, has_touch=phone)
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        complaints(page, errors.append, refused=True)
        return page

    yield go
    for context in contexts:
        context.close()
    assert errors == []


def looks(page: Any, name: str) -> None:
    """The page fits a desk and a phone; pictures of both are kept where they are wanted."""
    before = page.viewport_size
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        fits(page)
        picture(page, f"{name}-{size['width']}")
    page.set_viewport_size(before)


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def pick(page: Any, field: str, typed: str, name: str) -> None:
    """Choose a row in a field that finds while one types."""
    page.locator(f"[name={field}__text]").fill(typed)
    page.get_by_role("option").filter(has_text=name).first.click()


def spreadsheet(template: Path, target: Path) -> Path:
    """The people under the heads of the template that was downloaded."""
    heads = CalamineWorkbook.from_path(template).get_sheet_by_index(0).to_python()[0]
    assert heads[:2] == ["登录名", "姓名"]
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([heads, *PEOPLE]):
            sheet.write_row(number, 0, row)
    return target


def test_an_administrator_sets_the_company_up_and_the_general_manager_approves(
    tmp_path: Path, open_page: Callable[..., Any], mailbox: tuple[Mailbox, int]
) -> None:
    box, mail_port = mailbox
    home = tmp_path / "home"
    home.mkdir()
    server = serve(home, GUANXI_SMTP_HOST="127.0.0.1", GUANXI_SMTP_PORT=str(mail_port), DEMO="0")
    try:
        _set_up(server, open_page(), box, tmp_path)
        _approve(server, open_page(phone=True), tmp_path)
    finally:
        server.stop()


def _set_up(server: Server, page: Any, box: Mailbox, folder: Path) -> None:
    main = page.locator("main")
    page.goto(f"{server.address}/customers/")  # whichever page is opened
    page.wait_for_url("**/setup/")
    looks(page, "setup-1-company")
    press(page, "下一步")
    expect(page.get_by_role("alert")).to_be_focused()
    page.locator("[name=company]").fill("恒信科技")
    press(page, "下一步")

    page.wait_for_url("**/setup/administrator/")
    looks(page, "setup-2-administrator")
    page.locator("[name=name]").fill("吴安")
    page.locator("[name=username]").fill("wu")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=again]").fill("另外的密码-2026")
    press(page, "下一步")
    expect(main).to_contain_text("两次输入的密码不一致")
    expect(page.locator("[name=username]")).to_have_value("wu")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=again]").fill(PASSWORD)
    press(page, "下一步")

    page.wait_for_url("**/setup/departments/")
    looks(page, "setup-3-departments")
    page.locator("[name=tree]").fill("客户服务部\n    服务一组\n  服务二组")
    press(page, "下一步")
    expect(main).to_contain_text("第 3 行")
    page.locator("[name=tree]").fill("客户服务部\n  服务一组\n  服务二组\n营运部")
    press(page, "下一步")

    page.wait_for_url("**/setup/people/")
    looks(page, "setup-4-people")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载模板").click()
    template = folder / "template.xlsx"
    download.value.save_as(template)
    page.locator("input[type=file]").set_input_files(spreadsheet(template, folder / "people.xlsx"))
    press(page, "查看")
    expect(main).to_contain_text("4 行可以导入")
    expect(page.get_by_role("row").filter(has_text="赵磊")).to_contain_text("没有部门")
    looks(page, "setup-4-people-looked-at")
    press(page, "导入这 4 行")
    expect(main).to_contain_text("已导入 4 人")
    page.get_by_role("link", name="下一步").click()

    page.wait_for_url("**/setup/managers/")
    expect(page.locator("[name=general_manager__text]")).to_have_value("陈建国")
    looks(page, "setup-5-managers")
    pick(page, "service_manager", "陈", "陈建国")
    press(page, "下一步")
    expect(main).to_contain_text("提交制度的人不能自己批准")
    pick(page, "service_manager", "wang", "王敏")
    press(page, "下一步")

    page.wait_for_url("**/setup/email/")
    page.locator("[name=address]").fill("wu@example.com")
    page.get_by_role("button", name="发送").click()
    expect(main).to_contain_text("请查收 wu@example.com")
    assert [message["To"] for message in box.taken] == ["wu@example.com"]
    looks(page, "setup-6-email")
    page.get_by_role("link", name="下一步").click()

    page.wait_for_url("**/setup/regulations/")
    expect(main).to_contain_text("以 王敏 的名义提交，由总经理 陈建国 批准")
    looks(page, "setup-7-regulations")
    press(page, "提交全部 9 部")
    page.wait_for_url("**/setup/done/")
    looks(page, "setup-8-done")
    page.goto(f"{server.address}/regulations/")
    expect(main).not_to_contain_text("生效中")

    page.goto(f"{server.address}/people/first-passwords/")
    looks(page, "setup-9-passwords")
    press(page, "生成并显示")
    looks(page, "setup-9-sheet")
    sheet = main.inner_text()
    assert "林晓" in sheet
    found = re.search(r"chen\s+一次性密码\s+([a-z0-9-]+)", sheet)
    assert found
    (folder / "once").write_text(found[1])


def _approve(server: Server, page: Any, folder: Path) -> None:
    main = page.locator("main")
    page.goto(server.address)
    page.locator("[name=username]").fill("chen")
    page.locator("[name=password]").fill((folder / "once").read_text())
    press(page, "登录")
    page.locator("[name=new]").fill(OWN)
    page.locator("[name=again]").fill(OWN)
    page.get_by_role("button").filter(has_text=re.compile("密码|保存|下一步")).last.click()
    page.wait_for_url("**/setup/approve/")
    expect(page.locator("main section[aria-labelledby^=r-R]")).to_have_count(9)
    section = page.locator("main section", has_text="R1 ").first
    section.locator("summary", has_text="条款").click()
    expect(section).to_contain_text("R1.16.1")
    section.locator("summary", has_text="参数").click()
    expect(section.get_by_role("table")).to_be_visible()
    looks(page, "setup-approve")
    press(page, "全部批准（9 部）")
    expect(main).to_contain_text("密码")
    page.locator("input[name=password]").fill(OWN)
    press(page, "全部批准（9 部）")
    page.wait_for_url(server.address + "/")
    fits(page)
    page.goto(f"{server.address}/regulations/R1/")
    expect(page.locator(".steps [aria-current]")).to_contain_text("第 1 版")


def test_from_demo_to_real_says_what_goes_and_leads_to_set_up(
    tmp_path: Path, open_page: Callable[..., Any]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    subprocess.run([sys.executable, "-c", SMALL_DEMO], cwd=ROOT, env=environment(home), check=True)
    server = serve(home)
    try:
        page, other = open_page(), open_page(phone=True)
        for one, name in ((page, "吴安"), (other, "陈建国")):
            one.goto(f"{server.address}/sign-in/")
            one.get_by_role("button").filter(has_text=name).first.click()
            one.wait_for_url(server.address + "/")
        main = page.locator("main")
        page.goto(f"{server.address}/settings/all/")
        looks(page, "administration")
        page.get_by_role("link", name="从演示到正式使用").click()
        for words in ("客户", "拜访", "日志记录", "人员", "此操作不能撤销"):
            expect(main).to_contain_text(words)
        looks(page, "leave-demo")
        password = re.search(r"\bwu +([a-z0-9]{12})\b", (home / "server.log").read_text())
        assert password
        page.locator("[name=confirm]").fill("删掉")
        page.locator("[name=password]").fill(password[1])
        press(page, "删除演示公司，开始设置")
        expect(main).to_contain_text("请照原样输入“删除演示数据”")
        page.locator("[name=confirm]").fill("删除演示数据")
        page.locator("[name=password]").fill(password[1])
        press(page, "删除演示公司，开始设置")
        page.wait_for_url("**/setup/")

        # in English from here on; whoever was signed in is out
        other.goto(server.address)
        other.wait_for_url("**/setup/")
        page.locator("[name=company]").fill("Hengxin Technology")
        page.get_by_text("English", exact=True).first.click()
        press(page, "下一步")
        page.wait_for_url("**/setup/administrator/")
        looks(page, "setup-2-administrator-en")
        for field, typed in (
            ("name", "Wu An"),
            ("username", "wuan"),
            ("password", PASSWORD),
            ("again", PASSWORD),
        ):
            page.locator(f"[name={field}]").fill(typed)
        press(page, "Next")
        page.wait_for_url("**/setup/departments/")
        for step in ("departments", "people", "managers", "email", "regulations"):
            page.goto(f"{server.address}/setup/{step}/")
            looks(page, f"setup-{step}-en")
        page.goto(server.address)
        expect(main).to_contain_text("The company is not set up yet")
        other.goto(server.address)
        other.wait_for_url("**/sign-in/**")
        expect(other.locator("body")).not_to_contain_text("一键登录")
    finally:
        server.stop()
