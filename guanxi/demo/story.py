"""The demo's year: what happens on which day."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Any

from guanxi.domains.customers.handover import pack
from guanxi.domains.customers.models_handover import HandOver
from guanxi.platform.approvals.models import Approval
from guanxi.platform.regulations.models import Obligation

from . import texts
from .clockwork import Clockwork
from .company import Company, demo_password
from .customers import Customers
from .people import HABITS
from .visits import Visits

PACE = 0.66
"""Of the habits' load: how many visits a day are planned afresh, beside the next dates set at earlier visits."""


class Story:
    """Puts the year's events on the clock."""

    def __init__(self, clock: Clockwork, draw: Random, *, customers: int) -> None:
        self.clock, self.draw, self.wanted = clock, draw, customers
        self.company = Company(clock, draw)
        self.customers = Customers(self.company, clock, draw)
        self.visits = Visits(self.company, self.customers, clock, draw)
        self.selling = Random(customers)  # noqa: S311 (a story, no secret); its own, so that orders move nothing else
        self.market = Random(customers + 1)  # noqa: S311 (likewise: competitors and further addresses)

    # -- the beginning -------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Nine regulations, registers, and most of the customers, in the first three weeks."""
        clock, day = self.clock, self.clock.day()
        days = [clock.working_day(day, n) for n in range(1, 12)]
        clock.at(clock.local(days[0], 9, 10), self.company.draft_all)
        clock.at(clock.local(days[1], 9, 30), self.company.approve_all)
        clock.at(clock.local(days[1], 10, 0), self.company.fill_registers)
        clock.at(clock.local(days[1], 11, 0), self.fill_templates)
        early = int(self.wanted * 0.84)
        share, rest = divmod(early, 8)
        for place, entered in enumerate(days[2:10]):
            count = share + (1 if place < rest else 0)
            for number in range(count):
                moment = clock.local(entered, 9 + number * 8 // max(count, 1), (number * 7) % 60)
                clock.at(moment, partial(self.enter, by="wang"))

    def fill_templates(self) -> None:
        """Kit list and playbook."""
        for order, (code, zh, en) in enumerate(texts.KIT):
            self.clock.do(
                self.company["wang"], "visits.save_kit_item", code=code, name_zh=zh, name_en=en, order=order
            )
        for order, (section, purpose, zh, en, body_zh, body_en) in enumerate(texts.PLAYBOOK):
            self.clock.do(
                self.company["wang"],
                "visits.save_playbook",
                section=section,
                purpose=purpose,
                title_zh=zh,
                title_en=en,
                body_zh=body_zh,
                body_en=body_en,
                order=order,
            )

    def enter(self, **how: Any) -> None:
        """A customer, and in the weeks after what becomes known of it."""
        customer = self.customers.enter(**how)
        if customer is None:
            return
        draw, today = self.draw, self.clock.day()
        for chance, event in (
            (0.42, self.customers.add_contact),
            (0.38, self.customers.grade),
            (0.14, self.customers.need),
            (0.1, self.customers.approach),
        ):
            if draw.random() < chance:
                day = self.clock.working_day(today + timedelta(days=draw.randint(1, 45)))
                moment = self.clock.local(day, draw.randint(9, 17), draw.randint(0, 59))
                self.clock.at(moment, partial(event, customer))

    # -- the year ------------------------------------------------------------------------------------------------------

    def fill_year(self, first: date, last: date) -> None:
        """Everything that comes by the day, from `first` to `last`."""
        clock, draw = self.clock, self.draw
        self.company.plan_months(first, last)
        days = [day for day in clock.working_days if first <= day <= last]
        new = self.wanted - int(self.wanted * 0.84)
        for number in range(new):
            day = days[number * len(days) // max(new, 1)]
            self.at(day, 9, 17, self.find_customer)
        for day in days:
            for who, habits in HABITS.items():
                self.at(day, 15, 17, partial(self.plan_ahead, who, day))
                if draw.random() < 0.035 * habits.load:
                    self.at(day, 11, 16, partial(self.visits.drop_in, who))
                if draw.random() < habits.notes:
                    self.at(day, 9, 17, partial(self.note, who))
            if draw.random() < 0.045:
                clock.at(clock.local(day, 8, 31), partial(self.fall_ill, draw.choice(list(HABITS)), day))
            if draw.random() < 0.07:
                self.at(day, 14, 17, self.close_one)
            if draw.random() < 0.03:
                self.at(day, 14, 17, self.reopen_one)
            if draw.random() < 0.06:
                self.at(day, 10, 12, self.give_from_pool)
            if draw.random() < 0.04:
                self.at(day, 10, 17, self.try_without_right)
            if draw.random() < 0.05:
                self.at(day, 10, 17, self.key_team)
            if draw.random() < 0.2:
                self.at(day, 10, 17, self.credit)
            if draw.random() < 0.3:
                self.at(day, 9, 17, self.care)
            for chance, event in ((0.25, self.customers.observe), (0.3, self.customers.add_address)):
                if self.market.random() < chance:
                    hour, minute = self.market.randint(9, 16), self.market.randint(2, 59)
                    clock.at(clock.local(day, hour, minute), partial(self.learn, event))
            for _ in range(self.selling.choices((0, 1, 2), (3, 4, 2))[0]):
                hour, minute = self.selling.randint(9, 16), self.selling.randint(2, 59)
                clock.at(clock.local(day, hour, minute), self.sell)

    def at(self, day: date, first: int, last: int, event: Any) -> None:
        """Some time between two hours of a day."""
        self.clock.at(
            self.clock.local(day, self.draw.randint(first, last - 1), self.draw.randint(2, 59)), event
        )

    def find_customer(self) -> None:
        """Somebody on the road finds a customer, and keeps it."""
        who = self.someone()
        self.enter(by=who, manager=who, source=self.draw.choice(("referral", "web", "event")))

    def someone(self) -> str:
        return self.draw.choices(list(HABITS), [h.load for h in HABITS.values()])[0]

    def plan_ahead(self, who: str, today: date) -> None:
        """Fill the diary of the working day after the next one."""
        if (who, today) in self.visits.ill:
            return
        load = HABITS[who].load * PACE
        wanted = int(load) + (1 if self.draw.random() < load - int(load) else 0)
        self.visits.fill(who, self.clock.working_day(today, 2), wanted)

    def fall_ill(self, who: str, day: date) -> None:
        """Their visits of the day go to a colleague of the same city."""
        self.visits.hand_over(who, day, self.visits.mate(who))

    def note(self, who: str) -> None:
        mine = [c for c in self.customers.of[who] if c.active]
        if mine:
            self.customers.note(self.draw.choice(mine))

    def care(self) -> None:
        mine = [c for c in self.customers.of[self.someone()] if c.active and c.visited]
        if mine:
            self.customers.care(self.draw.choice(mine))

    def credit(self) -> None:
        """Something about a customer's credit; now and then it is regraded, and how it is looked after reviewed."""
        draw, clock = self.draw, self.clock
        mine = [c for c in self.customers.of[self.someone()] if c.active]
        if not mine:
            return
        customer = draw.choice(mine)
        self.customers.credit(customer)
        if draw.random() < 0.5:
            self.customers.grade(customer)
            if draw.random() < 0.7:
                day = clock.working_day(clock.day() + timedelta(days=draw.choices((1, 4, 9), (3, 3, 1))[0]))
                self.at(day, 9, 17, partial(self.review, customer, "credit"))

    def learn(self, event: Any) -> None:
        """Something more of a customer that somebody looks after."""
        mine = [c for c in self.customers.all if c.active and c.manager]
        if mine and self.company.competitors:
            event(self.market.choice(mine), self.market)

    def sell(self) -> None:
        """A customer orders something."""
        draw, day = self.selling, self.clock.day()
        mine = [c for c in self.customers.all if c.active and c.manager]
        if not mine or not self.company.products:
            return
        customer = draw.choice(mine)
        self.clock.do(
            self.company[customer.manager],
            "orders.add",
            customer=customer.id,
            number=f"HX{day:%y%m%d}-{draw.randint(1, 9999):04d}",
            product=draw.choice(self.company.products),
            amount=str(draw.randint(8, 900) * 500),
            status=draw.choice(("open", "delivered", "settled", "settled")),
        )

    def review(self, customer: Any, because: str) -> None:
        if customer.active and customer.manager:
            self.customers.review(customer, because)

    def close_one(self) -> None:
        """A customer is lost, or was entered twice."""
        found = [c for c in self.customers.all if c.active and not c.ahead and c.visited < 2 and not c.key]
        if not found:
            return
        customer = self.draw.choice(found)
        customer.active = False
        self.clock.do(
            self.company["wang"],
            "customers.close",
            customer=customer.id,
            reason_code=self.draw.choice(("lost", "lost", "out_of_business", "moved", "duplicate")),
            reason=self.draw.choice(texts.CLOSE_NOTES),
        )

    def reopen_one(self) -> None:
        found = [c for c in self.customers.all if not c.active]
        if found:
            customer = self.draw.choice(found)
            customer.active = True
            reason = self.draw.choice(texts.REOPEN_REASONS)
            self.clock.do(self.company["wang"], "customers.reopen", customer=customer.id, reason=reason)

    def give_from_pool(self) -> None:
        """wang assigns several from the pool at once, and now and then puts one back."""
        pool = [c for c in self.customers.all if c.active and not c.manager]
        if len(pool) > 12:
            some, to = self.draw.sample(pool, 2), self.someone()
        else:
            owned = [c for c in self.customers.of[self.someone()] if c.active and not c.ahead and not c.key]
            if not owned:
                return
            some, to = [self.draw.choice(owned)], ""
        self.clock.do(
            self.company["wang"],
            "customers.assign",
            customers=[c.id for c in some],
            manager=self.company[to].pk if to else None,
            reason="客户池分配" if to else "长期无联系，放回客户池",
        )
        for customer in some:
            self.customers.give(customer, to)

    def key_team(self) -> None:
        """A key customer gets a second person."""
        keys = [c for c in self.customers.all if c.key and c.manager]
        if keys:
            customer = self.draw.choice(keys)
            mate = self.company[self.visits.mate(customer.manager)].pk
            self.clock.do(self.company["wang"], "customers.set_team", customer=customer.id, members=[mate])

    def try_without_right(self) -> None:
        """Somebody tries what is not theirs to do; the journal keeps it."""
        who = self.draw.choice(("zheng", "xu", "lu", "jiang"))
        self.clock.do(self.company[who], "products.save", name="内部试用套餐")

    def change_hands(self, last: date) -> None:
        """Three months ago zhao gave some of his customers to shen: a hand-over with a pack that both sign."""
        self.on(last - timedelta(days=97), 9, 20, partial(self.hand_over, "zhao", "shen"))

    def hand_over(self, giver: str, taker: str) -> None:
        """Customers without a visit ahead, arranged and signed within an hour."""
        free = [c for c in self.customers.of[giver] if c.active and not c.ahead and not c.key]
        chosen = free[:9]
        self.clock.settle()
        arranged = self.clock.do(
            self.company["wang"],
            "handover.arrange",
            giver=self.company[giver].pk,
            taker=self.company[taker].pk,
            customers=[c.id for c in chosen],
            note="开发区一片由沈若兰统一负责",
        )
        if arranged is None:
            return

        def sign(who: str) -> None:
            self.clock.settle()
            _, shown = pack.present(HandOver.objects.get(pk=arranged.pk))
            done = self.clock.do(
                self.company[who],
                "handover.sign",
                hand_over=arranged.pk,
                content_hash=shown,
                password=demo_password(),
            )
            if who == taker and done is not None:
                for customer in chosen:
                    self.customers.give(customer, taker)

        now = self.clock.now
        self.clock.at(now + timedelta(minutes=25), partial(sign, giver))
        self.clock.at(now + timedelta(minutes=45), partial(sign, taker))

    # -- regulations ---------------------------------------------------------------------------------------------------

    def regulate(self, last: date) -> None:
        """A second version of R1 half a year ago; waivers, a refusal of one, suspensions; what waits at the end."""
        clock = self.clock
        self.on(last - timedelta(days=188), 10, 5, partial(self.revise, "R1", report_days="1"))
        self.on(last - timedelta(days=183), 9, 20, self.company.approve_all)
        for before, who, decision in ((140, "xu", "approve"), (75, "lu", "refuse"), (33, "zhao", "approve")):
            self.on(last - timedelta(days=before), 8, 36, partial(self.ask_waiver, who))
            comment = "" if decision == "approve" else "请按期提交"
            self.on(
                last - timedelta(days=before),
                16,
                10,
                partial(self.decide_waivers, decision, comment),
            )
        self.on(last - timedelta(days=60), 8, 37, partial(self.suspend, resume_after=9))
        self.on(last - timedelta(days=6), 8, 38, partial(self.suspend, resume_after=0))
        yesterday = max(d for d in clock.working_days if d < last)
        self.on(yesterday, 15, 40, partial(self.revise, "R5", card_fresh="3"))
        self.on(yesterday, 8, 39, partial(self.ask_waiver, "xu"))
        self.on(yesterday, 8, 44, partial(self.ask_waiver, "he"))

    def on(self, day: date, hour: int, minute: int, event: Any) -> None:
        """At an hour of the first working day on or after a day; left out before the visits began."""
        if day > self.clock.day() + timedelta(days=20):
            self.clock.at(self.clock.local(self.clock.working_day(day), hour, minute), event)

    def revise(self, code: str, **values: str) -> None:
        self.company.submit(code, **values)

    def ask_waiver(self, who: str) -> None:
        """To be released from the oldest report or promise owed."""
        self.clock.settle()
        owed = Obligation.objects.filter(
            owner=str(self.company[who].pk), closed_at=None, control__in=("visit-report", "promise-kept")
        )
        asked = set(Approval.objects.filter(kind="waiver").values_list("content__obligation", flat=True))
        found = next((o for o in owed.order_by("-due_at") if o.pk not in asked), None)
        if found is not None:
            self.clock.do(
                self.company[who],
                "obligations.ask_waiver",
                obligation=found.pk,
                reason="客户停产整改，相关资料暂时无法取得",
            )

    def decide_waivers(self, decision: str, comment: str) -> None:
        for approval in Approval.objects.filter(kind="waiver", state="waiting").order_by("pk"):
            self.clock.do(
                self.company["wang"],
                "approvals.decide",
                approval=approval.pk,
                decision=decision,
                content_hash=approval.content_hash,
                comment=comment,
            )

    def suspend(self, resume_after: int) -> None:
        """A promise stands still while the customer moves house."""
        self.clock.settle()
        live = Obligation.objects.filter(closed_at=None, control="promise-kept", state="open")
        found = live.filter(due_at__gt=self.clock.now).order_by("-due_at", "id").first()
        if found is None:
            return
        self.clock.do(
            self.company["wang"],
            "obligations.suspend",
            obligation=found.pk,
            reason="客户搬迁停产，双方同意暂缓",
        )
        if resume_after:
            day = self.clock.working_day(self.clock.day() + timedelta(days=resume_after))
            self.clock.at(self.clock.local(day, 8, 41), partial(self.resume, found.pk))

    def resume(self, obligation: str) -> None:
        """Unless the promise was kept meanwhile."""
        self.clock.settle()
        if Obligation.objects.filter(pk=obligation, state="suspended").exists():
            self.clock.do(
                self.company["wang"], "obligations.resume", obligation=obligation, reason="客户恢复生产"
            )

    # -- the last day --------------------------------------------------------------------------------------------------

    def fill_today(self, last: date) -> None:
        """Whatever day it is, everybody on the road has visits today and tomorrow."""
        for day, wanted in ((last, 3), (last + timedelta(days=1), 2)):
            before = max(d for d in self.clock.working_days if d < last)
            for who in HABITS:
                extra = 1 if who == "lin" else 0
                self.on(before, 16, 45, partial(self.visits.fill, who, day, wanted + extra))
