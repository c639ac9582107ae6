"""The demo company itself: calendar, departments, people, settings, registers, and the regulations in force."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from random import Random
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import get_hasher
from django.utils.crypto import salted_hmac

from guanxi.platform.approvals.models import Approval
from guanxi.platform.journal.stage import Journal
from guanxi.platform.people.models import Department, Person
from guanxi.platform.regulations import packs
from guanxi.platform.regulations.models import Version

from . import texts
from .clockwork import Clockwork, colleague
from .people import COMPANY, DEPARTMENTS, STAFF, TEAMS

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def demo_password() -> str:
    """The password of all demo people: drawn from the data folder's own key, so that it differs from folder to folder
    and stands nowhere in clear. 12 letters of 31: about 59 bits."""
    made = int.from_bytes(
        salted_hmac("guanxi.demo.password", "", secret=settings.SECRET_KEY, algorithm="sha256").digest()
    )
    letters = []
    for _ in range(12):
        made, place = divmod(made, len(_LETTERS))
        letters.append(_LETTERS[place])
    return "".join(letters)


FIRST_VALUES = {"R1": {"report_days": "2"}}
"""What the first versions had otherwise than as shipped: reports were due after two working days."""


class Company:
    """The people by sign-in name, and what is done on the first day."""

    def __init__(self, clock: Clockwork, draw: Random) -> None:
        self.clock, self.draw = clock, draw
        self.people: dict[str, Person] = {}
        self.products: list[int] = []
        self.gifts: list[int] = []
        self.competitors: list[int] = []

    def __getitem__(self, username: str) -> Person:
        return self.people[username]

    def open_books(self, more_staff: int = 0) -> None:
        """The first hour, in one transaction. more_staff: nameless people on the road, for a large company."""
        with Journal().writing():
            self.found()
            for number in range(1, more_staff + 1):
                city = list(TEAMS)[number % len(TEAMS)]
                username = f"field{number:03d}"
                self.clock.do(
                    self["wu"],
                    "people.add",
                    username=username,
                    name=f"专员{number:03d}",
                    department=Department.objects.get(name=TEAMS[city]).pk,
                    roles=["relationship_specialist"],
                    one_time_password=False,
                )
                self.people[username] = colleague(username)

    @staticmethod
    def city_of(person: Person) -> str:
        """The city of somebody in one of the service teams."""
        place = person.department.name if person.department else ""
        return next(city for city, team in TEAMS.items() if team == place)

    def found(self) -> None:
        """Company, administrator, general manager; then the departments and everybody else by the administrator."""
        clock, first, chief = self.clock, STAFF[0], STAFF[1]
        password = demo_password()
        clock.system(
            "people.first_administrator",
            company=COMPANY,
            username=first.username,
            name=first.name,
            password=password,
            manager_username=chief.username,
            manager_name=chief.name,
        )
        clock.system("people.change_setting", key="demo", value="on")
        wu = colleague(first.username)
        root = Department.objects.get()
        places = {"": root.pk}
        for name, above, code in DEPARTMENTS:
            places[name] = clock.do(
                wu, "people.add_department", name=name, parent=places[above], code=code
            ).pk
        for one in STAFF:
            details: dict[str, Any] = {
                "username": one.username,
                "name": one.name,
                "post": one.post,
                "email": f"{one.username}@hengxin.example.com",
                "phone": f"0571-8000{1001 + STAFF.index(one):04d}",
            }
            if one in (first, chief):
                person = colleague(one.username)
                clock.do(wu, "people.update", person=person.pk, **details)
                if one is first:
                    clock.do(
                        wu, "people.move", person=person.pk, department=places[one.department], post=one.post
                    )
                continue
            clock.do(
                wu,
                "people.add",
                department=places[one.department],
                roles=list(one.roles),
                one_time_password=False,
                **details,
            )
        self._give_passwords(password)
        for one in STAFF:
            self.people[one.username] = colleague(one.username)
        parents = {name: parent for name, parent, _ in DEPARTMENTS}
        for one in STAFF:
            if one.heads:
                clock.do(
                    self["wu"],
                    "people.change_department",
                    department=places[one.heads],
                    name=one.heads,
                    parent=places[parents[one.heads]],
                    head=self[one.username].pk,
                    code=next(code for name, _, code in DEPARTMENTS if name == one.heads),
                )
        clock.do(self["wu"], "people.change_setting", key="company.record_position", value="on")

    @staticmethod
    def _give_passwords(password: str) -> None:
        """One hash for all. The password is random, so a quick hash is as good as a slow one; making each person choose
        one would take half a minute of hashing."""
        hasher: Any = get_hasher()
        quick = {"iterations": 10_000} if hasattr(hasher, "iterations") else {}
        Person.objects.update(
            password=hasher.encode(password, hasher.salt(), **quick),
            must_change_password=False,
            one_time_until=None,
        )

    # -- regulations ---------------------------------------------------------------------------------------------------

    def submit(self, code: str, *, source: str = "current", **values: str) -> Version | None:
        """wang drafts a version, changes parameters, and submits it."""
        wang = self["wang"]
        version: Version | None = self.clock.do(wang, "regulations.draft", regulation=code, source=source)
        if version is None:
            return None
        for parameter, value in values.items():
            self.clock.do(
                wang, "regulations.set_parameter", version=version.pk, parameter=parameter, value=value
            )
        found: Version | None = self.clock.do(wang, "regulations.submit", version=version.pk)
        return found

    def approve(self, approval_id: int, comment: str = "", decision: str = "approve") -> None:
        """chen decides, with his password."""
        approval = Approval.objects.get(pk=approval_id)
        self.clock.do(
            self["chen"],
            "approvals.decide",
            approval=approval.pk,
            decision=decision,
            content_hash=approval.content_hash,
            comment=comment,
            password=demo_password(),
        )
        self.clock.versions_changed()

    def draft_all(self) -> None:
        """Everything that ships is submitted by wang."""
        for code in packs.shipped():
            self.submit(code, source="shipped", **FIRST_VALUES.get(code, {}))

    def approve_all(self) -> None:
        """What waits of regulations is approved by chen."""
        waiting = Approval.objects.filter(kind="regulation_version", state="waiting").order_by("pk")
        for id in list(waiting.values_list("pk", flat=True)):
            self.approve(id)

    # -- registers -----------------------------------------------------------------------------------------------------

    def fill_registers(self) -> None:
        """Products, the kit and its stock, competitors."""
        clock, wang = self.clock, self["wang"]
        for name, kind, code in texts.PRODUCTS:
            made = clock.do(wang, "products.save", name=name, kind=kind, code=code)
            self.products.append(made.pk)
        for name, kind, unit, value, quantity in texts.STOCK:
            made = clock.do(
                wang, "stock.save", name=name, kind=kind, unit=unit, value=value, low=quantity // 10
            )
            clock.do(wang, "stock.receive", item=made.pk, quantity=quantity)
            if kind == "gift":
                self.gifts.append(made.pk)
        for name, strengths, weaknesses, advantages in texts.RIVALS:
            made = clock.do(
                wang,
                "competitors.save",
                name=name,
                strengths=strengths,
                weaknesses=weaknesses,
                advantages=advantages,
            )
            self.competitors.append(made.pk)

    def announce(self, month: date) -> None:
        """The promotions of a month, entered at the end of the month before."""
        last = date(month.year, month.month, calendar.monthrange(month.year, month.month)[1])
        for title, text, audience in texts.promotions(month.month):
            self.clock.do(
                self["wang"],
                "promotions.save",
                title=title,
                month=f"{month:%Y-%m}",
                starts_on=month,
                ends_on=last,
                text=text,
                audience=audience,
                audience_reason="" if audience == "all" else "只适用于这类客户",
            )

    def plan_months(self, first: date, last: date) -> None:
        """Promotions for every month from `first` to the one after `last`; stock is filled up each quarter."""
        month = date(first.year, first.month, 1)
        while month <= last + timedelta(days=31):
            entered = self.clock.local(self.clock.working_day(month - timedelta(days=5)), 16, 20)
            # A month that runs already is announced before anybody gets visits ready: who has read it has read all of it.
            entered = max(entered, self.clock.local(first, 8, 30))
            self.clock.at(entered, lambda month=month: self.announce(month))  # type: ignore[misc]
            if month.month % 3 == 1 and month > first:
                self.clock.at(self.clock.local(self.clock.working_day(month), 9, 40), self._refill)
            month = (month + timedelta(days=32)).replace(day=1)

    def _refill(self) -> None:
        for item in self.gifts:
            self.clock.do(self["wang"], "stock.receive", item=item, quantity=120, note="季度补货")
