"""One short form per action: drawn in the drawer or on its own page, sent, and on to the customer's page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import ActionError, Result, Text, perform
from guanxi.platform.ui.act import Undo, after, show, submit, toast
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.parts import Crumb
from guanxi.platform.ui.web.pages import safe_next

from ..actions.undo import UNDO
from ..models import Account

LIST = Text("客户", "Customers")
SAVE = Text("保存", "Save")


def page_of(account: Account) -> str:
    """The customer's page."""
    return reverse("customers.detail", kwargs={"customer": account.pk})


def crumbs(account: Account, *more: Crumb) -> list[Crumb]:
    """客户 / 恒远电子 / …"""
    return [Crumb(LIST, reverse("customers.list")), Crumb(account.called, page_of(account)), *more]


def undo_of(result: Result) -> Undo | None:
    """The way back for what was just recorded, where its kind has one: of the last, which takes back what led to it."""
    fact = Fact.objects.filter(pk__in=result.seqs, kind__in=list(UNDO)).order_by("seq").last()
    if fact is None:
        return None
    page = "customers.comment-undo" if fact.kind == "customer.commented" else "customers.undo"
    return Undo(reverse(page), {"fact": fact.pk})


def choose(
    form: ActionForm, field: str, rows: Iterable[Any], *, none: Text = Text("（不填）", "(none)")
) -> None:
    """Let a field be chosen from these rows (this customer's contacts, the products on offer)."""
    if field in form.fields:
        pairs: list[Any] = [("", none), *((row.pk, str(row)) for row in rows)]
        form.fields[field].widget = forms.Select(choices=pairs)


def cleared(request: HttpRequest, names: Sequence[str]) -> list[str]:
    """The fields of an editing form that were sent empty: they are to be emptied."""
    if request.method != "POST":
        return []
    return [name for name in names if name in request.POST and not request.POST[name].strip()]


def send(
    request: HttpRequest,
    action: str,
    account: Account | None,
    *,
    fixed: Mapping[str, Any] | None = None,
    only: Sequence[str] | None = None,
    needed: Sequence[str] = (),
    initial: Mapping[str, Any] | None = None,
    attrs: Mapping[str, Mapping[str, str]] | None = None,
    choices: Mapping[str, Iterable[Any]] | None = None,
    heading: Text | None = None,
    lead: Any = "",
    done: Text,
    button: Text | None = None,
    back: str = "",
    template: str = "customers/form.html",
    context: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The form of an action about a customer, and its answer. `done` is said afterwards; undo where there is one.

    button: what it says, where that is not the action's name. needed: fields that the action may be called without, and
    that stay filled where they are shown with what they hold. attrs: by field, what its element says besides.
    """
    form = ActionForm(action, request, fixed=fixed, only=only, initial=initial, submit_label=button)
    for name in needed:
        form.fields[name].required = True
        form.fields[name].widget.attrs["aria-required"] = "true"
    for name, more in (attrs or {}).items():
        form.fields[name].widget.attrs.update(more)
    for field, rows in (choices or {}).items():
        choose(form, field, rows)
    back = back or (page_of(account) if account else reverse("customers.list"))
    if request.method == "POST" and (result := submit(request, form)):
        return after(request, safe_next(request, back), done, undo=undo_of(result))
    heading = heading or form.action.label
    whole = {
        "heading": heading,
        "lead": lead,
        "crumbs": crumbs(account, Crumb(heading))
        if account
        else [Crumb(LIST, reverse("customers.list")), Crumb(heading)],
        "cancel_url": back,
        "account": account,
        **(context or {}),
    }
    return show(request, template, whole, form=form)


def run(request: HttpRequest, action: str, data: Mapping[str, Any], done: Text, back: str) -> HttpResponse:
    """Something done at once by a button; where it is refused, the page below says why."""
    back = safe_next(request, back)
    try:
        result = perform(
            action, dict(data), actor=request.user, key=request.POST.get("_key") or None, source="web"
        )
    except ActionError as refused:
        toast(request, refused.text, error=True)
        return HttpResponseRedirect(back)
    return after(request, back, done, undo=undo_of(result))


def asked(request: HttpRequest, name: str, codes: Mapping[str, Text]) -> str:
    """What the address asks a field to begin with, where it is one of its codes; '' otherwise."""
    value = request.GET.get(name, "")
    return value if value in codes else ""
