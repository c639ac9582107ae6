"""The codes that orders keep, each with its words. A code is kept for ever; its words may change."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from guanxi.domains.customers.words import declare
from guanxi.platform.kernel import Text

StatusCode = Literal["open", "delivered", "settled", "cancelled"]
STATUSES: dict[str, Text] = {
    "open": Text("进行中", "Open"),
    "delivered": Text("已交付", "Delivered"),
    "settled": Text("已结清", "Settled"),
    "cancelled": Text("已取消", "Cancelled"),
}

CurrencyCode = Literal["CNY", "USD", "EUR", "HKD", "JPY", "GBP", "TWD", "MOP", "KRW", "SGD"]
CURRENCIES: dict[str, Text] = {
    "CNY": Text("人民币", "Renminbi"),
    "USD": Text("美元", "US dollar"),
    "EUR": Text("欧元", "Euro"),
    "HKD": Text("港元", "Hong Kong dollar"),
    "JPY": Text("日元", "Yen"),
    "GBP": Text("英镑", "Pound sterling"),
    "TWD": Text("新台币", "New Taiwan dollar"),
    "MOP": Text("澳门元", "Pataca"),
    "KRW": Text("韩元", "Won"),
    "SGD": Text("新加坡元", "Singapore dollar"),
}
HOME = "CNY"

FIELDS: dict[str, Text] = {
    "number": Text("订单号", "Order number"),
    "ordered_on": Text("订单日期", "Date of the order"),
    "amount": Text("金额", "Amount"),
    "currency": Text("币种", "Currency"),
    "product": Text("产品或服务", "Product or service"),
    "goods": Text("订购内容", "What was ordered"),
    "status": Text("订单状态", "Status of the order"),
    "taken_by": Text("经手人", "Taken by"),
}
declare(FIELDS, {"status": STATUSES, "currency": CURRENCIES})


def pairs(words: Mapping[str, Text]) -> list[tuple[str, Text]]:
    """(code, words) as forms take them."""
    return list(words.items())


def money(amount: Decimal, currency: str = HOME) -> str:
    """¥1,234.50, -¥80.00, or USD 1,234.50."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{'¥' if currency == HOME else f'{currency} '}{abs(amount):,.2f}"


BROUGHT = Text("导入的以往订单", "Brought in")
