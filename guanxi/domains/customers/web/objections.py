"""Objections: the forms, what stands open on a customer's page, and the register."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from guanxi.platform.kernel import Text
from guanxi.platform.ui.filters import ChoiceFilter, DateFilter, TextFilter
from guanxi.platform.ui.lists import Column, Empty, List, View
from guanxi.platform.ui.registry import Panel, panel

from .. import reads, words
from ..models import Product
from ..models_objections import Objection
from .lists import answer as respond
from .sending import SAVE, send

SHOWN = 20


def add(request: HttpRequest, customer: int) -> HttpResponse:
    account = reads.fetch(request.user, customer, "customers.work")
    return send(
        request,
        "objections.add",
        account,
        fixed={"customer": account.pk},
        only=("what", "contact", "product", "answer", "help", "state"),
        choices={
            "product": Product.objects.filter(active=True),
            "contact": account.contacts.filter(active=True),
        },
        done=Text("已记录异议", "Objection recorded"),
    )


def answer(request: HttpRequest, objection: int) -> HttpResponse:
    row = reads.fetch_child(Objection, request.user, objection, "customers.work")
    return send(
        request,
        "objections.answer",
        row.customer,
        fixed={"objection": row.pk},
        initial={"answer": row.answer, "help": row.help, "state": "settled"},
        lead=row.what,
        done=Text("已保存", "Saved"),
        button=SAVE,
    )


@panel("customer")
class Objections(Panel):
    """Objections of the customer that are not settled."""

    order: ClassVar[int] = 55
    permission: ClassVar[str] = "customers.view"
    template: ClassVar[str] = "customers/panel_objections.html"
    title: ClassVar[Text] = Text("未解决的异议", "Open objections")

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        if "objections" not in reads.present(subject):
            return None
        rows = Objection.objects.filter(customer=subject.pk, state=Objection.OPEN)
        found = list(rows.select_related("contact", "product")[:SHOWN])
        if not found:
            return None
        return {
            "rows": found,
            "may": reads.reaches(person, subject, "customers.work"),
            "now": now,
            "account": subject,
        }


class Register(List):
    name = "objections"
    label = Text("异议登记簿", "Register of objections")
    columns = (
        Column("what", Text("异议", "Objection"), lead=True),
        Column("customer", Text("客户", "Customer"), value=lambda o: o.customer.called),
        Column("customer_id", Text("客户编号", "Id of the customer"), form="number", shown=False),
        Column("contact", Text("谁提出的", "Raised by"), value=lambda o: o.contact.name if o.contact else ""),
        Column("product", Text("产品或服务", "Product or service"), value=lambda o: o.product.name if o.product else ""),
        Column("answer", Text("我方答复", "Our answer"), phone=False),
        Column("help", Text("给予的帮助", "Help given"), phone=False),
        Column("by", Text("记录人", "Noted by"), value=lambda o: o.recorded_by.name if o.recorded_by else "", phone=False),
        Column("raised_at", Text("提出", "Raised"), sort="raised_at", form="when"),
        Column("state", Text("状态", "State"), value=lambda o: words.OBJECTIONS[o.state]),
    )  # fmt: skip
    views = (
        View("open", Text("未解决的", "Open"), {"state": "open"}),
        View("unanswered", Text("还没答复", "Not answered yet"), {"answer": "empty", "state": "open"}),
    )
    filters = (
        ChoiceFilter("state", Text("状态", "State"), "state", choices=words.pairs(words.OBJECTIONS)),
        TextFilter("customer", Text("客户", "Customer"), "customer__name"),
        TextFilter("product", Text("产品", "Product"), "product__name"),
        TextFilter("answer", Text("我方答复", "Our answer"), "answer", empty=True),
        TextFilter("help", Text("给予的帮助", "Help given"), "help", empty=True),
        DateFilter("raised_at", Text("提出日期", "Raised on"), moment=True, older=Text("{n} 天以前", "over {n} days ago")),
    )  # fmt: skip
    search = ("what", "customer__name")
    sort = "-raised_at"
    exportable = False
    empty = Empty(
        Text("还没有异议", "No objections yet"),
        Text(
            "拜访、电话里听到的异议都汇总在这里：我方怎么答复、帮了什么、解决没有。在客户页或拜访中记录。",
            "Objections heard at visits and on the telephone come together here, with our answer, the help given and "
            "whether they are settled. Note them on a customer's page or at a visit.",
        ),
        "message-square",
    )

    def row_url(self, row: Any) -> str:
        person: Any = self.request.user
        if person.may("customers.work"):
            return reverse("customers.objection", kwargs={"objection": row.pk})
        return reverse("customers.detail", kwargs={"customer": row.customer_id})


def register(request: HttpRequest) -> HttpResponse:
    """Every objection of the customers this person sees."""
    rows = Objection.objects.filter(reads.of_visible(request.user))
    rows = rows.select_related("customer", "contact", "product", "recorded_by")
    return respond(Register(request, rows), "customers/objections.html", {})
