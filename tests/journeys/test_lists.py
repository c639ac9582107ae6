"""Given a list, when it is filtered on a phone or by the keyboard alone, kept as a view and shared, then others find it again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Server, fits, picture

pytestmark = pytest.mark.browser


def choose(page: Any, select: Any, value: str) -> None:
    """From where the hand stands; which keys open and walk a list of choices is the browser's own affair."""
    select.focus()
    select.select_option(value)
    expect(select).to_have_value(value)


def drawn(form: Any) -> None:
    """The form stands there anew and answers: sooner than any hand, a key would ask for the whole page."""
    expect(form).not_to_have_class(re.compile("htmx-added"))


def test_a_filter_by_the_keyboard_alone(server: Server, sign_in: Callable[..., Any]) -> None:
    page = sign_in("wang")
    page.goto(f"{server.address}/customers/")
    page.locator("body").press("f")
    form = page.locator("#list-customers-build")
    expect(form).to_be_visible()
    picture(page, "desk-filter")

    # another field: its operators come, and the hand stays where it was
    field = form.locator("[id='n.0.f']")
    choose(page, field, "area")
    expect(form.locator("[id='n.0.o']")).to_contain_text("不包含")
    expect(field).to_be_focused()
    drawn(form)
    choose(page, form.locator("[id='n.0.o']"), "empty")
    expect(form.locator("[id='n.0.v']")).to_have_count(0)
    drawn(form)

    # either that, or a name with this in it
    form.locator("[id='n.k']").focus()
    page.keyboard.press("ArrowDown")
    add = form.get_by_role("button", name="加条件", exact=True)
    add.focus()
    page.keyboard.press("Enter")
    second = form.locator("[id='n.1.f']")
    expect(second).to_be_focused()
    drawn(form)
    choose(page, second, "who")
    value = form.locator("[id='n.1.v']")
    expect(value).to_be_visible()
    drawn(form)
    value.focus()
    page.keyboard.press("Enter")  # nothing typed: it says so where it is, and keeps the rest
    expect(form).to_contain_text("请填写内容")
    drawn(form)
    value.focus()
    page.keyboard.type("林晓")
    expect(value).to_have_value("林晓")
    page.keyboard.press("Enter")
    expect(page.locator("#drawer")).to_be_hidden()
    chips = page.locator(".filter-chip")
    expect(chips).to_have_count(1, timeout=20_000)
    expect(chips).to_contain_text("区域为空 或 负责人姓名含“林晓”")
    expect(page.locator(".list-filter")).to_be_focused(timeout=20_000)
    expect(page).to_have_url(re.compile(r"where=any%28area\.empty%2Cwho\.has%28"))
    fits(page)

    # the address holds it: back, and forward again
    page.go_back()
    expect(chips).to_have_count(0)
    page.go_forward()
    expect(chips).to_have_count(1)


def test_a_view_is_kept_on_a_phone_and_found_by_another(server: Server, sign_in: Callable[..., Any]) -> None:
    wang = sign_in("wang", phone=True, language="en-GB")
    in_english = wang.locator("form[action='/ui/language/'] [value=en]").first
    in_english.evaluate("button => button.click()")
    expect(wang.locator("html")).to_have_attribute("lang", "en")
    wang.goto(f"{server.address}/customers/?where=none(grade.is(C))")
    wang.get_by_role("link", name="Filter", exact=True).click()
    form = wang.locator("#list-customers-build")
    form.get_by_role("button", name="Add condition").last.click()
    expect(form.locator("[data-focus], [id='n.1.f']").first).to_be_visible()
    fits(wang)
    picture(wang, "phone-filter-en")
    form.get_by_role("button", name=re.compile("^Remove condition")).last.click()
    expect(form.locator("[id='n.1.f']")).to_have_count(0)
    form.get_by_role("button", name="Apply", exact=True).last.click()
    expect(wang.locator("#drawer")).to_be_hidden()

    # columns: one more, and further ahead
    wang.get_by_role("link", name="Columns").click()
    columns = wang.locator("#list-customers-arrange")
    columns.get_by_label("Telephone", exact=True).check()
    columns.get_by_role("button", name="Telephone: further ahead").click()
    expect(columns.get_by_role("button", name="Telephone: further ahead")).to_be_focused()
    expect(columns.get_by_label("Telephone", exact=True)).to_be_checked()
    picture(wang, "phone-columns-en")
    wang.set_viewport_size({"width": 360, "height": 1600})  # nothing lies half under the bars of the sheet
    fits(wang)
    wang.set_viewport_size({"width": 360, "height": 740})
    columns.get_by_role("button", name="Apply", exact=True).last.click()
    expect(wang).to_have_url(re.compile("c=phone"))

    wang.locator("summary", has_text="Views").click()
    wang.get_by_role("link", name="Save as a new view…").click()
    drawer = wang.locator("#drawer")
    drawer.get_by_label("Name").fill("不是 C 级")
    drawer.get_by_text("Everybody").click()
    fits(wang)
    drawer.get_by_role("button", name="Save view").click()
    expect(wang.locator(".tabs [aria-current=page]")).to_have_text("不是 C 级")
    picture(wang, "phone-view-en")

    # another sees it, and only his own rows
    lin = sign_in("lin")
    lin.goto(f"{server.address}/customers/")
    lin.get_by_role("link", name="不是 C 级").click()
    expect(lin.locator("th[data-field=phone]")).to_be_visible()
    lin.locator("summary", has_text="视图").click()
    expect(lin.get_by_role("button", name=re.compile("^删除"))).to_have_count(0)
    lin.get_by_role("button", name="打开列表时先显示它").click()
    expect(lin.locator("#toasts")).to_contain_text("以后先显示这个视图")
    lin.goto(f"{server.address}/customers/")
    expect(lin).to_have_url(re.compile("view=s"))

    # deleted, and back again
    wang.locator("summary", has_text="Views").click()
    wang.get_by_role("button", name="Delete “不是 C 级”").click()
    expect(wang.locator("#toasts")).to_contain_text("Deleted the view")
    expect(wang.get_by_role("link", name="不是 C 级")).to_have_count(0)
    wang.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(wang.get_by_role("link", name="不是 C 级")).to_have_count(1)
    fits(wang)


def test_a_board_and_a_map(server: Server, sign_in: Callable[..., Any]) -> None:
    """A card is moved to another lane by its menu or by the hand, through the form that grades; a mark on the map opens
    its customer."""
    page = sign_in("wang")
    page.goto(f"{server.address}/customers/")
    page.locator(".layouts a[href*='as=board']").click()
    here, there = page.locator("[data-lane='A']"), page.locator("[data-lane='B']")
    card = here.locator(".lane-card[draggable=true]").first
    expect(card).to_be_visible()
    picture(page, "desk-board")
    name = card.get_by_role("link").first.inner_text()
    card.drag_to(there)
    drawer = page.locator("#drawer")
    expect(drawer.locator("[name=grade]:checked")).to_have_value("B")
    drawer.locator("[name=reason]").fill("年采购额少了一半")
    drawer.locator("form [type=submit], form button.btn-primary").last.click()
    expect(there.get_by_role("link", name=name, exact=True)).to_be_visible()

    card = there.locator(".lane-card", has_text=name)
    card.locator("summary").click()
    card.locator("[data-move='A']").click()
    expect(drawer.locator("[name=grade]:checked")).to_have_value("A")
    drawer.locator("[name=reason]").fill("看错了")
    drawer.locator("form [type=submit], form button.btn-primary").last.click()
    expect(here.get_by_role("link", name=name, exact=True)).to_be_visible()

    page.locator(".layouts a[href*='as=map']").click()
    expect(page.locator("[data-map][data-drawn]")).to_be_visible()
    expect(page.locator(".map-land").first).to_be_attached()
    expect(page.locator(".map-mark, .map-many").first).to_be_visible()
    picture(page, "desk-map")
    page.set_viewport_size({"width": 360, "height": 740})
    fits(page)


def test_a_name_on_the_map_stands_there_as_it_was_written(
    server: Server, sign_in: Callable[..., Any]
) -> None:
    page = sign_in("wang")
    name = "恒远<b class=bad>电子</b>"
    spot = {"at": [30.25, 120.17], "n": 1, "rows": [{"name": name, "url": "/customers/1/", "tone": "A"}]}
    body = {"spots": [spot], "more": False, "most": 10_000}
    page.route(re.compile(r"[?&]box="), lambda route: route.fulfill(json=body))
    page.goto(f"{server.address}/customers/?as=map")
    expect(page.locator(".map-name")).to_have_text(name)
    expect(page.locator(".bad")).to_have_count(0)
