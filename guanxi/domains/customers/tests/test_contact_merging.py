"""Two contacts who are one person: merged with everything that belongs to them, and parted again."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db.models import ForeignKey, UniqueConstraint
from django.urls import reverse

from guanxi.domains.customers import reads
from guanxi.domains.customers.actions.contact_merging import CHOICES, holders
from guanxi.domains.customers.models import Account, Contact
from guanxi.domains.customers.models_contacts import Consent, ContactMerger
from guanxi.domains.customers.models_merger import Merger
from guanxi.domains.customers.privacy.held import held_of
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Conflict, Invalid, NotFound
from guanxi.platform.regulations.replay import differences
from tests.company import PASSWORD, bring_into_force

from .helpers import NOON, account, contact, do, item, last, promise

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=30)


@pytest.fixture
def here(cast: Any) -> Account:
    return account(cast.lin)


@pytest.fixture
def two(cast: Any, here: Account) -> tuple[Contact, Contact]:
    stays = contact(cast.lin, here, "王建国", post="采购经理", motives=["price"], primary=True)
    goes = contact(
        cast.lin,
        here,
        "王建国（采购）",
        post="采购部经理",
        phone="13805712345",
        motives=["risk"],
        matters="交期",
    )
    return stays, goes


def merge(cast: Any, stays: Contact, goes: Contact, at: Any = NOON, **data: Any) -> Contact:
    return do(cast.lin, "contacts.merge", at, contact=stays.pk, other=goes.pk, **data)


def part(cast: Any, at: Any = LATER) -> Contact:
    return do(
        cast.lin, "contacts.unmerge", at, merger=ContactMerger.objects.filter(undone_at=None).latest("pk").pk
    )


def whole(customer: int) -> dict[str, Any]:
    """Every contact of a customer with all that points to it, but for how often it was saved."""
    left = ("version", "updated_at")
    found: dict[str, Any] = {}
    for row in Contact.objects.filter(customer=customer).order_by("pk"):
        columns = {
            f.attname: getattr(row, f.attname) for f in Contact._meta.concrete_fields if f.attname not in left
        }
        pointing = {
            label: list(
                model._base_manager.filter(**{f.attname: row.pk}).order_by("pk").values_list("pk", flat=True)
            )
            for label, model, f in holders()
            if label != "customers.contactmerger.into"
        }
        said = sorted(
            row.consents.values_list("channel", "state", "said_on", "how", "evidence", "recorded_by")
        )
        found[str(row.pk)] = (columns, pointing, said)
    return found


def test_what_one_knows_and_the_other_does_not_is_kept_and_what_differs_chosen(
    cast: Any, two: tuple[Contact, Contact]
) -> None:
    stays, goes = two
    merge(cast, stays, goes, take=["post"])
    stays.refresh_from_db()
    assert (stays.name, stays.post, stays.phone_key, stays.matters) == (
        "王建国",
        "采购部经理",
        "+8613805712345",
        "交期",
    )
    assert stays.motives == ["price", "risk"]
    assert not Contact.objects.filter(pk=goes.pk).exists()
    fields = {c["field"] for c in last("contact.updated").words.body["changes"]}
    assert fields == {"post", "phone", "matters", "motives"}
    assert "并入" in " ".join(t.text for t in reads.timeline(stays.customer_id).told)


def test_everything_follows(cast: Any, here: Account, two: tuple[Contact, Contact]) -> None:
    stays, goes = two
    tea = item(cast.wang)
    do(cast.lin, "needs.add", customer=here.pk, what="密封圈", contact=goes.pk)
    promise(cast.lin, here, contact=goes.pk)
    do(cast.lin, "materials.issue", item=tea.pk, customer=here.pk, contact=goes.pk, gift=True)
    do(cast.lin, "timeline.note", customer=here.pk, text="来过电话", contact=goes.pk)
    do(cast.lin, "contacts.add_employment", contact=goes.pk, employer="宁波某厂")
    soon = (NOON + timedelta(days=2)).isoformat()
    do(
        cast.lin,
        "visits.plan",
        customer=here.pk,
        planned_at=soon,
        purpose="routine",
        target="签约",
        contact=goes.pk,
    )
    merge(cast, stays, goes)
    for name in ("needs", "promises", "materials", "employments", "visits"):
        assert getattr(stays, name).count() == 1, name
    kept = held_of(stays)
    assert {f.kind for f in (*kept.facts, *kept.bare)} >= {
        "contact.added",
        "contact.merged",
        "customer.noted",
    }


def test_of_two_consents_the_later_counts_and_a_refusal_on_the_same_day(
    cast: Any, two: tuple[Contact, Contact]
) -> None:
    stays, goes = two
    for who, state, way, day in (
        (stays, "given", "phone", "2026-03-01"), (goes, "withdrawn", "phone", "2026-03-01"),
        (stays, "withdrawn", "sms", "2026-03-01"), (goes, "given", "sms", "2026-03-02"),
        (stays, "given", "email", "2026-03-04"), (goes, "withdrawn", "email", "2026-03-02"),
        (goes, "given", "post", "2026-03-02"),
    ):  # fmt: skip
        do(cast.lin, "contacts.consent", contact=who.pk, channels=[way], consent=state, said_on=day)
    before = whole(stays.customer_id)
    merge(cast, stays, goes)
    assert dict(stays.consents.values_list("channel", "state")) == {
        "phone": "withdrawn", "sms": "given", "email": "given", "post": "given"}  # fmt: skip
    part(cast)
    assert whole(stays.customer_id) == before


def test_what_was_said_since_stays_where_it_was_said(cast: Any, two: tuple[Contact, Contact]) -> None:
    stays, goes = two
    do(cast.lin, "contacts.consent", contact=goes.pk, channels=["phone"], consent="given")
    merge(cast, stays, goes)
    do(
        cast.lin,
        "contacts.consent",
        NOON + timedelta(days=1),
        contact=stays.pk,
        channels=["phone"],
        consent="withdrawn",
    )
    do(cast.lin, "contacts.update", NOON + timedelta(days=1), contact=stays.pk, matters="价格")
    part(cast)
    assert dict(stays.consents.values_list("channel", "state")) == {"phone": "withdrawn"}
    assert dict(Consent.objects.filter(contact=goes.pk).values_list("channel", "state")) == {"phone": "given"}
    assert Contact.objects.get(pk=stays.pk).matters == "价格"


@pytest.mark.parametrize("seed", range(12))
def test_merged_and_parted_whatever_there_was_each_is_as_before(cast: Any, here: Account, seed: int) -> None:
    draw = random.Random(seed)
    tea = item(cast.wang, quantity=100)

    def somebody(name: str) -> Contact:
        ways = {"phone": "138057100" + str(draw.randint(10, 99)), "wechat": f"w{seed}{name}", "post": draw.choice(["", "经理"]),
                "matters": draw.choice(["", "交期"]), "birthday": draw.choice(["", "03-05"]), "email": "a@b.cn",
                "decision_role": draw.choice(["", "decides", "unknown"]), "primary": draw.random() < 0.5,
                "motives": draw.sample(["price", "risk", "ease"], draw.randint(0, 3))}  # fmt: skip
        row = contact(cast.lin, here, name, **{k: v for k, v in ways.items() if draw.random() < 0.7})
        for _ in range(draw.randint(0, 6)):
            what = draw.choice(["need", "promise", "gift", "consent", "employment", "note"])
            if what == "need":
                do(cast.lin, "needs.add", customer=here.pk, what="密封圈", contact=row.pk)
            elif what == "promise":
                promise(cast.lin, here, contact=row.pk)
            elif what == "gift":
                do(cast.lin, "materials.issue", item=tea.pk, customer=here.pk, contact=row.pk, gift=True)
            elif what == "employment":
                do(cast.lin, "contacts.add_employment", contact=row.pk, employer="某厂")
            elif what == "note":
                do(cast.lin, "timeline.note", customer=here.pk, text="来电", contact=row.pk)
            else:
                how = {
                    "consent": draw.choice(["given", "withdrawn"]),
                    "said_on": f"2026-03-0{draw.randint(1, 5)}",
                }
                do(
                    cast.lin,
                    "contacts.consent",
                    contact=row.pk,
                    channels=[draw.choice(["phone", "sms", "post"])],
                    **how,
                )
        return row

    people = [somebody(name) for name in ("甲一", "乙二", "丙三")]
    steps = [whole(here.pk)]
    facts = Fact.objects.filter(customer_id=here.pk).count()
    order = draw.sample(people, 3)
    for goes in order[1:]:
        merge(cast, order[0], goes, take=draw.sample([*CHOICES], 4))
        steps.append(whole(here.pk))
    while len(steps) > 1:
        assert whole(here.pk) == steps.pop()
        part(cast)
    assert whole(here.pk) == steps.pop()
    later = list(Fact.objects.filter(customer_id=here.pk).order_by("seq"))[facts:]
    merged = {f.seq for f in later if f.kind == "contact.merged"}
    assert {f.data["fact"] for f in later if f.kind == "journal.annulled"} == merged
    assert len(merged) == 2


def test_the_old_id_leads_to_the_one_that_stayed(
    cast: Any, here: Account, two: tuple[Contact, Contact]
) -> None:
    stays, goes = two
    merge(cast, stays, goes)
    do(cast.lin, "needs.add", customer=here.pk, what="密封圈", contact=goes.pk)
    assert stays.needs.count() == 1
    do(cast.lin, "contacts.update", contact=goes.pk, post="总监")
    stays.refresh_from_db()
    assert stays.post == "总监"
    with pytest.raises(NotFound):
        do(cast.sun, "contacts.update", contact=goes.pk, post="x")


def test_two_people_merging_into_each_other(cast: Any, two: tuple[Contact, Contact]) -> None:
    stays, goes = two
    versions = {"version": stays.version, "other_version": goes.version}
    merge(cast, stays, goes, **versions)
    with pytest.raises((Invalid, Conflict)):
        do(cast.wang, "contacts.merge", contact=goes.pk, other=stays.pk, **versions)
    assert Contact.objects.filter(customer=stays.customer_id).count() == 1
    assert ContactMerger.objects.count() == 1


def test_what_is_refused(cast: Any, here: Account, two: tuple[Contact, Contact]) -> None:
    stays, goes = two
    other = contact(cast.lin, account(cast.lin, "华信机械有限公司"), "王建国")
    for pair, field in (((stays, stays), "other"), ((stays, other), "other")):
        with pytest.raises(Invalid) as refused:
            merge(cast, *pair)
        assert list(refused.value.errors) == [field]
    do(cast.lin, "contacts.update", contact=goes.pk, post="经理")
    with pytest.raises(Conflict):
        merge(cast, stays, goes, other_version=goes.version)
    do(cast.lin, "contacts.leave", contact=stays.pk)
    with pytest.raises(Invalid) as refused:
        merge(cast, stays, goes)
    assert list(refused.value.errors) == ["contact"]
    others = account(cast.wang, "滨江医院", manager=cast.zhao.pk)
    theirs = contact(cast.wang, others, "周强")
    with pytest.raises(NotFound):
        merge(cast, stays, theirs)
    assert Contact.objects.count() == 4


def test_undone_things_of_the_one_that_went_are_refused_not_lost(
    cast: Any, two: tuple[Contact, Contact]
) -> None:
    stays, goes = two
    do(cast.lin, "contacts.leave", contact=goes.pk)
    left = last("contact.left")
    merge(cast, stays, goes)
    with pytest.raises(Conflict):
        do(cast.lin, "customers.undo", fact=left.pk)


def test_mergers_are_taken_back_in_turn(cast: Any, here: Account, two: tuple[Contact, Contact]) -> None:
    stays, goes = two
    third = contact(cast.lin, here, "王总")
    merge(cast, stays, goes)
    first = ContactMerger.objects.get()
    merge(cast, third, stays)
    assert set(reads.contact_ids(third.pk)) == {third.pk, stays.pk, goes.pk}
    with pytest.raises(Conflict) as refused:
        do(cast.lin, "contacts.unmerge", merger=first.pk)
    assert refused.value.text.zh == "之后又并入了“王总”，请先撤销那次合并"


def test_twins_after_their_customers_were_merged(
    cast: Any, here: Account, two: tuple[Contact, Contact]
) -> None:
    stays, _ = two
    there = account(cast.lin, "恒远电子公司")
    twin = contact(cast.lin, there, "王建国", wechat="wjg")
    do(cast.wang, "customers.merge", customer=here.pk, other=there.pk)
    merge(cast, stays, twin)
    with pytest.raises(Conflict) as refused:
        do(cast.wang, "customers.unmerge", LATER, merger=Merger.objects.get().pk)
    assert refused.value.text.zh == "之后两家的联系人“王建国”合并过，请先撤销那次合并"
    part(cast)
    do(cast.wang, "customers.unmerge", LATER, merger=Merger.objects.get().pk)
    assert Contact.objects.get(pk=twin.pk).customer_id == there.pk


def test_merged_before_their_customer_was_they_part_with_it(
    cast: Any, here: Account, two: tuple[Contact, Contact]
) -> None:
    stays, goes = two
    other = account(cast.lin, "恒远电子公司")
    merge(cast, stays, goes)
    do(cast.wang, "customers.merge", customer=other.pk, other=here.pk)
    part(cast)
    assert Contact.objects.get(pk=goes.pk).customer_id == other.pk
    do(cast.wang, "customers.unmerge", LATER, merger=Merger.objects.get().pk)
    assert set(Contact.objects.filter(customer=here.pk)) == {stays, goes}


def test_erasing_takes_what_was_merged_too(cast: Any, here: Account, two: tuple[Contact, Contact]) -> None:
    stays, goes = two
    cast.wang.set_password(PASSWORD)
    cast.wang.save()
    merge(cast, stays, goes)
    stays.refresh_from_db()
    how = {"reason": "request", "sure": True, "password": PASSWORD, "version": stays.version}
    do(cast.wang, "contacts.erase_data", contact=stays.pk, **how)
    merger = ContactMerger.objects.get()
    assert (merger.kept, merger.name) == ({}, "")
    assert not [
        f for f in Fact.objects.select_related("words") if hasattr(f, "words") and "建国" in str(f.words.body)
    ]
    with pytest.raises(Invalid):
        part(cast)


def test_likely_twins_stand_on_the_page_and_are_merged_there(
    cast: Any, here: Account, two: tuple[Contact, Contact], client: Any
) -> None:
    stays, goes = two
    client.force_login(cast.lin)
    page = reverse("customers.detail", kwargs={"customer": here.pk})
    assert "可能是同一个人" not in client.get(page).content.decode()
    do(cast.lin, "contacts.update", contact=stays.pk, phone="13805712345")
    assert "手机号相同" in client.get(page).content.decode()
    url = reverse("customers.contact-merge", kwargs={"contact": stays.pk, "twin": goes.pk})
    assert (
        url in client.get(reverse("customers.contact-twins", kwargs={"contact": stays.pk})).content.decode()
    )
    assert 'name="take_post" value="other"' in client.get(url).content.decode()
    stays.refresh_from_db()
    late = client.post(url, {"version": 1, "other_version": goes.version, "take_post": "other", "_key": "a"})
    assert late.status_code == 409
    assert 'name="take_post" value="other" checked' in late.content.decode()
    sent = {"version": stays.version, "other_version": goes.version, "take_post": "other", "_key": "b"}
    assert client.post(url, sent).status_code == 302
    stays.refresh_from_db()
    assert stays.post == "采购部经理"
    choose = reverse("customers.contact-twins", kwargs={"contact": stays.pk})
    assert "合并过的联系人" in client.get(choose).content.decode()
    undo = reverse("customers.contact-unmerge")
    client.force_login(cast.sun)
    client.post(undo, {"merger": ContactMerger.objects.get().pk})
    assert not Contact.objects.filter(pk=goes.pk).exists()
    client.force_login(cast.lin)
    assert client.post(undo, {"merger": ContactMerger.objects.get().pk}).status_code == 302
    assert Contact.objects.filter(pk=goes.pk).exists()


def test_the_same_name_with_two_mobile_numbers_is_two_people(cast: Any, here: Account) -> None:
    for phone in ("13805712345", "13905712345"):
        contact(cast.lin, here, "李伟", phone=phone)
    assert reads.likely_one(list(here.contacts.all())) == []
    contact(cast.lin, here, "李伟", phone="0571-87061501")
    assert len(reads.likely_one(list(here.contacts.all()))) == 2


def test_every_table_in_which_a_contact_stands_once_is_thought_of() -> None:
    """A table that says "once for each contact" needs what `contact_merging._join_consents` does for consents."""
    found = set()
    for model in apps.get_models():
        columns = {f.name for f in model._meta.concrete_fields
                   if isinstance(f, ForeignKey) and f.related_model is Contact}  # fmt: skip
        rules = [
            r for r in model._meta.constraints if isinstance(r, UniqueConstraint) and columns & set(r.fields)
        ]
        if rules or any(f.unique for f in model._meta.concrete_fields if f.name in columns):
            found.add(model._meta.label_lower)
    assert found == {"customers.consent"}


def test_told_again_from_the_journal_the_tables_are_the_same(
    cast: Any, here: Account, two: tuple[Contact, Contact]
) -> None:
    bring_into_force(cast, "R1", "R5", "R8", at=NOON - timedelta(days=2))
    stays, goes = two
    there = account(cast.lin, "华信机械有限公司")
    do(cast.lin, "contacts.update", contact=stays.pk, decision_role="decides")
    promise(cast.lin, here, contact=goes.pk)
    do(cast.lin, "objections.add", customer=here.pk, what="价高", contact=goes.pk)
    merge(cast, stays, goes, NOON + timedelta(minutes=1), take=["post"])
    do(
        cast.lin,
        "contacts.consent",
        NOON + timedelta(minutes=2),
        contact=stays.pk,
        channels=["sms"],
        consent="withdrawn",
    )
    part(cast, NOON + timedelta(minutes=3))
    merge(cast, stays, goes, NOON + timedelta(minutes=4))
    do(cast.lin, "contacts.move", NOON + timedelta(minutes=5), contact=stays.pk, customer=there.pk)
    do(cast.lin, "customers.undo", NOON + timedelta(minutes=6), fact=last("contact.moved").pk)
    do(cast.lin, "contacts.move", NOON + timedelta(minutes=7), contact=stays.pk, employer="远达机械")
    assert list(differences()) == []


def test_parted_nothing_of_either_is_kept_beside_them(cast: Any, two: tuple[Contact, Contact]) -> None:
    """Else the one that went would still stand there when they are erased."""
    merge(cast, *two)
    part(cast)
    merger = ContactMerger.objects.get()
    assert (merger.kept, merger.name) == ({}, "")


def test_somebody_who_does_not_see_the_customer_is_not_led_to_it(
    cast: Any, two: tuple[Contact, Contact], client: Any
) -> None:
    merge(cast, *two)
    client.force_login(cast.sun)
    answer = client.post(
        reverse("customers.contact-unmerge"), {"merger": str(ContactMerger.objects.get().pk)}
    )
    assert answer["Location"] == reverse("customers.list")
