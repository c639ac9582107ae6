"""Products, promotions and stock: a list each, a short form each, and the ledger of an item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from guanxi.platform.kernel import NotFound, Text, system_clock
from guanxi.platform.ui.filters import ChoiceFilter, TextFilter
from guanxi.platform.ui.lists import Column, Empty, List
from guanxi.platform.ui.parts import Crumb, Tab

from .. import reads, words
from ..models import Product, Promotion, StockItem
from ..models_grouping import Tag
from .lists import answer
from .sending import SAVE, send

TABS = (
    ("products", Text("产品", "Products")),
    ("promotions", Text("促销政策", "Promotions")),
    ("stock", Text("物资", "Stock")),
    ("gifts", Text("礼品台账", "Gifts")),
    ("tags", Text("标签", "Tags")),
    ("competitors", Text("竞争对手", "Competitors")),
)
ONE = {
    "products": Text("产品", "product"),
    "promotions": Text("促销政策", "promotion"),
    "stock": Text("物资", "stock item"),
    "tags": Text("标签", "tag"),
}


def tabs(current: str) -> list[Tab]:
    return [Tab(label, reverse(f"registers.{name}"), name == current) for name, label in TABS]


class Register(List):
    """A register: small, so it is not exported."""

    exportable = False
    edit_page = ""
    key = ""

    def row_url(self, row: Any) -> str:
        person: Any = self.request.user
        if not person.may("registers.manage"):
            return ""
        return reverse(self.edit_page, kwargs={self.key: row.pk})


class Products(Register):
    name = "products"
    label = Text("产品", "Products")
    edit_page, key = "registers.product", "product"
    columns = (
        Column("name", Text("名称", "Name"), sort="name", lead=True),
        Column("code", Text("编号", "Code"), sort="code"),
        Column("kind", Text("类型", "Kind"), value=lambda p: words.PRODUCT_KINDS[p.kind]),
        Column("text", Text("说明", "Description"), phone=False),
        Column(
            "state", Text("状态", "State"), value=lambda p: "active" if p.active else "inactive", form="state"
        ),
    )
    filters = (ChoiceFilter("kind", Text("类型", "Kind"), "kind", choices=words.pairs(words.PRODUCT_KINDS)),)
    search = ("name", "code")
    sort = "name"
    empty = Empty(
        Text("还没有产品", "No products yet"),
        Text(
            "登记产品和服务，记录需求时就能选到。",
            "Products and services entered here can be chosen when a need is recorded.",
        ),
        "tag",
    )


class Promotions(Register):
    name = "promotions"
    label = Text("促销政策", "Promotions")
    edit_page, key = "registers.promotion", "promotion"
    columns = (
        Column("title", Text("标题", "Title"), lead=True),
        Column("month", Text("月份", "Month"), sort="month"),
        Column("starts_on", Text("开始", "From"), form="day", sort="starts_on"),
        Column("ends_on", Text("结束", "To"), form="day", sort="ends_on"),
        Column("audience", Text("面向", "Audience"), value=lambda p: words.AUDIENCES[p.audience]),
        Column("text", Text("内容", "Text"), phone=False),
        Column(
            "state", Text("状态", "State"), value=lambda p: "active" if p.active else "inactive", form="state"
        ),
    )
    filters = (TextFilter("month", Text("月份", "Month"), "month"),)
    search = ("title", "text")
    sort = "-month"
    empty = Empty(
        Text("还没有促销政策", "No promotions yet"),
        Text(
            "登记每月的促销政策，拜访前每个人都要先读。",
            "Everybody who visits reads the month's promotions first.",
        ),
        "send",
    )


class Stock(Register):
    name = "stock"
    label = Text("物资", "Stock")
    columns = (
        Column("name", Text("名称", "Name"), sort="name", lead=True),
        Column("kind", Text("类别", "Kind"), value=lambda i: words.ITEM_KINDS[i.kind], sort="kind"),
        Column("quantity", Text("库存", "In stock"), form="number", sort="quantity"),
        Column("unit", Text("单位", "Unit")),
        Column("value", Text("单价", "Value"), form="money", phone=False),
        Column("low", Text("提醒", "Note"), value=lambda i: "stock_low" if i.active and i.quantity <= i.low else "",
               form="state"),
        Column("state", Text("状态", "State"), value=lambda i: "active" if i.active else "inactive", form="state"),
    )  # fmt: skip
    filters = (ChoiceFilter("kind", Text("类别", "Kind"), "kind", choices=words.pairs(words.ITEM_KINDS)),)
    search = ("name",)
    sort = "name"
    empty = Empty(
        Text("还没有物资", "No stock yet"),
        Text(
            "登记宣传资料、礼品和工具，领用时逐笔记账，库存不会为负。",
            "Brochures, gifts and tools: each issue is booked, stock never falls below zero.",
        ),
        "package",
    )

    def row_url(self, row: Any) -> str:
        return reverse("registers.item", kwargs={"item": row.pk})


class Tags(Register):
    """The company's tags; how many customers have one counts those that the reader sees."""

    name = "tags"
    label = Text("标签", "Tags")
    edit_page, key = "registers.tag", "tag"
    columns = (
        Column("name", Text("名称", "Name"), sort="name", lead=True),
        Column(
            "customers",
            Text("客户", "Customers"),
            value=lambda t: t.shown_count,
            form="number",
            url=lambda t: f"{reverse('customers.list')}?tag={t.pk}",
        ),
        Column("state", Text("状态", "State"), value=lambda t: "active" if t.active else "inactive", form="state"),
    )  # fmt: skip
    search = ("name",)
    sort = "name"
    empty = Empty(
        Text("还没有标签", "No tags yet"),
        Text(
            "标签由公司统一登记，用来给客户分组；登记后在客户资料和客户列表里就能选。",
            "The company's own words to sort customers by: once entered here, they can be chosen on customers and in the list.",
        ),
        "tag",
    )

    def prepare(self, rows: Sequence[Any]) -> None:
        counts = reads.tag_counts(self.request.user, [row.pk for row in rows])
        for row in rows:
            row.shown_count = counts.get(row.pk, 0)


def register_page(request: HttpRequest, shown: Register, current: str, new: str) -> HttpResponse:
    may = request.user.may("registers.manage")  # type: ignore[union-attr]
    url = reverse(new) if may else ""
    old = shown.empty
    shown.empty = Empty(old.title, old.text, old.icon, Text("新增", "New") if may else Text("", ""), url)  # type: ignore[misc]
    return answer(shown, "customers/register.html", {"register_tabs": tabs(current), "new_url": url})


def products(request: HttpRequest) -> HttpResponse:
    return register_page(
        request, Products(request, Product.objects.all()), "products", "registers.product-new"
    )


def promotions(request: HttpRequest) -> HttpResponse:
    return register_page(
        request, Promotions(request, Promotion.objects.all()), "promotions", "registers.promotion-new"
    )


def stock(request: HttpRequest) -> HttpResponse:
    return register_page(request, Stock(request, StockItem.objects.all()), "stock", "registers.item-new")


def tags(request: HttpRequest) -> HttpResponse:
    return register_page(request, Tags(request, Tag.objects.all()), "tags", "registers.tag-new")


def _row(model: Any, id: int, kind: str) -> Any:
    row = model.objects.filter(pk=id).first()
    if row is None:
        raise NotFound(kind, id)
    return row


def _edit(
    request: HttpRequest, action: str, kind: str, row: Any, fields: Sequence[str], current: str
) -> HttpResponse:
    back = (
        reverse("registers.item", kwargs={"item": row.pk})
        if kind == "item" and row
        else reverse(f"registers.{current}")
    )
    label, one = dict(TABS)[current], ONE[current]
    return send(
        request,
        action,
        None,
        fixed={kind: row.pk} if row else {},
        only=fields,
        initial={f: getattr(row, f) for f in fields} if row else _first(current),
        heading=Text(f"修改{one.zh}", f"Edit {one.en}") if row else Text(f"新增{one.zh}", f"New {one.en}"),
        done=Text("已保存", "Saved"),
        button=SAVE,
        back=back,
        context={
            "crumbs": [
                Crumb(label, reverse(f"registers.{current}")),
                Crumb(str(row) if row else Text("新增", "New")),
            ]
        },
    )


def _first(current: str) -> dict[str, Any]:
    day = timezone.localdate(system_clock())
    return {"month": f"{day:%Y-%m}"} if current == "promotions" else {}


PRODUCT_FIELDS = ("name", "code", "kind", "text", "active")
PROMOTION_FIELDS = ("title", "month", "starts_on", "ends_on", "text", "audience", "audience_reason", "active")
TAG_FIELDS = ("name", "active")
ITEM_FIELDS = ("name", "kind", "unit", "value", "low", "active")


def product(request: HttpRequest, product: int | None = None) -> HttpResponse:
    row = None if product is None else _row(Product, product, "product")
    return _edit(request, "products.save", "product", row, PRODUCT_FIELDS, "products")


def promotion(request: HttpRequest, promotion: int | None = None) -> HttpResponse:
    row = None if promotion is None else _row(Promotion, promotion, "promotion")
    return _edit(request, "promotions.save", "promotion", row, PROMOTION_FIELDS, "promotions")


def tag(request: HttpRequest, tag: int | None = None) -> HttpResponse:
    row = None if tag is None else _row(Tag, tag, "tag")
    return _edit(request, "tags.save", "tag", row, TAG_FIELDS, "tags")


def item_edit(request: HttpRequest, item: int | None = None) -> HttpResponse:
    row = None if item is None else _row(StockItem, item, "item")
    return _edit(request, "stock.save", "item", row, ITEM_FIELDS, "stock")


def item(request: HttpRequest, item: int) -> HttpResponse:
    """An item with its ledger; customers that this person may not see stay unnamed."""
    row = _row(StockItem, item, "item")
    lines = list(row.movements.select_related("by", "customer", "contact")[:100])
    ids = {line.customer_id for line in lines if line.customer_id}
    seen = set(reads.among(request.user, ids).values_list("pk", flat=True))
    context = {
        "item": row,
        "heading": row.name,
        "crumbs": [Crumb(Text("物资", "Stock"), reverse("registers.stock")), Crumb(row.name)],
        "kind": words.ITEM_KINDS[row.kind],
        "lines": [(line, line.customer_id in seen) for line in lines],
        "may_manage": request.user.may("registers.manage"),  # type: ignore[union-attr]
        "may_issue": request.user.may("materials.issue"),  # type: ignore[union-attr]
        "now": system_clock(),
    }
    return render(request, "customers/item.html", context)


def receive(request: HttpRequest, item: int) -> HttpResponse:
    row = _row(StockItem, item, "item")
    return _movement(request, "stock.receive", row, ("quantity", "note"), Text("已入库", "Received"))


def issue(request: HttpRequest, item: int) -> HttpResponse:
    row = _row(StockItem, item, "item")
    return _movement(
        request,
        "materials.issue",
        row,
        ("quantity", "customer", "contact", "gift", "note"),
        Text("已领用", "Issued"),
    )


def _movement(
    request: HttpRequest, action: str, row: StockItem, fields: Sequence[str], done: Text
) -> HttpResponse:
    back = reverse("registers.item", kwargs={"item": row.pk})
    return send(
        request,
        action,
        None,
        fixed={"item": row.pk},
        only=fields,
        lead=Text(
            f"{row.name}，库存 {row.quantity} {row.unit}", f"{row.name}, {row.quantity} {row.unit} in stock"
        ),
        done=done,
        back=back,
        template="customers/issue.html" if action == "materials.issue" else "customers/form.html",
        context={"crumbs": [Crumb(Text("物资", "Stock"), reverse("registers.stock")), Crumb(row.name, back)]},
    )
