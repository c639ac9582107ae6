"""What a customer's page shows of the company's own fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from guanxi.platform.kernel import Text
from guanxi.platform.ownfields.values import sections
from guanxi.platform.ui.registry import Panel, panel


@panel("customer")
class OwnFields(Panel):
    """The fields that are filled in, section by section."""

    order: ClassVar[int] = 20
    permission: ClassVar[str] = "customers.view"
    template: ClassVar[str] = "customers/panel_own_fields.html"
    title: ClassVar[Text] = Text("更多资料", "More particulars")
    aside: ClassVar[bool] = True

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        found = sections("customer", subject.own) if subject.own else []
        return {"sections": found} if found else None
