"""What is malformed in a problem: each fault names its place. A problem with faults is not planned.

What is well formed but impossible (30 visits in 20 days, windows that end before they begin, an island) is no fault: the
plan leaves it out with its reason, see `feasibility.py`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from guanxi.cores.routing.model import Customer, Mode, Person, Place, Problem, Workday
from guanxi.cores.routing.saying import Said, Unusable

MOST_DAYS = 62
MOST_PRIORITIES = 7
MOST_FAULTS = 50


@dataclass(frozen=True, slots=True)
class Fault:
    """`where` is a path such as `customers[3] 'c4'.minutes`, or says the place in words; `what` says what is wrong there."""

    where: str | Said
    what: Said

    @property
    def said(self) -> Said:
        """Place and what is wrong. A path is the same in both languages."""
        where = self.where if isinstance(self.where, Said) else Said(self.where, self.where)
        return Said(f"{where.zh}：{self.what.zh}", f"{where.en}: {self.what.en}")


class ProblemError(Unusable):
    """The problem is malformed."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(*(fault.said for fault in self.faults))


def faults(problem: Problem) -> tuple[Fault, ...]:
    """The first faults of a problem, none where it is sound."""
    found = []
    for fault in _all(problem):
        found.append(fault)
        if len(found) == MOST_FAULTS:
            found.append(
                Fault(
                    Said("数据", "problem"),
                    Said(
                        f"错误多于 {MOST_FAULTS} 处，其余不再列出",
                        f"more than {MOST_FAULTS} faults; the rest is not listed",
                    ),
                )
            )
            break
    return tuple(found)


def ensure_sound(problem: Problem) -> None:
    """Raise ProblemError where the problem has faults."""
    if found := faults(problem):
        raise ProblemError(found)


def _all(problem: Problem) -> Iterator[Fault]:
    days = problem.period.days
    if not 1 <= days <= MOST_DAYS:
        yield Fault(
            "period.days",
            Said(f"{days}；周期有 1 到 {MOST_DAYS} 天", f"{days}; a period has 1 to {MOST_DAYS} days"),
        )
        return
    if not 1 <= problem.period.first_weekday <= 7:
        yield Fault("period.first_weekday", _no_weekday(problem.period.first_weekday))
    for name in ("places", "people", "customers", "districts"):
        yield from _ids(name, [item.id for item in getattr(problem, name)])
    yield from _ids("travel.modes", [mode.id for mode in problem.travel.modes])
    yield from _travel(problem)
    yield from _places(problem)
    known = _Known(problem)
    for number, person in enumerate(problem.people):
        yield from _person(f"people[{number}] '{person.id}'", person, known)
    for number, customer in enumerate(problem.customers):
        yield from _customer(f"customers[{number}] '{customer.id}'", customer, known)
    yield from _territories(problem)
    yield from _goal(problem)


class _Known:
    """The names that others may refer to."""

    def __init__(self, problem: Problem) -> None:
        self.days = problem.period.days
        self.places = {place.id for place in problem.places}
        self.people = {person.id for person in problem.people}
        self.customers = {customer.id for customer in problem.customers}
        self.modes = {mode.id for mode in problem.travel.modes}


def _not_in(names: str, id: str) -> Said:
    return Said(f"{names} 里没有“{id}”", f"'{id}' is not in {names}")


def _no_weekday(weekday: int) -> Said:
    return Said(f"{weekday}；星期用 1（星期一）到 7 表示", f"{weekday}; weekdays are 1 (Monday) to 7")


def _no_day(day: int, days: int) -> Said:
    return Said(f"第 {day} 天；周期是第 1 天到第 {days} 天", f"day {day}; the period has days 1 to {days}")


def _below(value: float, least: float) -> Said:
    return Said(f"{value:g} 小于 {least:g}", f"{value:g} is below {least:g}")


def _ids(name: str, ids: list[str]) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for number, id in enumerate(ids):
        if not id:
            yield Fault(f"{name}[{number}].id", Said("是空的", "is empty"))
        elif id in first:
            other = f"{name}[{first[id]}]"
            yield Fault(
                f"{name}[{number}].id", Said(f"“{id}”已出现在 {other}", f"'{id}' stands already at {other}")
            )
        else:
            first[id] = number


def _number(where: str, value: float | None, least: float = 0.0, infinite: bool = False) -> Iterator[Fault]:
    """A number that is not below `least`; None is no number to judge."""
    if value is None:
        return
    if math.isnan(value):
        yield Fault(where, Said("不是数（NaN）", "is not a number (NaN)"))
    elif math.isinf(value) and not (infinite and value > 0):
        yield Fault(where, Said("是无穷大", "is infinite"))
    elif value < least:
        yield Fault(where, _below(value, least))


def _travel(problem: Problem) -> Iterator[Fault]:
    if not problem.travel.modes:
        yield Fault(
            "travel.modes",
            Said("是空的；至少要有一种出行方式", "is empty; at least one way of travelling is needed"),
        )
    for number, mode in enumerate(problem.travel.modes):
        where = f"travel.modes[{number}] '{mode.id}'"
        if not (math.isfinite(mode.metres_per_minute) and mode.metres_per_minute > 0):
            speed = mode.metres_per_minute
            yield Fault(
                f"{where}.metres_per_minute",
                Said(f"{speed:g}；速度要大于 0", f"{speed:g}; a speed is above 0"),
            )
        for name in ("detour", "minutes_a_trip", "cost_per_minute", "cost_per_metre", "cost_a_day"):
            yield from _number(f"{where}.{name}", getattr(mode, name))
        yield from _matrix(where, mode, len(problem.places))
    for number, barrier in enumerate(problem.travel.barriers):
        where = f"travel.barriers[{number}] '{barrier.id}'"
        if len(barrier.line) < 2:
            yield Fault(f"{where}.line", Said("不足两个位置", "has fewer than two positions"))
        for point, (x, y) in enumerate(barrier.line):
            yield from _number(f"{where}.line[{point}][0]", x, -math.inf)
            yield from _number(f"{where}.line[{point}][1]", y, -math.inf)
        yield from _number(f"{where}.minutes", barrier.minutes)
        yield from _number(f"{where}.metres", barrier.metres)
    for number, district in enumerate(problem.districts):
        yield from _number(f"districts[{number}] '{district.id}'.penalty", district.penalty)


def _matrix(where: str, mode: Mode, places: int) -> Iterator[Fault]:
    if mode.matrix is None:
        return
    for name in ("minutes", "metres"):
        matrix = getattr(mode.matrix, name)
        if matrix.shape != (places, places):
            size = " x ".join(map(str, matrix.shape))
            yield Fault(
                f"{where}.matrix.{name}",
                Said(
                    f"是 {size}；{places} 个地点需要 {places} x {places}",
                    f"is {size}; {places} places need {places} x {places}",
                ),
            )
            continue
        for wrong, what in (
            (
                np.isnan(matrix),
                Said(
                    "不是数（NaN）；没有路就写 null",
                    "is not a number (NaN); where there is no way, write null",
                ),
            ),
            (matrix < 0, Said("是负数", "is negative")),
        ):
            if wrong.any():
                row, column = np.argwhere(wrong)[0]
                if (count := int(wrong.sum())) > 1:
                    what = Said(f"{what.zh}（共有 {count} 处）", f"{what.en} ({count} such entries)")
                yield Fault(f"{where}.matrix.{name}[{row}][{column}]", what)


def _places(problem: Problem) -> Iterator[Fault]:
    by_position = [mode.id for mode in problem.travel.modes if mode.matrix is None]
    districts = {district.id for district in problem.districts}
    for number, place in enumerate(problem.places):
        where = f"places[{number}] '{place.id}'"
        if place.district is not None and place.district not in districts:
            yield Fault(f"{where}.district", _not_in("districts", place.district))
        if place.x is None or place.y is None:
            if by_position or place.x is not place.y:
                mode = by_position[0] if by_position else None
                yield Fault(
                    f"{where}.{'x' if place.x is None else 'y'}",
                    Said("没有给出，另一个却给出了", "is missing, and the other is given")
                    if mode is None
                    else Said(
                        f"没有给出，而出行方式“{mode}”没有矩阵",
                        f"is missing, and mode '{mode}' has no matrix",
                    ),
                )
            continue
        yield from _position(where, place, place.x, place.y, problem.travel.coordinates == "lonlat")


def _position(where: str, place: Place, x: float, y: float, degrees: bool) -> Iterator[Fault]:
    bad = [name for name, value in (("x", x), ("y", y)) if not math.isfinite(value)]
    for name in bad:
        value = getattr(place, name)
        yield Fault(f"{where}.{name}", Said(f"是 {value}，不是数", f"is {value}, not a number"))
    if bad or not degrees:
        return
    if abs(y) > 90 and abs(x) <= 90:
        yield Fault(
            where,
            Said(
                f"经度 {x:g}、纬度 {y:g}：两者似乎写反了",
                f"longitude {x:g}, latitude {y:g}: the two seem to be swapped",
            ),
        )
    elif abs(y) > 90 or abs(x) > 180:
        yield Fault(
            where,
            Said(
                f"经度 {x:g}、纬度 {y:g} 不是以度表示的位置",
                f"longitude {x:g}, latitude {y:g} is no position in degrees",
            ),
        )
    elif x == 0 and y == 0:
        yield Fault(
            where,
            Said(
                "经度 0、纬度 0 在大西洋里：可能没有填位置",
                "longitude 0, latitude 0 lies in the Atlantic: the position is probably missing",
            ),
        )


def _person(where: str, person: Person, known: _Known) -> Iterator[Fault]:
    yield from _number(f"{where}.most_minutes", person.most_minutes, infinite=True)
    seen: set[int] = set()
    for workday in person.workdays:
        at = f"{where}.workdays[day {workday.day}]"
        if not 1 <= workday.day <= known.days:
            yield Fault(
                f"{at}.day",
                Said(f"周期是第 1 天到第 {known.days} 天", f"the period has days 1 to {known.days}"),
            )
        if workday.day in seen:
            yield Fault(f"{at}.day", Said("出现了两次", "stands twice"))
        seen.add(workday.day)
        yield from _workday(at, workday, known)


def _workday(at: str, workday: Workday, known: _Known) -> Iterator[Fault]:
    for name in ("start", "end"):
        if getattr(workday, name) not in known.places:
            yield Fault(f"{at}.{name}", _not_in("places", getattr(workday, name)))
    if workday.mode not in known.modes:
        yield Fault(f"{at}.mode", _not_in("travel.modes", workday.mode))
    yield from _number(f"{at}.earliest", workday.earliest, -math.inf)
    yield from _number(f"{at}.latest", workday.latest, -math.inf, infinite=True)
    for name in ("most_minutes", "most_stops", "capacity"):
        yield from _number(f"{at}.{name}", getattr(workday, name), infinite=True)


def _customer(where: str, customer: Customer, known: _Known) -> Iterator[Fault]:
    if customer.place not in known.places:
        yield Fault(f"{where}.place", _not_in("places", customer.place))
    yield from _number(f"{where}.minutes", customer.minutes)
    yield from _number(f"{where}.load", customer.load)
    for name in ("visits", "least_days_between"):
        if getattr(customer, name) < 1:
            yield Fault(f"{where}.{name}", _below(getattr(customer, name), 1))
    least, most = customer.least_days_between, customer.most_days_between
    if most is not None and most < least:
        yield Fault(
            f"{where}.most_days_between",
            Said(
                f"{most} 小于 least_days_between 的 {least}", f"{most} is below least_days_between, {least}"
            ),
        )
    if customer.last_visit is not None and customer.last_visit > 0:
        yield Fault(
            f"{where}.last_visit",
            Said(
                f"{customer.last_visit} 不在第 1 天之前（0 是前一天）",
                f"{customer.last_visit} is not before day 1 (0 is the day before)",
            ),
        )
    if customer.patterns and max(map(len, customer.patterns)) != customer.visits:
        yield Fault(
            f"{where}.visits",
            Said(
                f"{customer.visits}；天数最多的日期组合不是这个天数",
                f"{customer.visits}; the largest pattern has another number of days",
            ),
        )
    for number, pattern in enumerate(customer.patterns):
        if not pattern:
            yield Fault(f"{where}.patterns[{number}]", Said("一天也没有", "has no day"))
        for day in sorted(pattern):
            if not 1 <= day <= known.days:
                yield Fault(f"{where}.patterns[{number}]", _no_day(day, known.days))
                break
    for weekday in [
        *(customer.weekdays or ()),
        *(w.weekday for w in customer.windows if w.weekday is not None),
    ]:
        if not 1 <= weekday <= 7:
            yield Fault(f"{where}.weekdays", _no_weekday(weekday))
    for number, window in enumerate(customer.windows):
        yield from _number(f"{where}.windows[{number}].earliest", window.earliest, -math.inf)
        yield from _number(f"{where}.windows[{number}].latest", window.latest, -math.inf, infinite=True)
    for name in ("required_person", "preferred_person"):
        if (person := getattr(customer, name)) is not None and person not in known.people:
            yield Fault(f"{where}.{name}", _not_in("people", person))
    yield from _fixed(where, customer, known)


def _fixed(where: str, customer: Customer, known: _Known) -> Iterator[Fault]:
    if len(customer.fixed) > customer.visits:
        yield Fault(
            f"{where}.fixed",
            Said(
                f"固定拜访 {len(customer.fixed)} 次，但 visits 是 {customer.visits}",
                f"{len(customer.fixed)} fixed visits, but visits is {customer.visits}",
            ),
        )
    for day, count in Counter(visit.day for visit in customer.fixed).items():
        if not 1 <= day <= known.days:
            yield Fault(f"{where}.fixed", _no_day(day, known.days))
        if count > 1:
            yield Fault(
                f"{where}.fixed",
                Said(
                    f"第 {day} 天出现了 {count} 次；一天只拜访一次",
                    f"day {day} stands {count} times; one visit a day",
                ),
            )
    for number, visit in enumerate(customer.fixed):
        yield from _number(f"{where}.fixed[{number}].start", visit.start, -math.inf)
        if visit.person is not None and visit.person not in known.people:
            yield Fault(f"{where}.fixed[{number}].person", _not_in("people", visit.person))


def _territories(problem: Problem) -> Iterator[Fault]:
    customers = {customer.id for customer in problem.customers}
    owner: dict[str, str] = {}
    for number, person in enumerate(problem.people):
        where = f"people[{number}] '{person.id}'.territory"
        for id in sorted(person.territory):
            if id not in customers:
                yield Fault(where, _not_in("customers", id))
            elif id in owner:
                yield Fault(
                    where, Said(f"“{id}”已属于“{owner[id]}”", f"'{id}' belongs to '{owner[id]}' already")
                )
            owner.setdefault(id, person.id)


def _goal(problem: Problem) -> Iterator[Fault]:
    goal = problem.goal
    for name in (
        "unplanned", "minute_on_duty", "balance", "same_weekday", "same_person", "preferred_person", "change",
    ):  # fmt: skip
        yield from _number(f"goal.{name}", getattr(goal, name))
    if goal.most_changes is not None and goal.most_changes < 0:
        yield Fault("goal.most_changes", _below(goal.most_changes, 0))
    priorities = {customer.priority for customer in problem.customers}
    if len(priorities) > MOST_PRIORITIES and not goal.by_weight:
        yield Fault(
            "customers",
            Said(
                f"有 {len(priorities)} 种优先级；最多 {MOST_PRIORITIES} 种（或设定 goal.by_weight）",
                f"{len(priorities)} different priorities; at most {MOST_PRIORITIES} (or set goal.by_weight)",
            ),
        )
    if goal.by_weight and any(abs(priority) > 64 for priority in priorities):
        yield Fault(
            "customers",
            Said(
                "设定了 goal.by_weight，优先级每高一级成本加倍，却有优先级超出 64",
                "a priority beyond 64 with goal.by_weight, where each doubles the cost",
            ),
        )
