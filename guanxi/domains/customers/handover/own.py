"""The parts that belong to customers: the customers themselves, places in teams, promises; and the duties that follow."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from guanxi.platform.kernel import Context, Invalid, Text
from guanxi.platform.people.models import Person
from guanxi.platform.people.reads import today
from guanxi.platform.people.standing_in import deputies
from guanxi.platform.regulations.engine import engine
from guanxi.platform.regulations.models import Obligation
from guanxi.platform.regulations.obligation_lines import why_url
from guanxi.platform.regulations.reads import shown, words_of

from .. import reads
from ..actions.accounts import MOST_AT_ONCE, a_manager
from ..models import Account, Promise, TeamMember
from .parts import Line, Part, in_portions, part

ASSIGN = "customers.assign"
CLOSED = Text("已停用", "closed")


def _url(customer: int) -> str:
    return reverse("customers.detail", kwargs={"customer": customer})


# --- customers -----------------------------------------------------------------------------------------------------


def _shown(rows: QuerySet[Account], giver: Person) -> QuerySet[Account]:
    """Without the customers of an import under way: nobody sees them yet, and no pack names them. They are the giver's until
    the import is whole, and then go over like all that comes later."""
    unseen = reads.hidden_imports(giver)
    return rows.exclude(brought_by__in=unseen) if unseen else rows


def _customers(giver: Person, customers: list[int] | None) -> list[Line]:
    rows = _shown(Account.objects.filter(manager=giver.pk), giver)
    if customers is not None:
        rows = rows.filter(pk__in=customers)
    return [
        Line(str(a.pk), a.pk, a.name, note="" if a.active else CLOSED, url=_url(a.pk))
        for a in rows.order_by("-active", "name", "pk")
    ]


def _check_customers(actor: Any, taker: Person, lines: list[Line]) -> None:
    a_manager(taker.pk, "taker")
    ids = [int(line.id) for line in lines]
    seen = set(reads.among(actor, ids).values_list("pk", flat=True))
    if len(seen) < len(ids):
        raise Invalid(
            {
                "giver": [
                    Text(
                        "其中 {n} 位客户（重点客户）您无权查看，请总经理安排交接",
                        "{n} of the customers are key customers that you may not see; the general manager arranges it",
                    ).format(n=len(ids) - len(seen))
                ]
            }
        )
    reads.fetch_many(actor, ids, ASSIGN)


def _take_customers(ctx: Context, giver: Person, taker: Person, lines: list[Line], reason: str) -> None:
    for ids in in_portions(lines, MOST_AT_ONCE):
        ctx.act("customers.assign", {"customers": ids, "manager": taker.pk, "reason": reason})


# --- places in teams -----------------------------------------------------------------------------------------------


def _teams(giver: Person, customers: list[int] | None) -> list[Line]:
    rows = TeamMember.objects.filter(person=giver.pk).exclude(customer__manager=giver.pk)
    if customers is not None:
        return []  # of chosen customers the giver is the manager
    found = rows.select_related("customer").order_by("customer__name", "customer_id")
    return [Line(str(m.customer_id), m.customer_id, m.customer.name, url=_url(m.customer_id)) for m in found]


def _take_teams(ctx: Context, giver: Person, taker: Person, lines: list[Line], reason: str) -> None:
    for line in lines:
        account = Account.objects.get(pk=int(line.id))
        members = set(TeamMember.objects.filter(customer=account).values_list("person_id", flat=True))
        members -= {giver.pk}
        if account.manager_id != taker.pk or not members:  # a team is never left empty
            members |= {taker.pk}
        ctx.act("customers.set_team", {"customer": account.pk, "members": sorted(members)})


def _check_teams(actor: Any, taker: Person, lines: list[Line]) -> None:
    if lines:
        _check_customers(actor, taker, lines)


# --- promises ------------------------------------------------------------------------------------------------------


def _promises(giver: Person, customers: list[int] | None) -> list[Line]:
    rows = Promise.objects.filter(owner=giver.pk, state=Promise.OPEN)
    if customers is not None:
        rows = rows.filter(customer__in=customers)
    return [
        Line(
            str(p.pk),
            p.customer_id,
            p.what,
            p.due,
            note=p.contact.name if p.contact else "",
            url=reverse("customers.promise", kwargs={"promise": p.pk}),
        )
        for p in rows.select_related("contact").order_by("due", "pk")
    ]


def _take_promises(ctx: Context, giver: Person, taker: Person, lines: list[Line], reason: str) -> None:
    if lines:
        ctx.act("promises.hand_over", {"promises": [int(line.id) for line in lines], "owner": taker.pk})


# --- duties --------------------------------------------------------------------------------------------------------


def _duties(giver: Person, customers: list[int] | None) -> list[Line]:
    """What the giver owes. A promise's duty is the promise. While the giver is away the deputy owes it."""
    mine = Q(owner=str(giver.pk))
    deputy = deputies([giver.pk], today()).get(giver.pk)
    managed = customers
    if deputy is not None:
        if managed is None:
            managed = list(Account.objects.filter(manager=giver.pk).values_list("pk", flat=True))
        mine |= Q(owner=str(deputy.pk), customer__in=[str(id) for id in managed])
    rows = shown(giver, Obligation.objects.filter(mine, closed_at__isnull=True))
    rows = rows.exclude(subject_kind="promise")
    if customers is not None:
        rows = rows.filter(customer__in=[str(id) for id in customers])
    made = engine()
    return [
        Line(
            o.pk,
            int(o.customer) if o.customer else None,
            words_of(o, made),
            o.due_at,
            clause=o.clause,
            url=why_url(o.pk),
        )
        for o in rows.order_by("due_at", "pk")
    ]


part(
    Part("customers", Text("客户", "Customers"), 10, _customers, check=_check_customers, take=_take_customers)
)
part(Part("teams", Text("服务团队", "Teams"), 20, _teams, check=_check_teams, take=_take_teams))
part(Part("promises", Text("未兑现的承诺", "Open promises"), 30, _promises, take=_take_promises))
part(Part("duties", Text("未了结的义务", "Open duties"), 50, _duties))
