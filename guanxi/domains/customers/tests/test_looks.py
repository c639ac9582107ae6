"""Given people who open customers and take lists away, when somebody who answers for it asks, then they see who did."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from guanxi.domains.customers.looks import keeping
from guanxi.domains.customers.models_looks import Look
from guanxi.platform.kernel import fixed_clock, perform, system_clock
from guanxi.platform.people.models import Setting

from .helpers import account, contact, do
from .test_pages import _loud, as_, text_of  # noqa: F401 (the fixture)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(cast: Any) -> Any:
    return account(cast.lin, manager=cast.lin.pk)


def look(client: Client, at: Any, page: str = "customers.detail") -> Any:
    return client.get(reverse(page, kwargs={"customer": at.pk}))


def test_a_look_is_kept_once_an_hour_for_each_person_and_page(cast: Any, shop: Any) -> None:
    lin, wang = as_(cast.lin), as_(cast.wang)
    with time_machine.travel(system_clock(), tick=False) as clock:
        for _ in range(3):
            look(lin, shop)
        look(wang, shop)
        look(lin, shop, "customers.card")
        clock.shift(timedelta(minutes=59))
        look(lin, shop)
        assert sorted(Look.objects.values_list("person__username", "page")) == [
            ("lin", "customers.card"),
            ("lin", "customers.detail"),
            ("wang", "customers.detail"),
        ]
        clock.shift(timedelta(minutes=2))
        look(lin, shop)
    assert Look.objects.count() == 4


def test_every_look_at_a_key_customer_is_kept_before_it_is_shown(
    cast: Any, shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    do(cast.wang, "customers.mark_key", customer=shop.pk)
    client = as_(cast.lin)
    look(client, shop)
    look(client, shop)
    assert Look.objects.count() == 2

    def full(**_: Any) -> None:
        raise DatabaseError("full")

    monkeypatch.setattr(Look.objects, "create", full)
    with pytest.raises(DatabaseError):
        look(client, shop)


def test_a_page_is_shown_though_its_look_cannot_be_kept_and_the_log_says_so(
    cast: Any, shop: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def full(**_: Any) -> None:
        raise DatabaseError("full")

    monkeypatch.setattr(Look.objects, "create", full)
    assert look(as_(cast.lin), shop).status_code == 200
    assert "looks not kept" in caplog.text


def test_what_was_not_shown_is_no_look(cast: Any, shop: Any) -> None:
    assert look(as_(cast.zhao), shop).status_code == 404
    assert not Look.objects.exists()


def test_nothing_is_asked_or_written_for_it_while_the_page_is_made(cast: Any, shop: Any) -> None:
    client = as_(cast.lin)
    look(client, shop)
    with CaptureQueriesContext(connection) as asked:
        look(client, shop)
    about = [n for n, q in enumerate(asked.captured_queries) if 'customers_look"' in q["sql"]]
    assert about == [len(asked) - 1]


def test_opening_a_contacts_data_is_kept_with_the_contact(cast: Any, shop: Any) -> None:
    one = contact(cast.lin, shop)
    as_(cast.lin).get(reverse("customers.contact", kwargs={"contact": one.pk}))
    assert Look.objects.get().contact_id == one.pk


@pytest.mark.parametrize(
    ("who", "status"),
    [("zhou", 200), ("chen", 200), ("wang", 200), ("lin", 403), ("zhao", 403), ("wu", 403), ("sun", 403)],
)
def test_who_may_see_who_looked(cast: Any, shop: Any, who: str, status: int) -> None:
    look(as_(cast.lin), shop)
    client = as_(getattr(cast, who))
    for page in ("customers.looks", "customers.exports"):
        assert client.get(reverse(page)).status_code == status
    if status == 200:
        shown = text_of(client.get(reverse("customers.looks")))
        assert "林晓" in shown
        assert shop.name in shown


def test_it_narrows_by_person_customer_page_and_day(cast: Any, shop: Any) -> None:
    other = account(cast.lin, "华信精密制造有限公司", manager=cast.lin.pk)
    look(as_(cast.lin), shop)
    look(as_(cast.wang), other, "customers.card")
    auditor = as_(cast.zhou)

    def rows(query: str) -> tuple[bool, bool]:
        shown = text_of(auditor.get(reverse("customers.looks") + query))
        assert "</html>" in shown
        return f"/customers/{shop.pk}/" in shown, f"/customers/{other.pk}/" in shown

    assert rows("") == (True, True)
    assert rows("?who=林") == (True, False)
    assert rows("?customer=华信") == (False, True)
    assert rows(f"?number={shop.pk}") == (True, False)
    assert rows("?number=x") == (False, False)
    assert rows("?page=customers.card") == (False, True)
    assert rows("?at=older30") == (False, False)


def test_an_auditor_reads_that_a_key_customer_was_looked_at_but_not_which(cast: Any, shop: Any) -> None:
    do(cast.wang, "customers.mark_key", customer=shop.pk)
    look(as_(cast.lin), shop)
    shown = text_of(as_(cast.zhou).get(reverse("customers.looks")))
    assert "（重点客户）" in shown
    assert shop.name not in shown


def test_the_filter_by_name_confirms_no_name_that_its_reader_may_not_see(cast: Any, shop: Any) -> None:
    look(as_(cast.lin), shop)

    def found(person: Any) -> bool:
        page = text_of(as_(person).get(reverse("customers.looks") + f"?customer={shop.name}"))
        return "没有查看记录" not in page and "林晓" in page.partition("<tbody")[2]

    assert [found(p) for p in (cast.zhou, cast.wang, cast.chen)] == [True, True, True]
    do(cast.wang, "customers.mark_key", customer=shop.pk)
    look(as_(cast.lin), shop)
    assert [found(p) for p in (cast.zhou, cast.wang, cast.chen)] == [False, True, True]


def test_looks_follow_a_merger(cast: Any, shop: Any) -> None:
    other = account(cast.wang, "杭州恒远电子", manager=cast.lin.pk)
    look(as_(cast.lin), other)
    do(cast.wang, "customers.merge", customer=shop.pk, other=other.pk)
    shown = text_of(as_(cast.wang).get(reverse("customers.looks") + f"?number={shop.pk}"))
    assert shop.name in shown
    assert "林晓" in shown


def test_a_list_taken_away_stands_with_who_what_and_how_much(cast: Any, shop: Any) -> None:
    got = as_(cast.wang).get(reverse("customers.list") + "?export=csv")
    assert got.status_code == 200
    b"".join(got.streaming_content)  # read to its end, the test client closes it as a server does
    shown = text_of(as_(cast.zhou).get(reverse("customers.exports")))
    assert "王敏" in shown
    assert "客户" in shown


def test_the_customers_page_leads_there_for_who_may(cast: Any, shop: Any) -> None:
    address = f"{reverse('customers.looks')}?number={shop.pk}"
    assert address in text_of(look(as_(cast.wang), shop))
    assert address not in text_of(look(as_(cast.lin), shop))


def test_what_is_older_than_the_company_keeps_goes_by_night(cast: Any, shop: Any) -> None:
    look(as_(cast.lin), shop)
    now = system_clock()
    assert keeping.clear_old(fixed_clock(now + timedelta(days=700))) == 0
    assert keeping.clear_old(fixed_clock(now + timedelta(days=740))) == 1
    look(as_(cast.lin), shop)
    Setting.objects.create(key=keeping.MONTHS, value=0, changed_at=now)
    assert keeping.clear_old(fixed_clock(now + timedelta(days=9000))) == 0


def test_the_company_sets_how_long(cast: Any) -> None:
    perform("people.change_setting", {"key": keeping.MONTHS, "value": "36"}, actor=cast.wu)
    assert Setting.objects.get(key=keeping.MONTHS).value == 36


def test_what_a_program_reads_is_kept_by_list_and_hour(cast: Any, shop: Any) -> None:
    client = as_(cast.wang)
    for _ in range(2):
        assert client.get("/api/lists/customers.list").status_code == 200
    assert client.get("/api/lists/nothing").status_code == 404
    assert list(Look.objects.values_list("customer_id", "page")) == [(None, "api:customers.list")]
    for who in (cast.zhou, cast.wang):
        shown = text_of(as_(who).get(reverse("customers.looks") + "?by=program"))
        assert "程序读取列表：客户" in shown
        assert "王敏" in shown


@pytest.mark.parametrize("page", ["customers.looks", "customers.exports"])
def test_both_lists_can_be_taken_away_themselves(cast: Any, shop: Any, page: str) -> None:
    look(as_(cast.lin), shop)
    zhou = as_(cast.zhou)
    for kind in ("xlsx", "csv", "csv"):  # the last one has an export to tell of
        got = zhou.get(f"{reverse(page)}?export={kind}")
        assert got.status_code == 200
        file = b"".join(got.streaming_content)
    assert (cast.lin.name if page == "customers.looks" else cast.zhou.name) in file.decode()
