"""The gift ledger: what was given to whom, and what the yearly limit leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from guanxi.platform.kernel import NotFound, Text, system_clock
from guanxi.platform.ui.filters import DateFilter, TextFilter
from guanxi.platform.ui.lists import Column, Empty, List
from guanxi.platform.ui.parts import Crumb
from guanxi.platform.ui.templatetags.t import money

from .. import reads
from ..models import StockMovement
from ..reads import gifts
from .detail import rights
from .lists import answer
from .registers import tabs
from .sending import send


class Gifts(List):
    """Gifts, each with what the contact was given in its calendar year and what the limit left of that."""

    name = "gifts"
    label = Text("礼品台账", "Gift ledger")
    columns = (
        Column("item", Text("礼品", "Gift"), value=lambda m: m.item.name, lead=True),
        Column("customer", Text("客户", "Customer"), value=lambda m: m.customer.called),
        Column("contact", Text("联系人", "Contact"), value=lambda m: m.contact.name if m.contact else ""),
        Column("at", Text("时间", "When"), sort="at", form="when"),
        Column("quantity", Text("数量", "Quantity"), value=lambda m: -m.quantity, form="number"),
        Column("value", Text("价值", "Value"), form="money"),
        Column("by", Text("经手人", "By"), value=lambda m: m.by.name if m.by else "", phone=False),
        Column("year", Text("此人当年累计", "To them that year"), value=lambda m: m.year_total, form="money"),
        Column("left", Text("当年余额", "Left that year"), value=lambda m: m.year_left, form="money"),
        Column("note", Text("说明", "Note"), phone=False),
        Column("state", Text("状态", "State"), value=lambda m: Text("已退回", "Taken back") if hasattr(m, "back") else ""),
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
        return reverse("customers.movement", kwargs={"movement": row.pk})

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
                row.year_total = sums.get(row.contact_id, Decimal(0))
                row.year_left = None if most is None else max(Decimal(0), most - row.year_total)


def gift_list(request: HttpRequest) -> HttpResponse:
    """Every gift to the customers this person sees."""
    rows = StockMovement.objects.filter(reads.of_visible(request.user), gift=True, quantity__lt=0)
    rows = rows.select_related("customer", "contact", "item", "by", "back")
    now = system_clock()
    context = {
        "register_tabs": tabs("gifts"),
        "limit": _yuan(gifts.PER_CONTACT, now),
        "limit_customer": _yuan(gifts.PER_CUSTOMER, now),
    }
    return answer(Gifts(request, rows), "customers/gifts.html", context)


def movement(request: HttpRequest, movement: int) -> HttpResponse:
    """One line of the ledger that went out to a customer this person sees, and the way back into stock."""
    person: Any = request.user
    rows = StockMovement.objects.filter(reads.of_visible(person), pk=movement, quantity__lt=0)
    row = rows.select_related("customer", "contact", "item", "by", "back", "back__by").first()
    if row is None or row.customer is None:
        raise NotFound("movement", movement)
    context = {
        "row": row,
        "pieces": -row.quantity,
        "back": getattr(row, "back", None),
        "heading": row.item.name,
        "crumbs": [Crumb(Text("礼品台账", "Gift ledger"), reverse("registers.gifts")), Crumb(row.item.name)],
        "may": not hasattr(row, "back") and rights(person, row.customer)["issue"],
        "now": system_clock(),
    }
    return render(request, "customers/movement.html", context)


def give_back(request: HttpRequest, movement: int) -> HttpResponse:
    person: Any = request.user
    row = StockMovement.objects.filter(reads.of_visible(person), pk=movement, quantity__lt=0).first()
    if row is None:
        raise NotFound("movement", movement)
    return send(
        request,
        "materials.give_back",
        row.customer,
        fixed={"movement": row.pk},
        done=Text("已退回库存", "Back in stock"),
        back=reverse("customers.movement", kwargs={"movement": row.pk}),
    )


def sample(person: Any) -> dict[str, Any] | None:
    """A line that this person sees, for a page's sample."""
    rows = StockMovement.objects.filter(reads.of_visible(person), quantity__lt=0, back=None)
    found = rows.values_list("pk", flat=True).first()
    return None if found is None else {"movement": found}


def _yuan(name: str, now: datetime) -> str:
    most = gifts.limit(name, now)
    return "" if most is None else money(most)
