"""Orders: the list, one order, its forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from guanxi.domains.customers import reads as customers
from guanxi.domains.customers.models import Account, Product
from guanxi.domains.customers.web.lists import answer
from guanxi.domains.customers.web.sending import SAVE, cleared, crumbs, send
from guanxi.platform.kernel import Forbidden, Text
from guanxi.platform.people.rights import who_may
from guanxi.platform.ui.parts import Crumb
from guanxi.platform.ui.registry import Nav, page
from guanxi.platform.ui.subjects import subject_kind

from .. import reads, words
from ..actions import MAY_BE_EMPTY, OrderFields
from .lists import Orders

VIEW, WORK, EXPORT = reads.VIEW, reads.WORK, "customers.export"
FIELDS = tuple(OrderFields.model_fields)
ORDERS = Text("订单", "Orders")
GET = ("GET", "HEAD")


def url_of(id: int) -> str:
    """An order's page."""
    return reverse("orders.detail", kwargs={"order": id})


def orders(request: HttpRequest) -> HttpResponse:
    """The orders of all customers that this person sees; a file only as far as customers.export reaches."""
    person: Any = request.user
    rows = reads.visible(person)
    if request.GET.get("export"):
        if not person.may(EXPORT):
            raise Forbidden(EXPORT, who=who_may(EXPORT))
        rows = rows.filter(customer__in=Account.objects.filter(customers.within(person, EXPORT)))
    shown = Orders(request, rows.select_related("customer", "product", "person"))
    new = reverse("orders.new") if person.may(WORK) else ""
    return answer(shown, "orders/list.html", {"new_url": new})


def detail(request: HttpRequest, order: int) -> HttpResponse:
    """One order."""
    person: Any = request.user
    row = reads.fetch(person, order)
    account = row.customer
    context = {
        "heading": Text("订单 {n}", "Order {n}").format(n=row.number or row.ordered_on),
        "crumbs": crumbs(account, Crumb(ORDERS, f"{reverse('orders.list')}?customer={account.name}")),
        "order": row,
        "account": account,
        "status": words.STATUSES[row.status],
        "sum": words.money(row.amount, row.currency),
        "may": customers.reaches(person, account, WORK),
    }
    return render(request, "orders/detail.html", context)


def add(request: HttpRequest, customer: int | None = None) -> HttpResponse:
    """A new order, of the customer at hand or one that is chosen."""
    account = None if customer is None else customers.fetch(request.user, customer, WORK)
    person: Any = request.user
    return send(
        request,
        "orders.add",
        account,
        fixed={"customer": account.pk} if account else {},
        only=FIELDS if account else ("customer", *FIELDS),
        initial={"person": person.pk},
        choices={"product": Product.objects.filter(active=True)},
        done=Text("已登记订单", "Order entered"),
        button=SAVE,
        back="" if account else reverse("orders.list"),
    )


def change(request: HttpRequest, order: int) -> HttpResponse:
    row = reads.fetch(request.user, order, WORK)
    products = Product.objects.filter(Q(active=True) | Q(orders=row.pk)).distinct()
    initial = {name: getattr(row, name) for name in FIELDS if name not in ("product", "person")}
    return send(
        request,
        "orders.change",
        row.customer,
        fixed={
            "order": row.pk,
            "clear": cleared(request, MAY_BE_EMPTY),
            "version": request.POST.get("version") or row.version,
        },
        only=FIELDS,
        needed=("amount", "ordered_on"),
        initial={**initial, "product": row.product_id, "person": row.person_id},
        choices={"product": products},
        done=Text("已保存", "Saved"),
        button=SAVE,
        back=url_of(row.pk),
        context={"version": row.version},
    )


def remove(request: HttpRequest, order: int) -> HttpResponse:
    row = reads.fetch(request.user, order, WORK)
    return send(
        request,
        "orders.remove",
        row.customer,
        fixed={"order": row.pk},
        lead=f"{row.number} {row.what} {words.money(row.amount, row.currency)}".strip(),
        done=Text("已删除订单", "Order removed"),
    )


def _order(person: Any) -> Mapping[str, Any] | None:
    found = reads.visible(person).filter(customer__key=False).values_list("pk", flat=True).first()
    return None if found is None else {"order": found}


def _customer(person: Any) -> Mapping[str, Any] | None:
    found = customers.visible(person).filter(active=True).values_list("pk", flat=True).first()
    return None if found is None else {"customer": found}


page("orders.list", "orders/", orders, label=ORDERS, permission=VIEW, nav=Nav(32, "truck"), methods=GET,
     lists=(Orders,))  # fmt: skip
page("orders.new", "orders/new/", add, label=Text("登记订单", "Enter an order"), permission=WORK)
page("orders.new-at", "customers/<int:customer>/orders/new/", add, label=Text("登记订单", "Enter an order"),
     permission=WORK, sample=_customer, action="orders.add")  # fmt: skip
page("orders.detail", "orders/<int:order>/", detail, label=Text("订单", "Order"), permission=VIEW, sample=_order,
     methods=GET)  # fmt: skip
page("orders.change", "orders/<int:order>/edit/", change, label=Text("修改订单", "Amend the order"), permission=WORK,
     sample=_order, action="orders.change")  # fmt: skip
page("orders.remove", "orders/<int:order>/remove/", remove, label=Text("删除订单", "Remove the order"), permission=WORK,
     sample=_order, action="orders.remove")  # fmt: skip


def _names(person: Any, ids: list[int]) -> Mapping[int, str]:
    rows = reads.visible(person).filter(pk__in=ids).select_related("customer")
    return {row.pk: f"{row} · {row.customer.called}" for row in rows}


subject_kind("order", Text("订单", "Order"), names=_names, url=url_of)
