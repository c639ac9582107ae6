"""Likely twins of a customer, two of them side by side, and the merger between them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from guanxi.platform.kernel import ActionError, Text, perform
from guanxi.platform.ownfields.known import every
from guanxi.platform.ownfields.values import differing as own_differing
from guanxi.platform.ui.act import Undo, after, show, submit, toast
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.parts import Crumb
from guanxi.platform.ui.registry import Panel, page, panel

from .. import reads, words
from ..actions.grouping import UNSEEN
from ..actions.merging import CHOICES, address_kept, differing
from ..models import Account
from ..models_merger import Merger
from .sending import crumbs, page_of

MERGE = "customers.merge"
TWINS = Text("查重与合并", "Twins")


def twins(request: HttpRequest, customer: int) -> HttpResponse:
    """Customers that may be the same as this one, with what speaks for it; or any other, chosen by hand."""
    account = reads.fetch(request.user, customer, MERGE)
    chosen = request.GET.get("other", "")
    if chosen.isdecimal() and len(chosen) < 19 and int(chosen) != account.pk:
        other = reads.fetch(request.user, int(chosen), MERGE)
        return HttpResponseRedirect(_side_by_side(account, other))
    people = list(account.contacts.filter(active=True))
    found = reads.alike(
        request.user,
        name=account.name,
        phones=[account.phone, *(c.phone for c in people)],
        code=account.credit_code,
        address=account.address,
        contact=people[0].name if people else "",
        but=account.pk,
    )
    mine = set(
        Account.objects.filter(
            reads.within(request.user, MERGE), pk__in=[t.account.pk for t in found.seen]
        ).values_list("pk", flat=True)
    )
    context = {
        "account": account,
        "heading": Text(f"和“{account.called}”可能是同一家", f"May be the same as “{account.called}”"),
        "crumbs": crumbs(account, Crumb(TWINS)),
        "found": found,
        "lines": [
            {"twin": t, "url": _side_by_side(account, t.account) if t.account.pk in mine else ""}
            for t in found.seen
        ],
        "picker": ActionForm(MERGE, request, fixed={"customer": account.pk}, only=["other"]),
    }
    return render(request, "customers/merge_twins.html", context)


def _side_by_side(stays: Account, goes: Account) -> str:
    return reverse("customers.merge", kwargs={"customer": stays.pk, "other": goes.pk})


def merge(request: HttpRequest, customer: int, other: int) -> HttpResponse:
    """Two customers side by side: which stays, and whose word counts where they differ."""
    stays = reads.fetch(request.user, customer, MERGE)
    goes = reads.fetch(request.user, other, MERGE)
    if stays.pk == goes.pk:
        return HttpResponseRedirect(page_of(stays))
    differ = [*differing(stays, goes), *own_differing(stays, goes)]
    sent = request.POST if request.method == "POST" else {}
    form = ActionForm(
        MERGE,
        request,
        fixed={
            "customer": stays.pk,
            "other": goes.pk,
            "take": [name for name in differ if sent.get(f"take_{name}") == "other"],
            "version": _number(sent.get("version"), stays.version),
            "other_version": _number(sent.get("other_version"), goes.version),
        },
        only=["reason"],
    )
    if request.method == "POST" and (result := submit(request, form)):
        made = Merger.objects.filter(gone=goes.pk, undone_at=None).latest("pk")
        return after(
            request,
            page_of(stays),
            Text(f"已合并，共 {_rows(made)} 条记录随之并入", f"Merged, with {_rows(made)} records"),
            undo=Undo(reverse("customers.unmerge"), {"merger": made.pk})
            if result.value is not None
            else None,
        )
    context = {
        "heading": Text("合并客户", "Merge customers"),
        "crumbs": crumbs(
            stays,
            Crumb(TWINS, reverse("customers.twins", kwargs={"customer": stays.pk})),
            Crumb(Text("合并", "Merge")),
        ),
        "stays": stays,
        "goes": goes,
        "lines": _lines(request.user, stays, goes, differ, sent),
        "counts": _counts(stays, goes),
        "two_codes": "credit_code" in differ,
        "swap_url": _side_by_side(goes, stays),
        "cancel_url": page_of(stays),
        "apart_url": reverse("customers.keep-apart", kwargs={"customer": stays.pk, "other": goes.pk}),
    }
    return show(request, "customers/merge.html", context, form=form)


def _number(text: Any, else_: int) -> int:
    return int(text) if str(text or "").isdecimal() and len(str(text)) < 19 else else_


def _lines(
    person: Any, stays: Account, goes: Account, differ: list[str], sent: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """What each of them says, field by field; `both` where somebody has to choose."""
    found = []
    for name in CHOICES:
        mine, theirs = (_said(person, row, name) for row in (stays, goes))
        if mine or theirs:
            found.append(
                {
                    "name": name,
                    "label": words.FIELDS[name],
                    "mine": mine,
                    "theirs": theirs,
                    "both": name in differ and name != "credit_code",
                    "comes": getattr(stays, CHOICES[name][0]) in ("", None) and theirs,
                    "other": sent.get(f"take_{name}") == "other",
                }
            )
    for own in every("customer"):
        mine, theirs = (own.said(row.own.get(own.key)) for row in (stays, goes))
        if mine or theirs:
            both = own.path in differ
            taken = sent.get(f"take_{own.path}") == "other"
            line = {"name": own.path, "label": own.label, "mine": mine, "theirs": theirs}
            found.append({**line, "both": both, "comes": not mine, "other": taken})
    return found


def _said(person: Any, row: Account, name: str) -> Any:
    if name == "parent":
        if row.parent_id is None:
            return ""
        return reads.names_of(person, [row.parent_id]).get(row.parent_id) or str(UNSEEN)
    if name == "manager":
        return row.manager.name if row.manager else ""
    if name == "position":
        return (
            "" if row.lon is None or row.lat is None else f"{row.lon.normalize():f}, {row.lat.normalize():f}"
        )
    if name == "address":
        return " · ".join(part for part in (row.address, row.area) if part)
    return words.said(name, getattr(row, name))


def _counts(stays: Account, goes: Account) -> list[tuple[Text, int, int]]:
    """How much there is of each."""
    return [
        (Text("联系人", "Contacts"), stays.contacts.count(), goes.contacts.count()),
        (Text("需求", "Needs"), stays.needs.count(), goes.needs.count()),
        (Text("异议", "Objections"), stays.objections.count(), goes.objections.count()),
        (Text("承诺", "Promises"), stays.promises.count(), goes.promises.count()),
    ]


def _rows(merger: Merger) -> int:
    return sum(len(ids) for ids in merger.kept["moved"].values())


def unmerge(request: HttpRequest) -> HttpResponse:
    """Part two merged customers again."""
    asked = request.POST.get("merger", "")
    merger = Merger.objects.filter(pk=asked).first() if asked.isdecimal() and len(asked) < 19 else None
    back, stays_behind = reverse("customers.list"), None
    if merger and reads.visible(request.user).filter(pk=merger.into_id).exists():
        back = reverse("customers.detail", kwargs={"customer": merger.into_id})
        stays_behind = address_kept(merger)
    try:
        perform(
            "customers.unmerge",
            {"merger": asked},
            actor=request.user,
            key=request.POST.get("_key") or None,
            source="web",
        )
    except ActionError as refused:
        toast(request, refused.text, error=True)
        return HttpResponseRedirect(back)
    said = Text("已分开，各自的记录都回去了", "Parted; each has its records back")
    if stays_behind is not None:
        said = Text(
            f"{said.zh}；合并后改过的地址“{stays_behind.address}”留在这位客户",
            f"{said.en}; the address “{stays_behind.address}”, changed since, stays with this customer",
        )
    return after(request, back, said)


@panel("customer")
class Mergers(Panel):
    """What was merged into this customer, and the way back."""

    aside: ClassVar[bool] = True
    order: ClassVar[int] = 90
    permission: ClassVar[str] = "customers.view"
    template: ClassVar[str] = "customers/panel_mergers.html"
    title: ClassVar[Text] = Text("并入的客户", "Merged into it")

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        if "mergers" not in reads.present(subject):
            return None
        rows = list(Merger.objects.filter(into=subject.pk, undone_at=None).select_related("by")[:20])
        if not rows:
            return None
        may = Account.objects.filter(reads.within(person, MERGE), pk=subject.pk).exists()
        return {
            "rows": [(row, may and row.first_into == subject.pk) for row in rows],
            "now": now,
        }


def two(person: Any) -> dict[str, Any] | None:
    """Two customers that a person may merge, for a page's sample."""
    rows = Account.objects.filter(reads.within(person, MERGE) & reads.within(person, "customers.view"))
    found = list(rows.order_by("name", "id").values_list("pk", flat=True)[:2])
    return {"customer": found[0], "other": found[1]} if len(found) == 2 else None


def declare(customer: Any) -> None:
    """The pages. customer: finds a customer for a page's sample."""

    page("customers.twins", "customers/<int:customer>/twins/", twins, label=TWINS, permission=MERGE,
         sample=customer, methods=("GET", "HEAD"))  # fmt: skip
    page("customers.merge", "customers/<int:customer>/merge/<int:other>/", merge,
         label=Text("合并客户", "Merge customers"), permission=MERGE, sample=two)  # fmt: skip
    page("customers.unmerge", "customers/unmerge/", unmerge, label=Text("撤销合并", "Undo the merger"),
         permission=MERGE, methods=("POST",))  # fmt: skip
