"""Given a field with values, when its type is changed, then every value is brought over or nothing is."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from guanxi.domains.customers.models import Account, Contact
from guanxi.domains.customers.models_merger import Merger
from guanxi.platform.jobs.models import Job
from guanxi.platform.jobs.worker import run_one
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Conflict, Forbidden, Invalid, Refused, fixed_clock
from guanxi.platform.ownfields import retype
from guanxi.platform.ownfields.known import by_key
from guanxi.platform.ownfields.models import OwnField, Retyping
from guanxi.platform.ownfields.retyping import preview
from guanxi.platform.ownfields.sql import keep_indexes
from guanxi.platform.ownfields.tests import test_fields
from guanxi.platform.ownfields.tests.test_fields import _at_once  # noqa: F401 (a fixture)
from guanxi.platform.ownfields.types import rules_of
from guanxi.platform.regulations.replay import differences

from .helpers import NOON, account, contact, do
from .importing import brought, started
from .test_import_undo import found
from .test_pages import _loud, as_  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def define(*args: Any, **more: Any) -> OwnField:
    return test_fields.define(*args, clock=fixed_clock(NOON - MINUTE), **more)


def changed(who: Any, row: OwnField, type: str, at: Any = NOON, **more: Any) -> OwnField:
    do(who, "ownfields.retype", at, field=row.pk, type=type, **more)
    row.refresh_from_db()
    return row


def worked() -> None:
    while run_one("w", fixed_clock(NOON + MINUTE)):
        pass


def values(key: str = "x") -> list[Any]:
    return [row.own.get(key) for row in Account.objects.order_by("pk")]


def rows(*given: Any, key: str = "x", who: Any) -> list[Account]:
    return [account(who, f"第{n}公司", own={key: value}) for n, value in enumerate(given)]


CHOICES = "a = 甲 / First\nb = 乙"


@pytest.mark.parametrize(
    ("type", "rules", "given", "to", "more", "kept"),
    [
        ("text", {}, ["1,200 平方米", "１２"], "number", {"unit": "平方米"}, ["1200", "12"]),
        ("text", {}, ["¥3,000.50"], "money", {}, ["3000.5"]),
        ("text", {}, ["2026/3/5", "2026年3月5日"], "date", {}, ["2026-03-05", "2026-03-05"]),
        ("text", {}, ["乙", "甲"], "choice", {"choices": CHOICES}, ["b", "a"]),
        ("text", {}, ["甲、乙"], "many", {"choices": CHOICES}, [["a", "b"]]),
        ("text", {}, ["是", "无"], "yesno", {}, ["yes", "no"]),
        ("text", {}, ["example.com"], "link", {}, ["https://example.com"]),
        ("lines", {}, ["一\n二"], "text", {}, ["一 二"]),
        ("number", {"unit": "人"}, [12], "text", {}, ["12 人"]),
        ("number", {"unit": "人"}, [12], "money", {}, ["12"]),
        ("money", {}, ["1200"], "text", {}, ["1200"]),
        ("date", {}, ["2026-03-05"], "text", {}, ["2026-03-05"]),
        ("yesno", {}, [True], "text", {}, ["是"]),
        ("choice", {"choices": CHOICES}, ["a", "b"], "text", {}, ["甲", "乙"]),
        ("choice", {"choices": CHOICES}, ["a"], "many", {"choices": CHOICES}, [["a"]]),
        ("choice", {"choices": CHOICES}, ["a"], "many", {"choices": "k = 甲\nl = 丙"}, [["k"]]),
        ("many", {"choices": CHOICES}, [["b"]], "choice", {"choices": CHOICES}, ["b"]),
        ("many", {"choices": CHOICES}, [["a", "b"]], "text", {}, ["甲、乙"]),
    ],
)
def test_values_are_brought_over_and_taken_back_as_they_were(
    cast, type, rules, given, to, more, kept
) -> None:
    row = define(cast.wang, "x", type, "某", **rules)
    rows(*given, who=cast.lin)
    before = values()
    changed(cast.wu, row, to, **more)
    assert (row.type, row.changing, values()) == (to, False, kept)
    keep_indexes()
    page = as_(cast.lin).get("/customers/?c=name&c=own_x&sort=own_x")
    assert page.status_code == 200
    do(cast.wu, "ownfields.retype_back", NOON + MINUTE, field=row.pk)
    row.refresh_from_db()
    assert (row.type, values()) == (type, before)
    assert row.rules == OwnField.objects.get(pk=row.pk).rules
    with pytest.raises(Conflict):
        do(cast.wu, "ownfields.retype_back", NOON + MINUTE, field=row.pk)


@pytest.mark.parametrize(
    ("type", "rules", "given", "to", "more", "why"),
    [
        ("text", {}, "很大", "number", {}, "请填写数字"),
        ("text", {}, "1.5", "number", {}, "请填写整数"),
        ("text", {}, "去年", "date", {}, "请填写日期，例如 2026-03-05"),
        ("text", {}, "丙", "choice", {"choices": CHOICES}, "请从列出的选项中选择"),
        ("many", {"choices": CHOICES}, ["a", "b"], "choice", {"choices": CHOICES}, "选了多项"),
        ("date", {}, "2026-03-05", "number", {}, "请填写数字"),
        ("number", {}, 3, "person", {}, "这里没有姓名"),
        ("text", {}, "3", "person", {}, "请写姓名"),
        ("text", {}, "没有这个人", "person", {}, "请从列表中选一个"),
    ],
)
def test_what_cannot_be_said_in_the_new_type_is_named(cast, type, rules, given, to, more, why) -> None:
    row = define(cast.wang, "x", type, "某", **rules)
    rows(given, who=cast.lin)
    before = values()
    with pytest.raises(Invalid) as refused:
        changed(cast.wang, row, to, **more)
    assert "有 1 个值不能换成" in refused.value.errors["unfit"][0].zh
    row.refresh_from_db()
    assert (row.type, values()) == (type, before)
    own = by_key("customer")["x"]
    from guanxi.platform.ownfields.retyping import fresh_rules, in_type

    found_now = preview(own, in_type(own, to, fresh_rules(row, to, more)))
    assert [said.zh for _, said in found_now.said.values()] == [why]


def test_names_become_persons_and_persons_names(cast) -> None:
    row = define(cast.wang, "x", "text", "介绍人")
    rows("林晓", who=cast.lin)
    changed(cast.wang, row, "person")
    assert values() == [cast.lin.pk]
    changed(cast.wang, row, "text", NOON + MINUTE)
    assert values() == ["林晓"]


def test_what_does_not_fit_may_be_left_empty_and_the_journal_keeps_it(cast) -> None:
    row = define(cast.wang, "x", "text", "面积")
    big, small, bare = (
        account(cast.lin, n, own=o) for n, o in (("甲", {"x": "很大"}), ("乙", {"x": "90"}), ("丙", {}))
    )
    changed(cast.wang, row, "number", unfit="empty")
    assert values() == [None, "90", None]
    fact = Fact.objects.filter(kind="customer.field_converted", subject_id=str(big.pk)).latest("seq")
    assert fact.words.body["changes"][0]["before"] == "很大"
    assert "own.x" in fact.data
    page = as_(cast.lin).get(f"/customers/{big.pk}/").content.decode()
    assert "字段换了类型：面积" in page
    assert "很大" in page
    done = Fact.objects.get(kind="own_field.retyped").data
    assert (done["was"], done["type"], done["converted"], done["emptied"]) == ("text", "number", 1, 1)
    # since then: one is filled in, one changed, one new; all that can be is what it was
    do(cast.lin, "customers.update", NOON + MINUTE, customer=small.pk, own={"x": 100})
    do(cast.lin, "customers.update", NOON + MINUTE, customer=bare.pk, own={"x": 7})
    do(cast.wang, "ownfields.retype_back", NOON + 2 * MINUTE, field=row.pk)
    assert values() == ["很大", "100", "7"]
    assert list(differences()) == []


def test_search_finds_the_words_of_a_text_and_no_more_of_what_is_none(cast) -> None:
    row = define(cast.wang, "x", "text", "曾用名")
    made = account(cast.lin, own={"x": "天目湖织造"})
    changed(cast.wang, row, "number", unfit="empty")
    assert found("天目湖") == set()  # at once
    do(cast.wang, "ownfields.retype_back", NOON + MINUTE, field=row.pk)
    worked()
    assert found("天目湖") == {made.pk}


def test_only_who_keeps_fields_changes_their_type(cast) -> None:
    row = define(cast.wang, "x", "text", "某")
    for person in (cast.lin, cast.zhao, cast.chen, cast.zhou, cast.sun):
        for action, data in (("ownfields.retype", {"type": "number"}), ("ownfields.retype_back", {})):
            with pytest.raises(Forbidden):
                do(person, action, field=row.pk, **data)
        for page in ("ownfields.retype", "ownfields.retype-unfit", "ownfields.retype-back"):
            assert as_(person).get(reverse(page, kwargs={"own_field": row.pk})).status_code == 403


def test_it_waits_for_an_import_that_uses_the_field_and_for_who_changed_it_meanwhile(cast) -> None:
    row = define(cast.wang, "floor", "text", "建筑面积")
    started(brought(cast.wang, "客户名称,建筑面积\n杭州恒远电子科技有限公司,30\n"))
    with pytest.raises(Conflict, match=r"客户\.csv"):
        changed(cast.wang, row, "number")
    other = define(cast.wang, "x", "text", "别的")
    do(cast.wang, "ownfields.change", field=other.pk, label_zh="另外的")
    with pytest.raises(Conflict, match="有人改了"):
        changed(cast.wu, other, "number", version=1)
    do(cast.wang, "ownfields.retire", field=other.pk)
    with pytest.raises(Conflict, match="已停用"):
        changed(cast.wu, other, "number")


# --- In portions -----------------------------------------------------------------------------------------------------


@pytest.fixture
def many(cast, monkeypatch) -> OwnField:
    """More values than the action brings over by itself."""
    monkeypatch.setattr(retype, "AT_ONCE", 2)
    monkeypatch.setattr(retype, "PORTION", 2)
    row = define(cast.wang, "x", "text", "面积")
    rows("1", "2", "三", "4", "5", who=cast.lin)
    return row


def test_many_values_are_changed_in_the_background_while_the_field_is_out_of_sight(cast, many) -> None:
    keep_indexes()
    changed(cast.wang, many, "number", unfit="empty")
    assert (many.type, many.changing) == ("text", True)
    first, second = Account.objects.order_by("pk")[:2]
    with pytest.raises(Invalid) as refused:
        do(cast.lin, "customers.update", customer=first.pk, own={"x": "9"})
    assert "正在换类型" in refused.value.errors["own.x"][0].zh
    with pytest.raises(Conflict, match="正在换类型"):
        do(cast.wang, "customers.merge", customer=first.pk, other=second.pk)
    for action, data in (
        ("ownfields.change", {"label_zh": "改"}),
        ("ownfields.retire", {}),
        ("ownfields.retype", {"type": "date"}),
    ):
        with pytest.raises(Conflict, match="正在换类型"):
            do(cast.wang, action, field=many.pk, **data)
    client = as_(cast.wang)
    page = client.get(f"/own-fields/{many.pk}/").content.decode()
    assert "正在换成“数字”" in page
    assert 'name="label_zh"' not in page
    assert "正在换类型" in client.get("/own-fields/").content.decode()
    assert "面积" not in client.get(f"/customers/{first.pk}/edit/").content.decode()
    assert client.get("/customers/?c=name&c=own_x&own_x_from=2").status_code == 200
    worked()
    many.refresh_from_db()
    assert (many.type, many.changing) == ("number", False)
    assert values() == ["1", "2", None, "4", "5"]
    assert Job.objects.get(name="ownfields.retype").state == "done"
    do(cast.wang, "ownfields.retype_back", NOON + 2 * MINUTE, field=many.pk)
    while run_one("w", fixed_clock(NOON + 3 * MINUTE)):
        pass
    many.refresh_from_db()
    assert (many.type, values()) == ("text", ["1", "2", "三", "4", "5"])
    assert list(differences()) == []


def test_many_values_are_looked_at_first_where_nothing_is_to_be_lost(cast, many) -> None:
    changed(cast.wang, many, "number")
    worked()
    many.refresh_from_db()
    assert (many.type, many.changing, values()) == ("text", False, ["1", "2", "三", "4", "5"])
    assert "有 1 个值不能换" in as_(cast.wang).get(f"/own-fields/{many.pk}/").content.decode()
    Account.objects.filter(own__x="三").update(own={"x": "3"})
    do(cast.wang, "ownfields.retype", NOON + 2 * MINUTE, field=many.pk, type="number")
    job = Job.objects.get(
        name="ownfields.retype", state="queued"
    )  # alone: an index made within this test's own transaction
    run_one(
        "w", fixed_clock(NOON + 3 * MINUTE), only=job.pk
    )  # would judge the row as it was before it was mended
    many.refresh_from_db()
    assert (many.type, values()) == ("number", ["1", "2", "3", "4", "5"])


def test_a_worker_that_stops_in_the_middle_goes_on_where_it_was(cast, many) -> None:
    changed(cast.wang, many, "number", unfit="empty")
    row = Retyping.objects.get()
    do(cast.wang, "ownfields.retype_on", NOON + MINUTE, retyping=row.pk)
    row.refresh_from_db()
    assert (row.state, row.converted) == ("converting", 2)
    worked()
    row.refresh_from_db()
    assert (row.state, row.converted, row.emptied) == ("done", 4, 1)
    facts = Fact.objects.filter(kind="customer.field_converted")
    assert facts.count() == 5
    assert len(set(facts.values_list("subject_id", flat=True))) == 5


# --- On screen -------------------------------------------------------------------------------------------------------


def test_the_preview_counts_lists_and_hands_out_what_does_not_fit(cast) -> None:
    row = define(cast.wang, "x", "text", "面积")
    rows("很大", "90", who=cast.lin)
    client = as_(cast.wang)
    first = client.get(f"/own-fields/{row.pk}/retype/").content.decode()
    assert "现在的类型是“单行文字”" in first
    assert "很大\n90" in first  # choices that it could have
    page = client.get(f"/own-fields/{row.pk}/retype/?type=number&unit=平方米").content.decode()
    for words in (
        "从“单行文字”换成“数字”",
        "第0公司",
        "很大",
        "请填写数字",
        "90 → 90 平方米",
        "有不能换的就不换",
    ):
        assert words in page
    assert values() == ["很大", "90"]
    answer = client.get(f"/own-fields/{row.pk}/retype/unfit.csv?type=number")
    lines = list(csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert lines == [["客户", "面积", "不能换的原因"], ["第0公司", "很大", "请填写数字"]]
    assert Fact.objects.get(kind="list.exported").data["rows"] == 1
    for query, words in (("type=nothing", "请选择另一个类型"), ("type=text", "请选择另一个类型"),
                         ("type=number&decimals=99", "0 到 6"), ("type=choice&choices=%2F", "每个选项写")):  # fmt: skip
        assert words in client.get(f"/own-fields/{row.pk}/retype/?{query}").content.decode()
    sent = {"type": "number", "unit": "平方米", "version": "1", "unfit": "refuse", "_key": "a" * 32}
    refused = client.post(f"/own-fields/{row.pk}/retype/", sent)
    assert refused.status_code == 422
    assert "有 1 个值不能换成“数字”" in refused.content.decode()
    done = client.post(
        f"/own-fields/{row.pk}/retype/", {**sent, "unfit": "empty", "_key": "b" * 32}, follow=True
    )
    assert "已换成“数字”，1 个值留空" in done.content.decode()
    assert values() == [None, "90"]
    page = client.get(f"/own-fields/{row.pk}/").content.decode()
    assert "恢复原类型" in page
    assert "own.x" in page
    assert client.post(f"/own-fields/{row.pk}/retype-back/", {"_key": "c" * 32}).status_code == 302
    assert values() == ["很大", "90"]


def test_who_may_not_see_the_rows_is_told_how_many_there_are(cast) -> None:
    row = define(cast.wang, "x", "text", "面积")
    rows("很大", who=cast.lin)
    page = as_(cast.wu).get(f"/own-fields/{row.pk}/retype/?type=number").content.decode()
    seen = (
        as_(cast.wu).get("/customers/").status_code == 200
        and "第0公司" in as_(cast.wu).get("/customers/").content.decode()
    )
    assert ("第0公司" in page) == seen
    assert ("其中 1 个您无权查看" in page) == (not seen)


def test_a_contacts_field_changes_its_type_and_nothing_of_it_is_in_the_chain(cast) -> None:
    row = define(cast.wang, "x", "text", "毕业年份", of="contact")
    who = contact(cast.lin, account(cast.lin), own={"x": "1998"})
    changed(cast.wang, row, "number")
    assert Contact.objects.get(pk=who.pk).own == {"x": "1998"}
    changed(cast.wang, row, "choice", NOON + MINUTE, choices="c98 = 1998")
    assert Contact.objects.get(pk=who.pk).own == {"x": "c98"}
    fact = Fact.objects.get(kind="contact.field_converted")
    assert not any(name.startswith("own.") for name in fact.data)
    page = as_(cast.lin).get(f"/customers/{who.customer_id}/").content.decode()
    assert "1998" in page


def test_what_the_chain_held_keeps_its_name_and_its_type(cast) -> None:
    row = define(cast.wang, "x", "number", "级别")
    made = account(cast.lin, own={"x": 3})
    changed(cast.wang, row, "choice", choices="c3 = 3\nc4 = 4")
    own = by_key("customer")["x"]
    assert (own.told_name, own.all_told) == ("own.x__2", {"own.x": "int", "own.x__2": "str"})
    fact = Fact.objects.filter(kind="customer.field_converted").latest("seq")
    assert fact.data["own.x__2"] == "c3"
    do(cast.lin, "customers.update", NOON + MINUTE, customer=made.pk, own={"x": "c4"})
    assert Fact.objects.filter(kind="customer.updated").latest("seq").data["own.x__2"] == "c4"
    changed(cast.wang, row, "number", NOON + 2 * MINUTE)
    assert by_key("customer")["x"].told_name == "own.x"
    assert list(differences()) == []


def test_a_field_that_becomes_personal_leaves_its_facts_readable(cast) -> None:
    row = define(cast.wang, "x", "number", "级别")
    account(cast.lin, own={"x": 3})
    do(cast.wang, "ownfields.change", field=row.pk, label_zh="级别", personal=True)
    assert list(differences()) == []


def test_what_was_kept_aside_comes_back_in_the_type_of_now(cast) -> None:
    row = define(cast.wang, "x", "text", "面积")
    stays, goes = (
        account(cast.wang, "甲公司", own={"x": "10"}),
        account(cast.wang, "乙公司", own={"x": "很大"}),
    )
    do(cast.wang, "customers.merge", customer=stays.pk, other=goes.pk)
    changed(cast.wang, row, "number", NOON + MINUTE)
    do(cast.wang, "customers.unmerge", NOON + 2 * MINUTE, merger=Merger.objects.get().pk)
    assert {a.name: a.own for a in Account.objects.all()} == {"甲公司": {"x": "10"}, "乙公司": {}}
    assert rules_of(row.rules).decimals == 0


def test_a_field_that_a_version_reads_keeps_its_type(cast, monkeypatch) -> None:
    from guanxi.platform.kernel import Reason, Text
    from guanxi.platform.ownfields import uses

    row = define(cast.wang, "x", "number", "级别")
    reason = Reason(
        clause="R5.17", control="R5/x", version="R5 v2", text=Text("第 2 版的 R5.17 用到", "R5.17 reads it")
    )
    monkeypatch.setattr(uses, "_rules", [lambda own: [reason]])
    with pytest.raises(Refused):
        changed(cast.wang, row, "text")
    page = as_(cast.wang).get(f"/own-fields/{row.pk}/retype/").content.decode()
    assert "R5.17" in page
    assert "第 2 版" in page
