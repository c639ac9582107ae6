"""What orders show on pages that others own: the customer's page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.utils import timezone

from guanxi.domains.customers import reads as customers
from guanxi.platform.kernel import Text
from guanxi.platform.ui.registry import Panel, panel

from .. import reads, words
from ..models import Order

SHOWN = 5


@panel("customer")
class OrdersOfCustomer(Panel):
    """The newest orders, and the sums of this year and last."""

    order: ClassVar[int] = 45
    permission: ClassVar[str] = reads.VIEW
    template: ClassVar[str] = "orders/panel_customer.html"
    title: ClassVar[Text] = Text("订单", "Orders")

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        rows = list(
            Order.objects.filter(customer=subject.pk).select_related("product", "person")[: SHOWN + 1]
        )
        may = customers.reaches(person, subject, reads.WORK)
        if not rows and not may:
            return None
        return {
            "account": subject,
            "may": may,
            "rows": [
                {
                    "order": row,
                    "sum": words.money(row.amount, row.currency),
                    "status": words.STATUSES[row.status],
                }
                for row in rows[:SHOWN]
            ],
            "more": len(rows) > SHOWN,
            "years": reads.sums(subject.pk, timezone.localdate(now)) if rows else [],
        }
