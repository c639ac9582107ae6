"""What the table of orders holds of people: see `guanxi.platform.kernel.personal`."""

from __future__ import annotations

from guanxi.domains.customers.personal import AS_CUSTOMER, STRUCK, WITH_CUSTOMER
from guanxi.platform.kernel import Text
from guanxi.platform.kernel.personal import holds

from .models import Order

holds(
    "orders.Order",
    words=("goods", "note", "taken_by"),
    plain=("number", "currency", "status"),
    what=Text(
        "订单：订购内容、备注、由谁经手（不在系统中的人）",
        "Orders: what was ordered, note, who took it where that is nobody here",
    ),
    why=Text("了解客户以往的业务往来", "To know what business there was with the customer"),
    seen_by=WITH_CUSTOMER,
    kept=AS_CUSTOMER,
    erased=STRUCK,
    of_customers=lambda ids: Order.objects.filter(customer__in=ids),
    at="created_at",
)
