"""Giving out and erasing a contact's data."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import SecretStr

from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Context,
    Invalid,
    NotFound,
    Secret,
    Text,
    action,
    ask,
    ref,
)
from guanxi.platform.people.identity import require_identity
from guanxi.platform.people.rights import SYSTEM

from .. import reads, words
from ..actions.changes import check_version
from ..inputs import Line
from ..models import Contact
from .erasing import erase
from .facts import AGAIN, ERASED, EXPORTED
from .held import held_of
from .permissions import PRIVACY
from .retention import overdue

MOST_AT_ONCE = 50
"""How many contacts are erased by one action: the chain has one writer, and others wait."""


def one_contact(ctx: Context, id: int) -> Contact:
    """A contact whose customer the actor may see, with the right over its data."""
    return reads.fetch_child(Contact, ctx.actor, id, PRIVACY)


@action
class ExportData(Action):
    """Give out everything that is held of a contact, to a program or on paper. That it was done is kept."""

    name = "contacts.export_data"
    label = Text("导出个人信息", "Export this person's data")
    permission = PRIVACY
    writes = (EXPORTED,)
    subject = "contact"

    class Input(ActionInput):
        contact: int = ask("联系人", "Contact", of="contact", widget="hidden")
        form: Literal["json", "pdf"] = ask(
            "格式",
            "Form",
            choices=[
                ("json", Text("供程序读取（JSON）", "For programs (JSON)")),
                ("pdf", Text("供人阅读（PDF）", "To be read (PDF)")),
            ],
        )

    def load(self, ctx: Context, data: Any) -> Contact:
        contact = one_contact(ctx, data.contact)
        if contact.erased_at is not None:
            raise Invalid.field("", "这位联系人的个人信息已抹除", "This contact's data was erased")
        return contact

    def run(self, ctx: Context, data: Any, subject: Contact) -> Contact:
        held = held_of(subject)
        ctx.emit(
            EXPORTED,
            subject=("contact", subject.pk),
            customer=subject.customer_id,
            data={
                "contact": ref(subject.pk),
                "form": data.form,
                "entries": held.count,
            },
        )
        return subject


class _Erasing(ActionInput):
    """What is asked before anything is erased, one contact or many."""

    reason: words.EraseCode = ask("原因", "Why", choices=words.pairs(words.ERASE_REASONS), widget="radio")
    note: Line = ask(
        "依据",
        "Reference",
        "",
        max_length=200,
        hint=Text("来函编号等；不要写姓名和号码", "Number of the letter or the like; no name and no number"),
    )
    sure: bool = ask(
        "我已看过将抹除和保留的内容，知道抹除后不能恢复",
        "I looked at what goes and what stays, and know that it cannot be brought back",
        False,
        widget="checkbox",
    )
    password: Secret = ask("密码", "Password", SecretStr(""), widget="password")
    otp: Secret = ask(
        "验证码",
        "Code",
        SecretStr(""),
        widget="otp",
        hint=Text("或用手机应用的验证码", "Or a code of your app"),
    )


def _asked(ctx: Context, data: Any) -> None:
    """Whoever erases says that they are sure, and shows that it is them."""
    if not data.sure:
        raise Invalid.field("sure", "请先确认", "Please confirm first")
    require_identity(
        ctx.actor,
        password=data.password.get_secret_value(),
        otp=data.otp.get_secret_value(),
        now=ctx.now,
    )


def _erasable(contact: Contact) -> Contact:
    if contact.erased_at is not None:
        raise Invalid.field("", "这位联系人的个人信息已抹除", "This contact's data was erased already")
    return contact


def _not_named(note: str, contact: Contact) -> None:
    striker = held_of(contact).striker if note else None
    if striker and striker.meets(note):
        raise Invalid.field(
            "note",
            "依据里写有这位联系人的姓名或号码；请改写，否则又留下了",
            "It holds the contact's name or number: say it otherwise, or it stays here",
        )


@action
class EraseData(Action):
    """Erase everything that tells who a contact is. It cannot be undone; the journal stays whole and says so."""

    name = "contacts.erase_data"
    label = Text("抹除个人信息", "Erase this person's data")
    permission = PRIVACY
    writes = ("journal.erased", ERASED, "customer.updated")
    subject = "contact"

    class Input(_Erasing):
        contact: int = ask("联系人", "Contact", of="contact", widget="hidden")
        version: int | None = ask("打开时的版本", "Version it was opened at", None, widget="hidden")

    def load(self, ctx: Context, data: Any) -> Contact:
        contact = _erasable(one_contact(ctx, data.contact))
        check_version(contact, data.version, "contact.updated")
        return contact

    def run(self, ctx: Context, data: Any, subject: Contact) -> Contact:
        _asked(ctx, data)
        _not_named(data.note, subject)
        return erase(ctx, subject, data.reason, data.note)


@action
class EraseMany(Action):
    """Erase the data of several contacts whose retention period is over."""

    name = "contacts.erase_overdue"
    label = Text("抹除到期的个人信息", "Erase data whose period is over")
    permission = PRIVACY
    writes = ("journal.erased", ERASED, "customer.updated")
    subject = "contact"

    class Input(_Erasing):
        contacts: list[int] = ask(
            "联系人", "Contacts", of="contact", widget="hidden", min_length=1, max_length=MOST_AT_ONCE
        )

    def load(self, ctx: Context, data: Any) -> list[Contact]:
        return [_erasable(one_contact(ctx, id)) for id in dict.fromkeys(data.contacts)]

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        return ("contact", None, None)

    def run(self, ctx: Context, data: Any, subject: list[Contact]) -> list[Contact]:
        _asked(ctx, data)
        over = set(overdue(ctx.actor, ctx.now).values_list("pk", flat=True))
        if early := [c for c in subject if c.pk not in over]:
            raise Invalid.field(
                "contacts",
                f"其中 {len(early)} 位的保存期限未满，可能刚有往来；请重新打开列表",
                f"The period of {len(early)} of them is not over: somebody may have been in touch. Open the list again",
            )
        for contact in subject:
            _not_named(data.note, contact)
            erase(ctx, contact, data.reason, data.note)
        return subject


@action
class EraseAgain(Action):
    """Erase whom a restored backup brought back, as they had been erased before. The system alone does so: that somebody
    was sure of it stands in the journal that the backup is older than."""

    name = AGAIN
    label = Text("再次抹除备份带回的个人信息", "Erase again whom a backup brought back")
    permission = PRIVACY
    writes = ("journal.erased", ERASED, "customer.updated")
    subject = "contact"
    by_system = True
    internal = True

    class Input(ActionInput):
        contact: int = ask("联系人", "Contact", of="contact")
        reason: words.EraseCode = ask("原因", "Why", choices=words.pairs(words.ERASE_REASONS))
        note: Line = ask("依据", "Reference", "", max_length=200)

    def load(self, ctx: Context, data: Any) -> Contact:
        contact = Contact.objects.filter(pk=data.contact, erased_at=None).first()
        if contact is None or ctx.actor is not SYSTEM:
            raise NotFound("contact", data.contact)
        return contact

    def run(self, ctx: Context, data: Any, subject: Contact) -> Contact:
        return erase(ctx, subject, data.reason, data.note)
