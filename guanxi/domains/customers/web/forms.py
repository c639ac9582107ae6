"""The short forms of everything that is done with a customer."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from guanxi.platform.kernel import Result, Text, system_clock
from guanxi.platform.ownfields import values as own
from guanxi.platform.people.models import Person
from guanxi.platform.ui.act import Undo, after, show, submit
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.parts import Crumb
from guanxi.platform.ui.templatetags.t import money

from .. import reads, words
from ..looks import keeping
from ..models import Account, Contact, Need, Product, Promise, StockItem
from ..models_grouping import Tag
from ..reads import gifts
from . import grouping
from .lists import state_of
from .sending import LIST, SAVE, asked, cleared, crumbs, page_of, run, send

NEW_FIELDS = (
    "name",
    "short_name",
    "kinds",
    "contact_name",
    "contact_post",
    "contact_phone",
    "phone",
    "phone_as_written",
    "address",
    "area",
    "credit_code",
    "email",
    "website",
    "source",
    "parent",
    "tags",
    "lon",
    "lat",
    "coordinates",
    "note",
    "own",
)
EDIT_FIELDS = (
    "name",
    "short_name",
    "kinds",
    "phone",
    "phone_as_written",
    "address",
    "area",
    "credit_code",
    "email",
    "website",
    "source",
    "parent",
    "tags",
    "lon",
    "lat",
    "coordinates",
    "note",
    "own",
)
CAN_BE_EMPTY = (
    "short_name",
    "phone",
    "address",
    "area",
    "credit_code",
    "email",
    "website",
    "parent",
    "note",
    "lon",
    "lat",
)
RARER = ("credit_code", "email", "website", "source", "parent", "lon", "lat", "coordinates", "note")
"""Fields of a customer that stand folded at the end of the form."""
CONTACT_FIELDS = (
    "name",
    "post",
    "unit",
    "decision_role",
    "phone",
    "phone_as_written",
    "wechat",
    "email",
    "channel",
    "birthday",
    "motives",
    "matters",
    "note",
    "primary",
    "own",
)
CONTACT_CAN_BE_EMPTY = ("post", "unit", "phone", "wechat", "email", "birthday", "matters", "note")


def new(request: HttpRequest) -> HttpResponse:
    """A new customer. Likely twins are shown before it is saved; the person decides."""
    person: Any = request.user
    fields = list(NEW_FIELDS)
    if person.may("customers.assign"):
        fields[3:3] = ["manager", "key"]
    if not Tag.objects.filter(active=True).exists():
        fields.remove("tags")
    form = ActionForm("customers.create", request, only=fields)
    twins = _twins(request, request.POST if request.method == "POST" else request.GET)
    if request.method == "POST" and (not twins or request.POST.get("twins_seen")):
        result = submit(request, form)
        if result:
            made = result.subject[1]
            return after(
                request,
                reverse("customers.detail", kwargs={"customer": made}),
                Text("已新建客户", "Customer added"),
            )
    context = {
        "heading": Text("新建客户", "New customer"),
        "crumbs": [Crumb(LIST, reverse("customers.list")), Crumb(Text("新建", "New"))],
        "cancel_url": reverse("customers.list"),
        "twins": twins,
        "alike_url": reverse("customers.alike"),
        "rarer": RARER,
        "ask_again": request.method == "POST" and bool(twins),
    }
    return show(request, "customers/new.html", context, form=form)


def _twins(request: HttpRequest, sent: QueryDict, but: int | None = None) -> reads.Likeness:
    return reads.alike(
        request.user,
        name=sent.get("name", "")[:120],
        phones=[sent.get(field, "")[:60] for field in ("phone", "contact_phone")],
        code=sent.get("credit_code", "")[:40],
        address=sent.get("address", "")[:200],
        contact=sent.get("contact_name", "")[:60],
        but=but,
    )


def alike(request: HttpRequest) -> HttpResponse:
    """Likely twins of what is being typed, for the form's side."""
    return render(request, "customers/twins.html", {"twins": _twins(request, request.GET)})


def edit(request: HttpRequest, customer: int) -> HttpResponse:
    """Change the particulars. Who saved meanwhile is told; nothing typed is lost."""
    account = reads.fetch(request.user, customer, "customers.work")
    version = request.POST.get("version", "") if request.method == "POST" else str(account.version)
    person: Any = request.user
    fields = [f for f in EDIT_FIELDS if f not in grouping.beyond(person, account)]
    initial = {f: getattr(account, f) for f in fields if hasattr(account, f)}
    initial |= {"parent": account.parent_id, "tags": [t.pk for t in reads.tags_of(account)]}
    initial |= own.initial("customer", account)
    return send(
        request,
        "customers.update",
        account,
        fixed={
            "customer": account.pk,
            "version": int(version) if version.isdecimal() and len(version) < 19 else account.version,
            "clear": [
                *cleared(request, ["name", *(f for f in CAN_BE_EMPTY if f in fields)]),
                *grouping.without_tags(request, fields),
            ],
        },
        only=fields,
        needed=("name",),
        initial=initial,
        done=Text("已保存，变更已记录", "Saved, with what changed"),
        button=SAVE,
        context={"version": account.version, "rarer": RARER},
    )


def contact_new(request: HttpRequest, customer: int) -> HttpResponse:
    account = reads.fetch(request.user, customer, "customers.work")
    return send(
        request,
        "contacts.add",
        account,
        fixed={"customer": account.pk},
        only=CONTACT_FIELDS,
        done=Text("已新增联系人", "Contact added"),
    )


def contact_edit(request: HttpRequest, contact: int) -> HttpResponse:
    row = reads.fetch_child(Contact, request.user, contact, "customers.work")
    keeping.note(request, row.customer, "customers.contact", row.pk)
    version = request.POST.get("version", "") if request.method == "POST" else str(row.version)
    initial = {f: getattr(row, f) for f in CONTACT_FIELDS if hasattr(row, f)}
    initial["birthday"] = row.birthday.removeprefix("--")
    initial["primary"] = "true" if row.primary else "false"
    initial |= own.initial("contact", row)
    clear = cleared(request, ("name", *CONTACT_CAN_BE_EMPTY))
    if request.method == "POST" and "motives" not in request.POST:
        clear.append("motives")  # no tick is sent at all
    return send(
        request,
        "contacts.update",
        row.customer,
        fixed={
            "contact": row.pk,
            "version": int(version) if version.isdecimal() and len(version) < 19 else row.version,
            "clear": clear,
        },
        only=CONTACT_FIELDS,
        needed=("name",),
        initial=initial,
        heading=Text(f"修改联系人 {row.name}", f"Edit contact {row.name}"),
        done=Text("已保存，变更已记录", "Saved, with what changed"),
        button=SAVE,
        context={"version": row.version},
    )


def contact_leave(request: HttpRequest, contact: int) -> HttpResponse:
    row = reads.fetch_child(Contact, request.user, contact, "customers.work")
    return send(
        request,
        "contacts.leave",
        row.customer,
        fixed={"contact": row.pk},
        heading=Text(f"{row.name} 已离开", f"{row.name} has left"),
        done=Text("已记录", "Noted"),
    )


def note(request: HttpRequest, customer: int) -> HttpResponse:
    account = reads.fetch(request.user, customer, "customers.work")
    kind = request.GET.get("kind", "")
    return send(
        request,
        "timeline.note",
        account,
        fixed={"customer": account.pk},
        only=("kind", "text", "contact"),
        initial={"kind": kind if kind in words.NOTE_KINDS else "call"},
        choices={"contact": account.contacts.filter(active=True)},
        done=Text("已记入跟踪记录", "Noted on the timeline"),
    )


def need_new(request: HttpRequest, customer: int) -> HttpResponse:
    account = reads.fetch(request.user, customer, "customers.work")
    return send(
        request,
        "needs.add",
        account,
        fixed={"customer": account.pk},
        only=("what", "product", "source", "customer_view", "our_view", "contact"),
        choices={
            "product": Product.objects.filter(active=True),
            "contact": account.contacts.filter(active=True),
        },
        done=Text("已记录需求", "Need recorded"),
    )


def need_confirm(request: HttpRequest, need: int) -> HttpResponse:
    row = reads.fetch_child(Need, request.user, need, "customers.work")
    return run(
        request,
        "needs.confirm",
        {"need": row.pk},
        Text("已确认需求仍在", "The need still holds"),
        page_of(row.customer),
    )


def need_close(request: HttpRequest, need: int) -> HttpResponse:
    row = reads.fetch_child(Need, request.user, need, "customers.work")
    return send(
        request,
        "needs.close",
        row.customer,
        fixed={"need": row.pk},
        lead=row.what,
        done=Text("需求已结束", "Need closed"),
    )


def approach_new(request: HttpRequest, customer: int) -> HttpResponse:
    account = reads.fetch(request.user, customer, "customers.work")
    return send(
        request,
        "approaches.add",
        account,
        fixed={"customer": account.pk},
        only=("way", "event", "person", "result"),
        done=Text("已记录接触方案", "Approach recorded"),
    )


def promise_new(request: HttpRequest, customer: int) -> HttpResponse:
    account = reads.fetch(request.user, customer, "customers.work")
    week = timezone.localdate(system_clock()) + timedelta(days=7)
    return send(
        request,
        "promises.make",
        account,
        fixed={"customer": account.pk},
        only=("what", "due_on", "due_time", "owner", "contact"),
        initial={"due_on": week},
        choices={"contact": account.contacts.filter(active=True)},
        done=Text("承诺已记下", "Promise recorded"),
    )


def promise(request: HttpRequest, promise: int) -> HttpResponse:
    """One promise, with what can be done about it."""
    person: Any = request.user
    row = reads.fetch_child(Promise, person, promise)
    now = system_clock()
    context = {
        "promise": row,
        "heading": row.what,
        "shown_state": state_of(row, now),
        "crumbs": crumbs(row.customer, Crumb(Text("承诺", "Promise"))),
        "account": row.customer,
        "may_work": person.may("customers.work"),
        "now": now,
    }
    return render(request, "customers/promise.html", context)


def promise_keep(request: HttpRequest, promise: int) -> HttpResponse:
    """A button keeps it at once; the form adds how it was done."""
    row = reads.fetch_child(Promise, request.user, promise, "customers.work")
    if request.method == "POST" and request.POST.get("at_once"):
        return run(
            request, "promises.keep", {"promise": row.pk}, Text("已兑现", "Kept"), page_of(row.customer)
        )
    return send(
        request,
        "promises.keep",
        row.customer,
        fixed={"promise": row.pk},
        lead=row.what,
        done=Text("已兑现", "Kept"),
    )


def promise_move(request: HttpRequest, promise: int) -> HttpResponse:
    row = reads.fetch_child(Promise, request.user, promise, "customers.work")
    return send(
        request,
        "promises.move",
        row.customer,
        fixed={"promise": row.pk},
        lead=row.what,
        initial={"due_on": timezone.localdate(row.due)},
        done=Text("已改期", "Moved"),
    )


def promise_withdraw(request: HttpRequest, promise: int) -> HttpResponse:
    row = reads.fetch_child(Promise, request.user, promise, "customers.work")
    return send(
        request,
        "promises.withdraw",
        row.customer,
        fixed={"promise": row.pk},
        lead=row.what,
        done=Text("已撤回", "Withdrawn"),
    )


def material(request: HttpRequest, customer: int) -> HttpResponse:
    account = reads.fetch(request.user, customer, "materials.issue")
    items = [
        Labelled(i.pk, words.with_more(i.name, f"{i.quantity} {i.unit}"))
        for i in StockItem.objects.filter(active=True, quantity__gt=0)
    ]
    return send(
        request,
        "materials.issue",
        account,
        fixed={"customer": account.pk},
        only=("item", "quantity", "gift", "contact", "note"),
        choices={"item": items, "contact": _with_gifts(account)},
        template="customers/issue.html",
        done=Text("已领用，库存已扣减", "Issued and taken from stock"),
    )


def _with_gifts(account: Account) -> list[Labelled]:
    """The contacts who are there, each with what they were given this year and what the limit leaves."""
    now = system_clock()
    people = list(account.contacts.filter(active=True))
    sums = gifts.given_each(now, contact__in=[c.pk for c in people])
    most = gifts.limit(gifts.PER_CONTACT, now)
    found = []
    for c in people:
        total = sums.get(c.pk, Decimal(0))
        left = "" if most is None else money(max(Decimal(0), most - total))
        said = Text("今年已送 {sum}", "given {sum} this year") if not left else Text(
            "今年已送 {sum}，还可送 {left}", "given {sum} this year, {left} left")  # fmt: skip
        found.append(Labelled(c.pk, words.with_more(c.name, said.format(sum=money(total), left=left))))
    return found


class Labelled:
    """A choice with words of its own."""

    def __init__(self, pk: int, label: Text) -> None:
        self.pk, self.label = pk, label

    def __str__(self) -> str:
        return str(self.label)


def grade(request: HttpRequest, customer: int) -> HttpResponse:
    account = reads.fetch(request.user, customer, "customers.grade")
    return send(
        request,
        "customers.grade",
        account,
        fixed={"customer": account.pk},
        only=("grade", "credit", "reason", "cause_code"),
        initial={"grade": asked(request, "grade", words.GRADES) or account.grade, "credit": account.credit},
        done=Text("等级已更新", "Graded"),
    )


def close(request: HttpRequest, customer: int) -> HttpResponse:
    account = reads.fetch(request.user, customer, "customers.close")
    return send(
        request,
        "customers.close",
        account,
        fixed={"customer": account.pk},
        lead=Text(
            "停用后不再出现在列表中，资料和往来都保留，可随时恢复。",
            "It leaves the lists; everything is kept and it can be reopened.",
        ),
        done=Text("已停用", "Closed"),
    )


def reopen(request: HttpRequest, customer: int) -> HttpResponse:
    account = reads.fetch(request.user, customer, "customers.close")
    return send(
        request,
        "customers.reopen",
        account,
        fixed={"customer": account.pk},
        done=Text("已恢复启用", "Reopened"),
    )


def key(request: HttpRequest, customer: int) -> HttpResponse:
    account = reads.fetch(request.user, customer, "customers.assign")
    return send(
        request,
        "customers.mark_key",
        account,
        fixed={"customer": account.pk, "key": not account.key},
        only=(),
        heading=Text("改回普通客户", "Make ordinary again")
        if account.key
        else Text("设为重点客户", "Mark as key customer"),
        lead=Text("所有有权查看客户的人将能看到这位客户。", "Everyone who may see customers will see it.")
        if account.key
        else Text(
            "重点客户只有负责人、服务团队、其上级和总经理看得到；审计查阅留痕。",
            "A key customer is seen only by who looks after it, the team, their superiors and the general manager.",
        ),
        done=Text("已更新", "Updated"),
    )


def team(request: HttpRequest, customer: int) -> HttpResponse:
    """Who works on it beside its manager: ticked from those who may work with customers."""
    account = reads.fetch(request.user, customer, "customers.assign")
    sent = (
        [int(v) for v in request.POST.getlist("members") if v.isdecimal() and len(v) < 19]
        if request.method == "POST"
        else []
    )
    form = ActionForm("customers.set_team", request, fixed={"customer": account.pk, "members": sent}, only=())
    if request.method == "POST" and submit(request, form):
        return after(request, page_of(account), Text("服务团队已调整", "Team changed"))
    present = set(sent) or set(account.team.values_list("person_id", flat=True))
    people = [p for p in Person.objects.filter(is_active=True).prefetch_related("grants").select_related("department")[:500]
              if p.may("customers.work") and p.pk != account.manager_id]  # fmt: skip
    context = {
        "heading": Text("服务团队", "Team"),
        "crumbs": crumbs(account, Crumb(Text("服务团队", "Team"))),
        "account": account,
        "people": [(p, p.pk in present) for p in people],
        "cancel_url": page_of(account),
    }
    return show(request, "customers/team.html", context, form=form)


def confirm(request: HttpRequest, customer: int) -> HttpResponse:
    account = reads.fetch(request.user, customer, "customers.work")
    said = Text("已确认关系卡无误", "The card is confirmed")
    return run(request, "customers.confirm_card", {"customer": account.pk}, said, page_of(account))


def assign(request: HttpRequest) -> HttpResponse:
    """Several customers to one person: the rows ticked in a list, or one from its page."""
    if request.method == "POST" and "_key" not in request.POST:
        picked = QueryDict(mutable=True)
        picked.setlist("row", request.POST.getlist("row"))
        return HttpResponseRedirect(f"{reverse('customers.assign')}?{picked.urlencode()}")
    ids = [int(v) for v in request.GET.getlist("row") if v.isdecimal() and len(v) < 19]
    if not ids:
        return HttpResponseRedirect(reverse("customers.pool"))
    accounts: list[Account] = reads.fetch_many(request.user, ids[:500], "customers.assign")
    back = page_of(accounts[0]) if len(accounts) == 1 else reverse("customers.pool")
    form = ActionForm(
        "customers.assign", request, fixed={"customers": [a.pk for a in accounts]}, only=("manager", "reason")
    )
    if request.method == "POST" and (result := submit(request, form)):
        n = len(accounts)
        return after(request, back, Text(f"已指派 {n} 位客户", f"{n} assigned"), undo=_assign_back(result))
    context = {
        "heading": Text(f"指派 {len(accounts)} 位客户", f"Assign {len(accounts)} customers"),
        "crumbs": [Crumb(LIST, reverse("customers.list")), Crumb(Text("指派", "Assign"))],
        "accounts": accounts[:20],
        "others": max(0, len(accounts) - 20),
        "cancel_url": back,
    }
    return show(request, "customers/assign.html", context, form=form)


def _assign_back(result: Result) -> Undo | None:
    """The way back for all of them at once."""
    if not result.seqs:
        return None
    url = reverse("ui.act", kwargs={"action": "customers.assign_back"})
    return Undo(url, {"first": result.seqs[0], "last": result.seqs[-1]})


def undo(request: HttpRequest) -> HttpResponse:
    """Take back what was just recorded."""
    sent = request.POST.get("fact", "")
    data = {"fact": int(sent)} if sent.isdecimal() and len(sent) < 19 else {}
    return run(request, "customers.undo", data, Text("已撤销", "Undone"), reverse("customers.list"))
