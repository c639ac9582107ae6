"""How each kind of line becomes a row: needs, promises, gifts and prospects go into the customer's own registers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from guanxi.domains.customers.models import Need, StockItem
from guanxi.platform.journal.quick import add
from guanxi.platform.kernel import Context, Forbidden, Invalid, NotFound, Text

from ..lines import LINES, Line
from ..models import Visit, VisitLine, other_day
from ..reads.lines import lines_of
from .common import happening, stated

Maker = Callable[[Context, Visit, Any, VisitLine], None]


def capture_all(ctx: Context, visit: Visit, lines: Sequence[Line]) -> list[VisitLine]:
    """Write the lines of one call; those whose key is known already are left out. Messages name their line."""
    keys = [line.key or f"{ctx.key}-{place}" for place, line in enumerate(lines)]
    known = {line.key: line for line in lines_of(visit.pk)}
    made = []
    for place, (key, line) in enumerate(zip(keys, lines, strict=True)):
        if key not in known:
            known[key] = _one(ctx, visit, line, key, place)
        made.append(known[key])
    return made


def _one(ctx: Context, visit: Visit, line: Line, key: str, place: int) -> VisitLine:
    at = stated(ctx, line.captured_at, f"lines.{place}.captured_at")
    row = VisitLine(
        visit=visit,
        key=key,
        kind=line.kind,  # type: ignore[attr-defined]
        text=getattr(line, "text", ""),
        more=getattr(line, "more", ""),
        code=getattr(line, "code", ""),
        number=getattr(line, "number", None),
        by=ctx.actor,
        captured_at=at,
        recorded_at=ctx.now,
    )
    try:
        with happening(ctx, at):
            _MAKERS.get(row.kind, _as_it_is)(ctx, visit, line, row)
    except Invalid as invalid:
        wrong = {f"lines.{place}.{_FIELDS.get(name, name)}": said for name, said in invalid.errors.items()}
        raise Invalid(wrong) from None
    except NotFound:
        # A colleague who comes along may see the visit without looking after the customer.
        who = visit.who
        raise Forbidden(
            "customers.work",
            text=Text(
                f"您不负责这位客户，{LINES[row.kind].label.zh}请由{who}记录",
                f"You do not look after this customer; please let {who} enter the {LINES[row.kind].label.en.lower()}",
            ),
        ) from None
    add(row)
    ctx.emit(
        "visit.captured",
        subject=("visit", visit.pk),
        customer=visit.customer_id,
        data={"line": row.kind, "same_day": _within_the_day(visit, at, ctx.now)},
        texts={"text": row.text},
        happened_at=at,
    )
    return row


def _within_the_day(visit: Visit, at: datetime, now: datetime) -> bool:
    """Noted on the day of the visit, by what the person's device says; a time put in afterwards does not count as noted."""
    return not other_day(visit.began_at, at) and (not visit.late_entry or not other_day(at, now))


def _as_it_is(ctx: Context, visit: Visit, line: Any, row: VisitLine) -> None:
    pass


def _need(ctx: Context, visit: Visit, line: Any, row: VisitLine) -> None:
    row.need = ctx.act(
        "needs.add",
        {
            "customer": visit.customer_id,
            "what": line.text,
            "product": line.product,
            "source": "visit",
            "customer_view": line.more,
            "contact": visit.contact_id,
            "visit": visit.pk,
        },
    )


def _objection(ctx: Context, visit: Visit, line: Any, row: VisitLine) -> None:
    """Into the register, unless the colleague who notes it does not look after the customer: then it stays with the visit."""
    said = {"what": line.text, "answer": line.more, "state": line.code, "contact": visit.contact_id}
    if line.code == "settled" and not line.more:
        said["help"] = str(Text("拜访中已解决", "Settled at the visit"))
    with suppress(NotFound, Forbidden):
        ctx.act("objections.add", {"customer": visit.customer_id, "visit": visit.pk, **said})


def _promise(ctx: Context, visit: Visit, line: Any, row: VisitLine) -> None:
    made = ctx.act(
        "promises.make",
        {
            "customer": visit.customer_id,
            "what": line.text,
            "due_on": line.due_on,
            "owner": line.owner,
            "contact": visit.contact_id,
            "visit": visit.pk,
        },
    )
    row.promise_id, row.on = made.pk, made.due


def _gift(ctx: Context, visit: Visit, line: Any, row: VisitLine) -> None:
    ctx.act(
        "materials.issue",
        {
            "item": line.item,
            "quantity": line.number,
            "customer": visit.customer_id,
            "contact": visit.contact_id,
            "gift": True,
            "visit": visit.pk,
        },
    )
    row.text = StockItem.objects.get(pk=line.item).name


def _help(ctx: Context, visit: Visit, line: Any, row: VisitLine) -> None:
    if line.need is None:
        return
    row.need = Need.objects.filter(pk=line.need, customer=visit.customer_id).first()
    if row.need is None:
        raise Invalid.field("need", "这不是该客户的需求", "This is not a need of this customer")


def _prospect(ctx: Context, visit: Visit, line: Any, row: VisitLine) -> None:
    made = ctx.act(
        "customers.create",
        {
            "name": line.text,
            "kinds": ["prospect"],
            "contact_name": line.contact,
            "contact_phone": line.phone if line.contact else "",
            "phone": "" if line.contact else line.phone,
            "phone_as_written": True,
            "source": "visit",
            "visit": visit.pk,
        },
    )
    row.account_id, row.more = made.pk, " ".join(part for part in (line.contact, line.phone) if part)


def _site_check(ctx: Context, visit: Visit, line: Any, row: VisitLine) -> None:
    row.code = ",".join(line.checks)


_MAKERS: dict[str, Maker] = {
    "need": _need,
    "objection": _objection,
    "promise": _promise,
    "gift": _gift,
    "help": _help,
    "prospect": _prospect,
    "site_check": _site_check,
}
_FIELDS = {
    "what": "text",
    "customer_view": "more",
    "quantity": "number",
    "name": "text",
    "contact_phone": "phone",
}
"""The customers' names of fields -> those of a line."""
