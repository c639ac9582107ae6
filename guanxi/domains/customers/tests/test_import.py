"""Given a table of customers, when somebody brings it in, then every row is accounted for and nothing stands twice."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
from django.db import connection

from guanxi.domains.customers.importing import drafts, running, told
from guanxi.domains.customers.importing.together import Together
from guanxi.domains.customers.models import Account, Contact
from guanxi.domains.customers.models_import import ExternalKey, Import, ImportRow
from guanxi.domains.customers.reads import visible
from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.verify import verify
from guanxi.platform.kernel import Forbidden, Invalid, NotFound, perform
from guanxi.platform.people.models import Person, RoleGrant
from guanxi.platform.people.tests.cast import Cast

from .helpers import account, do, kinds, last
from .importing import AT, CLIENTS, brought, entered, started, sums

pytestmark = pytest.mark.django_db


def row(run: Import, number: int) -> ImportRow:
    return ImportRow.objects.get(run=run, number=number)


# --- What becomes of a row -------------------------------------------------------------------------------------------


def test_given_a_table_when_wang_imports_it_then_customers_people_and_grades_stand_there(cast: Cast) -> None:
    run = entered(cast.wang, CLIENTS)
    assert sums(run) == (4, 2, 0, 1, 1)
    first = Account.objects.get(name="杭州恒远电子科技有限公司")
    assert (first.manager, first.grade, first.area, first.source) == (None, "A", "西湖区", "import")
    assert first.phone_key == "+8657187061501"
    assert list(first.contacts.values_list("name", "post", "phone_key", "primary")) == [
        ("王建国", "采购经理", "+8613805712345", True),
        ("赵六", "财务", "", False),
    ]
    second = Account.objects.get(name="浙江明光医院")
    assert second.note == "客户等级：三级甲等\n负责区域：华东\n客户编号：K2"
    assert last("customers.imported").data["rows"] == 4
    assert verify().whole


def test_what_a_row_writes_is_what_the_same_entry_by_hand_writes(cast: Cast) -> None:
    do(cast.wang, "customers.create", name="甲公司", contact_name="张三", source="import")
    by_hand = [(f.kind, f.data, f.words.body) for f in Fact.objects.select_related("words").order_by("seq")]
    entered(cast.wang, "客户名称,联系人\n乙公司,张三\n")
    imported = [
        (f.kind, f.data, f.words.body)
        for f in Fact.objects.select_related("words")
        .filter(kind__in=["customer.created", "contact.added"])
        .order_by("seq")
    ][2:]
    assert [kind for kind, _, _ in imported] == [kind for kind, _, _ in by_hand]
    for (_, data, _), (_, other, _) in zip(imported, by_hand, strict=True):
        assert {k: v for k, v in data.items() if k != "contact"} == {
            k: v for k, v in other.items() if k != "contact"
        }


def test_the_administrators_rows_write_the_same_facts_into_the_pool(cast: Cast) -> None:
    entered(cast.wang, "客户名称,联系人,手机\n甲公司,张三,13805712345\n")
    by_wang = [(f.kind, sorted(f.data)) for f in Fact.objects.order_by("seq")]
    Fact_before = Fact.objects.count()
    run = entered(cast.wu, "客户名称,联系人,手机,微信\n乙公司,李四,13905712345,lisi\n")
    by_wu = [(f.kind, sorted(f.data)) for f in Fact.objects.order_by("seq")[Fact_before:]]
    assert sums(run) == (1, 1, 0, 0, 0)
    made = Account.objects.get(name="乙公司")
    assert made.manager is None
    assert made.contacts.get().wechat == "lisi"
    assert made in visible(cast.wang)
    assert made not in visible(cast.wu)
    assert [entry for entry in by_wu if entry[0] != "customer.updated"] == by_wang


def test_zhaos_rows_become_his_own_whatever_the_table_says_of_owners(cast: Cast) -> None:
    run = entered(cast.zhao, "客户名称,负责人员\n甲公司,王敏\n")
    made = Account.objects.get()
    assert (made.manager, made.note) == (cast.zhao, "负责人员：王敏")
    assert [s[1] for s in row(run, 2).said["doubts"]] == ["owner.unknown"]


def test_a_column_can_say_who_looks_after_each_customer(cast: Cast) -> None:
    run = entered(cast.wang, "客户名称,业务员\n甲公司,林晓\n乙公司,zhao\n丙公司,不在\n", manager_by="column")
    assert dict(Account.objects.values_list("name", "manager__username")) == {
        "甲公司": "lin",
        "乙公司": "zhao",
        "丙公司": None,
    }
    assert [line.number for line in ImportRow.objects.filter(run=run, doubtful=True)] == [4]


def test_all_can_go_to_one_person(cast: Cast) -> None:
    entered(cast.wang, "客户名称\n甲公司\n", manager_by="named", manager=cast.lin.pk)
    assert Account.objects.get().manager == cast.lin


@pytest.mark.parametrize("who", ["zhao", "wu"])
def test_who_may_not_assign_gives_nobody_customers(cast: Cast, who: str) -> None:
    run = brought(getattr(cast, who), "客户名称\n甲公司\n")
    with pytest.raises(Forbidden):
        started(run, manager_by="named", manager=cast.lin.pk)
    assert not Account.objects.exists()


def test_a_row_that_the_record_cannot_hold_is_rejected_by_its_column(cast: Cast) -> None:
    run = entered(cast.wang, f"客户名称,说明栏,其他栏\n甲公司,{'长' * 1500},{'话' * 1500}\n乙公司,,\n")
    assert sums(run) == (2, 1, 0, 0, 1)
    assert row(run, 2).said["faults"][0][1] == "input.note"


def test_nothing_of_a_row_is_lost(cast: Cast) -> None:
    entered(
        cast.wang,
        "客户名称,行业,传真,邮编,手机,口味\n甲公司,电子,0571-87061502,310000,13805712345,爱喝茶\n",
    )
    made = Account.objects.get()
    assert made.phone_key == "+8613805712345"
    assert set(made.note.split("\n")) == {"行业：电子", "传真：0571-87061502", "邮编：310000", "口味：爱喝茶"}


# --- Duplicates ------------------------------------------------------------------------------------------------------


def test_the_same_file_twice_enters_nothing_twice(cast: Cast) -> None:
    entered(cast.wang, CLIENTS)
    before = (Account.objects.count(), Contact.objects.count())
    again = entered(cast.wang, CLIENTS)
    assert drafts.same_file(again) is not None
    assert sums(again) == (4, 0, 0, 3, 1)
    assert all(line.certain for line in ImportRow.objects.filter(run=again, outcome="duplicate"))
    assert (Account.objects.count(), Contact.objects.count()) == before


def test_what_a_file_says_twice_is_left_out_the_second_time_too(cast: Cast) -> None:
    """Given a customer who stands in a file twice with the same number, when the same file comes again, then the row that
    was left out is left out again, and overwrites nothing."""
    doubled = (
        "客户编号,客户名称,电话,地址\n"
        "Q001,鸿鹄一厂有限公司,0571-87060001,浙江省杭州市西湖区文三路501号\n"
        "Q001,鸿鹄一厂有限公司,0571-87060009,浙江省杭州市西湖区文三路509号\n"
    )
    assert sums(entered(cast.wang, doubled)) == (2, 1, 0, 1, 0)
    before = Account.objects.values().get()
    again = entered(cast.wang, doubled)
    assert sums(again) == (2, 0, 0, 2, 0)
    assert Account.objects.values().get() == before
    assert [said[1] for said in row(again, 3).said["doubts"]]


def test_a_later_file_with_the_same_numbers_brings_customers_up_to_date(cast: Cast) -> None:
    entered(cast.wang, CLIENTS)
    run = entered(cast.wang, "客户编号,客户名称,网址\nK2,浙江明光医院,www.mingguang.example\n")
    assert sums(run) == (1, 0, 1, 0, 0)
    assert Account.objects.get(name="浙江明光医院").website == "https://www.mingguang.example"


def test_a_customer_that_moved_is_known_by_its_number_and_name(cast: Cast) -> None:
    entered(cast.wang, "客户编号,客户名称,地址,电话\nK2,明光医院,杭州市上城区清晨路11号,0571-87061501\n")
    moved = "客户编号,客户名称,地址,电话\nK2,明光医院,宁波市鄞州区江潮路2号,0574-87061502\n"
    run = entered(cast.wang, moved)
    assert sums(run) == (1, 0, 1, 0, 0)
    account = Account.objects.get(name="明光医院")
    assert (account.address, account.phone_key) == ("宁波市鄞州区江潮路2号", "+8657487061502")


def test_a_number_in_full_width_is_the_same_number(cast: Cast) -> None:
    entered(cast.wang, "客户编号,客户名称,地址\nK2,明光医院,杭州市上城区清晨路11号\n")
    run = entered(cast.wang, "客户编号,客户名称,地址\nＫ２,明光医院,宁波市鄞州区江潮路2号\n")
    assert sums(run) == (1, 0, 1, 0, 0)
    run = entered(cast.wang, "客户编号,客户名称,上级单位\nＫ３,明光诊所,Ｋ２\n")
    assert Account.objects.get(external_keys__key="K3").parent == Account.objects.get(name="明光医院")


def test_a_customer_that_moved_and_moved_back_is_followed_both_times(cast: Cast) -> None:
    files = [
        f"客户编号,客户名称,地址\nK2,明光医院,{to}\n"
        for to in ("杭州市上城区清晨路11号", "宁波市鄞州区江潮路2号")
    ]
    entered(cast.wang, files[0])
    do(
        cast.wang,
        "customers.update",
        customer=Account.objects.get().pk,
        lon=Decimal("120.17"),
        lat=Decimal("30.25"),
    )
    assert sums(entered(cast.wang, files[1])) == (1, 0, 1, 0, 0)
    assert Account.objects.get().lon is None  # not the position of where it was
    assert sums(entered(cast.wang, files[1])) == (1, 0, 0, 1, 0)
    assert sums(entered(cast.wang, files[0])) == (1, 0, 1, 0, 0)
    assert Account.objects.get().address == "杭州市上城区清晨路11号"


def test_two_addresses_for_one_number_in_a_file_are_asked_about(cast: Cast) -> None:
    head = "客户编号,客户名称,地址\n"
    entered(cast.wang, head + "K2,明光医院,杭州市上城区清晨路11号\n")
    run = entered(cast.wang, head + "K2,明光医院,宁波市鄞州区江潮路2号\nK2,明光医院,苏州市姑苏区长庆里9号\n")
    assert sums(run) == (2, 0, 1, 1, 0)


def test_a_number_that_two_customers_have_is_asked_about(cast: Cast) -> None:
    entered(cast.wang, "客户编号,客户名称,地址\nK2,明光医院,杭州市上城区清晨路11号\n")
    other = account(cast.wang, "明光医院", address="杭州市上城区清晨路11号")
    ExternalKey.objects.create(account=other, key="K2")
    run = entered(cast.wang, "客户编号,客户名称,地址\nK2,明光医院,宁波市鄞州区江潮路2号\n")
    assert sums(run) == (1, 0, 0, 1, 0)


def test_a_row_under_the_name_before_a_merger_does_not_bring_it_back(cast: Cast) -> None:
    head = "客户编号,客户名称,地址\n"
    entered(cast.wang, head + "A1,苍松建材,金华市婺城区一路1号\nA2,苍松新型建材,金华市婺城区二路2号\n")
    stays, goes = (Account.objects.get(external_keys__key=key) for key in ("A1", "A2"))
    do(cast.wang, "customers.merge", customer=stays.pk, other=goes.pk)
    run = entered(cast.wang, head + "A1,苍松建材,金华市婺城区三路3号\nA2,苍松新型建材,金华市婺城区四路4号\n")
    assert sums(run) == (2, 0, 1, 1, 0)
    stays.refresh_from_db()
    assert (stays.name, stays.address) == ("苍松建材", "金华市婺城区三路3号")


@pytest.mark.parametrize(
    "line",
    [
        "K2,上海明光医院,上海市徐汇区漕溪路9号,",
        "K2,明光医院城西分院,宁波市鄞州区江潮路2号,",
        "K2,明光医院,杭州市上城区清晨路11号,91330000142921383L",
    ],
)
def test_the_number_of_what_may_be_another_is_asked_about(cast: Cast, line: str) -> None:
    entered(
        cast.wang,
        "客户编号,客户名称,地址,统一社会信用代码\nK2,杭州明光医院,杭州市上城区清晨路11号,91330100799655058B\n",
    )
    run = entered(cast.wang, f"客户编号,客户名称,地址,统一社会信用代码\n{line}\n")
    assert sums(run) == (1, 0, 0, 1, 0)


def test_the_same_number_under_another_name_overwrites_nothing(cast: Cast) -> None:
    entered(cast.wang, CLIENTS)
    run = entered(cast.wang, "客户编号,客户名称\nK2,宁波远洋船务\n")
    assert sums(run) == (1, 0, 0, 1, 0)
    assert ExternalKey.objects.filter(key="K2").count() == 1


POSSIBLE = "客户名称,地址,联系人\n明光医院,杭州市上城区清晨路11号,钱七\n明光医院,杭州市上城区江潮路2号,孙八\n"


@pytest.mark.parametrize(
    ("decision", "counts", "customers", "people"),
    [
        ("", (2, 1, 0, 1, 0), 1, 1),
        ("skip", (2, 1, 0, 1, 0), 1, 1),
        ("create", (2, 2, 0, 0, 0), 2, 2),
        ("update", (2, 1, 1, 0, 0), 1, 2),
        ("contact", (2, 1, 1, 0, 0), 1, 2),
    ],
)
def test_a_possible_duplicate_becomes_what_was_decided(
    cast: Cast, decision: str, counts: tuple[int, ...], customers: int, people: int
) -> None:
    run = brought(cast.wang, POSSIBLE)
    assert told.counts(run)["waiting"] == 1
    drafts.decide(run, decision, rows=[3])
    expected = told.counts(run)
    running.run_import(started(run).pk, clock=AT)
    run.refresh_from_db()
    assert sums(run) == counts
    assert [expected[n] for n in ("rows", "created", "updated", "duplicates", "rejected")] == list(counts)
    assert (Account.objects.count(), Contact.objects.count()) == (customers, people)


def test_all_possible_duplicates_can_be_decided_alike(cast: Cast) -> None:
    run = brought(cast.wang, POSSIBLE + "明光医院,杭州市上城区望江路9号,周九\n")
    assert drafts.decide(run, "create", certain=False) == 2
    assert told.counts(run)["created"] == 3


def test_a_customer_entered_by_somebody_after_the_preview_is_not_doubled(cast: Cast) -> None:
    run = brought(cast.wang, CLIENTS)
    account(cast.lin)
    running.run_import(started(run).pk, clock=AT)
    run.refresh_from_db()
    assert sums(run) == (4, 1, 0, 2, 1)
    assert row(run, 2).certain


def test_somebody_elses_customer_counts_as_a_twin_but_is_not_named_nor_changed(cast: Cast) -> None:
    theirs = account(cast.sun)
    run = brought(cast.zhao, CLIENTS)
    assert row(run, 2).account_id == theirs.pk
    assert told.named(cast.zhao, ImportRow.objects.filter(run=run)) == {}
    with pytest.raises(Invalid):
        drafts.decide(run, "update", rows=[2])
    shown = told.as_json(ImportRow.objects.filter(run=run), cast.zhao, "zh", total=4)
    assert shown["duplicates"][0]["account"] is None
    assert "恒远" not in str(shown["duplicates"])


def test_somebody_elses_key_customer_does_not_even_show_that_it_exists(cast: Cast) -> None:
    theirs = account(cast.wang, key=True)
    run = brought(cast.zhao, CLIENTS)
    assert row(run, 2).kind == "create"
    assert row(brought(cast.wang, CLIENTS), 2).account_id == theirs.pk


# --- Running ---------------------------------------------------------------------------------------------------------


def test_a_run_that_breaks_off_goes_on_at_the_next_row(cast: Cast) -> None:
    table = "客户名称\n" + "".join(f"第{n}号仓储有限公司\n" for n in range(1, 31))
    run = started(brought(cast.wang, table))
    real, calls = Together.write, []

    def dying(self: Together) -> object:
        calls.append(1)
        done = real(self)
        if len(calls) == 3:
            raise KeyboardInterrupt  # like a kill: nothing is tidied up
        return done

    with (
        mock.patch.object(running, "HOLD", 3600),
        mock.patch.object(running, "_FIRST", 5),
        mock.patch.object(running, "_MOST", 5),
        mock.patch.object(Together, "write", dying),
        pytest.raises(KeyboardInterrupt),
    ):
        running.run_import(run.pk, clock=AT)
    run.refresh_from_db()
    assert (run.state, run.done, Account.objects.count()) == ("running", 10, 10)
    running.run_import(run.pk, clock=AT)
    run.refresh_from_db()
    assert sums(run) == (30, 30, 0, 0, 0)
    assert Account.objects.count() == Fact.objects.filter(kind="customer.created").count() == 30
    assert Fact.objects.filter(kind="customers.imported").count() == 1


def test_a_row_on_which_the_program_fails_is_rejected_and_the_others_stand(cast: Cast) -> None:
    run = started(brought(cast.wang, "客户名称\n甲公司\n乙公司\n丙公司\n"))
    real = running.perform

    def failing(name: str, data: dict, **more: object) -> object:
        if data.get("row") == 3:
            raise RuntimeError("a fault of the program")
        return real(name, data, **more)

    def failing_together(self: Together) -> None:
        raise RuntimeError("a fault of the program")

    with (
        mock.patch.object(running, "perform", failing),
        mock.patch.object(Together, "_number", failing_together),
    ):
        running.run_import(run.pk, clock=AT)
    run.refresh_from_db()
    assert sums(run) == (3, 2, 0, 0, 1)
    assert row(run, 3).said["faults"][0][1] == "row.failed"


def test_an_import_can_be_stopped_and_go_on(cast: Cast) -> None:
    run = started(brought(cast.wang, CLIENTS))
    perform("customers.stop_import", {"run": run.pk}, actor=cast.wang, clock=AT)
    running.run_import(run.pk, clock=AT)
    run.refresh_from_db()
    assert (run.state, run.done, Account.objects.count()) == ("stopped", 0, 0)
    running.run_import(started(run).pk, clock=AT)
    run.refresh_from_db()
    assert sums(run) == (4, 2, 0, 1, 1)


def test_who_loses_the_right_in_the_middle_imports_no_further(cast: Cast) -> None:
    run = started(brought(cast.wang, CLIENTS))
    RoleGrant.objects.filter(person=cast.wang).delete()
    running.run_import(run.pk, clock=AT)
    run.refresh_from_db()
    assert (run.state, Account.objects.count()) == ("stopped", 0)
    assert run.why_stopped


def test_the_fact_of_the_import_counts_every_row_once(cast: Cast) -> None:
    entered(cast.wang, CLIENTS)
    data = last("customers.imported").data
    assert data["rows"] == data["created"] + data["updated"] + data["duplicates"] + data["rejected"] == 4
    assert kinds()[-1] == "customers.imported"


# --- Rights ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "allowed"),
    [
        ("wang", True),
        ("zhao", True),
        ("wu", True),
        ("lin", False),
        ("chen", False),
        ("zhou", False),
        ("sun", False),
    ],
)
def test_who_may_import(cast: Cast, who: str, allowed: bool) -> None:
    person: Person = getattr(cast, who)
    assert person.may("customers.import") is allowed
    run = Import.objects.create(
        file_name="x.csv",
        sha256="0",
        size=1,
        by=person,
        created_at=AT(),
        state="planned",
        header=["客户名称"],
    )
    if allowed:
        started(run)
    else:
        with pytest.raises(Forbidden):
            started(run)


def test_nobody_works_on_anothers_import(cast: Cast) -> None:
    run = brought(cast.zhao, CLIENTS)
    for action in ("start_import", "stop_import", "finish_import"):
        with pytest.raises(NotFound):
            perform(f"customers.{action}", {"run": run.pk}, actor=cast.wang)
    with pytest.raises(NotFound):
        perform("customers.import_row", {"run": run.pk, "row": 2}, actor=cast.wu)


def test_counts_are_for_all_who_import_everywhere_rows_only_for_who_may_see_customers(cast: Cast) -> None:
    run = entered(cast.zhao, CLIENTS)
    assert run in told.visible_imports(cast.wu)
    assert not told.sees_rows(cast.wu, run)
    assert told.sees_rows(cast.wang, run)
    others = brought(cast.wang, CLIENTS)
    assert others not in told.visible_imports(cast.zhao)
    assert list(told.visible_imports(cast.lin)) == []


def test_no_row_has_all_customers_read(cast: Cast) -> None:
    """What may be a twin is looked up by an index, in each table: else each portion of a file would read a million rows."""
    if connection.vendor != "sqlite":
        pytest.skip("reads the plan of SQLite, which PostgreSQL does not have")
    entered(cast.wang, CLIENTS)
    asked: list[tuple[str, Any]] = []

    def heard(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(heard):
        brought(cast.wang, CLIENTS.replace("文三路", "文二路"))
    plans = [
        (row[3], sql)
        for sql, params in asked
        if sql.startswith("SELECT") and "LIMIT 1" not in sql
        for row in connection.cursor().execute(f"EXPLAIN QUERY PLAN {sql}", params).fetchall()
    ]
    assert {name for plan, _ in plans for name in re.findall(r"SEARCH (\w+) ", plan)} >= {
        "customers_account", "customers_contact", "customers_externalkey", "customers_importrow",
    }  # fmt: skip
    read = r"SCAN customers_(account|contact|externalkey|importrow)\b(?!.* account_key$)"  # which holds few
    assert [(plan, sql) for plan, sql in plans if re.match(read, plan)] == []
