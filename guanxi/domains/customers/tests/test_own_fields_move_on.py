"""Given own fields with values, when people move, many persons are named or a field is retired, then lists and search follow."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from guanxi.domains.customers.models import Account, Contact
from guanxi.platform.jobs.models import Job
from guanxi.platform.jobs.worker import run_one
from guanxi.platform.kernel import fixed_clock
from guanxi.platform.ownfields.models import OwnField
from guanxi.platform.ownfields.tests import test_fields
from guanxi.platform.ownfields.tests.test_fields import _at_once  # noqa: F401 (a fixture)

from .helpers import NOON, account, contact, do
from .test_import_undo import found
from .test_pages import _loud, as_  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db


def define(*args: Any, **more: Any) -> OwnField:
    return test_fields.define(*args, clock=fixed_clock(NOON), **more)


def worked() -> None:
    """The worker does what is due."""
    while run_one("w", fixed_clock(NOON)):
        pass


def test_a_contact_takes_along_what_is_theirs_and_leaves_what_is_the_employers(cast) -> None:
    define(cast.wang, "school", "text", "毕业学校", of="contact")
    define(cast.wang, "likes", "many", "爱好", of="contact", choices="golf = 高尔夫\ntea = 茶")
    define(cast.wang, "badge", "text", "工号", of="contact", stays=True)
    gone = define(cast.wang, "gone", "text", "旧字段", of="contact")
    here, there = account(cast.lin), account(cast.lin, "杭州远达机械有限公司")
    values = {"school": "浙江大学", "likes": ["tea"], "badge": "A17", "gone": "旧"}
    who = contact(cast.lin, here, "王建国", own=values)
    do(cast.wang, "ownfields.retire", field=gone.pk)
    do(cast.lin, "contacts.move", contact=who.pk, customer=there.pk)
    entered = Contact.objects.get(customer=there)
    assert entered.own == {"school": "浙江大学", "likes": ["tea"]}
    who.refresh_from_db()
    assert who.own == values  # what was known there stays with the record there
    assert there.pk in found("浙江大学")


def test_whether_a_field_stays_is_asked_of_contacts_fields_only(cast) -> None:
    client = as_(cast.wang)
    of_customer, of_person = define(cast.wang), define(cast.wang, "badge", "text", "工号", of="contact")
    assert 'name="stays"' not in client.get(f"/own-fields/{of_customer.pk}/").content.decode()
    assert 'name="stays"' in client.get(f"/own-fields/{of_person.pk}/").content.decode()
    do(cast.wang, "ownfields.change", field=of_person.pk, label_zh="工号", stays=True)
    of_person.refresh_from_db()
    assert of_person.rules == {"stays": True}


def _asked(client: Any, address: str) -> tuple[int, str]:
    for _ in client.get(address):  # what a process learns once
        pass
    with CaptureQueriesContext(connection) as told:
        answer = client.get(address)
        page = b"".join(answer) if answer.streaming else answer.content
    return len(told), page.decode("utf-8-sig")


@pytest.mark.parametrize("file", ["", "&export=csv"])
def test_names_of_persons_in_a_list_are_asked_for_once(cast, file) -> None:
    define(cast.wang, "broker", "person", "介绍人")
    define(cast.wang, "tutor", "person", "导师", of="contact")
    first = account(cast.wang, "甲公司", own={"broker": cast.lin.pk})
    contact(cast.wang, first, "王一", own={"tutor": cast.lin.pk})
    client = as_(cast.wang)
    lists = (f"/customers/?c=name&c=own_broker{file}", f"/customers/contacts/?c=name&c=own_tutor{file}")
    before = [_asked(client, address)[0] for address in lists]
    for n, who in enumerate((cast.zhao, cast.chen, cast.lin, cast.zhao)):
        made = account(cast.wang, f"乙{n}公司", own={"broker": who.pk})
        contact(cast.wang, made, f"李{n}", own={"tutor": who.pk})
    after = [_asked(client, address) for address in lists]
    assert [number for number, _ in after] == before
    for _, page in after:
        assert all(person.name in page for person in (cast.lin, cast.zhao, cast.chen))


def test_a_customers_page_asks_once_for_the_names_of_all_persons(cast) -> None:
    for n in range(3):
        define(cast.wang, f"person{n}", "person", f"第 {n} 位")
    define(cast.wang, "tutor", "person", "导师", of="contact")
    made = account(cast.wang, own={"person0": cast.zhao.pk})
    contact(cast.wang, made, "王一", own={"tutor": cast.zhao.pk})
    before, _ = _asked(as_(cast.chen), f"/customers/{made.pk}/")
    Account.objects.filter(pk=made.pk).update(own={f"person{n}": cast.zhao.pk for n in range(3)})
    after, page = _asked(as_(cast.chen), f"/customers/{made.pk}/")
    assert after == before
    assert page.count(cast.zhao.name) >= 4


@pytest.mark.parametrize("of", ["customer", "contact"])
def test_a_retired_text_leaves_search_and_comes_back_with_the_field(cast, of) -> None:
    row = define(cast.wang, "alias", "text", "曾用名", of=of)
    made = account(cast.lin, **({"own": {"alias": "天目湖织造"}} if of == "customer" else {}))
    if of == "contact":
        contact(cast.lin, made, "王建国", own={"alias": "天目湖织造"})
    assert found("天目湖") == {made.pk}
    do(cast.wang, "ownfields.retire", field=row.pk)
    job = Job.objects.get(name="ownfields.search")
    worked()
    job.refresh_from_db()
    assert (job.state, job.progress) == ("done", {"done": 1, "of": 1})
    assert found("天目湖") == set()
    assert found(made.name[2:6]) == {made.pk}
    assert "更新自定义字段的搜索" in as_(cast.wu).get(reverse("operations.jobs")).content.decode()
    do(cast.wang, "ownfields.restore", field=row.pk)
    worked()
    assert found("天目湖") == {made.pk}


def test_a_number_is_not_searched_so_that_nothing_is_found_anew(cast) -> None:
    row = define(cast.wang)
    do(cast.wang, "ownfields.retire", field=row.pk)
    assert not Job.objects.filter(name="ownfields.search").exists()
