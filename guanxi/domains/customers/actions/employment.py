"""Where contacts work: they move to another company, worked elsewhere before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from pydantic import model_validator

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Bad,
    Conflict,
    Context,
    Invalid,
    NotFound,
    Text,
    action,
    ask,
    ref,
)
from guanxi.platform.ownfields import values as own

from .. import reads
from ..inputs import Line
from ..models import Account, Contact
from ..models_contacts import Consent, Employment
from .changes import people_changed
from .contact_merging import holders
from .contacts import add_contact, leave, main_again, still_named
from .joining import annul
from .work import contact_of

OWN = ("name", "birthday", "birthday_md", "wechat", "channel", "motive_bits", "matters")
"""What a person takes along to another employer; their mobile number besides."""
CARRIED = ("phone", "sms", "wechat")
"""Ways for which a consent is given by the person, whoever employs them; a refusal goes along for every way."""


@dataclass(frozen=True)
class Moving:
    """What a move is about: the contact, and the customer they go to, where it is one."""

    contact: Contact
    customer: Account | None


@action
class Move(Action):
    """A contact changes to another company: closed here, entered (or recognised) there, each with the history."""

    name = "contacts.move"
    label = Text("换了单位", "Changed company")
    permission = "customers.work"
    writes = ("contact.left", "contact.moved", "contact.added", "customer.updated")
    subject = "contact"

    class Input(ActionInput):
        contact: int = ask("联系人", "Contact", of="contact", widget="contact")
        customer: int | None = ask(
            "新单位（客户）",
            "New company (a customer)",
            None,
            of="customer",
            widget="customer",
            hint=Text("在新单位建立联系人", "The contact is entered there"),
        )
        there: int | None = ask(
            "在新单位已是联系人",
            "Is a contact there already",
            None,
            of="contact",
            widget="contact",
            hint=Text("选了就不再新建", "Then none is entered"),
        )
        employer: Line = ask("新单位（不是客户）", "New company (no customer)", "", max_length=120)
        post: Line = ask("新职务", "New post", "", max_length=60)
        left_on: date | None = ask(
            "离开日期", "Left on", None, widget="date", hint=Text("不填为今天", "Today where left empty")
        )
        since: date | None = ask("新单位入职日期", "There since", None, widget="date")

        @model_validator(mode="after")
        def _where(self) -> Any:
            if self.customer is not None and self.employer:
                raise Bad(
                    "新单位只填一处：选客户，或写名称",
                    "Please name the new company once: choose a customer or write its name",
                )
            if self.there is not None and self.customer is None:
                raise Bad("请先选择新单位", "Please choose the new company first")
            if self.customer is None and not self.employer:
                raise Bad("请填写新单位", "Please say which company")
            return self

    def load(self, ctx: Context, data: Any) -> Moving:
        contact = reads.fetch_child(Contact, ctx.actor, data.contact, self.permission)
        still_named(contact)
        customer = None if data.customer is None else reads.fetch(ctx.actor, data.customer, self.permission)
        if customer is not None and customer.pk == contact.customer_id:
            raise Invalid.field("customer", "这就是现在的单位", "This is where they are now")
        return Moving(contact, customer)

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        row = subject.contact if isinstance(subject, Moving) else subject
        return ("contact", data.contact, getattr(row, "customer_id", None))

    def run(self, ctx: Context, data: Any, subject: Moving) -> Contact:
        row, customer = subject.contact, subject.customer
        left_on = data.left_on or timezone.localdate(ctx.happened_at)
        if left_on > timezone.localdate(ctx.now):
            raise Invalid.field("left_on", "日期不能晚于今天", "This day is still to come")
        there = contact_of(customer, data.there) if customer else None
        leave(ctx, row, left_on, "")
        created = customer is not None and there is None
        if customer is not None and there is None:
            there = _entered(ctx, row, customer, data.post)
        made = _remember(ctx, row, there, data, left_on)
        ctx.emit(
            "contact.moved",
            subject=("contact", row.pk),
            customer=row.customer_id,
            data={
                "contact": ref(row.pk),
                "there": ref(there.pk if there else None),
                "entered": created,
                "left_on": left_on.isoformat(),
                "employments": [str(e.pk) for e in made],
            },
            texts={"name": row.name, "employer": data.employer, "post": data.post},
        )
        return row


def _entered(ctx: Context, row: Contact, customer: Account, post: str) -> Contact:
    """The person as a contact of the new customer, with what is theirs and not their employer's."""
    mobile = [n for n in reads.numbers(row.phone) if n.mobile]
    there = Contact(
        customer=customer,
        post=post,
        phone="，".join(n.shown for n in mobile)[:60],
        phone_key=reads.phone_key("，".join(n.shown for n in mobile)) if mobile else "",
        updated_at=ctx.now,
        primary=not any(c.active for c in reads.contacts_of(customer.pk)),
        **{name: getattr(row, name) for name in OWN},
        own=own.carried("contact", row.own),
    )
    add_contact(ctx, there)
    Consent.objects.bulk_create(
        Consent(
            contact=there,
            **{
                name: getattr(said, name)
                for name in (
                    "channel",
                    "state",
                    "said_on",
                    "how",
                    "evidence",
                    "recorded_at",
                    "recorded_by_id",
                )
            },
        )
        for said in row.consents.order_by("pk")
        if said.state == Consent.WITHDRAWN or said.channel in CARRIED
    )
    people_changed(ctx, customer)
    return there


def _remember(
    ctx: Context, row: Contact, there: Contact | None, data: Any, left_on: date
) -> list[Employment]:
    """The lines of history: where they went, on the record here; where they were, on the one there."""
    said: dict[str, Any] = {"recorded_at": ctx.now, "recorded_by": ctx.actor}
    before = list(row.employments.order_by("pk"))
    new = [
        Employment(
            contact=row,
            customer=there.customer if there else None,
            there=there,
            employer=data.employer,
            post=data.post or (there.post if there else ""),
            since=data.since,
            moved=True,
            **said,
        )
    ]
    if there is not None:
        came = max((e.since for e in before if e.customer_id == row.customer_id and e.since), default=None)
        new += [
            Employment(
                contact=there,
                customer_id=e.customer_id,
                there_id=e.there_id,
                employer=e.employer,
                post=e.post,
                since=e.since,
                until=e.until,
                moved=e.moved,
                **said,
            )
            for e in before
            if e.until is not None or not e.moved
        ]
        new.append(
            Employment(
                contact=there,
                customer=row.customer,
                there=row,
                post=row.post,
                since=came,
                until=left_on,
                moved=True,
                **said,
            )
        )
    for one in new:
        one.save()
    return new


def move_back(ctx: Context, fact: Fact) -> None:
    """Take a move back: open here again; what it entered there goes, unless somebody built on it."""
    Employment.objects.filter(pk__in=[int(id) for id in fact.data["employments"]]).delete()
    there = fact.data["there"]
    if fact.data["entered"] and there:
        _drop(ctx, int(there), fact)
    left = Fact.objects.filter(
        kind="contact.left", subject_kind="contact", subject_id=fact.subject_id, seq__lt=fact.seq
    ).latest("seq")
    annul(ctx, left)
    row = Contact.objects.select_related("customer").get(pk=int(fact.subject_id or 0))
    row.active, row.left_on = True, None
    row.primary = main_again(row, left.seq)
    row.version += 1
    row.updated_at = ctx.now
    row.save()
    people_changed(ctx, row.customer)


def _drop(ctx: Context, id: int, fact: Fact) -> None:
    """Take away the contact that a move entered; Conflict where something was recorded of them since."""
    row = Contact.objects.select_related("customer").filter(pk=id).first()
    if row is None:
        raise NotFound("contact", id)
    added = Fact.objects.filter(kind="contact.added", subject_kind="contact", subject_id=str(id)).latest(
        "seq"
    )
    pointing = any(
        model._base_manager.filter(**{field.attname: id}).exists() for _, model, field in holders()
    )
    since = Fact.objects.filter(seq__gt=added.seq, customer_id=row.customer_id).exclude(seq=fact.seq)
    spoken = any(
        f.about == ("contact", str(id)) or f.data.get("contact") == str(id) for f in since.iterator()
    )
    if pointing or spoken:
        raise Conflict(
            Text(
                "这位联系人在新单位已有新的记录，不能再撤销",
                "Something was recorded of this contact at the new company: it cannot be undone",
            )
        )
    account = row.customer
    row.consents.all().delete()
    row.delete()
    annul(ctx, added)
    people_changed(ctx, account)


# --- Entered by hand -------------------------------------------------------------------------------------------------


@action
class AddEmployment(Action):
    """Note where a contact worked before (or works beside)."""

    name = "contacts.add_employment"
    label = Text("补记任职", "Note an employer")
    permission = "customers.work"
    writes = ("contact.employed",)
    subject = "contact"

    class Input(ActionInput):
        contact: int = ask("联系人", "Contact", of="contact", widget="contact")
        employer: Line = ask("单位", "Company", min_length=1, max_length=120)
        post: Line = ask("职务", "Post", "", max_length=60)
        since: date | None = ask("从", "From", None, widget="date")
        until: date | None = ask("到", "Until", None, widget="date")

        @model_validator(mode="after")
        def _fits(self) -> Any:
            if self.since and self.until and self.until < self.since:
                raise Bad("结束日期早于开始日期", "It ends before it begins")
            return self

    def load(self, ctx: Context, data: Any) -> Contact:
        contact = reads.fetch_child(Contact, ctx.actor, data.contact, self.permission)
        still_named(contact)
        return contact

    def run(self, ctx: Context, data: Any, subject: Contact) -> Contact:
        made = Employment.objects.create(
            contact=subject,
            employer=data.employer,
            post=data.post,
            since=data.since,
            until=data.until,
            recorded_at=ctx.now,
            recorded_by=ctx.actor,
        )
        ctx.emit(
            "contact.employed",
            subject=("contact", subject.pk),
            customer=subject.customer_id,
            data={"contact": ref(subject.pk), "employments": [str(made.pk)], "dropped": False},
            texts=_said(subject, made),
        )
        return subject


@action
class DropEmployment(Action):
    """Take away a line of a contact's history that was entered by hand and is wrong."""

    name = "contacts.drop_employment"
    label = Text("删去任职", "Remove an employer")
    permission = "customers.work"
    writes = ("contact.employed",)
    subject = "contact"

    class Input(ActionInput):
        employment: int = ask("任职", "Employer", of="employment", widget="hidden")

    def load(self, ctx: Context, data: Any) -> Employment:
        row = Employment.objects.filter(pk=data.employment, moved=False).first()
        if row is None:
            raise NotFound("employment", data.employment)
        try:
            row.contact = reads.fetch_child(Contact, ctx.actor, row.contact_id, self.permission)
        except NotFound:
            raise NotFound("employment", data.employment) from None
        still_named(row.contact)
        return row

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        contact = subject.contact if isinstance(subject, Employment) else subject
        return ("contact", getattr(contact, "pk", None), getattr(contact, "customer_id", None))

    def run(self, ctx: Context, data: Any, subject: Employment) -> Contact:
        contact, id = subject.contact, subject.pk
        subject.delete()
        ctx.emit(
            "contact.employed",
            subject=("contact", contact.pk),
            customer=contact.customer_id,
            data={"contact": ref(contact.pk), "employments": [str(id)], "dropped": True},
            texts=_said(contact, subject),
        )
        return contact


def _said(contact: Contact, row: Employment) -> dict[str, str]:
    """The line in a fact's texts, where it can be erased; enough to write it again."""
    days = {"since": str(row.since or ""), "until": str(row.until or "")}
    return {"name": contact.name, "employer": row.employer, "post": row.post, **days}


def employment_back(ctx: Context, fact: Fact) -> None:
    """Take back a line entered by hand, or the removal of one."""
    ids = [int(id) for id in fact.data["employments"]]
    if not fact.data["dropped"]:
        Employment.objects.filter(pk__in=ids).delete()
        return
    body = fact.words.body if hasattr(fact, "words") else {}
    Employment.objects.create(
        contact_id=int(fact.subject_id or 0),
        employer=str(body.get("employer") or ""),
        post=str(body.get("post") or ""),
        since=date.fromisoformat(body["since"]) if body.get("since") else None,
        until=date.fromisoformat(body["until"]) if body.get("until") else None,
        recorded_at=ctx.now,
        recorded_by=ctx.actor,
    )
