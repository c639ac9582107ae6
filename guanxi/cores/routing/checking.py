"""Whether a plan keeps what its problem demands and costs what it says: recomputed from the two alone.

Independent on purpose: nothing here is shared with the search, its arrays, the travel times or the figures that made the
plan, so that an error in one of them shows as a difference. Plain loops over plain data, to be read beside `model.py`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from guanxi.cores.routing.model import Barrier, Customer, Mode, Person, Problem, Workday
from guanxi.cores.routing.plan import Plan, Route
from guanxi.cores.routing.saying import Said

Rule = Literal[
    "reference", "calendar", "twice", "times", "travel", "hours", "duration", "stops", "capacity", "period",
    "window", "weekday", "no_go", "skill", "person", "territory", "visits", "pattern", "between", "fixed", "district",
    "changes", "figures", "unplanned",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is not kept, or a figure that is not right: where, and by how much (minutes, load, visits, cost).
    Place and sentence in English and, the fields with `_zh`, in Chinese."""

    rule: Rule
    where: str
    amount: float
    sentence: str
    where_zh: str = ""
    sentence_zh: str = ""

    @classmethod
    def of(cls, rule: Rule, where: Said, amount: float, said: Said) -> Finding:
        """With place and sentence in both languages."""
        return cls(rule, where.en, amount, said.en, where.zh, said.zh)

    def in_language(self, language: str) -> str:
        """Place and sentence in `language` ('zh' or 'en')."""
        if language == "zh":
            return f"{self.where_zh}：{self.sentence_zh}"
        return f"{self.where}: {self.sentence}"

    def __str__(self) -> str:
        return self.in_language("en")


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of the plan."""

    customer: str
    day: int
    person: str
    start: float


def check(
    problem: Problem, plan: Plan, old: Plan | None = None, tolerance: float = 1e-4
) -> tuple[Finding, ...]:
    """Everything wrong with the plan, nothing where it is right. `old` is the plan before, for counting changes;
    `tolerance` in minutes (for costs: relative)."""
    return tuple(_Check(problem, plan, old, tolerance).all())


class _Check:
    def __init__(self, problem: Problem, plan: Plan, old: Plan | None, tolerance: float) -> None:
        self.problem, self.plan, self.old, self.tolerance = problem, plan, old, tolerance
        self.people = {person.id: person for person in problem.people}
        self.customers = {customer.id: customer for customer in problem.customers}
        self.modes = {mode.id: mode for mode in problem.travel.modes}
        self.territory = {id: person.id for person in problem.people for id in person.territory}
        self.roads = _Roads(problem)
        self.visits: dict[str, list[Visit]] = {}
        self.cost = dict.fromkeys(("travel_cost", "travel_minutes", "metres", "duty_minutes"), 0.0)
        self.duty: dict[str, float] = {}

    def all(self) -> Iterator[Finding]:
        seen: set[tuple[int, str]] = set()
        for route in self.plan.routes:
            where = Said(f"第 {route.day} 天，{route.person}", f"day {route.day}, {route.person}")
            person = self.people.get(route.person)
            if person is None:
                yield Finding.of(
                    "reference",
                    where,
                    1,
                    Said(f"没有“{route.person}”这个人", f"there is no person '{route.person}'"),
                )
                continue
            if (route.day, route.person) in seen:
                yield Finding.of(
                    "twice", where, 1, Said("此人当天有两条路线", "the person has two routes on this day")
                )
            seen.add((route.day, route.person))
            workday = next((w for w in person.workdays if w.day == route.day), None)
            if workday is None:
                yield Finding.of(
                    "calendar", where, 1, Said("此人当天不工作", "the person does not work on this day")
                )
                continue
            unknown = [stop.customer for stop in route.stops if stop.customer not in self.customers]
            if unknown:
                yield Finding.of(
                    "reference",
                    where,
                    len(unknown),
                    Said(f"没有客户“{unknown[0]}”", f"there is no customer '{unknown[0]}'"),
                )
                continue
            yield from self.route(where, route, person, workday)
        for person in self.problem.people:
            if person.most_minutes is not None:
                yield from self.at_most(
                    "period",
                    Said(person.id, person.id),
                    self.duty.get(person.id, 0.0),
                    person.most_minutes,
                    Said("周期内的分钟", "minutes in the period"),
                )
        for customer in self.problem.customers:
            yield from self.customer(customer, self.visits.get(customer.id, []))
        yield from self.unplanned()
        yield from self.districts()
        yield from self.figures()

    def at_most(self, rule: Rule, where: Said, value: float, limit: float, unit: Said) -> Iterator[Finding]:
        if not value <= limit + self.tolerance:  # also not a number
            yield Finding.of(
                rule,
                where,
                value - limit,
                Said(f"{unit.zh} {value:g}，最多 {limit:g}", f"{value:g} {unit.en}, at most {limit:g}"),
            )

    def same(self, rule: Rule, where: Said, said: float, right: float, what: str) -> Iterator[Finding]:
        if said == right:  # also both infinite
            return
        if not abs(said - right) <= self.tolerance * max(1.0, abs(right) if rule == "figures" else 1.0):
            yield Finding.of(
                rule,
                where,
                said - right,
                Said(f"{what} 是 {said:g}，应为 {right:g}", f"{what} is {said:g}, right is {right:g}"),
            )

    # --- one route ---

    def route(self, where: Said, route: Route, person: Person, workday: Workday) -> Iterator[Finding]:
        for name in ("mode", "start", "end"):
            if getattr(route, name) != getattr(workday, name):
                yield Finding.of(
                    "calendar",
                    where,
                    1,
                    Said(
                        f"{name} 是“{getattr(route, name)}”，应为“{getattr(workday, name)}”",
                        f"{name} is '{getattr(route, name)}', not '{getattr(workday, name)}'",
                    ),
                )
        if not route.stops:
            yield Finding.of("visits", where, 0, Said("路线没有拜访", "the route has no stop"))
        mode = self.modes[workday.mode]
        here, now, load = workday.start, route.depart, 0.0
        minutes_all = metres_all = 0.0
        for number, stop in enumerate(route.stops, 1):
            customer = self.customers[stop.customer]
            at = Said(
                f"{where.zh}，第 {number} 站“{customer.id}”", f"{where.en}, stop {number} '{customer.id}'"
            )
            minutes, metres = self.roads.trip(mode, here, customer.place)
            if math.isinf(minutes) or math.isinf(metres):
                yield Finding.of(
                    "travel",
                    at,
                    math.inf,
                    Said(f"用 {mode.id} 没有从“{here}”来的路", f"there is no way from '{here}' by {mode.id}"),
                )
            yield from self.same("times", at, stop.arrival, now + minutes, "arrival")
            if not stop.start >= stop.arrival - self.tolerance:
                yield Finding.of(
                    "times",
                    at,
                    stop.arrival - stop.start,
                    Said("拜访早于到达", "the visit begins before the arrival"),
                )
            yield from self.same("times", at, stop.leave, stop.start + customer.minutes, "leave")
            minutes_all, metres_all, load = minutes_all + minutes, metres_all + metres, load + customer.load
            here, now = customer.place, stop.leave
            visit = Visit(customer.id, route.day, person.id, stop.start)
            self.visits.setdefault(customer.id, []).append(visit)
            yield from self.visit(at, visit, customer, person)
        minutes, metres = self.roads.trip(mode, here, workday.end)
        if math.isinf(minutes) or math.isinf(metres):
            yield Finding.of(
                "travel",
                where,
                math.inf,
                Said(
                    f"用 {mode.id} 没有从“{here}”到终点的路",
                    f"there is no way from '{here}' to the end by {mode.id}",
                ),
            )
        minutes_all, metres_all = minutes_all + minutes, metres_all + metres
        yield from self.same("times", where, route.back, now + minutes, "back")
        yield from self.same("times", where, route.travel_minutes, minutes_all, "travel_minutes")
        yield from self.same("times", where, route.metres, metres_all, "metres")
        if not route.depart >= workday.earliest - self.tolerance:
            yield Finding.of(
                "hours",
                where,
                workday.earliest - route.depart,
                Said(
                    f"出发时间 {route.depart:g} 早于当天的开始",
                    f"leaves at {route.depart:g}, before the day begins",
                ),
            )
        yield from self.at_most(
            "hours", where, route.back, workday.latest, Said("回来的时间是", "is when the person is back")
        )
        duty = route.back - route.depart
        if workday.most_minutes is not None:
            yield from self.at_most(
                "duration", where, duty, workday.most_minutes, Said("工作分钟", "minutes on duty")
            )
        if workday.most_stops is not None:
            yield from self.at_most(
                "stops", where, len(route.stops), workday.most_stops, Said("拜访次数", "stops")
            )
        if workday.capacity is not None:
            yield from self.at_most("capacity", where, load, workday.capacity, Said("载量", "load"))
        self.duty[person.id] = self.duty.get(person.id, 0.0) + duty
        self.cost["duty_minutes"] += duty
        self.cost["travel_minutes"] += minutes_all
        self.cost["metres"] += metres_all
        self.cost["travel_cost"] += (
            mode.cost_per_minute * minutes_all + mode.cost_per_metre * metres_all + mode.cost_a_day
        )

    def visit(self, at: Said, visit: Visit, customer: Customer, person: Person) -> Iterator[Finding]:
        fixed = next((f for f in customer.fixed if f.day == visit.day), None)
        weekday = self.problem.period.weekday(visit.day)
        if fixed is None:
            if customer.weekdays is not None and weekday not in customer.weekdays:
                yield Finding.of("weekday", at, 1, Said(f"星期 {weekday} 不行", f"not on weekday {weekday}"))
            if visit.day in customer.no_go_days:
                yield Finding.of("no_go", at, 1, Said("这一天不行", "not on this day"))
        if fixed is None or fixed.start is None:
            windows = [w for w in customer.windows if w.weekday is None or w.weekday == weekday]
            open_at_all = any(w.latest >= w.earliest for w in windows)
            if customer.windows and not (fixed is not None and not open_at_all):
                off = min(
                    (
                        max(w.earliest - visit.start, visit.start - w.latest)
                        for w in windows
                        if w.latest >= w.earliest
                    ),
                    default=math.inf,
                )
                if not off <= self.tolerance:
                    yield Finding.of(
                        "window",
                        at,
                        off,
                        Said(
                            f"开始于 {visit.start:g}，在时间窗外 {off:g} 分钟",
                            f"begins at {visit.start:g}, {off:g} minutes outside its hours",
                        ),
                    )
        missing = customer.skills - person.skills
        if missing:
            yield Finding.of(
                "skill",
                at,
                len(missing),
                Said(
                    f"{person.id} 缺少技能 {'、'.join(sorted(missing))}",
                    f"{person.id} lacks {', '.join(sorted(missing))}",
                ),
            )
        if customer.required_person not in (None, person.id):
            yield Finding.of(
                "person",
                at,
                1,
                Said(
                    f"只有 {customer.required_person} 可以拜访", f"only {customer.required_person} may visit"
                ),
            )
        owner = self.territory.get(customer.id)
        if owner is not None and owner != person.id:
            yield Finding.of("territory", at, 1, Said(f"属于 {owner}", f"belongs to {owner}"))
        if owner is None and person.only_own:
            yield Finding.of(
                "territory",
                at,
                1,
                Said(f"{person.id} 只拜访自己的客户", f"{person.id} visits only customers of their own"),
            )

    # --- one customer's visits ---

    def customer(self, customer: Customer, visits: list[Visit]) -> Iterator[Finding]:
        where = Said(f"客户“{customer.id}”", f"customer '{customer.id}'")
        left_out = sum(u.visits for u in self.plan.unplanned if u.customer == customer.id)
        if len(visits) + left_out != customer.visits:
            yield Finding.of(
                "visits",
                where,
                len(visits) + left_out - customer.visits,
                Said(
                    f"已排 {len(visits)} 次，列为未排入 {left_out} 次，应拜访 {customer.visits} 次",
                    f"{len(visits)} planned and {left_out} named as unplanned, due are {customer.visits}",
                ),
            )
        days = sorted(visit.day for visit in visits)
        for day in sorted({day for day in days if days.count(day) > 1}):
            yield Finding.of(
                "twice",
                where,
                days.count(day) - 1,
                Said(f"第 {day} 天有两次拜访", f"two visits on day {day}"),
            )
        if visits or not left_out:
            for fixed in customer.fixed:
                yield from self.fixed(where, fixed.day, fixed.start, fixed.person, visits)
        if not days:
            return
        agreed = {fixed.day for fixed in customer.fixed}
        if customer.patterns:
            if frozenset(days) not in customer.patterns and not (left_out and set(days) == agreed):
                yield Finding.of(
                    "pattern",
                    where,
                    1,
                    Said(
                        f"在第 {'、'.join(map(str, days))} 天拜访，不是它的日期组合",
                        f"visited on days {days}, which is none of its patterns",
                    ),
                )
            return
        for day, following in itertools.pairwise(days):
            if not {day, following} <= agreed:
                yield from self.between(where, day, following, customer)
        if customer.last_visit is not None and days[0] not in agreed:
            yield from self.between(where, customer.last_visit, days[0], customer)

    def between(self, where: Said, day: int, following: int, customer: Customer) -> Iterator[Finding]:
        gap = following - day
        if gap < customer.least_days_between:
            short = customer.least_days_between - gap
            yield Finding.of(
                "between",
                where,
                short,
                Said(
                    f"第 {day} 天和第 {following} 天近了 {short} 天",
                    f"days {day} and {following} are {short} days too near",
                ),
            )
        most = customer.most_days_between
        overdue = day <= 0 and most is not None and day + most < 1
        if most is not None and gap > most and not overdue:
            yield Finding.of(
                "between",
                where,
                gap - most,
                Said(
                    f"第 {day} 天和第 {following} 天远了 {gap - most} 天",
                    f"days {day} and {following} are {gap - most} days too far apart",
                ),
            )

    def fixed(
        self, where: Said, day: int, start: float | None, person: str | None, visits: list[Visit]
    ) -> Iterator[Finding]:
        found = [visit for visit in visits if visit.day == day]
        if not found:
            yield Finding.of(
                "fixed",
                where,
                1,
                Said(f"缺少约定在第 {day} 天的拜访", f"the visit agreed for day {day} is missing"),
            )
            return
        if start is not None and not abs(found[0].start - start) <= self.tolerance:
            off = abs(found[0].start - start)
            yield Finding.of(
                "fixed",
                where,
                off,
                Said(
                    f"第 {day} 天开始于 {found[0].start:g}，约定的是 {start:g}",
                    f"on day {day} begins at {found[0].start:g}, agreed is {start:g}",
                ),
            )
        if person is not None and found[0].person != person:
            yield Finding.of(
                "fixed",
                where,
                1,
                Said(
                    f"第 {day} 天由 {found[0].person} 拜访，约定的是 {person}",
                    f"on day {day} by {found[0].person}, agreed is {person}",
                ),
            )

    # --- the whole ---

    def unplanned(self) -> Iterator[Finding]:
        for unplanned in self.plan.unplanned:
            where = Said(f"未排入“{unplanned.customer}”", f"unplanned '{unplanned.customer}'")
            if unplanned.customer not in self.customers:
                yield Finding.of("reference", where, 1, Said("没有这个客户", "there is no such customer"))
            if unplanned.visits < 1:
                yield Finding.of(
                    "unplanned",
                    where,
                    1 - unplanned.visits,
                    Said(f"{unplanned.visits} 次拜访", f"{unplanned.visits} visits"),
                )
            if not unplanned.reason.sentence:
                yield Finding.of("unplanned", where, 1, Said("没有给出原因", "no reason is given"))

    def who(self) -> dict[str, set[str]]:
        """The people at each customer."""
        return {id: {visit.person for visit in visits} for id, visits in self.visits.items()}

    def in_districts(self) -> dict[str, set[str]]:
        """The people in each district."""
        district = {place.id: place.district for place in self.problem.places}
        found: dict[str, set[str]] = {}
        for id, people in self.who().items():
            within = district[self.customers[id].place]
            if within is not None:
                found.setdefault(within, set()).update(people)
        return found

    def districts(self) -> Iterator[Finding]:
        people = self.in_districts()
        for district in self.problem.districts:
            count = len(people.get(district.id, ()))
            if district.penalty is None and count > 1:
                yield Finding.of(
                    "district",
                    Said(f"片区“{district.id}”", f"district '{district.id}'"),
                    count - 1,
                    Said(f"{count} 个人；只能是一个人的", f"{count} people; it is one's only"),
                )

    def figures(self) -> Iterator[Finding]:
        problem, goal, said = self.problem, self.problem.goal, self.plan.figures
        district = {place.id: place.district for place in problem.places}
        right: dict[str, float] = dict(self.cost)
        right["duty_cost"] = goal.minute_on_duty * self.cost["duty_minutes"]
        right["balance_cost"] = goal.balance * sum(
            self.duty.get(person.id, 0.0) ** 2 / _minutes_of(person) for person in problem.people
        )
        weeks = math.ceil(problem.period.days / 7)
        extra_weekdays = 0
        for visits in self.visits.values():
            weekdays = {problem.period.weekday(visit.day) for visit in visits}
            extra_weekdays += max(0, len(weekdays) - math.ceil(len(visits) / weeks))
        right["same_weekday_cost"] = goal.same_weekday * extra_weekdays
        right["same_person_cost"] = goal.same_person * sum(
            len(people) - 1 for id, people in self.who().items() if district[self.customers[id].place] is None
        )
        right["preferred_person_cost"] = goal.preferred_person * sum(
            self.customers[id].preferred_person not in (None, visit.person)
            for id, visits in self.visits.items()
            for visit in visits
        )
        in_districts = self.in_districts()
        right["district_cost"] = sum(
            (d.penalty or 0.0) * max(0, len(in_districts.get(d.id, ())) - 1) for d in problem.districts
        )
        changes, moved = self.changes()
        right["change_cost"] = goal.change * changes
        right["moved_visits"] = moved
        right["visits"] = sum(map(len, self.visits.values()))
        right["unplanned_visits"] = sum(u.visits for u in self.plan.unplanned)
        right["unplanned_cost"] = 0.0
        if goal.by_weight:
            right["unplanned_cost"] = sum(
                goal.unplanned * 2.0 ** self.customers[u.customer].priority * u.visits
                for u in self.plan.unplanned
                if u.customer in self.customers
            )
        for name, value in right.items():
            yield from self.same("figures", Said("合计", "figures"), getattr(said, name), value, name)
        if goal.most_changes is not None and moved > goal.most_changes:
            yield Finding.of(
                "changes",
                Said("计划", "plan"),
                moved - goal.most_changes,
                Said(
                    f"变动的拜访 {moved} 次，最多 {goal.most_changes} 次",
                    f"{moved} visits moved, at most {goal.most_changes} may be",
                ),
            )
        if len(self.plan.moved) != moved:
            yield Finding.of(
                "changes",
                Said("变动的拜访", "moved"),
                len(self.plan.moved) - moved,
                Said(
                    f"列出 {len(self.plan.moved)} 次，实际 {moved} 次",
                    f"{len(self.plan.moved)} visits listed, moved are {moved}",
                ),
            )

    def changes(self) -> tuple[int, int]:
        """Changes of day and of person, and the visits that have one or both, for customers of the plan before."""
        days: dict[str, set[int]] = {}
        people: dict[str, set[str]] = {}
        for route in self.old.routes if self.old else ():
            for stop in route.stops:
                days.setdefault(stop.customer, set()).add(route.day)
                people.setdefault(stop.customer, set()).add(route.person)
        changes = moved = 0
        for id, visits in self.visits.items():
            for visit in visits if id in days else ():
                other = (visit.day not in days[id]) + (visit.person not in people[id])
                changes, moved = changes + other, moved + bool(other)
        return changes, moved


def _minutes_of(person: Person) -> float:
    """The minutes a person has in the period, at least one."""
    total = 0.0
    for workday in person.workdays:
        minutes = min(workday.latest - workday.earliest, 1440.0)
        if workday.most_minutes is not None:
            minutes = min(minutes, workday.most_minutes)
        total += max(minutes, 0.0)
    if person.most_minutes is not None:
        total = min(total, person.most_minutes)
    return max(total, 1.0)


class _Roads:
    """Travel once more, one trip at a time."""

    def __init__(self, problem: Problem) -> None:
        self.places = {place.id: place for place in problem.places}
        self.row = {place.id: number for number, place in enumerate(problem.places)}
        self.barriers = problem.travel.barriers
        self.scale_x, self.scale_y = 1.0, 1.0
        if problem.travel.coordinates == "lonlat":
            metres_a_degree = 6_371_008.8 * math.pi / 180
            latitudes = [place.y for place in problem.places if place.y is not None]
            middle = (min(latitudes) + max(latitudes)) / 2 if latitudes else 0.0
            self.scale_y = metres_a_degree
            self.scale_x = metres_a_degree * math.cos(math.radians(middle))

    def trip(self, mode: Mode, start: str, end: str) -> tuple[float, float]:
        """Minutes and metres, infinite where there is no way."""
        if mode.matrix is not None:
            i, j = self.row[start], self.row[end]
            return float(mode.matrix.minutes[i, j]), float(mode.matrix.metres[i, j])
        a, b = self.places[start], self.places[end]
        if a.x is None or a.y is None or b.x is None or b.y is None:
            return math.inf, math.inf
        if mode.function is not None:
            import numpy as np

            found = mode.function(np.array([[a.x, a.y]]), np.array([[b.x, b.y]]))
            minutes, metres = float(found[0][0]), float(found[1][0])
        else:
            east, north = (b.x - a.x) * self.scale_x, (b.y - a.y) * self.scale_y
            metres = math.sqrt(east * east + north * north) * mode.detour
            minutes = metres / mode.metres_per_minute + (mode.minutes_a_trip if metres > 0 else 0.0)
        for barrier in self.barriers:
            if self.crossed(barrier, (a.x, a.y), (b.x, b.y)):
                if barrier.closed:
                    return math.inf, math.inf
                minutes, metres = minutes + barrier.minutes, metres + barrier.metres
        return minutes, metres

    def crossed(self, barrier: Barrier, a: tuple[float, float], b: tuple[float, float]) -> bool:
        """Whether the straight way crosses the line: its two ends lie strictly on different sides of a piece of the line,
        and that piece's ends on different sides of the way (one that lies on the way counts as on its left)."""

        def turn(p: tuple[float, float], q: tuple[float, float], r: tuple[float, float]) -> float:
            return (
                ((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])) * self.scale_x * self.scale_y
            )

        for number in range(1, len(barrier.line)):
            p, q = barrier.line[number - 1], barrier.line[number]
            if (turn(a, b, p) >= 0) != (turn(a, b, q) >= 0) and turn(p, q, a) * turn(p, q, b) < 0:
                return True
        return False
