"""Contacts in full: the list of all of them, and what each said about being reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from guanxi.platform.kernel import NotFound, Text, system_clock
from guanxi.platform.ownfields.listing import asked_for, with_columns, with_filters, with_names
from guanxi.platform.ui.filters import ChoiceFilter, DateFilter, TextFilter
from guanxi.platform.ui.lists import Column, Empty, List, View
from guanxi.platform.ui.parts import Crumb

from .. import reads, words
from ..looks import keeping
from ..models import Contact, with_motive
from ..models_contacts import Consent, Employment
from .data import CUSTOMER
from .detail import rights
from .lists import answer
from .sending import SAVE, crumbs, run, send

# --- The list of contacts --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MotiveFilter(ChoiceFilter):
    """Driven by at least one of the chosen motives."""

    def where(self, value: Any, now: datetime) -> Q:
        return Q(motive_bits__in=with_motive(*value))


@dataclass(frozen=True, slots=True)
class ConsentFilter(ChoiceFilter):
    """Said this of at least one of the chosen ways."""

    state: str = Consent.GIVEN

    def where(self, value: Any, now: datetime) -> Q:
        return Q(
            pk__in=Consent.objects.filter(channel__in=list(value), state=self.state)
            .order_by()
            .values("contact")
        )


def _said_of(contact: Contact, state: str) -> Text:
    """The ways of which a contact said so. `consents` are prefetched."""
    return words.said("channels", [c.channel for c in contact.consents.all() if c.state == state])


WAYS = words.pairs(words.CHANNELS, words.CONSENT_CHANNELS)


COLUMNS = (
    Column("name", Text("姓名", "Name"), sort="name", lead=True),
    Column("customer", Text("客户", "Customer"), value=lambda c: c.customer.name),
    Column("customer_id", Text("客户编号", "Id of the customer"), form="number", shown=False),
    Column("post", Text("职务", "Post")),
    Column("unit", Text("部门", "Department"), shown=False),
    Column("decision_role", Text("决策角色", "Decision role"), value=lambda c: words.said("decision_role", c.decision_role)),
    Column("motives", Text("动机", "What drives them"), value=lambda c: words.said("motives", c.motives), phone=False),
    Column("phone", Text("电话", "Telephone")),
    Column("email", Text("电子邮箱", "E-mail"), shown=False),
    Column("wechat", Text("微信", "WeChat"), shown=False),
    Column("channel", Text("常用方式", "Preferred channel"), value=lambda c: words.said("channel", c.channel), shown=False),
    Column("agreed", Text("已同意", "Consent given"), value=lambda c: _said_of(c, Consent.GIVEN), phone=False),
    Column("refused", Text("不同意", "Refused"), value=lambda c: _said_of(c, Consent.WITHDRAWN)),
    Column("birthday", Text("生日", "Birthday"), value=lambda c: c.birthday or "", shown=False),
    Column("matters", Text("看重之事", "What matters"), phone=False, shown=False),
    Column("active", Text("状态", "State"), value=lambda c: "active" if c.active else "left", form="state"),
    Column("updated_at", Text("更新", "Updated"), sort="updated_at", form="when", shown=False),
)  # fmt: skip

FILTERS = (
    ChoiceFilter("role", Text("决策角色", "Decision role"), "decision_role", choices=words.pairs(words.DECISION_ROLES)),
    MotiveFilter("motive", Text("动机", "What drives them"), choices=words.pairs(words.MOTIVES)),
    ConsentFilter("agreed", Text("已同意", "Consent given"), choices=WAYS),
    ConsentFilter("refused", Text("不同意", "Refused"), choices=WAYS, state=Consent.WITHDRAWN),
    ChoiceFilter("channel", Text("常用联系方式", "Preferred channel"), "channel", choices=words.pairs(words.CHANNELS)),
    TextFilter("post", Text("职务", "Post"), "post", empty=True),
    CUSTOMER,
    TextFilter("company", Text("客户名称", "Customer"), "customer__name"),
    TextFilter("phone", Text("电话", "Telephone"), "phone", empty=True),
    TextFilter("matters", Text("看重之事", "What matters"), "matters", empty=True),
    ChoiceFilter("active", Text("状态", "State"), "active",
                 choices=[("True", Text("在职", "there")), ("False", Text("已离开", "gone"))]),
    DateFilter("updated_at", Text("更新", "Updated"), moment=True),
)  # fmt: skip


class Contacts(List):
    name = "contacts"
    label = Text("联系人", "Contacts")
    columns = with_columns(COLUMNS, "contact")
    filters = with_filters(FILTERS, "contact")
    views = (
        View("there", Text("在职", "There"), {"active": "True"}),
        View("decide", Text("拍板的人", "Who decide"), {"role": "decides"}),
        View(
            "refused", Text("有不同意的", "Who refused something"), {"refused": list(words.CONSENT_CHANNELS)}
        ),
    )
    search = ("name", "phone", "email")
    sort = "name"
    exportable = False
    empty = Empty(
        Text("还没有联系人", "No contacts yet"),
        Text(
            "客户方的人都汇总在这里；在客户页上新增。",
            "The people at your customers come together here; add them on a customer's page.",
        ),
        "users",
    )

    def __init__(self, request: HttpRequest, rows: QuerySet, **how: Any) -> None:
        rows, _ = asked_for(self, "contact", request.GET, rows, ())
        super().__init__(request, rows, **how)

    def prepare(self, rows: Sequence[Any]) -> None:
        with_names(self, "contact", rows)

    def row_url(self, row: Any) -> str:
        return reverse("customers.detail", kwargs={"customer": row.customer_id})


def seen_contacts(person: Any) -> QuerySet[Contact]:
    """The contacts of the customers this person sees, without those whose data was erased."""
    return Contact.objects.filter(reads.of_visible(person), erased_at=None)


def contact_list(request: HttpRequest) -> HttpResponse:
    """Everybody at the customers this person sees."""
    rows = seen_contacts(request.user).select_related("customer").prefetch_related("consents")
    return answer(Contacts(request, rows), "customers/contacts.html", {})


# --- Consent ---------------------------------------------------------------------------------------------------------


def consent(request: HttpRequest, contact: int) -> HttpResponse:
    """What a contact says about being reached, above it what they said so far."""
    row = reads.fetch_child(Contact, request.user, contact, "customers.work")
    keeping.note(request, row.customer, "customers.contact-consent", row.pk)
    return send(
        request,
        "contacts.consent",
        row.customer,
        fixed={"contact": row.pk},
        heading=Text(f"{row.name}的联系许可", f"Consent of {row.name}"),
        done=Text("已记录", "Recorded"),
        template="customers/consent.html",
        context={"lines": consent_lines(row), "now": system_clock()},
    )


def consent_lines(contact: Contact) -> Sequence[tuple[Text, Text, Consent | None, Text]]:
    """For each way: its name, what was said, the row, how it was said."""
    rows = {row.channel: row for row in contact.consents.select_related("recorded_by")}
    return [
        (
            words.CHANNELS[way],
            words.CONSENTS[row.state if row else "unknown"],
            row,
            words.CONSENT_HOW[row.how] if row else Text("", ""),
        )
        for way in words.CONSENT_CHANNELS
        for row in (rows.get(way),)
    ]


# --- Employment ------------------------------------------------------------------------------------------------------


def move(request: HttpRequest, contact: int) -> HttpResponse:
    """A contact changes to another company."""
    row = reads.fetch_child(Contact, request.user, contact, "customers.work")
    return send(
        request,
        "contacts.move",
        row.customer,
        fixed={"contact": row.pk},
        heading=Text(f"{row.name}换了单位", f"{row.name} changed company"),
        lead=Text(
            "这里记为已离开，资料和经过都保留。新单位是客户的，在那里建立联系人：姓名、手机、微信、生日、看重之事一并带去。",
            "Here they are noted as having left; everything is kept. Where the new company is a customer, they are entered "
            "there with name, mobile number, WeChat, birthday and what matters to them.",
        ),
        done=Text("已记录换单位", "Noted"),
        button=SAVE,
    )


def history(request: HttpRequest, contact: int) -> HttpResponse:
    """Where a contact worked before, works here, and went."""
    person: Any = request.user
    row = reads.fetch_child(Contact, person, contact)
    keeping.note(request, row.customer, "customers.contact-history", row.pk)
    heading = Text(f"{row.name}的任职经历", f"Employment of {row.name}")
    context = {
        "contact": row,
        "account": row.customer,
        "heading": heading,
        "crumbs": crumbs(row.customer, Crumb(Text("任职经历", "Employment"))),
        "lines": reads.employments(person, [row.pk]).get(row.pk, []),
        "may": row.erased_at is None and rights(person, row.customer)["work"],
    }
    return render(request, "customers/employment.html", context)


def employment_new(request: HttpRequest, contact: int) -> HttpResponse:
    row = reads.fetch_child(Contact, request.user, contact, "customers.work")
    return send(
        request,
        "contacts.add_employment",
        row.customer,
        fixed={"contact": row.pk},
        heading=Text(f"补记{row.name}的任职", f"Note an employer of {row.name}"),
        done=Text("已补记", "Noted"),
        back=reverse("customers.contact-history", kwargs={"contact": row.pk}),
    )


def employment_drop(request: HttpRequest, employment: int) -> HttpResponse:
    """Take away a line that was entered by hand."""
    seen = seen_contacts(request.user)
    contact = (
        Employment.objects.filter(pk=employment, contact__in=seen).values_list("contact", flat=True).first()
    )
    if contact is None:
        raise NotFound("employment", employment)
    back = reverse("customers.contact-history", kwargs={"contact": contact})
    return run(
        request, "contacts.drop_employment", {"employment": employment}, Text("已删去", "Removed"), back
    )


def sample(person: Any) -> dict[str, Any] | None:
    """A line that this person sees, for the page's sample."""
    rows = Employment.objects.filter(contact__in=seen_contacts(person), moved=False)
    found = rows.values_list("pk", flat=True).first()
    return None if found is None else {"employment": found}
