"""The way in: name and password, then the second factor where there is one, then a new password where one is due.

Only after the last step there is a session of that person; until then the session only knows who got how far.
"""

from __future__ import annotations

import logging
import uuid
from ipaddress import ip_address
from typing import Any

import django_otp
from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Invalid,
    NotFound,
    Secret,
    Text,
    ask,
    perform,
    system_clock,
)
from guanxi.platform.ui.act import show
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.web.pages import safe_next

from .. import identity, passkeys, reads, sessions
from ..addresses import client_address
from ..devices import device
from ..models import Person, RoleGrant
from ..rights import SYSTEM
from ..roles import ROLES
from ..settings_registry import value
from ..ways import ways
from . import provider as by_provider
from .forms import unsent

log = logging.getLogger("guanxi.security")
BACKEND = "django.contrib.auth.backends.ModelBackend"
PENDING = "signing_in"
PENDING_SECONDS = 600
CODE_TRIES = 5
PROXY_HEADERS = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")
LANGUAGE_COOKIE = "language"
NO_PASSKEY = Text(
    "这个通行密钥不能登录，请用登录名和密码",
    "This passkey does not open anything here; use your sign-in name and password",
)


class AskNameAndPassword(Action):
    """What the first page asks; it writes nothing and is no action of the registry."""

    name = "people.sign_in"
    label = Text("登录", "Sign in")
    permission = ""

    class Input(ActionInput):
        username: str = ask("登录名", "Sign-in name", widget="username", max_length=254)
        password: Secret = ask("密码", "Password", widget="password")


class AskCode(Action):
    """What the second page asks."""

    name = "people.sign_in_code"
    label = Text("继续", "Continue")
    permission = ""

    class Input(ActionInput):
        otp: str = ask(
            "验证码",
            "Code",
            widget="otp",
            max_length=20_000,  # a passkey answers in JSON
            hint=Text("应用显示的 6 位数字，或一个恢复码", "The app's 6 digits, or a recovery code"),
        )


def sign_in(request: HttpRequest) -> HttpResponse:
    """Name and password, or a passkey alone."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(safe_next(request))
    by_passkey = request.method == "POST" and "passkey" in request.POST
    if by_passkey:
        try:
            row = passkeys.signed_by(request.POST["passkey"], passkeys.SIGN_IN, None, system_clock())
        except passkeys.NotThisPasskey as why:
            log.warning("sign-in refused: passkey (%s), from %s", why, client_address(request))
        else:
            _begin(request, row.person, safe_next(request), how="passkey")
            return _finish(request, row.person)
    form = ActionForm(AskNameAndPassword(), unsent(request) if by_passkey else request)
    if request.method == "POST" and not by_passkey and form.is_valid():
        given = form.raw()
        person = authenticate(request, username=given["username"].strip().lower(), password=given["password"])
        if isinstance(person, Person):
            if identity.one_time_over(person, system_clock()):
                form.take_message(
                    Text(
                        "一次性密码已过期，请管理员重新生成",
                        "The one-time password has run out; ask for another",
                    ),
                    422,
                )
            else:
                return _onward(request, person, safe_next(request))
        else:
            _note_refused(request, "password", given["username"])
            form.take_message(Text("登录名或密码不正确", "Sign-in name or password is not right"), 422)
    context = {
        "heading": Text("登录", "Sign in"),
        "next": safe_next(request),
        "ended": sessions.why_ended(request),
        "demo_people": demo_people() if demo_sign_ins_allowed(request) else [],
        "company": value("company.name"),
        "passkeys": passkeys.possible(request),
        "ways": ways().values(),
        "provider_refused": by_provider.SAID.get(request.GET.get("provider", "")),
        "passkey_refused": NO_PASSKEY if by_passkey else None,
    }
    response = show(request, "people/sign_in.html", context, form=form)
    if by_passkey:
        response.status_code = 422
    return response


def code(request: HttpRequest) -> HttpResponse:
    """The second factor."""
    person = pending(request)
    if person is None:
        return HttpResponseRedirect(reverse("people.sign-in"))
    form = ActionForm(AskCode(), request)
    form.fields["otp"].widget.passkey = passkeys.possible(request) and person.has_passkey
    if request.method == "POST" and form.is_valid():
        wait = identity.wait_of(person)
        if wait:
            form.take_message(Text("请等 {n} 秒再试", "Wait {n} seconds and try again").format(n=wait), 422)
        elif identity.confirm_otp(person, str(form.raw()["otp"])):
            request.session[PENDING] = {**request.session[PENDING], "factor": True}
            return _finish(request, person)
        else:
            _note_refused(request, "code", person.username)
            tried = request.session[PENDING]["tries"] + 1
            request.session[PENDING] = {**request.session[PENDING], "tries": tried}
            if tried >= CODE_TRIES:
                del request.session[PENDING]
                return HttpResponseRedirect(reverse("people.sign-in"))
            form.take_message(Text("验证码不正确", "The code is not right"), 422)
    return show(
        request, "people/sign_in_code.html", {"heading": Text("第二验证", "Second factor")}, form=form
    )


def new_password(request: HttpRequest) -> HttpResponse:
    """A password of one's own, after a one-time one."""
    person = pending(request)
    if person is None or not person.must_change_password or not _factor_done(request, person):
        return HttpResponseRedirect(reverse("people.sign-in"))
    form = ActionForm("people.choose_password", request)
    if request.method == "POST" and form.is_valid():
        try:
            perform("people.choose_password", form.raw(), actor=person, key=form.key, source="web")
        except Invalid as invalid:
            form.take_invalid(invalid)
        else:
            return _finish(request, Person.objects.get(pk=person.pk))
    context = {
        "heading": Text("设置新密码", "Choose a password"),
        "lead": Text("一次性密码只能用这一次。", "The one-time password served once."),
    }
    return show(request, "people/sign_in_password.html", context, form=form)


def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return HttpResponseRedirect(reverse("people.sign-in"), headers={"Clear-Site-Data": '"cache"'})


def demo(request: HttpRequest) -> HttpResponse:
    """One click into the demo company."""
    if not demo_sign_ins_allowed(request):
        raise NotFound("page")
    wanted = request.POST.get("person", "")
    person = next((p for p, _ in demo_people() if str(p.pk) == wanted), None)
    if person is None:
        raise NotFound("person", wanted)
    _enter(request, person, factor=False, how="demo")
    return HttpResponseRedirect(safe_next(request))


def demo_sign_ins_allowed(request: HttpRequest) -> bool:
    """Sign-in without a password: only in a demo company, never in production, and only from this very machine.

    A proxy on the same machine would make everybody look local, so its headers forbid it.
    """
    if settings.PRODUCTION or any(request.headers.get(name) for name in PROXY_HEADERS):
        return False
    try:
        local = ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
    return local and value("demo") is True


def demo_people() -> list[tuple[Person, list[Text]]]:
    """One person per role, with the roles they stand for; each person once."""
    day = reads.today()
    first: dict[str, int] = {}
    granted = RoleGrant.objects.filter(reads.held_on(day), person__is_active=True).order_by("person_id")
    for role, person in granted.values_list("role", "person_id"):
        first.setdefault(role, person)
    found = reads.colleagues().in_bulk(set(first.values()))
    by_person: dict[int, list[Text]] = {}
    for role, words in ROLES.items():
        if role in first:
            by_person.setdefault(first[role], []).append(words)
    return [(found[id], roles) for id, roles in by_person.items() if id in found]


def locked_out(
    request: HttpRequest, response: Any = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """The answer of django-axes after too many wrong passwords: 429, and a fact about whom it concerns."""
    name = str((credentials or {}).get("username") or request.POST.get("username", ""))[:254].strip().lower()
    minutes = int(settings.AXES_COOLOFF_TIME * 60)
    slot = int(system_clock().timestamp()) // (minutes * 60)
    try:
        key = uuid.uuid5(uuid.NAMESPACE_OID, f"{name}/{slot}").hex
        perform("people.note_lock", {"username": name}, actor=SYSTEM, key=key, source="web")
    except NotFound:
        pass  # nobody has this name: the answer is the same
    words = Text(
        f"密码多次不正确，请 {minutes} 分钟后再试，或请管理员解除锁定",
        f"Too many wrong passwords. Try again in {minutes} minutes, or ask an administrator to unlock you",
    )
    answer = render(request, "429.html", {"error": {"text": words}}, status=429)
    answer["Retry-After"] = str(minutes * 60)
    return answer


def come_from_provider(request: HttpRequest, person: Person, next_url: str, how: str) -> HttpResponse:
    """Somebody whom the company's provider knows: what is left is the second factor, or a password of their own."""
    return _onward(request, person, next_url, how=how)


def _onward(request: HttpRequest, person: Person, next_url: str, *, how: str = "password") -> HttpResponse:
    _begin(request, person, next_url, how=how)
    if identity.has_second_factor(person):
        return HttpResponseRedirect(reverse("people.sign-in-code"))
    return _finish(request, person)


def _begin(request: HttpRequest, person: Person, next_url: str, *, how: str) -> None:
    """Somebody is on the way in. A passkey that verified its person is both factors."""
    request.session.cycle_key()
    request.session[PENDING] = {
        "person": person.pk,
        "at": system_clock().timestamp(),
        "hash": person.get_session_auth_hash(),
        "next": next_url,
        "tries": 0,
        "factor": how == "passkey",
        "how": how,
    }


def _finish(request: HttpRequest, person: Person) -> HttpResponse:
    """The next step that is due, or the session."""
    if person.must_change_password:
        return HttpResponseRedirect(reverse("people.sign-in-password"))
    done = request.session.pop(PENDING)
    _enter(request, person, factor=done["factor"], how=done["how"])
    if done["factor"]:
        device = identity.second_factor(person)
        if device is not None:
            django_otp.login(request, device)
    response = HttpResponseRedirect(done["next"])
    response.delete_cookie(LANGUAGE_COOKIE)
    return response


def _note_refused(request: HttpRequest, what: str, name: str) -> None:
    """A line of the log. A name that nobody has may be a password typed into the wrong field: it is not kept."""
    known = Person.objects.filter(username__iexact=name.strip()).values_list("username", flat=True).first()
    log.warning("sign-in of %s refused: %s, from %s", known or "nobody", what, client_address(request))


def _enter(request: HttpRequest, person: Person, *, factor: bool, how: str) -> None:
    """A new session of this person, which the journal knows of."""
    login(request, person, backend=BACKEND)
    sessions.begin(request)
    told = {
        "address": request.session[sessions.ADDRESS],
        "device": str(device(request.session[sessions.AGENT]).zh),
    }
    perform("people.note_session", told | {"factor": factor, "how": how}, actor=person, source="web")


def pending(request: HttpRequest) -> Person | None:
    """Who is on the way in, if the first step was lately and nothing has changed since."""
    held = request.session.get(PENDING)
    if not held or system_clock().timestamp() - held["at"] > PENDING_SECONDS:
        return None
    person = Person.objects.filter(pk=held["person"], is_active=True).first()
    if person is None:
        return None
    if held["hash"] == person.get_session_auth_hash():
        return person
    return None


def _factor_done(request: HttpRequest, person: Person) -> bool:
    return bool(request.session[PENDING]["factor"]) or not identity.has_second_factor(person)
