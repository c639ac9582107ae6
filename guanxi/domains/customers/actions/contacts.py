"""Writing contacts: add, update, left."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.quick import add, change
from guanxi.platform.kernel import Action, ActionInput, Context, Invalid, Text, action, ask, ref
from guanxi.platform.ownfields import values as own
from guanxi.platform.ownfields.inputs import OwnValues, own_values

from .. import reads, words
from ..inputs import Birthday, Email, Line, Lines, telephone
from ..models import Account, Contact
from .changes import check_version, filled, people_changed, put

DETAILS = (
    "name",
    "post",
    "unit",
    "decision_role",
    "birthday",
    "phone",
    "email",
    "wechat",
    "channel",
    "motives",
    "matters",
    "note",
)


def new_contact(
    account: Account,
    values: dict[str, Any],
    *,
    as_written: bool,
    now: datetime,
    phone_field: str = "phone",
) -> Contact:
    """A contact not yet saved. Invalid where the telephone number cannot be read."""
    shown, number = telephone(phone_field, values.get("phone", ""), as_written=as_written)
    birthday = values.get("birthday", "")
    return Contact(
        customer=account,
        **{**values, "phone": shown, "phone_key": number, "birthday_md": birthday[-5:], "updated_at": now},
    )


def add_contact(ctx: Context, contact: Contact) -> None:
    """Save a new contact and say so."""
    contact.customer_id = contact.customer.pk
    if contact.primary:
        for other in reads.contacts_of(contact.customer_id):
            if other.primary:
                other.primary = False
                change(other, "primary")
    add(contact)
    say_added(ctx, contact)


def say_added(ctx: Context, contact: Contact) -> None:
    """That a person was added to a customer."""
    ctx.emit(
        "contact.added",
        subject=("contact", contact.pk),
        customer=contact.customer_id,
        data=contact_data(contact),
        texts={"name": contact.name, "changes": filled(contact, list(DETAILS)) + own.first(contact.own)},
    )


def main_again(contact: Contact, left: int) -> bool:
    """Whether somebody who left with this fact is the main contact when that is taken back: they were before, and nobody
    else is now."""
    if Contact.objects.filter(customer=contact.customer_id, primary=True).exclude(pk=contact.pk).exists():
        return False
    facts = Fact.objects.filter(
        customer_id__in=reads.ids_of(contact.customer_id), subject_kind="contact", seq__lt=left
    ).order_by("-seq")[:500]
    ids = {str(id) for id in reads.contact_ids(contact.pk)}
    return next((f.subject_id in ids for f in facts if f.data.get("primary") is True), False)


def contact_data(contact: Contact) -> dict[str, Any]:
    """What facts say of a contact: nothing by which a person is known."""
    return {
        "contact": ref(contact.pk),
        "has_post": bool(contact.post),
        "decision_role": contact.decision_role,
        "has_birthday": bool(contact.birthday_md),
        "channel": contact.channel,
        "primary": contact.primary,
    }


def in_order(motives: Iterable[str]) -> list[str]:
    """Motives as the row gives them back: each once, in the order of their words."""
    chosen = set(motives)
    return [code for code in words.MOTIVES if code in chosen]


def still_named(contact: Contact) -> None:
    """Invalid where the contact's data was erased: nothing is written about them any more."""
    if contact.erased_at is not None:
        raise Invalid.field(
            "",
            "这位联系人的个人信息已抹除，不能再修改",
            "This contact's data was erased; there is nothing to change",
        )


@action
class Add(Action):
    """Add a person at a customer."""

    name = "contacts.add"
    label = Text("新增联系人", "Add contact")
    permission = "customers.work"
    writes = ("contact.added", "customer.updated")
    subject = "contact"

    class Input(ActionInput):
        customer: int = ask("客户", "Customer", of="customer", widget="customer")
        name: Line = ask("姓名", "Name", min_length=1, max_length=60)
        post: Line = ask("职务", "Post", "", max_length=60)
        unit: Line = ask("部门", "Department", "", max_length=60)
        decision_role: words.RoleCode = ask(
            "决策角色", "Decision role", "", choices=words.pairs(words.DECISION_ROLES), widget="chips"
        )
        phone: Line = ask("电话", "Telephone", "", max_length=60, widget="phone")
        phone_as_written: bool = ask("电话按原样保存", "Keep the telephone number as written", False)
        wechat: Line = ask("微信", "WeChat", "", max_length=60)
        email: Email = ask("电子邮箱", "E-mail", "", max_length=120)
        channel: words.ChannelCode = ask(
            "常用联系方式", "Preferred channel", "", choices=words.pairs(words.CHANNELS), widget="chips"
        )
        birthday: Birthday = ask(
            "生日", "Birthday", "", max_length=20, hint=Text("1985-03-05 或 03-05", "1985-03-05 or 03-05")
        )
        motives: list[words.MotiveCode] = ask(
            "动机", "What drives them", [], choices=words.pairs(words.MOTIVES), widget="chips", max_length=8
        )
        matters: Lines = ask(
            "看重之事",
            "What matters",
            "",
            max_length=500,
            widget="textarea",
            hint=Text("这位联系人在意什么", "What this person cares about"),
        )
        note: Lines = ask("备注", "Note", "", max_length=500, widget="textarea")
        primary: bool = ask("设为主要联系人", "Main contact", False)
        own: OwnValues = own_values("contact", new=True)

    def load(self, ctx: Context, data: Any) -> Account:
        return reads.fetch(ctx.actor, data.customer, self.permission)

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        if isinstance(subject, Contact):
            return ("contact", subject.pk, subject.customer_id)
        return ("contact", None, data.customer)

    def run(self, ctx: Context, data: Any, subject: Account) -> Contact:
        values = {field: getattr(data, field) for field in (*DETAILS, "primary")}
        values["own"] = own.taken("contact", data.own, new=True)
        if not any(contact.active for contact in reads.contacts_of(subject.pk)):
            values["primary"] = True
        contact = new_contact(subject, values, as_written=data.phone_as_written, now=ctx.now)
        add_contact(ctx, contact)
        people_changed(ctx, subject)
        return contact


@action
class Update(Action):
    """Change a contact's particulars. What is not given stays; `clear` names the fields to be emptied."""

    name = "contacts.update"
    label = Text("修改联系人", "Edit contact")
    permission = "customers.work"
    writes = ("contact.updated", "customer.updated")
    subject = "contact"

    class Input(ActionInput):
        contact: int = ask("联系人", "Contact", of="contact", widget="contact")
        name: Line | None = ask("姓名", "Name", None, min_length=1, max_length=60)
        post: Line | None = ask("职务", "Post", None, max_length=60)
        unit: Line | None = ask("部门", "Department", None, max_length=60)
        decision_role: words.RoleCode | None = ask(
            "决策角色", "Decision role", None, choices=words.pairs(words.DECISION_ROLES), widget="chips"
        )
        phone: Line | None = ask("电话", "Telephone", None, max_length=60, widget="phone")
        phone_as_written: bool = ask("电话按原样保存", "Keep the telephone number as written", False)
        wechat: Line | None = ask("微信", "WeChat", None, max_length=60)
        email: Email | None = ask("电子邮箱", "E-mail", None, max_length=120)
        channel: words.ChannelCode | None = ask(
            "常用联系方式", "Preferred channel", None, choices=words.pairs(words.CHANNELS), widget="chips"
        )
        birthday: Birthday | None = ask(
            "生日", "Birthday", None, max_length=20, hint=Text("1985-03-05 或 03-05", "1985-03-05 or 03-05")
        )
        motives: list[words.MotiveCode] | None = ask(
            "动机", "What drives them", None, choices=words.pairs(words.MOTIVES), widget="chips", max_length=8
        )
        matters: Lines | None = ask("看重之事", "What matters", None, max_length=500, widget="textarea")
        note: Lines | None = ask("备注", "Note", None, max_length=500, widget="textarea")
        primary: bool | None = ask("设为主要联系人", "Main contact", None)
        own: OwnValues = own_values("contact")
        clear: list[str] = ask("清空的字段", "Fields to be emptied", [], widget="hidden", max_length=12)
        version: int | None = ask("打开时的版本", "Version it was opened at", None, widget="hidden")

    def load(self, ctx: Context, data: Any) -> Contact:
        contact = reads.fetch_child(Contact, ctx.actor, data.contact, self.permission)
        still_named(contact)
        check_version(contact, data.version, "contact.updated")
        return contact

    def run(self, ctx: Context, data: Any, subject: Contact) -> Contact:
        from .accounts import emptied

        new: dict[str, Any] = emptied(data.clear, tuple(f for f in DETAILS if f != "name"))
        if "motives" in new:
            new["motives"] = []
        new |= {f: value for f in (*DETAILS, "primary") if (value := getattr(data, f)) is not None}
        if "phone" in new:
            new["phone"], number = telephone("phone", new["phone"], as_written=data.phone_as_written)
        if "motives" in new:
            new["motives"] = in_order(new["motives"])
        changes = put(subject, new) + own.put(subject, own.taken("contact", data.own, new=False))
        if not changes:
            return subject
        fields = [c["field"] for c in changes]
        if "phone" in fields:
            subject.phone_key = number
        subject.birthday_md = subject.birthday[-5:]
        if subject.primary and "primary" in fields:
            Contact.objects.filter(customer=subject.customer_id, primary=True).update(primary=False)
        subject.version += 1
        subject.updated_at = ctx.now
        subject.save()
        ctx.emit(
            "contact.updated",
            subject=("contact", subject.pk),
            customer=subject.customer_id,
            data={**contact_data(subject), "changed": fields, "version": subject.version},
            texts={"name": subject.name, "changes": changes},
        )
        people_changed(ctx, subject.customer)
        return subject


@action
class Leave(Action):
    """A contact no longer works there. The card keeps the person's history."""

    name = "contacts.leave"
    label = Text("联系人已离开", "Contact has left")
    permission = "customers.work"
    writes = ("contact.left", "customer.updated")
    subject = "contact"

    class Input(ActionInput):
        contact: int = ask("联系人", "Contact", of="contact", widget="contact")
        reason: Line = ask("去向或原因", "Where to, or why", "", max_length=200)

    def load(self, ctx: Context, data: Any) -> Contact:
        contact = reads.fetch_child(Contact, ctx.actor, data.contact, self.permission)
        still_named(contact)
        return contact

    def run(self, ctx: Context, data: Any, subject: Contact) -> Contact:
        leave(ctx, subject, timezone.localdate(ctx.happened_at), data.reason)
        return subject


def leave(ctx: Context, contact: Contact, day: date, reason: str) -> None:
    """Close a contact's record and say so; Invalid where it is closed."""
    if not contact.active:
        raise Invalid.field("", "这位联系人已经离开", "This contact has left already")
    contact.active = contact.primary = False
    contact.left_on = day
    contact.version += 1
    contact.updated_at = ctx.now
    contact.save()
    ctx.emit(
        "contact.left",
        subject=("contact", contact.pk),
        customer=contact.customer_id,
        data={**contact_data(contact), "active": False},
        texts={"name": contact.name, "reason": reason},
    )
    people_changed(ctx, contact.customer)
