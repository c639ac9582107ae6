"""Given a page that stands open, when its session ends, then nothing of it stays in sight or in the document, and what was typed
comes back for the same person only."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.company import PASSWORD

from .conftest import Server, fits, picture

CUSTOMER = "/customers/new/"


def sign_out(page: Any, server: Server) -> None:
    """In another tab of the same browser."""
    other = page.context.new_page()
    other.goto(f"{server.address}/me/")
    other.evaluate(
        """() => { const form = document.querySelector("form[action*='sign-out']"); form.submit(); }"""
    )
    other.wait_for_url(re.compile("sign-in|signed-out|sign-out"))
    other.close()


def sign_in_beside(page: Any, server: Server, who: str) -> None:
    other = page.context.new_page()
    other.goto(f"{server.address}/sign-in/")
    other.fill("input[name=username]", who)
    other.fill("input[name=password]", PASSWORD)
    other.get_by_role("button", name="登录", exact=True).click()
    other.wait_for_url(lambda url: "sign-in" not in url)
    other.close()


def come_back(page: Any) -> None:
    """Look at the tab again."""
    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")


def test_a_page_with_nothing_typed_gives_way_to_the_sign_in(
    server: Server, sign_in: Callable[..., Any]
) -> None:
    page = sign_in("wang")
    page.clock.install()
    page.goto(f"{server.address}/customers/")
    expect(page.locator("main tbody tr").first).to_be_visible()
    sign_out(page, server)
    page.clock.fast_forward(301_000)  # nobody touches it
    page.wait_for_url(re.compile("/sign-in/.next="))


def test_what_is_typed_comes_back_for_the_same_person_and_nothing_stays_meanwhile(
    server: Server, sign_in: Callable[..., Any]
) -> None:
    page = sign_in("wang")
    page.goto(f"{server.address}{CUSTOMER}")
    with page.expect_response(re.compile("/alike/")):
        page.locator("[name=name]").fill("尚未保存的客户")
        page.locator("[name=name]").blur()
    sign_out(page, server)
    come_back(page)
    expect(page.get_by_role("heading", name="登录已结束")).to_be_focused()
    assert "尚未保存的客户" not in page.content()
    assert page.locator("form").count() == 0
    picture(page, "session-over")
    fits(page)
    sign_in_beside(page, server, "wang")
    come_back(page)
    expect(page.locator("[name=name]")).to_have_value("尚未保存的客户")
    sign_out(page, server)
    come_back(page)
    expect(page.get_by_role("heading", name="登录已结束")).to_be_visible()
    sign_in_beside(page, server, "lin")
    come_back(page)
    page.wait_for_url(f"{server.address}/")
    expect(page.locator("main")).not_to_contain_text("尚未保存的客户")
