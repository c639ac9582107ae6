"""The ways in by the company's own accounts (OpenID Connect, WeCom, DingTalk), and linking one's account there."""

from __future__ import annotations

import logging
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from guanxi.platform.kernel import ActionError, Text, perform, system_clock
from guanxi.platform.ui.act import after, show, submit, toast
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.parts import Crumb
from guanxi.platform.ui.web.pages import safe_next

from .. import identity, links, oidc
from ..addresses import client_address
from ..models import Person
from ..ways import Way, named, ways
from .passkeys import proof

log = logging.getLogger("guanxi.security")
ASKED = "oidc"
LINKING = "oidc_linking"
SECONDS = 600
"""How long a sign-in at the provider may take, and how long after one's password one may link."""
ME = Text("我的账号", "My account")
SAID = {
    "away": Text(
        "单位的登录服务没有应答，请稍后再试，或用密码登录",
        "The company's sign-in service does not answer; try again shortly, or use your password",
    ),
    "given_up": Text(
        "没有在单位登录服务上完成登录", "You did not finish signing in at the company's service"
    ),
    "stale": Text("登录页面已过期，请再试一次", "That sign-in is too old; please try again"),
    "wrong": Text(
        "单位登录服务的答复不能采信，请联系系统管理员",
        "What the company's sign-in service said cannot be trusted; ask an administrator",
    ),
    "unknown": Text(
        "这个单位账号还没有关联。请先用密码登录，在“我的账号”关联一次",
        "This account is not linked yet. Sign in with your password and link it once under “My account”",
    ),
}
"""What the sign-in page says of a way that led nowhere, by its word in the address."""


def start(request: HttpRequest) -> HttpResponse:
    """Off to sign in elsewhere: ?by= says where; ?link for linking."""
    way = _way(request)
    linking = "link" in request.GET
    if way is None or (request.user.is_authenticated and not linking):
        return HttpResponseRedirect(safe_next(request))
    if linking and not _may_link(request):
        return HttpResponseRedirect(link_address(way.key))
    asked = oidc.Asked.anew()
    try:
        there = way.address(asked, _back(request))
    except oidc.Refused as why:
        return _refused(request, why, way if linking else None)
    request.session[ASKED] = {
        "state": asked.state,
        "nonce": asked.nonce,
        "verifier": asked.verifier,
        "at": system_clock().timestamp(),
        "next": safe_next(request),
        "link": linking,
        "by": way.key,
    }
    return HttpResponseRedirect(there)


def back(request: HttpRequest) -> HttpResponse:
    """Back from there."""
    from .signin import come_from_provider

    held = request.session.pop(ASKED, None)
    there = ways()
    if not there:
        return HttpResponseRedirect(reverse("people.sign-in"))
    now = system_clock()
    way = there.get(held["by"]) if held else None
    linking = way if held and held["link"] else None
    try:
        if way is None or now.timestamp() - held["at"] > SECONDS:
            raise oidc.Refused("stale", "no sign-in was begun here lately")
        asked = oidc.Asked(held["state"], held["nonce"], held["verifier"])
        known = way.answered(asked, request.GET.dict(), _back(request), now)
        if linking:
            return _linked(request, known, linking)
        person = links.linked(known)
        if person is None:
            person = links.newcomer(known, now)
            if person is None:
                raise oidc.Refused("unknown", "nobody here has this account")
            _keep(person, known)
    except oidc.Refused as why:
        return _refused(request, why, linking)
    return come_from_provider(request, person, held["next"], way.key)


def link(request: HttpRequest) -> HttpResponse:
    """My account elsewhere (?by=): linked, or to be linked after showing who I am."""
    way = _way(request)
    person = Person.objects.get(pk=request.user.pk or 0)
    account = request.GET.get("account", "")
    if account.isdecimal() and len(account) < 19:
        row = person.links.filter(pk=int(account)).first()
        way = next((one for one in ways().values() if row and one.issuer == row.issuer), None)
    else:
        row = links.link_of(person, way.issuer) if way else None
    form = ActionForm(
        "people.unlink_account" if row else "people.start_link",
        request,
        fixed={"issuer": row.issuer} if row else {},
        only=proof(person),
    )
    ready = False
    if request.method == "POST" and (way or row) and submit(request, form) is not None:
        if row:
            there = link_address(way.key) if way else reverse("people.me")
            return after(request, there, Text("已取消关联", "Unlinked"))
        request.session[LINKING] = {"person": person.pk, "at": system_clock().timestamp()}
        ready = True
    context: dict[str, Any] = {
        "heading": way.name if way else named(row.issuer) if row else Text("单位账号", "Company account"),
        "crumbs": [Crumb(ME, reverse("people.me"))],
        "way": way,
        "row": row,
        "alone": identity.comes_in_alone(person) or (row and person.links.exclude(pk=row.pk).exists()),
        "ready": ready,
    }
    return show(request, "people/link.html", context, form=form)


def _way(request: HttpRequest) -> Way | None:
    """The way that is meant; the only or first one where none is named."""
    there = ways()
    by = request.GET.get("by", "")
    return there.get(by) if by else next(iter(there.values()), None)


def link_address(key: str) -> str:
    """The page on which one's account by this way is linked."""
    return f"{reverse('people.link')}?by={key}"


def _linked(request: HttpRequest, known: oidc.Known, way: Way) -> HttpResponse:
    if not _may_link(request):
        raise oidc.Refused("stale", "linking was not begun by this person lately")
    del request.session[LINKING]
    person = Person.objects.get(pk=request.user.pk or 0)
    try:
        _keep(person, known)
    except ActionError as refused:
        toast(request, refused.text, error=True)
    else:
        toast(request, Text("已关联", "Linked"))
    return HttpResponseRedirect(link_address(way.key))


def _may_link(request: HttpRequest) -> bool:
    held = request.session.get(LINKING)
    if not held or system_clock().timestamp() - held["at"] > SECONDS:
        return False
    return request.user.is_authenticated and held["person"] == request.user.pk


def _keep(person: Person, known: oidc.Known) -> None:
    given = {"issuer": known.issuer, "subject": known.subject}
    perform("people.link_account", given, actor=person, source="web")


def _refused(request: HttpRequest, why: oidc.Refused, linking: Way | None) -> HttpResponse:
    log.warning("sign-in by the provider refused: %s, from %s", why.reason, client_address(request))
    if linking is not None:
        toast(request, SAID[why.code], error=True)
        return HttpResponseRedirect(link_address(linking.key))
    return HttpResponseRedirect(f"{reverse('people.sign-in')}?provider={why.code}")


def _back(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("people.sign-in-provider-back"))
