"""Sending a form's action, and answering: again with what is wrong, or on to the next page with a word of thanks."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse

from guanxi.platform.kernel import (
    Clock,
    Conflict,
    Forbidden,
    Invalid,
    Reason,
    Refused,
    Result,
    Text,
    get_action,
    perform,
    system_clock,
)
from guanxi.platform.kernel.errors import UnknownAction

from .addresses import address
from .forms import ActionForm, asked_fields
from .parts import Do, Words
from .refusals import view_of
from .registry import page_of_action


def submit(
    request: HttpRequest,
    form: ActionForm,
    *,
    title: Text | None = None,
    waiver_url: str = "",
    remedy_url: Callable[[Reason], str] | None = None,
    clause_text: Callable[[str], Text] | None = None,
    happened_at: datetime | None = None,
    clock: Clock = system_clock,
    run: Callable[[dict[str, Any]], Result] | None = None,
) -> Result | None:
    """Run the form's action for the signed-in person: its Result, or None with the answer put into the form. run: what
    runs it with the form's values, where something goes before it.

    NotFound passes through (404). Where no remedy_url is given, a remedy leads to the page that declared its action
    (`page(..., action=…)`), else to the plain form made from that action's input, with this form's values.
    """
    if not form.is_valid():
        return None
    raw = form.raw()
    try:
        if run is not None:
            return run(raw)
        return perform(
            form.action.name,
            raw,
            actor=request.user,
            key=form.key,
            happened_at=happened_at,
            clock=clock,
            source="web",
        )
    except Invalid as invalid:
        form.take_invalid(invalid)
    except Refused as refused:
        form.take_refusal(
            refused,
            view_of(
                refused,
                title=title,
                waiver_url=waiver_url,
                clause_text=clause_text,
                remedy_url=remedy_url
                or (lambda reason: action_url(reason.remedy_action, raw, back=request.get_full_path())),
            ),
        )
    except Conflict as conflict:
        form.renew_key()
        form.take_message(conflict.text, 409)
    except Forbidden as forbidden:
        form.take_message(forbidden.text, 403)
    return None


def action_url(action: str, values: Mapping[str, Any], *, back: str = "") -> str:
    """Where an action is done by hand, with those of `values` that its input knows; '' for an unknown action."""
    try:
        known = get_action(action)
    except UnknownAction:
        return ""
    wanted = {n: v for n, v in values.items() if n in known.Input.model_fields and isinstance(v, str | int)}
    query = {"next": back} if back else {}
    own = page_of_action(action)
    if own is not None:
        named = {n: v for n, v in wanted.items() if f":{n}>" in own.route or f"<{n}>" in own.route}
        try:
            return address(own.name, **named) + (f"?{urlencode(query)}" if query else "")
        except NoReverseMatch:
            pass
    try:
        return address("ui.act", action=action) + f"?{urlencode(wanted | query)}"
    except NoReverseMatch:
        return ""


def do_for(
    action: str,
    values: Mapping[str, Any],
    *,
    label: Words = "",
    tone: str = "",
    back: str = "",
    key: str = "",
) -> Do:
    """The button for an action: sends `values` at once where they are all that it asks for, else opens its form."""
    known = get_action(action)
    to_ask = [
        name for name, asked in asked_fields(known.Input).items() if asked.required and name not in values
    ]
    label = label or known.label
    if to_ask or page_of_action(action):
        return Do(label, action_url(action, values, back=back), tone=tone, key=key)
    url = reverse("ui.act", kwargs={"action": action})
    return Do(label, url, post=True, data=dict(values), tone=tone, key=key)


def show(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, form: ActionForm | None = None
) -> HttpResponse:
    """A page, with the status of its form (200, 422 invalid, 409 refused, 403)."""
    response = render(
        request,
        template,
        {**({"form": form} if form else {}), **context},
        status=form.status if form else 200,
    )
    if form is not None and form.status == 403:
        response["X-Form"] = "1"  # ui.js shows the form again, as for 409 and 422
    response["Vary"] = "HX-Request"
    return response


@dataclass(frozen=True, slots=True)
class Undo:
    """A correcting action that takes the last one back: where it is sent, with which values."""

    url: str
    data: Mapping[str, Any] = field(default_factory=dict)


def toast(
    request: HttpRequest, text: Text, *, undo: Undo | None = None, error: bool = False, back: str = ""
) -> None:
    """A short word at the bottom of the next page, with an undo where there is one. back: where that leads, this page
    otherwise."""
    body = _toast_body(request, text, undo, back or request.get_full_path())
    messages.add_message(request, messages.ERROR if error else messages.SUCCESS, body)


def after(
    request: HttpRequest, url: str, text: Text | None = None, *, undo: Undo | None = None
) -> HttpResponse:
    """The way on after an action: to `url`; a form in the drawer closes it and the page below goes on."""
    if request.headers.get("X-Drawer"):
        body = _toast_body(request, text, undo, url) if text else ""
        return HttpResponse(status=204, headers={"HX-Trigger": json.dumps({"guanxi:done": {"toast": body}})})
    if text:
        toast(request, text, undo=undo, back=url)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def _toast_body(request: HttpRequest, text: Text, undo: Undo | None, back: str) -> str:
    context = {
        "text": text,
        "undo_url": undo.url if undo else "",
        "undo_data": undo.data if undo else {},
        "key": uuid.uuid4().hex,
        "next": back,
    }
    return render_to_string("ui/toast_body.html", context, request)
