"""The plain registers: products, promotions, stock for the kit and its ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F
from pydantic import model_validator

from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Bad,
    Context,
    Invalid,
    NotFound,
    Text,
    action,
    ask,
    ref,
)

from .. import reads, words
from ..inputs import Line, Lines, Month
from ..models import Account, Contact, Product, Promotion, StockItem, StockMovement
from ..reads.gifts import given
from .changes import filled, put
from .work import contact_of, visit_of


def _row(model: Any, id: int | None, kind: str) -> Any:
    if id is None:
        return None
    row = model.objects.filter(pk=id).first()
    if row is None:
        raise NotFound(kind, id)
    return row


def _write(
    model: Any, row: Any, values: dict[str, Any], unique: str = ""
) -> tuple[Any, list[dict[str, Any]]]:
    """Save a register's row from values; Invalid where its name is taken by another."""
    if unique:
        twin = model.objects.filter(**{f"{unique}__iexact": values[unique]}).exclude(
            pk=getattr(row, "pk", None)
        )
        if twin.exists():
            raise Invalid.field(unique, "已有同名的一条", "There is one of this name")
    if row is None:
        row = model(**values)
        changes = filled(row, list(values))
    else:
        changes = put(row, values)
    row.save()
    return row, changes


@action
class SaveProduct(Action):
    """Enter or change a product or service."""

    name = "products.save"
    label = Text("保存产品", "Save product")
    permission = "registers.manage"
    writes = ("product.saved",)
    subject = "product"

    class Input(ActionInput):
        product: int | None = ask("产品", "Product", None, of="product", widget="hidden")
        name: Line = ask("名称", "Name", min_length=1, max_length=80)
        code: Line = ask("编号", "Code", "", max_length=40)
        kind: words.ProductCode = ask(
            "类型", "Kind", "product", choices=words.pairs(words.PRODUCT_KINDS), widget="chips"
        )
        text: Lines = ask("说明", "Description", "", max_length=1000, widget="textarea")
        active: bool = ask("在售", "On offer", True)

    def load(self, ctx: Context, data: Any) -> Product | None:
        return _row(Product, data.product, "product")

    def run(self, ctx: Context, data: Any, subject: Product | None) -> Product:
        values = {f: getattr(data, f) for f in ("name", "code", "kind", "text", "active")}
        row, changes = _write(Product, subject, values, "name")
        if changes:
            ctx.emit(
                "product.saved",
                subject=("product", row.pk),
                data={"product": ref(row.pk), "kind": row.kind, "active": row.active},
                texts={"name": row.name, "changes": changes},
            )
        return row


@dataclass(frozen=True)
class PromotionValues:
    month: str
    audience: str
    narrowed: bool
    reason_given: bool


@action
class SavePromotion(Action):
    """Enter or change a promotion of a month. Its audience is every active customer; narrowing needs a reason."""

    name = "promotions.save"
    label = Text("保存促销政策", "Save promotion")
    permission = "registers.manage"
    writes = ("promotion.saved",)
    subject = "promotion"
    gate_values = PromotionValues

    class Input(ActionInput):
        promotion: int | None = ask("促销", "Promotion", None, of="promotion", widget="hidden")
        title: Line = ask("标题", "Title", min_length=1, max_length=80)
        month: Month = ask("月份", "Month", max_length=7, hint=Text("例如 2026-03", "Such as 2026-03"))
        starts_on: date = ask("开始", "From", widget="date")
        ends_on: date = ask("结束", "To", widget="date")
        text: Lines = ask("内容", "Text", min_length=1, max_length=4000, widget="textarea")
        audience: words.AudienceCode = ask(
            "面向", "Audience", "all", choices=words.pairs(words.AUDIENCES), widget="select"
        )
        audience_reason: Line = ask("缩小范围的理由", "Why not everybody", "", max_length=200)
        active: bool = ask("有效", "In use", True)

        @model_validator(mode="after")
        def _fits(self) -> Any:
            if self.ends_on < self.starts_on:
                raise Bad("结束日期早于开始日期", "It ends before it begins")
            if self.audience != "all" and not self.audience_reason:
                raise Bad(
                    "不面向全部在册客户时，请写明理由", "Please say why not every active customer is told"
                )
            return self

    def load(self, ctx: Context, data: Any) -> Promotion | None:
        return _row(Promotion, data.promotion, "promotion")

    def gate(self, ctx: Context, data: Any, subject: Promotion | None) -> PromotionValues:
        return PromotionValues(data.month, data.audience, data.audience != "all", bool(data.audience_reason))

    def run(self, ctx: Context, data: Any, subject: Promotion | None) -> Promotion:
        fields = ("title", "month", "starts_on", "ends_on", "text", "audience", "audience_reason", "active")
        row, changes = _write(Promotion, subject, {f: getattr(data, f) for f in fields})
        if changes:
            ctx.emit(
                "promotion.saved",
                subject=("promotion", row.pk),
                data={
                    "promotion": ref(row.pk),
                    "month": row.month,
                    "starts_on": row.starts_on.isoformat(),
                    "ends_on": row.ends_on.isoformat(),
                    "audience": row.audience,
                    "narrowed": row.audience != "all",
                    "active": row.active,
                },
                texts={"title": row.title, "reason": row.audience_reason, "changes": changes},
            )
        return row


@action
class SaveItem(Action):
    """Enter or change an item of the kit's stock. Quantities change by receipts and issues only."""

    name = "stock.save"
    label = Text("保存物资", "Save stock item")
    permission = "registers.manage"
    writes = ("stock.saved",)
    subject = "item"

    class Input(ActionInput):
        item: int | None = ask("物资", "Item", None, of="item", widget="hidden")
        name: Line = ask("名称", "Name", min_length=1, max_length=80)
        kind: words.ItemCode = ask(
            "类别", "Kind", "promotional", choices=words.pairs(words.ITEM_KINDS), widget="select"
        )
        unit: Line = ask("单位", "Unit", "件", min_length=1, max_length=10)
        value: Decimal = ask(
            "单价（元）",
            "Value apiece (yuan)",
            Decimal(0),
            ge=0,
            max_digits=9,
            decimal_places=2,
            widget="money",
        )
        low: int = ask("低于多少提醒", "Warn below", 0, ge=0, le=1_000_000)
        active: bool = ask("在用", "In use", True)

    def load(self, ctx: Context, data: Any) -> StockItem | None:
        return _row(StockItem, data.item, "item")

    def run(self, ctx: Context, data: Any, subject: StockItem | None) -> StockItem:
        values = {f: getattr(data, f) for f in ("name", "kind", "unit", "value", "low", "active")}
        row, changes = _write(StockItem, subject, values, "name")
        if changes:
            ctx.emit(
                "stock.saved",
                subject=("item", row.pk),
                data={"item": ref(row.pk), "kind": row.kind, "active": row.active},
                texts={"name": row.name, "changes": changes},
            )
        return row


@action
class Receive(Action):
    """Take new pieces into stock."""

    name = "stock.receive"
    label = Text("入库", "Receive stock")
    permission = "registers.manage"
    writes = ("stock.received",)
    subject = "item"

    class Input(ActionInput):
        item: int = ask("物资", "Item", of="item")
        quantity: int = ask("数量", "Quantity", ge=1, le=1_000_000)
        note: Line = ask("说明", "Note", "", max_length=200)

    def load(self, ctx: Context, data: Any) -> StockItem:
        return _row(StockItem, data.item, "item")

    def run(self, ctx: Context, data: Any, subject: StockItem) -> StockItem:
        subject.quantity += data.quantity
        subject.save(update_fields=["quantity"])
        StockMovement.objects.create(
            item=subject,
            quantity=data.quantity,
            balance=subject.quantity,
            at=ctx.happened_at,
            by=ctx.actor,
            note=data.note,
        )
        ctx.emit(
            "stock.received",
            subject=("item", subject.pk),
            data={"item": ref(subject.pk), "quantity": data.quantity, "balance": subject.quantity},
            texts={"name": subject.name, "note": data.note},
        )
        return subject


def _fen(yuan: Decimal) -> int:
    return int(yuan * 100)


@dataclass(frozen=True)
class IssueValues:
    gift: bool
    quantity: int
    kind: str
    value_fen: int
    has_customer: bool
    customer_kinds: list[str]
    grade: str
    has_contact: bool
    contact_gifts_fen: int
    customer_gifts_fen: int


@dataclass(frozen=True)
class Issuing:
    """What goes out, and to whom."""

    item: StockItem
    customer: Account | None
    contact: Contact | None


@action
class Issue(Action):
    """Take items out of stock for a customer or for the road; never more than there are."""

    name = "materials.issue"
    label = Text("领用物资", "Issue material")
    permission = "materials.issue"
    writes = ("material.issued",)
    subject = "item"
    gate_values = IssueValues

    class Input(ActionInput):
        item: int = ask("物资", "Item", of="item")
        quantity: int = ask("数量", "Quantity", 1, ge=1, le=100_000)
        customer: int | None = ask("客户", "Customer", None, of="customer", widget="customer")
        contact: int | None = ask("联系人", "Contact", None, of="contact", widget="contact")
        gift: bool = ask("作为礼品赠送", "Given as a gift", False)
        note: Line = ask("说明", "Note", "", max_length=200)
        visit: int | None = ask("拜访", "Visit", None, of="visit", widget="hidden")

        @model_validator(mode="after")
        def _whom(self) -> Any:
            if self.gift and self.customer is None:
                raise Bad("礼品要写明送给哪位客户", "Please say which customer gets the gift")
            if self.contact is not None and self.customer is None:
                raise Bad("请先选择这位联系人的客户", "Please choose the contact's customer first")
            return self

    def load(self, ctx: Context, data: Any) -> Issuing:
        customer = None if data.customer is None else reads.fetch(ctx.actor, data.customer, self.permission)
        item = _row(StockItem, data.item, "item")
        return Issuing(item, customer, contact_of(customer, data.contact) if customer else None)

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        """A gift is judged, and an exception asked for, as the person's to whom it goes; anything else as the item's."""
        if data.gift and data.contact is not None:
            return ("contact", data.contact, data.customer)
        return ("customer", data.customer, data.customer) if data.gift else ("item", data.item, data.customer)

    def gate(self, ctx: Context, data: Any, subject: Issuing) -> IssueValues:
        """contact_gifts_fen, customer_gifts_fen: what either was given this calendar year, without this one."""
        item, customer, contact = subject.item, subject.customer, subject.contact
        return IssueValues(
            data.gift,
            data.quantity,
            item.kind,
            _fen(item.value * data.quantity),
            customer is not None,
            customer.kinds if customer else [],
            customer.grade if customer else "",
            contact is not None,
            _fen(given(ctx.happened_at, contact=contact.pk)) if data.gift and contact else 0,
            _fen(given(ctx.happened_at, customer=customer.pk)) if data.gift and customer else 0,
        )

    def run(self, ctx: Context, data: Any, subject: Issuing) -> StockMovement:
        item, customer, contact = subject.item, subject.customer, subject.contact
        if not item.active:
            raise Invalid.field("item", "这种物资已停用", "This item is no longer in use")
        taken = StockItem.objects.filter(pk=item.pk, quantity__gte=data.quantity).update(
            quantity=F("quantity") - data.quantity
        )
        if not taken:
            raise Invalid.field(
                "quantity",
                f"库存不足：{item.name}只剩 {item.quantity} {item.unit}",
                f"Not enough in stock: {item.quantity} left",
            )
        movement = StockMovement.objects.create(
            item=item,
            quantity=-data.quantity,
            balance=item.quantity - data.quantity,
            at=ctx.happened_at,
            by=ctx.actor,
            customer=customer,
            contact=contact,
            visit_id=visit_of(ctx, customer, data.visit),
            gift=data.gift,
            value=item.value * data.quantity,
            note=data.note,
        )
        ctx.emit(
            "material.issued",
            subject=("item", item.pk),
            customer=customer.pk if customer else None,
            data={
                "item": ref(item.pk),
                "quantity": data.quantity,
                "visit": ref(data.visit),
                "contact": ref(contact.pk if contact else None),
                "gift": data.gift,
                "kind": item.kind,
                "value_fen": _fen(item.value * data.quantity),
            },
            texts={"name": item.name, "note": data.note},
        )
        return movement


@action
class GiveBack(Action):
    """Take something that was issued back into stock: it was entered by mistake, or came back. The line stays, and no
    longer counts."""

    name = "materials.give_back"
    label = Text("退回库存", "Back into stock")
    permission = "materials.issue"
    writes = ("material.given_back",)
    subject = "item"

    class Input(ActionInput):
        movement: int = ask("台账行", "Line of the ledger", of="movement", widget="hidden")
        note: Line = ask("原因", "Why", min_length=1, max_length=200)

    def load(self, ctx: Context, data: Any) -> StockMovement:
        row = StockMovement.objects.filter(pk=data.movement, quantity__lt=0).select_related("item").first()
        if row is None:
            raise NotFound("movement", data.movement)
        if row.customer_id is None:
            if row.by_id != ctx.actor.pk and not ctx.actor.may("registers.manage"):
                raise NotFound("movement", data.movement)
            return row
        try:
            reads.fetch(ctx.actor, row.customer_id, self.permission)
        except NotFound:
            raise NotFound("movement", data.movement) from None
        return row

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        if isinstance(subject, StockMovement):
            return ("item", subject.item_id, subject.customer_id)
        return ("item", None, None)

    def run(self, ctx: Context, data: Any, subject: StockMovement) -> StockMovement:
        if StockMovement.objects.filter(back_of=subject.pk).exists():
            raise Invalid.field("", "这一笔已经退回", "This was taken back already")
        pieces = -subject.quantity
        StockItem.objects.filter(pk=subject.item_id).update(quantity=F("quantity") + pieces)
        back = StockMovement.objects.create(
            item=subject.item,
            quantity=pieces,
            balance=subject.item.quantity + pieces,
            at=ctx.happened_at,
            by=ctx.actor,
            customer_id=subject.customer_id,
            contact_id=subject.contact_id,
            visit_id=subject.visit_id,
            gift=subject.gift,
            value=-subject.value,
            note=data.note,
            back_of=subject,
        )
        ctx.emit(
            "material.given_back",
            subject=("item", subject.item_id),
            customer=subject.customer_id,
            data={
                "item": ref(subject.item_id),
                "quantity": pieces,
                "contact": ref(subject.contact_id),
                "gift": subject.gift,
            },
            texts={"name": subject.item.name, "note": data.note},
        )
        return back
