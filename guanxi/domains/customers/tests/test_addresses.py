"""A customer's further addresses: on its page, in the list, through mergers, and only for who sees the customer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from guanxi.domains.customers import reads
from guanxi.domains.customers.models import Account
from guanxi.domains.customers.models_addresses import Address
from guanxi.domains.customers.models_merger import Merger
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Invalid, NotFound

from .helpers import account, do, last

pytestmark = pytest.mark.django_db
MAIN, OTHER = "杭州市西湖区文三路398号", "杭州市萧山区建设四路1号"


@pytest.fixture
def made(cast: Any) -> Account:
    return account(cast.lin, address=MAIN, area="西湖区", lon="120.12", lat="30.28")


def add(person: Any, at: Account, address: str = OTHER, **data: Any) -> Address:
    return do(person, "addresses.add", customer=at.pk, **{"kind": "delivery", "address": address, **data})


def as_(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_added_changed_and_emptied(cast: Any, made: Account) -> None:
    row = add(cast.lin, made, lon="120.27", lat="30.18", note="周六不收货")
    told = reads.timeline(made.pk).told[0]
    assert told.text == f"新增收货地址：{OTHER}"
    do(cast.lin, "addresses.change", address_id=row.pk, kind="site", clear=["note", "lon", "lat"])
    row.refresh_from_db()
    assert (row.kind, row.note, row.lon, row.address) == ("site", "", None, OTHER)
    with pytest.raises(Invalid) as refused:
        do(cast.lin, "addresses.change", address_id=row.pk, lon="120.1")
    assert refused.value.errors
    with pytest.raises(Invalid):
        do(cast.lin, "addresses.change", address_id=row.pk, clear=["address"])
    do(cast.lin, "addresses.change", address_id=row.pk, kind="site")
    assert Fact.objects.filter(kind="address.changed").count() == 1


def test_removing_is_taken_back_as_it_was(cast: Any, made: Account) -> None:
    row = add(cast.lin, made, lon="120.27", lat="30.18", note="北门", area="萧山区")
    before = {f: getattr(row, f) for f in ("pk", "kind", "address", "area", "note")}
    do(cast.lin, "addresses.remove", address_id=row.pk)
    assert not made.addresses.exists()
    do(cast.lin, "customers.undo", fact=last("address.removed").pk)
    back = made.addresses.get()
    assert {f: getattr(back, f) for f in before} == before
    assert (back.lon, back.lat) == (Decimal("120.27"), Decimal("30.18"))


def test_adding_is_taken_back(cast: Any, made: Account) -> None:
    add(cast.lin, made)
    do(cast.lin, "customers.undo", fact=last("address.added").pk)
    assert not made.addresses.exists()


def test_two_addresses_change_places(cast: Any, made: Account) -> None:
    row = add(cast.lin, made, lon="120.27", lat="30.18", area="萧山区", note="北门")
    do(cast.lin, "addresses.make_main", address_id=row.pk)
    made.refresh_from_db()
    row.refresh_from_db()
    assert (made.address, made.area, made.lon) == (OTHER, "萧山区", Decimal("120.27"))
    assert (row.address, row.area, row.lon) == (MAIN, "西湖区", Decimal("120.12"))
    bare = account(cast.lin, "宁波海达贸易有限公司")
    only = add(cast.lin, bare)
    do(cast.lin, "addresses.make_main", address_id=only.pk)
    bare.refresh_from_db()
    assert (bare.address, bare.addresses.count()) == (OTHER, 0)
    assert bare.card_percent > 0


def test_only_who_sees_the_customer(cast: Any, made: Account) -> None:
    row = add(cast.lin, made)
    for name in ("addresses.change", "addresses.remove", "addresses.make_main"):
        with pytest.raises(NotFound):
            do(cast.sun, name, address_id=row.pk)
    client = as_(cast.sun)
    assert client.get(reverse("customers.address", kwargs={"address": row.pk})).status_code == 404
    assert client.post(reverse("customers.address-remove", kwargs={"address": row.pk})).status_code == 404
    assert made.addresses.count() == 1


def test_the_page_and_the_list(cast: Any, made: Account) -> None:
    client = as_(cast.lin)
    new = reverse("customers.address-new", kwargs={"customer": made.pk})
    bad = client.post(new, {"kind": "billing", "address": "", "note": "财务部收", "_key": "k0"})
    assert bad.status_code == 422
    assert "财务部收" in bad.content.decode()
    sent = {"kind": "billing", "address": OTHER, "note": "财务部收", "_key": "k1"}
    assert client.post(new, sent).status_code == 302
    page = client.get(reverse("customers.detail", kwargs={"customer": made.pk})).content.decode()
    assert "开票地址" in page
    assert "财务部收" in page
    shown = client.get("/customers/", {"address": "建设四路", "c": ["name", "addresses"]}).content.decode()
    assert f"开票地址 · {OTHER}" in shown
    assert "别处" not in client.get("/customers/", {"address": "别处没有的路"}).context["list"].page.rows
    row = made.addresses.get()
    form = client.get(reverse("customers.address", kwargs={"address": row.pk})).content.decode()
    assert OTHER in form
    assert client.post(reverse("customers.address-main", kwargs={"address": row.pk})).status_code == 302
    made.refresh_from_db()
    assert made.address == OTHER


def test_the_archive_holds_all_of_them(cast: Any, made: Account) -> None:
    add(cast.lin, made)
    page = as_(cast.lin).get(reverse("customers.archive", kwargs={"customer": made.pk})).content.decode()
    assert MAIN in page
    assert f"收货地址 · {OTHER}" in page


@pytest.mark.parametrize("take", [[], ["address"]])
def test_a_merger_loses_no_main_address(cast: Any, made: Account, take: list[str]) -> None:
    goes = account(cast.wang, "恒远电子公司", manager=cast.lin.pk, address="宁波市鄞州区天童南路1号")
    add(cast.lin, goes)
    both = {made.address, goes.address, OTHER}
    do(cast.wang, "customers.merge", customer=made.pk, other=goes.pk, take=take)
    made.refresh_from_db()
    assert {made.address, *(a.address for a in made.addresses.all())} == both
    do(cast.wang, "customers.unmerge", merger=Merger.objects.get().pk)
    made.refresh_from_db()
    back = Account.objects.get(pk=goes.pk)
    assert (made.address, made.addresses.count()) == (MAIN, 0)
    assert (back.address, [a.address for a in back.addresses.all()]) == (goes.address, [OTHER])
