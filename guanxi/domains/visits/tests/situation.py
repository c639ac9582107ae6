"""What the tests of visits start from: lin's customer, and short ways to act at a given time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from guanxi.domains.customers.models import Account, Contact, Promotion, StockItem, kind_bits
from guanxi.domains.visits.models import KitItem, Visit
from guanxi.platform.kernel import fixed_clock, perform
from guanxi.platform.people.models import Person

NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)  # Thursday 12:00 in Shanghai
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def do(name: str, person: Person, at: datetime = NOON, key: str | None = None, **data: Any) -> Any:
    """Run an action at a time; returns its row."""
    return perform(name, data, actor=person, key=key, clock=fixed_clock(at)).value


def customer(manager: Person, name: str = "恒远电子", **more: Any) -> Account:
    return Account.objects.create(
        name=name,
        name_key=name,
        kind_bits=kind_bits(["company"]),
        manager=manager,
        department=manager.department,
        created_at=NOON - 30 * DAY,
        updated_at=NOON - 30 * DAY,
        **more,
    )


def contact(account: Account, name: str = "李工", **more: Any) -> Contact:
    return Contact.objects.create(customer=account, name=name, updated_at=NOON - 30 * DAY, **more)


def promotion(title: str = "扩租免租", month: str = "2026-03", **more: Any) -> Promotion:
    year, number = (int(part) for part in month.split("-"))
    return Promotion.objects.create(
        title=title,
        month=month,
        starts_on=date(year, number, 1),
        ends_on=date(year, number, 28),
        text=f"{title}：详情",
        **more,
    )


def gift(name: str = "茶叶", quantity: int = 5) -> StockItem:
    return StockItem.objects.create(name=name, kind="gift", quantity=quantity, value=60)


def kit(*codes: str) -> None:
    for order, code in enumerate(codes):
        KitItem.objects.create(code=code, name_zh=code, name_en=code, order=order)


def planned(person: Person, account: Account, at: datetime = NOON, **more: Any) -> Visit:
    given = {"purpose": "routine", "target": "拿到扩租时间表", **more}
    return do("visits.plan", person, at - HOUR, customer=account.pk, planned_at=at.isoformat(), **given)


def confirmed(person: Person, account: Account, at: datetime = NOON, **more: Any) -> Visit:
    visit = planned(person, account, at, **more)
    return do("visits.confirm", person, at - HOUR, visit=visit.pk)


def arrived(person: Person, account: Account, at: datetime = NOON, **more: Any) -> Visit:
    visit = confirmed(person, account, at, **more)
    return do("visits.check_in", person, at, visit=visit.pk)


def left(
    person: Person, account: Account, at: datetime = NOON, lines: list[dict] | None = None, **more: Any
) -> Visit:
    visit = arrived(person, account, at, **more)
    if lines:
        do("visits.capture", person, at + HOUR / 2, visit=visit.pk, lines=lines)
    return do("visits.check_out", person, at + HOUR, visit=visit.pk)


def state(visit: Visit) -> str:
    return Visit.objects.get(pk=visit.pk).state
