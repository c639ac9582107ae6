"""The relationship card (R5.19): on screen, as PDF in two sizes, as vCard and QR code."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe

from guanxi.platform.documents.qr import TooLong, qr_png, qr_svg
from guanxi.platform.documents.shapes import Block, RelationshipCard
from guanxi.platform.documents.typeset import Picture, Printed, render_pdf
from guanxi.platform.documents.vcard import Address, BusinessCard, Phone, for_qr, write_vcard
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Text, current_language, system_clock
from guanxi.platform.people.settings_registry import value
from guanxi.platform.ui.parts import Crumb

from .. import reads, words
from ..models import Account, Contact, Need, Promise
from .detail import missing_said, open_account
from .sending import crumbs, page_of


def card(request: HttpRequest, customer: int) -> HttpResponse:
    """The card on screen, printable."""
    account = open_account(request, customer, "customers.card")
    contact = _which(request, account)
    now = system_clock()
    state = reads.card_state(account, now)
    context = {
        "account": account,
        "contact": contact,
        "heading": Text("客户关系卡", "Relationship card"),
        "crumbs": crumbs(account, Crumb(Text("关系卡", "Card"))),
        "back_url": page_of(account),
        "state": state,
        "missing": missing_said(state.missing),
        "role": words.DECISION_ROLES.get(contact.decision_role, "") if contact else "",
        "motives": words.said("motives", contact.motives) if contact else "",
        "kinds": words.said("kinds", account.kinds),
        "qr": _qr(account, contact),
        "people": [c for c in account.contacts.all() if c.active],
        "now": now,
        "query": f"?contact={contact.pk}" if contact else "",
        "pdf_url": reverse("customers.card-pdf", kwargs={"customer": account.pk}),
        "vcard_url": reverse("customers.card-vcard", kwargs={"customer": account.pk}),
        "history_url": reverse("customers.history", kwargs={"customer": account.pk}),
    }
    return render(request, "customers/card.html", context)


def card_pdf(request: HttpRequest, customer: int) -> HttpResponse:
    """A4, or the size of a business card with ?size=small."""
    account = open_account(request, customer, "customers.card-pdf")
    contact = _which(request, account)
    now = system_clock()
    small = request.GET.get("size") == "small"
    template = "documents/relationship_card_small" if small else "documents/relationship_card"
    printed = Printed(value("company.name") or str(Text("本公司", "Our company")), request.user.name, now)  # type: ignore[union-attr]
    made = render_pdf(template, shape(account, contact, now), current_language(), printed=printed)
    return _file(made, "application/pdf", f"card-{account.pk}.pdf", inline=True)


def card_vcard(request: HttpRequest, customer: int) -> HttpResponse:
    """The contact on the card as vCard 4.0."""
    account = open_account(request, customer, "customers.card-vcard")
    contact = _which(request, account)
    text = write_vcard(
        business_card(account, contact), changed=contact.updated_at if contact else account.updated_at
    )
    return _file(text.encode(), "text/vcard; charset=utf-8", f"card-{account.pk}.vcf")


def _file(content: bytes, kind: str, name: str, *, inline: bool = False) -> HttpResponse:
    way = "inline" if inline else "attachment"
    return HttpResponse(
        content, content_type=kind, headers={"Content-Disposition": f'{way}; filename="{name}"'}
    )


def _which(request: HttpRequest, account: Account) -> Contact | None:
    """The contact asked for, if he or she is this customer's; else the main one."""
    people = list(account.contacts.prefetch_related("consents"))
    asked = request.GET.get("contact", "")
    return next((c for c in people if str(c.pk) == asked), None) or reads.main_contact(people)


def business_card(account: Account, contact: Contact | None) -> BusinessCard:
    """What a telephone takes: the person with the employer, or the customer alone where no person is known."""
    fields = [contact.phone] if contact else []
    phones = [
        Phone(number.full or number.shown, "cell" if number.mobile else "work")
        for text in [*fields, account.phone]
        for number in reads.numbers(text)
    ]
    emails = [e for e in ((contact.email if contact else ""), account.email) if e]
    return BusinessCard(
        name=contact.name if contact else account.name,
        organisation=account.name,
        department=contact.unit if contact else "",
        title=contact.post if contact else "",
        phones=tuple(phones),
        emails=tuple(emails),
        addresses=(Address(street=account.address),) if account.address else (),
        birthday=contact.birthday if contact else "",
        wechat=contact.wechat if contact else "",
        uid=f"guanxi-contact-{contact.pk}" if contact else f"guanxi-customer-{account.pk}",
        language="zh",
    )


def _qr(account: Account, contact: Contact | None) -> Any:
    try:
        return mark_safe(qr_svg(for_qr(business_card(account, contact))))  # noqa: S308 (made by segno from encoded data)
    except TooLong:
        return ""


def shape(account: Account, contact: Contact | None, now: datetime) -> RelationshipCard:
    """The card as the printed form takes it."""
    try:
        qr = Picture(
            qr_png(for_qr(business_card(account, contact))), str(Text("名片二维码", "QR code of the card"))
        )
    except TooLong:
        qr = None
    promises = Promise.objects.filter(customer=account, state=Promise.OPEN).select_related("owner")[:10]
    needs = Need.objects.filter(customer=account).exclude(state=Need.CLOSED)[:10]
    blocks = [
        Block(Text("看重之事", "What matters"), text=contact.matters if contact else ""),
        Block(
            Text("未兑现的承诺", "Open promises"),
            lines=[words.with_more(p.what, p.owner.name, timezone.localdate(p.due)) for p in promises],
        ),
        Block(Text("需求", "Needs"), lines=[n.what for n in needs]),
        Block(Text("备注", "Note"), text=account.note),
    ]
    facts = Fact.objects.filter(
        customer_id=account.pk,
        kind__in=(
            "customer.created",
            "customer.updated",
            "customer.graded",
            "customer.card_confirmed",
            "contact.updated",
        ),
    ).select_related("words")
    history = [
        (timezone.localdate(t.at), t.text, t.who) for t in reads.tell(list(facts.order_by("-seq")[:8]))
    ]
    return RelationshipCard(
        name=contact.name if contact else account.name,
        employer=account.name,
        post=contact.post if contact else "",
        department=contact.unit if contact else "",
        address=account.address,
        phone="，".join(p for p in ((contact.phone if contact else ""), account.phone) if p),
        email=(contact.email if contact else "") or account.email,
        wechat=contact.wechat if contact else "",
        number=f"{account.pk:06d}",
        grade=account.grade,
        decision_role=words.DECISION_ROLES.get(contact.decision_role, "") if contact else "",
        birthday=contact.birthday.removeprefix("--") if contact else "",
        owner=account.manager.name if account.manager else "",
        confirmed_on=timezone.localdate(account.card_confirmed_at) if account.card_confirmed_at else None,
        qr=qr,
        pairs=[
            (Text("类别", "Kinds"), words.said("kinds", account.kinds)),
            (Text("信用等级", "Credit grade"), account.credit),
            (Text("统一社会信用代码", "Credit code"), account.credit_code),
        ],
        blocks=[b for b in blocks if b.lines or b.text],
        history=history,
    )
