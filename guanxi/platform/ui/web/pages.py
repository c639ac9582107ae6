"""The pages that belong to no domain: language, theme, pickers, and the plain form that every action has."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from guanxi.platform.kernel import Forbidden, NotFound, Text, get_action, may, perform
from guanxi.platform.kernel.errors import UnknownAction

from ..access import is_signed_in
from ..act import after, show, submit
from ..context import THEME_COOKIE, THEMES
from ..forms import ActionForm, asked_fields
from ..registry import get_picker, page
from . import style as _style  # noqa: F401 (declares its own page)

YEAR = 365 * 24 * 3600
LANGUAGES = ("zh-hans", "en")


def safe_next(request: HttpRequest, default: str = "/") -> str:
    """Where to go afterwards: the form's `next`, if it stays on this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    allowed = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if allowed else default


def _choose(request: HttpRequest, name: str, allowed: tuple[str, ...]) -> HttpResponse:
    """Keep a choice of language or theme: with the person, and in a cookie for the pages before sign-in."""
    value = request.POST.get(name, "")
    quiet = request.headers.get("HX-Request")
    response = HttpResponse(status=204) if quiet else HttpResponseRedirect(safe_next(request))
    if value not in allowed:
        return response
    person: Any = request.user
    if is_signed_in(person):
        chosen = {"language": person.language, "theme": person.theme, name: value}
        perform("people.set_preferences", chosen, actor=person, source="web")
    response.set_cookie(name, value, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)
    return response


def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the device says."""
    return _choose(request, THEME_COOKIE, THEMES)


def language(request: HttpRequest) -> HttpResponse:
    """Chinese or English."""
    return _choose(request, "language", LANGUAGES)


def pick(request: HttpRequest, kind: str) -> HttpResponse:
    """Options for a picker's field, from what was typed into it."""
    picker = get_picker(kind)
    if picker is None:
        raise NotFound(kind)
    typed = next((str(v).strip() for n, v in request.GET.items() if n == "q" or n.endswith("__text")), "")
    options = picker.search(request.user, typed)[:20] if typed else []
    return render(request, "ui/widgets/picker_options.html", {"options": options})


def act(request: HttpRequest, action: str) -> HttpResponse:
    """The plain form of any action, made from its typed input; remedies and Ctrl-K lead here where no page is better."""
    try:
        known = get_action(action)
    except UnknownAction:
        raise NotFound("action", action) from None
    if known.internal:
        raise NotFound("action", action)
    if not may(request.user, action):
        raise Forbidden(known.permission)
    asked = asked_fields(known.Input)
    given = {name: value for name, value in request.GET.items() if name in asked}
    # A button sends its values without having asked for them.
    given |= {
        name: value
        for name, value in request.POST.items()
        if name in asked and f"{name}__text" not in request.POST
    }
    fixed = {name: value for name, value in given.items() if asked[name].of or asked[name].widget == "hidden"}
    form = ActionForm(known, request, fixed=fixed, initial={n: v for n, v in given.items() if n not in fixed})
    onward = safe_next(request)
    if request.method == "POST" and submit(request, form):
        return after(request, onward, Text(f"已完成：{known.label.zh}", f"Done: {known.label.en}"))
    form_url = f"{request.path}?{urlencode(fixed | {'next': onward})}"
    context = {"heading": known.label, "cancel_url": onward, "form_url": form_url}
    return show(request, "ui/page_form.html", context, form=form)


page("ui.theme", "ui/theme/", theme, label=Text("外观", "Theme"), public=True, methods=("POST",))
page("ui.language", "ui/language/", language, label=Text("语言", "Language"), public=True, methods=("POST",))
page(
    "ui.pick",
    "ui/pick/<slug:kind>/",
    pick,
    label=Text("查找", "Find"),
    sample=lambda person: {"kind": "person"},
    methods=("GET", "HEAD"),
)
page(
    "ui.act",
    "do/<str:action>/",
    act,
    label=Text("办理", "Do"),
    sample=lambda person: {"action": "people.set_preferences"},
)
