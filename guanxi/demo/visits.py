"""One visit of the demo's story, from the plan to the kept promise, with what goes wrong in between."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from . import texts
from .clockwork import Clockwork
from .company import Company
from .customers import Customer, Customers
from .people import HABITS, Habits

SLOTS = ((9, 30), (10, 40), (13, 30), (15, 0), (16, 10))
PACKABLE = [code for code, _, _ in texts.KIT]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(slots=True)
class Visit:
    """What the story has to know of a visit."""

    id: int
    customer: Customer
    owner: str
    start: datetime
    targeted: bool
    over: bool = False


class Visits:
    """Lets visits happen."""

    def __init__(self, company: Company, customers: Customers, clock: Clockwork, draw: Random) -> None:
        self.company, self.customers, self.clock, self.draw = company, customers, clock, draw
        self.diary: dict[tuple[str, date], list[tuple[int, int]]] = defaultdict(list)
        self.read: set[tuple[str, str]] = set()
        self.ahead: dict[tuple[str, date], list[Visit]] = defaultdict(list)
        self.ill: set[tuple[str, date]] = set()
        self.said: dict[int, set[str]] = {}
        self.made = 0

    # -- planning ----------------------------------------------------------------------------------------------------

    def free_slot(self, who: str, day: date) -> tuple[int, int] | None:
        """An hour of the day at which nothing stands in the diary."""
        taken = self.diary[who, day]
        free = [slot for slot in SLOTS if slot not in taken]
        return self.draw.choice(free) if free and len(taken) < 4 else None

    def fill(self, who: str, day: date, wanted: int) -> None:
        """Plan as many visits as are still missing on a day."""
        while len(self.diary[who, day]) < wanted:
            if not self.plan(who, day):
                return

    def pick(self, who: str) -> Customer | None:
        """Whose turn it is: of some drawn, the one visited least."""
        mine = [c for c in self.customers.of[who] if c.active and not c.ahead]
        if not mine:
            return None
        return min(self.draw.sample(mine, min(4, len(mine))), key=lambda c: (c.visited, c.id))

    def plan(self, who: str, day: date) -> bool:
        slot, customer = self.free_slot(who, day), self.pick(who)
        if slot is None or customer is None:
            return False
        draw, habits = self.draw, HABITS[who]
        start = self.clock.local(day, *slot)
        purpose = "first" if customer.visited == 0 else draw.choice(texts.PURPOSES)
        given: dict[str, Any] = {"customer": customer.id, "planned_at": start.isoformat(), "purpose": purpose}
        targeted = draw.random() > habits.tries
        if targeted:
            given["target"] = draw.choice(texts.TARGETS[purpose])
        if customer.contacts and draw.random() < 0.9:
            given["contact"] = draw.choice(customer.contacts)
        if draw.random() < 0.06:
            given["colleagues"] = [self.company[self.mate(who)].pk]
        by = self.company[who]
        if draw.random() < 0.07:
            by = self.company["wang"]
            given["owner"] = self.company[who].pk
        row = self.clock.do(by, "visits.plan", **given)
        if row is None:
            return False
        self.expect(Visit(row.pk, customer, who, start, targeted), slot)
        return True

    def mate(self, who: str) -> str:
        """Somebody else of the same city."""
        return self.draw.choice([u for u, h in HABITS.items() if h.city == HABITS[who].city and u != who])

    def expect(self, visit: Visit, slot: tuple[int, int]) -> None:
        """A planned visit takes its course."""
        self.made += 1
        clock, draw = self.clock, self.draw
        day = visit.start.astimezone(clock.zone).date()
        self.diary[visit.owner, day].append(slot)
        self.ahead[visit.owner, day].append(visit)
        visit.customer.ahead = True
        fate, morning = draw.random(), clock.local(day, 8, 32) + draw.randint(0, 15) * MINUTE
        evening = clock.local(day - DAY, 17, 5) + draw.randint(0, 50) * MINUTE
        ready = evening if clock.works(day - DAY) and evening > clock.now and draw.random() < 0.5 else morning
        if fate < 0.035:
            clock.at(clock.local(day, 8, 40), lambda: self.cancel(visit))
        elif fate < 0.06 and day != clock.end.astimezone(clock.zone).date():
            later = clock.working_day(day + timedelta(days=draw.randint(2, 6)))
            clock.at(morning, lambda: self.postpone(visit, later))
        else:
            clock.at(max(ready, clock.now + MINUTE), lambda: self.prepare(visit))

    def postpone(self, visit: Visit, day: date) -> None:
        """The customer asks for another day."""
        slot = self.free_slot(visit.owner, day)
        if visit.over or slot is None:
            self.prepare(visit)
            return
        visit.start = self.clock.local(day, *slot)
        self.diary[visit.owner, day].append(slot)
        self.clock.do(
            self.company[visit.owner], "visits.edit", visit=visit.id, planned_at=visit.start.isoformat()
        )
        self.clock.at(self.clock.local(day, 8, 45), lambda: self.prepare(visit))

    def cancel(self, visit: Visit, reason: str = "") -> None:
        if visit.over:
            return
        self.close(visit)
        self.clock.do(
            self.company[visit.owner],
            "visits.cancel",
            visit=visit.id,
            reason_code=reason or self.draw.choice(("customer_asked", "customer_asked", "conflict", "moved")),
            note=self.draw.choice(texts.CANCEL_NOTES),
        )

    @staticmethod
    def close(visit: Visit) -> None:
        visit.over = True
        visit.customer.ahead = False

    def hand_over(self, who: str, day: date, to: str) -> None:
        """Somebody is ill: the visits of the day go to a colleague."""
        visits = [
            v
            for v in self.ahead[who, day]
            if not v.over and v.start.astimezone(self.clock.zone).date() == day
        ]
        self.ill.add((who, day))
        if not visits:
            return
        done = self.clock.do(
            self.company["wang"],
            "visits.reassign",
            visits=[v.id for v in visits],
            owner=self.company[to].pk,
            reason=f"{self.company[who].name}请病假",
        )
        if done is None:
            return
        for visit in visits:
            visit.owner = to

    # -- before --------------------------------------------------------------------------------------------------------

    def prepare(self, visit: Visit) -> None:
        """Kit, promotions, confirmation; some try to confirm before they are ready, and are refused."""
        if visit.over:
            return
        clock, draw, me, habits = self.clock, self.draw, self.company[visit.owner], HABITS[visit.owner]
        if draw.random() < habits.kit:
            packed = PACKABLE if draw.random() < 0.6 else draw.sample(PACKABLE, draw.randint(5, 7))
            clock.do(me, "visits.prepare", visit=visit.id, packed=packed)
        month = f"{visit.start.astimezone(clock.zone):%Y-%m}"
        unread = (visit.owner, month) not in self.read
        hasty = draw.random() < habits.tries * (3 if unread else 1)
        if hasty and (unread or not visit.targeted):
            clock.do(me, "visits.confirm", visit=visit.id)
            clock.now += 2 * MINUTE
        if unread:
            clock.do(me, "visits.acknowledge_promotions", visit=visit.id)
            self.read.add((visit.owner, month))
        if not visit.targeted:
            clock.do(me, "visits.edit", visit=visit.id, target=draw.choice(texts.TARGETS["routine"]))
        clock.do(me, "visits.confirm", visit=visit.id)
        fate, arrival = draw.random(), visit.start + draw.randint(-8, 12) * MINUTE
        if self.kept_open(visit):
            return
        if fate < 0.035:
            clock.at(arrival, lambda: self.not_met(visit))
        elif fate < 0.06:
            clock.at(self.next_morning(arrival), lambda: self.enter_late(visit, arrival))
        else:
            clock.at(arrival, lambda: self.arrive(visit))

    def kept_open(self, visit: Visit) -> bool:
        """On the last day everybody still has visits before them, whatever the hour."""
        day = visit.start.astimezone(self.clock.zone).date()
        if day != self.clock.end.astimezone(self.clock.zone).date():
            return False
        return visit.start > min((v.start for v in self.ahead[visit.owner, day]), default=visit.start)

    def next_morning(self, moment: datetime) -> datetime:
        day = moment.astimezone(self.clock.zone).date()
        return self.clock.local(self.clock.working_day(day, 1), 9, self.draw.randint(0, 40))

    # -- during --------------------------------------------------------------------------------------------------------

    def not_met(self, visit: Visit) -> None:
        self.close(visit)
        me = self.company[visit.owner]
        self.clock.do(me, "visits.not_met", visit=visit.id, note=self.draw.choice(texts.NOT_MET_NOTES))
        self.set_next(visit)

    def arrive(self, visit: Visit) -> None:
        """Check in, with the telephone's position."""
        if visit.over:
            return
        self.clock.do(
            self.company[visit.owner], "visits.check_in", visit=visit.id, **self.position(visit.customer)
        )
        self.stay(visit, self.clock.now)

    def position(self, customer: Customer) -> dict[str, Any]:
        """Where the telephone says it is: WGS84, some metres from the address (which is GCJ-02)."""
        spread = self.draw.choice((0.0003, 0.0004, 0.0008, 0.004))
        lon = (
            Decimal(customer.lon)
            - Decimal("0.0046")
            + Decimal(str(round(self.draw.uniform(-spread, spread), 6)))
        )
        lat = (
            Decimal(customer.lat)
            + Decimal("0.0023")
            + Decimal(str(round(self.draw.uniform(-spread, spread), 6)))
        )
        return {"lon": lon, "lat": lat}

    def drop_in(self, who: str) -> None:
        """On the way, without a plan."""
        customer = self.pick(who)
        if customer is None or (who, self.clock.day()) in self.ill:
            return
        month = f"{self.clock.now.astimezone(self.clock.zone):%Y-%m}"
        purpose = "first" if customer.visited == 0 else "routine"
        row = self.clock.do(
            self.company[who],
            "visits.drop_in",
            customer=customer.id,
            purpose=purpose,
            target=self.draw.choice(texts.TARGETS[purpose]),
            contact=self.draw.choice(customer.contacts) if customer.contacts else None,
            promotions_read=(who, month) not in self.read,
            **self.position(customer),
        )
        if row is None:
            return
        self.made += 1
        self.read.add((who, month))
        customer.ahead = True
        self.stay(Visit(row.pk, customer, who, self.clock.now, True), self.clock.now)

    def stay(self, visit: Visit, arrived: datetime) -> None:
        """What comes up is noted during the visit; then they leave, or forget to say so."""
        clock, draw = self.clock, self.draw
        leaves = arrived + draw.randint(35, 95) * MINUTE
        noted = leaves - draw.randint(3, 15) * MINUTE
        clock.at(noted, lambda: self.capture(visit, None))
        if draw.random() < 0.02:
            clock.at(self.next_morning(leaves), lambda: self.leave(visit, leaves))
        else:
            clock.at(leaves, lambda: self.leave(visit, None))

    def enter_late(self, visit: Visit, arrived: datetime) -> None:
        """Nothing was entered on the day; the next morning it is, with the true times."""
        if visit.over:
            return
        left = arrived + self.draw.randint(40, 80) * MINUTE
        me = self.company[visit.owner]
        self.clock.do(me, "visits.check_in", visit=visit.id, arrived_at=arrived.isoformat())
        self.capture(visit, left - 5 * MINUTE)
        self.leave(visit, left)

    def capture(self, visit: Visit, at: datetime | None) -> None:
        """Some lines of what was said."""
        lines = self.lines(visit)
        if at is not None:
            lines = [{**line, "captured_at": at.isoformat()} for line in lines]
        rows = self.clock.do(self.company[visit.owner], "visits.capture", visit=visit.id, lines=lines)
        for row in rows or ():
            if row.kind == "need" and row.need_id:
                visit.customer.needs.append(row.need_id)
            elif row.kind == "promise" and row.promise_id:
                self.promised(visit, row.promise_id, row.on)
            elif row.kind == "prospect" and row.account_id:
                self.met_prospect(visit, row)

    def met_prospect(self, visit: Visit, row: Any) -> None:
        made = visit.customer
        prospect = Customer(row.account_id, row.text, ["prospect"], visit.owner, made.lon, made.lat)
        self.customers.adopt(prospect)

    def lines(self, visit: Visit) -> list[dict[str, Any]]:
        draw, customer = self.draw, visit.customer
        found: list[dict[str, Any]] = [{"kind": "information", "text": draw.choice(texts.INFORMATION)}]
        if not customer.needs or draw.random() < 0.12:
            need: dict[str, Any] = {"kind": "need", "text": draw.choice(texts.NEEDS[customer.kind])}
            if draw.random() < 0.6:
                need["more"] = draw.choice(texts.VIEWS)
            if draw.random() < 0.7:
                need["product"] = draw.choice(self.company.products)
            found.append(need)
        if draw.random() < 0.38:
            today = self.clock.day()
            due = self.clock.working_day(today + timedelta(days=draw.randint(2, 14)))
            found.append({"kind": "promise", "text": draw.choice(texts.PROMISES), "due_on": due})
        rest = draw.random()
        if rest < 0.16:
            found.append({"kind": "request", "text": draw.choice(texts.REQUESTS)})
        elif rest < 0.26:
            found.append({"kind": "suggestion", "text": draw.choice(texts.SUGGESTIONS)})
        elif rest < 0.36:
            text, answer = draw.choice(texts.OBJECTIONS)
            found.append(
                {"kind": "objection", "text": text, "more": answer, "code": draw.choice(("open", "settled"))}
            )
        elif rest < 0.42:
            who, what = draw.choice(texts.COMPETITORS)
            found.append({"kind": "competitor", "more": who, "text": what})
        elif rest < 0.48:
            text, settled, code = draw.choice(texts.CONFLICTS)
            found.append({"kind": "conflict", "text": text, "more": settled, "code": code})
        elif rest < 0.6:
            found.append({"kind": "help", "text": draw.choice(texts.HELP)})
        elif rest < 0.64:
            found.append({"kind": "training", "number": draw.randint(2, 9) * 10, "text": "操作培训"})
        elif rest < 0.68:
            text, plan = draw.choice(texts.PROBLEMS)
            found.append({"kind": "problem", "text": text, "more": plan})
        elif rest < 0.74:
            found.append(
                {"kind": "gift", "item": draw.choice(self.company.gifts), "number": draw.randint(1, 2)}
            )
        elif rest < 0.765:
            name, _ = self.customers.names.company("prospect", HABITS[visit.owner].city)
            found.append(
                {
                    "kind": "prospect",
                    "text": name,
                    "contact": self.customers.names.person(),
                    "phone": self.customers.names.mobile(),
                }
            )
        elif rest < 0.8:
            found.append(
                {"kind": "site_check", "checks": draw.choice((["logo", "material"], ["logo", "tidiness"]))}
            )
        elif rest < 0.9:
            found.append({"kind": "topic", "text": draw.choice(texts.TOPICS)})
        self.said[visit.id] = {line["kind"] for line in found}
        return found

    def leave(self, visit: Visit, left: datetime | None) -> None:
        """Check out; then report and next date, each by habit."""
        clock, draw, me, habits = self.clock, self.draw, self.company[visit.owner], HABITS[visit.owner]
        given = {} if left is None else {"left_at": left.isoformat()}
        clock.do(me, "visits.check_out", visit=visit.id, **given)
        self.close(visit)
        visit.customer.visited += 1
        if draw.random() < habits.next_date:
            self.set_next(visit)
        elif draw.random() < 0.6:
            clock.at(self.next_morning(clock.now), lambda: self.set_next(visit))
        if draw.random() < habits.cards:
            clock.do(
                self.customers.actor(visit.customer), "customers.confirm_card", customer=visit.customer.id
            )
        self.report_some_time(visit, habits)

    # -- after ---------------------------------------------------------------------------------------------------------

    def report_some_time(self, visit: Visit, habits: Habits) -> None:
        clock, draw = self.clock, self.draw
        today, luck = clock.day(), draw.random()
        if luck < habits.same_day:
            at = max(clock.now + draw.randint(10, 60) * MINUTE, clock.local(today, 16, draw.randint(0, 59)))
        elif luck < habits.same_day + habits.in_time:
            at = clock.local(clock.working_day(today, 1), draw.randint(9, 17), draw.randint(0, 59))
        elif draw.random() < habits.never / max(0.01, 1 - habits.same_day - habits.in_time):
            return
        else:
            at = clock.local(
                clock.working_day(today, draw.randint(2, 5)), draw.randint(9, 17), draw.randint(0, 59)
            )
        clock.at(at, lambda: self.report(visit))

    def report(self, visit: Visit) -> None:
        """The report; hasty ones leave out what the clause asks for, and are refused."""
        clock, draw, me = self.clock, self.draw, self.company[visit.owner]
        said, customer = self.said.pop(visit.id, set()), visit.customer
        summary = draw.choice(texts.SUMMARIES).format(
            info=draw.choice(texts.INFORMATION), topic=draw.choice(texts.TOPICS), next=draw.choice(texts.NEXT)
        )
        if draw.random() < HABITS[visit.owner].tries:
            clock.do(me, "visits.report", visit=visit.id, summary=summary)
            clock.now += 3 * MINUTE
        done = clock.do(
            me,
            "visits.report",
            visit=visit.id,
            summary=summary,
            needs_confirmed="need" not in said,
            no_conflict="conflict" not in said,
            no_help=not said & {"help", "training", "problem"},
        )
        if done is None:
            return
        if len(customer.needs) > 1 and draw.random() < 0.5:
            need = customer.needs.pop(0)
            clock.do(
                self.customers.actor(customer),
                "needs.close",
                need=need,
                outcome=draw.choice(("met", "met", "gone")),
            )
        if draw.random() < 0.035:
            clock.at(self.next_morning(clock.now), lambda: self.amend(visit, summary))

    def amend(self, visit: Visit, summary: str) -> None:
        reason = self.draw.choice(texts.AMENDMENTS)
        me = self.company[visit.owner]
        self.clock.do(
            me, "visits.amend_report", visit=visit.id, summary=f"{summary}（补充：{reason}）", reason=reason
        )

    def set_next(self, visit: Visit) -> None:
        """The next date, or why there is none."""
        clock, draw = self.clock, self.draw
        me, customer = self.company[visit.owner], visit.customer
        day = clock.working_day(clock.day() + timedelta(days=draw.randint(16, 70)))
        slot = self.free_slot(visit.owner, day)
        if draw.random() < 0.55 or slot is None or customer.ahead:
            clock.do(me, "visits.set_next", visit=visit.id, reason=draw.choice(texts.NO_NEXT))
            return
        start = clock.local(day, *slot)
        row = clock.do(me, "visits.set_next", visit=visit.id, next_at=start.isoformat())
        if row is not None and row.next_visit_id:
            self.expect(Visit(row.next_visit_id, customer, visit.owner, start, False), slot)

    # -- promises ------------------------------------------------------------------------------------------------------

    def promised(self, visit: Visit, promise: int, due: datetime) -> None:
        """Kept, kept late, moved, withdrawn, or forgotten: by habit."""
        clock, draw, who = self.clock, self.draw, visit.owner
        habits, luck = HABITS[who], draw.random()
        day = due.astimezone(clock.zone).date()
        early = clock.local(
            clock.working_day(max(clock.day(), day - draw.randint(0, 2) * DAY)), draw.randint(14, 17), 20
        )
        early = min(max(early, clock.now + 2 * HOUR), due - 30 * MINUTE)
        if draw.random() < 0.05:
            clock.at(early, lambda: self.move(visit, promise))
        elif luck < 0.02:
            why = {"promise": promise, "reason": "客户已自行解决"}
            clock.at(
                early, lambda: clock.do(self.customers.actor(visit.customer), "promises.withdraw", **why)
            )
        elif luck < habits.kept:
            clock.at(early, lambda: self.keep(visit, promise))
        elif luck < habits.kept + habits.kept_late:
            late = clock.local(clock.working_day(day, draw.randint(1, 6)), draw.randint(9, 16), 25)
            clock.at(late, lambda: self.keep(visit, promise))

    def keep(self, visit: Visit, promise: int) -> None:
        """By whoever looks after the customer by then."""
        note = "" if self.draw.random() < 0.7 else "已电话告知客户"
        who = self.customers.actor(visit.customer)
        self.clock.do(who, "promises.keep", promise=promise, told=self.draw.random() < 0.92, note=note)

    def move(self, visit: Visit, promise: int) -> None:
        day = self.clock.working_day(self.clock.day() + timedelta(days=self.draw.randint(4, 9)))
        who = self.customers.actor(visit.customer)
        row = self.clock.do(who, "promises.move", promise=promise, due_on=day, reason="等技术中心排期")
        if row is not None:
            moment = self.clock.local(day, 15, 10)
            self.clock.at(moment, lambda: self.keep(visit, promise))
