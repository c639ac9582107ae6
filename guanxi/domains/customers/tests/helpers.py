"""A short way to say who does what when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from guanxi.domains.customers.models import Account, Contact, Product, StockItem
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import fixed_clock, perform

NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai, a Thursday


def do(who: Any, name: str, /, at: Any = NOON, **data: Any) -> Any:
    """The row an action returned."""
    return perform(name, data, actor=who, clock=fixed_clock(at)).value


def account(person: Any, name: str = "杭州恒远电子科技有限公司", **data: Any) -> Account:
    return do(person, "customers.create", name=name, **data)


def contact(person: Any, at_customer: Account, name: str = "王建国", **data: Any) -> Contact:
    return do(person, "contacts.add", customer=at_customer.pk, name=name, **data)


def product(person: Any, name: str = "不锈钢密封圈") -> Product:
    return do(person, "products.save", name=name)


def item(person: Any, name: str = "茶叶礼盒", quantity: int = 10, **data: Any) -> StockItem:
    made = do(person, "stock.save", name=name, **{"kind": "gift", "unit": "盒", "value": "88.00", **data})
    if quantity:
        do(person, "stock.receive", item=made.pk, quantity=quantity)
    return made


def promise(person: Any, at_customer: Account, days: int = 7, **data: Any) -> Any:
    due = (NOON + timedelta(days=days)).date()
    return do(person, "promises.make", customer=at_customer.pk, **{"what": "寄样册", "due_on": due, **data})


def last(kind: str) -> Fact:
    """The newest fact of a kind."""
    return Fact.objects.select_related("words").filter(kind=kind).latest("seq")


def kinds() -> list[str]:
    return list(Fact.objects.order_by("seq").values_list("kind", flat=True))
