"""Merging two contacts of a customer who are one person, and parting them again.

As with customers (`merging.py`), by the steps of `joining.py`; the journal stays as it is, and `ContactMerger` holds what
parting needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Conflict,
    Context,
    Invalid,
    NotFound,
    Text,
    action,
    ask,
)
from guanxi.platform.ownfields import values as own
from guanxi.platform.ownfields.actions import MOST
from guanxi.platform.ownfields.known import every

from .. import reads, words
from ..models import Contact
from ..models_contacts import Consent, ContactMerger
from ..models_merger import Merger
from . import joining
from .changes import check_version, people_changed, plain
from .contacts import contact_data, still_named
from .joining import row_of

CHOICES: dict[str, tuple[str, ...]] = {
    "name": ("name",),
    "post": ("post",),
    "unit": ("unit",),
    "decision_role": ("decision_role",),
    "phone": ("phone", "phone_key"),
    "wechat": ("wechat",),
    "email": ("email",),
    "channel": ("channel",),
    "birthday": ("birthday", "birthday_md"),
    "matters": ("matters",),
    "note": ("note",),
}
"""What may be taken from the contact that goes, and the columns that go along. What drives them is joined."""
DERIVED = ("phone_key", "birthday_md")
NOT_SAID = (*DERIVED, "version", "updated_at")
OF_CUSTOMER = "customers.contact.customer"


def holders() -> Iterator[joining.Holder]:
    """Every column that points to a contact, but for consents, of which each contact has one for each way."""
    return joining.holders(Contact, hidden=True, but=(Consent,))


def differing(stays: Contact, goes: Contact) -> list[str]:
    """The choices in which the two say something else, both filled in."""
    return joining.differing(CHOICES, stays, goes)


def _choices() -> list[tuple[str, Text]]:
    own = [(one.path, one.label) for one in every("contact")]
    return [(name, words.OF_PERSON.get(name) or words.FIELDS[name]) for name in CHOICES] + own


@action
class Merge(Action):
    """Merge a contact into another of the same customer who is the same person. What only one of them knows is kept; of
    what differs, `take` names what is taken from the one that goes."""

    name = "contacts.merge"
    label = Text("合并联系人", "Merge contacts")
    permission = "customers.work"
    writes = ("contact.merged", "contact.updated", "customer.updated")
    subject = "contact"

    class Input(ActionInput):
        contact: int = ask("保留的联系人", "Contact that stays", of="contact", widget="contact")
        other: int = ask("并入的联系人", "Contact that goes", of="contact", widget="contact")
        take: list[str] = ask(
            "取自并入联系人的内容",
            "Taken from the one that goes",
            [],
            choices=_choices,
            widget="hidden",
            max_length=len(CHOICES) + MOST,
        )
        version: int | None = ask("打开时的版本", "Version it was opened at", None, widget="hidden")
        other_version: int | None = ask("并入联系人的版本", "Version of the other", None, widget="hidden")

    def load(self, ctx: Context, data: Any) -> tuple[Contact, Contact]:
        stays = reads.fetch_child(Contact, ctx.actor, data.contact, self.permission)
        goes = reads.fetch_child(Contact, ctx.actor, data.other, self.permission)
        if stays.pk == goes.pk:
            raise Invalid.field("other", "请选择另一位联系人", "Please choose another contact")
        if stays.customer_id != goes.customer_id:
            raise Invalid.field(
                "other",
                "两位联系人不在同一家客户；换了单位请用“换了单位”",
                "They are of two customers; if somebody moved, note that they changed company",
            )
        for one in (stays, goes):
            still_named(one)
        check_version(stays, data.version, "contact.updated")
        check_version(goes, data.other_version, "contact.updated")
        if goes.active and not stays.active:
            raise Invalid.field(
                "contact",
                "保留的联系人已离开；请反过来合并",
                "The one that stays has left: merge the other way round",
            )
        return stays, goes

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        if isinstance(subject, tuple):
            return ("contact", subject[1].pk, subject[1].customer_id)
        return ("contact", data.contact, getattr(subject, "customer_id", None))

    def run(self, ctx: Context, data: Any, subject: tuple[Contact, Contact]) -> Contact:
        stays, goes = subject
        ctx.emit(
            "contact.merged",
            subject=("contact", goes.pk),
            customer=goes.customer_id,
            data={"into": str(stays.pk)},
            texts={"name": goes.name, "other": stays.name},
        )
        before = row_of(stays)
        kept: dict[str, Any] = {"row": row_of(goes), "consents": _join_consents(stays, goes)}
        _take(stays, goes, set(data.take))
        kept["moved"] = joining.move(holders(), goes.pk, stays.pk)
        made = ContactMerger.objects.create(
            gone=goes.pk,
            into=stays,
            first_into=stays.pk,
            name=before["name"] if stays.name != before["name"] else goes.name,
            at=ctx.now,
            by=ctx.actor,
        )
        Contact.objects.filter(pk=goes.pk).delete()
        kept["changed"] = _say(ctx, stays, before)
        made.kept = kept
        made.save(update_fields=["kept"])
        people_changed(ctx, stays.customer)
        return stays


@action
class Unmerge(Action):
    """Part two merged contacts again: each has their rows back; what was entered since stays where it was entered."""

    name = "contacts.unmerge"
    label = Text("撤销联系人合并", "Undo the merger of contacts")
    permission = "customers.work"
    writes = ("journal.annulled", "contact.updated", "customer.updated")
    subject = "contact"

    class Input(ActionInput):
        merger: int = ask("合并记录", "Merger", widget="hidden", ge=1)

    def load(self, ctx: Context, data: Any) -> ContactMerger:
        merger = ContactMerger.objects.filter(pk=data.merger, undone_at=None).first()
        if merger is None:
            raise NotFound("merger", data.merger)
        try:
            merger.into = reads.fetch_child(Contact, ctx.actor, merger.into_id, self.permission)
        except NotFound:
            raise NotFound("merger", data.merger) from None
        still_named(merger.into)
        if merger.into_id != merger.first_into:
            raise Conflict(
                Text(
                    f"之后又并入了“{merger.into.name}”，请先撤销那次合并",
                    f"They were merged on into “{merger.into.name}”: take that back first",
                )
            )
        return merger

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        into = subject.into if isinstance(subject, ContactMerger) else subject
        return ("contact", getattr(into, "pk", None), getattr(into, "customer_id", None))

    def run(self, ctx: Context, data: Any, subject: ContactMerger) -> Contact:
        stays, kept = subject.into, subject.kept
        joining.annul(ctx, joining.latest("contact.merged", "contact", subject.gone))
        before = row_of(stays)
        joining.give_back(stays, kept["changed"])
        _say(ctx, stays, before)
        back = _back(ctx, stays, kept["row"])
        joining.move_back(holders(), kept["moved"], stays.pk, back.pk)
        _part_consents(stays, back, kept["consents"])
        subject.undone_at, subject.undone_by = ctx.now, ctx.actor
        subject.kept, subject.name = {}, ""  # a copy would only be one more place to erase
        subject.save(update_fields=["undone_at", "undone_by", "kept", "name"])
        people_changed(ctx, stays.customer)
        return stays


# --- The rows --------------------------------------------------------------------------------------------------------


def _take(stays: Contact, goes: Contact, wanted: set[str]) -> None:
    """Put into the one that stays what is taken from the other, and what both know together."""
    joining.take(CHOICES, stays, goes, wanted)
    if stays.decision_role == "unknown" and goes.decision_role:
        stays.decision_role = goes.decision_role
    stays.motive_bits |= goes.motive_bits
    stays.primary = stays.active and (stays.primary or goes.primary)


def _join_consents(stays: Contact, goes: Contact) -> dict[str, list[dict[str, Any]]]:
    """Of what both said of one way, what was said last counts, and a refusal where that is the same day."""
    mine = {c.channel: c for c in stays.consents.all()}
    theirs = list(goes.consents.order_by("pk"))
    kept = {"theirs": [row_of(c) for c in theirs], "mine": []}
    for said in theirs:
        there = mine.get(said.channel)
        if there is not None and _counts(there) >= _counts(said):
            said.delete()
            continue
        if there is not None:
            kept["mine"].append(row_of(there))
            there.delete()
        Consent.objects.filter(pk=said.pk).update(contact=stays)
    return kept


def _counts(said: Consent) -> tuple[date, bool, datetime]:
    return (said.said_on, said.state == Consent.WITHDRAWN, said.recorded_at)


def _part_consents(stays: Contact, back: Contact, kept: dict[str, list[dict[str, Any]]]) -> None:
    """Each has again what they said before; what was recorded since stays where it was recorded."""
    for row in kept["theirs"]:
        Consent.objects.filter(pk=row["id"], contact=stays, recorded_at=row["recorded_at"]).delete()
    for row in (*kept["mine"], *kept["theirs"]):
        whose = stays if row in kept["mine"] else back
        if Consent.objects.filter(contact=whose, channel=row["channel"]).exists():
            continue
        values = {name: value for name, value in row.items() if name not in ("id", "contact_id")}
        if not Consent.objects.filter(pk=row["id"]).exists():
            values["id"] = row["id"]  # an earlier merger is parted by it
        Consent.objects.create(contact=whose, **values)


def _back(ctx: Context, stays: Contact, row: dict[str, Any]) -> Contact:
    """The row of the one that went, at the customer where the other is now."""
    back: Contact = joining.made_of(Contact, row)
    if back.customer_id != stays.customer_id:  # the customer was merged since: its parting finds this contact
        for merger in Merger.objects.filter(gone=back.customer_id, undone_at=None):
            merger.kept["moved"].setdefault(OF_CUSTOMER, []).append(back.pk)
            merger.save(update_fields=["kept"])
        back.customer_id = stays.customer_id
    main = Contact.objects.filter(customer=stays.customer_id, primary=True, active=True)
    back.primary = back.primary and not main.exists()
    back.version += 1
    back.updated_at = ctx.now
    back.save(force_insert=True)
    return back


def _say(ctx: Context, stays: Contact, before: dict[str, Any]) -> dict[str, list[Any]]:
    """Save the one that stays and say what changed; column -> [before, after]."""
    now = row_of(stays)
    changed = joining.changed_since(before, stays)
    if not changed:
        return {}
    said = [name for name in changed if name not in (*NOT_SAID, "motive_bits", "own")]
    changes = [{"field": name, "before": plain(before[name]), "after": plain(now[name])} for name in said]
    if "own" in changed:
        changes += own.between(before["own"], now["own"])
    if "motive_bits" in changed:
        was = Contact(motive_bits=before["motive_bits"]).motives
        changes.append({"field": "motives", "before": was, "after": stays.motives})
    stays.version += 1
    stays.updated_at = ctx.now
    stays.save()
    ctx.emit(
        "contact.updated",
        subject=("contact", stays.pk),
        customer=stays.customer_id,
        data={
            **contact_data(stays),
            "changed": [str(c["field"]) for c in changes],
            "version": stays.version,
        },
        texts={"name": stays.name, "changes": changes},
    )
    return changed
