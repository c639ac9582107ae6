"""How long a contact's data is kept: whose period is over, who hears of it, and that a person erases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from guanxi.domains.customers.importing.undo_running import run_undo
from guanxi.domains.customers.models import Account, Contact
from guanxi.domains.customers.models_import import ExternalKey, Import, ImportFile
from guanxi.domains.customers.privacy.old_imports import MONTHS, clear_old
from guanxi.domains.customers.privacy.retention import AFTER_CLOSED, AFTER_CONTACT, overdue, tell_of_overdue
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Invalid, NotFound, fixed_clock
from guanxi.platform.messages.models import InboxMessage
from guanxi.platform.people.tests.cast import Cast, person
from tests.company import PASSWORD

from .helpers import NOON, account, contact, do, promise
from .importing import entered

pytestmark = pytest.mark.django_db
YEAR = timedelta(days=366)
THEN = NOON + 2 * YEAR


@pytest.fixture
def wang(cast: Cast) -> Any:
    cast.wang.set_password(PASSWORD)
    cast.wang.save()
    return cast.wang


def keep(cast: Cast, name: str, months: int) -> None:
    do(cast.wu, "people.change_setting", key=name, value=str(months))


def over(cast: Cast, at: Any = THEN) -> set[str]:
    return set(overdue(cast.wang, at).values_list("name", flat=True))


def test_without_a_period_nobody_is_listed(cast: Cast) -> None:
    contact(cast.lin, account(cast.lin))
    assert over(cast) == set()


def test_counted_from_the_last_contact_or_from_leaving(cast: Cast) -> None:
    keep(cast, AFTER_CONTACT, 12)
    silent, busy = account(cast.lin, "久未联系"), account(cast.lin, "常来常往")
    contact(cast.lin, silent, "张静")
    contact(cast.lin, busy, "李勤")
    gone = contact(cast.lin, busy, "王离")
    do(cast.lin, "contacts.leave", contact=gone.pk)
    do(cast.lin, "timeline.note", THEN - timedelta(days=30), customer=busy.pk, text="来电", kind="call")
    assert over(cast, NOON + timedelta(days=300)) == set()
    assert over(cast) == {"张静", "王离"}


def test_counted_from_the_closing_of_the_customer(cast: Cast) -> None:
    keep(cast, AFTER_CLOSED, 6)
    shut = account(cast.wang, "已停业")
    contact(cast.wang, shut, "张静")
    contact(cast.lin, account(cast.lin, "还在"), "李勤")
    do(cast.wang, "customers.close", customer=shut.pk, reason_code="lost")
    assert over(cast, NOON + timedelta(days=170)) == set()
    assert over(cast, NOON + timedelta(days=190)) == {"张静"}


def test_whoever_is_still_owed_something_is_not_listed(cast: Cast) -> None:
    keep(cast, AFTER_CONTACT, 12)
    at = account(cast.lin)
    row = contact(cast.lin, at, "张静")
    made = promise(cast.lin, at, contact=row.pk)
    assert over(cast) == set()
    do(cast.lin, "promises.keep", promise=made.pk)
    assert over(cast) == {"张静"}


def test_of_customers_that_one_does_not_see_nobody_is_listed(cast: Cast) -> None:
    keep(cast, AFTER_CONTACT, 12)
    at = account(cast.lin)
    contact(cast.lin, at, "张静")
    Account.objects.filter(pk=at.pk).update(key=True)
    elsewhere = person("elsewhere", "别处", cast.operations, "service_manager")
    assert not overdue(elsewhere, THEN).exists()
    assert not overdue(cast.wu, THEN).exists()


def test_several_are_erased_with_one_confirmation(cast: Cast, wang: Any) -> None:
    keep(cast, AFTER_CONTACT, 12)
    rows = [contact(cast.lin, account(cast.lin, f"客户{n}"), f"张静{n}") for n in range(3)]
    said = {"reason": "period", "sure": True, "password": PASSWORD}
    do(wang, "contacts.erase_overdue", THEN, contacts=[r.pk for r in rows], **said)
    assert Contact.objects.filter(erased_at=THEN).count() == 3
    assert Fact.objects.filter(kind="contact.erased").count() == 3
    with pytest.raises(Invalid, match="已抹除"):
        do(wang, "contacts.erase_overdue", THEN, contacts=[rows[0].pk], **said)


def test_somebody_met_meanwhile_is_not_erased_with_the_others(cast: Cast, wang: Any) -> None:
    keep(cast, AFTER_CONTACT, 12)
    one, other = (contact(cast.lin, account(cast.lin, f"客户{n}"), f"张静{n}") for n in range(2))
    do(
        cast.lin,
        "timeline.note",
        THEN - timedelta(hours=1),
        customer=other.customer_id,
        text="来电",
        kind="call",
    )
    said = {"reason": "period", "sure": True, "password": PASSWORD}
    with pytest.raises(Invalid, match="1 位的保存期限未满"):
        do(wang, "contacts.erase_overdue", THEN, contacts=[one.pk, other.pk], **said)
    with pytest.raises(NotFound):
        do(wang, "contacts.erase_overdue", THEN, contacts=[one.pk, 999_999], **said)
    assert not Contact.objects.exclude(erased_at=None).exists()


def test_service_managers_hear_of_it_once_a_month_and_nothing_is_erased(cast: Cast) -> None:
    keep(cast, AFTER_CONTACT, 12)
    contact(cast.lin, account(cast.lin), "张静")
    for at in (NOON, THEN, THEN + timedelta(days=1), THEN + timedelta(days=40)):
        tell_of_overdue(fixed_clock(at))
    told = InboxMessage.objects.filter(template="contacts.over", person=cast.wang)
    assert told.count() == 2
    assert "张静" not in str(list(told.values_list("title", "body")))
    assert not Contact.objects.exclude(erased_at=None).exists()


def test_the_pages(cast: Cast, wang: Any, client: Any) -> None:
    keep(cast, AFTER_CONTACT, 12)
    row = contact(cast.lin, account(cast.lin), "张静")
    with time_machine.travel(THEN, tick=False):
        client.force_login(wang)
        listed = client.get(reverse("privacy.overdue")).content.decode()
        assert "张静" in listed
        assert "保存 12 个月" in listed
        picked = client.post(reverse("privacy.erase-overdue"), {"row": [row.pk]})
        form = client.get(picked["Location"]).content.decode()
        assert "不能恢复" in form
        sent = {"reason": "period", "sure": "on", "password": PASSWORD, "_key": "k"}
        done = client.post(picked["Location"], sent)
        assert done.status_code in (302, 303)
        assert client.get(picked["Location"])["Location"] == reverse("privacy.overdue")
        assert "保存期限已满" in client.get(reverse("privacy.log")).content.decode()
        client.force_login(cast.wu)
        report = client.get(reverse("privacy.report")).content.decode()
        assert "12 个月" in report
        assert "customers_contact" in report
        assert client.get(reverse("privacy.overdue")).status_code == 403
        client.force_login(cast.zhou)
        told = client.get(reverse("privacy.log")).content.decode()
        assert "王敏" in told
        assert "张静" not in told
    row.refresh_from_db()
    assert row.erased_at is not None


def test_imported_files_are_cleared_after_their_period_and_what_was_entered_stays(
    cast: Cast, client: Any
) -> None:
    run = entered(cast.wang, "客户编号,客户名称,联系人,手机\nK1,浙江明光医院,李红梅,13805712345\nK2,,无名,\n")
    stopped = entered(cast.wang, "客户名称,联系人\n恒远,王五\n")
    Import.objects.filter(pk=stopped.pk).update(state="stopped")
    later = fixed_clock(NOON + timedelta(days=100))
    assert clear_old(later, lambda progress: None) == 0
    keep(cast, MONTHS, 3)
    assert clear_old(fixed_clock(NOON + timedelta(days=80)), lambda progress: None) == 0
    assert clear_old(later, lambda progress: None) == 1
    assert clear_old(later, lambda progress: None) == 0
    assert {(str(r.cells), str(r.said), r.digest) for r in run.lines.all()} == {("[]", "{}", "")}
    assert ImportFile.objects.filter(run=stopped).exists()
    assert Contact.objects.filter(name="李红梅").exists()
    client.force_login(cast.wang)
    page = client.get(reverse("customers.import-run", kwargs={"run": run.pk})).content.decode()
    assert "原文件已删除" in page
    assert "李红梅" not in page
    do(cast.wang, "customers.undo_import", run=run.pk)
    run_undo(run.pk, clock=later)
    assert not Contact.objects.filter(name="李红梅").exists()
    assert not ExternalKey.objects.exists()
