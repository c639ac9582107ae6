"""The list of orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from guanxi.platform.kernel import Text
from guanxi.platform.ui.filters import ChoiceFilter, DateFilter, Filter, NumberFilter, TextFilter
from guanxi.platform.ui.lists import Column, Empty, List, Total, View

from .. import words
from ..models import Order
from ..reads import total


class Orders(List):
    name = "orders"
    label = Text("订单", "Orders")
    columns = (
        Column("number", Text("订单号", "Order number"), value=lambda o: o.number or f"#{o.pk}", sort="number", lead=True,
               export=lambda o: o.number),
        Column("customer", Text("客户", "Customer"), value=lambda o: o.customer.called,
               url=lambda o: reverse("customers.detail", kwargs={"customer": o.customer_id})),
        Column("customer_id", Text("客户编号", "Id of the customer"), form="number", shown=False),
        Column("ordered_on", Text("日期", "Date"), sort="ordered_on", form="day"),
        Column("amount", Text("金额", "Amount"), value=lambda o: words.money(o.amount, o.currency), sort="amount",
               export=lambda o: o.amount),
        Column("currency", Text("币种", "Currency"), value=lambda o: words.CURRENCIES.get(o.currency, o.currency),
               shown=False),
        Column("what", Text("订购内容", "What was ordered"), phone=False),
        Column("status", Text("状态", "Status"), value=lambda o: words.STATUSES[o.status], sort="status"),
        Column("who", Text("经手人", "Taken by"), phone=False),
        Column("note", Text("备注", "Note"), shown=False),
        Column("brought", Text("导入", "Brought in"), value=lambda o: words.BROUGHT if o.brought_by else "", shown=False),
    )  # fmt: skip
    filters: Sequence[Filter] = (  # type: ignore[misc]
        DateFilter(
            "day",
            Text("日期", "Date"),
            "ordered_on",
            offers=("month", "past30"),
            older=Text("{n} 天以前", "over {n} days ago"),
        ),
        ChoiceFilter("status", Text("状态", "Status"), "status", choices=words.pairs(words.STATUSES)),
        NumberFilter("amount", Text("金额", "Amount"), "amount"),
        ChoiceFilter("currency", Text("币种", "Currency"), "currency", choices=words.pairs(words.CURRENCIES)),
        TextFilter("customer", Text("客户", "Customer"), "customer__name"),
        TextFilter("product", Text("产品", "Product"), "product__name", empty=True),
        TextFilter("goods", Text("订购内容", "What was ordered"), "goods", empty=True),
        TextFilter("who", Text("经手人", "Taken by"), "person__name"),
    )
    views: ClassVar[Sequence[View]] = (
        View("open", Text("进行中", "Open"), {"status": "open"}),
        View("month", Text("本月", "This month"), {"day": "month"}),
    )
    totals: ClassVar[Sequence[Total]] = (
        Total(Text("人民币合计（不含已取消）", "Renminbi, without cancelled ones"), total, "money"),
    )
    search = ("number", "goods", "customer__name")
    search_label = Text("订单号、内容、客户", "Order number, goods, customer")
    sort = "-ordered_on"

    def __init__(self, request: HttpRequest, rows: QuerySet[Order], **how: Any) -> None:
        super().__init__(request, rows, **how)
        person: Any = request.user
        self.exportable = person.may("customers.export")  # type: ignore[misc]
        may = person.may("customers.work")
        self.empty = Empty(  # type: ignore[misc]
            Text("还没有订单", "No orders yet"),
            Text(
                "在客户页登记订单，或把以往的订单从表格导入。",
                "Enter orders on a customer's page, or bring past ones in from a spreadsheet.",
            ),
            "truck",
            Text("登记订单", "Enter an order") if may else Text("", ""),
            reverse("orders.new") if may else "",
        )

    def row_url(self, row: Any) -> str:
        return reverse("orders.detail", kwargs={"order": row.pk})
