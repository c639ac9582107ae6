"""My sessions and my tokens: where I am signed in, which programs act for me, and how both end."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from guanxi.platform.kernel import NotFound, Text, system_clock
from guanxi.platform.ui.act import after, do_for, show, submit
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.parts import Crumb

from ..devices import device
from ..models import Person
from ..sessions import REF, seconds_left, sessions_of
from .passkeys import proof

ME = Text("我的账号", "My account")
HERE = Text("登录与令牌", "Sessions and tokens")


def sessions(request: HttpRequest) -> HttpResponse:
    """Where I am signed in, and my tokens."""
    person = _oneself(request)
    here, back = request.session.get(REF, ""), reverse("people.sessions")
    context = {
        "heading": HERE,
        "crumbs": [Crumb(ME, reverse("people.me"))],
        "rows": [(row, device(row.agent), row.ref == here) for row in sessions_of(person, system_clock())],
        "tokens": [
            (token, do_for("people.end_token", {"token": token.pk}, label=Text("停用", "End"), back=back))
            for token in person.tokens.filter(ended_at=None).order_by("-made_at")
        ],
    }
    return show(request, "people/sessions.html", context)


def still(request: HttpRequest) -> HttpResponse:
    """For pages that stand open: how long the session holds, and whose it is."""
    return JsonResponse({"left": seconds_left(request), "person": request.user.pk})


def end(request: HttpRequest) -> HttpResponse:
    """End one of my sessions (?session=), else all but this one."""
    person, here, back = _oneself(request), request.session.get(REF, ""), reverse("people.sessions")
    ref = request.GET.get("session", "")
    if ref:
        row = next((r for r in sessions_of(person, system_clock()) if r.ref == ref and ref != here), None)
        if row is None:
            raise NotFound("session", ref)
        form, lead = (
            ActionForm("people.end_session", request, fixed={"session": ref}, only=proof(person)),
            device(row.agent),
        )
    else:
        form = ActionForm("people.end_other_sessions", request, fixed={"keep": here}, only=proof(person))
        lead = Text("只保留这台设备上的登录。", "Only the session on this device stays.")
    if request.method == "POST" and submit(request, form) is not None:
        return after(request, back, Text("已结束", "Ended"))
    context = {
        "heading": form.action.label,
        "crumbs": [Crumb(ME, reverse("people.me")), Crumb(HERE, back)],
        "lead": lead,
        "cancel_url": back,
    }
    return show(request, "ui/page_form.html", context, form=form)


def new_token(request: HttpRequest) -> HttpResponse:
    """A new token, shown this once."""
    form = ActionForm("people.make_token", request, only=["label", *proof(_oneself(request))])
    back = reverse("people.sessions")
    result = submit(request, form) if request.method == "POST" else None
    context: dict[str, Any] = {
        "heading": form.action.label,
        "crumbs": [Crumb(ME, reverse("people.me")), Crumb(HERE, back)],
        "cancel_url": back,
    }
    if result is not None:
        return show(request, "people/token.html", context | {"plain": result.value.plain})
    return show(request, "ui/page_form.html", context, form=form)


def _oneself(request: HttpRequest) -> Person:
    return Person.objects.get(pk=request.user.pk or 0)
