"""Commenting on a customer, following it, and saying that one has looked."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from guanxi.platform.kernel import ActionError, Text, perform
from guanxi.platform.people.reads import colleagues
from guanxi.platform.ui.subjects import seen

from .. import reads
from ..following.permissions import COMMENT
from .sending import page_of, run, send

OFFERED = 8
LOOKED_AT = 60
"""So many colleagues whose name fits are asked whether they may see the customer."""


def comment(request: HttpRequest, customer: int) -> HttpResponse:
    """The form, and its answer."""
    account = reads.fetch(request.user, customer, COMMENT)
    return send(
        request,
        "customers.comment",
        account,
        fixed={"customer": account.pk},
        only=("text",),
        attrs={"text": {"data-mentions": reverse("customers.colleagues", kwargs={"customer": account.pk})}},
        done=Text("已留言", "Comment added"),
        button=Text("留言", "Comment"),
    )


def follow(request: HttpRequest, customer: int) -> HttpResponse:
    """Follow or follow no more, by a button."""
    account = reads.fetch(request.user, customer)
    on = request.POST.get("on") == "1"
    done = (
        Text("已关注：有变化会收到消息", "You follow this customer and are told of changes")
        if on
        else Text("已取消关注", "You no longer follow this customer")
    )
    return run(request, "customers.follow", {"customer": account.pk, "on": on}, done, page_of(account))


def looked(request: HttpRequest, customer: int) -> HttpResponse:
    """The page says that its timeline was before somebody's eyes. Whatever is wrong with that is no concern of theirs."""
    account = reads.fetch(request.user, customer)
    data: dict[str, Any] = {"customer": account.pk, "seq": request.POST.get("seq", "")}
    try:
        perform("customers.have_looked", data, actor=request.user, source="web")
    except ActionError:
        return HttpResponse(status=422)
    return HttpResponse(status=204)


def who_may_be_mentioned(request: HttpRequest, customer: int) -> HttpResponse:
    """Colleagues whose name or sign-in name begins so and who may see the customer, to choose from while typing."""
    account = reads.fetch(request.user, customer, COMMENT)
    typed = request.GET.get("q", "").strip()[:40].lower()
    everybody = list(colleagues().order_by("name", "pk"))
    bearers = Counter(person.name.lower() for person in everybody)
    fitting = [
        person
        for person in everybody
        if person.pk != request.user.pk
        and (person.name.lower().startswith(typed) or person.username.lower().startswith(typed))
    ]
    found: list[Any] = [p for p in fitting[:LOOKED_AT] if seen(p, "customer", account.pk)][:OFFERED]
    for person in found:  # of two who are called the same the sign-in name says which
        person.written = person.name if bearers[person.name.lower()] == 1 else person.username
    return render(
        request, "customers/colleagues.html", {"found": found, "heading": Text("同事", "Colleagues")}
    )


def comment_undo(request: HttpRequest) -> HttpResponse:
    """Take back the comment that was just made."""
    sent = request.POST.get("fact", "")
    data = {"fact": int(sent)} if sent.isdecimal() and len(sent) < 19 else {}
    done = Text("已撤回留言", "Comment taken back")
    return run(request, "customers.take_back_comment", data, done, reverse("customers.list"))
