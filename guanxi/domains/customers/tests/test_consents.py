"""How contacts agree to being reached, and what drives them: recorded with evidence, shown beside the numbers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse

from guanxi.domains.customers.models import Contact
from guanxi.domains.customers.models_contacts import Consent
from guanxi.platform.kernel import Conflict, Invalid, NotFound
from tests.company import PASSWORD

from .helpers import NOON, account, contact, do, last

pytestmark = pytest.mark.django_db


@pytest.fixture
def li(cast: Any) -> Contact:
    return contact(cast.lin, account(cast.lin), "李红梅", phone="13805712345", email="li@example.cn")


def say(who: Any, row: Contact, consent: str, *channels: str, at: Any = NOON, **data: Any) -> None:
    do(who, "contacts.consent", at, contact=row.pk, channels=list(channels), consent=consent, **data)


def said(row: Contact) -> dict[str, str]:
    return dict(Consent.objects.filter(contact=row).values_list("channel", "state"))


def test_who_said_what_when_and_how(cast: Any, li: Contact) -> None:
    say(cast.lin, li, "given", "email", "phone", how="paper", said_on="2026-03-01", evidence="展会登记表")
    row = Consent.objects.get(contact=li, channel="phone")
    assert (row.state, row.how, row.said_on, row.evidence) == (
        "given",
        "paper",
        date(2026, 3, 1),
        "展会登记表",
    )
    assert row.recorded_by == cast.lin
    fact = last("contact.consented")
    assert fact.data["channels"] == ["phone", "email"]
    assert fact.words.body["evidence"] == "展会登记表"
    assert "展会登记表" not in str(fact.data)
    say(cast.lin, li, "withdrawn", "phone")
    assert said(li) == {"phone": "withdrawn", "email": "given"}
    assert Consent.objects.get(contact=li, channel="phone").said_on == date(2026, 3, 5)


def test_what_was_said_before_comes_back_with_undo(cast: Any, li: Contact) -> None:
    say(cast.lin, li, "given", "phone", evidence="名片")
    say(cast.lin, li, "withdrawn", "phone", "sms", at=NOON + timedelta(minutes=1))
    first, second = Consent.objects.get(channel="phone"), last("contact.consented")
    assert first.evidence == ""
    do(cast.lin, "customers.undo", NOON + timedelta(minutes=2), fact=second.pk)
    assert said(li) == {"phone": "given"}
    assert Consent.objects.get(channel="phone").evidence == "名片"
    with pytest.raises(Conflict):
        do(cast.lin, "customers.undo", NOON + timedelta(minutes=3), fact=second.pk)


def test_unknown_again_leaves_no_row(cast: Any, li: Contact) -> None:
    say(cast.lin, li, "given", "phone")
    say(cast.lin, li, "unknown", "phone")
    assert said(li) == {}


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"said_on": "2026-03-06"}, "said_on"),
        ({"channels": []}, "channels"),
        ({"channels": ["pigeon"]}, "channels"),
        ({"consent": "perhaps"}, "consent"),
        ({"how": "dream"}, "how"),
        ({"evidence": "一" * 301}, "evidence"),
    ],
)
def test_what_is_refused_is_said_at_its_field(cast: Any, li: Contact, data: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        do(cast.lin, "contacts.consent", contact=li.pk, **{"channels": ["phone"], "consent": "given", **data})
    assert any(name.startswith(field) for name in refused.value.errors)
    assert said(li) == {}


def test_only_for_who_works_with_the_customer(cast: Any, li: Contact) -> None:
    with pytest.raises(NotFound):
        say(cast.sun, li, "given", "phone")


def test_it_stands_beside_the_number(cast: Any, li: Contact, client: Any) -> None:
    client.force_login(cast.lin)
    page = reverse("customers.detail", kwargs={"customer": li.customer_id})
    assert client.get(page).content.decode().count("未征询") == 2
    form = reverse("customers.contact-consent", kwargs={"contact": li.pk})
    sent = {"channels": ["phone", "sms"], "consent": "withdrawn", "how": "spoken", "_key": "k"}
    assert client.post(form, sent).status_code == 302
    shown = client.get(page).content.decode()
    assert "不同意电话、短信" in shown
    assert (
        "不同意电话、短信"
        in client.get(reverse("customers.card", kwargs={"customer": li.customer_id})).content.decode()
    )
    assert "不同意或已撤回" in client.get(form).content.decode()
    wrong = client.post(form, {"channels": ["phone"], "consent": "", "evidence": "名片背面", "_key": "k2"})
    assert wrong.status_code == 422
    assert "名片背面" in wrong.content.decode()


def test_the_list_shows_ones_own_and_finds_by_consent_and_motive(cast: Any, li: Contact, client: Any) -> None:
    do(cast.lin, "contacts.update", contact=li.pk, motives=["results", "price"])
    other = contact(cast.wang, account(cast.wang, "滨江医院", manager=cast.zhao.pk), "周强", motives=["risk"])
    say(cast.lin, li, "withdrawn", "sms")
    client.force_login(cast.lin)
    url = reverse("customers.contacts")
    shown = client.get(url).content.decode()
    assert "李红梅" in shown
    assert "周强" not in shown
    client.force_login(cast.wang)
    for query, names in (
        ("", {"李红梅", "周强"}),
        ("?motive=price", {"李红梅"}),
        ("?motive=risk&motive=ease", {"周强"}),
        ("?refused=sms", {"李红梅"}),
        ("?agreed=sms", set()),
    ):
        text = client.get(url + query).content.decode()
        assert {n for n in ("李红梅", "周强") if n in text} == names, query
    assert other.motives == ["risk"]


def test_motives_are_changed_and_emptied(cast: Any, li: Contact, client: Any) -> None:
    do(cast.lin, "contacts.update", contact=li.pk, motives=["results", "price", "price"])
    li.refresh_from_db()
    assert li.motives == ["price", "results"]
    assert last("contact.updated").words.body["changes"] == [
        {"field": "motives", "before": [], "after": ["price", "results"]}
    ]
    client.force_login(cast.lin)
    url = reverse("customers.contact", kwargs={"contact": li.pk})
    assert client.get(url).content.decode().count("checked") >= 2
    sent = {"name": "李红梅", "phone": li.phone, "email": li.email, "version": li.version, "_key": "k"}
    assert client.post(url, sent).status_code == 302
    li.refresh_from_db()
    assert li.motives == []


def test_erasing_takes_motives_and_strikes_the_evidence(cast: Any, li: Contact) -> None:
    cast.wang.set_password(PASSWORD)
    cast.wang.save()
    do(cast.lin, "contacts.update", contact=li.pk, motives=["price"])
    say(cast.lin, li, "given", "phone", evidence="李红梅在展会签字")
    li.refresh_from_db()
    how = {"reason": "request", "sure": True, "password": PASSWORD, "version": li.version}
    do(cast.wang, "contacts.erase_data", contact=li.pk, **how)
    li.refresh_from_db()
    assert li.motives == []
    assert "李红梅" not in Consent.objects.get(contact=li).evidence
    with pytest.raises(Invalid):
        say(cast.lin, li, "given", "sms")


def test_the_page_of_their_data_says_it_in_words(cast: Any, li: Contact, client: Any) -> None:
    say(cast.lin, li, "given", "phone", how="paper", evidence="展会登记表")
    do(
        cast.lin,
        "contacts.add_employment",
        contact=li.pk,
        employer="远达机械",
        post="技术员",
        until="2019-06-30",
    )
    client.force_login(cast.wang)
    text = client.get(reverse("privacy.contact", kwargs={"contact": li.pk})).content.decode()
    assert "电话：已同意（书面，2026-03-05）展会登记表" in text
    assert "远达机械，技术员，" in text


def test_a_refusal_that_came_along_from_another_company_comes_back_with_undo(cast: Any, li: Contact) -> None:
    say(cast.lin, li, "withdrawn", "phone", evidence="来电说的")
    there = account(cast.lin, "萧山电机厂")
    do(cast.lin, "contacts.move", contact=li.pk, customer=there.pk)
    new = Contact.objects.get(customer=there)
    brought = Consent.objects.get(contact=new)
    say(cast.lin, new, "given", "phone")
    do(cast.lin, "customers.undo", fact=last("contact.consented").pk)
    back = Consent.objects.get(contact=new)
    assert (back.state, back.evidence, back.recorded_at) == ("withdrawn", "来电说的", brought.recorded_at)
