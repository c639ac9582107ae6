"""Two contacts side by side who are one person, and the merger between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from guanxi.platform.kernel import ActionError, NotFound, Text, perform, system_clock
from guanxi.platform.ownfields.known import every
from guanxi.platform.ownfields.values import differing as own_differing
from guanxi.platform.ui.act import Undo, after, show, submit, toast
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.parts import Crumb
from guanxi.platform.ui.registry import page

from .. import reads, words
from ..actions.contact_merging import CHOICES, differing
from ..looks import keeping
from ..models import Contact
from ..models_contacts import ContactMerger
from .sending import crumbs, page_of

MERGE = "contacts.merge"
WORK = "customers.work"
LABEL = Text("合并联系人", "Merge contacts")


def twins(request: HttpRequest, contact: int) -> HttpResponse:
    """The other contacts of the customer, to choose who is the same person; those merged so far, with the way back."""
    row = reads.fetch_child(Contact, request.user, contact, WORK)
    mergers = ContactMerger.objects.filter(
        into__customer=row.customer_id, into__erased_at=None, undone_at=None
    )
    others = row.customer.contacts.filter(erased_at=None).exclude(pk=row.pk)
    context = {
        "contact": row,
        "heading": Text(f"合并联系人 {row.name}", f"Merge contact {row.name}"),
        "crumbs": crumbs(row.customer, Crumb(LABEL)),
        "others": list(others),
        "merged": list(mergers.select_related("into", "by")[:20]),
        "now": system_clock(),
    }
    return render(request, "customers/contact_twins.html", context)


def side_by_side(stays: int, goes: int) -> str:
    return reverse("customers.contact-merge", kwargs={"contact": stays, "twin": goes})


def merge(request: HttpRequest, contact: int, twin: int) -> HttpResponse:
    """Two contacts side by side: who stays, and whose word counts where they differ."""
    stays = reads.fetch_child(Contact, request.user, contact, WORK)
    goes = reads.fetch_child(Contact, request.user, twin, WORK)
    if stays.pk == goes.pk:
        return HttpResponseRedirect(page_of(stays.customer))
    if stays.customer_id != goes.customer_id:
        raise NotFound("contact", twin)
    for one in (stays, goes):
        keeping.note(request, stays.customer, "customers.contact-merge", one.pk)
    differ = [*differing(stays, goes), *own_differing(stays, goes)]
    sent = request.POST if request.method == "POST" else {}
    form = ActionForm(
        MERGE,
        request,
        fixed={
            "contact": stays.pk,
            "other": goes.pk,
            "take": [name for name in differ if sent.get(f"take_{name}") == "other"],
            "version": _number(sent.get("version"), stays.version),
            "other_version": _number(sent.get("other_version"), goes.version),
        },
        only=(),
    )
    if request.method == "POST" and (result := submit(request, form)):
        made = ContactMerger.objects.filter(gone=goes.pk, undone_at=None).last()
        undo = (
            Undo(reverse("customers.contact-unmerge"), {"merger": made.pk}) if made and result.value else None
        )
        return after(request, page_of(stays.customer), Text("已合并", "Merged"), undo=undo)
    context = {
        "heading": LABEL,
        "crumbs": crumbs(
            stays.customer,
            Crumb(LABEL, reverse("customers.contact-twins", kwargs={"contact": stays.pk})),
            Crumb(Text("对照", "Side by side")),
        ),
        "stays": stays,
        "goes": goes,
        "lines": _lines(stays, goes, differ, sent),
        "counts": _counts(stays, goes),
        "swap_url": side_by_side(goes.pk, stays.pk),
        "cancel_url": page_of(stays.customer),
    }
    return show(request, "customers/contact_merge.html", context, form=form)


def _number(text: Any, else_: int) -> int:
    return int(text) if str(text or "").isdecimal() and len(str(text)) < 19 else else_


def _lines(stays: Contact, goes: Contact, differ: list[str], sent: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What each of them says, field by field; `both` where somebody has to choose."""
    found = []
    for name in (*CHOICES, "motives"):
        mine, theirs = (
            words.said(name, getattr(row, name)) if getattr(row, name) else "" for row in (stays, goes)
        )
        if mine or theirs:
            found.append(
                {
                    "name": name,
                    "label": words.OF_PERSON.get(name) or words.FIELDS[name],
                    "mine": mine,
                    "theirs": theirs,
                    "both": name in differ,
                    "comes": theirs and (not mine or (name == "motives" and mine != theirs)),
                    "other": sent.get(f"take_{name}") == "other",
                }
            )
    for own in every("contact"):
        mine, theirs = (own.said(row.own.get(own.key)) for row in (stays, goes))
        if mine or theirs:
            taken = sent.get(f"take_{own.path}") == "other"
            line = {"name": own.path, "label": own.label, "mine": mine, "theirs": theirs}
            found.append({**line, "both": own.path in differ, "comes": not mine, "other": taken})
    return found


def _counts(stays: Contact, goes: Contact) -> list[tuple[Text, int, int]]:
    """How much there is of each."""
    return [
        (Text("需求", "Needs"), stays.needs.count(), goes.needs.count()),
        (Text("异议", "Objections"), stays.objections.count(), goes.objections.count()),
        (Text("承诺", "Promises"), stays.promises.count(), goes.promises.count()),
        (Text("礼品和物资", "Gifts and materials"), stays.materials.count(), goes.materials.count()),
        (Text("联系许可", "Consents"), stays.consents.count(), goes.consents.count()),
    ]


def unmerge(request: HttpRequest) -> HttpResponse:
    """Part two merged contacts again."""
    asked = request.POST.get("merger", "")
    merger = ContactMerger.objects.filter(pk=asked).first() if asked.isdecimal() and len(asked) < 19 else None
    back = reverse("customers.list")
    if merger and reads.visible(request.user).filter(pk=merger.into.customer_id).exists():
        back = reverse("customers.detail", kwargs={"customer": merger.into.customer_id})
    try:
        perform(
            "contacts.unmerge",
            {"merger": asked},
            actor=request.user,
            key=request.POST.get("_key") or None,
            source="web",
        )
    except ActionError as refused:
        toast(request, refused.text, error=True)
        return HttpResponseRedirect(back)
    return after(request, back, Text("已分开，各自的记录都回去了", "Parted; each has their records back"))


def two(person: Any) -> dict[str, Any] | None:
    """Two contacts of one customer that a person may merge, for a page's sample."""
    rows = Contact.objects.filter(customer__in=reads.visible(person), erased_at=None).order_by(
        "customer", "pk"
    )
    last: tuple[int, int] | None = None
    for customer, id in rows.values_list("customer", "pk").iterator():
        if last is not None and last[0] == customer:
            return {"contact": last[1], "twin": id}
        last = (customer, id)
    return None


def declare(contact: Any) -> None:
    """The pages. contact: finds a contact for a page's sample."""
    page("customers.contact-twins", "customers/contacts/<int:contact>/merge/", twins, label=LABEL, permission=WORK,
         sample=contact, methods=("GET", "HEAD"))  # fmt: skip
    page("customers.contact-merge", "customers/contacts/<int:contact>/merge/<int:twin>/", merge, label=LABEL,
         permission=WORK, sample=two)  # fmt: skip
    page("customers.contact-unmerge", "customers/contacts/unmerge/", unmerge,
         label=Text("撤销联系人合并", "Undo the merger of contacts"), permission=WORK, methods=("POST",))  # fmt: skip
