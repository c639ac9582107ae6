"""Reading orders: an order is seen with its customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from guanxi.domains.customers import reads as customers

from .models import CANCELLED, Order
from .words import HOME, money

VIEW, WORK = "customers.view", "customers.work"


def visible(person: Any) -> QuerySet[Order]:
    """The orders of the customers that this person may see."""
    return Order.objects.filter(customers.of_visible(person))


def fetch(person: Any, id: int, permission: str = VIEW) -> Order:
    """One order with its customer; NotFound where the person may not see the customer."""
    return customers.fetch_child(Order, person, id, permission)


@dataclass(frozen=True, slots=True)
class YearSum:
    """What a customer ordered in a year: how many orders, and the sum of each currency, renminbi first."""

    year: int
    count: int
    sums: tuple[tuple[str, Decimal], ...]

    @property
    def said(self) -> str:
        return " + ".join(money(amount, currency) for currency, amount in self.sums)


def sums(customer: int, today: date) -> list[YearSum]:
    """This year and last, without what was cancelled. One query."""
    found: dict[int, dict[str, Decimal]] = {today.year: {}, today.year - 1: {}}
    counts = dict.fromkeys(found, 0)
    rows = Order.objects.filter(customer=customer, ordered_on__gte=date(today.year - 1, 1, 1)).exclude(
        status=CANCELLED
    )
    for year, currency, amount in _by_year(rows):
        if year in found:
            found[year][currency] = found[year].get(currency, Decimal(0)) + amount
            counts[year] += 1
    return [
        YearSum(year, counts[year], tuple(sorted(each.items(), key=lambda one: (one[0] != HOME, one[0]))))
        for year, each in found.items()
    ]


def _by_year(rows: QuerySet[Order]) -> Any:
    """(year, currency, amount) of each day and currency."""
    for day, currency, amount in rows.order_by().values_list("ordered_on", "currency", "amount"):
        yield day.year, currency, amount


def total(rows: QuerySet[Order]) -> Decimal:
    """The renminbi of orders that were not cancelled."""
    counted = rows.filter(currency=HOME).exclude(status=CANCELLED).order_by()
    return counted.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
