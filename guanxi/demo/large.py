"""A large company for measuring: `guanxi demo --customers N --facts M --seed S`.

The company, its regulations and the last weeks are made by real actions, as in the ordinary demo; the customers, and
what was noted of them over the year, are written in bulk in between, in the order of time.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain as joined
from itertools import count
from random import Random
from time import perf_counter, process_time
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Max, Model

from guanxi.domains.customers.models import Account, Contact, Promise, kind_bits
from guanxi.domains.visits.models import Visit
from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.quick import moment
from guanxi.platform.kernel import Clock, fixed_clock, system_clock
from guanxi.platform.regulations.models import Obligation
from guanxi.platform.regulations.ticking import drain

from . import texts
from .build import BEFORE, Built, start_calendar
from .bulk import Bulk, Said, settle_ids
from .clockwork import Clockwork
from .customers import KINDS, Customer
from .names import INDUSTRIES, POSTS, Names
from .people import HABITS
from .places import COORDINATES, somewhere
from .story import Story
from .words import Words, alongside

BATCH = 5000
"""Facts in one transaction."""
DAYS, LIVED = 365, 14
"""Length of the story; how many days at its end are lived through by real actions."""
CONTACTS, PROMISED = 0.8, 0.02
"""Share of the customers with a contact; share that was promised something: those duties are the engine's work."""
STAFF_PER, MOST_STAFF = 5000, 200
"""One more person on the road for so many customers, and at most so many."""
_CORE = "恒瑞盛泰宏鑫博诚新天汇嘉安科创德联启凯佳荣华锦正金永东昌益顺远达信源通力成明丰润和盈腾航捷耀兴"
_SHARES = [kind for kind, _ in KINDS]
_WEIGHTS = [n for _, n in KINDS]


@dataclass(frozen=True, slots=True)
class Owner:
    """Who looks after customers."""

    id: int
    department: int
    city: str
    username: str


class Large:
    """Writes the bulk of customers and facts between two moments."""

    def __init__(self, draw: Random, owners: list[Owner], entered_by: int) -> None:
        self.draw, self.owners, self.entered_by = draw, owners, entered_by
        self.names, self.bulk = Names(draw), Bulk()
        self.ids: dict[type[Model], Iterator[int]] = {}
        for model, kind in ((Account, "customer"), (Contact, "contact"), (Promise, "promise")):
            newest = model._default_manager.aggregate(newest=Max("pk"))["newest"] or 0
            self.ids[model], self.bulk.known[kind] = count(newest + 1), newest
        self.customers: list[tuple[int, Owner]] = []
        self._drawn: list[tuple[str, Owner]] = []
        self._to_keep: list[tuple[datetime, int, int, Owner]] = []

    # -- drawing -------------------------------------------------------------------------------------------------------

    def names_of(self, number: int) -> Iterator[tuple[str, str, str]]:
        """(name, contact or '', number) of so many customers; kind and owner are remembered beside them."""
        draw = self.draw
        for _ in range(number):
            owner, kind = draw.choice(self.owners), draw.choices(_SHARES, _WEIGHTS)[0]
            core = "".join(draw.choices(_CORE, k=3))
            self._drawn.append((kind, owner))
            contact = self.names.person() if draw.random() < CONTACTS else ""
            phone = f"+86141{draw.randint(0, 99_999_999):08d}"  # numbers of machines, no person's
            yield f"{owner.city}{core}{draw.choice(INDUSTRIES[kind])}有限公司", contact, phone

    def customer(self, at: datetime, named: tuple[str, str, str], words: Words) -> None:
        """One customer with its line in the search index, perhaps with a contact."""
        draw, (name, person, number), (kind, owner) = self.draw, named, self._drawn.pop(0)
        place, id, when = somewhere(draw, owner.city), next(self.ids[Account]), moment(at)
        shown, percent = number.removeprefix("+86"), 100 if person else 60
        self.bulk.row(
            Account,
            {
                "id": id, "name": name, "name_key": words[0], "kind_bits": kind_bits([kind]), "source": "import",
                "phone": "" if person else shown, "phone_key": "" if person else number, "address": place.address,
                "area": place.district, "lon": str(place.lon), "lat": str(place.lat), "coordinates": COORDINATES,
                "manager_id": owner.id, "department_id": owner.department, "card_percent": percent,
                "created_at": when, "updated_at": when,
            },
        )  # fmt: skip
        self.bulk.say(
            Said(
                "customer.created", at, self.entered_by, "customer", str(id), id,
                {
                    "kinds": [kind], "grade": None, "credit": None, "manager": str(owner.id),
                    "department": str(owner.department), "area": place.district, "key": False, "active": True,
                    "source": "import", "card_percent": percent, "visit": None,
                },
                {"name": name},
            )
        )  # fmt: skip
        self.bulk.find_by("customer", id, name, words[1])
        self.customers.append((id, owner))
        if person:
            self._contact(at, id, kind, person, shown, number)

    def _contact(self, at: datetime, customer: int, kind: str, name: str, shown: str, number: str) -> None:
        id, (post, role) = next(self.ids[Contact]), self.draw.choice(POSTS[kind])
        self.bulk.row(
            Contact,
            {
                "id": id, "customer_id": customer, "name": name, "post": post, "decision_role": role, "phone": shown,
                "phone_key": number, "channel": "phone", "primary": True, "updated_at": moment(at),
            },
        )  # fmt: skip
        said = {
            "has_post": True,
            "decision_role": role,
            "birthday_md": None,
            "channel": "phone",
            "primary": True,
        }
        self.bulk.say(
            Said(
                "contact.added",
                at,
                self.entered_by,
                "contact",
                str(id),
                customer,
                {"contact": str(id), **said},
                {"name": name},
            )
        )

    def note(self, at: datetime) -> None:
        """A call."""
        id, owner = self.draw.choice(self.customers)
        said = {"channel": "phone", "kind": "call", "contact": None}
        self.bulk.say(
            Said(
                "customer.noted",
                at,
                owner.id,
                "customer",
                str(id),
                id,
                said,
                {"text": self.draw.choice(texts.CALLS)},
            )
        )

    def promise(self, at: datetime) -> None:
        """Something is promised; most of it is kept in time, later in the story."""
        draw, id = self.draw, next(self.ids[Promise])
        customer, owner = draw.choice(self.customers)
        due = at.replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=draw.randint(3, 20))
        kept = due - timedelta(hours=draw.randint(2, 40)) if draw.random() < 0.87 else None
        what = draw.choice(texts.PROMISES)
        state: dict[str, Any] = {"state": Promise.OPEN}
        if kept is not None and at < kept < self.end:
            when = moment(kept)
            state = {"state": Promise.KEPT, "kept_at": when, "ended_at": when, "told": True}
            heapq.heappush(self._to_keep, (kept, id, customer, owner))
        row = {"id": id, "customer_id": customer, "owner_id": owner.id, "what": what, "due": moment(due)}
        self.bulk.row(Promise, {**row, "made_at": moment(at), "made_by_id": owner.id, **state})
        said = {"promise": str(id), "owner": str(owner.id), "visit": None}
        said |= {"due": due.isoformat(), "due_on": due.date().isoformat()}
        self.bulk.say(Said("promise.made", at, owner.id, "promise", str(id), customer, said, {"what": what}))

    def keep(self, at: datetime, id: int, customer: int, owner: Owner) -> None:
        said = {"promise": str(id), "owner": str(owner.id), "on_time": True, "told": True}
        self.bulk.say(Said("promise.kept", at, owner.id, "promise", str(id), customer, said))

    # -- writing -------------------------------------------------------------------------------------------------------

    def write(
        self, start: datetime, end: datetime, *, customers: int, facts: int, progress: Callable[[int], None]
    ) -> None:
        """So many customers and about so many facts, evenly from `start` to `end`; time is let pass each week."""
        self.end = end
        promises = int(customers * PROMISED)
        notes = max(0, facts - customers - int(customers * CONTACTS) - int(promises * 1.9))
        weeks = max(1, (end - start) // timedelta(days=7))
        named = alongside(self.names_of(customers), max(1, (os.cpu_count() or 2) - 1))
        entered = max(
            1, min(weeks, 40)
        )  # customers come in the first weeks, so that there is something to note of
        for week in range(weeks):
            first = start + timedelta(days=7 * week)
            parts = [(customers, 0 if week >= entered else entered), (notes, weeks), (promises, weeks)]
            todo = [total * (week + 1) // of - total * week // of if of else 0 for total, of in parts]
            self._week(first, todo, named)
            progress(self.bulk.facts)
            drain(fixed_clock(first + timedelta(days=7)))
        settle_ids(Account, Contact, Promise)

    def _week(self, first: datetime, todo: list[int], named: Iterator[Any]) -> None:
        new, notes, promises = todo
        total = new + notes + promises
        work = ["c"] * new + ["n"] * notes + ["p"] * promises
        self.draw.shuffle(work)
        if work and not self.customers:
            work.sort(key=lambda kind: kind != "c")
        step = timedelta(days=7) / (total + 1)
        at = first
        for number, kind in enumerate(work):
            at = first + step * (number + 1)
            while self._to_keep and self._to_keep[0][0] <= at:
                self.keep(*heapq.heappop(self._to_keep))
            if kind == "c":
                self.customer(at, *next(named))
            elif self.customers:
                (self.note if kind == "n" else self.promise)(at)
            if len(self.bulk.said) >= BATCH:
                self.bulk.write()
        while self._to_keep and self._to_keep[0][0] <= first + timedelta(days=7):
            self.keep(*heapq.heappop(self._to_keep))
        self.bulk.write()


def build_large(
    say: Callable[[str], None] = lambda line: None,
    *,
    customers: int | None,
    facts: int | None,
    seed: int,
    clock: Clock = system_clock,
) -> Built:
    """The large company. Where one number is missing: five facts a customer."""
    customers = customers if customers is not None else max(100, (facts or 0) // 5)
    facts = facts if facts is not None else customers * 5
    began, cpu, now, zone = perf_counter(), process_time(), clock(), ZoneInfo(settings.TIME_ZONE)
    today = now.astimezone(zone).date()
    first = today - timedelta(days=DAYS)
    start = datetime.combine(first - timedelta(days=BEFORE), datetime.min.time(), zone).replace(hour=9)
    bulk_ends = datetime.combine(today - timedelta(days=LIVED), datetime.min.time(), zone)
    say(f"Making a large company: {customers:,} customers, {facts:,} facts …")
    start_calendar(start, today)
    work = Clockwork(start, start + timedelta(days=5))
    story = Story(work, Random(seed), customers=0)  # noqa: S311 (a story, no secret)
    story.company.open_books(min(MOST_STAFF, customers // STAFF_PER))
    story.begin()
    work.run()

    def progress(written: int) -> None:
        seconds = perf_counter() - began
        say(f"  {written:>12,} facts  {100 * written / max(facts, 1):3.0f} %  {seconds:5.0f} s")

    owners = [
        Owner(p.pk, p.department_id or 0, story.company.city_of(p), name)
        for name, p in story.company.people.items()
        if name in HABITS or name.startswith("field")
    ]
    large = Large(Random(seed + 1), owners, story.company["wang"].pk)  # noqa: S311
    large.write(work.now, bulk_ends, customers=customers, facts=max(0, facts - 2000), progress=progress)
    _live(story, large, bulk_ends, now, first=today - timedelta(days=LIVED), today=today)
    built = Built(
        Account.objects.count(),
        Visit.objects.count(),
        Fact.objects.count(),
        sum(work.actions.values()),
        sum(work.refused.values()),
        round(perf_counter() - began, 1),
        round(process_time() - cpu, 1),
        work.mishaps,
        obligations=Obligation.objects.count(),
    )
    say(
        f"{built.customers:,} customers, {built.facts:,} facts, {built.obligations:,} obligations in {built.seconds:.0f} s."
    )
    return built


def _live(story: Story, large: Large, since: datetime, now: datetime, *, first: Any, today: Any) -> None:
    """The last days, by real actions on some of the customers."""
    work = story.clock
    work.go_on(since, now)
    by_name = {owner.username: owner for owner in large.owners}
    for id, owner in joined(large.customers[:2000], large.customers[-1000:]):
        if owner.username in HABITS and by_name[owner.username] is owner:
            account = Account.objects.only("lon", "lat", "name", "kind_bits").get(pk=id)
            contacts = list(Contact.objects.filter(customer=id).values_list("pk", flat=True))
            story.customers.adopt(
                Customer(
                    id,
                    account.name,
                    account.kinds,
                    owner.username,
                    account.lon,
                    account.lat,
                    contacts=contacts,
                )
            )
    story.fill_year(first, today)
    story.fill_today(today)
    work.run()
