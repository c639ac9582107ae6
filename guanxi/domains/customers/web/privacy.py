"""A contact's data on screen: what is held, given out, erased."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from guanxi.platform.documents.typeset import Printed, render_pdf
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import ActionError, Text, current_language, perform, system_clock
from guanxi.platform.people.settings_registry import value
from guanxi.platform.ui.act import after, show, submit, toast
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.parts import Crumb
from guanxi.platform.ui.registry import page

from .. import reads
from ..looks.keeping import note
from ..models import Contact
from ..privacy import shown
from ..privacy.held import held_of
from ..privacy.permissions import PRIVACY
from .detail import event
from .sending import crumbs, page_of

TITLE = Text("个人信息", "Personal data")
ERASE = Text("抹除个人信息", "Erase this person's data")


def _contact(request: HttpRequest, contact: int) -> Contact:
    return reads.fetch_child(Contact, request.user, contact, PRIVACY)


def _url(name: str, contact: Contact) -> str:
    return reverse(f"privacy.{name}", kwargs={"contact": contact.pk})


def contact_data(request: HttpRequest, contact: int) -> HttpResponse:
    """Everything that is held of one contact."""
    row = _contact(request, contact)
    if row.erased_at is not None:
        return _erased(request, row)
    note(request, row.customer, "privacy.contact", row.pk)
    held = held_of(row)
    context = {
        "heading": Text(f"{row.name}：个人信息", f"{row.name}: personal data"),
        "crumbs": crumbs(row.customer, Crumb(TITLE)),
        "now": system_clock(),
        "contact": row,
        "account": row.customer,
        "particulars": shown.particulars(row),
        "parts": shown.parts(held, request.user),
        "elsewhere": shown.elsewhere(held, request.user),
        "edit_url": reverse("customers.contact", kwargs={"contact": row.pk}),
        "may_edit": request.user.may("customers.work"),  # type: ignore[union-attr]
        "export_url": _url("export", row),
        "erase_url": _url("erase", row),
        "card_url": page_of(row.customer),
    }
    return render(request, "customers/contact_data.html", context)


def _erased(request: HttpRequest, row: Contact) -> HttpResponse:
    """What is left of somebody who was erased: the number, and that it was done, when and by whom."""
    about = Fact.objects.filter(subject_kind="contact", subject_id=str(row.pk)).select_related("words")
    context = {
        "heading": Text(f"已抹除的联系人 {row.pk}", f"Erased contact {row.pk}"),
        "crumbs": crumbs(row.customer, Crumb(TITLE)),
        "now": system_clock(),
        "account": row.customer,
        "card_url": page_of(row.customer),
        "events": [event(one) for one in reads.tell(list(about.order_by("-seq")))],
    }
    return render(request, "customers/contact_erased.html", context)


def export(request: HttpRequest, contact: int) -> HttpResponse:
    """All of it as a file; that it was given out becomes a fact."""
    row = _contact(request, contact)
    form = request.POST.get("form", "")
    try:
        perform(
            "contacts.export_data",
            {"contact": row.pk, "form": form},
            actor=request.user,
            key=request.POST.get("_key") or None,
            source="web",
        )
    except ActionError as refused:
        toast(request, refused.text, error=True)
        return HttpResponseRedirect(_url("contact", row))
    now = system_clock()
    held = held_of(row)
    if form == "json":
        body = json.dumps(shown.document(held, request.user, now), ensure_ascii=False, indent=1).encode()
        kind, name = "application/json; charset=utf-8", f"contact-{row.pk}.json"
    else:
        body, kind, name = _pdf(request, row, held, now), "application/pdf", f"contact-{row.pk}.pdf"
    return HttpResponse(
        body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _pdf(request: HttpRequest, row: Contact, held: Any, now: Any) -> bytes:
    data = {
        "name": row.name,
        "customer": row.customer.name,
        "number": str(row.pk),
        "particulars": shown.particulars(row),
        "parts": [
            {
                "label": part.label,
                "spoken": part.spoken,
                "lines": [{"at": line.at, "text": line.text, "more": line.more} for line in part.lines],
            }
            for part in shown.parts(held, request.user)
        ],
    }
    company = value("company.name") or str(Text("本公司", "Our company"))
    printed = Printed(company, str(request.user), now)
    return render_pdf("customers/contact_data", data, current_language(), printed=printed)


def erase(request: HttpRequest, contact: int) -> HttpResponse:
    """What goes and what stays, and the form that does it."""
    row = _contact(request, contact)
    if row.erased_at is not None:
        return HttpResponseRedirect(_url("contact", row))
    back = _url("contact", row)
    form = ActionForm(
        "contacts.erase_data", request, fixed={"contact": row.pk}, initial={"version": row.version}
    )
    if request.method == "POST" and submit(request, form) is not None:
        return after(
            request,
            page_of(row.customer),
            Text("已抹除；日志保持完整，并记有这次抹除", "Erased; the journal is whole and says that it was"),
        )
    held = held_of(row)
    context = {
        "heading": Text(f"抹除 {row.name} 的个人信息", f"Erase the data of {row.name}"),
        "crumbs": crumbs(row.customer, Crumb(TITLE, back), Crumb(ERASE)),
        "now": system_clock(),
        "contact": row,
        "goes": shown.goes(held),
        "stays": shown.stays(held, request.user),
        "elsewhere": shown.elsewhere(held, request.user),
        "cancel_url": back,
    }
    return show(request, "customers/contact_erase.html", context, form=form)


def _one(person: Any) -> dict[str, Any] | None:
    rows = Contact.objects.filter(reads.of_visible(person), erased_at=None)
    found = rows.order_by("pk").values_list("pk", flat=True).first()
    return {"contact": found} if found is not None else None


def declare() -> None:
    """The addresses; called by pages.py."""
    page("privacy.contact", "contacts/<int:contact>/data/", contact_data, label=TITLE, permission=PRIVACY,
         sample=_one, methods=("GET", "HEAD"), action="contacts.export_data")  # fmt: skip
    page("privacy.export", "contacts/<int:contact>/data/export/", export,
         label=Text("导出个人信息", "Export this person's data"), permission=PRIVACY, sample=_one, methods=("POST",))  # fmt: skip
    page("privacy.erase", "contacts/<int:contact>/data/erase/", erase, label=ERASE, permission=PRIVACY,
         sample=_one, action="contacts.erase_data")  # fmt: skip
