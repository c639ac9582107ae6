"""Given lin on the road, when she makes a visit, then it goes from plan to kept promise, on a phone and at a desk."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Server, fits, picture, send_drawer
from tests.journeys.steps import capture, check_out, tomorrow

pytestmark = pytest.mark.browser


def test_a_visit_from_plan_to_kept_promise_on_a_phone(server: Server, sign_in: Callable[..., Any]) -> None:
    page = sign_in("lin", phone=True)
    main = page.locator("main")
    fits(page)
    picture(page, "phone-today")

    # planned, from the customer's page
    page.goto(f"{server.address}/customers/1/")
    fits(page)
    page.get_by_role("link", name="计划拜访").first.click()
    page.get_by_text("例行回访").click()
    fits(page)
    page.get_by_role("button", name="计划拜访").click()
    page.wait_for_url(re.compile(r"/visits/\d+/$"))
    fits(page)

    # refused with the clause, mended in the drawer, and it goes on by itself
    page.get_by_role("button", name="确认拜访").click()
    refusal = page.locator("[data-refusal]")
    expect(refusal).to_contain_text("没有写明预期结果")
    expect(refusal).to_contain_text("R1.3")
    expect(refusal).to_contain_text("R1.5")
    fits(page)
    picture(page, "phone-refusal")
    refusal.get_by_role("link", name="填写预期结果").click()
    page.locator("#drawer textarea[name=target]").fill("约定二号线试装时间")
    send_drawer(page, "保存")
    refusal.get_by_role("link", name="阅读并确认").click()
    expect(page.locator("#drawer")).to_contain_text("老客户换新九折")
    send_drawer(page, "已阅读")
    expect(main).to_contain_text("已确认")
    expect(page.locator("#prepare")).to_contain_text("约定二号线试装时间")

    # kit, arrival
    page.locator("#prepare").get_by_role("link", name="核对").click()
    expect(page.locator("#drawer").get_by_role("button", name="核对完毕")).to_be_visible()
    for tool in page.locator("#drawer").get_by_role("checkbox").all():
        tool.check(force=True)
    send_drawer(page, "核对完毕")
    expect(page.locator("#prepare")).to_contain_text("已齐")
    page.get_by_role("button", name="签到").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(main).to_contain_text("拜访中")
    fits(page)

    # what is heard becomes lines
    capture(page, "需求", text="二号线再装三台变频器")
    capture(page, "承诺", text="发试装方案", due_on=tomorrow())
    capture(page, "情况", text="下月新厂长到任")
    capture(page, "培训", number="20", text="面板参数设置")
    fits(page)
    picture(page, "phone-capture")

    # leaving: the report has written itself, two sentences are added
    check_out(page)
    for said in ("二号线再装三台变频器", "下月新厂长到任", "面板参数设置"):
        expect(main).to_contain_text(said)
    fits(page)
    page.locator("textarea[name=summary]").fill("试装时间定在下周三。\n对方要求先看方案。")
    page.get_by_text("没有矛盾").click()
    page.get_by_role("button", name="提交报告").click()
    page.wait_for_url(re.compile(r"/visits/\d+/"))
    expect(main).to_contain_text("已报告")
    expect(main).to_contain_text("还差 1 项")
    fits(page)

    # the next date
    page.get_by_role("link", name="约下次拜访").click()
    page.locator("#drawer [name=next_at]").fill(f"{tomorrow()}T10:00")
    send_drawer(page, "约下次拜访")
    expect(page.locator("#leave")).to_contain_text("明天 10:00")
    expect(page.locator("#leave")).to_contain_text("义务全部完成")
    picture(page, "phone-reported")

    # the promise is a duty until it is kept
    page.goto(server.address)
    duty = page.locator(".duty", has_text="发试装方案")
    expect(duty).to_contain_text("R1.16.2")
    fits(page)
    picture(page, "phone-duty")
    duty.get_by_role("link", name="兑现承诺").click()
    fits(page)
    page.locator("main form").get_by_role("button", name="兑现承诺").click()
    page.wait_for_url(f"{server.address}/customers/1/")
    expect(page.locator(".timeline")).to_contain_text(re.compile("兑现.*发试装方案"))
    fits(page)
    page.goto(server.address)
    expect(page.locator(".duty", has_text="寄变频器样册")).to_be_visible()
    expect(page.locator(".duty", has_text="发试装方案")).to_have_count(0)


def test_a_drop_in_at_a_desk(server: Server, sign_in: Callable[..., Any]) -> None:
    """Real life: nobody planned it; what the clauses ask is asked at the door."""
    page = sign_in("lin")
    main = page.locator("main")
    page.goto(f"{server.address}/customers/2/")
    fits(page)
    page.goto(f"{server.address}/visits/drop-in/?customer=2")
    fits(page)
    page.get_by_text("例行回访").click()
    page.get_by_role("button", name="到了，开始拜访").click()
    refusal = page.locator("[data-refusal]")
    expect(refusal).to_contain_text("没有写明预期结果")
    expect(refusal).to_contain_text("R1.3")
    page.locator("[name=target]").fill("看看新车间")
    page.get_by_role("button", name="到了，开始拜访").click()
    expect(main).to_contain_text("拜访中")
    fits(page)
    capture(page, "需求", text="新车间要配三台")
    capture(page, "情况", text="车间下月投产")
    check_out(page)
    fits(page)

    # a report that passes a task over is refused; what was typed stays
    page.locator("textarea[name=summary]").fill("新车间看过，需要三台。")
    page.get_by_role("button", name="提交报告").click()
    expect(refusal).to_contain_text("R1.2.2")
    expect(page.locator("textarea[name=summary]")).to_have_value("新车间看过，需要三台。")
    page.get_by_text("没有矛盾").click()
    page.get_by_text("没有需要指导帮助之处").click()
    page.get_by_role("button", name="提交报告").click()
    expect(main).to_contain_text("已报告")

    # no next date: the reason is said instead
    page.get_by_role("link", name="约下次拜访").click()
    page.locator("#drawer [name=reason]").fill("投产后再约")
    send_drawer(page, "约下次拜访")
    expect(page.locator("#leave")).to_contain_text("没有约下次：投产后再约")
    fits(page)
