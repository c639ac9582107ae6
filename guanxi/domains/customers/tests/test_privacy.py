"""A contact's data: who may look at it and erase it, what is asked before, and what cannot happen afterwards."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from guanxi.domains.customers.importing.undo_running import run_undo
from guanxi.domains.customers.models import Account, Contact
from guanxi.domains.customers.models_import import Import, ImportFile, ImportRow
from guanxi.domains.customers.models_merger import Merger
from guanxi.domains.customers.privacy.held import held_of
from guanxi.domains.customers.privacy.shown import document, parts
from guanxi.platform.journal import quick
from guanxi.platform.journal.models import Call, Fact, FactText
from guanxi.platform.kernel import ActionError, Conflict, Forbidden, Invalid, NotFound, fixed_clock, perform
from guanxi.platform.people.rights import SYSTEM
from guanxi.platform.people.roles import ROLES
from guanxi.platform.people.tests.cast import Cast, person
from tests.company import PASSWORD

from .helpers import NOON, account, contact, do, last, promise
from .importing import brought, entered

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=1)
MAY = {"service_manager", "general_manager"}


@pytest.fixture
def wang(cast: Cast) -> Any:
    cast.wang.set_password(PASSWORD)
    cast.wang.save()
    return cast.wang


@pytest.fixture
def li(cast: Cast) -> Contact:
    return contact(cast.lin, account(cast.lin), "李红梅", phone="13805712345")


def erase(who: Any, row: Contact, **data: Any) -> Contact:
    said = {"reason": "request", "sure": True, "password": PASSWORD, "version": row.version, **data}
    made: Contact = do(who, "contacts.erase_data", LATER, contact=row.pk, **said)
    return made


@pytest.mark.parametrize("role", sorted(ROLES))
def test_only_who_answers_for_customers_exports_and_erases(cast: Cast, li: Contact, role: str) -> None:
    who = person("somebody", "某人", cast.company, role)
    who.set_password(PASSWORD)
    who.save()
    if role in MAY:
        do(who, "contacts.export_data", contact=li.pk, form="json")
        assert erase(who, li).erased_at == LATER
        return
    for name, data in (
        ("contacts.export_data", {"form": "json"}),
        ("contacts.erase_data", {"reason": "request"}),
    ):
        with pytest.raises(Forbidden):
            do(who, name, contact=li.pk, **data)
    with pytest.raises(Forbidden):
        do(who, "contacts.erase_overdue", contacts=[li.pk], reason="period")
    assert FactText.objects.filter(fact__subject_kind="contact").exists()


def test_of_a_key_customer_only_who_sees_it(cast: Cast, li: Contact) -> None:
    Account.objects.filter(pk=li.customer_id).update(key=True)
    elsewhere = person("elsewhere", "别处", cast.operations, "service_manager")
    with pytest.raises(NotFound):
        erase(elsewhere, li)


def test_who_erases_is_sure_and_shows_who_they_are(wang: Any, li: Contact) -> None:
    with pytest.raises(Invalid, match="请先确认"):
        erase(wang, li, sure=False)
    with pytest.raises(ActionError):
        erase(wang, li, password="not it at all")
    with pytest.raises(Invalid, match="请输入密码或验证码"):
        erase(wang, li, password="")
    with pytest.raises(Invalid, match="姓名或号码"):
        erase(wang, li, note="李红梅来函")
    li.refresh_from_db()
    assert (li.name, li.erased_at) == ("李红梅", None)


def test_somebody_who_changed_it_meanwhile_is_named(cast: Cast, wang: Any, li: Contact) -> None:
    do(cast.lin, "contacts.update", contact=li.pk, post="厂长")
    with pytest.raises(Conflict, match="林晓改了：职务"):
        erase(wang, li)


def test_the_same_call_twice_erases_once(wang: Any, li: Contact) -> None:
    said = {"contact": li.pk, "reason": "request", "sure": True, "password": PASSWORD}
    for _ in range(2):
        result = perform("contacts.erase_data", said, actor=wang, key="once", clock=fixed_clock(LATER))
    assert result.replayed
    assert Fact.objects.filter(kind="contact.erased").count() == 1
    with pytest.raises(Invalid, match="已抹除"):
        erase(wang, li, version=None)


def test_nothing_is_written_about_who_was_erased(cast: Cast, wang: Any, li: Contact) -> None:
    do(cast.lin, "contacts.leave", contact=li.pk, at=LATER)
    left = last("contact.left")
    li.refresh_from_db()
    erase(wang, li)
    for name, data in (
        ("contacts.update", {"contact": li.pk, "name": "李红梅"}),
        ("contacts.leave", {"contact": li.pk}),
        ("timeline.note", {"customer": li.customer_id, "text": "来电", "contact": li.pk}),
        ("contacts.export_data", {"contact": li.pk, "form": "json"}),
    ):
        with pytest.raises(Invalid):
            do(wang, name, LATER, **data)
    with pytest.raises(Conflict):
        do(cast.lin, "customers.undo", LATER, fact=left.seq)


def test_what_was_sent_cannot_be_tried_out_from_its_hash(cast: Cast, wang: Any, li: Contact) -> None:
    added = last("contact.added")
    erase(wang, li)
    key = added.key.rpartition("#")[0].split(":", 2)[2]
    assert Call.objects.get(action="contacts.add", key=key).digest == ""


def test_a_namesake_and_longer_names_are_left_alone(cast: Cast, wang: Any, li: Contact) -> None:
    at = Account.objects.get(pk=li.customer_id)
    other = contact(cast.lin, at, "李红梅", phone="13900001111")
    longer = contact(cast.lin, at, "李红梅子")
    do(cast.lin, "needs.add", customer=at.pk, what="李红梅子要样品，李红梅要报价")
    erase(wang, li)
    assert at.needs.get().what == "李红梅子要样品，〔已抹除〕要报价"
    names = {f.words.body["name"] for f in Fact.objects.filter(kind="contact.added").exclude(words=None)}
    assert names == {"李红梅", "李红梅子"}
    other.refresh_from_db()
    longer.refresh_from_db()
    assert (other.name, other.phone, longer.name) == ("李红梅", "139 0000 1111", "李红梅子")


def test_a_sole_traders_name_and_the_switchboard_are_the_customers(cast: Cast, wang: Any) -> None:
    at = account(cast.lin, "李红梅食品店", phone="0571-87061501")
    row = contact(cast.lin, at, "李红梅", phone="0571-87061501")
    erase(wang, row)
    at.refresh_from_db()
    assert (at.name, at.phone) == ("李红梅食品店", "0571-87061501")
    assert last("customer.created").words.body["name"] == "李红梅食品店"


def test_a_number_inside_a_longer_one_is_another(cast: Cast, wang: Any, li: Contact) -> None:
    do(cast.lin, "timeline.note", customer=li.customer_id, text="单号 9138057123456，+86 138-0571-2345 是她")
    do(cast.lin, "timeline.note", customer=li.customer_id, text="单号 9138057123456")
    held = held_of(Contact.objects.select_related("customer").get(pk=li.pk))
    assert [f.words.body["text"] for f in held.facts if f.kind == "customer.noted"] == [
        "单号 9138057123456，+86 138-0571-2345 是她"
    ]


def test_the_page_shows_all_of_it_and_the_export_is_kept(
    cast: Cast, wang: Any, li: Contact, client: Any
) -> None:
    at = Account.objects.get(pk=li.customer_id)
    promise(cast.lin, at, contact=li.pk)
    do(cast.lin, "timeline.note", customer=at.pk, text="她问交期", contact=li.pk)
    client.force_login(wang)
    page = client.get(reverse("privacy.contact", kwargs={"contact": li.pk})).content.decode()
    for word in ("李红梅", "138 0571 2345", "寄样册", "她问交期"):
        assert word in page
    answer = client.post(reverse("privacy.export", kwargs={"contact": li.pk}), {"form": "json"})
    made = json.loads(answer.content)
    assert (made["format"], made["contact"]["name"]) == ("guanxi.contact/1", "李红梅")
    assert made["rows"]["customers.Promise"][0]["what"] == "寄样册"
    assert "她问交期" in json.dumps(made["journal"], ensure_ascii=False)
    paper = client.post(reverse("privacy.export", kwargs={"contact": li.pk}), {"form": "pdf"})
    assert paper.content.startswith(b"%PDF")
    assert [f.data["form"] for f in Fact.objects.filter(kind="contact.exported").order_by("seq")] == [
        "json",
        "pdf",
    ]
    refused = client.post(reverse("privacy.export", kwargs={"contact": li.pk}), {"form": "xml"})
    assert refused.status_code == 302


def test_the_form_says_what_goes_and_what_stays(cast: Cast, wang: Any, li: Contact, client: Any) -> None:
    at = Account.objects.get(pk=li.customer_id)
    promise(cast.lin, at, contact=li.pk)
    twice = contact(cast.lin, account(cast.lin, "浙江明光医院"), "李红梅", phone="13805712345")
    client.force_login(wang)
    url = reverse("privacy.erase", kwargs={"contact": li.pk})
    page = client.get(url).content.decode()
    for word in ("不能恢复", "未兑现的承诺", "照旧履行", "浙江明光医院", "备份"):
        assert word in page
    wrong = client.post(url, {"reason": "request", "sure": "on", "password": "no"})
    assert wrong.status_code == 403
    done = client.post(url, {"reason": "request", "sure": "on", "password": PASSWORD, "version": li.version})
    assert done.status_code in (302, 303)
    li.refresh_from_db()
    assert li.erased_at is not None
    twice.refresh_from_db()
    assert twice.erased_at is None
    assert client.get(url).status_code == 302
    assert "已抹除" in client.get(reverse("privacy.contact", kwargs={"contact": li.pk})).content.decode()
    assert (
        "抹除联系人" in client.get(reverse("customers.detail", kwargs={"customer": at.pk})).content.decode()
    )


def test_who_was_looked_for_in_a_saved_view_goes_too(cast: Cast, wang: Any, li: Contact) -> None:
    kept = {
        "list": "customers",
        "query": "q=李红梅&where=any(area.has(李红梅),grade.is(A))",
        "name": "李红梅的",
    }
    view = do(cast.lin, "views.save", **kept)
    erase(wang, li)
    view.refresh_from_db()
    assert "李红梅" not in view.name + view.query
    assert "grade.is(A)" in view.query
    assert not [t for t in FactText.objects.all() if "李红梅" in json.dumps(t.body, ensure_ascii=False)]


def test_what_was_noted_while_the_customer_was_merged_is_found_after_parting(
    cast: Cast, wang: Any, li: Contact
) -> None:
    stays = account(cast.lin, "浙江明光医院")
    do(wang, "customers.merge", customer=stays.pk, other=li.customer_id)
    do(cast.lin, "timeline.note", customer=stays.pk, text="她问交期", contact=li.pk)
    do(wang, "customers.unmerge", merger=Merger.objects.get().pk)
    li.refresh_from_db()
    assert li.customer_id != stays.pk
    erase(wang, li, version=None)
    assert not hasattr(last("customer.noted"), "words")
    li.refresh_from_db()
    assert li.customer.name_key


def test_parting_after_erasing_brings_nothing_back(cast: Cast, wang: Any, li: Contact) -> None:
    Account.objects.filter(pk=li.customer_id).update(note="李红梅管采购 13805712345")
    stays = account(cast.lin, "浙江明光医院")
    do(wang, "customers.merge", customer=stays.pk, other=li.customer_id)
    li = Contact.objects.select_related("customer").get(pk=li.pk)
    erase(wang, li, version=None)
    do(wang, "customers.unmerge", LATER, merger=Merger.objects.get().pk)
    back = Account.objects.get(pk=Contact.objects.get(pk=li.pk).customer_id)
    assert (back.name, back.note) == ("杭州恒远电子科技有限公司", "〔已抹除〕管采购 〔已抹除〕")


def test_an_import_that_is_taken_back_afterwards_keeps_what_was_erased(cast: Cast, wang: Any) -> None:
    run = entered(wang, "客户名称,联系人,手机\n浙江明光医院,李红梅,13805712345\n")
    row = Contact.objects.select_related("customer").get(name="李红梅")
    erase(wang, row)
    do(wang, "customers.undo_import", LATER, run=run.pk)
    run_undo(run.pk, clock=fixed_clock(LATER))
    row.refresh_from_db()
    assert row.erased_at is not None
    assert "李红梅" not in json.dumps(
        list(FactText.objects.values_list("body", flat=True)), ensure_ascii=False
    )


def test_an_import_with_an_emptied_row_is_still_shown(cast: Cast, wang: Any, client: Any) -> None:
    run = entered(
        wang, "客户名称,联系人,手机\n浙江明光医院,李红梅,13805712345\n,李红梅,13805712345\n恒远,王五,\n"
    )
    erase(wang, Contact.objects.select_related("customer").get(name="李红梅"))
    client.force_login(wang)
    for query in ("", "?show=rejected", "?show=create"):
        page = client.get(reverse("customers.import-run", kwargs={"run": run.pk}) + query)
        assert page.status_code == 200
        assert "李红梅" not in page.content.decode()
    file = {"run": run.pk, "what": "rejected", "kind": "csv"}
    left_out = client.get(reverse("customers.import-left-out", kwargs=file))
    assert left_out.status_code == 200
    assert "李红梅" not in left_out.content.decode("utf-8-sig")
    assert not ImportFile.objects.filter(run=run).exists()


def test_an_import_that_was_not_begun_is_dropped(cast: Cast, wang: Any, li: Contact) -> None:
    waiting = brought(wang, f"客户名称,联系人,手机\n{li.customer.name},李红梅,138-0571-2345\n")
    other = brought(wang, "客户名称,联系人,手机\n浙江明光医院,王五,13900001111\n")
    erase(wang, li)
    assert list(Import.objects.filter(pk__in=[waiting.pk, other.pk])) == [other]


@pytest.mark.parametrize("escaped", [False, True])
@pytest.mark.parametrize("called", ["李红梅", '李"小红"梅', "欧\\阳"])
def test_a_row_in_which_only_the_name_stands_is_found_however_it_is_written(
    cast: Cast, wang: Any, called: str, escaped: bool
) -> None:
    """Names with signs that JSON escapes; escaped: with every sign beyond ASCII escaped, as SQLite held rows once."""
    person = contact(cast.lin, account(cast.lin), called)
    run = brought(wang, f"客户名称,联系人\n{person.customer.name},x\n")
    row = ImportRow.objects.get(run=run)
    row.cells = [person.customer.name, called]
    row.account = None
    row.save()
    if connection.vendor == "sqlite" and escaped:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE customers_importrow SET cells = %s WHERE id = %s", [json.dumps(row.cells), row.pk]
            )
    else:
        quick.change(row, "cells")
    assert [line.pk for line in held_of(person).lines] == [row.pk]


def test_of_a_row_in_the_file_of_a_key_customer_only_who_sees_that_reads(cast: Cast, li: Contact) -> None:
    """Given the same number at a key customer, when a service manager looks, then its file tells them nothing; what is
    erased goes there too."""
    wang, chen = cast.wang, cast.chen
    run = entered(cast.zhao, "客户名称,联系人,手机\n苏州荣川智能有限公司,李红梅,13805712345\n")
    Account.objects.filter(name="苏州荣川智能有限公司").update(key=True)
    elsewhere = person("elsewhere", "别处", cast.operations, "service_manager")
    held = held_of(li)
    assert [row.run_id for row in held.lines] == [run.pk]
    for who, sees in ((chen, True), (elsewhere, False), (wang, True)):
        told = json.dumps([document(held, who, LATER), repr(parts(held, who))], ensure_ascii=False)
        assert ("荣川" in told) is sees, who.username


@pytest.mark.parametrize("role", sorted(ROLES))
def test_nobody_erases_again_but_a_restore(cast: Cast, li: Contact, role: str) -> None:
    who = person("somebody", "某人", cast.company, role)
    with pytest.raises(NotFound if role in MAY else Forbidden):
        do(who, "contacts.erase_again", LATER, contact=li.pk, reason="request")
    li.refresh_from_db()
    assert li.erased_at is None


def test_erased_again_is_erased_as_it_was(li: Contact) -> None:
    again = {"contact": li.pk, "reason": "request", "note": "来函 9"}
    do(SYSTEM, "contacts.erase_again", LATER, **again)
    li.refresh_from_db()
    assert (li.erased_at, li.phone, li.active) == (LATER, "", False)
    fact = last("contact.erased")
    assert (fact.data["erase_reason"], fact.actor_id) == ("request", None)
    assert FactText.objects.get(fact_id=fact.seq).body == {"note": "来函 9"}
    with pytest.raises(NotFound):
        do(SYSTEM, "contacts.erase_again", LATER, **again)
