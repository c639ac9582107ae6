"""A customer's further addresses: added, changed, removed, made the main one."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from django.db.models import F, Field, Model

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Conflict, Context, Invalid, Text, action, ask
from guanxi.platform.kernel.actions import Action, ActionInput

from .. import reads, words
from ..inputs import Line
from ..models import Account
from ..models_addresses import Address
from .accounts import Position
from .changes import emit_updated, filled, plain, put, save
from .joining import holders
from .work import OnCustomer

FIELDS = ("kind", "address", "area", "lon", "lat", "coordinates", "note")
PLACE = ("address", "area", "lon", "lat", "coordinates")
MOST = 50
ERASED: Final = Text(
    "这条记录的内容已被删除，无法撤销", "What this record said has been erased: it cannot be undone"
)
WORK = "customers.work"


def say(ctx: Context, how: str, row: Address, *, changes: Any = (), whole: bool = False) -> None:
    """A fact about an address. whole: with the row and what points to it, so that it can come back."""
    ctx.emit(
        f"address.{how}",
        subject=("address", row.pk),
        customer=row.customer_id,
        data={"address": str(row.pk), "address_kind": row.kind},
        texts={
            "text": row.address,
            "changes": list(changes),
            "row": {f: plain(getattr(row, f)) for f in FIELDS} if whole else None,
            "held": _held(row) if whole else {},
        },
    )


def _held(row: Address) -> dict[str, list[int]]:
    """By each column that points to the row, which rows do."""
    found = {
        label: list(model._base_manager.filter(**{column.attname: row.pk}).values_list("pk", flat=True))
        for label, model, column, said in _pointing()
        if said
    }
    return {label: ids for label, ids in found.items() if ids}


def enter(ctx: Context, account: Account, values: dict[str, Any]) -> Address:
    """A new address."""
    row = Address.objects.create(customer=account, at=ctx.happened_at, by=ctx.actor, **values)
    say_added(ctx, row)
    return row


def say_added(ctx: Context, row: Address) -> None:
    """That a customer has one more address."""
    say(ctx, "added", row, changes=filled(row, list(FIELDS)))


class OfAddress(Action):
    """Base of actions on an address that is there."""

    permission = WORK
    subject = "address"

    def load(self, ctx: Context, data: Any) -> Address:
        return reads.fetch_child(Address, ctx.actor, data.address_id, self.permission)

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        if isinstance(subject, Address):
            return ("address", subject.pk, subject.customer_id)
        return ("address", data.address_id, None)


@action
class AddAddress(OnCustomer):
    """Note one more address of a customer."""

    name = "addresses.add"
    label = Text("新增地址", "Add an address")
    permission = WORK
    writes = ("address.added",)
    subject = "address"

    class Input(Position):
        customer: int = ask("客户", "Customer", of="customer", widget="customer")
        kind: words.AddressCode = ask("用途", "Purpose", choices=words.pairs(words.ADDRESSES), widget="chips")
        address: Line = ask("地址", "Address", min_length=1, max_length=200)
        area: Line = ask("所在区域", "Area", "", max_length=40)
        note: Line = ask(
            "备注",
            "Note",
            "",
            max_length=200,
            hint=Text("例如：周六不收货，走北门", "For example: no deliveries on Saturdays, north gate"),
        )

    def run(self, ctx: Context, data: Any, subject: Account) -> Address:
        if subject.addresses.count() >= MOST:
            raise Invalid.field("", f"一位客户最多 {MOST} 个地址", f"A customer has at most {MOST} addresses")
        values = {f: getattr(data, f) for f in FIELDS} | {"coordinates": data.coordinates or "gcj02"}
        return enter(ctx, subject, values)


@action
class ChangeAddress(OfAddress):
    """Change an address. What is not given stays; `clear` empties."""

    name = "addresses.change"
    label = Text("修改地址", "Change the address")
    writes = ("address.changed",)

    class Input(Position):
        address_id: int = ask("地址", "Address", of="place", widget="hidden")
        kind: words.AddressCode | None = ask(
            "用途", "Purpose", None, choices=words.pairs(words.ADDRESSES), widget="chips"
        )
        address: Line | None = ask("地址", "Address", None, min_length=1, max_length=200)
        area: Line | None = ask("所在区域", "Area", None, max_length=40)
        note: Line | None = ask("备注", "Note", None, max_length=200)
        clear: list[str] = ask("清空的字段", "Fields to be emptied", [], widget="hidden", max_length=6)

    def run(self, ctx: Context, data: Any, subject: Address) -> Address:
        new: dict[str, Any] = {name: "" for name in data.clear if name in ("area", "note")}
        if {"lon", "lat"} & set(data.clear):
            new |= {"lon": None, "lat": None}
        if wrong := [name for name in data.clear if name not in ("area", "note", "lon", "lat")]:
            raise Invalid.field(wrong[0], "这一项不能为空", "This cannot be empty")
        new |= {f: value for f in FIELDS if (value := getattr(data, f)) is not None}
        changes = put(subject, new)
        if changes:
            subject.save()
            _words(subject)
            say(ctx, "changed", subject, changes=[_named(c) for c in changes])
        return subject


def _named(change: dict[str, Any]) -> dict[str, Any]:
    """A change of the kind under the name of its words."""
    return {**change, "field": "address_kind"} if change["field"] == "kind" else change


@action
class RemoveAddress(OfAddress):
    """Take an address away that is no longer one of the customer's."""

    name = "addresses.remove"
    label = Text("删除地址", "Remove the address")
    writes = ("address.removed",)

    class Input(ActionInput):
        address_id: int = ask("地址", "Address", of="place", widget="hidden")

    def run(self, ctx: Context, data: Any, subject: Address) -> Account:
        _words(subject)
        say(ctx, "removed", subject, whole=True)
        account: Account = subject.customer
        subject.delete()
        return account


@action
class MakeMain(OfAddress):
    """Let an address be the customer's main one; what was the main one takes its place."""

    name = "addresses.make_main"
    label = Text("设为主地址", "Make it the main address")
    writes = ("customer.updated", "address.became_main")

    class Input(ActionInput):
        address_id: int = ask("地址", "Address", of="place", widget="hidden")

    def run(self, ctx: Context, data: Any, subject: Address) -> Account:
        account: Account = subject.customer
        main = {f: getattr(account, f) for f in PLACE}
        changes = put(account, {f: getattr(subject, f) for f in PLACE})
        people = reads.contacts_of(account.pk)
        account.card_percent = reads.percent_of(reads.missing_fields(account, people))
        account.card_valid = reads.is_valid(account, people)
        save(account, [str(c["field"]) for c in changes], ctx.now)
        emit_updated(ctx, account, [str(c["field"]) for c in changes], changes)
        say(ctx, "became_main", subject)
        _now_main(subject)
        if main["address"]:
            put(subject, main)
            subject.save()
        else:
            subject.delete()
        return account


def _now_main(row: Address) -> None:
    """What points to the row means the place, and that is the customer's main address now."""
    for _, model, column, said in _pointing():
        here = model._base_manager.filter(**{column.attname: row.pk})
        here.update(**{column.attname: None}, **({said: ""} if said else {}))


def _words(row: Address) -> None:
    """What points to the row has its words too, for the day on which it is gone."""
    for _, model, column, said in _pointing():
        if said:
            model._base_manager.filter(**{column.attname: row.pk}).update(**{said: row.address})


def _pointing() -> Iterator[tuple[str, type[Model], Field[Any, Any], str]]:
    """Every column that points to an address, and beside `place` the column `place_said` with the words of it ('': there is
    none)."""
    for label, model, column in holders(Address, hidden=True):
        said = f"{column.name}_said"
        yield label, model, column, said if any(f.name == said for f in model._meta.concrete_fields) else ""


def apart(one: int, other: int) -> None:
    """Two customers have parted: what points to an address that is the other's now keeps the words alone."""
    for _, model, column, said in _pointing():
        if said:
            theirs = model._base_manager.filter(customer__in=(one, other)).exclude(
                **{f"{column.name}__customer": F("customer")}
            )
            theirs.exclude(**{column.attname: None}).update(**{column.attname: None})


def add_back(ctx: Context, fact: Fact) -> None:
    """The undo of adding: the row goes."""
    Address.objects.filter(pk=int(fact.subject_id or 0)).delete()


def bring_back(ctx: Context, fact: Fact) -> None:
    """The undo of removing: the row as it was, under its number, and what pointed to it does so again, unless it has been
    given another address since, or is another customer's."""
    if not hasattr(fact, "words"):
        raise Conflict(ERASED)
    row = dict(fact.words.body["row"])
    for name in ("lon", "lat"):
        row[name] = Decimal(row[name]) if row[name] is not None else None
    back = Address.objects.create(
        pk=int(fact.subject_id or 0),
        customer_id=reads.fetch(ctx.actor, int(fact.customer_id or 0)).pk,
        at=fact.happened_at,
        by_id=fact.actor_id,
        **row,
    )
    held = fact.words.body.get("held") or {}  # an older fact does not say
    for label, model, column, said in _pointing():
        if said:
            here = model._base_manager.filter(pk__in=held.get(label, ()), customer=back.customer_id)
            here.filter(**{column.attname: None, said: back.address}).update(**{column.attname: back.pk})
