"""The gift ledger: what was given to whom, and what the yearly limit leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from guanxi.platform.kernel import Text, system_clock
from guanxi.platform.ui.filters import DateFilter, TextFilter
from guanxi.platform.ui.lists import Column, Empty, List
from guanxi.platform.ui.templatetags.t import money

from .. import reads
from ..models import StockMovement
from ..reads import gifts
from .lists import answer
from .registers import tabs


class Gifts(List):
    """Gifts, each with what the contact was given in its calendar year and what the limit left of that."""

    name = "gifts"
    label = Text("礼品台账", "Gift ledger")
    columns = (
        Column("at", Text("时间", "When"), sort="at", form="when", lead=True),
        Column("customer", Text("客户", "Customer"), value=lambda m: m.customer.called),
        Column("contact", Text("联系人", "Contact"), value=lambda m: m.contact.name if m.contact else ""),
        Column("item", Text("礼品", "Gift"), value=lambda m: m.item.name),
        Column("quantity", Text("数量", "Quantity"), value=lambda m: -m.quantity, form="number"),
        Column("value", Text("价值", "Value"), form="money"),
        Column("by", Text("经手人", "By"), value=lambda m: m.by.name if m.by else "", phone=False),
        Column("year", Text("此人当年累计", "To them that year"), value=lambda m: m.year_total, form="money"),
        Column("left", Text("当年余额", "Left that year"), value=lambda m: m.year_left, form="money"),
        Column("note", Text("说明", "Note"), phone=False),
    )  # fmt: skip
    filters = (
        DateFilter("at", Text("日期", "Date"), "at", moment=True, offers=("month", "quarter", "year")),
        TextFilter("customer", Text("客户", "Customer"), "customer__name"),
        TextFilter("contact", Text("联系人", "Contact"), "contact__name", empty=True),
        TextFilter("item", Text("礼品", "Gift"), "item__name"),
        TextFilter("by", Text("经手人", "By"), "by__name"),
    )
    search = ("customer__name", "contact__name", "item__name")
    sort = "-at"
    exportable = False
    empty = Empty(
        Text("还没有送过礼品", "No gifts yet"),
        Text(
            "在客户页或拜访中领用物资、勾选“作为礼品赠送”，就记在这里。",
            "Issue material on a customer's page or at a visit and tick “given as a gift”: it stands here.",
        ),
        "gift",
    )

    def row_url(self, row: Any) -> str:
        return reverse("customers.detail", kwargs={"customer": row.customer_id})

    def prepare(self, rows: Sequence[Any]) -> None:
        """Yearly sums of the contacts on one page: a query for each year on it."""
        most = gifts.limit(gifts.PER_CONTACT, system_clock())
        years: dict[Any, list[Any]] = {}
        for row in rows:
            row.year_total = row.year_left = None
            if row.contact_id:
                years.setdefault(gifts.year_of(row.at)[0], []).append(row)
        for year, lines in years.items():
            sums = gifts.given_each(year, contact__in={row.contact_id for row in lines})
            for row in lines:
                row.year_total = sums[row.contact_id]
                row.year_left = None if most is None else max(Decimal(0), most - row.year_total)


def gift_list(request: HttpRequest) -> HttpResponse:
    """Every gift to the customers this person sees."""
    rows = StockMovement.objects.filter(reads.of_visible(request.user), gift=True)
    rows = rows.select_related("customer", "contact", "item", "by")
    now = system_clock()
    context = {
        "register_tabs": tabs("gifts"),
        "limit": _yuan(gifts.PER_CONTACT, now),
        "limit_customer": _yuan(gifts.PER_CUSTOMER, now),
    }
    return answer(Gifts(request, rows), "customers/gifts.html", context)


def _yuan(name: str, now: datetime) -> str:
    most = gifts.limit(name, now)
    return "" if most is None else money(most)
