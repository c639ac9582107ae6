"""A large company for measuring: `guanxi demo --customers N --facts M --seed S`.

The company, its regulations, the first weeks and the last days are made by real actions, as in the ordinary demo. The
customers, and what happened to them over the year, are written in bulk in between, in the order of time: entries, calls,
promises, and the visits of the first weeks told again (retold.py), so that duties, refusals and figures are as many as a
company of that size has.
"""

from __future__ import annotations

import heapq
import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain as joined
from itertools import count
from random import Random
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Max, Model

from guanxi.domains.customers.models import Account, Contact, Need, Promise, kind_bits
from guanxi.domains.visits.models import Visit, VisitLine, VisitReport
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Clock, system_clock
from guanxi.platform.regulations.models import Obligation
from guanxi.platform.search.index import unmerged

from . import texts
from .aside import aside, weigh
from .build import BEFORE, Built, processor_seconds, start_calendar
from .bulk import BATCH, Bulk, settle_ids
from .clockwork import Clockwork
from .customers import KINDS, Customer
from .names import INDUSTRIES, POSTS, Names
from .people import HABITS
from .places import COORDINATES, somewhere
from .retold import Teller, To, models
from .story import Story
from .unhurried import unhurried
from .words import Words, alongside
from .writing import Said, moment

DAYS, LIVED, LIVED_LARGE, LARGE_FROM = 365, 7, 3, 2_000_000
"""Length of the story; how many days at its end are lived through by real actions, and how many from so many facts on, where
what falls due in each day takes half a minute."""
MODEL_CUSTOMERS, MODEL_DAYS, MODEL_REST = 90, 18, 14
"""Customers whose visits of so many days become the models of others, and how long what follows from them is awaited."""
VISITED, FEWEST_VISITS = 0.2, 500
"""Share of the facts that tell of visits; below so many facts there are none but the real ones."""
CONTACTS, PROMISED, GRADED = 0.8, 0.02, 0.4
"""Share of the customers with a contact; promised something by telephone; with a grade."""
STAFF_PER, MOST_STAFF = 2000, 41
"""One more person on the road for so many customers, and at most so many: with those who have names, fifty, each with
two per cent of the customers."""
LIVED_FACTS, FALLING_DUE = 210, 330
"""About so many facts are made by real actions in each of the last days, and one in so many of all by the engine, as things
fall due."""
WEEK = timedelta(days=7)
TABLES: tuple[type[Model], ...] = (Account, Contact, Promise, Need, Visit, VisitLine, VisitReport)
"""The tables that are written in bulk, with ids of our own."""
ASIDE: dict[type[Model], tuple[str, ...]] = {
    **dict.fromkeys(TABLES, ()),
    Account: ("account_key",),
    Fact: (),
    Obligation: ("obl_next",),
}
"""Tables whose indexes nobody reads while the bulk is written, and which of them stay."""
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
        for model in TABLES:
            newest = model._default_manager.aggregate(newest=Max("pk"))["newest"] or 0
            self.ids[model] = count(newest + 1)
        self.customers: list[tuple[int, Owner, int | None]] = []
        self.models = models()
        self.teller = Teller(self.ids, self.bulk.row)
        self._drawn: deque[tuple[str, Owner]] = deque()
        self._later: list[tuple[datetime, int, Said]] = []
        self._order = count()

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
        draw, (name, person, number), (kind, owner) = self.draw, named, self._drawn.popleft()
        place, id, when = somewhere(draw, owner.city), next(self.ids[Account]), moment(at)
        shown, percent = number.removeprefix("+86"), 100 if person else 60
        grade = draw.choices("ABC", (2, 4, 4))[0] if draw.random() < GRADED else ""
        self.bulk.row(
            Account,
            {
                "id": id, "name": name, "name_key": words[0], "kind_bits": kind_bits([kind]), "source": "import",
                "phone": "" if person else shown, "phone_key": "" if person else number, "address": place.address,
                "grade": grade, "area": place.district, "lon": str(place.lon), "lat": str(place.lat), "coordinates": COORDINATES,
                "manager_id": owner.id, "department_id": owner.department, "card_percent": percent,
                "created_at": when, "updated_at": when,
            },
        )  # fmt: skip
        self.bulk.say(
            Said(
                "customer.created", at, self.entered_by, "customer", str(id), id,
                {
                    "kinds": [kind], "grade": grade or None, "credit": None, "manager": str(owner.id),
                    "department": str(owner.department), "area": place.district, "key": False, "active": True,
                    "source": "import", "card_percent": percent, "visit": None,
                },
                {"name": name},
            )
        )  # fmt: skip
        self.bulk.find_by("customer", id, name, words[1])
        contact = self._contact(at, id, kind, person, shown, number) if person else None
        self.customers.append((id, owner, contact))

    def _contact(self, at: datetime, customer: int, kind: str, name: str, shown: str, number: str) -> int:
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
            "has_birthday": False,
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
        return id

    def note(self, at: datetime) -> None:
        """A call."""
        id, owner, _ = self.draw.choice(self.customers)
        self.bulk.batch.contacted[id] = at
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
        customer, owner, _ = draw.choice(self.customers)
        due = at.replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=draw.randint(3, 20))
        kept = due - timedelta(hours=draw.randint(2, 40)) if draw.random() < 0.87 else None
        what = draw.choice(texts.PROMISES)
        state: dict[str, Any] = {"state": Promise.OPEN}
        if kept is not None and at < kept < self.end:
            when = moment(kept)
            state = {"state": Promise.KEPT, "kept_at": when, "ended_at": when, "told": True}
            self._say_later(self._kept(kept, id, customer, owner))
        row = {"id": id, "customer_id": customer, "owner_id": owner.id, "what": what, "due": moment(due)}
        self.bulk.row(Promise, {**row, "made_at": moment(at), "made_by_id": owner.id, **state})
        said = {"promise": str(id), "owner": str(owner.id), "visit": None}
        said |= {"due": due.isoformat(), "due_on": due.date().isoformat()}
        self.bulk.say(Said("promise.made", at, owner.id, "promise", str(id), customer, said, {"what": what}))

    @staticmethod
    def _kept(at: datetime, id: int, customer: int, owner: Owner) -> Said:
        said = {"promise": str(id), "owner": str(owner.id), "on_time": True, "told": True}
        return Said("promise.kept", at, owner.id, "promise", str(id), customer, said)

    def visit(self, week: datetime) -> None:
        """One of the models told again in a week, of some customer; nothing where its end would lie behind the end."""
        model = self.draw.choice(self.models)
        weeks = -(-(week - model.begins) // WEEK)
        if model.ends + weeks * WEEK >= self.end:
            return
        customer, owner, contact = self.draw.choice(self.customers)
        for said in self.teller.tell(model, To(customer, owner.id, owner.department, contact), weeks):
            self._say_later(said)
        if model.visit.left_at is not None:
            self.bulk.batch.contacted[customer] = model.visit.left_at + weeks * WEEK

    def _say_later(self, said: Said) -> None:
        heapq.heappush(self._later, (said.at, next(self._order), said))

    def _say_until(self, at: datetime) -> None:
        while self._later and self._later[0][0] <= at:
            self.bulk.say(heapq.heappop(self._later)[2])

    # -- writing -------------------------------------------------------------------------------------------------------

    def write(
        self, start: datetime, end: datetime, *, customers: int, facts: int, progress: Callable[[int], None]
    ) -> None:
        """So many customers and about so many facts, evenly from `start` to `end`; time is let pass each week."""
        self.end = end
        promises = int(customers * PROMISED)
        told = facts * VISITED if self.models and facts * VISITED >= FEWEST_VISITS else 0
        visits = int(told * len(self.models) / sum(len(m.facts) for m in self.models)) if told else 0
        notes = max(0, int(facts - customers - int(customers * CONTACTS) - int(promises * 1.9) - told))
        before = self.bulk.facts
        weeks = max(1, (end - start) // WEEK)
        named = alongside(self.names_of(customers), max(1, (os.cpu_count() or 2) - 1))
        entered = max(
            1, min(weeks, 40)
        )  # customers come in the first weeks, so that there is something to note of
        for week in range(weeks):
            first = start + WEEK * week
            parts = [
                (customers, 0 if week >= entered else entered),
                (notes, weeks),
                (promises, weeks),
                (visits, weeks),
            ]
            todo = [total * (week + 1) // of - total * week // of if of else 0 for total, of in parts]
            if (
                week == weeks - 1
            ):  # what chance left out, such as visits that end after the year, is called for
                new, _, said, _ = todo
                todo[1] = max(todo[1], facts - (self.bulk.facts - before) - new - said)
            self._week(first, todo, named)
            progress(self.bulk.facts)
            self.bulk.let_pass(first + WEEK)
            if week & (week + 1) == 0:  # after the first, second, fourth, eighth … week
                weigh()
        self._say_until(end)
        self.bulk.finish()
        settle_ids(*TABLES)

    def _week(self, first: datetime, todo: list[int], named: Iterator[Any]) -> None:
        new, notes, promises, visits = todo
        for _ in range(visits if self.customers else 0):
            self.visit(first)
        total = new + notes + promises
        work = ["c"] * new + ["n"] * notes + ["p"] * promises
        self.draw.shuffle(work)
        if work and not self.customers:
            work.sort(key=lambda kind: kind != "c")
        step = WEEK / (total + 1)
        for number, kind in enumerate(work):
            at = first + step * (number + 1)
            self._say_until(at)
            if kind == "c":
                self.customer(at, *next(named))
            elif self.customers:
                (self.note if kind == "n" else self.promise)(at)
            if len(self.bulk.batch.said) >= BATCH:
                self.bulk.write()
        self._say_until(first + WEEK)
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
    began, cpu, now, zone = perf_counter(), processor_seconds(), clock(), ZoneInfo(settings.TIME_ZONE)
    today = now.astimezone(zone).date()
    first = today - timedelta(days=DAYS)
    start = datetime.combine(first - timedelta(days=BEFORE), datetime.min.time(), zone).replace(hour=9)
    lived = LIVED if facts < LARGE_FROM else LIVED_LARGE
    bulk_ends = datetime.combine(today - timedelta(days=lived), datetime.min.time(), zone)
    say(f"Making a large company: {customers:,} customers, {facts:,} facts …")
    start_calendar(start, today)
    visited = start + timedelta(days=BEFORE)
    work = Clockwork(start, visited + timedelta(days=MODEL_DAYS + MODEL_REST))
    story = Story(work, Random(seed), customers=min(MODEL_CUSTOMERS, customers // 2))  # noqa: S311 (a story, no secret)
    story.company.open_books(min(MOST_STAFF, customers // STAFF_PER))
    story.begin()
    story.fill_year(visited.date(), (visited + timedelta(days=MODEL_DAYS)).date())
    with unhurried():
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
    customers -= Account.objects.count()
    facts -= Fact.objects.count() + lived * (LIVED_FACTS + facts // FALLING_DUE)
    with unhurried(), aside(ASIDE), unmerged(connection):
        large.write(work.now, bulk_ends, customers=max(0, customers), facts=max(0, facts), progress=progress)
    with unhurried():
        _live(story, large, bulk_ends, now, first=today - timedelta(days=lived), today=today)
    weigh()
    built = Built(
        Account.objects.count(),
        Visit.objects.count(),
        Fact.objects.count(),
        sum(work.actions.values()),
        sum(work.refused.values()),
        round(perf_counter() - began, 1),
        round(processor_seconds() - cpu, 1),
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
    for id, owner, _ in joined(large.customers[:2000], large.customers[-1000:]):
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
