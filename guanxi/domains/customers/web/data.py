"""Lists that stand on a customer's page in pieces, and that programs read whole: contacts, the timeline."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Text
from guanxi.platform.ui.filters import ChoiceFilter, DateFilter, Filter
from guanxi.platform.ui.lists import Column, List, Page
from guanxi.platform.ui.registry import data_list

from .. import reads, words
from ..models import Contact


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


class Contacts(List):
    """The contacts of the customers one may see."""

    name = "contacts"
    label = Text("联系人", "Contacts")
    columns = (
        Column("name", Text("姓名", "Name"), sort="name", lead=True),
        Column("customer_id", Text("客户编号", "Id of the customer"), form="number"),
        Column("customer", Text("客户", "Customer"), value=lambda c: c.customer.name),
        Column("post", Text("职务", "Post")),
        Column(
            "decision_role",
            Text("决策角色", "Decision role"),
            value=lambda c: words.said("decision_role", c.decision_role),
        ),
        Column("phone", Text("电话", "Telephone")),
        Column("email", Text("邮箱", "E-mail")),
        Column("wechat", Text("微信", "WeChat")),
        Column(
            "channel", Text("常用方式", "Preferred channel"), value=lambda c: words.said("channel", c.channel)
        ),
        Column("birthday", Text("生日", "Birthday"), value=lambda c: c.birthday or ""),
        Column("matters", Text("在意什么", "What matters to them")),
        Column(
            "active",
            Text("状态", "State"),
            value=lambda c: "active" if c.active else "inactive",
            form="state",
        ),
        Column("updated_at", Text("更新", "Updated"), sort="updated_at", form="when"),
    )
    filters = (
        CUSTOMER,
        ChoiceFilter(
            "active",
            Text("状态", "State"),
            field="active",
            choices=[("True", Text("在职", "there")), ("False", Text("已离开", "gone"))],
        ),
        DateFilter("updated_at", Text("更新", "Updated"), moment=True),
    )
    search = ("name", "phone", "email")


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


def contacts(request: HttpRequest) -> HttpResponse:
    rows = Contact.objects.filter(reads.of_visible(request.user), erased_at=None).select_related("customer")
    return cast(HttpResponse, Contacts(request, rows.order_by()).respond())


def timeline(request: HttpRequest, customer: int) -> HttpResponse:
    found = reads.fetch(request.user, customer)
    rows = Fact.objects.filter(
        customer_id__in=reads.ids_of(found.pk), kind__in=reads.shown_kinds()
    ).select_related("words")
    return cast(HttpResponse, Timeline(request, rows).respond())


def declare() -> None:
    """What only the API offers."""
    view = "customers.view"
    data_list("customers.contacts", contacts, label=Contacts.label, permission=view, lists=(Contacts,))
    data_list(
        "customers.facts",
        timeline,
        label=Timeline.label,
        permission=view,
        lists=(Timeline,),
        route="<int:customer>",
    )
