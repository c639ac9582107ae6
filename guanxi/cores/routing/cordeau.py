"""Cordeau's format of periodic routing problems, in and out, and the answer that is printed for it.

A first line `1 m n t`: m vehicles a day, t days (n is not trusted: some copies count a dummy). Then t lines `D Q`: longest
duration of a route, service included (0 = unlimited), and capacity. Then a line a node, the depot first:
`id x y service demand f a c1 … ca`: f visits on the days of one of a combinations, each a bit mask in which day d of t
is bit t - d. Distance is Euclid's, unrounded, and is minutes and cost alike (Cordeau, Gendreau, Laporte 1997).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from guanxi.cores.routing.model import Customer, Mode, Period, Person, Place, Problem, Travel, Workday
from guanxi.cores.routing.plan import Plan
from guanxi.cores.routing.saying import Said, Unusable

MOST_DAYS = 62
MOST_VEHICLES = 10_000
DEPOT = "depot"


class CordeauError(Unusable):
    """The file is not of this format; the message names the line."""


def _at(line: int, what: Said) -> CordeauError:
    return CordeauError(Said(f"第 {line} 行：{what.zh}。", f"Line {line}: {what.en}."))


def _expected(line: int, row: Said, found: int) -> CordeauError:
    return _at(
        line,
        Said(f"应为“{row.zh}”，实有 {found} 项", f"expected '{row.en}', found {found} entries"),
    )


@dataclass(frozen=True, slots=True)
class Node:
    """A row: position, minutes of service, load, and the sets of days (from 1) of which one is to be chosen."""

    id: str
    x: float
    y: float
    minutes: float = 0.0
    load: float = 0.0
    patterns: tuple[frozenset[int], ...] = ()


def problem(
    vehicles: int, limits: Sequence[tuple[float, float]], depot: tuple[float, float], nodes: Iterable[Node]
) -> Problem:
    """The problem of such a file; `limits` are longest duration (0 = unlimited) and capacity of each day."""
    nodes = tuple(nodes)
    workdays = tuple(
        Workday(
            day=day,
            start=DEPOT,
            end=DEPOT,
            mode="vehicle",
            latest=math.inf,
            most_minutes=duration or None,
            capacity=capacity or None,
        )
        for day, (duration, capacity) in enumerate(limits, 1)
    )
    return Problem(
        period=Period(days=len(limits)),
        places=(Place(DEPOT, *depot), *(Place(n.id, n.x, n.y) for n in nodes)),
        people=tuple(Person(id=str(v), workdays=workdays) for v in range(1, vehicles + 1)),
        customers=tuple(
            Customer(
                id=n.id,
                place=n.id,
                minutes=n.minutes,
                visits=max(map(len, n.patterns)),
                patterns=n.patterns,
                load=n.load,
            )
            for n in nodes
        ),
        travel=Travel(
            modes=(Mode("vehicle", metres_per_minute=1.0, cost_per_minute=0.0, cost_per_metre=1.0),)
        ),
    )


def read(text: str) -> Problem:
    """The problem in the file's text; CordeauError names the line that is wrong."""
    rows = [(number, line.split()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not rows:
        raise CordeauError(Said("文件是空的。", "The file is empty."))
    number, head = rows[0]
    if len(head) != 4:
        raise _expected(number, Said("类型 车辆 客户 天数", "type vehicles customers days"), len(head))
    kind, vehicles, _, days = (_whole(number, text) for text in head)
    if kind != 1:
        raise _at(
            number,
            Said(f"类型 {kind} 不是周期性路线（1）", f"type {kind} is not periodic routing (1)"),
        )
    if not 1 <= vehicles <= MOST_VEHICLES:
        raise _at(
            number,
            Said(
                f"{vehicles} 辆车；应为 1 到 {MOST_VEHICLES}",
                f"{vehicles} vehicles; expected 1 to {MOST_VEHICLES}",
            ),
        )
    if not 1 <= days <= MOST_DAYS:
        raise _at(
            number, Said(f"{days} 天；应为 1 到 {MOST_DAYS}", f"{days} days; expected 1 to {MOST_DAYS}")
        )
    if len(rows) < days + 2:
        last = rows[-1][0]
        raise CordeauError(
            Said(
                f"文件在第 {last} 行之后结束：应有 {days} 行限制和一行车场。",
                f"The file ends after line {last}: {days} lines of limits and a depot were due.",
            )
        )
    limits = [_limit(*row) for row in rows[1 : days + 1]]
    nodes, seen = [], {DEPOT: 0}
    depot = _node(*rows[days + 1], 0)
    for number, entries in rows[days + 2 :]:
        node = _node(number, entries, days)
        if node.id in seen:
            first = seen[node.id]
            raise _at(
                number,
                Said(
                    f"客户 {node.id} 已出现在第 {first} 行",
                    f"customer {node.id} stands already in line {first}",
                ),
            )
        seen[node.id] = number
        if node.patterns:
            nodes.append(node)
    return problem(vehicles, limits, (depot.x, depot.y), nodes)


def _limit(number: int, entries: list[str]) -> tuple[float, float]:
    if len(entries) != 2:
        raise _expected(number, Said("时长 载量", "duration capacity"), len(entries))
    duration, capacity = (_number(number, entry) for entry in entries)
    if duration < 0 or capacity < 0:
        raise _at(number, Said("时长和载量不能是负数", "duration and capacity are not negative"))
    return duration, capacity


def _node(number: int, entries: list[str], days: int) -> Node:
    """A row; with `days` 0 the depot's, of which only the position counts."""
    if len(entries) < (7 if days else 3):
        row = Said("编号 x y 服务时间 载量 f a c1 … ca", "id x y service demand f a c1 … ca")
        raise _expected(number, row, len(entries))
    x, y = (_number(number, entry) for entry in entries[1:3])
    if not days:
        return Node(DEPOT, x, y)
    id = str(_whole(number, entries[0]))
    minutes, load = (_number(number, entry) for entry in entries[3:5])
    if minutes < 0 or load < 0:
        raise _at(number, Said("服务时间和载量不能是负数", "service and demand are not negative"))
    visits, count = (_whole(number, entry) for entry in entries[5:7])
    masks = [_whole(number, entry) for entry in entries[7:]]
    if not visits:
        return Node(id, x, y, minutes, load)  # a dummy: visited on no day
    if len(masks) < count or any(masks[count:]):
        raise _at(
            number,
            Said(
                f"应有 {count} 个日期组合，实有 {len(masks)} 个",
                f"{count} combinations of days announced, found {len(masks)}",
            ),
        )
    if count < 1:
        raise _at(
            number,
            Said(f"拜访 {visits} 次，却没有日期组合", f"{visits} visits, but no combination of days"),
        )
    patterns = []
    for mask in masks[:count]:
        if not 0 < mask < 1 << days:
            raise _at(
                number,
                Said(
                    f"日期组合 {mask} 不是 {days} 天中的一组", f"combination {mask} is no set of {days} days"
                ),
            )
        patterns.append(frozenset(day for day in range(1, days + 1) if mask >> (days - day) & 1))
    return Node(id, x, y, minutes, load, tuple(dict.fromkeys(patterns)))


def _number(number: int, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise _at(number, Said(f"“{text[:40]}”不是数", f"'{text[:40]}' is not a number")) from None
    if not math.isfinite(value):
        raise _at(number, Said(f"“{text[:40]}”不是有限的数", f"'{text[:40]}' is not a finite number"))
    return value


def _whole(number: int, text: str) -> int:
    value = _number(number, text)
    if value != int(value):
        raise _at(number, Said(f"“{text[:40]}”不是整数", f"'{text[:40]}' is not a whole number"))
    return int(value)


def write(problem: Problem) -> str:
    """A problem that has nothing beyond the format, as its text: one depot, alike vehicles, patterns, no windows."""
    days = problem.period.days
    places = {place.id: place for place in problem.places}
    workdays = problem.people[0].workdays
    depot = places[workdays[0].start]
    lines = [f"1 {len(problem.people)} {len(problem.customers)} {days}"]
    lines += [f"{_plain(w.most_minutes or 0)} {_plain(w.capacity or 0)}" for w in workdays]
    lines.append(f"0 {_plain(depot.x)} {_plain(depot.y)} 0 0 0 0")
    for c in problem.customers:
        masks = [str(sum(1 << (days - day) for day in pattern)) for pattern in c.patterns]
        place = places[c.place]
        entries = [c.id, _plain(place.x), _plain(place.y), _plain(c.minutes), _plain(c.load)]
        lines.append(" ".join([*entries, str(c.visits), str(len(masks)), *masks]))
    return "\n".join(lines) + "\n"


def _plain(value: float | None) -> str:
    value = float(value or 0)
    return str(int(value)) if value == int(value) else repr(value)


def answer(problem: Problem, plan: Plan) -> dict[str, Any]:
    """The plan as it is printed for such a file: days and vehicles from 1, customers by the file's numbers."""
    vehicles = {person.id: number for number, person in enumerate(problem.people, 1)}
    found: dict[str, Any] = {
        "cost": plan.figures.travel_cost,
        "routes": [
            {
                "day": route.day,
                "vehicle": vehicles[route.person],
                "customers": [int(stop.customer) for stop in route.stops],
            }
            for route in plan.routes
            if route.stops
        ],
    }
    if plan.unplanned:
        found["unplanned"] = [
            {"id": int(u.customer), "reason": u.reason.sentence, "reason_zh": u.reason.sentence_zh}
            for u in plan.unplanned
        ]
    return found
