"""Two customers that are one: merged with everything that belongs to them, and parted again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import ForeignKey, UniqueConstraint
from django.urls import reverse

from guanxi.domains.customers import reads
from guanxi.domains.customers.actions import joining
from guanxi.domains.customers.actions.merging import holders
from guanxi.domains.customers.models import Account, Contact, Need, Promise
from guanxi.domains.customers.models_addresses import Address
from guanxi.domains.customers.models_import import ExternalKey
from guanxi.domains.customers.models_merger import Merger
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Conflict, Forbidden, Invalid, NotFound
from guanxi.platform.regulations.models import Obligation
from guanxi.platform.search.index import find
from tests.company import bring_into_force

from .helpers import NOON, account, contact, do, kinds, last, promise

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(cast: Any) -> tuple[Account, Account]:
    """恒远 of zhao, and the same company once more, of lin."""
    stays = account(cast.wang, manager=cast.zhao.pk, area="西湖区", note="老客户")
    goes = account(
        cast.wang,
        "恒远电子公司",
        manager=cast.lin.pk,
        phone="0571-87061501",
        website="https://hengyuan.example",
        area="滨江区",
        note="五月搬家",
    )
    return stays, goes


def merge(cast: Any, stays: Account, goes: Account, who: str = "wang", **data: Any) -> Account:
    return do(getattr(cast, who), "customers.merge", customer=stays.pk, other=goes.pk, **data)


def part(cast: Any, at: Any = NOON) -> Account:
    return do(cast.wang, "customers.unmerge", at, merger=Merger.objects.latest("pk").pk)


def rows(customer: int) -> dict[str, list[int]]:
    """Every row that points to a customer."""
    return {
        label: sorted(model._base_manager.filter(**{f.attname: customer}).values_list("pk", flat=True))
        for label, model, f in holders()
        if label != "customers.merger.into"
    }


def test_what_one_knows_and_the_other_does_not_is_kept(cast: Any, two: tuple[Account, Account]) -> None:
    stays, goes = two
    merge(cast, stays, goes)
    stays.refresh_from_db()
    assert (stays.name, stays.area) == ("杭州恒远电子科技有限公司", "西湖区")
    assert (stays.phone, stays.phone_key) == (goes.phone, goes.phone_key)
    assert stays.website == "https://hengyuan.example"
    assert stays.note == "老客户\n五月搬家"
    assert not Account.objects.filter(pk=goes.pk).exists()


def test_what_differs_is_taken_where_it_was_chosen(cast: Any, two: tuple[Account, Account]) -> None:
    stays, goes = two
    merge(cast, stays, goes, take=["name", "manager"], reason="同一家")
    stays.refresh_from_db()
    assert (stays.name, stays.manager) == ("恒远电子公司", cast.lin)
    assert list(stays.team.values_list("person__username", flat=True)) == ["zhao"]
    assert last("customer.assigned").data["manager"] == str(cast.lin.pk)


def test_everything_follows_and_nobody_loses_sight(cast: Any, two: tuple[Account, Account]) -> None:
    stays, goes = two
    person = contact(cast.wang, goes, primary=True)
    contact(cast.wang, stays, "李红", primary=True)
    owed = promise(cast.lin, goes)
    do(cast.lin, "needs.add", customer=goes.pk, what="密封圈", contact=person.pk)
    do(cast.lin, "timeline.note", customer=goes.pk, text="来过电话")
    merge(cast, stays, goes)
    assert {c.name for c in stays.contacts.all()} == {"王建国", "李红"}
    assert stays.contacts.get(primary=True).name == "李红"
    assert Promise.objects.get(pk=owed.pk).customer_id == stays.pk
    assert reads.visible(cast.lin).filter(pk=stays.pk).exists()
    told = [line.text for line in reads.timeline(stays.pk).told]
    assert any("并入" in text for text in told)
    assert "来过电话" in [line.quote for line in reads.timeline(stays.pk).told]


def test_the_duty_of_a_promise_follows_and_goes_back(cast: Any, two: tuple[Account, Account]) -> None:
    bring_into_force(cast, "R1", "R5")
    stays, goes = two
    owed = promise(cast.lin, goes)
    duty = Obligation.objects.filter(subject_kind="promise", subject=str(owed.pk), closed_at=None).first()
    assert duty is not None
    assert duty.customer == str(goes.pk)
    merge(cast, stays, goes)
    duty.refresh_from_db()
    assert duty.customer == str(stays.pk)
    part(cast)
    duty.refresh_from_db()
    assert duty.customer == str(goes.pk)


def test_the_old_id_leads_to_the_one_that_stayed(
    cast: Any, two: tuple[Account, Account], client: Any
) -> None:
    stays, goes = two
    merge(cast, stays, goes)
    assert reads.fetch(cast.wang, goes.pk) == stays
    assert reads.names_of(cast.wang, [goes.pk]) == {goes.pk: stays.name}
    with pytest.raises(NotFound):
        reads.fetch(cast.sun, goes.pk)
    assert reads.names_of(cast.sun, [goes.pk]) == {}
    client.force_login(cast.wang)
    answer = client.get(reverse("customers.detail", kwargs={"customer": goes.pk}))
    assert answer.status_code == 302
    assert answer["Location"] == reverse("customers.detail", kwargs={"customer": stays.pk})


def test_it_is_found_under_both_names(cast: Any, two: tuple[Account, Account]) -> None:
    stays, goes = two
    merge(cast, stays, goes, take=["name"])
    for typed in ("杭州恒远", "恒远电子公司"):
        assert [hit.id for hit in find(connection, typed, kinds=("customer",), limit=5)] == [stays.pk]


def test_parted_again_each_is_as_it_was(cast: Any, two: tuple[Account, Account]) -> None:
    stays, goes = two
    do(cast.wang, "customers.set_team", customer=stays.pk, members=[cast.lin.pk])
    do(cast.wang, "customers.set_team", customer=goes.pk, members=[cast.zhao.pk])
    contact(cast.wang, goes, primary=True)
    contact(cast.wang, stays, "李红", primary=True)
    promise(cast.wang, goes)
    for row in two:
        ExternalKey.objects.create(account=row, key="K1")
    before = [(dict(reads_of(row)), {k: len(v) for k, v in rows(row.pk).items()}) for row in two]
    merge(cast, stays, goes, take=["name", "address", "manager"])
    part(cast, NOON + timedelta(days=200))
    after = [
        (dict(reads_of(Account.objects.get(pk=row.pk))), {k: len(v) for k, v in rows(row.pk).items()})
        for row in two
    ]
    assert after == before
    assert [c.primary for c in Contact.objects.order_by("pk")] == [True, True]
    assert next(hit.id for hit in find(connection, "恒远电子公司", kinds=("customer",), limit=5)) == goes.pk
    with pytest.raises(NotFound):
        part(cast)


def reads_of(row: Account) -> dict[str, Any]:
    """The columns of a customer, but for when and how often it was saved."""
    row.refresh_from_db()
    return {
        f.attname: getattr(row, f.attname)
        for f in Account._meta.concrete_fields
        if f.attname not in ("version", "updated_at")
    }


def test_what_was_changed_since_stays_when_they_part(cast: Any, two: tuple[Account, Account]) -> None:
    stays, goes = two
    person = contact(cast.wang, goes)
    merge(cast, stays, goes)
    do(cast.wang, "customers.update", customer=stays.pk, website="https://new.example")
    new = do(cast.wang, "needs.add", customer=stays.pk, what="轴承", contact=person.pk)
    other = do(cast.wang, "needs.add", customer=stays.pk, what="油封")
    part(cast)
    stays.refresh_from_db()
    assert stays.website == "https://new.example"
    assert stays.phone == ""
    assert Need.objects.get(pk=new.pk).customer_id == goes.pk
    assert Need.objects.get(pk=other.pk).customer_id == stays.pk


def test_an_address_that_came_with_the_merger_goes_with_it(cast: Any, two: tuple[Account, Account]) -> None:
    stays, goes = addressed(*two)
    merge(cast, stays, goes)
    (entered,) = Address.objects.all()
    assert (entered.customer_id, entered.address) == (stays.pk, "江南大道2号")
    part(cast)
    assert not Address.objects.exists()
    gone = Fact.objects.get(kind="address.added")
    assert any(f.data["fact"] == gone.seq for f in Fact.objects.filter(kind="journal.annulled"))


@pytest.mark.parametrize("how", ["changed", "made the main one", "used"])
def test_an_address_that_somebody_built_on_since_stays_when_they_part(
    cast: Any, two: tuple[Account, Account], client: Any, how: str, monkeypatch: Any
) -> None:
    stays, goes = addressed(*two)
    merge(cast, stays, goes)
    (entered,) = Address.objects.all()
    if how == "changed":
        do(cast.wang, "addresses.change", address_id=entered.pk, note="周六不收货")
    if how == "made the main one":
        do(cast.wang, "addresses.make_main", address_id=entered.pk)
    if how == "used":  # no table points to addresses yet: this one stands for it
        own = joining.holders

        def holders(to: Any, **which: Any) -> Any:
            found = [("points.here", Address, Address._meta.get_field("id"))] if to is Address else []
            return [*own(to, **which), *found]

        monkeypatch.setattr(joining, "holders", holders)
    entered.refresh_from_db()
    client.force_login(cast.wang)
    answer = client.post(reverse("customers.unmerge"), {"merger": Merger.objects.get().pk}, follow=True)
    assert f"合并后改过的地址“{entered.address}”留在这位客户" in answer.content.decode()
    kept = Address.objects.get(pk=entered.pk)
    assert (kept.customer_id, kept.address, kept.note) == (stays.pk, entered.address, entered.note)
    assert Account.objects.get(pk=goes.pk).address == "江南大道2号"
    assert "文三路1号" in {Account.objects.get(pk=stays.pk).address, kept.address}, "nothing is lost"


def addressed(stays: Account, goes: Account) -> tuple[Account, Account]:
    """Both with a main address."""
    for row, address in ((stays, "文三路1号"), (goes, "江南大道2号")):
        row.address = address
        row.save(update_fields=["address"])
    return stays, goes


def test_mergers_one_after_another_are_taken_back_in_turn(cast: Any, two: tuple[Account, Account]) -> None:
    stays, goes = two
    third = account(cast.wang, "恒远电子（杭州）", manager=cast.zhao.pk)
    merge(cast, stays, goes)
    first = Merger.objects.get()
    merge(cast, third, stays)
    assert reads.fetch(cast.wang, goes.pk) == third
    assert reads.ids_of(third.pk)[0] == third.pk
    assert set(reads.ids_of(third.pk)) == {
        third.pk,
        stays.pk,
        goes.pk,
    }
    with pytest.raises(Conflict) as refused:
        do(cast.wang, "customers.unmerge", merger=first.pk)
    assert refused.value.text.zh == "之后又并入了“恒远电子（杭州）”，请先撤销那次合并"
    part(cast)
    do(cast.wang, "customers.unmerge", merger=first.pk)
    assert Account.objects.count() == 3


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ("itself", "other", "请选择另一位客户"),
        ("closed", "customer", "保留的客户已停用；请反过来合并，或先恢复启用"),
        ("codes", "other", "两位客户的统一社会信用代码不同，是两家单位；如有一个写错了，请先更正"),
    ],
)
def test_what_is_refused(cast: Any, two: tuple[Account, Account], change: str, field: str, said: str) -> None:
    stays, goes = two
    if change == "closed":
        do(cast.wang, "customers.close", customer=stays.pk, reason_code="moved")
    if change == "codes":
        Account.objects.filter(pk=stays.pk).update(credit_code="91330100143030712L")
        Account.objects.filter(pk=goes.pk).update(credit_code="91110000802100433B")
    with pytest.raises(Invalid) as refused:
        merge(cast, stays, stays if change == "itself" else goes)
    assert [text.zh for text in refused.value.errors[field]] == [said]
    assert Account.objects.count() == 2
    assert "customer.merged" not in kinds()


def test_who_changed_it_meanwhile_is_said(cast: Any, two: tuple[Account, Account]) -> None:
    stays, goes = two
    do(cast.zhao, "customers.update", customer=stays.pk, area="上城区")
    with pytest.raises(Conflict) as refused:
        merge(cast, stays, goes, version=stays.version, other_version=goes.version)
    assert "赵磊" in refused.value.text.zh


def test_only_with_rights_over_both(cast: Any, two: tuple[Account, Account]) -> None:
    stays, goes = two
    with pytest.raises(NotFound):
        merge(cast, stays, goes, who="zhao")
    with pytest.raises(Forbidden):
        merge(cast, goes, goes, who="lin")
    do(cast.wang, "customers.assign", customers=[goes.pk], manager=cast.zhao.pk)
    merge(cast, stays, goes, who="zhao")
    assert Merger.objects.get().by == cast.zhao
    assert Fact.objects.filter(kind="customer.merged", customer_id=goes.pk).count() == 1


UNIQUE = {
    "customers.teammember": "team_member",
    "customers.contact": "one_main_contact",
    "customers.externalkey": "external_key_once",
    "customers.twinpair": "twin_pair_once",
    "customers.following": "following_once",
    "customers.tagged": "tagged_once",
    "customers.looked": "looked_once",
}  # fmt: skip  (no room needed: pairs go with either customer, and so does how far one looked)


def test_every_table_in_which_a_customer_stands_once_is_thought_of() -> None:
    """A table that says "once for each customer" needs room made for it in `actions/merging._make_room`."""
    found = {}
    for model in apps.get_models():
        columns = {f.name for f in model._meta.concrete_fields
                   if isinstance(f, ForeignKey) and f.related_model is Account}  # fmt: skip
        for rule in model._meta.constraints:
            if isinstance(rule, UniqueConstraint) and columns & set(rule.fields):
                found[model._meta.label_lower] = rule.name
        assert not [f for f in model._meta.concrete_fields if f.name in columns and f.unique]
    assert found == UNIQUE


def test_the_pages(cast: Any, two: tuple[Account, Account], client: Any) -> None:
    stays, goes = two
    Account.objects.filter(pk=stays.pk).update(phone=goes.phone, phone_key=goes.phone_key)
    client.force_login(cast.wang)
    answer = client.get(reverse("customers.twins", kwargs={"customer": stays.pk}))
    url = reverse("customers.merge", kwargs={"customer": stays.pk, "other": goes.pk})
    assert url in answer.content.decode()
    assert "电话相同" in answer.content.decode()
    chosen = client.get(reverse("customers.twins", kwargs={"customer": stays.pk}), {"other": goes.pk})
    assert chosen["Location"] == url
    shown = client.get(url)
    assert 'name="take_name" value="other"' in shown.content.decode()
    sent = {"version": stays.version, "other_version": goes.version, "take_name": "other", "_key": "k-1"}
    assert client.post(url, sent).status_code == 302
    stays.refresh_from_db()
    assert stays.name == "恒远电子公司"
    page = client.get(reverse("customers.detail", kwargs={"customer": stays.pk})).content.decode()
    assert "并入的客户" in page
    assert "撤销合并" in page
    merger = Merger.objects.get()
    assert client.post(reverse("customers.unmerge"), {"merger": merger.pk}).status_code == 302
    assert Account.objects.count() == 2


def test_two_companies_are_told_apart_before_anybody_chooses(
    cast: Any, two: tuple[Account, Account], client: Any
) -> None:
    stays, goes = two
    Account.objects.filter(pk=stays.pk).update(credit_code="91330100143030712L", address="")
    Account.objects.filter(pk=goes.pk).update(credit_code="91110000802100433B", address="文三路1号")
    client.force_login(cast.wang)
    shown = client.get(reverse("customers.merge", kwargs={"customer": stays.pk, "other": goes.pk}))
    text = shown.content.decode()
    assert "是两家单位，不能合并" in text
    assert 'name="take_credit_code"' not in text
    assert [line["comes"] for line in shown.context["lines"] if line["name"] == "address"] == [
        "文三路1号 · 滨江区"
    ]


def test_a_page_opened_before_somebody_saved_says_so(
    cast: Any, two: tuple[Account, Account], client: Any
) -> None:
    stays, goes = two
    do(cast.zhao, "customers.update", customer=stays.pk, area="上城区")
    client.force_login(cast.wang)
    url = reverse("customers.merge", kwargs={"customer": stays.pk, "other": goes.pk})
    answer = client.post(url, {"version": stays.version, "other_version": goes.version, "take_name": "other"})
    assert answer.status_code == 409
    assert "赵磊" in answer.content.decode()
    assert 'name="take_name" value="other" checked' in answer.content.decode()


def test_parted_nothing_of_either_is_kept_beside_them(cast: Any, two: tuple[Account, Account]) -> None:
    """Else what the one that went was would still stand there when its people are erased."""
    merge(cast, *two)
    part(cast)
    assert Merger.objects.get().kept == {}
