"""Given fields of the company's own, when files are imported, customers searched, merged or parted, then the fields go along."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from django.urls import reverse

from guanxi.domains.customers.importing import drafts, running
from guanxi.domains.customers.importing.ahead import Ahead
from guanxi.domains.customers.importing.ready import ready
from guanxi.domains.customers.models import Account, Contact
from guanxi.domains.customers.models_import import RUNNING, Import, ImportRow
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Conflict
from guanxi.platform.ownfields.tests.test_fields import define
from tests.company import PASSWORD

from .helpers import account, contact, do
from .importing import AT, brought, entered, started, sums
from .test_import_undo import everything, found, undone
from .test_pages import _loud, as_  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db

FILE = (
    "客户编号,客户名称,建筑面积(平方米),行业,合同到期,曾用名\n"
    'K1,杭州恒远电子科技有限公司,"1,200",芯片,2026/12/31,恒远老厂\n'
    "K2,浙江明光医院,很大,软件,,\n"
    "K3,宁波海达贸易有限公司,,,,\n"
    "K4,绍兴纺织有限公司,30,养鱼,,\n"
)


@pytest.fixture
def own(cast) -> dict[str, Any]:
    return {
        "floor": define(cast.wang, label="建筑面积", unit="平方米"),
        "industry": define(cast.wang, "industry", "choice", "行业", choices="chip = 芯片\nsoft = 软件"),
        "ends": define(cast.wang, "ends", "date", "合同到期"),
        "alias": define(cast.wang, "alias", "text", "曾用名"),
    }


def test_columns_are_found_by_the_fields_names_and_every_value_is_judged(cast, own) -> None:
    run = brought(cast.wang, FILE)
    columns = {c["header"]: c["field"] for c in run.mapping["columns"]}
    assert columns["建筑面积(平方米)"] == "own.floor"
    assert (columns["行业"], columns["合同到期"], columns["曾用名"]) == (
        "own.industry",
        "own.ends",
        "own.alias",
    )
    faults = {
        r.number: [f[0] for f in r.said["faults"]] for r in ImportRow.objects.filter(run=run, kind="rejected")
    }
    assert faults == {3: ["建筑面积(平方米)"], 5: ["行业"]}
    page = as_(cast.wang).get(f"/customers/import/{run.pk}/columns/").content.decode()
    assert "自定义字段" in page


def test_an_import_enters_updates_and_is_taken_back(cast, own) -> None:
    first = entered(cast.wang, FILE)
    assert sums(first) == (4, 2, 0, 0, 2)
    made = Account.objects.get(name__contains="恒远")
    assert made.own == {"floor": "1200", "industry": "chip", "ends": "2026-12-31", "alias": "恒远老厂"}
    before = everything()
    second = entered(cast.wang, "客户编号,客户名称,建筑面积,行业\nK1,杭州恒远电子科技有限公司,900,\n")
    made.refresh_from_db()
    assert made.own == {"floor": "900", "industry": "chip", "ends": "2026-12-31", "alias": "恒远老厂"}
    undone(second)
    assert everything() == before
    do(cast.wang, "customers.update", customer=made.pk, own={"floor": 1})
    undone(first)
    assert [a.own.get("floor") for a in Account.objects.all()] == ["1"]  # somebody built on it


def test_a_field_keeps_its_name_while_an_import_uses_it(cast, own) -> None:
    run = started(brought(cast.wang, FILE))
    assert Import.objects.get(pk=run.pk).state == RUNNING
    for action, data in (("ownfields.change", {"label_zh": "楼面"}), ("ownfields.retire", {})):
        with pytest.raises(Conflict) as refused:
            do(cast.wu, action, field=own["floor"].pk, **data)
        assert "客户.csv" in refused.value.text.zh
        assert str(run.pk) in refused.value.text.zh
    other = define(cast.wang, "other", "text", "别的")
    do(cast.wu, "ownfields.retire", field=other.pk)


@pytest.mark.parametrize(
    ("rules", "entered_rows"),
    [({"unit": "平方米", "most": "1000"}, 1), ({"unit": "平方米", "most": "2000"}, 2)],
)
def test_rules_that_change_while_an_import_runs_reach_the_rows_that_were_ready(
    cast, own, rules, entered_rows
) -> None:
    run = started(brought(cast.wang, FILE))
    made = {
        line.number: ready(run, cast.wang, line) for line in ImportRow.objects.filter(run=run, kind="create")
    }
    assert all(made.values())
    do(cast.wang, "ownfields.change", field=own["floor"].pk, label_zh="建筑面积", **rules)
    with mock.patch.object(Ahead, "take", lambda self, number: made[number]):
        running.run_import(run.pk, clock=AT)
    run.refresh_from_db()
    assert run.created == entered_rows
    if entered_rows == 1:
        fault = ImportRow.objects.get(run=run, number=2).said["faults"][0]
        assert fault[0] == "建筑面积(平方米)"
        assert "1000" in fault[2]


def test_a_remembered_column_whose_field_is_gone_goes_into_the_note(cast, own) -> None:
    drafts.set_mapping(run := brought(cast.wang, FILE), {1: "account.name", 2: "own.floor"}, clock=AT)
    drafts.discard(run)
    do(cast.wang, "ownfields.retire", field=own["floor"].pk)
    entered(cast.wang, FILE.replace("很大", "20"))
    assert "建筑面积(平方米)：1,200" in Account.objects.get(name__contains="恒远").note


def test_customers_are_found_by_the_words_of_their_fields(cast, own) -> None:
    made = account(cast.lin, "杭州恒远电子科技有限公司", own={"alias": "天目湖织造"})
    assert found("天目湖") == {made.pk}
    assert found("tmhzz") == {made.pk}
    do(cast.lin, "customers.update", customer=made.pk, own={"alias": "西溪"})
    assert found("天目湖") == set()
    assert found("西溪") == {made.pk}


def test_a_merger_takes_what_one_alone_knows_and_what_is_chosen(cast, own) -> None:
    stays = account(cast.lin, "杭州恒远电子科技有限公司", own={"floor": 100, "industry": "chip"})
    goes = account(cast.lin, "恒远电子", own={"floor": 200, "industry": "soft", "alias": "老厂"})
    page = as_(cast.wang).get(f"/customers/{stays.pk}/merge/{goes.pk}/").content.decode()
    assert "take_own.floor" in page
    assert "老厂" in page
    do(cast.wang, "customers.merge", customer=stays.pk, other=goes.pk, take=["own.floor"])
    stays.refresh_from_db()
    assert stays.own == {"floor": "200", "industry": "chip", "alias": "老厂"}
    do(cast.lin, "customers.update", customer=stays.pk, own={"industry": "soft"})
    from guanxi.domains.customers.models_merger import Merger

    do(cast.wang, "customers.unmerge", merger=Merger.objects.get().pk)
    stays.refresh_from_db()
    assert stays.own == {"floor": "100", "industry": "soft"}  # what was changed since stays changed
    assert Account.objects.get(pk=goes.pk).own == {"floor": "200", "industry": "soft", "alias": "老厂"}


def test_erasing_a_contact_strikes_them_from_own_fields(cast, own) -> None:
    made = account(cast.lin, own={"alias": "由王建国创办", "floor": 7})
    who = contact(cast.lin, made, "王建国", phone="13805712345")
    cast.wang.set_password(PASSWORD)
    cast.wang.save()
    do(cast.wang, "contacts.erase_data", contact=who.pk, reason="request", sure=True, password=PASSWORD)
    made.refresh_from_db()
    assert "王建国" not in made.own["alias"]
    assert made.own["floor"] == "7"


# --- Contacts --------------------------------------------------------------------------------------------------------


@pytest.fixture
def of_people(cast) -> dict[str, Any]:
    return {
        "school": define(cast.wang, "school", "text", "毕业学校", of="contact"),
        "likes": define(cast.wang, "likes", "many", "爱好", of="contact", choices="golf = 高尔夫\ntea = 茶"),
        "since": define(cast.wang, "since", "date", "结识于", of="contact"),
    }


def test_contacts_have_fields_of_their_own_and_none_of_it_is_in_the_chain(cast, of_people) -> None:
    made = account(cast.lin)
    client = as_(cast.lin)
    sent = {
        "name": "王建国",
        "own.school": "浙江大学",
        "own.likes": ["", "tea"],
        "own.since": "2020-01-02",
        "_key": "a" * 32,
    }
    assert client.post(f"/customers/{made.pk}/contacts/new/", sent).status_code == 302
    who = Contact.objects.get()
    assert who.own == {"school": "浙江大学", "likes": ["tea"], "since": "2020-01-02"}
    assert "浙江大学" in client.get(f"/customers/{made.pk}/").content.decode()
    do(cast.lin, "contacts.update", contact=who.pk, own={"likes": ["golf", "tea"]})
    who.refresh_from_db()
    assert who.own["likes"] == ["golf", "tea"]
    for fact in Fact.objects.filter(kind__startswith="contact."):
        assert not any(name.startswith("own.") for name in fact.data)
    page = client.get(f"/customers/{made.pk}/").content.decode()
    assert "茶 → 高尔夫、茶" in page
    assert found("浙江大学") == {made.pk}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("own_school=浙江", "王"),
        ("own_likes=tea", "王李"),
        ("own_since_from=2021-01-01", "李"),
        ("own_school=empty", "李赵"),
    ],
)
def test_the_list_of_contacts_is_filtered_by_them(cast, of_people, query, names) -> None:
    made = account(cast.lin)
    contact(cast.lin, made, "王一", own={"school": "浙江大学", "likes": ["tea"], "since": "2020-01-02"})
    contact(cast.lin, made, "李二", own={"likes": ["golf", "tea"], "since": "2022-01-02"})
    contact(cast.lin, made, "赵三")
    rows = as_(cast.lin).get(f"/api/lists/customers.contacts?{query}").json()["rows"]
    assert {row["name"][0] for row in rows} == set(names)


def test_contacts_fields_are_imported_merged_parted_and_erased(cast, of_people) -> None:
    text = "客户名称,联系人,手机,毕业学校,结识于\n杭州恒远电子科技有限公司,王建国,13805712345,浙江大学,2020年1月2日\n"
    entered(cast.wang, text)
    stays = Contact.objects.get()
    assert stays.own == {"school": "浙江大学", "since": "2020-01-02"}
    goes = contact(cast.wang, stays.customer, "王建国", own={"school": "复旦大学", "likes": ["golf"]})
    page = as_(cast.wang).get(f"/customers/contacts/{stays.pk}/merge/{goes.pk}/").content.decode()
    assert "take_own.school" in page
    do(cast.wang, "contacts.merge", contact=stays.pk, other=goes.pk, take=["own.school"])
    stays.refresh_from_db()
    assert stays.own == {"school": "复旦大学", "since": "2020-01-02", "likes": ["golf"]}
    from guanxi.domains.customers.models_contacts import ContactMerger

    do(cast.wang, "contacts.unmerge", merger=ContactMerger.objects.get().pk)
    stays.refresh_from_db()
    assert stays.own == {"school": "浙江大学", "since": "2020-01-02"}
    assert Contact.objects.get(pk=goes.pk).own == {"school": "复旦大学", "likes": ["golf"]}
    page = as_(cast.wang).get(reverse("privacy.contact", kwargs={"contact": stays.pk})).content.decode()
    assert "浙江大学" in page
    cast.wang.set_password(PASSWORD)
    cast.wang.save()
    do(cast.wang, "contacts.erase_data", contact=stays.pk, reason="request", sure=True, password=PASSWORD)
    stays.refresh_from_db()
    assert stays.own == {}
