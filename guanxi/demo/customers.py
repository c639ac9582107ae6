"""The demo's customers: who they are, who looks after them, and how they came into the books."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from . import texts
from .clockwork import Clockwork
from .company import Company
from .names import POSTS, Names
from .people import HABITS
from .places import COORDINATES, Place, in_the_park, somewhere

KINDS = (("company", 50), ("tenant", 18), ("datacentre", 10), ("prospect", 15), ("supplier", 7))
SECOND = {"company": "supplier", "tenant": "datacentre", "datacentre": "company", "supplier": "company"}
"""The other kind that some have beside their own."""


@dataclass(slots=True)
class Customer:
    """What the story has to know of a customer."""

    id: int
    name: str
    kinds: list[str]
    manager: str
    lon: Any
    lat: Any
    key: bool = False
    active: bool = True
    contacts: list[int] = field(default_factory=list)
    needs: list[int] = field(default_factory=list)
    visited: int = 0
    ahead: bool = False
    """Whether a visit to it is planned."""

    @property
    def kind(self) -> str:
        return self.kinds[0]


class Customers:
    """Makes customers, and remembers them by who looks after them."""

    def __init__(self, company: Company, clock: Clockwork, draw: Random) -> None:
        self.company, self.clock, self.draw = company, clock, draw
        self.names = Names(draw)
        self.all: list[Customer] = []
        self.of: dict[str, list[Customer]] = {username: [] for username in HABITS}

    def enter(
        self, *, by: str, kind: str = "", manager: str | None = None, source: str = "import"
    ) -> Customer | None:
        """Enter one customer with its first contact. manager: '' for the pool, None draws one."""
        draw, clock = self.draw, self.clock
        if len(self.all) < len(KINDS):
            kind = KINDS[len(self.all)][0]  # one of each, however small the demo
        kind = kind or draw.choices([k for k, _ in KINDS], [n for _, n in KINDS])[0]
        kinds = [kind]
        if kind in SECOND and draw.random() < 0.09:
            kinds.append(SECOND[kind])
        if manager is None:
            loads = [h.load for h in HABITS.values()]
            manager = "" if draw.random() < 0.06 else draw.choices(list(HABITS), loads)[0]
        city = HABITS[manager].city if manager else draw.choice(("杭州", "宁波", "苏州"))
        place: Place = (
            in_the_park(draw, city)
            if kind in ("tenant", "datacentre") and draw.random() < 0.8
            else somewhere(draw, city)
        )
        name, short = self.names.company(kind, city)
        key = bool(manager) and by == "wang" and kind in ("company", "datacentre") and draw.random() < 0.05
        post, _ = draw.choice(POSTS[kind])
        whole = draw.random()
        given: dict[str, Any] = {
            "name": name,
            "short_name": short if draw.random() < 0.6 else "",
            "kinds": kinds,
            "area": place.district,
            "source": source,
            "key": key,
        }
        if whole < 0.93:
            given |= {
                "address": place.address,
                "lon": place.lon,
                "lat": place.lat,
                "coordinates": COORDINATES,
            }
        if whole > 0.05:
            given |= {
                "contact_name": self.names.person(),
                "contact_post": post if draw.random() < 0.92 else "",
                "contact_phone": self.names.mobile(),
            }
        if draw.random() < 0.35:
            given["phone"] = self.names.landline(city)
        if draw.random() < 0.65:
            given["credit_code"] = self.names.credit_code(city)
        if manager:
            given["manager"] = self.company[manager].pk
        account = clock.do(self.company[by], "customers.create", **given)
        if account is None:
            return None
        customer = Customer(account.pk, name, kinds, manager, place.lon, place.lat, key)
        customer.contacts = [c.pk for c in account.contacts.all()] if "contact_name" in given else []
        self.adopt(customer)
        return customer

    def adopt(self, customer: Customer) -> None:
        """Take a customer into the story."""
        self.all.append(customer)
        if customer.manager:
            self.of[customer.manager].append(customer)

    def give(self, customer: Customer, to: str) -> None:
        """It is looked after by somebody else from now on."""
        if customer.manager:
            self.of[customer.manager].remove(customer)
        customer.manager = to
        if to:
            self.of[to].append(customer)

    def actor(self, customer: Customer) -> Any:
        """Who works on it: its manager, else wang."""
        return self.company[customer.manager or "wang"]

    # -- what becomes known of it --------------------------------------------------------------------------------------

    def add_contact(self, customer: Customer) -> None:
        """Somebody else there, told in full."""
        draw = self.draw
        post, role = draw.choice(POSTS[customer.kind])
        made = self.clock.do(
            self.actor(customer),
            "contacts.add",
            customer=customer.id,
            name=self.names.person(),
            post=post,
            decision_role=role if draw.random() < 0.85 else "unknown",
            phone=self.names.mobile(),
            channel=draw.choice(("phone", "wechat", "wechat", "email", "visit")),
            birthday=self.names.birthday() if draw.random() < 0.5 else "",
            matters=draw.choice(texts.MATTERS) if draw.random() < 0.6 else "",
        )
        if made is not None:
            customer.contacts.append(made.pk)

    def grade(self, customer: Customer) -> None:
        """Grade and credit by hand."""
        draw = self.draw
        by = self.company[customer.manager if customer.manager in ("zhao", "he", "gu") else "wang"]
        self.clock.do(
            by,
            "customers.grade",
            customer=customer.id,
            grade=draw.choices("ABC", (2, 4, 4))[0],
            credit=draw.choices(("A", "B", "C", "D", ""), (4, 4, 2, 1, 2))[0] or None,
            reason=draw.choice(texts.GRADE_REASONS),
        )

    def need(self, customer: Customer) -> None:
        """A need that became known by telephone."""
        draw = self.draw
        made = self.clock.do(
            self.actor(customer),
            "needs.add",
            customer=customer.id,
            what=draw.choice(texts.NEEDS[customer.kind]),
            product=draw.choice(self.company.products) if draw.random() < 0.7 else None,
            source=draw.choice(("call", "meeting", "wechat", "event")),
            customer_view=draw.choice(texts.VIEWS) if draw.random() < 0.6 else "",
            our_view=draw.choice(texts.JUDGEMENTS) if draw.random() < 0.5 else "",
        )
        if made is not None:
            customer.needs.append(made.pk)

    def approach(self, customer: Customer) -> None:
        """How a large or hard one is approached."""
        way, event, person, result = self.draw.choice(texts.APPROACHES)
        self.clock.do(
            self.actor(customer),
            "approaches.add",
            customer=customer.id,
            way=way,
            event=event,
            person=person,
            result=result if self.draw.random() < 0.7 else "",
        )

    def note(self, customer: Customer) -> None:
        """A call, a message."""
        self.clock.do(
            self.actor(customer),
            "timeline.note",
            customer=customer.id,
            kind=self.draw.choice(("call", "call", "wechat", "email", "meeting")),
            text=self.draw.choice(texts.CALLS),
            contact=self.draw.choice(customer.contacts) if customer.contacts else None,
        )

    def observe(self, customer: Customer, draw: Random) -> None:
        """What was seen or heard of a competitor there."""
        leaning, source, offered, text = draw.choice(texts.OBSERVED)
        self.clock.do(
            self.actor(customer),
            "competitors.observe",
            customer=customer.id,
            competitor=draw.choice(self.company.competitors),
            offer=offered,
            text=text,
            leaning=leaning,
            source=source,
        )

    def add_address(self, customer: Customer, draw: Random) -> None:
        """A warehouse, a site, where invoices go: in the same city."""
        kind, note = draw.choice(texts.MORE_ADDRESSES)
        city = HABITS[customer.manager].city if customer.manager else "杭州"
        place = somewhere(draw, city)
        self.clock.do(
            self.actor(customer),
            "addresses.add",
            customer=customer.id,
            kind=kind,
            address=place.address,
            area=place.district,
            note=note,
            lon=place.lon,
            lat=place.lat,
            coordinates=COORDINATES,
        )

    def care(self, customer: Customer) -> None:
        """A greeting, a small help."""
        self.clock.do(
            self.actor(customer),
            "timeline.note",
            customer=customer.id,
            kind="care",
            text=self.draw.choice(texts.CARE),
            contact=self.draw.choice(customer.contacts) if customer.contacts else None,
        )

    def credit(self, customer: Customer) -> None:
        """Something happens to its credit; half of the causes are found later, some never."""
        draw, clock = self.draw, self.clock
        kind, detail, cause_code, cause = draw.choice(texts.CREDIT)
        known = draw.random() < 0.5
        made = clock.do(
            self.actor(customer),
            "credit.record",
            customer=customer.id,
            kind=kind,
            detail=detail,
            cause_code=cause_code if known else None,
            cause=cause if known else "",
        )
        if made is None or known or draw.random() < 0.2:
            return
        day = clock.working_day(clock.day() + timedelta(days=draw.choices((1, 3, 5, 12), (3, 4, 3, 1))[0]))

        def explain() -> None:
            who = self.actor(customer)
            clock.do(who, "credit.find_cause", credit_event=made.pk, cause_code=cause_code, cause=cause)

        clock.at(clock.local(day, draw.randint(9, 17), draw.randint(0, 59)), explain)

    def review(self, customer: Customer, because: str) -> None:
        """How it is looked after from now on."""
        decision, text = self.draw.choice(texts.REVIEWS)
        self.clock.do(
            self.actor(customer),
            "customers.review",
            customer=customer.id,
            because=[because],
            decision=decision,
            text=text,
        )
