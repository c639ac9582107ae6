"""The keyboard does what the pages say: Ctrl-K finds and opens, and approvals are worked through by J, K, A and R."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browsing import DESK, complaints

from .conftest import Furnished

pytestmark = pytest.mark.browser


@pytest.fixture
def at_desk(furnished: Furnished, browser: Any) -> Iterator[Callable[[str, str], Any]]:
    """at_desk("wang", "/approvals/") -> that page of hers. What the console says fails the test."""
    address, sessions = furnished.address, {visit.who: visit.session for visit in furnished.visits}
    contexts, faults = list[Any](), list[str]()

    def go(who: str, path: str) -> Any:
        context = browser.new_context(viewport=DESK, locale="zh-CN", reduced_motion="reduce")
        context.set_default_timeout(20_000)
        context.add_cookies([{"name": "sessionid", "value": sessions[who], "url": address}])
        contexts.append(context)
        page = context.new_page()
        complaints(page, faults.append)
        page.goto(address + path)
        return page

    yield go
    for context in contexts:
        context.close()
    assert faults == []


def test_the_palette_finds_and_opens(at_desk: Callable[[str, str], Any]) -> None:
    page = at_desk("chen", "/")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.type("客户拜访制度")
    chosen = page.locator("#palette [role=option][aria-selected=true]")
    expect(chosen).to_contain_text("客户拜访制度")
    leads_to = chosen.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(re.escape(leads_to) + "$"))
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()


def test_approvals_are_worked_through_by_keys(at_desk: Callable[[str, str], Any]) -> None:
    page = at_desk("wang", "/approvals/")
    lines = page.locator("main [data-item]")
    waiting = lines.count()
    assert waiting > 1
    page.keyboard.press("j")
    expect(lines.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(lines.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(lines.nth(0)).to_be_focused()
    page.keyboard.press("r")  # returning asks for a reason
    page.wait_for_url(re.compile(r"/approvals/\d+/"))
    page.goto(page.url.partition("/approvals/")[0] + "/approvals/")
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(lines).to_have_count(waiting - 1)
