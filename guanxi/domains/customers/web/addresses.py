"""A customer's further addresses on its page, and their forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from guanxi.platform.kernel import Text
from guanxi.platform.ui.filters import TextFilter
from guanxi.platform.ui.lists import Column
from guanxi.platform.ui.registry import Panel, page, panel

from .. import geo, reads, words
from ..models_addresses import Address
from .sending import SAVE, cleared, page_of, run, send

WORK = "customers.work"
NEW_FIELDS = ("kind", "address", "area", "note", "lon", "lat", "coordinates")
CAN_BE_EMPTY = ("area", "note", "lon", "lat")


@dataclass(frozen=True, slots=True)
class AddressFilter(TextFilter):
    """The main address or one of the others contains what is typed."""

    def where(self, value: Any, now: datetime) -> Q:
        asked = self._asked(value)
        if asked is None:
            return self._is_empty()
        how = {f"address__{'iexact' if asked.exact else 'icontains'}": asked.text}
        return Q(**how) | Q(pk__in=Address.objects.filter(**how).order_by().values("customer"))


def said(row: Address) -> str:
    """收货 · 萧山区建设四路 1 号."""
    return f"{words.ADDRESSES[row.kind]} · {row.address}"


COLUMN = Column(
    "addresses",
    Text("其他地址", "Other addresses"),
    value=lambda a: "；".join(said(one) for one in a.addresses.all()),
    shown=False,
)


@panel("customer")
class Addresses(Panel):
    """Where else the customer is."""

    aside: ClassVar[bool] = True
    order: ClassVar[int] = 10
    permission: ClassVar[str] = "customers.view"
    template: ClassVar[str] = "customers/panel_addresses.html"
    title: ClassVar[Text] = Text("其他地址", "Other addresses")

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        rows = list(subject.addresses.all()) if "addresses" in reads.present(subject) else []
        may = person.may(WORK)
        if not rows and not may:
            return None
        return {
            "account": subject,
            "may": may,
            "rows": [{"row": r, "kind": words.ADDRESSES[r.kind], "map": geo.map_link(r)} for r in rows],
        }


def new(request: HttpRequest, customer: int) -> HttpResponse:
    account = reads.fetch(request.user, customer, WORK)
    return send(
        request,
        "addresses.add",
        account,
        fixed={"customer": account.pk},
        only=NEW_FIELDS,
        initial={"kind": "delivery" if account.address else "office"},
        done=Text("已新增地址", "Address added"),
    )


def change(request: HttpRequest, address: int) -> HttpResponse:
    row = reads.fetch_child(Address, request.user, address, WORK)
    return send(
        request,
        "addresses.change",
        row.customer,
        fixed={"address_id": row.pk, "clear": cleared(request, ("address", *CAN_BE_EMPTY))},
        only=NEW_FIELDS,
        needed=("address",),
        initial={f: getattr(row, f) for f in NEW_FIELDS},
        done=Text("地址已保存", "Address saved"),
        button=SAVE,
    )


def remove(request: HttpRequest, address: int) -> HttpResponse:
    row = reads.fetch_child(Address, request.user, address, WORK)
    said = Text("已删除地址", "Address removed")
    return run(request, "addresses.remove", {"address_id": row.pk}, said, page_of(row.customer))


def make_main(request: HttpRequest, address: int) -> HttpResponse:
    row = reads.fetch_child(Address, request.user, address, WORK)
    said = Text(
        "已设为主地址，原主地址列在其他地址",
        "It is the main address now, and the former one stands among the others",
    )
    return run(request, "addresses.make_main", {"address_id": row.pk}, said, page_of(row.customer))


def declare(customer: Any, child: Any) -> None:
    """The pages. customer, child: find rows for a page's sample."""
    sample = child(Address, "address")
    page("customers.address-new", "customers/<int:customer>/addresses/new/", new, label=Text("新增地址", "Add an address"),
         permission=WORK, sample=customer, action="addresses.add")  # fmt: skip
    page("customers.address", "customers/addresses/<int:address>/", change, label=Text("修改地址", "Change the address"),
         permission=WORK, sample=sample, action="addresses.change")  # fmt: skip
    page("customers.address-remove", "customers/addresses/<int:address>/remove/", remove,
         label=Text("删除地址", "Remove the address"), permission=WORK, sample=sample, methods=("POST",))  # fmt: skip
    page("customers.address-main", "customers/addresses/<int:address>/main/", make_main,
         label=Text("设为主地址", "Make it the main address"), permission=WORK, sample=sample, methods=("POST",))  # fmt: skip
