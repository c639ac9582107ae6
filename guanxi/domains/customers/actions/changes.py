"""What changed, for rows, facts and the timeline."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.quick import change
from guanxi.platform.kernel import Conflict, Context, Text
from guanxi.platform.ownfields import values as own
from guanxi.platform.people.models import Person

from .. import reads, words
from ..models import Account, Contact
from .finding import index

Change = dict[str, Any]


def plain(value: Any) -> Any:
    """A row's value as a fact's text holds it: no floats, no objects."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, list | bool | int) or value is None:
        return value
    return str(value)


def put(row: Any, new: dict[str, Any]) -> list[Change]:
    """Set the fields that differ; what was before and after."""
    changes: list[Change] = []
    for field, value in new.items():
        before = getattr(row, field)
        if before == value:
            continue
        setattr(row, field, value)
        changes.append({"field": field, "before": plain(before), "after": plain(value)})
    return changes


def filled(row: Any, fields: list[str]) -> list[Change]:
    """The first values of a new row, as changes from nothing."""
    return [
        {"field": field, "before": None, "after": plain(getattr(row, field))}
        for field in fields
        if getattr(row, field) not in ("", None, [], False)
    ]


def check_version(row: Account | Contact, version: int | None, kind: str) -> None:
    """Conflict where somebody saved the row meanwhile: who, when and which fields."""
    if version is None or version == row.version:
        return
    later = [
        fact
        for fact in Fact.objects.filter(
            subject_kind="customer" if isinstance(row, Account) else "contact", subject_id=row.pk, kind=kind
        ).order_by("-seq")[:20]
        if fact.data.get("version", 0) > version
    ]
    fields = list(dict.fromkeys(f for fact in reversed(later) for f in fact.data.get("changed", [])))
    of = "customer" if isinstance(row, Account) else "contact"
    names = [words.FIELDS.get(f) or own.label(of, f) or Text(f, f) for f in fields]
    actor = later[0].actor_id if later else None
    who = Person.objects.filter(pk=actor).values_list("name", flat=True).first() if actor else ""
    raise Conflict(
        Text(
            f"您打开之后，{who or '有人'}改了：{'、'.join(n.zh for n in names) or '这条资料'}。请核对后再保存。",
            f"Since you opened this, {who or 'somebody'} changed: {', '.join(n.en for n in names) or 'this record'}. "
            "Please check and save again.",
        )
    )


def people_changed(ctx: Context, account: Account) -> None:
    """After a change to its people: the index, and how the card stands, with a fact where that changed."""
    people = reads.contacts_of(account.pk)
    index(account, people)
    percent = reads.percent_of(reads.missing_fields(account, people))
    valid = reads.is_valid(account, people)
    if (percent, valid) == (account.card_percent, account.card_valid):
        return
    account.card_percent, account.card_valid = percent, valid
    save(account, ["contacts"], ctx.now)
    emit_updated(ctx, account, ["contacts"], [])


def save(account: Account, fields: list[str], now: datetime) -> None:
    """Save with the next version; `fields` only says that something changed."""
    account.version += 1
    account.updated_at = now
    change(account)


def emit_updated(ctx: Context, account: Account, changed: list[str], changes: list[Change]) -> None:
    """customer.updated with what conditions read."""
    ctx.emit(
        "customer.updated",
        subject=("customer", account.pk),
        customer=account.pk,
        data={
            "changed": changed,
            "kinds": account.kinds,
            "area": account.area,
            "key": account.key,
            "card_percent": account.card_percent,
            "card_valid": account.card_valid,
            "version": account.version,
            **own.to_journal("customer", account.own, own.changed_keys(changes)),
        },
        texts={"changes": changes},
    )
