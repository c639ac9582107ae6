"""Given R1 in force, when the general manager approves a new version of it, then later visits obey it and earlier do not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from guanxi.cores.norms.calendars import calendar_from
from guanxi.platform.calendar.china import official_year
from tests.company import PASSWORD
from tests.journeys.conftest import Server, fits, picture, send_drawer
from tests.journeys.steps import ZONE, check_out, drop_in

pytestmark = pytest.mark.browser
CHANGE = "“拜访报告应在拜访后第几个工作日结束前提交”由 1 个工作日改为 2 个工作日"


def working_day(moment: datetime, number: int) -> str:
    """The `number`-th Chinese working day after a moment, make-up days included; after office hours it counts from the next
    working time."""
    loads = [
        {
            "seq": year,
            "year": year,
            "published": True,
            "days": {
                day.isoformat(): "work" if kind.working else "rest"
                for day, kind in official_year(year).items()
            },
            "hours": [],
        }
        for year in (moment.year, moment.year + 1)
    ]
    calendar = calendar_from(loads, ZONE)
    return calendar.local_day(
        calendar.end_of_working_day_after(calendar.next_working_time(moment), number)
    ).isoformat()


def deadline(page: Any, server: Server, customer: str) -> str:
    """The day by which lin's report on the visit to `customer` is due, as her Today says."""
    page.goto(server.address)
    duty = page.locator(".duty", has_text="R1.16.1").filter(has_text=customer)
    return str(duty.locator("time").get_attribute("datetime"))[:10]


def test_a_later_visit_obeys_the_new_version(server: Server, sign_in: Callable[..., Any]) -> None:
    lin = sign_in("lin", phone=True)
    left = datetime.now(ZONE)
    drop_in(lin, server, 2)
    check_out(lin)
    assert deadline(lin, server, "华信") == working_day(left, 1)

    # drafted and submitted by the service manager
    wang = sign_in("wang")
    wang.goto(f"{server.address}/regulations/R1/")
    wang.get_by_role("link", name="起草新版本").click()
    wang.get_by_role("button", name="起草新版本").click()
    wang.wait_for_url(re.compile(r"/versions/\d+/$"))
    fits(wang)
    wang.get_by_role("link", name="拜访报告应在拜访后第几个工作日结束前提交").click()
    wang.locator("#drawer [name=value]").fill("2")
    send_drawer(wang, "保存")
    expect(wang.locator("main")).to_contain_text(CHANGE)
    wang.get_by_role("link", name="提交审批").click()
    fits(wang)
    wang.get_by_role("button", name="提交审批").click()
    expect(wang.locator("main")).to_contain_text("待批准")
    lin.goto(f"{server.address}/regulations/R1/")
    expect(lin.locator("main")).to_contain_text("第 1 版")

    # read and approved by the general manager, on a phone, with his password
    chen = sign_in("chen", phone=True)
    chen.get_by_role("link", name="逐个处理").click()
    expect(chen.locator("main")).to_contain_text(CHANGE)
    fits(chen)
    picture(chen, "phone-approval")
    chen.get_by_role("button", name="批准", exact=True).click()
    expect(chen.locator("main")).to_contain_text("请输入密码或验证码")
    chen.locator("input[name=password]").fill(PASSWORD)
    chen.get_by_role("button", name="批准", exact=True).click()
    chen.wait_for_url(re.compile(r"/approvals/$"))
    chen.goto(f"{server.address}/regulations/R1/")
    expect(chen.locator(".steps [aria-current]")).to_contain_text("第 2 版")
    fits(chen)

    # the earlier visit keeps its deadline, the later one has the new one
    again = datetime.now(ZONE)
    drop_in(lin, server, 3)
    check_out(lin)
    assert deadline(lin, server, "华信") == working_day(left, 1)
    assert deadline(lin, server, "明州港") == working_day(again, 2)
