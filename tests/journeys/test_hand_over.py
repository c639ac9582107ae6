"""Given that lin leaves, when wang arranges it and both sign, then zhao has the customers, and lin comes in no more."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.company import PASSWORD
from tests.journeys.conftest import Server, fits, picture

pytestmark = pytest.mark.browser


def sign(page: Any, server: Server) -> None:
    """From Today to the pack, looked through, and signed with the password."""
    page.goto(server.address)
    page.get_by_role("link", name="核对签字").click()
    expect(page.locator("main")).to_contain_text("寄变频器样册")
    fits(page)
    page.locator("#sign input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="签字确认").click()


def test_a_leavers_hand_over(server: Server, sign_in: Callable[..., Any]) -> None:
    # arranged from the leaver's page
    wang = sign_in("wang")
    wang.goto(f"{server.address}/people/")
    wang.get_by_role("link", name="林晓").click()
    wang.get_by_role("link", name="工作交接").click()
    expect(wang.locator("main")).to_contain_text("未兑现的承诺")
    fits(wang)
    wang.locator("input[name=taker__text]").fill("赵磊")
    wang.get_by_role("option", name=re.compile("赵磊")).click()
    wang.get_by_text("移交人离职").click()
    picture(wang, "desk-hand-over-arrange")
    wang.get_by_role("button", name="安排工作交接").click()
    wang.wait_for_url(re.compile(r"/hand-overs/\d+/$"))
    expect(wang.locator("main")).to_contain_text("恒远电子有限公司")
    fits(wang)
    picture(wang, "desk-hand-over")

    # a wrong password signs nothing; the right one does
    lin = sign_in("lin", phone=True)
    lin.get_by_role("link", name="核对签字").click()
    lin.locator("#sign input[name=password]").fill("not my password")
    lin.get_by_role("button", name="签字确认").click()
    expect(lin.locator("#sign")).to_contain_text("密码或验证码不正确")
    sign(lin, server)
    expect(lin.locator("aside")).to_contain_text("刚刚")
    picture(lin, "phone-hand-over-signed")

    # something changes: lin's signature holds no more
    lin.goto(f"{server.address}/promises/")
    lin.get_by_role("link", name="寄变频器样册").click()
    lin.get_by_role("link", name="改期").first.click()
    form = lin.locator("#drawer") if lin.locator("#drawer").is_visible() else lin.locator("main")
    form.locator("input[name=due_on]").fill("2099-01-05")
    form.locator("textarea[name=reason]").fill("客户要求")
    form.get_by_role("button", name=re.compile("改期")).click()
    zhao = sign_in("zhao")
    sign(zhao, server)
    expect(zhao.locator("aside")).to_contain_text("签字后内容有变化")
    lin.goto(server.address)
    lin.get_by_role("link", name=re.compile("林晓 → 赵磊")).click()
    lin.locator("#sign input[name=password]").fill(PASSWORD)
    lin.get_by_role("button", name="签字确认").click()
    expect(lin.locator("main")).to_contain_text("已完成", timeout=30_000)  # everything goes over in this step

    # everything is zhao's, with a letter to the customers and the pack on paper
    zhao.goto(f"{server.address}/customers/")
    expect(zhao.locator("main")).to_contain_text("恒远电子有限公司")
    zhao.goto(server.address)
    expect(zhao.locator("main")).to_contain_text("寄变频器样册")
    zhao.goto(f"{server.address}/hand-overs/")
    zhao.get_by_role("link", name="林晓 → 赵磊").click()
    expect(zhao.locator("main")).to_contain_text("已完成")
    fits(zhao)
    picture(zhao, "desk-hand-over-completed")
    with zhao.expect_response(re.compile("pack.pdf")) as paper:
        zhao.evaluate("fetch(document.querySelector('a[href$=\"pack.pdf\"]').href).then(r => r.blob())")
    assert (paper.value.status, paper.value.headers["content-type"]) == (200, "application/pdf")
    zhao.get_by_role("link", name="致客户函").click()
    expect(zhao.locator("main")).to_contain_text("尊敬的客户：")
    fits(zhao)
    picture(zhao, "desk-hand-over-letter")

    # the administrator ends lin's sign-in; her open page is over
    wu = sign_in("wu")
    wu.goto(f"{server.address}/people/")
    wu.get_by_role("link", name="林晓").click()
    wu.get_by_role("link", name="停用").click()
    wu.get_by_role("button", name="停用").click()
    expect(wu.get_by_role("link", name="重新启用")).to_be_visible()
    lin.goto(server.address)
    expect(lin).to_have_url(re.compile("sign-in"))
