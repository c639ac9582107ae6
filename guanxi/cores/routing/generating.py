"""Problems made up from a seed, for tests and benchmarks. The same arguments give the same problem.

- `periodic`: after the public periodic instances: Christofides and Eilon's uniform customers ("uniform"), customers
  gathered around towns as Cordeau, Gendreau, Laporte (1997) made theirs ("clustered"), and regular figures around the
  depot as Chao, Golden, Wasil (1995) drew them ("figures").
- `windows`: one day with time windows after Solomon's (1987) classes C, R and RC.
- `month`: a field team's four weeks: towns, people with homes, grades of customers, opening hours.
- `mixed`: small problems in which every feature of the model occurs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from guanxi.cores.routing import cordeau
from guanxi.cores.routing.model import (
    Barrier,
    Customer,
    District,
    FixedVisit,
    Goal,
    Matrix,
    Mode,
    Period,
    Person,
    Place,
    Problem,
    Travel,
    Window,
    Workday,
)

Floats = NDArray[np.float64]
Figure = Literal["uniform", "clustered", "figures"]
SolomonClass = Literal["C1", "R1", "RC1", "C2", "R2", "RC2"]


def spread_patterns(days: int, visits: int, most: int = 12) -> tuple[frozenset[int], ...]:
    """Sets of `visits` days, evenly spread around the (repeating) period; at most so many of them."""
    gap = days // visits
    found = []
    for first in range(1, gap + 1 if visits > 1 else days + 1):
        for rest in combinations(range(first + 1, days + 1), visits - 1):
            chosen = (first, *rest)
            gaps = [(chosen[(i + 1) % visits] - day) % days or days for i, day in enumerate(chosen)]
            if min(gaps) >= gap:
                found.append(frozenset(chosen))
            if len(found) > 2000:
                break
    step = max(1, math.ceil(len(found) / most)) if visits > 1 else 1
    return tuple(found[::step])


def periodic(
    seed: int, customers: int = 100, days: int = 5, figure: Figure = "uniform", slack: float = 1.12
) -> Problem:
    """A problem in Cordeau's format. `slack`: capacity and time there are, over what is needed at least."""
    rng = np.random.default_rng([seed, customers, days, len(figure)])
    side = 70.0 if figure == "uniform" else 100.0
    depot = np.array([side / 2, side / 2]) + (rng.uniform(-10, 10, 2) if figure != "figures" else 0)
    xy = _positions(rng, customers, figure, side, depot)
    frequencies = [f for f in (1, 2, 3, days) if f <= days]
    weights = np.array([0.5, 0.3, 0.15, 0.05])[: len(frequencies)]
    visits = rng.choice(frequencies, customers, p=weights / weights.sum())
    if figure == "clustered":
        load, minutes = rng.integers(1, 26, customers), rng.integers(1, 26, customers)
    else:
        load, minutes = np.clip(rng.gamma(2.5, 7, customers).astype(int) + 1, 1, 60), np.zeros(customers, int)
    capacity = int(rng.choice([120, 160, 200]))
    work = float((visits * load).sum()) / capacity
    longest = 0
    if figure == "clustered":  # an estimate of the tours' length: Daganzo's (1984) for distant depots
        longest = 500
        stops = visits.sum() / days
        around = 0.75 * math.sqrt(stops * side * side)
        out = 2 * float(np.hypot(*(xy - depot).T).mean())
        work = max(work, float((visits * minutes).sum() + days * around) / (longest - out))
    vehicles = max(1, math.ceil(slack * work / days))
    nodes = [
        cordeau.Node(
            str(i + 1),
            float(xy[i, 0]),
            float(xy[i, 1]),
            float(minutes[i]),
            float(load[i]),
            spread_patterns(days, int(visits[i])),
        )
        for i in range(customers)
    ]
    return cordeau.problem(vehicles, [(longest, capacity)] * days, (float(depot[0]), float(depot[1])), nodes)


def _positions(rng: np.random.Generator, n: int, figure: Figure, side: float, depot: Floats) -> Floats:
    if figure == "uniform":
        return rng.integers(0, int(side) + 1, (n, 2)).astype(float)
    if figure == "figures":  # rays of equal angles and growing rings
        rays = int(rng.integers(4, 13))
        ring = np.arange(n) // rays + 1
        angle = 2 * np.pi * (np.arange(n) % rays) / rays + 0.1 * (rng.integers(0, 2) * ring)
        return depot + (side / 2 / ring.max() * ring)[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    seeds = rng.uniform(0, side, (max(2, n // 25), 2))
    found: list[Floats] = []
    while len(found) < n:  # accepted with a likelihood that falls with the distance from the nearest seed
        at = rng.uniform(0, side, 2)
        if rng.uniform() < math.exp(-0.12 * float(np.hypot(*(seeds - at).T).min())):
            found.append(np.round(at, 3))
    return np.array(found)


def _place(id: str, at: Floats) -> Place:
    return Place(id, float(at[0]), float(at[1]))


def windows(seed: int, customers: int = 100, kind: SolomonClass = "R1", share: float = 0.75) -> Problem:
    """One day with windows. `share` of the customers has one; class 1 has short days and small vehicles, class 2
    long days and large ones. Side and day grow with the root of the customers, from Solomon's at 100."""
    rng = np.random.default_rng([seed, customers, sum(map(ord, kind))])
    scale = math.sqrt(customers / 100)
    side, service = 100 * scale, 90.0 if kind[0] == "C" else 10.0
    day = {"C1": 1236, "R1": 230, "RC1": 240, "C2": 3390, "R2": 1000, "RC2": 960}[kind] * scale
    capacity = 200 if kind.endswith("1") else 1000 if kind != "C2" else 700
    gathered = {"C": customers, "R": 0, "RC": customers // 2}[kind[:-1]]
    towns = rng.uniform(0.05 * side, 0.95 * side, (max(1, customers // 10), 2))
    xy = rng.uniform(0, side, (customers, 2))
    xy[:gathered] = towns[rng.integers(0, len(towns), gathered)] + rng.normal(0, 3, (gathered, 2))
    xy = np.clip(np.round(xy, 2), 0, side)
    depot = (round(side * 0.4, 2), round(side / 2, 2))
    away = np.hypot(*(xy - depot).T)
    half = rng.normal(
        {"C": 60, "R": 20, "RC": 20}[kind[:-1]] * (1 if kind.endswith("1") else 3), 5, customers
    )
    middle = rng.uniform(away, np.maximum(away, day - away - service))
    early = np.maximum(0, np.where(rng.uniform(size=customers) < share, middle - np.abs(half), 0))
    late = np.where(early > 0, middle + np.abs(half), day)
    late = np.maximum(np.minimum(late, day - away - service), away)
    load = 10 * rng.integers(1, 5, customers)
    workday = Workday(1, "depot", "depot", "vehicle", latest=float(day), capacity=float(capacity))
    return Problem(
        period=Period(1),
        places=(Place("depot", *depot), *(_place(str(i + 1), xy[i]) for i in range(customers))),
        people=tuple(Person(str(v + 1), (workday,)) for v in range(max(3, customers // 4))),
        customers=tuple(
            Customer(
                str(i + 1),
                str(i + 1),
                minutes=service,
                load=float(load[i]),
                windows=(Window(float(min(early[i], late[i])), float(late[i])),),
            )
            for i in range(customers)
        ),
        travel=Travel((Mode("vehicle", metres_per_minute=1.0, cost_per_minute=0.0, cost_per_metre=1.0),)),
    )


def month(
    seed: int,
    customers: int = 500,
    people: int = 3,
    weeks: int = 4,
    occupied: float = 0.6,
    hours: float = 0.4,
) -> Problem:
    """A field team's weeks in a region of towns, metres and minutes, 08:30 to 17:30 from home to home by car.

    Customers of grade A are visited weekly, B every second week, C once; their visits take `occupied` of the working time,
    and `hours` of them (as a share) have opening hours with a pause at noon, some a weekday on which they are closed.
    Each is preferably visited by the person who lives nearest.
    """
    rng = np.random.default_rng([seed, customers, people, weeks])
    side = 9_000 * math.sqrt(people)
    towns = max(1, people)
    centre = rng.uniform(0, side, (towns, 2))
    size = 1 / np.arange(1, towns + 1) ** 0.6
    town = rng.choice(towns, customers, p=size / size.sum())
    xy = np.round(
        centre[town] + rng.normal(0, side / 25, (customers, 2)) * rng.uniform(0.3, 1.6, (customers, 1))
    )
    home = np.round(centre[rng.choice(towns, people, p=size / size.sum())] + rng.normal(0, 1500, (people, 2)))
    days = [7 * week + day for week in range(weeks) for day in range(1, 6)]
    grade = rng.choice(3, customers, p=[0.07, 0.18, 0.75])  # A, B, C
    visits = np.array([weeks, max(1, weeks // 2), 1])[grade]
    minutes = rng.choice([10, 15, 20, 30, 45], customers, p=[0.15, 0.35, 0.3, 0.15, 0.05]).astype(float)
    minutes *= occupied * people * len(days) * 480 / float((visits * minutes).sum())
    minutes = np.maximum(2, np.round(minutes))
    nearest = np.array([int(np.hypot(*(home - at).T).argmin()) for at in xy])

    def open_at(i: int) -> tuple[Window, ...]:
        if rng.uniform() > hours:
            return ()
        closed = int(rng.integers(1, 6)) if rng.uniform() < 0.3 else 0
        morning = Window(510 + 30.0 * int(rng.integers(0, 3)), 720 - minutes[i])
        after = Window(810, 1050 - minutes[i])
        return tuple(
            Window(w.earliest, float(w.latest), weekday)
            for weekday in range(1, 6)
            if weekday != closed
            for w in (morning, after)
            if w.latest >= w.earliest
        )

    return Problem(
        period=Period(7 * weeks),
        places=(
            *(_place(f"home {p + 1}", home[p]) for p in range(people)),
            *(_place(f"c{i + 1}", xy[i]) for i in range(customers)),
        ),
        people=tuple(
            Person(
                f"p{p + 1}",
                tuple(Workday(d, f"home {p + 1}", f"home {p + 1}", "car", 510, 1050) for d in days),
            )
            for p in range(people)
        ),
        customers=tuple(
            Customer(
                f"c{i + 1}",
                f"c{i + 1}",
                minutes=float(minutes[i]),
                visits=int(visits[i]),
                least_days_between=max(1, 7 * weeks // int(visits[i]) - 3) if visits[i] > 1 else 1,
                most_days_between=7 * weeks // int(visits[i]) + 3 if visits[i] > 1 else None,
                windows=open_at(i),
                priority=2 - int(grade[i]),
                preferred_person=f"p{nearest[i] + 1}",
            )
            for i in range(customers)
        ),
        travel=Travel((Mode("car", metres_per_minute=500, detour=1.3, minutes_a_trip=2),)),
        goal=Goal(preferred_person=3.0, same_weekday=2.0, same_person=5.0),
    )


def mixed(seed: int, customers: int = 12, people: int = 2, days: int = 5) -> Problem:
    """A small problem in which any feature of the model may occur; some of its visits may be impossible."""
    rng = np.random.default_rng([seed, customers, people, days])

    def likely(p: float) -> bool:
        return bool(rng.uniform() < p)

    def some(items: Sequence[str], p: float) -> frozenset[str]:
        return frozenset(item for item in items if likely(p))

    skills, who = ("care", "repair"), [f"p{p + 1}" for p in range(people)]
    xy = np.round(rng.uniform(0, 20_000, (customers + people + 1, 2)))
    names = ["office", *(f"home {p}" for p in who), *(f"c{i + 1}" for i in range(customers))]
    districts = ("north", "south") if likely(0.4) else ()
    places = tuple(
        Place(name, float(x), float(y), str(rng.choice(districts)) if districts and name[0] == "c" else None)
        for name, (x, y) in zip(names, xy, strict=True)
    )
    straight = np.hypot(xy[:, None, 0] - xy[None, :, 0], xy[:, None, 1] - xy[None, :, 1])
    metres = np.round(straight * rng.uniform(1, 1.4, straight.shape))
    np.fill_diagonal(metres, 0)
    matrix = Matrix(np.round(metres / 400, 2), metres) if likely(0.4) else None
    modes = (
        Mode("car", 500, 1.3, 2, 1.0, 0.0005, 5.0 if likely(0.3) else 0.0, matrix),
        Mode("bicycle", 250, 1.1, 0, 1.0),
    )

    def workdays(person: str) -> tuple[Workday, ...]:
        mode = "car" if likely(0.7) else "bicycle"
        found, away = [], False
        for day in range(1, days + 1):
            if likely(0.12):
                away = False
                continue  # absent
            start = "office" if away else f"home {person}"
            away = likely(0.1) and day < days  # the office has a bed
            end = "office" if away else f"home {person}"
            half = likely(0.15)
            found.append(
                Workday(
                    day,
                    start,
                    end,
                    mode,
                    earliest=480.0,
                    latest=720.0 if half else 1080.0,
                    most_minutes=450.0 if likely(0.3) else None,
                    most_stops=int(rng.integers(2, 8)) if likely(0.2) else None,
                    capacity=float(rng.integers(20, 60)) if likely(0.4) else None,
                )
            )
        return tuple(found)

    def customer(i: int) -> Customer:
        visits = int(rng.choice([1, 1, 1, 2, 3]))
        patterns: tuple[frozenset[int], ...] = ()
        least, most = 1, None
        if visits > 1 and days >= visits:
            if likely(0.5):
                patterns = spread_patterns(days, visits, 6)
            else:
                least, most = 1 + int(likely(0.5)), int(rng.integers(2, 5)) if likely(0.4) else None
        opens: tuple[Window, ...] = ()
        if likely(0.4):
            middle = float(rng.integers(540, 780))
            opens = (Window(480, middle), Window(middle + 60, middle + 180))
            if likely(0.4):
                opens = tuple(
                    Window(w.earliest, w.latest, d) for w in opens for d in range(1, 8) if likely(0.8)
                )
        fixed: tuple[FixedVisit, ...] = ()
        if likely(0.1):
            start = float(rng.integers(540, 900)) if likely(0.5) else None
            fixed = (FixedVisit(int(rng.integers(1, days + 1)), start, who[0] if likely(0.5) else None),)
        return Customer(
            f"c{i + 1}",
            f"c{i + 1}",
            minutes=float(rng.integers(5, 60)),
            visits=visits,
            patterns=patterns,
            least_days_between=least,
            most_days_between=most,
            last_visit=-int(rng.integers(0, 4)) if likely(0.15) else None,
            weekdays=frozenset(int(d) for d in range(1, 8) if likely(0.8)) if likely(0.2) else None,
            no_go_days=frozenset(int(d) for d in range(1, days + 1) if likely(0.2))
            if likely(0.2)
            else frozenset(),
            windows=opens,
            priority=int(rng.integers(0, 3)),
            load=float(rng.integers(0, 12)),
            skills=some(skills, 0.15),
            required_person=str(rng.choice(who)) if likely(0.1) else None,
            preferred_person=str(rng.choice(who)) if likely(0.3) else None,
            fixed=fixed,
        )

    owners = rng.integers(0, people + 2, customers)  # the last two: nobody's
    return Problem(
        period=Period(days, first_weekday=int(rng.integers(1, 8))),
        places=places,
        people=tuple(
            Person(
                person,
                workdays(person),
                skills=some(skills, 0.7),
                territory=frozenset(f"c{i + 1}" for i in np.flatnonzero(owners == p))
                if seed % 3 == 0
                else frozenset(),
                only_own=seed % 3 == 0 and likely(0.2),
                most_minutes=400.0 * days if likely(0.3) else None,
            )
            for p, person in enumerate(who)
        ),
        customers=tuple(customer(i) for i in range(customers)),
        travel=Travel(
            modes,
            barriers=(
                Barrier("river", ((0.0, 9000.0), (12_000.0, 11_000.0)), 15, 4000, closed=likely(0.2)),
                Barrier("river", ((13_000.0, 11_000.0), (20_000.0, 9000.0)), 15, 4000),
            )
            if likely(0.3)
            else (),
        ),
        districts=tuple(District(d, None if likely(0.3) else 20.0) for d in districts),
        goal=Goal(
            by_weight=likely(0.2),
            minute_on_duty=0.2 if likely(0.3) else 0.0,
            balance=1.0 if likely(0.3) else 0.0,
            same_weekday=2.0 if likely(0.5) else 0.0,
            same_person=5.0 if likely(0.5) else 0.0,
            preferred_person=4.0 if likely(0.5) else 0.0,
            change=3.0 if likely(0.5) else 0.0,
        ),
    )
