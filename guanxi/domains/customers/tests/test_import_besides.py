"""Given a file that says to whom customers belong, how they are served and who may be called, then all of it comes in, is
brought up to date by key, and goes again with the import."""

from __future__ import annotations

from datetime import date
from typing import Any
from unittest import mock

import pytest
from django.db import transaction

from guanxi.demo.bulk import settle_ids
from guanxi.domains.customers.importing import running
from guanxi.domains.customers.importing.planning import first_mapping
from guanxi.domains.customers.importing.together import Together
from guanxi.domains.customers.importing.undo import preview
from guanxi.domains.customers.models import Account, Contact
from guanxi.domains.customers.models_addresses import Address
from guanxi.domains.customers.models_contacts import Consent
from guanxi.domains.customers.models_grouping import Tag, Tagged
from guanxi.domains.customers.models_import import Import, ImportRow
from guanxi.platform.imports.reading import read_sheet
from guanxi.platform.kernel.perform import stages
from guanxi.platform.people.tests.cast import Cast
from tests.company import bring_into_force

from .helpers import account, contact, do
from .importing import AT, brought, entered, started, sums
from .test_import_together import stands
from .test_import_undo import everything, holds, undone, why

pytestmark = pytest.mark.django_db

FULL = (
    "客户编号,客户名称,上级单位,服务类别,标签,收货地址,地址,联系人,动机,看重之事,决策角色,常用联系方式,联系许可：电话,联系许可：短信,"
    "许可日期,许可依据\n"
    "K2,恒远电子上海分公司,恒远集团,服务中,展会、重点行业,上海市浦东新区张江路1号；开票地址：上海市徐汇区漕溪路2号,上海市静安区南京西路3号,"
    "王建国,价格、品质,准时交货,拍板,微信,同意,不同意,2026-02-01,展会登记表\n"
    "K3,恒远电子杭州分公司,K1,,展会,,,李梅,,,,,0,,,\n"
    "K1,恒远集团,,老客户,,,,,,,,,,,,\n"
)


def by_key(key: str) -> Account:
    return Account.objects.get(external_keys__key=key)


def besides() -> dict[str, list[Any]]:
    return {
        model.__name__: sorted(model.objects.values_list(*names))
        for model, names in (
            (Tagged, ("customer", "tag__name")),
            (Address, ("customer", "kind", "address", "area")),
            (Consent, ("contact", "channel", "state", "said_on", "how", "evidence")),
            (Tag, ("name", "active")),
        )
    }


def test_all_of_it_comes_in(cast: Cast) -> None:
    run = entered(cast.wang, FULL)
    assert sums(run) == (3, 3, 0, 0, 0)
    group, shanghai, hangzhou = by_key("K1"), by_key("K2"), by_key("K3")
    assert shanghai.parent_id == hangzhou.parent_id == group.pk  # named further down, by name and by number
    assert (group.service, shanghai.service, hangzhou.service) == ("served", "serving", "")
    assert {one.tag.name for one in shanghai.tagged.all()} == {"展会", "重点行业"}
    assert {one.tag.name for one in hangzhou.tagged.all()} == {"展会"}
    assert shanghai.address == "上海市静安区南京西路3号"
    assert sorted(shanghai.addresses.values_list("kind", "address", "area")) == [
        ("billing", "上海市徐汇区漕溪路2号", "徐汇区"),
        ("delivery", "上海市浦东新区张江路1号", "浦东新区"),
    ]
    wang = shanghai.contacts.get()
    assert (wang.motives, wang.matters, wang.decision_role, wang.channel) == (
        ["price", "quality"],
        "准时交货",
        "decides",
        "wechat",
    )
    assert (shanghai.note, hangzhou.note) == ("客户编号：K2", "客户编号：K3")


def test_a_consent_is_as_the_file_says_it_with_where_it_said_so_and_no_more(cast: Cast) -> None:
    run = entered(cast.wang, FULL)
    wang = by_key("K2").contacts.get()
    assert list(
        wang.consents.order_by("pk").values_list("channel", "state", "said_on", "how", "evidence")
    ) == [
        ("phone", "given", date(2026, 2, 1), "other", "展会登记表；导入自“客户.csv”第 2 行"),
        ("sms", "withdrawn", date(2026, 2, 1), "other", "展会登记表；导入自“客户.csv”第 2 行"),
    ]
    assert not by_key("K3").contacts.get().consents.exists()  # an unticked box says nothing
    assert not run.lines.filter(doubtful=True).exists()


@pytest.mark.parametrize(
    ("cell", "states"),
    [
        ("电话、微信", {"phone": "given", "wechat": "given"}),
        ("短信：不同意；邮件：已同意", {"sms": "withdrawn", "email": "given"}),
        ("未征询", {}),
        ("不同意", {}),
    ],
)
def test_one_column_may_name_the_ways(cast: Cast, cell: str, states: dict[str, str]) -> None:
    entered(cast.wang, f"客户名称,联系人,联系许可\n甲公司,张三,{cell}\n")
    found = list(Consent.objects.values_list("channel", "state", "said_on", "evidence"))
    assert {channel: state for channel, state, _, _ in found} == states
    for _, _, on, evidence in found:
        assert on == date(2026, 3, 5)
        assert evidence == "导入自“客户.csv”第 2 行（未注明日期，记为导入当天）"


def test_what_cannot_be_read_goes_into_the_note_and_is_said(cast: Cast) -> None:
    run = brought(
        cast.wang,
        "客户名称,上级单位,服务类别,联系人,动机,联系许可：微信,许可日期\n甲公司,不知道的公司,钻石,张三,价格、星座,也许,\n"
        "乙公司,,,李四,,同意,2027-01-01\n",
    )
    said = {
        number: [s[1] for s in line]
        for number, line in ImportRow.objects.filter(run=run).values_list("number", "said__doubts")
    }
    assert said == {2: ["word.unknown", "word.unknown", "word.unknown", "parent.unknown"], 3: ["consent.day"]}
    running.run_import(started(run).pk, clock=AT)
    first = Account.objects.get(name="甲公司")
    assert set(first.note.split("\n")) == {
        "服务类别：钻石",
        "上级单位：不知道的公司",
        "动机：价格、星座",
        "联系许可：微信：也许",
    }
    assert first.contacts.get().motives == ["price"]
    assert Account.objects.get(name="乙公司").note == "许可日期：2027-01-01"
    assert Consent.objects.get().said_on == date(2026, 3, 5)


def test_rows_that_stand_above_themselves_are_refused_with_the_circle(cast: Cast) -> None:
    run = entered(
        cast.wang,
        "客户名称,上级单位\n甲公司,乙公司\n乙公司,丙公司\n丙公司,甲公司\n丁公司,丁公司\n戊公司,甲公司\n己公司,\n",
    )
    assert sums(run) == (6, 2, 0, 0, 4)
    faults = dict(run.lines.filter(kind="rejected").values_list("number", "said__faults__0__2"))
    assert faults[2] == faults[3] == faults[4] == "上下级会绕成一圈：甲公司 → 乙公司 → 丙公司 → 甲公司"
    assert faults[5] == "上级单位不能是自己"
    fifth = Account.objects.get(name="戊公司")  # its parent did not come in
    assert (fifth.parent_id, fifth.note) == (None, "上级单位：甲公司")


def test_a_circle_over_customers_that_are_there_is_refused_at_the_row(cast: Cast) -> None:
    entered(cast.wang, "客户编号,客户名称,上级单位\nK1,集团,\nK2,子公司,集团\n")
    run = entered(cast.wang, "客户编号,客户名称,上级单位\nK1,集团,K2\n")
    assert sums(run) == (1, 0, 0, 0, 1)
    column, code, zh, _ = run.lines.get().said["faults"][0]
    assert (column, code) == ("上级单位", "input.parent")
    assert zh == "上下级会绕成一圈：集团 → 子公司 → 集团"


def test_a_parent_of_which_there_are_two_is_not_guessed(cast: Cast) -> None:
    account(cast.wang, "恒远集团", address="杭州市西湖区文三路398号")
    account(cast.wang, "恒远集团", address="上海市静安区南京西路3号")
    run = entered(cast.wang, "客户名称,上级单位\n分公司,恒远集团\n")
    assert run.lines.get().said["doubts"][0][1] == "parent.several"
    assert Account.objects.get(name="分公司").parent_id is None


def test_chains_upside_down_come_in_and_go_again(cast: Cast) -> None:
    before = everything()
    rows = "".join(f"第{n}号仓储有限公司,第{n + 1}号仓储有限公司\n" for n in range(1, 30))
    run = entered(cast.wang, f"客户名称,上级单位\n{rows}第30号仓储有限公司,\n")
    assert sums(run) == (30, 30, 0, 0, 0)
    assert Account.objects.filter(parent__isnull=True).count() == 1
    assert preview(run, cast.wang).removed == 30
    undone(run)
    assert everything() == before
    holds()


def test_an_update_by_key_adds_what_is_new_and_leaves_what_the_file_does_not_say(cast: Cast) -> None:
    entered(cast.wang, FULL)
    old = besides()
    run = entered(
        cast.wang,
        "客户编号,客户名称,上级单位,服务类别,标签,收货地址,地址,联系人,动机,联系许可：电话\n"
        "K2,恒远电子上海分公司,,,老朋友,上海市浦东新区张江路1号,上海市静安区南京西路3号,王建国,关系,不同意\n"
        "K3,恒远电子杭州分公司,K2,已服务,,,,李梅,,\n",
    )
    assert sums(run) == (2, 0, 2, 0, 0)
    second, third = by_key("K2"), by_key("K3")
    assert (second.parent_id, second.service) == (by_key("K1").pk, "serving")
    assert {one.tag.name for one in second.tagged.all()} == {"展会", "重点行业", "老朋友"}
    assert second.addresses.count() == 2
    assert second.contacts.get().motives == ["relations"]
    assert second.contacts.get().consents.get(channel="phone").state == "withdrawn"
    assert (third.parent_id, third.service) == (second.pk, "served")
    undone(run)
    assert besides() == old
    assert by_key("K2").contacts.get().motives == ["price", "quality"]
    assert (by_key("K3").parent_id, by_key("K3").service) == (by_key("K1").pk, "")
    holds()


def test_a_consent_of_a_person_of_whom_nothing_was_known_goes_again(cast: Cast) -> None:
    entered(cast.wang, "客户编号,客户名称,联系人\nK1,恒远集团,王建国\n")
    old = besides()
    run = entered(cast.wang, "客户编号,客户名称,联系人,联系许可：短信\nK1,恒远集团,王建国,同意\n")
    assert sums(run) == (1, 0, 1, 0, 0)
    assert by_key("K1").contacts.get().consents.get().state == "given"
    undone(run)
    run.refresh_from_db()
    assert not run.lines.get().kept
    assert besides() == old
    assert not Consent.objects.exists()
    holds()


def test_an_older_consent_of_the_file_does_not_overrule_what_they_said_since(cast: Cast) -> None:
    entered(cast.wang, "客户编号,客户名称,联系人\nK1,甲公司,张三\n")
    person = Contact.objects.get()
    do(
        cast.wang,
        "contacts.consent",
        contact=person.pk,
        channels=["phone"],
        consent="withdrawn",
        said_on="2026-03-01",
    )
    entered(cast.wang, "客户编号,客户名称,联系人,联系许可：电话,许可日期\nK1,甲公司,张三,是,2025-01-01\n")
    assert Consent.objects.get().state == "withdrawn"


def test_a_whole_import_goes_with_all_that_it_brought(cast: Cast) -> None:
    bring_into_force(cast, "R1", "R5")
    do(cast.wang, "tags.save", name="展会")
    before, beside = everything(), besides()
    run = entered(cast.wang, FULL)
    assert preview(run, cast.wang).removed == 3
    undone(run)
    assert everything() == before
    assert besides() == beside  # the tag that it brought is gone, the one that was there stays
    holds()
    again = entered(cast.wang, FULL)
    assert sums(again) == (3, 3, 0, 0, 0)


def test_who_hangs_something_on_it_keeps_it(cast: Cast) -> None:
    run = entered(cast.wang, FULL)
    do(cast.wang, "addresses.add", customer=by_key("K2").pk, kind="site", address="上海市宝山区友谊路4号")
    account(cast.wang, "后来的子公司", parent=by_key("K3").pk)
    shown = preview(run, cast.wang)
    assert (shown.removed, shown.kept) == (0, 3)
    undone(run)
    assert (why(run, 2), why(run, 3), why(run, 4)) == ("built", "held", "held")
    assert Tag.objects.filter(name="重点行业").exists()
    holds()


def test_a_change_that_was_changed_again_stays(cast: Cast) -> None:
    entered(cast.wang, FULL)
    run = entered(cast.wang, "客户编号,客户名称,服务类别\nK3,恒远电子杭州分公司,已服务\n")
    do(cast.wang, "customers.set_service", customer=by_key("K3").pk, service="serving")
    undone(run)
    assert run.lines.get().said["kept"]["code"] == "edited"
    assert by_key("K3").service == "serving"


@pytest.mark.parametrize("how", [{"manager_by": "me"}, {"manager_by": "pool"}])
def test_written_together_it_is_what_is_written_alone(cast: Cast, how: dict[str, Any]) -> None:
    bring_into_force(cast, "R1", "R5")
    do(cast.wang, "tags.save", name="展会")
    contact(cast.wang, account(cast.wang, "老客户"), "老联系人")
    do(
        cast.wang,
        "addresses.add",
        customer=Account.objects.get().pk,
        kind="site",
        address="上海市宝山区友谊路4号",
    )
    brought(cast.wang, "客户名称\n还没有开始的\n")
    found = []
    point = transaction.savepoint()
    for takes in ({"return_value": False}, {"side_effect": Together.takes, "autospec": True}):
        settle_ids(Account, Contact, Import, Tag, Address, Tagged, Consent)
        with mock.patch.object(Together, "takes", **takes) as asked:
            entered(cast.wang, FULL, **how)
        assert asked.called
        found.append(stands() | besides())
        if len(found) == 1:
            transaction.savepoint_rollback(point)
            for stage in stages.obligations:
                stage.forget()
    alone, together = found
    for name, rows in alone.items():
        assert together[name] == rows, name
    holds()


def test_most_of_it_is_written_together(cast: Cast) -> None:
    rows = "".join(f"第{n}号仓储有限公司,集团公司,展会,杭州市西湖区文三路{n}号,已服务\n" for n in range(50))
    with mock.patch.object(running, "perform", side_effect=running.perform) as alone:
        run = entered(cast.wang, f"客户名称,上级单位,标签,收货地址,服务类别\n{rows}集团公司,,,,\n")
    assert sums(run) == (51, 51, 0, 0, 0)
    assert [call.args[0] for call in alone.call_args_list] == ["tags.save"]
    assert Account.objects.filter(parent__name="集团公司").count() == 50


# --- Who may -----------------------------------------------------------------------------------------------------------


def test_who_may_not_grade_or_keep_tags_has_them_in_the_note(cast: Cast) -> None:
    do(cast.wang, "tags.save", name="展会")
    run = entered(cast.wu, FULL)  # the administrator: into the pool
    assert sums(run) == (3, 3, 0, 0, 0)
    first, second = by_key("K1"), by_key("K2")
    assert second.parent_id == first.pk
    assert (first.service, first.note) == ("", "客户编号：K1\n服务类别：老客户")
    assert set(second.note.split("\n")) == {"客户编号：K2", "服务类别：服务中", "标签：展会、重点行业"}
    assert {one.tag.name for one in second.tagged.all()} == {"展会"}
    assert second.addresses.count() == 2
    assert second.contacts.get().consents.count() == 2
    undone(run)
    assert not Account.objects.exists()
    assert not Address.objects.exists()
    assert not Consent.objects.exists()
    holds()


def test_an_account_manager_finds_only_parents_among_his_own(cast: Cast) -> None:
    account(cast.wang, "恒远集团", manager=cast.lin.pk)
    mine = account(cast.zhao, "宏达集团")
    entered(cast.zhao, "客户名称,上级单位\n甲公司,恒远集团\n乙公司,宏达集团\n")
    assert Account.objects.get(name="甲公司").note == "上级单位：恒远集团"
    assert Account.objects.get(name="乙公司").parent_id == mine.pk


def test_a_parent_that_somebody_took_away_meanwhile_goes_into_the_note(cast: Cast) -> None:
    mine = account(cast.zhao, "宏达集团")
    run = started(brought(cast.zhao, "客户名称,上级单位\n乙公司,宏达集团\n"))
    do(cast.wang, "customers.assign", customers=[mine.pk], manager=cast.lin.pk)
    running.run_import(run.pk, clock=AT)
    made = Account.objects.get(name="乙公司")
    assert (made.parent_id, made.note) == (None, "上级单位：宏达集团")


def test_the_columns_are_guessed_in_both_languages(cast: Cast) -> None:
    heads = {
        "母公司": "account.parent",
        "Parent Account": "account.parent",
        "客户标签": "account.tags",
        "Tags": "account.tags",
        "Service class": "account.service",
        "送货地址": "account.addresses",
        "What drives them": "contact.motives",
        "关注点": "contact.matters",
        "Buying Role": "contact.decision_role",
        "Email opt out": "contact.refused.email",
        "同意接收短信": "contact.consent.sms",
        "Consent: e-mail": "contact.consent.email",
    }
    for head, field in heads.items():
        sheet = read_sheet(
            f"客户名称,地址,联系人,{head}\n甲公司,杭州市西湖区文三路1号,张三,x\n".encode(), "t.csv"
        )
        assert first_mapping(sheet)[0].fields.get(3) == field, head
