"""What a plan is: who goes where when, what could not be planned and why, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from guanxi.cores.routing.saying import Said


@dataclass(frozen=True, slots=True)
class Stop:
    """A visit: arrive, wait until `start`, leave after the customer's minutes. All are minutes after midnight."""

    customer: str
    arrival: float
    start: float
    leave: float


@dataclass(frozen=True, slots=True)
class Route:
    """One person's day: leaves `start` (a place) at `depart`, makes the stops in order, is at `end` at `back`."""

    day: int
    person: str
    mode: str
    start: str
    end: str
    depart: float
    back: float
    stops: tuple[Stop, ...]
    travel_minutes: float
    metres: float

    @property
    def minutes(self) -> float:
        """Time on duty: travel, visits and waiting."""
        return self.back - self.depart


# Which limit stands in the way of a visit.
Limit = Literal[
    "person", "days", "pattern", "between", "weekday", "no_go", "window", "hours", "duration", "stops",
    "capacity", "skill", "period", "island", "district", "fixed", "territory", "changes", "cost", "search",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a visit could not be planned: the limit that was missed by least, and by how much.

    `by` has the unit that `unit` names: minutes, load, visits, days, people, skills, cost; it is infinite where no way leads.
    `sentence` says it in English, `sentence_zh` in Chinese; `day` and `person` are those with whom it came closest.
    """

    limit: Limit
    by: float
    unit: str
    sentence: str
    day: int | None = None
    person: str | None = None
    sentence_zh: str = ""

    @classmethod
    def of(
        cls, limit: Limit, by: float, unit: str, said: Said, day: int | None = None, person: str | None = None
    ) -> Reason:
        """With its sentence in both languages."""
        return cls(limit, by, unit, said.en, day, person, said.zh)


CureKind = Literal["minutes", "day", "person", "frequency", "skill", "capacity", "window"]


@dataclass(frozen=True, slots=True)
class Cure:
    """What would make room for the visit: so many minutes more, another day, another person, fewer visits. `sentence`
    says it in English, `sentence_zh` in Chinese. `cost` is what the plan would then cost more; every cure has been tried
    on the plan it stands in."""

    kind: CureKind
    amount: float
    sentence: str
    day: int | None = None
    person: str | None = None
    cost: float = 0.0
    sentence_zh: str = ""

    @classmethod
    def of(
        cls,
        kind: CureKind,
        amount: float,
        said: Said,
        day: int | None = None,
        person: str | None = None,
        cost: float = 0.0,
    ) -> Cure:
        """With its sentence in both languages."""
        return cls(kind, amount, said.en, day, person, cost, said.zh)


@dataclass(frozen=True, slots=True)
class Unplanned:
    """`visits` of a customer that are not in the plan, why not, and the cheapest cure first."""

    customer: str
    visits: int
    reason: Reason
    cures: tuple[Cure, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """A visit that is on a day, or by a person, that the customer did not have in the plan before (see `Goal.change`); the
    `from_` are what it replaces, None where nothing."""

    customer: str
    from_day: int | None
    from_person: str | None
    to_day: int | None
    to_person: str | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What the plan costs, part by part (`model.Goal` has the formulas), and what it consists of."""

    travel_cost: float = 0.0
    duty_cost: float = 0.0
    balance_cost: float = 0.0
    same_weekday_cost: float = 0.0
    same_person_cost: float = 0.0
    preferred_person_cost: float = 0.0
    district_cost: float = 0.0
    change_cost: float = 0.0
    unplanned_cost: float = 0.0
    visits: int = 0
    unplanned_visits: int = 0
    moved_visits: int = 0
    travel_minutes: float = 0.0
    metres: float = 0.0
    duty_minutes: float = 0.0

    @property
    def cost(self) -> float:
        """All costs together, without what was given up."""
        return (
            self.travel_cost
            + self.duty_cost
            + self.balance_cost
            + self.same_weekday_cost
            + self.same_person_cost
            + self.preferred_person_cost
            + self.district_cost
            + self.change_cost
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """Routes that have stops, sorted by day and person as the problem lists them; what is missing; the figures.

    What was known before the search: `days_needed` at least of `days_there` (all people's working days), and sentences on
    what is too little (`shortages`; `shortages_zh` in Chinese), so that visits must stay unplanned."""

    routes: tuple[Route, ...]
    unplanned: tuple[Unplanned, ...] = ()
    moved: tuple[Moved, ...] = ()
    figures: Figures = Figures()
    days_needed: int | None = None
    days_there: int | None = None
    shortages: tuple[str, ...] = ()
    shortages_zh: tuple[str, ...] = ()
