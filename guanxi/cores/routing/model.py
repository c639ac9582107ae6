"""The problem of visit planning as plain data: who visits, who is visited, how one travels, what is wanted.

Conventions, here and in plans and JSON: days are numbered from 1 (the period's first), weekdays are ISO (1 = Monday),
times of day are minutes after midnight, durations are minutes, distances are metres (or the unit of the coordinates),
costs have the unit that the modes' costs have. Nothing here judges: `faults.py` finds what is malformed,
`feasibility.py` what cannot be done. The problem is the periodic vehicle routing problem with time windows (Cordeau,
Gendreau, Laporte 1997; Vidal et al. 2013) in the form that a field team has it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

MINUTES_A_DAY = 1440.0

# Minutes and metres from one position to another: (from xy, to xy) -> (minutes, metres); arrays [k, 2] -> [k], [k].
TravelFunction = Callable[
    [NDArray[np.float64], NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]
]


@dataclass(frozen=True, slots=True)
class Period:
    """The days planned for: `days` of them; the first is `first`, or, without a date, the weekday `first_weekday`."""

    days: int
    first: date | None = None
    first_weekday: int = 1

    def weekday(self, day: int) -> int:
        """ISO weekday of a day of the period (or before or after it)."""
        first = self.first.isoweekday() if self.first else self.first_weekday
        return (first - 1 + day - 1) % 7 + 1

    def date(self, day: int) -> date | None:
        """The calendar's date of a day, where the period has dates."""
        return self.first + timedelta(days=day - 1) if self.first else None

    def week(self, day: int) -> int:
        """Which calendar week of the period the day is in, from 1; weeks begin on Mondays."""
        return (self.weekday(1) - 1 + day - 1) // 7 + 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is or starts: `x`, `y` in metres, or longitude and latitude in degrees (`Travel.coordinates`).

    Both are None where travel comes from matrices and nobody knows the position. `district` names a `District`.
    """

    id: str
    x: float | None = None
    y: float | None = None
    district: str | None = None


@dataclass(frozen=True, slots=True)
class Workday:
    """One day of one person: on duty from leaving `start` (not before `earliest`) to reaching `end` (by `latest`).

    `start` and `end` are ids of places; a night away is a day that ends where the next begins. `most_minutes` bounds
    the time on duty (travel, visits, waiting), `most_stops` the visits, `capacity` the load.
    `latest` is infinite where the day has no end of its own.
    """

    day: int
    start: str
    end: str
    mode: str
    earliest: float = 0.0
    latest: float = MINUTES_A_DAY
    most_minutes: float | None = None
    most_stops: int | None = None
    capacity: float | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who visits (or a vehicle), on the days in `workdays` only: absent is a day that is not there.

    `most_minutes` bounds the time on duty in the whole period. `territory`: ids of the customers that are theirs; nobody
    else visits these. With `only_own` they visit no other.
    """

    id: str
    workdays: tuple[Workday, ...]
    skills: frozenset[str] = frozenset()
    territory: frozenset[str] = frozenset()
    only_own: bool = False
    most_minutes: float | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """A visit may begin from `earliest` to `latest`, on one weekday or, where `weekday` is None, on every day."""

    earliest: float
    latest: float
    weekday: int | None = None


@dataclass(frozen=True, slots=True)
class FixedVisit:
    """A visit that is agreed: its day, perhaps when it begins, perhaps by whom."""

    day: int
    start: float | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """Who is visited: `visits` times in the period, `minutes` each.

    On which days: one of `patterns` (sets of days; `visits` is then the size of the largest), or, where there are none,
    any days with at least `least_days_between` and at most `most_days_between` from one visit to the next (1 = the next day);
    `last_visit` is the day of the visit before the period (0 = the day before it, -6 = a week before day 1), and
    the first visit keeps the distance to it. `weekdays` allow (None: all), `no_go_days` forbid. At most one visit a day.

    When: within one of the `windows` that hold on that weekday; a weekday that no window names is closed where any
    window is given. `load` is carried to each visit. Higher `priority` first: no visit is given up for one of a
    lower priority. `skills` the visitor must have all of. `required_person` is a rule, `preferred_person` a wish.
    `fixed` visits count among `visits` and stay, whatever the patterns, distances and no-go days say.
    """

    id: str
    place: str
    minutes: float = 0.0
    visits: int = 1
    patterns: tuple[frozenset[int], ...] = ()
    least_days_between: int = 1
    most_days_between: int | None = None
    last_visit: int | None = None
    weekdays: frozenset[int] | None = None
    no_go_days: frozenset[int] = frozenset()
    windows: tuple[Window, ...] = ()
    priority: int = 0
    load: float = 0.0
    skills: frozenset[str] = frozenset()
    required_person: str | None = None
    preferred_person: str | None = None
    fixed: tuple[FixedVisit, ...] = ()
    name: str = ""


@dataclass(frozen=True, eq=False)
class Matrix:
    """Minutes and metres between all places, [places, places] float64 in the order of `Problem.places`; from row to
    column, asymmetric where it is so; infinite where there is no way. A way over a third place counts as a way too: bounds
    take it that none is shorter than the table says (the triangle inequality)."""

    minutes: NDArray[np.float64]
    metres: NDArray[np.float64]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Matrix):
            return NotImplemented
        return np.array_equal(self.minutes, other.minutes) and np.array_equal(self.metres, other.metres)

    def __hash__(self) -> int:
        return hash((self.minutes.shape, self.metres.shape))


@dataclass(frozen=True, slots=True)
class Mode:
    """A way of travelling. Without a `matrix` (or `Travel.function`) minutes are the metres of the straight line times
    `detour` at `metres_per_minute`, and `minutes_a_trip` (parking, waiting for a bus) for each trip to another place.
    `cost_a_day` is paid for each person and day with visits.
    """

    id: str
    metres_per_minute: float = 500.0
    detour: float = 1.0
    minutes_a_trip: float = 0.0
    cost_per_minute: float = 1.0
    cost_per_metre: float = 0.0
    cost_a_day: float = 0.0
    matrix: Matrix | None = None
    function: TravelFunction | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Barrier:
    """A line of positions (a river, a railway) that the straight way does not cross for free: each trip across it takes
    `minutes` and `metres` more, or, where `closed`, cannot be made. Bridges are gaps between lines. Holds where travel
    is computed from positions; a matrix knows its own barriers."""

    id: str
    line: tuple[tuple[float, float], ...]
    minutes: float = 0.0
    metres: float = 0.0
    closed: bool = False


@dataclass(frozen=True, slots=True)
class District:
    """Places that belong together: all its customers by one person. Where `penalty` is None that is a rule,
    otherwise each further person costs so much. `Goal.same_person` is then not counted for these customers."""

    id: str
    penalty: float | None = None


Coordinates = Literal["plane", "lonlat"]


@dataclass(frozen=True, slots=True)
class Travel:
    """How one travels: `plane` positions in metres, or `lonlat` in degrees (WGS-84, longitude first), which are taken
    to a plane around the middle of all places (equirectangular: within 0.1 % over 300 km); distance is Euclid's."""

    modes: tuple[Mode, ...]
    coordinates: Coordinates = "plane"
    barriers: tuple[Barrier, ...] = ()


@dataclass(frozen=True, slots=True)
class Goal:
    """What is wanted. Due visits come first by priority and rules always hold, unless `by_weight`: then a visit
    not made costs `unplanned` times 2 to the power of its priority and may be given up for what it would cost.

    Then the sum of: travel (the modes' costs); `minute_on_duty` for each minute from leaving to coming back; `balance`
    times the sum over all people of (minutes on duty in the period)^2 / (minutes they have); `same_weekday` for each
    weekday more than the customer's visits need; `same_person` for each person more than one at a customer;
    `preferred_person` for each visit by another than the one preferred; districts' penalties; and against the plan
    before, where there is one, `change` for each visit on a day that had none of this customer and for each by a person
    who had none of this customer's (these visits are *moved*), of which at most `most_changes` may be (None: any number).
    """

    by_weight: bool = False
    unplanned: float = 1000.0
    minute_on_duty: float = 0.0
    balance: float = 0.0
    same_weekday: float = 0.0
    same_person: float = 0.0
    preferred_person: float = 0.0
    change: float = 0.0
    most_changes: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """All of it. `places` give the order of the matrices' rows."""

    period: Period
    places: tuple[Place, ...]
    people: tuple[Person, ...]
    customers: tuple[Customer, ...]
    travel: Travel
    districts: tuple[District, ...] = ()
    goal: Goal = Goal()
