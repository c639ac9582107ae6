"""Given a browser that has no network, when something is sent, then a server on the same machine takes it, and for one
elsewhere what was typed is held."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.company import PASSWORD
from tests.journeys.conftest import Server

pytestmark = pytest.mark.browser
NO_NETWORK = "Object.defineProperty(Navigator.prototype, 'onLine', {get: () => false})"
ELSEWHERE = "http://guanxi.example"


@pytest.mark.parametrize("here", [True, False])
def test_only_a_server_elsewhere_is_out_of_reach(server: Server, browser: Any, here: bool) -> None:
    context = browser.new_context(locale="zh-CN")
    context.add_init_script(NO_NETWORK)
    page = context.new_page()
    page.route(
        f"{ELSEWHERE}/**",
        lambda asked: asked.fulfill(
            response=asked.fetch(url=asked.request.url.replace(ELSEWHERE, server.address))
        ),
    )
    page.goto((server.address if here else ELSEWHERE) + "/sign-in/")
    page.fill("input[name=username]", "lin")
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    if here:
        page.wait_for_url(lambda url: "sign-in" not in url)
    else:
        expect(page.locator("#lost")).to_contain_text("连接中断")
        expect(page.locator("input[name=username]")).to_have_value("lin")
    context.close()
