"""Orders are entered, amended and removed; a removal keeps its reason, and each can be taken back for ten minutes."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.utils import timezone

from guanxi.domains.customers import reads as customers
from guanxi.domains.customers.actions.changes import plain
from guanxi.domains.customers.actions.undo import Way, declare
from guanxi.domains.customers.inputs import Line, Lines
from guanxi.domains.customers.models import Account, Product
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Conflict,
    Context,
    Invalid,
    Text,
    action,
    ask,
    ref,
)
from guanxi.platform.people.models import Person
from guanxi.platform.people.reads import at_work
from guanxi.platform.people.standing_in import for_whom

from . import reads, words
from .models import Order

WORK = reads.WORK
COLUMNS = (
    "number",
    "ordered_on",
    "amount",
    "currency",
    "product_id",
    "goods",
    "status",
    "person_id",
    "taken_by",
    "note",
)
"""What an order says; the columns of its row that people fill."""
MAY_BE_EMPTY = ("number", "product", "goods", "person", "taken_by", "note")


class OrderFields(ActionInput):
    """What can be said of an order."""

    number: Line = ask("订单号", "Order number", "", max_length=60)
    ordered_on: date | None = ask(
        "日期", "Date", None, widget="date", hint=Text("留空为今天", "Empty for today")
    )
    amount: Decimal | None = ask(
        "金额",
        "Amount",
        None,
        widget="number",
        max_digits=14,
        decimal_places=2,
        hint=Text("退货填负数", "Below nothing for returned goods"),
    )
    currency: words.CurrencyCode = ask(
        "币种", "Currency", words.HOME, choices=words.pairs(words.CURRENCIES), widget="select"
    )
    product: int | None = ask("产品或服务", "Product or service", None, of="product")
    goods: Line = ask("订购内容", "What was ordered", "", max_length=300)
    status: words.StatusCode = ask(
        "状态", "Status", "open", choices=words.pairs(words.STATUSES), widget="chips"
    )
    person: int | None = ask("经手人", "Taken by", None, of="person", widget="person")
    taken_by: Line = ask(
        "经手人（不在系统中）",
        "Taken by (nobody here)",
        "",
        max_length=60,
        hint=Text("如已离职的同事、代理商", "A former colleague or an agent, say"),
    )
    note: Lines = ask("备注", "Note", "", max_length=500, widget="textarea")


def values_of(ctx: Context, data: Any, given: set[str], *, field: str = "") -> dict[str, Any]:
    """The columns that an input fills. Invalid for a day ahead, an unknown product or person."""
    found: dict[str, Any] = {
        name: getattr(data, name) for name in given & {*COLUMNS} if getattr(data, name) is not None
    }
    if (day := found.get("ordered_on")) is not None and day > timezone.localdate(ctx.now):
        raise Invalid.field("ordered_on", "这一天还没有到", "This day has not come yet")
    if "product" in given and data.product is not None:
        if not Product.objects.filter(pk=data.product).exists():
            raise Invalid.field("product", "没有这种产品或服务", "There is no such product or service")
        found["product_id"] = data.product
    if "person" in given and data.person is not None:
        if at_work(data.person) is None:
            raise Invalid.field("person", "找不到这位同事", "There is no such colleague")
        found["person_id"] = data.person
    return found


def others(number: str, own: int | None) -> bool:
    """Whether another order has this number."""
    found = Order.objects.filter(number=number)
    return (found if own is None else found.exclude(pk=own)).exists()


def check_number(number: str, own: int | None = None) -> None:
    """Invalid where another order has this number."""
    if number and others(number, own):
        raise Invalid.field("number", "已有这个订单号", "There is an order of this number")


def happened(day: date, now: datetime) -> datetime:
    """When an order of this day happened: at its beginning, in the company's zone."""
    return min(timezone.make_aware(datetime.combine(day, time.min)), now)


def fields_of(order: Order) -> dict[str, Any]:
    """An order as facts hold it."""
    return {
        "ordered_on": order.ordered_on.isoformat(),
        "amount": plain(order.amount),
        "currency": order.currency,
        "status": order.status,
        "product": ref(order.product_id),
        "person": ref(order.person_id),
    }


def enter(ctx: Context, account: Account, values: dict[str, Any], *, brought_by: int | None = None) -> Order:
    """A new order, and its fact: of the day it was given, recorded now. brought_by: the import it comes from."""
    order = Order(customer=account, created_at=ctx.now, updated_at=ctx.now, brought_by=brought_by, **values)
    order.save()
    ctx.emit(
        "order.added" if brought_by is None else "order.brought",
        subject=("order", order.pk),
        customer=account.pk,
        data=fields_of(order) | ({} if brought_by is None else {"import": str(brought_by)}),
        texts={
            "number": order.number,
            "goods": order.what,
            "sum": words.money(order.amount, order.currency),
        },
        happened_at=happened(order.ordered_on, ctx.now),
    )
    return order


def amend(ctx: Context, order: Order, new: dict[str, Any]) -> Order:
    """Put other values into an order, and say which."""
    before = raw(order)
    shown = _shown(order)
    for name, value in new.items():
        setattr(order, name, value)
    after = raw(order)
    changed = [name for name in COLUMNS if before[name] != after[name]]
    if not changed:
        return order
    order.version += 1
    order.updated_at = ctx.now
    order.save()
    order.refresh_from_db()
    said = _shown(order)
    ctx.emit(
        "order.updated",
        subject=("order", order.pk),
        customer=order.customer_id,
        data={**fields_of(order), "changed": changed, "version": order.version},
        texts={
            "number": order.number,
            "changes": [
                {"field": name, "before": shown[name], "after": said[name]}
                for name in said
                if shown[name] != said[name]
            ],
            "before": {name: before[name] for name in changed},
        },
    )
    return order


def raw(order: Order) -> dict[str, Any]:
    """The filled columns as text beside a fact keeps them."""
    return {name: plain(getattr(order, name)) for name in COLUMNS}


def unraw(values: dict[str, Any]) -> dict[str, Any]:
    """Columns from what `raw` kept."""
    found = dict(values)
    if "ordered_on" in found:
        found["ordered_on"] = date.fromisoformat(found["ordered_on"])
    if "amount" in found:
        found["amount"] = Decimal(found["amount"])
    return found


def _shown(order: Order) -> dict[str, Any]:
    """What is told of changes: names in place of numbers of rows."""
    found = {name: plain(getattr(order, name)) for name in COLUMNS if not name.endswith("_id")}
    return found | {"product": order.product.name if order.product else "", "taken_by": order.who}


@action
class Add(Action):
    """Enter an order of a customer, of today or an earlier day."""

    name = "orders.add"
    label = Text("登记订单", "Enter an order")
    permission = WORK
    writes = ("order.added",)
    subject = "order"

    class Input(OrderFields):
        customer: int = ask("客户", "Customer", of="customer", widget="customer")
        amount: Decimal = ask(
            "金额",
            "Amount",
            widget="number",
            max_digits=14,
            decimal_places=2,
            hint=Text("退货填负数", "Below nothing for returned goods"),
        )

    def load(self, ctx: Context, data: Any) -> Account:
        account = customers.fetch(ctx.actor, data.customer, self.permission)
        for_whom(ctx, account.manager_id)
        return account

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        return ("order", getattr(subject, "pk", None) if isinstance(subject, Order) else None, data.customer)

    def run(self, ctx: Context, data: Any, subject: Account) -> Order:
        values = values_of(ctx, data, set(type(data).model_fields))
        values.setdefault("ordered_on", timezone.localdate(ctx.now))
        if data.person is None and not data.taken_by and isinstance(ctx.actor, Person):
            values["person_id"] = ctx.actor.pk
        check_number(data.number)
        return enter(ctx, subject, values)


class OnOrder(Action):
    """Base of what is done with one order."""

    permission = WORK
    subject = "order"

    def load(self, ctx: Context, data: Any) -> Order:
        order = reads.fetch(ctx.actor, data.order, self.permission)
        for_whom(ctx, order.customer.manager_id)
        return order

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        customer = subject.customer_id if isinstance(subject, Order) else getattr(subject, "pk", None)
        return ("order", data.order, customer)


@action
class Change(OnOrder):
    """Amend an order. What is not given stays; `clear` names what is to be emptied."""

    name = "orders.change"
    label = Text("修改订单", "Amend the order")
    writes = ("order.updated",)

    class Input(OrderFields):
        order: int = ask("订单", "Order", of="order", widget="hidden")
        clear: list[str] = ask(
            "清空的字段",
            "Fields to empty",
            [],
            choices=[(name, words.FIELDS.get(name, Text(name, name))) for name in MAY_BE_EMPTY],
            widget="hidden",
        )
        version: int | None = ask("打开时的版本", "Version it was opened at", None, widget="hidden")

    def run(self, ctx: Context, data: Any, subject: Order) -> Order:
        if data.version is not None and data.version != subject.version:
            raise Conflict(
                Text(
                    "有人刚刚改过这个订单，请核对后再保存",
                    "Somebody has just changed this order; look again before saving",
                )
            )
        given = {name for name in data.model_fields_set if getattr(data, name) not in ("", None)}
        values = values_of(ctx, data, given)
        for name in data.clear:
            if name in ("product", "person"):
                values[f"{name}_id"] = None
            else:
                values[name] = ""
        check_number(values.get("number", ""), subject.pk)
        return amend(ctx, subject, values)


@action
class Remove(OnOrder):
    """Remove an order that should not be there, with the reason; what it said stays in the journal."""

    name = "orders.remove"
    label = Text("删除订单", "Remove the order")
    writes = ("order.removed",)

    class Input(ActionInput):
        order: int = ask("订单", "Order", of="order", widget="hidden")
        reason: Line = ask("原因", "Reason", min_length=1, max_length=200)

    def run(self, ctx: Context, data: Any, subject: Order) -> Account:
        ctx.emit(
            "order.removed",
            subject=("order", subject.pk),
            customer=subject.customer_id,
            data=fields_of(subject),
            texts={
                "number": subject.number,
                "sum": words.money(subject.amount, subject.currency),
                "reason": data.reason,
                "row": {**raw(subject), "version": subject.version, "brought_by": subject.brought_by}
                | {"created_at": subject.created_at.isoformat()},
            },
        )
        account: Account = subject.customer
        subject.delete()
        return account


# --- Taking back -----------------------------------------------------------------------------------------------------


def gone(ctx: Context, fact: Fact) -> None:
    """An order that was entered goes."""
    Order.objects.filter(pk=int(fact.subject_id or 0)).delete()


def as_before(ctx: Context, fact: Fact) -> None:
    """An order gets back the values that a change replaced."""
    order = Order.objects.filter(pk=int(fact.subject_id or 0)).first()
    before = fact.words.body.get("before") if hasattr(fact, "words") else None
    if order is None or before is None:
        raise _cannot()
    check_free(before.get("number", ""), order.pk)
    for name, value in unraw(before).items():
        setattr(order, name, value)
    order.version += 1
    order.updated_at = ctx.now
    order.save()


def _removed_back(ctx: Context, fact: Fact) -> None:
    row = fact.words.body.get("row") if hasattr(fact, "words") else None
    customer = fact.customer_id or 0
    customer = customers.followed([customer]).get(customer, customer)
    if row is None or not Account.objects.filter(pk=customer).exists():
        raise _cannot()
    check_free(row.get("number", ""))
    created = datetime.fromisoformat(row.pop("created_at"))
    order = Order(
        pk=int(fact.subject_id or 0),
        customer_id=customer,
        created_at=created,
        updated_at=ctx.now,
        **unraw(row),
    )
    order.save(force_insert=True)


def check_free(number: str, own: int | None = None) -> None:
    """Conflict where another order has taken the number since."""
    if number and others(number, own):
        raise Conflict(
            Text(f"订单号 {number} 之后已用于另一个订单", f"Another order has the number {number} since")
        )


def _cannot() -> Conflict:
    return Conflict(
        Text("原来的内容已不在，不能撤销", "What stood there before is gone: it cannot be undone")
    )


declare("order.added", Way(gone))
declare("order.updated", Way(as_before))
declare("order.removed", Way(_removed_back))
