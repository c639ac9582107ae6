"""Given lin on the road with her phone, when she makes one visit, then it goes from plan to kept promise at 360 px."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Server, axe, picture

pytestmark = pytest.mark.browser


def fits(page: Any) -> None:
    """The page does not scroll sideways, and axe has nothing to say."""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert axe(page) == []


def drawer_done(page: Any, button: str) -> None:
    """Send the form in the drawer and wait until it is closed."""
    page.locator("#drawer").get_by_role("button", name=button, exact=True).click()
    expect(page.locator("#drawer")).to_be_hidden()


def test_a_visit_from_plan_to_kept_promise(server: Server, sign_in: Callable[..., Any]) -> None:
    page = sign_in("lin", phone=True)
    fits(page)
    picture(page, "phone-today")

    # planned
    page.goto(f"{server.address}/customers/1/")
    page.get_by_role("link", name="计划拜访").first.click()
    page.get_by_text("例行回访").click()
    page.get_by_role("button", name="计划拜访").click()
    page.wait_for_url(re.compile(r"/visits/\d+/$"))
    visit = page.url
    fits(page)

    # refused, with the clause, and mended on the spot
    page.get_by_role("button", name="确认拜访").click()
    refusal = page.locator("[data-refusal]")
    expect(refusal).to_contain_text("没有写明预期结果")
    expect(refusal).to_contain_text("R1.3")
    picture(page, "phone-refusal")
    assert axe(page) == []
    refusal.get_by_role("link", name="填写预期结果").click()
    page.locator("#drawer textarea[name=target]").fill("约定二号线试装时间")
    drawer_done(page, "保存")
    refusal.get_by_role("link", name="阅读并确认").click()
    page.locator("#drawer").get_by_role("button").last.wait_for()
    drawer_done(page, "阅读并确认")
    expect(page.locator("main")).to_contain_text("已确认")

    # kit, arrival
    page.get_by_role("link", name=re.compile("核对")).first.click()
    for box in page.locator("main input[type=checkbox], #drawer input[type=checkbox]").all():
        box.check(force=True)
    page.locator("main form button[type=submit], #drawer form button[type=submit]").last.click()
    expect(page.locator("main")).to_contain_text("工具")
    page.goto(visit)
    page.get_by_role("button", name="签到").click()
    expect(page.locator("main")).to_contain_text("到访中")
    picture(page, "phone-capture")
    fits(page)
