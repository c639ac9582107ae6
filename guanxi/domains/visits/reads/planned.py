"""Who visits whom: a person's day, a week's table, a customer's last and next visit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from guanxi.domains.customers.models import Account
from guanxi.platform.people.models import Person

from ..models import AHEAD, ANNULLED, BROUGHT, CHECKED_IN, COMPLETED, DONE, NOT_MET, TOOK_PLACE, Visit
from .visible import ASSIGN, goes, of_account, visible

WEEK_MOST = 600
NOT_OF_A_DAY = (ANNULLED, BROUGHT)
"""Neither stands in a day's or week's work: one did not come about, the other was before there was any here."""

ON_A_LINE = ("state", "planned_at", "arrived_at", "customer__name", "customer__short_name", "owner__name")
"""What a line of Today shows of a visit. Whole customers and people are wide rows, which take longer than the question."""


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """A day's beginning and end in the company's zone."""
    start = timezone.make_aware(datetime.combine(day, time.min))
    return start, timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def mine(person: Any) -> QuerySet[Visit]:
    """The visits that this person makes or joins."""
    return visible(person).filter(goes(person))


def today(person: Any, now: datetime) -> list[Visit]:
    """A person's visits of today in order of time, whatever became of them; cancelled ones left out."""
    start, end = day_bounds(timezone.localdate(now))
    return list(
        Visit.objects.filter(goes(person), planned_at__gte=start, planned_at__lt=end)
        .exclude(state__in=NOT_OF_A_DAY)
        .select_related("customer", "contact", "owner")
        .only(*ON_A_LINE, "target", "contact__name")
        .order_by("planned_at", "id")[:50]
    )


def unfinished(person: Any, now: datetime) -> list[Visit]:
    """A person's own visits of earlier days (and of whom they stand in for) that still wait for their check-out or
    report; oldest first."""
    start, _ = day_bounds(timezone.localdate(now))
    return list(
        Visit.objects.filter(
            owner__in=person.acts_for, state__in=(CHECKED_IN, COMPLETED), planned_at__lt=start
        )
        .select_related("customer", "owner")
        .only(*ON_A_LINE)
        .order_by("planned_at", "id")[:20]
    )


@dataclass(frozen=True, slots=True)
class DayOf:
    """A colleague's day: how many visits, how many of them are over or under way, and the next one."""

    person: Person
    visits: Sequence[Visit]

    @property
    def done(self) -> int:
        return sum(v.state in (*DONE, NOT_MET) for v in self.visits)

    @property
    def ahead(self) -> int:
        return sum(v.state in AHEAD for v in self.visits)

    @property
    def now(self) -> Visit | None:
        """Where they are at this moment."""
        return next((v for v in self.visits if v.state == CHECKED_IN), None)

    @property
    def following(self) -> Visit | None:
        return next((v for v in self.visits if v.state in AHEAD), None)


def on_the_road(person: Any, now: datetime) -> list[DayOf]:
    """Who visits today, of those whose visits this person may hand over; by department and name."""
    start, end = day_bounds(timezone.localdate(now))
    near = person.rights.reach(ASSIGN)
    if not near:
        return []
    rows = visible(person).filter(planned_at__gte=start, planned_at__lt=end).exclude(state__in=NOT_OF_A_DAY)
    if near.scope != "all":
        rows = rows.filter(near.rows(person="owner", department="department"))
    table: dict[int, tuple[Person, list[Visit]]] = {}
    lines = rows.select_related("customer", "owner", "owner__department").only(
        *ON_A_LINE, "owner__department__path"
    )
    for visit in lines.order_by("planned_at", "id")[:WEEK_MOST]:
        if visit.owner is not None:
            table.setdefault(visit.owner.pk, (visit.owner, []))[1].append(visit)
    days = [DayOf(owner, visits) for owner, visits in table.values()]
    return sorted(
        days, key=lambda d: (d.person.department.path if d.person.department else "", d.person.name)
    )


@dataclass(frozen=True, slots=True)
class WeekRow:
    """A person's week: seven lists of visits."""

    person: Person
    days: Sequence[list[Visit]]
    monday: date

    @property
    def cells(self) -> list[tuple[date, list[Visit]]]:
        """Each day with its visits."""
        return [(self.monday + timedelta(days=n), found) for n, found in enumerate(self.days)]

    @property
    def count(self) -> int:
        return sum(len(day) for day in self.days)


@dataclass(frozen=True, slots=True)
class Week:
    days: Sequence[date]
    rows: Sequence[WeekRow]
    cut: bool = False
    """Whether there are more visits than are shown."""


def week(person: Any, monday: date, department: str = "") -> Week:
    """Who visits whom in a week, by visitor; as far as the person may see, narrowed to a department's path."""
    days = [monday + timedelta(days=n) for n in range(7)]
    start, end = day_bounds(days[0])[0], day_bounds(days[6])[1]
    rows = visible(person).filter(planned_at__gte=start, planned_at__lt=end).exclude(state__in=NOT_OF_A_DAY)
    if department:
        rows = rows.filter(department__path__startswith=department)
    found = list(
        rows.select_related("customer", "owner", "owner__department").order_by("planned_at", "id")[
            : WEEK_MOST + 1
        ]
    )
    table: dict[int, WeekRow] = {}
    for visit in found[:WEEK_MOST]:
        if visit.owner is None:
            continue
        row = table.setdefault(visit.owner.pk, WeekRow(visit.owner, [[] for _ in days], monday))
        row.days[(timezone.localdate(visit.planned_at) - monday).days].append(visit)
    ordered = sorted(
        table.values(), key=lambda r: (r.person.department.path if r.person.department else "", r.person.name)
    )
    return Week(days, ordered, len(found) > WEEK_MOST)


@dataclass(slots=True)
class OfCustomer:
    """A customer's visits, as its page shows them."""

    latest: list[Visit] = field(default_factory=list)
    following: list[Visit] = field(default_factory=list)

    @property
    def last(self) -> Visit | None:
        return self.latest[0] if self.latest else None


def of_customer(person: Any, account: Account) -> OfCustomer:
    """The last five visits and all that are planned; what is under way stands among the planned."""
    rows = of_account(person, account).select_related("owner", "past")
    return OfCustomer(
        list(
            rows.filter(state__in=(*TOOK_PLACE, NOT_MET))
            .prefetch_related("reports")
            .order_by("-planned_at", "-id")[:5]
        ),
        list(rows.filter(state__in=(*AHEAD, CHECKED_IN)).order_by("planned_at", "id")[:5]),
    )
