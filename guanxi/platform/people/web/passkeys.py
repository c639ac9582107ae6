"""My passkeys: what there is, a new one, and away with one. And what a device is asked to sign."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from guanxi.platform.kernel import NotFound, Text, system_clock
from guanxi.platform.ui.act import after, show, submit
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.parts import Crumb

from .. import identity, passkeys
from ..devices import device
from ..models import Person
from .forms import unsent

ME = Text("我的账号", "My account")
HERE = Text("通行密钥", "Passkeys")
STEPS = {"start": "people.start_passkey", "add": "people.add_passkey"}


def mine(request: HttpRequest) -> HttpResponse:
    """What passkeys I have. A new one: first who I am, then the device, then its name."""
    person = _oneself(request)
    posted = request.POST.get("step", "") if request.method == "POST" else ""
    context: dict[str, Any] = {
        "heading": HERE,
        "crumbs": [Crumb(ME, reverse("people.me"))],
        "possible": passkeys.possible(request),
        "codes": (),
        "options": "",
    }
    only = {"start": proof(person), "add": ["name", "answer"]}
    initial = {"add": {"name": device(request.headers.get("User-Agent", ""))}}
    forms = {
        name: ActionForm(
            action,
            request if name == posted else unsent(request),
            prefix=name,
            only=only[name],
            initial=initial.get(name),
            submit_label=Text("继续", "Continue") if name == "start" else None,
        )
        for name, action in STEPS.items()
    }
    status = 200
    if posted in forms and context["possible"]:
        result = submit(request, forms[posted])
        status = forms[posted].status
        if result is not None and posted == "add":
            update_session_auth_hash(request, _oneself(request))
            if not result.value.codes:
                return after(request, reverse("people.passkeys"), Text("已新增", "Added"))
            context["codes"] = result.value.codes
        elif result is not None:
            context["options"] = passkeys.to_make(request, person, system_clock())
    context |= {"forms": forms, "rows": list(person.passkeys.all())}
    response = show(request, "people/passkeys.html", context)
    response.status_code = status
    return response


def remove(request: HttpRequest, passkey: int) -> HttpResponse:
    """Away with one of mine."""
    person = _oneself(request)
    row = person.passkeys.filter(pk=passkey).first()
    if row is None:
        raise NotFound("passkey", passkey)
    form = ActionForm("people.remove_passkey", request, fixed={"passkey": row.pk}, only=proof(person))
    if request.method == "POST" and submit(request, form) is not None:
        update_session_auth_hash(request, _oneself(request))
        return after(request, reverse("people.passkeys"), Text("已删除", "Removed"))
    context = {
        "heading": form.action.label,
        "crumbs": [Crumb(ME, reverse("people.me")), Crumb(HERE, reverse("people.passkeys"))],
        "lead": row.name,
        "cancel_url": reverse("people.passkeys"),
    }
    return show(request, "ui/page_form.html", context, form=form)


def ask(request: HttpRequest) -> HttpResponse:
    """What a device is to sign: that its person comes in, or that they are who is signed in or on the way in.

    ?in: asked on the first page of the sign-in, where somebody who went back begins anew."""
    from .signin import pending

    if request.user.is_authenticated:
        person: Person | None = _oneself(request)
    else:
        person = None if "in" in request.GET else pending(request)
    purpose = passkeys.SIGN_IN if person is None else passkeys.OWN
    return JsonResponse(passkeys.to_sign(request, purpose, person, system_clock()))


def proof(person: Person) -> list[str]:
    """The fields by which this person can show who they are."""
    return ["password", "otp"] if identity.has_second_factor(person) else ["password"]


def _oneself(request: HttpRequest) -> Person:
    return Person.objects.get(pk=request.user.pk or 0)
