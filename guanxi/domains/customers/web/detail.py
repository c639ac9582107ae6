"""The customer's page: card, what matters, open promises and needs, timeline; every action from here."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Text, current_language, perform, system_clock
from guanxi.platform.ownfields.values import lines as own_lines
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.parts import Crumb, Do, Event, Tab
from guanxi.platform.ui.registry import panels

from .. import geo, reads, words
from ..following.reads import follows, since_last_look
from ..looks.keeping import note
from ..looks.permissions import LOOKS
from ..models import Account, Contact, Need, Promise
from ..privacy.permissions import PRIVACY
from .lists import state_of
from .sending import LIST, page_of


def open_account(request: HttpRequest, customer: int, where: str) -> Account:
    """The customer for a page of its own; the auditor's look at a key customer is kept before it is shown."""
    person: Any = request.user
    account = reads.fetch(person, customer, logged=True)
    if account.key and person.has_role("auditor") and not reads.visible(person).filter(pk=customer).exists():
        perform("customers.look", {"customer": customer, "where": where}, actor=person)
    note(request, account, where)
    return account


def detail(request: HttpRequest, customer: int) -> HttpResponse:
    """Everything about one customer."""
    now = system_clock()
    account = open_account(request, customer, "customers.detail")
    if account.pk != customer:
        return HttpResponseRedirect(page_of(account))
    people = list(account.contacts.prefetch_related("consents"))
    group = request.GET.get("show", "")
    promises = list(
        Promise.objects.filter(customer=account, state=Promise.OPEN)
        .select_related("owner", "contact")
        .order_by("due", "id")
    )
    for promise in promises:
        promise.shown_state = state_of(promise, now)
    may = rights(request.user, account)
    told = timeline_context(request, account, group)
    shown = list(panels("customer", request.user, account, now))
    context = {
        "account": account,
        "heading": account.name,
        "crumbs": [Crumb(LIST, reverse("customers.list")), Crumb(account.called)],
        "now": now,
        "may": may,
        "state": reads.card_state(account, now, contacts=people),
        "missing": missing_said(reads.card_state(account, now, contacts=people).missing),
        "people": people,
        "present": [c for c in people if c.active],
        "own_lines": own_lines("contact", people),
        "gone": [c for c in people if not c.active and c.erased_at is None],
        "roles": words.DECISION_ROLES,
        "channels": words.CHANNELS,
        "motives": words.MOTIVES,
        "alike": reads.likely_one(people) if may["work"] else [],
        "employments": reads.employments(request.user, [c.pk for c in people]),
        "kinds": words.said("kinds", account.kinds),
        "source": words.said("source", account.source),
        "service": words.said("service", account.service),
        "tags": reads.tags_of(account) if "tags" in reads.present(account) else [],
        "team": list(account.team.select_related("person")),
        "promises": promises,
        "needs": list(
            Need.objects.filter(customer=account).exclude(state=Need.CLOSED).select_related("product")[:20]
        ),
        "approaches": list(account.approaches.select_related("by")[:5]),
        "way_words": words.WAYS,
        "call": next(
            (n.url for text in _telephones(account, people) for n in reads.numbers(text) if n.url), ""
        ),
        "geo": geo.geo_link(account),
        "map": geo.map_link(account),
        "chips": chips(account) if may["work"] else [],
        "composer": ActionForm(
            "timeline.note", request, fixed={"customer": account.pk}, only=["kind", "text"]
        )
        if may["work"]
        else None,
        "composer_url": reverse("customers.note", kwargs={"customer": account.pk}),
        "more": more(account, may),
        "tabs": [
            Tab(
                text,
                f"{page_of(account)}?show={code}#timeline" if code else f"{page_of(account)}#timeline",
                code == group,
            )
            for code, text in reads.GROUPS.items()
        ],
        "aside_panels": [p for p in shown if p.panel.aside],
        "panels": [p for p in shown if not p.panel.aside],
        "follows": follows(request.user, account),
        **told,
    }
    return render(request, "customers/detail.html", context)


def _telephones(account: Account, people: list[Contact]) -> list[str]:
    """Whom to call first: the main contact, then the switchboard, then whoever else has a number."""
    main = reads.main_contact(people)
    return [
        *([main.phone] if main else []),
        account.phone,
        *(c.phone for c in people if c.active),
    ]


def rights(person: Any, account: Account) -> dict[str, bool]:
    """What this person may do with this customer, for showing buttons; the actions ask again."""
    names = ("work", "comment", "assign", "grade", "close", "merge")
    found = {name: reads.reaches(person, account, f"customers.{name}") for name in names}
    # An auditor looks at a key customer one look at a time, and is told nothing of it.
    audited = account.key and person.has_role("auditor")
    found["follow"] = not audited or reads.visible(person).filter(pk=account.pk).exists()
    found["privacy"] = person.may(PRIVACY)
    found["looks"] = person.may(LOOKS)
    found["issue"] = person.may("materials.issue") and found["work"]
    return found


def chips(account: Account) -> list[dict[str, Any]]:
    """The composer's chips: each opens a short form."""
    at = {"customer": account.pk}
    return [
        {
            "label": Text("电话", "Call"),
            "icon": "phone",
            "url": reverse("customers.note", kwargs=at) + "?kind=call",
        },
        {
            "label": Text("微信", "WeChat"),
            "icon": "message-square",
            "url": reverse("customers.note", kwargs=at) + "?kind=wechat",
        },
        {
            "label": Text("承诺", "Promise"),
            "icon": "hand-helping",
            "url": reverse("customers.promise-new", kwargs=at),
        },
        {"label": Text("需求", "Need"), "icon": "sparkles", "url": reverse("customers.need-new", kwargs=at)},
        {
            "label": Text("接触方案", "Approach"),
            "icon": "handshake",
            "url": reverse("customers.approach-new", kwargs=at),
        },
        {
            "label": Text("领用物资", "Material"),
            "icon": "gift",
            "url": reverse("customers.material", kwargs=at),
        },
    ]


def more(account: Account, may: dict[str, bool]) -> list[Do]:
    """The rarer actions, in a menu."""
    at = {"customer": account.pk}
    offered = [
        (may["grade"], Text("评定等级", "Grade"), "customers.grade", "star"),
        (may["grade"], Text("服务类别", "Service class"), "customers.service", "layers"),
        (may["work"], Text("记录异议", "Objection"), "customers.objection-new", "circle-help"),
        (may["work"], Text("登记信用事件", "Credit event"), "customers.credit-new", "scale"),
        (may["work"], Text("复核维护计划", "Review"), "customers.review", "clipboard-check"),
        (may["assign"], Text("指派", "Assign"), "", "user-check"),
        (may["assign"], Text("服务团队", "Team"), "customers.team", "users"),
        (may["assign"], Text("重点客户", "Key customer"), "customers.key", "shield-check"),
        (may["merge"], Text("查重与合并", "Find twins and merge"), "customers.twins", "copy"),
        (may["close"] and account.active, Text("停用", "Close"), "customers.close", "archive"),
        (may["close"] and not account.active, Text("恢复启用", "Reopen"), "customers.reopen", "refresh-cw"),
    ]
    found = [
        Do(
            label,
            reverse(name, kwargs=at) if name else f"{reverse('customers.assign')}?row={account.pk}",
            icon=icon,
        )
        for allowed, label, name, icon in offered
        if allowed
    ]
    if may["looks"]:
        address = f"{reverse('customers.looks')}?number={account.pk}"
        found.append(Do(Text("谁看过", "Who looked"), address, icon="eye"))
    return found


def timeline_context(request: HttpRequest, account: Account, group: str) -> dict[str, Any]:
    """A stretch of the timeline for the template."""
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isdecimal() and len(asked) < 19 else None
    page = reads.timeline(account.pk, group=group, before=before)
    older = ""
    if page.older:
        query = f"?before={page.older}" + (f"&show={group}" if group in reads.GROUPS and group else "")
        older = reverse("customers.timeline", kwargs={"customer": account.pk}) + query
    newest = page.told[0].seq if page.told else 0
    then = since_last_look(request.user, account, newest)
    person: Any = request.user
    return {
        "events": [
            event(told, fresh=told.actor_id != person.pk and told.seq > then.upto > 0) for told in page.told
        ],
        "older_url": older,
        "since_then": then,
        "unseen": before is None and not group and newest > then.upto,
    }


def event(told: reads.Told, *, fresh: bool = False) -> Event:
    """A fact as the timeline component takes it. fresh: it came since the reader looked last."""
    state = "undone" if told.undone else "fresh" if fresh else ""
    return Event(told.at, told.text, told.icon, told.who, quote=told.quote, state=state)


def timeline(request: HttpRequest, customer: int) -> HttpResponse:
    """Older entries, for the button at the timeline's end; a page of its own without JavaScript."""
    account = open_account(request, customer, "customers.timeline")
    context = {
        "account": account,
        "heading": Text(f"{account.called}：经过", f"{account.called}: timeline"),
        "crumbs": [
            Crumb(LIST, reverse("customers.list")),
            Crumb(account.called, page_of(account)),
            Crumb(Text("经过", "Timeline")),
        ],
        "now": system_clock(),
        **timeline_context(request, account, request.GET.get("show", "")),
    }
    partial = request.headers.get("HX-Target") == "older"
    return render(request, "customers/older.html" if partial else "customers/timeline.html", context)


def missing_said(missing: tuple[str, ...]) -> str:
    """The card's empty fields in words."""
    return (", " if current_language() == "en" else "、").join(str(words.FIELDS[f]) for f in missing)


def history(request: HttpRequest, customer: int) -> HttpResponse:
    """What changed on the card, field by field, before and after, by whom (R5.22)."""
    account = open_account(request, customer, "customers.history")
    kinds = ("customer.created", "customer.updated", "customer.field_converted", "customer.graded", "customer.assigned",
             "customer.card_confirmed", "contact.added", "contact.updated", "contact.field_converted", "contact.left",
             "contact.merged", "contact.consented", "contact.moved",
             "contact.employed", "customer.merged")  # fmt: skip
    facts = (
        Fact.objects.filter(customer_id__in=reads.ids_of(account.pk), kind__in=kinds)
        .select_related("words")
        .order_by("-seq")[:200]
    )
    context = {
        "account": account,
        "heading": Text(f"{account.called}：变更记录", f"{account.called}: changes"),
        "crumbs": [
            Crumb(LIST, reverse("customers.list")),
            Crumb(account.called, page_of(account)),
            Crumb(Text("变更记录", "Changes")),
        ],
        "now": system_clock(),
        "events": [event(told) for told in reads.tell(list(facts), whole=True)],
    }
    return render(request, "customers/timeline.html", context)


def contact_of(request: HttpRequest, contact: int) -> Contact:
    """A contact whose customer this person may see."""
    return reads.fetch_child(Contact, request.user, contact)
