"""Lists that stand on a customer's page in pieces, and that programs read whole: the timeline."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Text
from guanxi.platform.ui.filters import Filter
from guanxi.platform.ui.lists import Column, List, Page
from guanxi.platform.ui.registry import data_list

from .. import reads


class OfCustomer(Filter):
    """The rows of one customer, by its id."""

    def values(self, query: Any) -> str:
        text = query.get(self.key, "")
        return text if text.isascii() and text.isdigit() and len(text) < 19 else ""

    def faults(self, query: Any) -> list[str]:
        return [self.key] if query.get(self.key) and not self.values(query) else []

    def where(self, value: Any, now: Any) -> Q:
        return Q(customer=int(value))

    def said(self, value: Any) -> Text:
        return Text(f"客户 {value}", f"customer {value}")


CUSTOMER = OfCustomer("customer", Text("客户编号", "Id of the customer"))


class Timeline(List):
    """What happened with one customer, newest first, as its page tells it."""

    name = "timeline"
    label = Text("跟踪记录", "Timeline")
    id_field = "seq"
    columns = (
        Column("text", Text("事情", "What"), value=lambda f: f.told.text, lead=True),
        Column("quote", Text("原话", "Words"), value=lambda f: f.told.quote),
        Column("kind", Text("种类", "Kind")),
        Column("happened_at", Text("发生", "Happened"), form="when"),
        Column("recorded_at", Text("记录", "Recorded"), form="when"),
        Column("who", Text("谁", "Who"), value=lambda f: f.told.who),
        Column("subject_kind", Text("对象类型", "About a")),
        Column("subject_id", Text("对象编号", "Id of what it is about")),
    )
    sort = "-"

    @cached_property
    def page(self) -> Page:
        found = super().page
        for fact, told in zip(found.rows, reads.tell(found.rows), strict=True):
            fact.told = told
        return found


def timeline(request: HttpRequest, customer: int) -> HttpResponse:
    found = reads.fetch(request.user, customer)
    rows = Fact.objects.filter(
        customer_id__in=reads.ids_of(found.pk), kind__in=reads.shown_kinds()
    ).select_related("words")
    return cast(HttpResponse, Timeline(request, rows).respond())


def declare() -> None:
    """What only the API offers."""
    view = "customers.view"
    data_list(
        "customers.facts",
        timeline,
        label=Timeline.label,
        permission=view,
        lists=(Timeline,),
        route="<int:customer>",
    )
