"""Given customers that may be one, when all are searched, then each pair is found once, and what people decide holds."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from guanxi.domains.customers import reads
from guanxi.domains.customers.models import Account, Contact
from guanxi.domains.customers.models_twins import APART, OPEN, TwinPair, TwinSearch
from guanxi.domains.customers.twins import search
from guanxi.platform.jobs.models import Job
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Conflict, Invalid, fixed_clock

from .helpers import NOON, account, contact, do, last

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=1)


def look(at: datetime = NOON, since: datetime | None = None, beat: Any = lambda _: None) -> TwinSearch:
    """A search from beginning to end."""
    made = search.begin(None, at, since)
    search.run_search(made.pk, clock=fixed_clock(at), beat=beat)
    made.refresh_from_db()
    return made


def pairs() -> list[tuple[str, str]]:
    return [(p.first.name, p.second.name) for p in TwinPair.objects.order_by("first", "second")]


@pytest.fixture
def two(cast: Any) -> tuple[Account, Account]:
    """恒远 of zhao, the same once more of lin, and somebody else."""
    first = account(cast.wang, manager=cast.zhao.pk, phone="0571-87061501")
    second = account(cast.wang, "恒远电子", manager=cast.lin.pk)
    contact(cast.wang, second, phone="0571-87061501")
    account(cast.wang, "宁波海天机械有限公司", manager=cast.lin.pk, phone="0574-86182222")
    return first, second


def test_each_pair_is_found_once_with_what_speaks_for_it(two: tuple[Account, Account]) -> None:
    found = look()
    assert (found.total, found.looked, found.found) == (3, 3, 1)
    pair = TwinPair.objects.get()
    assert (pair.first, pair.second, pair.state) == (*two, OPEN)
    assert pair.score >= 70
    assert "same.phone" in {code for code, _, _ in pair.reasons}
    assert look(LATER).found == 0
    assert TwinPair.objects.count() == 1


def test_it_goes_on_behind_the_last_portion(two: tuple[Account, Account], monkeypatch: Any) -> None:
    monkeypatch.setattr(search, "PORTION", 1)

    def killed(_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        look(beat=killed)
    begun = TwinSearch.objects.get()
    assert (begun.looked, begun.finished_at) == (1, None)
    assert search.begin(None, LATER) == begun  # not a second one beside it
    search.run_search(begun.pk, clock=fixed_clock(LATER), beat=lambda _: None)
    begun.refresh_from_db()
    assert (begun.looked, begun.found, begun.finished_at) == (3, 1, LATER)


def test_at_night_only_what_changed_is_compared(cast: Any, two: tuple[Account, Account]) -> None:
    look(NOON + timedelta(hours=1))
    assert search.begin_nightly(fixed_clock(LATER)) is None
    do(cast.wang, "customers.create", LATER, name="宁波海天机械")
    made = search.begin_nightly(fixed_clock(LATER + timedelta(hours=1)))
    assert made is not None
    assert made.total == 1
    search.run_search(made.pk, clock=fixed_clock(LATER), beat=lambda _: None)
    assert pairs()[1] == ("宁波海天机械有限公司", "宁波海天机械")
    assert len(pairs()) == 2  # what was found before stays


def test_what_is_no_longer_alike_goes_when_all_are_searched(cast: Any, two: tuple[Account, Account]) -> None:
    look()
    person = two[1].contacts.get()
    do(cast.wang, "contacts.update", contact=person.pk, phone="0571-88223344")
    do(cast.wang, "customers.update", customer=two[1].pk, name="绍兴永安纺织有限公司")
    look(LATER)
    assert pairs() == []


def test_a_number_that_very_many_share_holds_nothing_up(cast: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(search, "MOST_ALIKE", 3)
    for name in ("甲子贸易", "乙丑机械", "丙寅纺织", "丁卯电子", "戊辰化工"):
        account(cast.wang, name, phone="0571-87060000")
    assert look().looked == 5


def test_kept_apart_stays_apart_until_it_is_taken_back(cast: Any, two: tuple[Account, Account]) -> None:
    first, second = two
    look()
    do(cast.wang, "customers.keep_apart", customer=second.pk, other=first.pk, reason="两家，电话是园区总机")
    fact = last("customer.kept_apart")
    assert (fact.customer_id, fact.data["other"]) == (second.pk, str(first.pk))
    assert first.name not in str(fact.words.body)  # who sees the one need not see the other
    look(LATER)
    pair = TwinPair.objects.get()
    assert (pair.state, pair.why, pair.decided_by) == (APART, "两家，电话是园区总机", cast.wang)
    with pytest.raises(Conflict, match="已经判定"):
        do(cast.wang, "customers.keep_apart", customer=first.pk, other=second.pk)
    do(cast.wang, "customers.compare_again", customer=first.pk, other=second.pk)
    pair.refresh_from_db()
    assert (pair.state, pair.why, pair.decided_by) == (OPEN, "", None)
    with pytest.raises(Conflict, match="没有这样的判定"):
        do(cast.wang, "customers.compare_again", customer=first.pk, other=second.pk)


def test_two_that_no_search_found_can_be_kept_apart_too(cast: Any, two: tuple[Account, Account]) -> None:
    third = Account.objects.exclude(pk__in=[a.pk for a in two]).get()
    do(cast.wang, "customers.keep_apart", customer=third.pk, other=two[0].pk)
    assert TwinPair.objects.get().state == APART
    do(cast.wang, "customers.compare_again", customer=third.pk, other=two[0].pk)
    assert not TwinPair.objects.exists()
    with pytest.raises(Invalid):
        do(cast.wang, "customers.keep_apart", customer=third.pk, other=third.pk)


def test_a_merger_settles_its_pair(cast: Any, two: tuple[Account, Account]) -> None:
    look()
    do(cast.wang, "customers.merge", customer=two[0].pk, other=two[1].pk)
    assert pairs() == []
    look(LATER)
    assert pairs() == []


def test_one_search_at_a_time_and_one_given_up_goes_on(cast: Any, two: tuple[Account, Account]) -> None:
    begun = do(cast.wang, "customers.find_twins")
    assert last("customers.twins_sought").data == {"customers": 3}
    with pytest.raises(Conflict, match="正在查重"):
        do(cast.wang, "customers.find_twins")
    Job.objects.filter(key=search.key_of(begun)).update(state="failed")
    assert do(cast.wang, "customers.find_twins") == begun
    assert Job.objects.get(key=search.key_of(begun)).state == "queued"


def test_the_page_shows_pairs_of_which_one_may_merge_both(
    cast: Any, two: tuple[Account, Account], client: Client
) -> None:
    look()
    page = reverse("customers.twin-pairs")
    client.force_login(cast.wang)
    said = client.get(page).content.decode()
    assert "恒远电子" in said
    assert "电话相同" in said
    assert reverse("customers.merge", kwargs={"customer": two[0].pk, "other": two[1].pk}) in said
    client.force_login(cast.zhao)  # the other one is not his
    assert "恒远电子" not in client.get(page).content.decode()
    do(cast.wang, "customers.mark_key", customer=two[1].pk, key=True)
    client.force_login(cast.chen)
    assert "恒远电子" in client.get(page).content.decode()


def test_from_the_page_to_the_search_and_to_a_decision_and_back(
    cast: Any, two: tuple[Account, Account], client: Client
) -> None:
    client.force_login(cast.wang)
    page, find = reverse("customers.twin-pairs"), reverse("customers.find-twins")
    assert "没有疑似重复的客户" in client.get(page).content.decode()
    client.post(find)
    assert "正在查重" in client.get(page).content.decode()
    made = TwinSearch.objects.get()
    search.run_search(made.pk, clock=fixed_clock(made.started_at), beat=lambda _: None)
    assert "新发现 1 对" in client.get(page).content.decode()
    apart = reverse("customers.keep-apart", kwargs={"customer": two[0].pk, "other": two[1].pk})
    assert "恒远电子" in client.get(apart).content.decode()
    said = client.post(apart, {"reason": "两家"}, follow=True).content.decode()
    assert "已判定不是同一家" in said
    assert "没有疑似重复的客户" in said
    assert "两家" in client.get(page, {"view": "apart", "state": "apart"}).content.decode()
    answer = client.post(
        reverse("customers.compare-again"), {"customer": two[0].pk, "other": two[1].pk}, follow=True
    )
    assert "已恢复" in answer.content.decode()
    assert "恒远电子" in client.get(page).content.decode()
    assert Fact.objects.filter(kind="customer.compared_again").count() == 1


def test_one_name_with_and_without_place_and_form_is_worth_a_look(cast: Any) -> None:
    account(cast.wang)
    account(cast.wang, "恒远电子科技")
    look()
    assert pairs() == [("杭州恒远电子科技有限公司", "恒远电子科技")]


def test_a_decision_by_the_number_of_a_merged_customer_is_one_about_where_it_went(
    cast: Any, two: tuple[Account, Account]
) -> None:
    third = Account.objects.exclude(pk__in=[a.pk for a in two]).get()
    do(cast.wang, "customers.merge", customer=two[0].pk, other=two[1].pk)
    gone = last("customer.merged").customer_id
    do(cast.wang, "customers.keep_apart", customer=gone, other=third.pk)
    fact = last("customer.kept_apart")
    assert (fact.customer_id, fact.data["other"]) == (two[0].pk, str(third.pk))


def test_numbers_and_codes_are_looked_up_by_their_indexes(cast: Any) -> None:
    """Else each search would read a million rows."""
    if connection.vendor != "sqlite":
        pytest.skip("reads the plan of SQLite, which PostgreSQL does not have")
    for rows, field in (
        (Account.objects.all(), "phone_key"),
        (Account.objects.all(), "credit_code"),
        (Contact.objects.filter(active=True), "phone_key"),
    ):
        plan = reads.known_by(rows, field, ["1", "2"]).order_by("pk").values_list(field, "pk").explain()
        assert re.search(rf"SEARCH .* \({field}=\?\)", plan), plan
