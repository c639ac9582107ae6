"""My account: language, theme, password, second factor."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any

import segno
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from guanxi.platform.kernel import Text
from guanxi.platform.ui.act import after, show, submit
from guanxi.platform.ui.context import THEME_COOKIE
from guanxi.platform.ui.forms import ActionForm

from .. import holds, identity, reads
from ..models import Link, Person
from ..roles import ROLES
from ..settings_registry import value
from ..ways import named, ways
from .forms import unsent
from .provider import link_address
from .signin import LANGUAGE_COOKIE

STEPS = {
    "start": "people.start_second_factor",
    "enrol": "people.enrol_second_factor",
    "codes": "people.new_recovery_codes",
    "remove": "people.remove_second_factor",
}


def me(request: HttpRequest) -> HttpResponse:
    """Who I am here, my language and theme."""
    person: Any = request.user
    form = ActionForm(
        "people.set_preferences",
        request,
        initial={"language": person.language, "theme": person.theme},
        submit_label=Text("保存", "Save"),
    )
    if request.method == "POST" and submit(request, form) is not None:
        response = after(request, reverse("people.me"), Text("已保存", "Saved"))
        for cookie in (LANGUAGE_COOKIE, THEME_COOKIE):
            response.delete_cookie(cookie)  # what was chosen for this browser only gives way
        return response
    context = {
        "heading": Text("我的账号", "My account"),
        "person": person,
        "roles": [ROLES[r] for r in reads.roles_on(person)],
        "factor": identity.second_factor(person),
        "ways": _ways(person),
        "passkeys": person.passkeys.count(),
        "unused_codes": person.recovery_codes.filter(used_at=None).count(),
        "stopped": holds.hold_words(person, person) if holds.held(person) else None,
    }
    return show(request, "people/me.html", context, form=form)


def _ways(person: Person) -> list[tuple[Text, str, Link | None]]:
    """The ways in by an account elsewhere: its name, the page that links it, and what is linked; also what is linked at
    a place that is connected no more."""
    linked = {row.issuer: row for row in person.links.order_by("pk")}
    found = [(way.name, link_address(way.key), linked.pop(way.issuer, None)) for way in ways().values()]
    gone = [(named(row.issuer), f"{reverse('people.link')}?account={row.pk}", row) for row in linked.values()]
    return [*found, *gone]


def password(request: HttpRequest) -> HttpResponse:
    """A new password of my own; my other sessions end."""
    form = ActionForm("people.change_password", request, only=["old", "new", "again"])
    if request.method == "POST" and submit(request, form) is not None:
        update_session_auth_hash(request, _oneself(request))
        return after(
            request,
            reverse("people.me"),
            Text("密码已修改，其他设备已退出", "Password changed; other devices are signed out"),
        )
    context = {"heading": Text("修改密码", "Change password"), "cancel_url": reverse("people.me")}
    return show(request, "ui/page_form.html", context, form=form)


def second_factor(request: HttpRequest) -> HttpResponse:
    """Set up, confirm and switch off the authenticator app; new recovery codes."""
    person = _oneself(request)
    posted = request.POST.get("step", "") if request.method == "POST" else ""
    forms = {name: _form(request, name, posted) for name in STEPS}
    context: dict[str, Any] = {"heading": Text("第二验证", "Second factor"), "codes": []}
    form = forms.get(posted)
    if form is not None:
        result = submit(request, form)
        if result is not None:
            if posted in ("enrol", "remove"):
                update_session_auth_hash(request, _oneself(request))
            shown = getattr(result.value, "recovery_codes_shown", [])
            if not shown:
                words = Text("已关闭验证器应用", "The app is off") if posted == "remove" else None
                return after(request, reverse("people.second-factor"), words)
            context["codes"] = shown
            forms = {name: ActionForm(action, unsent(request), prefix=name) for name, action in STEPS.items()}
            form = None
    device = identity.second_factor(person)
    waiting = None if device else identity.unconfirmed_factor(person)
    context |= {
        "forms": forms,
        "device": device,
        "waiting": waiting,
        "passkey": person.has_passkey,
        "unused_codes": person.recovery_codes.filter(used_at=None).count(),
    }
    if waiting is not None:
        context |= {"picture": _picture(person, waiting), "secret": _secret(waiting)}
    response = show(request, "people/second_factor.html", context)
    if form is not None:
        response.status_code = form.status
    return response


def _oneself(request: HttpRequest) -> Person:
    """Who is signed in, read anew."""
    return Person.objects.get(pk=request.user.pk or 0)


def _form(request: HttpRequest, name: str, posted: str) -> ActionForm:
    """Each step has its own form; only the one that was sent is read."""
    return ActionForm(STEPS[name], request if name == posted else unsent(request), prefix=name)


def _picture(person: Person, device: Any) -> str:
    """The secret as a QR code for the app, as the address of an image."""
    drawn = BytesIO()
    segno.make(_address(person, device), error="m").save(drawn, kind="png", scale=5, border=3)
    return "data:image/png;base64," + base64.b64encode(drawn.getvalue()).decode()


def _address(person: Person, device: Any) -> str:
    """otpauth:// as apps read it (Key URI Format)."""
    from urllib.parse import quote

    issuer = quote(value("company.name") or "Guanxi")
    return (
        f"otpauth://totp/{issuer}:{quote(person.username)}?secret={_secret(device)}"
        f"&issuer={issuer}&algorithm=SHA1&digits={device.digits}&period={device.step}"
    )


def _secret(device: Any) -> str:
    return base64.b32encode(device.bin_key).decode().rstrip("=")
