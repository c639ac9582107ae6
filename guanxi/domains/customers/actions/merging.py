"""Merging two customers that are one, and parting them again.

`joining.py` has the steps that this shares with contacts. The journal stays as it is; the engine follows the fact
`customer.merged` and its annulment, the pages follow `Merger`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from guanxi.platform.journal.models import Fact
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
    ref,
)
from guanxi.platform.ownfields import values as own
from guanxi.platform.ownfields.actions import MOST
from guanxi.platform.ownfields.known import every
from guanxi.platform.search.index import remove

from .. import reads, words
from ..inputs import Lines
from ..models import Account, Contact, TeamMember
from ..models_addresses import Address
from ..models_contacts import ContactMerger, Employment
from ..models_following import Following
from ..models_grouping import Tagged
from ..models_import import ExternalKey
from ..models_merger import Merger
from . import joining
from .addresses import PLACE
from .addresses import apart as addresses_apart
from .addresses import enter as enter_address
from .changes import check_version, emit_updated, plain, save
from .finding import KIND, index
from .grouping import say_parent, say_service
from .joining import annul, row_of, value_of

CHOICES: dict[str, tuple[str, ...]] = {
    "name": ("name", "name_key"),
    "short_name": ("short_name",),
    "credit_code": ("credit_code",),
    "phone": ("phone", "phone_key"),
    "email": ("email",),
    "website": ("website",),
    "address": ("address", "area"),
    "position": ("lon", "lat", "coordinates"),
    "source": ("source",),
    "parent": ("parent_id",),
    "service": ("service",),
    "grade": ("grade",),
    "credit": ("credit",),
    "manager": ("manager_id", "department_id"),
}
"""What may be taken from the customer that goes, and the columns that go along."""
DERIVED = ("name_key", "phone_key", "department_id")
NOTE = 2000


def holders() -> Iterator[joining.Holder]:
    """Every column that points to a customer: (label, model, field)."""
    return joining.holders(Account, hidden=False)


def differing(stays: Account, goes: Account) -> list[str]:
    """The choices in which the two say something else, both filled in."""
    return joining.differing(CHOICES, stays, goes)


def _choices() -> list[tuple[str, Text]]:
    return [(name, words.FIELDS[name]) for name in CHOICES] + [(o.path, o.label) for o in every("customer")]


@dataclass(frozen=True)
class MergeValues:
    key: bool
    same_manager: bool
    has_reason: bool


@action
class Merge(Action):
    """Merge a customer into another that is the same. What only one of them knows is kept; of what differs, `take`
    names what is taken from the one that goes."""

    name = "customers.merge"
    label = Text("合并客户", "Merge customers")
    permission = "customers.merge"
    writes = (
        "address.added",
        "customer.merged",
        "customer.updated",
        "customer.graded",
        "customer.assigned",
        "customer.team_changed",
        "customer.grouped",
        "customer.service_set",
    )
    subject = "customer"
    gate_values = MergeValues

    class Input(ActionInput):
        customer: int = ask("保留的客户", "Customer that stays", of="customer", widget="customer")
        other: int = ask("并入的客户", "Customer that goes", of="customer", widget="customer")
        take: list[str] = ask(
            "取自并入客户的内容",
            "Taken from the one that goes",
            [],
            choices=_choices,
            widget="hidden",
            max_length=len(CHOICES) + MOST,
        )
        reason: Lines = ask("说明", "Note", "", max_length=300, widget="textarea")
        version: int | None = ask("打开时的版本", "Version it was opened at", None, widget="hidden")
        other_version: int | None = ask("并入客户的版本", "Version of the other", None, widget="hidden")

    def load(self, ctx: Context, data: Any) -> tuple[Account, Account]:
        stays = reads.fetch(ctx.actor, data.customer, self.permission)
        goes = reads.fetch(ctx.actor, data.other, self.permission)
        if stays.pk == goes.pk:
            raise Invalid.field("other", "请选择另一位客户", "Please choose another customer")
        check_version(stays, data.version, "customer.updated")
        check_version(goes, data.other_version, "customer.updated")
        if not stays.active and goes.active:
            raise Invalid.field(
                "customer",
                "保留的客户已停用；请反过来合并，或先恢复启用",
                "The one that stays is closed: merge the other way round, or reopen it first",
            )
        if goes.pk in reads.above(stays.pk) or stays.pk in reads.above(goes.pk):
            raise Invalid.field(
                "other",
                "两位客户是上下级单位；如果确是同一家，请先取消上级单位再合并",
                "One is above the other in a group: if they are the same, take away the parent company first",
            )
        if "credit_code" in differing(stays, goes):
            raise Invalid.field(
                "other",
                "两位客户的统一社会信用代码不同，是两家单位；如有一个写错了，请先更正",
                "Their credit codes differ: these are two companies. If one is wrong, please correct it first",
            )
        return stays, goes

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        id = data.other if isinstance(subject, tuple) else data.customer
        return ("customer", id, id)

    def gate(self, ctx: Context, data: Any, subject: tuple[Account, Account]) -> MergeValues:
        stays, goes = subject
        return MergeValues(stays.key or goes.key, stays.manager_id == goes.manager_id, bool(data.reason))

    def run(self, ctx: Context, data: Any, subject: tuple[Account, Account]) -> Account:
        stays, goes = subject
        kept: dict[str, Any] = {"row": row_of(goes)}
        ctx.emit(
            "customer.merged",
            subject=("customer", goes.pk),
            customer=goes.pk,
            data={"into": str(stays.pk)},
            texts={"name": goes.name, "other": stays.name, "reason": data.reason},
        )
        before = row_of(stays)
        _take(stays, goes, set(data.take))
        team = _make_room(kept, stays, goes, ctx.happened_at)
        kept["moved"] = joining.move(holders(), goes.pk, stays.pk)
        kept["address"] = _keep_address(ctx, stays, before, kept["row"])
        Merger.objects.create(
            gone=goes.pk,
            into=stays,
            first_into=stays.pk,
            name=before["name"] if stays.name != before["name"] else goes.name,
            reason=data.reason,
            at=ctx.now,
            by=ctx.actor,
            kept=kept,
        )
        remove(connection, KIND, goes.pk)
        goes.delete()
        kept["changed"] = _say(ctx, stays, before, data.reason)
        kept["met"] = team
        if team:
            _say_team(ctx, stays, joined=team)
        Merger.objects.filter(gone=kept["row"]["id"], undone_at=None).update(kept=kept)
        index(stays)
        reads.still_sees(ctx.actor, stays)
        return stays


@action
class Unmerge(Action):
    """Part two merged customers again: each has its rows back; what was entered since stays where it was entered."""

    name = "customers.unmerge"
    label = Text("撤销合并", "Undo the merger")
    permission = "customers.merge"
    writes = (
        "journal.annulled",
        "customer.updated",
        "customer.graded",
        "customer.assigned",
        "customer.team_changed",
        "customer.grouped",
        "customer.service_set",
    )
    subject = "customer"

    class Input(ActionInput):
        merger: int = ask("合并记录", "Merger", widget="hidden", ge=1)

    def load(self, ctx: Context, data: Any) -> Merger:
        merger = Merger.objects.filter(pk=data.merger, undone_at=None).select_related("into").first()
        if merger is None:
            raise NotFound("merger", data.merger)
        try:
            reads.fetch(ctx.actor, merger.into_id, self.permission)
        except NotFound:
            raise NotFound("merger", data.merger) from None
        if merger.into_id != merger.first_into:
            raise Conflict(
                Text(
                    f"之后又并入了“{merger.into.name}”，请先撤销那次合并",
                    f"It was merged on into “{merger.into.name}”: take that back first",
                )
            )
        if joined := _joined_since(merger):
            raise Conflict(
                Text(
                    f"之后两家的联系人“{joined}”合并过，请先撤销那次合并",
                    f"Since then their contacts “{joined}” were merged: take that back first",
                )
            )
        return merger

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        into = subject.into_id if isinstance(subject, Merger) else getattr(subject, "pk", None)
        return ("customer", into, into)

    def run(self, ctx: Context, data: Any, subject: Merger) -> Account:
        stays, kept = subject.into, subject.kept
        annul(ctx, joining.latest("customer.merged", "customer", subject.gone))
        back: Account = joining.made_of(Account, kept["row"])
        _drop_address(ctx, subject)
        back.parent_id = _still_there(back.parent_id)
        back.version += 1
        back.updated_at = ctx.now
        back.save(force_insert=True)
        _move_back(kept, back.pk, stays.pk)
        addresses_apart(back.pk, stays.pk)
        before = row_of(stays)
        joining.give_back(
            stays, kept["changed"], lambda name, was: _still_there(was) if name == "parent_id" else was
        )
        _straighten(stays, back)
        subject.undone_at, subject.undone_by = ctx.now, ctx.actor
        subject.kept = {}  # each has its own again: a copy would only be one more place to erase
        subject.save(update_fields=["undone_at", "undone_by", "kept"])
        _say(ctx, stays, before)
        present = set(stays.team.values_list("person_id", flat=True))
        if left := [id for id in kept["met"] if id not in present]:
            _say_team(ctx, stays, left=left)
        index(stays)
        index(back)
        return stays


# --- The rows ------------------------------------------------------------------------------------------------------


def _keep_address(ctx: Context, stays: Account, mine: dict[str, Any], theirs: dict[str, Any]) -> int | None:
    """The main address of the two that is the main one no longer stands among the others; its number."""
    lost = theirs if stays.address == mine["address"] else mine
    if (
        not lost["address"]
        or lost["address"] == stays.address
        or lost["address"] in {one.address for one in stays.addresses.all()}
    ):
        return None
    values = {name: value_of(Account, name, lost[name]) for name in PLACE}
    return enter_address(ctx, stays, {"kind": "other", "note": "", **values}).pk


def address_kept(merger: Merger) -> Address | None:
    """The address that the merger put among the others, where somebody has changed or used it since: it stays where it is
    when the two part. None where there is none, or it is as it was."""
    row = Address.objects.filter(pk=merger.kept.get("address") or 0, customer=merger.into_id).first()
    if row is None:
        return None
    entered = joining.latest("address.added", "address", row.pk)
    since = Fact.objects.filter(subject_kind="address", subject_id=str(row.pk), seq__gt=entered.seq)
    used = any(
        model._base_manager.filter(**{field.attname: row.pk}).exists()
        for _, model, field in joining.holders(Address, hidden=True)
    )
    return row if used or since.exists() else None


def _drop_address(ctx: Context, merger: Merger) -> None:
    """With the parting, the address that the merger put among the others goes, unless it was changed or used since."""
    row = Address.objects.filter(pk=merger.kept.get("address") or 0, customer=merger.into_id).first()
    if row is not None and address_kept(merger) is None:
        annul(ctx, joining.latest("address.added", "address", row.pk))
        row.delete()


def _still_there(parent: int | None) -> int | None:
    """The parent company as it is now: the customer into which it was merged meanwhile, none where it is gone."""
    if parent is None or Account.objects.filter(pk=parent).exists():
        return parent
    return reads.followed([parent]).get(parent)


def _straighten(stays: Account, back: Account) -> None:
    """What was put above or below one of them since may now close a circle: whoever would stand above itself goes to the
    top. (The row of the one that stays is saved by who calls.)"""
    Account.objects.filter(pk=stays.pk).update(parent=stays.parent_id)
    for account in (back, stays):
        chain = reads.above(account.pk)
        if account.parent_id == account.pk or (
            chain and Account.objects.filter(pk=chain[-1], parent=account.pk).exists()
        ):
            account.parent_id = None
            Account.objects.filter(pk=account.pk).update(parent=None)


def _take(stays: Account, goes: Account, wanted: set[str]) -> None:
    """Put into the one that stays what is taken from the other, and what both know together."""
    joining.take(CHOICES, stays, goes, wanted, if_filled=("area",))
    if goes.note and goes.note not in stays.note:
        both = f"{stays.note}\n{goes.note}".strip()
        stays.note = both if len(both) <= NOTE else stays.note
    stays.kind_bits |= goes.kind_bits
    stays.key = stays.key or goes.key
    for name in ("last_contact_at", "card_confirmed_at"):
        known = [at for row in (stays, goes) if (at := getattr(row, name))]
        newest = max(known, default=None)
        if name == "card_confirmed_at" and newest != stays.card_confirmed_at:
            stays.card_confirmed_by_id = goes.card_confirmed_by_id
        setattr(stays, name, newest)


def _make_room(kept: dict[str, Any], stays: Account, goes: Account, now: datetime) -> list[int]:
    """Take away what would stand twice on the one that stays; whoever looked after the other joins the team, so that
    nobody loses sight of their customer. The persons who joined."""
    present = set(stays.team.values_list("person_id", flat=True))
    theirs = set(goes.team.values_list("person_id", flat=True))
    shared = TeamMember.objects.filter(customer=goes, person__in=present | {stays.manager_id or 0})
    kept["shared"] = [[m.person_id, m.since.isoformat()] for m in shared.order_by("pk")]
    shared.delete()
    looked_after = {kept["row"]["manager_id"], _before_manager(stays)} - {None, stays.manager_id}
    joining = sorted(looked_after - present - theirs)
    TeamMember.objects.bulk_create(TeamMember(customer=stays, person_id=id, since=now) for id in joining)
    kept["joined"] = joining
    following = Following.objects.filter(customer=stays).values_list("person_id", flat=True)
    both = Following.objects.filter(customer=goes, person__in=following)
    kept["followed"] = [[f.person_id, f.since.isoformat()] for f in both.order_by("pk")]
    both.delete()
    numbers = set(ExternalKey.objects.filter(account=stays).values_list("key", flat=True))
    twice = ExternalKey.objects.filter(account=goes, key__in=numbers)
    kept["keys"] = list(twice.order_by("pk").values_list("key", flat=True))
    twice.delete()
    same = Tagged.objects.filter(customer=goes, tag__in=stays.tagged.values("tag"))
    kept["tags"] = [[t.tag_id, t.at.isoformat(), t.by_id] for t in same.order_by("pk")]
    same.delete()
    kept["main"] = None
    if stays.contacts.filter(primary=True, active=True).exists():
        main = goes.contacts.filter(primary=True, active=True).first()
        if main is not None:
            kept["main"] = main.pk
            Contact.objects.filter(pk=main.pk).update(primary=False)
    return sorted((theirs | set(joining)) - present - {stays.manager_id})


def _before_manager(stays: Account) -> int | None:
    """Who looked after it before the merger, as the database still says."""
    return Account.objects.filter(pk=stays.pk).values_list("manager_id", flat=True).get()


def _joined_since(merger: Merger) -> str:
    """The name of a contact that is one of each customer's since they were merged; ''."""
    theirs = set(merger.kept["moved"].get("customers.contact.customer", []))
    since = ContactMerger.objects.filter(undone_at=None, into__customer=merger.into_id, at__gte=merger.at)
    for one in since.select_related("into"):
        if (one.gone in theirs) != (one.into_id in theirs):
            return one.into.name
    return ""


def _move_back(kept: dict[str, Any], back: int, stays: int) -> None:
    """Let what had moved point back; so too what was entered since with one of the people who go back."""
    people = kept["moved"].get("customers.contact.customer", [])
    joining.move_back(holders(), kept["moved"], stays, back)
    for _, model, field in holders() if people else ():
        for contact in model._meta.concrete_fields:
            # The customer of an employment is that of the record there.
            if contact.related_model is Contact and (model, contact.name) != (Employment, "contact"):
                rows = model._base_manager.filter(**{field.attname: stays, f"{contact.attname}__in": people})
                rows.update(**{field.attname: back})
    TeamMember.objects.filter(customer=stays, person__in=kept["joined"]).delete()
    TeamMember.objects.bulk_create(
        TeamMember(customer_id=back, person_id=person, since=datetime.fromisoformat(since))
        for person, since in kept["shared"]
    )
    Following.objects.bulk_create(
        Following(customer_id=back, person_id=person, since=datetime.fromisoformat(since))
        for person, since in kept.get("followed", ())  # mergers of before there was following have none
    )
    Tagged.objects.bulk_create(
        Tagged(customer_id=back, tag_id=tag, at=datetime.fromisoformat(at), by_id=by)
        for tag, at, by in kept.get("tags", ())
    )
    ExternalKey.objects.bulk_create(ExternalKey(account_id=back, key=key) for key in kept["keys"])
    if kept["main"]:
        main = Contact.objects.filter(pk=kept["main"], customer=back, active=True)
        if not Contact.objects.filter(customer=back, primary=True, active=True).exists():
            main.update(primary=True)


# --- What is said of the one that stays ----------------------------------------------------------------------------


def _say(ctx: Context, stays: Account, before: dict[str, Any], reason: str = "") -> dict[str, list[Any]]:
    """Save the one that stays and emit what changed on it; column -> [before, after]."""
    people = list(stays.contacts.all())
    stays.card_percent = reads.percent_of(reads.missing_fields(stays, people))
    stays.card_valid = reads.is_valid(stays, people)
    now = row_of(stays)
    changed = joining.changed_since(before, stays)
    particulars = [
        name for name in changed if name not in (*DERIVED, "grade", "credit", "manager_id", "kind_bits", "parent_id", "service")
        and name in {*(c for columns in CHOICES.values() for c in columns), "note", "key"}
    ]  # fmt: skip
    save(stays, list(changed), ctx.now)
    changes = [
        {"field": name, "before": plain(before[name]), "after": plain(now[name])} for name in particulars
    ]
    if "own" in changed:
        changes += own.between(before["own"], now["own"])
    if "kind_bits" in changed:
        was = Account(kind_bits=before["kind_bits"]).kinds
        changes.append({"field": "kinds", "before": was, "after": stays.kinds})
    if changed:
        emit_updated(ctx, stays, [str(c["field"]) for c in changes] or ["contacts"], changes)
    about: Any = {"subject": ("customer", stays.pk), "customer": stays.pk}
    if {"grade", "credit"} & changed.keys():
        ctx.emit(
            "customer.graded",
            **about,
            data={
                "grade": stays.grade or None,
                "credit": stays.credit or None,
                "before_grade": before["grade"] or None,
                "before_credit": before["credit"] or None,
                "by_rule": False,
                "cause_given": False,
            },
            texts={"reason": reason},
        )
    if "parent_id" in changed:
        say_parent(ctx, stays, before["parent_id"])
    if "service" in changed:
        say_service(ctx, stays, before["service"], reason)
    if {"manager_id", "department_id"} & changed.keys():
        ctx.emit(
            "customer.assigned",
            **about,
            data={
                "manager": ref(stays.manager_id),
                "department": ref(stays.department_id),
                "before": ref(before["manager_id"]),
            },
            texts={"reason": reason},
        )
    return changed


def _say_team(ctx: Context, account: Account, joined: Iterable[int] = (), left: Iterable[int] = ()) -> None:
    """Who works on it now."""
    members = account.team.order_by("person_id").values_list("person_id", flat=True)
    ctx.emit(
        "customer.team_changed",
        subject=("customer", account.pk),
        customer=account.pk,
        data={
            "members": [str(id) for id in members],
            "joined": [str(id) for id in sorted(joined)],
            "left": [str(id) for id in sorted(left)],
        },
    )
