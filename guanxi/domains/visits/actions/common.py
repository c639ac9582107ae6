"""Shared by the actions of visits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from guanxi.domains.customers.models import Account, Contact
from guanxi.domains.customers.models_addresses import Address
from guanxi.domains.customers.reads import one_contact
from guanxi.platform.kernel import Action, ActionInput, Conflict, Context, Invalid, Text, ask
from guanxi.platform.ownfields import values as own
from guanxi.platform.people.models import Person
from guanxi.platform.people.reads import at_work
from guanxi.platform.people.standing_in import for_whom

from ..models import Visit
from ..reads import fetch_mine

EARLIEST = timedelta(days=31)
"""How far back something may be entered afterwards."""


class OnVisit(ActionInput):
    """Input of what is done with one visit."""

    visit: int = ask("拜访", "Visit", of="visit", widget="hidden")


class VisitAction(Action):
    """Base of what is done with one's own visit, or one that one joins."""

    permission = "visits.work"
    subject = "visit"
    step: str = ""
    by_manager: bool = False

    def load(self, ctx: Context, data: Any) -> Visit:
        visit = fetch_mine(ctx.actor, data.visit, manager=self.by_manager)
        if visit.owner_id != ctx.actor.pk:
            for_whom(ctx, visit.owner_id, *(c.person_id for c in visit.companions.all()))
        if self.step:
            self.check(visit)
        return visit

    def check(self, visit: Visit) -> None:
        """Wrong order is answered before any gate is asked; the state itself changes in `run`."""
        before = visit.state
        visit.step(self.step)
        visit.state = before


def stamp(moment: datetime) -> str:
    """A time as facts hold it."""
    return moment.isoformat()


def companions(visit: Visit) -> list[str]:
    """The colleagues on a visit, as facts hold them."""
    return [str(id) for id in sorted(visit.companions.values_list("person_id", flat=True))]


def told(visit: Visit) -> dict[str, Any]:
    """What facts about a visit hold of the company's own fields."""
    return own.to_journal("visit", visit.own, visit.own) if visit.own else {}


def a_contact(customer: Account, id: int | None) -> Contact | None:
    """A contact of this customer who is still there, or Invalid."""
    if id is None:
        return None
    found = one_contact(id)
    if found is None or found.customer_id != customer.pk:
        raise Invalid.field("contact", "这位联系人不属于该客户", "This contact is not of this customer")
    if not found.active:
        raise Invalid.field("contact", "这位联系人已离开", "This contact has left")
    return found


def a_place(customer: Account, id: int | None) -> Address | None:
    """One of this customer's further addresses, or Invalid; None for the main one (0, or none said)."""
    if not id:
        return None
    found = Address.objects.filter(pk=id, customer=customer).first()
    if found is None:
        raise Invalid.field(
            "place",
            "这不是该客户的地址，或已被删除",
            "This is no address of this customer, or it was removed",
        )
    return found


def a_person(id: int, field: str) -> Person:
    """Somebody at work here who makes visits, or Invalid."""
    found = at_work(id)
    if found is None:
        raise Invalid.field(field, "找不到这位同事", "There is no such colleague")
    return found


def colleagues(ids: Sequence[int], owner: int) -> list[Person]:
    """The colleagues named to go along, without the owner; Invalid for an unknown one."""
    wanted = set(ids) - {owner}
    found = list(Person.objects.filter(pk__in=wanted, is_active=True)) if wanted else []
    if len(found) != len(wanted):
        raise Invalid.field("colleagues", "找不到其中一位同事", "One of the colleagues cannot be found")
    return found


def stated(ctx: Context, given: datetime | None, field: str) -> datetime:
    """When it happened: what the person says, else the call's own time. Never ahead, nor longer ago than a month."""
    if given is None:
        return ctx.happened_at
    if given > ctx.now:
        raise Invalid.field(field, "这个时间还没有到", "This time is still ahead")
    if ctx.now - given > EARLIEST:
        raise Invalid.field(field, "超过 31 天，不能再补录", "More than 31 days ago: too late to enter it")
    return given


@contextmanager
def happening(ctx: Context, moment: datetime) -> Iterator[None]:
    """Actions run inside happen at `moment`: what was agreed yesterday is entered as of yesterday."""
    before, ctx.happened_at = ctx.happened_at, moment
    try:
        yield
    finally:
        ctx.happened_at = before


def check_version(visit: Visit, version: int | None) -> None:
    """Conflict where somebody changed the plan after this form was opened."""
    if version is not None and version != visit.version:
        raise Conflict(
            Text(
                "有人刚刚改过这次拜访，请核对后再保存",
                "Somebody has just changed this visit; look again before saving",
            )
        )
