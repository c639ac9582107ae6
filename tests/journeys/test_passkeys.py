"""Given a device that keeps passkeys, when somebody adds one, then they come in by it and confirm by it, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browsing import DESK, complaints
from tests.company import PASSWORD

from .conftest import Server, fits, picture

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def page(server: Server, browser: Any) -> Iterator[Any]:
    """A page at localhost: browsers know no passkeys at an IP number. With an authenticator inside the browser."""
    errors: list[str] = []
    context = browser.new_context(viewport=DESK, locale="zh-CN")
    context.set_default_timeout(15_000)
    page = context.new_page()
    complaints(page, errors.append, refused=True)
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    page.goto(server.address.replace("127.0.0.1", "localhost"))
    yield page
    context.close()
    assert errors == []


def test_added_then_in_without_a_password_then_confirming_a_step(page: Any) -> None:
    page.fill("input[name=username]", "lin")
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    origin = page.evaluate("location.origin")
    page.goto(f"{origin}/me/passkeys/")
    fits(page)
    page.fill("input[type=password]", PASSWORD)
    page.get_by_role("button", name="继续").click()
    made = page.get_by_role("button", name="在这台设备上新增")
    expect(made).to_be_visible()
    picture(page, "passkey-add")
    fits(page)
    page.get_by_label("名称").fill("办公室电脑")
    made.click()
    expect(page.get_by_role("heading", name="恢复码")).to_be_visible()
    page.get_by_role("link", name="我已保存").click()
    page.locator("form[action='/sign-out/']").first.evaluate("form => form.requestSubmit()")
    expect(page.get_by_role("button", name="用通行密钥登录")).to_be_visible()
    fits(page)
    picture(page, "passkey-sign-in")
    page.get_by_role("button", name="用通行密钥登录").click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    page.goto(f"{origin}/me/passkeys/")
    expect(page.locator("strong", has_text="办公室电脑")).to_be_visible()
    expect(page.get_by_text("上次使用")).to_be_visible()
    picture(page, "passkeys")
    page.goto(f"{origin}/me/sessions/token/")
    page.get_by_label("用途").fill("报表")
    page.get_by_role("button", name="用通行密钥").click()
    expect(page.get_by_text("gx_")).to_be_visible()


def test_given_up_at_the_device_the_page_says_so_and_stays(page: Any) -> None:
    page.get_by_role("button", name="用通行密钥登录").click()
    expect(page.get_by_role("alert").filter(has_text="没有完成")).to_be_visible()
