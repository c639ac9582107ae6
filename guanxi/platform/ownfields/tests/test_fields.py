"""Given the right to keep fields, when one is defined, changed, retired or restored, then every part reads it at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Clock, Conflict, Forbidden, Invalid, perform, system_clock
from guanxi.platform.ownfields import types as t
from guanxi.platform.ownfields.known import by_key, fields, looked_up_once, stamp
from guanxi.platform.ownfields.models import OwnField
from guanxi.platform.ownfields.types import Own, Rules, Unfit, rules_of

pytestmark = pytest.mark.django_db


def define(
    who: Any,
    key: str = "floor",
    type: str = t.NUMBER,
    label: str = "面积",
    clock: Clock = system_clock,
    **more: Any,
) -> OwnField:
    given = {"of": "customer", "key": key, "type": type, "label_zh": label, **more}
    made: OwnField = perform("ownfields.define", given, actor=who, clock=clock).value
    return made


@pytest.fixture(autouse=True)
def _at_once(db: None) -> None:
    """PostgreSQL makes and drops an index only where no check of a row still waits for the transaction's end, which in a
    test is the whole test."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def as_(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_many_rows_in_turn_take_the_definitions_as_they_were_at_first(cast) -> None:
    define(cast.wu)
    with looked_up_once():
        before = stamp()
        define(cast.wu, key="height", label="高度")
        assert ([own.key for own in fields("customer")], stamp()) == (["floor"], before)
    assert [own.key for own in fields("customer")] == ["floor", "height"]
    assert stamp() != before


def test_administrator_and_service_manager_keep_fields_and_nobody_else_does(cast) -> None:
    define(cast.wu)
    define(cast.wang, "industry", t.CHOICE, "行业", choices="芯片\n软件")
    for person in (cast.lin, cast.zhao, cast.chen, cast.zhou, cast.sun):
        with pytest.raises(Forbidden):
            define(person, "other", label="别的")
        assert as_(person).get("/own-fields/").status_code == 403
    assert [own.key for own in fields("customer")] == ["floor", "industry"]


def test_choices_get_codes_that_stay(cast) -> None:
    row = define(cast.wang, "industry", t.CHOICE, "行业", choices="chip = 芯片 / Chips\n软件")
    assert [(c["code"], c["zh"], c["en"]) for c in row.rules["choices"]] == [
        ("chip", "芯片", "Chips"),
        ("c1", "软件", ""),
    ]
    changed = perform(
        "ownfields.change",
        {"field": row.pk, "label_zh": "行业", "choices": "c1 = 软件业\n物流"},
        actor=cast.wang,
    ).value
    kept = [(c["code"], c["zh"], c.get("retired", False)) for c in changed.rules["choices"]]
    assert kept == [("c1", "软件业", False), ("c2", "物流", False), ("chip", "芯片", True)]
    fact = Fact.objects.filter(kind="own_field.changed").latest("seq")
    assert fact.data["changed"] == ["choices"]
    assert fact.actor_id == cast.wang.pk


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"key": "Floor"}, "key"),
        ({"key": "own__x"}, "key"),
        ({"type": "choice", "key": "a"}, "choices"),
        ({"type": "choice", "key": "a", "choices": "芯片\n芯片"}, "choices"),
        ({"type": "number", "key": "a", "least": "9", "most": "3"}, "most"),
        ({"type": "date", "key": "a", "least": "soon"}, "least"),
        ({"type": "text", "key": "a", "longest": 900}, "longest"),
    ],
)
def test_a_definition_that_does_not_fit_is_refused_at_its_field(cast, given, field) -> None:
    with pytest.raises(Invalid) as refused:
        define(cast.wang, **{"key": "a", "label": "某项", **given})
    assert list(refused.value.errors) == [field]


def test_a_code_or_a_name_is_used_once(cast) -> None:
    define(cast.wang)
    with pytest.raises(Invalid) as refused:
        define(cast.wang, label="另一个")
    assert "用过" in str(refused.value.errors["key"][0].zh)
    with pytest.raises(Invalid) as refused:
        define(cast.wang, "other")
    assert "同名" in str(refused.value.errors["label_zh"][0].zh)


def test_a_retired_field_is_out_of_use_and_comes_back(cast) -> None:
    row = define(cast.wang)
    perform("ownfields.retire", {"field": row.pk}, actor=cast.wang)
    assert fields("customer") == []
    assert by_key("customer")["floor"].retired
    with pytest.raises(Invalid):
        perform("ownfields.retire", {"field": row.pk}, actor=cast.wang)
    perform("ownfields.restore", {"field": row.pk}, actor=cast.wu)
    assert [own.key for own in fields("customer")] == ["floor"]


def test_who_changed_it_meanwhile_is_not_overwritten(cast) -> None:
    row = define(cast.wang)
    perform("ownfields.change", {"field": row.pk, "label_zh": "楼面面积", "version": 1}, actor=cast.wang)
    with pytest.raises(Conflict):
        perform("ownfields.change", {"field": row.pk, "label_zh": "面积数", "version": 1}, actor=cast.wu)


def test_the_pages_define_and_change_a_field(cast) -> None:
    client = as_(cast.wang)
    assert "还没有自定义字段" in client.get("/own-fields/").content.decode()
    sent = {
        "of": "customer",
        "type": "number",
        "label_zh": "面积",
        "key": "floor",
        "unit": "平方米",
        "_key": "a" * 32,
    }
    assert client.post("/own-fields/new/", sent).status_code == 302
    page = client.get("/own-fields/").content.decode()
    assert "面积" in page
    assert "floor" in page
    row = OwnField.objects.get()
    page = client.get(f"/own-fields/{row.pk}/").content.decode()
    assert 'value="平方米"' in page
    assert 'name="choices"' not in page
    answer = client.post(
        f"/own-fields/{row.pk}/", {"label_zh": "楼面", "unit": "㎡", "version": "1", "_key": "b" * 32}
    )
    assert answer.status_code == 302
    row.refresh_from_db()
    assert (row.label_zh, row.rules["unit"]) == ("楼面", "㎡")
    bad = client.post("/own-fields/new/", {**sent, "key": "Floor!", "label_zh": "新", "_key": "c" * 32})
    assert bad.status_code == 422
    assert "小写字母" in bad.content.decode()


def own(type: str, **rules: Any) -> Own:
    return Own(1, "customer", "x", t.Text("某", "Some"), type, rules_of(rules))


@pytest.mark.parametrize(
    ("field", "given", "kept"),
    [
        (own(t.TEXT), "  甲\x07乙 ", "甲 乙"),
        (own(t.TEXT, mask="AA-99"), "ab-12", "ab-12"),
        (own(t.NUMBER), "１,２００", "1200"),
        (own(t.NUMBER, decimals=2, unit="平方米"), "12.50平方米", "12.5"),
        (own(t.MONEY), "¥1,000.10", "1000.1"),
        (own(t.DATE), "2026-03-05", "2026-03-05"),
        (own(t.YESNO), True, "yes"),
        (own(t.YESNO), "否", "no"),
        (own(t.CHOICE, choices=[{"code": "a", "zh": "甲", "en": ""}]), "甲", "a"),
        (
            own(t.MANY, choices=[{"code": "a", "zh": "甲", "en": ""}, {"code": "b", "zh": "乙", "en": ""}]),
            "乙、甲",
            ["a", "b"],
        ),
        (own(t.LINK), "example.com/x", "https://example.com/x"),
        (own(t.TEXT), "", None),
    ],
)
def test_a_value_is_kept_in_one_form(field, given, kept) -> None:
    assert field.read(given) == kept
    assert field.read(kept) == kept


@pytest.mark.parametrize(
    ("field", "given"),
    [
        (own(t.TEXT, mask="AA-99"), "A1-22"),
        (own(t.TEXT, longest=3), "一二三四"),
        (own(t.TEXT), ["a"]),
        (own(t.TEXT), {"a": 1}),
        (own(t.MANY, choices=[{"code": "a", "zh": "甲", "en": ""}]), [["a"]]),
        (own(t.CHOICE, choices=[{"code": "a", "zh": "甲", "en": ""}]), [["a"]]),
        (own(t.NUMBER), "1.5"),
        (own(t.NUMBER), "NaN"),
        (own(t.NUMBER), "1e999999"),
        (own(t.NUMBER), True),
        (own(t.NUMBER, least="3"), "2"),
        (own(t.MONEY), "12.345"),
        (own(t.DATE), "明天"),
        (own(t.DATE, most="2026-01-01"), "2026-01-02"),
        (own(t.YESNO), "maybe"),
        (own(t.CHOICE, choices=[{"code": "a", "zh": "甲", "en": "", "retired": True}]), "甲"),
        (own(t.LINK), "javascript:alert(1)"),
        (own(t.LINK), "http://["),
    ],
)
def test_a_value_that_does_not_fit_is_refused(field, given) -> None:
    with pytest.raises(Unfit):
        field.read(given)


def test_rules_without_anything_allow_anything() -> None:
    assert rules_of({}) == Rules()
