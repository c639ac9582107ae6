"""Given a customer with several addresses, when a visit goes to one of them, then sheet, way and distance are of that one."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from guanxi.domains.customers import reads as customers
from guanxi.domains.customers.models import Account
from guanxi.domains.customers.models_addresses import Address
from guanxi.domains.customers.models_merger import Merger
from guanxi.domains.customers.tests.importing import AT, brought, entered, sums
from guanxi.domains.visits.models import Visit
from guanxi.domains.visits.reads.preparing import prepare
from guanxi.domains.visits.web.papers import report_data, sheet_data
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Conflict, Forbidden, Invalid, NotFound, Text
from guanxi.platform.people.models import Setting
from tests.company import PASSWORD

from .situation import DAY, HOUR, NOON, confirmed, contact, customer, do, left, planned
from .test_importing import undone
from .test_pages import browser, url

pytestmark = pytest.mark.django_db
MAIN, STORE = "杭州市西湖区文三路398号", "杭州市萧山区建设四路1号"
HERE = {"lon": "120.276", "lat": "30.180", "coordinates": "wgs84"}


@pytest.fixture
def hengyuan(cast: Any) -> Account:
    return customer(cast.lin, address=MAIN, lon="120.12", lat="30.28", coordinates="wgs84")


@pytest.fixture
def store(cast: Any, hengyuan: Account) -> Address:
    return add(cast.lin, hengyuan)


def add(person: Any, to: Account, text: str = STORE, **more: Any) -> Address:
    return do("addresses.add", person, customer=to.pk, kind="delivery", address=text, **{**HERE, **more})


def again(visit: Visit) -> Visit:
    return Visit.objects.select_related("customer", "place").get(pk=visit.pk)


def text(person: Any, page: str) -> str:
    return browser(person).get(page).content.decode()


def test_the_main_address_unless_another_is_chosen(cast: Any, hengyuan: Account, store: Address) -> None:
    assert planned(cast.lin, hengyuan).where == MAIN
    assert planned(cast.lin, hengyuan, place=0).where == MAIN
    visit = planned(cast.lin, hengyuan, place=store.pk)
    assert (visit.place, visit.where, visit.spot) == (store, STORE, store)


def test_page_way_sheet_report_and_list_name_it(cast: Any, hengyuan: Account, store: Address) -> None:
    visit = left(cast.lin, hengyuan, place=store.pk)
    page = text(cast.lin, url(visit))
    assert STORE in page
    assert "geo:30.180000,120.276000" in page
    assert STORE in text(cast.lin, url(visit, "visits.sheet"))
    assert sheet_data(again(visit), prepare(again(visit), NOON)).address == STORE
    do("visits.report", cast.lin, NOON + HOUR, visit=visit.pk, summary="甲", no_conflict=True, no_help=True)
    assert report_data(again(visit), []).place == STORE
    assert browser(cast.lin).get(url(visit, "visits.sheet-pdf")).status_code == 200
    (row,) = browser(cast.lin).get("/visits/?view=all&c=customer&c=place").context["list"].page.rows
    assert row.where == STORE
    rows = browser(cast.lin).get("/api/lists/visits.list?view=all&c=place").json()["rows"]
    assert [one["place"] for one in rows] == [STORE]


def test_the_distance_at_check_in_is_to_it(cast: Any, hengyuan: Account, store: Address) -> None:
    Setting.objects.create(key="company.record_position", value=True, changed_at=NOON)
    found = {}
    for place in (0, store.pk):
        visit = confirmed(cast.lin, hengyuan, place=place)
        there = {"lon": "120.276", "lat": "30.180"}
        found[place] = do("visits.check_in", cast.lin, visit=visit.pk, **there).distance_m
    assert found[store.pk] == 0
    assert found[0] > 10_000


def test_the_journal_and_the_timeline_tell_it(cast: Any, hengyuan: Account, store: Address) -> None:
    visit = planned(cast.lin, hengyuan, place=store.pk)
    fact = Fact.objects.select_related("words").get(kind="visit.planned")
    assert (fact.data["place"], fact.words.body["where"]) == (str(store.pk), STORE)
    assert STORE not in str(fact.data)
    assert customers.timeline(hengyuan.pk).told[0].text.endswith(STORE)
    do("visits.edit", cast.lin, visit=visit.pk, place=0)
    fact = Fact.objects.select_related("words").get(kind="visit.edited")
    assert (fact.data["changed"], fact.data["place"], fact.words.body["where"]) == (["place"], None, MAIN)


def test_the_plan_is_changed_to_another_and_back(cast: Any, hengyuan: Account, store: Address) -> None:
    visit = planned(cast.lin, hengyuan)
    do("visits.edit", cast.wang, visit=visit.pk, place=store.pk)
    assert again(visit).where == STORE
    do("visits.edit", cast.lin, visit=visit.pk, target="别的")  # what is left out stays
    assert again(visit).where == STORE
    before = Fact.objects.filter(kind="visit.edited").count()
    do("visits.edit", cast.lin, visit=visit.pk, place=store.pk)
    assert Fact.objects.filter(kind="visit.edited").count() == before
    do("visits.edit", cast.lin, visit=visit.pk, place=0)
    assert (again(visit).where, again(visit).place_said) == (MAIN, "")


def test_only_an_address_that_this_customer_has(cast: Any, hengyuan: Account, store: Address) -> None:
    other = add(cast.lin, customer(cast.lin, "另一家"))
    visit = planned(cast.lin, hengyuan)
    gone = add(cast.lin, hengyuan, "旧仓库")
    do("addresses.remove", cast.lin, address_id=gone.pk)
    for strange in (other.pk, gone.pk, 10**15, -1):
        for call in (
            lambda id: planned(cast.lin, hengyuan, place=id),
            lambda id: do("visits.edit", cast.lin, visit=visit.pk, place=id),
            lambda id: do(
                "visits.drop_in", cast.lin, customer=hengyuan.pk, purpose="routine", target="甲", place=id
            ),
        ):
            with pytest.raises(Invalid) as refused:
                call(strange)
            assert list(refused.value.errors) == ["place"]
            assert refused.value.errors["place"] == [
                Text(
                    "这不是该客户的地址，或已被删除", "This is no address of this customer, or it was removed"
                )
            ]


@pytest.mark.parametrize(
    ("who", "refused"),
    [
        ("lin", None),
        ("wang", None),
        ("zhao", NotFound),
        ("sun", NotFound),
        ("chen", Forbidden),
        ("zhou", Forbidden),
        ("wu", Forbidden),
    ],
)
def test_by_person(cast: Any, hengyuan: Account, store: Address, who: str, refused: Any) -> None:
    person, visit = getattr(cast, who), planned(cast.lin, hengyuan)

    def change() -> Any:
        return do("visits.edit", person, visit=visit.pk, place=store.pk)

    if refused is None:
        assert change().where == STORE
        assert planned(person, hengyuan, place=store.pk).where == STORE
        return
    with pytest.raises(Forbidden if who == "chen" or not person.may("visits.work") else refused):
        change()
    if who != "chen":  # the general manager sees every customer, and may visit it
        with pytest.raises(refused):
            planned(person, hengyuan, place=store.pk)
    assert again(visit).where == MAIN


def test_a_visit_at_the_door_and_the_next_one(cast: Any, hengyuan: Account, store: Address) -> None:
    contact(hengyuan)
    at_door = do(
        "visits.drop_in", cast.lin, customer=hengyuan.pk, purpose="routine", target="甲", place=store.pk
    )
    assert at_door.where == STORE
    visit = left(cast.lin, hengyuan, NOON + DAY, place=store.pk)
    do("visits.set_next", cast.lin, NOON + 2 * DAY, visit=visit.pk, next_at=(NOON + 9 * DAY).isoformat())
    assert again(visit).next_visit.where == STORE


def test_forms_offer_the_addresses_in_words_where_there_are_several(
    cast: Any, hengyuan: Account, store: Address
) -> None:
    alone = customer(cast.lin, "只有一个地址", address="甲路1号")
    for page in ("visits.plan", "visits.drop-in"):
        assert 'name="place"' not in text(cast.lin, f"{reverse(page)}?customer={alone.pk}")
        form = text(cast.lin, f"{reverse(page)}?customer={hengyuan.pk}")
        assert f"主地址：{MAIN}" in form
        assert f"收货地址：{STORE}" in form
        assert "0 为客户的主地址" not in form  # a hint for callers of the API
    cast.lin.language = "en"
    cast.lin.save(update_fields=["language"])
    assert f"Main address: {MAIN}" in text(cast.lin, f"{reverse('visits.plan')}?customer={hengyuan.pk}")
    visit = planned(cast.lin, hengyuan, place=store.pk)
    edit = url(visit, "visits.edit")
    assert f'value="{store.pk}" selected' in text(cast.lin, edit)
    sent = {"planned_at": "2026-03-06T10:00", "purpose": "routine", "target": "甲", "place": "0"}
    assert browser(cast.lin).post(edit, sent).status_code == 302
    assert again(visit).where == MAIN


def test_where_the_address_goes_the_visit_follows_or_keeps_its_words(
    cast: Any, hengyuan: Account, store: Address
) -> None:
    visit = planned(cast.lin, hengyuan, place=store.pk)
    do("addresses.change", cast.lin, address_id=store.pk, address="建设四路1号东门")
    assert again(visit).where == "建设四路1号东门"  # corrected
    do("addresses.change", cast.lin, address_id=store.pk, address=STORE)
    do("addresses.make_main", cast.lin, address_id=store.pk)
    now = again(visit)
    assert (now.place, now.where, now.spot) == (None, STORE, now.customer)
    assert "不是主地址" not in text(cast.lin, url(visit))
    other = planned(cast.lin, hengyuan, place=hengyuan.addresses.get().pk)
    assert other.where == MAIN  # what was the main one
    do("addresses.remove", cast.lin, address_id=hengyuan.addresses.get().pk)
    assert (again(other).where, again(other).spot) == (MAIN, None)
    page = text(cast.lin, url(other))
    assert MAIN in page
    assert "不是主地址" in page
    edit = url(other, "visits.edit")
    assert "已不在客户资料中" in text(cast.lin, edit)
    sent = {"planned_at": "2026-03-06T10:00", "purpose": "routine", "target": "甲", "place": ""}
    assert browser(cast.lin).post(edit, sent).status_code == 302
    assert again(other).where == MAIN  # another field was changed
    do("visits.edit", cast.lin, visit=other.pk, place=0)
    assert again(other).where == STORE


def test_a_removal_that_is_undone_brings_its_visits_back(
    cast: Any, hengyuan: Account, store: Address
) -> None:
    there, moved, home = (planned(cast.lin, hengyuan, place=store.pk) for _ in range(3))
    do("addresses.change", cast.lin, address_id=store.pk, address="建设四路1号东门")
    do("addresses.remove", cast.lin, address_id=store.pk)
    other = add(cast.lin, hengyuan, "新仓库")
    do("visits.edit", cast.lin, visit=moved.pk, place=other.pk)
    do("visits.edit", cast.lin, visit=home.pk, place=0)
    do("customers.undo", cast.lin, fact=Fact.objects.filter(kind="address.removed").latest("seq").pk)
    assert (again(there).place_id, again(there).where) == (store.pk, "建设四路1号东门")
    assert (again(moved).place_id, again(home).place_id) == (other.pk, None)
    assert again(home).where == MAIN


def test_a_merger_its_end_and_another_visitor_change_nothing_of_it(
    cast: Any, hengyuan: Account, store: Address
) -> None:
    visit = planned(cast.lin, hengyuan, NOON + DAY, place=store.pk)
    stays = customer(cast.lin, "恒远电子有限公司", address="别处1号")
    do("customers.merge", cast.wang, customer=stays.pk, other=hengyuan.pk)
    assert (again(visit).customer, again(visit).where) == (stays, STORE)
    do("customers.unmerge", cast.wang, merger=Merger.objects.get().pk)
    assert (again(visit).customer, again(visit).where) == (hengyuan, STORE)
    do("visits.reassign", cast.wang, visits=[visit.pk], owner=cast.zhao.pk, reason="病假")
    assert (again(visit).owner, again(visit).where) == (cast.zhao, STORE)


def test_what_was_corrected_and_became_the_main_one_or_went_is_called_as_it_is(
    cast: Any, hengyuan: Account, store: Address
) -> None:
    main, gone = planned(cast.lin, hengyuan, place=store.pk), add(cast.lin, hengyuan, "旧仓库")
    there = planned(cast.lin, hengyuan, place=gone.pk)
    do("addresses.change", cast.lin, address_id=store.pk, address="建设四路1号东门")
    do("addresses.make_main", cast.lin, address_id=store.pk)
    assert (again(main).where, again(main).spot) == ("建设四路1号东门", again(main).customer)
    do("addresses.change", cast.lin, address_id=gone.pk, address="旧仓库后院")
    do("addresses.remove", cast.lin, address_id=gone.pk)
    assert (again(there).where, again(there).spot) == ("旧仓库后院", None)


def test_customers_that_part_leave_each_other_words_of_their_addresses(
    cast: Any, hengyuan: Account, store: Address
) -> None:
    stays = customer(cast.lin, "恒远电子有限公司", address="别处1号")
    theirs = planned(cast.lin, hengyuan, NOON + DAY)
    do("customers.merge", cast.wang, customer=stays.pk, other=hengyuan.pk)
    shared = add(cast.lin, stays, "合并后的仓库")
    do("visits.edit", cast.lin, visit=theirs.pk, place=shared.pk)
    do("addresses.remove", cast.lin, address_id=store.pk)
    do("customers.unmerge", cast.wang, merger=Merger.objects.get().pk)
    assert (again(theirs).customer, again(theirs).place, again(theirs).where) == (
        hengyuan,
        None,
        "合并后的仓库",
    )
    do("visits.edit", cast.lin, visit=theirs.pk, target="别的")
    assert again(theirs).where == "合并后的仓库"


def test_a_removal_is_not_undone_once_its_words_are_erased(cast: Any, hengyuan: Account) -> None:
    someone = contact(hengyuan, "欧阳锦绣")
    row = add(cast.lin, hengyuan, "8号院 欧阳锦绣 收")
    do("addresses.remove", cast.lin, address_id=row.pk)
    fact = Fact.objects.filter(kind="address.removed").latest("seq")
    cast.wang.set_password(PASSWORD)
    cast.wang.save()
    do("contacts.erase_data", cast.wang, contact=someone.pk, reason="request", sure=True, password=PASSWORD)
    with pytest.raises(Conflict, match="已被删除"):
        do("customers.undo", cast.lin, fact=fact.pk)


def test_past_visits_name_it(cast: Any, hengyuan: Account, store: Address) -> None:
    table = (
        "客户名称,拜访时间,拜访人,拜访内容,地址\n"
        f"恒远电子,2024-03-05,林晓,甲,{STORE[:4]} {STORE[4:]}\n"
        f"恒远电子,2024-03-06,林晓,乙,{MAIN}\n恒远电子,2024-03-07,林晓,丙,老厂房\n恒远电子,2024-03-08,林晓,丁,\n"
    )
    doubts = [
        (line.number, said[2])
        for line in brought(cast.wang, table).lines.all()
        for said in line.said.get("doubts", [])
    ]
    assert doubts == [(4, "这位客户没有地址“老厂房”，按文字保留。")]
    entered(cast.wang, table)
    visits = list(Visit.objects.order_by("planned_at"))
    assert [(v.place_id, v.where) for v in visits] == [
        (store.pk, STORE),
        (None, MAIN),
        (None, "老厂房"),
        (None, MAIN),
    ]
    assert "老厂房" in text(cast.lin, url(visits[2]))
    assert sums(entered(cast.wang, table))[3] == 4
    run = entered(cast.wang, table.replace("老厂房", STORE))
    assert (run.updated, again(visits[2]).place) == (1, store)
    undone(run)
    assert (again(visits[2]).place, again(visits[2]).where) == (None, "老厂房")
    assert AT() > visits[0].planned_at
