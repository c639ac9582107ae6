"""Given that lin follows a customer, when wang comments on it and mentions lin by typing, then lin finds it as new."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Server, fits, picture, send_drawer

pytestmark = pytest.mark.browser


def test_a_comment_finds_its_reader(server: Server, sign_in: Callable[..., Any]) -> None:
    lin = sign_in("lin", phone=True)
    customer = f"{server.address}/customers/1/"
    with lin.expect_response(lambda answer: "/looked/" in answer.url and answer.status == 204):
        lin.goto(customer)
    lin.get_by_role("button", name="关注", exact=True).click()
    expect(lin.get_by_role("button", name="已关注", exact=True)).to_be_visible()
    fits(lin)

    wang = sign_in("wang")
    wang.goto(customer)
    wang.get_by_role("link", name="留言", exact=True).first.click()
    text = wang.locator("#drawer textarea[name=text]")
    text.press_sequentially("请@林")
    option = wang.locator("#drawer").get_by_role("option", name=re.compile("林晓"))
    expect(option).to_have_attribute("aria-selected", "true")
    picture(wang, "desk-comment")
    text.press("Enter")
    expect(text).to_have_value("请@林晓 ")
    text.press_sequentially("周三前回电")
    send_drawer(wang, "留言")
    expect(wang.locator("#timeline")).to_contain_text("请@林晓 周三前回电")
    fits(wang)

    lin.goto(server.address)
    panel = lin.locator("section").filter(has_text="我关注的客户有新动静")
    expect(panel).to_contain_text("请@林晓 周三前回电")
    picture(lin, "phone-followed")
    fits(lin)
    lin.goto(customer)
    expect(lin.locator("#timeline")).to_contain_text("别人记了 1 条")
    expect(lin.locator("#timeline li").first).to_contain_text("新")
    picture(lin, "phone-comment-new")
    fits(lin)
