"""Pieces of a visit that several journeys walk."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from tests.journeys.conftest import Server, send_drawer

ZONE = ZoneInfo("Asia/Shanghai")


def today() -> date:
    """Today in the company's zone."""
    return datetime.now(ZONE).date()


def tomorrow() -> str:
    """As a date field takes it."""
    return (today() + timedelta(days=1)).isoformat()


def capture(page: Any, chip: str, **fields: str) -> None:
    """One line: a chip, a few fields, and it stands among the lines."""
    lines = page.locator("#capture [data-item]")
    before = lines.count()
    page.locator(".capture").get_by_role("link", name=re.compile(f"^{chip}")).click()
    for name, value in fields.items():
        page.locator(f"#drawer [name={name}]").fill(value)
    send_drawer(page, "记下")
    expect(lines).to_have_count(before + 1)


def drop_in(page: Any, server: Server, customer: int) -> None:
    """At the door of a customer, with what the clauses ask."""
    page.goto(f"{server.address}/visits/drop-in/?customer={customer}")
    page.get_by_text("例行回访").click()
    page.locator("[name=target]").fill("看看新车间")
    page.get_by_role("button", name="到了，开始拜访").click()
    expect(page.locator("main")).to_contain_text("拜访中")


def check_out(page: Any) -> None:
    """Leave; the report comes by itself."""
    page.get_by_role("button", name="签出").click()
    page.wait_for_url(re.compile("/report/"))
