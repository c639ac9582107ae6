"""What can be said before any search: visits that no plan can hold, and how many days the others need at least.

Bounds are lower bounds of the working time: visits take their minutes, and to each leads a way in and a way out, none
shorter than that from and to the nearest place; each way has two ends, so half of both is counted for each visit (the
neighbour bound of the travelling salesman, Reinelt 1994, with one neighbour: a day may have a single visit). Where a
bound is above what there is, some visits must stay unplanned; where it is not, they may still have to.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from guanxi.cores.routing.days import patterns
from guanxi.cores.routing.lowering import Windows, available, may_visit, owners, windows_by_day
from guanxi.cores.routing.model import MINUTES_A_DAY, Customer, Person, Problem, Workday
from guanxi.cores.routing.plan import Reason
from guanxi.cores.routing.saying import Said, listed_days
from guanxi.cores.routing.schedule import Leg, best_times
from guanxi.cores.routing.travel import Floats, Roads

NEIGHBOURS_UP_TO = 20_000
"""Places for which the nearest two are looked up; beyond, travel counts as nothing in the bounds."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """What is needed at least, and what there is: `what` is minutes, load, stops or days; `who` or when it concerns."""

    what: str
    who: str
    needed: float
    there: float
    sentence: str
    sentence_zh: str

    @classmethod
    def of(cls, what: str, who: str, needed: float, there: float, said: Said) -> Shortage:
        """With its sentence in both languages."""
        return cls(what, who, needed, there, said.en, said.zh)


@dataclass(frozen=True)
class Feasibility:
    """`never`: visits that no plan can hold, by customer: how many, and why. `days_needed` at least of `days_there`
    (working days of all people). `shortages`: what is too little, so that further visits must stay unplanned."""

    never: dict[str, tuple[int, Reason]]
    days_needed: int
    days_there: int
    shortages: tuple[Shortage, ...]

    @property
    def sentences(self) -> tuple[Said, ...]:
        """All of it, for people."""
        first = Said(
            f"至少需要 {self.days_needed} 个工作日，现有 {self.days_there} 个。",
            f"At least {self.days_needed} working days are needed; there are {self.days_there}.",
        )
        short = (Said(shortage.sentence_zh, shortage.sentence) for shortage in self.shortages)
        never = (
            Said(f"{id}：{reason.sentence_zh}", f"'{id}': {reason.sentence}")
            for id, (_, reason) in self.never.items()
        )
        return (first, *short, *never)


def feasibility(problem: Problem) -> Feasibility:
    """The answer for a sound problem."""
    roads = Roads(problem)
    territory = owners(problem)
    never: dict[str, tuple[int, Reason]] = {}
    who: dict[str, Team] = {}
    shared: dict[object, Team] = {}
    for customer in problem.customers:
        owner = territory.get(customer.id)
        key = (customer.skills, customer.required_person, owner)
        if key not in shared:
            shared[key] = Team.of(p for p in problem.people if may_visit(p, customer, owner))
        who[customer.id] = shared[key]
        if found := never_planned(problem, roads, customer, shared[key], owner):
            never[customer.id] = found
    least = _least_ways(problem, roads)
    needed = {
        c.id: (c.visits - never.get(c.id, (0, None))[0]) * (c.minutes + least[roads.row[c.place]])
        for c in problem.customers
    }
    minutes = sum(needed.values())
    there = sum(len(person.workdays) for person in problem.people)
    days, shortage = _days_needed(problem, minutes)
    visits = {c.id: c.visits - never.get(c.id, (0, None))[0] for c in problem.customers}
    days = max(days, _days_for(problem, "capacity", sum(visits[c.id] * c.load for c in problem.customers)))
    days = max(days, _days_for(problem, "most_stops", sum(visits.values())))
    return Feasibility(
        never,
        days,
        there,
        (
            *shortage,
            *_groups(problem, who, needed),
            *_loads(problem, never),
            *_single_days(problem, who, never),
        ),
    )


@dataclass(frozen=True, eq=False)
class Team:
    """Those who may visit a customer. `works`: the days on which one of them does. `kinds`: their days, those that are
    alike but for the day taken together."""

    people: tuple[Person, ...]
    works: tuple[int, ...]
    kinds: tuple[tuple[Person, Workday, tuple[int, ...]], ...]

    @classmethod
    def of(cls, people: Iterable[Person]) -> Team:
        """Of these people."""
        people = tuple(people)
        kinds = []
        for person in people:
            alike: dict[Workday, list[int]] = {}
            for workday in person.workdays:
                alike.setdefault(replace(workday, day=0), []).append(workday.day)
            kinds += [(person, workday, tuple(sorted(days))) for workday, days in alike.items()]
        works = tuple(sorted({w.day for person in people for w in person.workdays}))
        return cls(people, works, tuple(kinds))


def never_planned(
    problem: Problem, roads: Roads, customer: Customer, team: Team, owner: str | None
) -> tuple[int, Reason] | None:
    """How many of a customer's visits no plan can hold, and why; None where all may be."""
    if not problem.people:
        return customer.visits, Reason.of(
            "person", 1, "people", Said("没有可派的人", "there is nobody to visit")
        )
    if not team.people:
        return customer.visits, _nobody(problem, customer, owner)
    if not team.works:
        names = [person.id for person in team.people[:3]]
        text = Said(
            f"只有 {'、'.join(names)} 可以拜访，却没有工作日",
            f"only {', '.join(names)} may visit, who works on no day",
        )
        return customer.visits, Reason.of("days", 1, "days", text, None, team.people[0].id)
    for visit in customer.fixed:
        if not any(
            visit.person in (None, p.id) and any(w.day == visit.day for w in p.workdays) for p in team.people
        ):
            text = Said(
                f"约定第 {visit.day} 天拜访，但{visit.person or '可以拜访的人'}当天不工作或不得拜访",
                f"a visit is agreed for day {visit.day}, but {visit.person or 'anybody who may visit'} does not work then "
                "or may not visit",
            )
            return customer.visits, Reason.of("fixed", 1, "days", text, visit.day, visit.person)
    windows = windows_by_day(customer, problem, team.works)
    if not windows:
        return customer.visits, _no_day(problem, customer, team.works)
    reachable, nearest = _reachable_days(roads, customer, team, windows)
    if not reachable:
        return customer.visits, nearest
    lost = sorted(visit.day for visit in customer.fixed if visit.day not in reachable)
    if lost:
        text = Said(
            f"约定的第 {lost[0]} 天拜访无法进行：没有人来得及往返",
            f"the visit agreed for day {lost[0]} cannot be made: nobody can be there and back in time",
        )
        return customer.visits, Reason.of("fixed", 1, "days", text, lost[0])
    sets = patterns(customer, reachable)
    if not sets:
        listed = listed_days(reachable, 8)
        if customer.patterns:
            text = Said(
                f"没有一个日期组合全是可以拜访的日子（第 {listed.zh} 天）",
                f"none of its patterns has only days on which a visit is possible (day {listed.en})",
            )
            return customer.visits, Reason.of("pattern", 1, "days", text)
        text = Said(
            f"第 {listed.zh} 天本可以拜访，但上次拜访是在第 {customer.last_visit} 天",
            f"day {listed.en} would be possible, but the last visit was on day {customer.last_visit}",
        )
        return customer.visits, Reason.of("between", 1, "days", text)
    missing = min(short for _, short in sets)
    if missing == 0:
        return None
    if customer.patterns:
        text = Said(
            f"没有一个日期组合有全部 {customer.visits} 次拜访", f"no pattern has all {customer.visits} visits"
        )
        return missing, Reason.of("pattern", missing, "visits", text)
    if len(reachable) < customer.visits:
        text = Said(
            f"应拜访 {customer.visits} 次，但只有 {len(reachable)} 天可以拜访",
            f"{customer.visits} visits are due, but a visit is possible on {len(reachable)} days only",
        )
        return missing, Reason.of("days", missing, "visits", text)
    text = Said(
        f"按要求的间隔天数，周期内排不下 {customer.visits} 次拜访",
        f"{customer.visits} visits do not fit into the period with the days asked for between them",
    )
    return missing, Reason.of("between", missing, "visits", text)


def _nobody(problem: Problem, customer: Customer, owner: str | None) -> Reason:
    """Why nobody may visit: the person who comes nearest, by rules."""
    able = [p for p in problem.people if customer.skills <= p.skills]
    if not able:
        nearest = min(problem.people, key=lambda p: len(customer.skills - p.skills))
        missing = customer.skills - nearest.skills
        text = Said(
            f"没有人具备所需的全部技能；{nearest.id} 缺少 {'、'.join(sorted(missing))}",
            f"nobody has all the skills asked for; {nearest.id} lacks {', '.join(sorted(missing))}",
        )
        return Reason.of("skill", len(missing), "skills", text, None, nearest.id)
    if customer.required_person is not None:
        why = (
            Said("缺少技能", "lacks a skill")
            if customer.required_person not in {p.id for p in able}
            else Said("按区域不得拜访", "may not by territory")
        )
        text = Said(
            f"指定由 {customer.required_person} 拜访，但其{why.zh}",
            f"{customer.required_person} is required, but {why.en}",
        )
        return Reason.of("person", 1, "people", text, None, customer.required_person)
    if owner is not None:
        text = Said(f"它属于 {owner}，而其缺少技能", f"it belongs to {owner}, who lacks a skill")
        return Reason.of("territory", 1, "people", text, None, owner)
    text = Said("没有人拜访不属于自己的客户", "nobody visits customers that are not their own")
    return Reason.of("territory", 1, "people", text)


def _no_day(problem: Problem, customer: Customer, works: tuple[int, ...]) -> Reason:
    """Why no working day of those who may visit suits the customer."""
    if customer.windows and all(w.latest < w.earliest for w in customer.windows):
        first = customer.windows[0]
        text = Said(
            f"时间窗的结束早于开始（{clock(first.earliest).zh} 到 {clock(first.latest).zh}）",
            f"its hours end before they begin ({clock(first.earliest).en} to {clock(first.latest).en})",
        )
        return Reason.of("window", first.earliest - first.latest, "minutes", text)
    weekdays = sorted({problem.period.weekday(day) for day in works})
    if customer.weekdays is not None and not customer.weekdays & set(weekdays):
        text = Said(
            f"要求在星期 {listed_days(sorted(customer.weekdays)).zh} 拜访，可以拜访的人却在星期 {listed_days(weekdays).zh} 工作",
            f"visits are wanted on weekdays {sorted(customer.weekdays)}; those who may visit work on {weekdays}",
        )
        return Reason.of("weekday", 1, "days", text)
    if customer.windows and not any(w.weekday in (None, *weekdays) for w in customer.windows):
        text = Said(
            f"可以拜访的人工作的日子（星期 {listed_days(weekdays).zh}）都没有时间窗",
            f"it has hours on none of the weekdays {weekdays} on which those who may visit work",
        )
        return Reason.of("window", 1, "days", text)
    if set(works) <= customer.no_go_days:
        text = Said(
            "可以拜访的人的工作日都是不宜拜访的日子", "all working days of those who may visit are no-go days"
        )
        return Reason.of("no_go", 1, "days", text)
    text = Said(
        "除去星期、时间窗和不宜拜访的日子，可以拜访的人没有剩下的工作日",
        "weekdays, hours and no-go days leave no working day of those who may visit",
    )
    return Reason.of("days", 1, "days", text)


def _reachable_days(
    roads: Roads, customer: Customer, team: Team, windows: dict[int, Windows]
) -> tuple[list[int], Reason]:
    """The days on which somebody could make this visit and no other; and which limit is missed by least, if none."""
    possible: set[int] = set()
    text = Said(f"没有往返“{customer.place}”的路", f"no way leads to '{customer.place}' and back")
    nearest = Reason.of("island", math.inf, "minutes", text)
    asked = {visit.day: visit.person for visit in customer.fixed}
    for person, workday, days in team.kinds:
        if len(possible) == len(windows):
            break
        there = roads.one(workday.mode, workday.start, customer.place)[0]
        back = roads.one(workday.mode, customer.place, workday.end)[0]
        judged: dict[Windows, Reason | None] = {}
        for day in days:
            if day in possible or day not in windows or asked.get(day) not in (None, person.id):
                continue
            hours = windows[day]
            if hours not in judged:
                judged[hours] = _alone(customer, person, replace(workday, day=day), there, back, hours)
            reason = judged[hours]
            if reason is None:
                possible.add(day)
            elif reason.by < nearest.by:
                nearest = reason
    return sorted(possible), nearest


def _alone(
    customer: Customer, person: Person, workday: Workday, there: float, back: float, windows: Windows
) -> Reason | None:
    """Which limit keeps a person from this one visit on a day."""
    day, who = workday.day, person.id
    if not math.isfinite(there + back):
        text = Said(
            f"用 {workday.mode} 没有往返“{customer.place}”的路",
            f"no way leads to '{customer.place}' and back by {workday.mode}",
        )
        return Reason.of("island", math.inf, "minutes", text)
    if workday.capacity is not None and customer.load > workday.capacity:
        by = customer.load - workday.capacity
        text = Said(f"载量比 {who} 能带的多 {by:g}", f"its load is {by:g} above the capacity of {who}")
        return Reason.of("capacity", by, "load", text, day, who)
    if workday.most_stops is not None and workday.most_stops < 1:
        text = Said(f"{who} 第 {day} 天不得拜访", f"{who} may make no visit on day {day}")
        return Reason.of("stops", 1, "visits", text, day, who)
    times = best_times([Leg(there, customer.minutes, windows)], back, workday.earliest, math.inf, 1e-6)
    if times is None:
        by = workday.earliest + there - windows[-1][1]
        soonest, end = clock(workday.earliest + there), clock(windows[-1][1])
        text = Said(
            f"{who} 最早 {soonest.zh} 到，时间窗 {end.zh} 结束",
            f"{who} cannot be there before {soonest.en}; its hours end {end.en}",
        )
        return Reason.of("window", by, "minutes", text, day, who)
    if (by := times.back - workday.latest) > 1e-6:
        text = Said(
            f"即使第 {day} 天没有别的拜访，{who} 也要在当天结束后 {by:.0f} 分钟才能回来",
            f"{who} would be back {by:.0f} minutes after the end of day {day}, even with no other visit that day",
        )
        return Reason.of("hours", by, "minutes", text, day, who)
    if workday.most_minutes is not None and (by := times.minutes - workday.most_minutes) > 1e-6:
        text = Said(
            f"即使当天没有别的拜访，也比 {who} 可工作的时间多 {by:.0f} 分钟",
            f"{by:.0f} minutes more than {who} may work, even with no other visit that day",
        )
        return Reason.of("duration", by, "minutes", text, day, who)
    if person.most_minutes is not None and (by := times.minutes - person.most_minutes) > 1e-6:
        text = Said(
            f"比 {who} 在周期内可工作的时间多 {by:.0f} 分钟",
            f"{by:.0f} minutes more than {who} may work in the period",
        )
        return Reason.of("period", by, "minutes", text, day, who)
    return None


def clock(minutes: float) -> Said:
    """09:30 for 570; without a clock's form where it is none."""
    if not 0 <= minutes <= 2 * MINUTES_A_DAY:
        return Said(f"第 {minutes:g} 分钟", f"minute {minutes:g}")
    whole = round(minutes)
    shown = f"{whole // 60:02d}:{whole % 60:02d}"
    return Said(shown, shown)


# --- bounds ---


def _least_ways(problem: Problem, roads: Roads) -> Floats:
    """For each place, half the minutes of the shortest way in and the shortest way out, by the quickest mode: a lower
    bound of the travel that a visit there takes. Barriers only make ways longer, so the bound holds without them."""
    n = len(problem.places)
    if n < 2 or n > NEIGHBOURS_UP_TO:
        return np.zeros(n)
    least = np.full(n, math.inf)
    nearest: Floats | None = None
    for name in dict.fromkeys(w.mode for person in problem.people for w in person.workdays):
        mode = roads.modes[name]
        if mode.matrix is not None:
            minutes = mode.matrix.minutes + np.diag(np.full(n, math.inf))
            least = np.minimum(least, (minutes.min(axis=0) + minutes.min(axis=1)) / 2)
        elif mode.function is not None:
            return np.zeros(n)  # it may be anything
        else:
            nearest = _nearest(roads.plane) if nearest is None else nearest
            metres = nearest * mode.detour
            least = np.minimum(
                least, metres / mode.metres_per_minute + np.where(metres > 0, mode.minutes_a_trip, 0.0)
            )
    return np.where(np.isfinite(least), least, 0.0)


def _nearest(plane: Floats) -> Floats:
    """The distance from each position to the nearest other one: along the axis, each with those further and further
    on, until the axis alone is longer than every nearest distance known."""
    order = np.argsort(plane[:, 0], kind="stable")
    x, y = plane[order, 0], plane[order, 1]
    best = np.full(len(plane), math.inf)
    for on in range(1, len(plane)):
        along = x[on:] - x[:-on]
        if np.all(along >= np.maximum(best[:-on], best[on:])):
            break
        apart = np.hypot(along, y[on:] - y[:-on])
        np.minimum(best[:-on], apart, out=best[:-on])
        np.minimum(best[on:], apart, out=best[on:])
    found = np.empty(len(plane))
    found[order] = best
    return found


def _day_minutes(problem: Problem) -> list[float]:
    return sorted(
        (
            max(0.0, min(w.latest - w.earliest, math.inf if w.most_minutes is None else w.most_minutes))
            for person in problem.people
            for w in person.workdays
        ),
        reverse=True,
    )


def _days_needed(problem: Problem, minutes: float) -> tuple[int, list[Shortage]]:
    """How many of the longest working days hold so many minutes."""
    left, days = minutes, _day_minutes(problem)
    for number, length in enumerate(days):
        if left <= 1e-6:
            return number, []
        left -= length
    if left <= 1e-6:
        return len(days), []
    average = sum(days) / len(days) if days else 0.0
    needed = len(days) + (math.ceil(left / average) if average else 1)
    text = Said(
        f"拜访和最短的路途共需 {minutes:.0f} 分钟，所有工作日共有 {minutes - left:.0f} 分钟。",
        f"Visits and the shortest ways take {minutes:.0f} minutes; all working days have {minutes - left:.0f}.",
    )
    return needed, [Shortage.of("minutes", "everybody", minutes, minutes - left, text)]


def _days_for(problem: Problem, limit: str, needed: float) -> int:
    """How many of the roomiest working days hold so much load, or so many stops; 0 where some day has no limit."""
    rooms = [getattr(w, limit) for person in problem.people for w in person.workdays]
    if any(room is None for room in rooms):
        return 0
    for number, room in enumerate(sorted(rooms, reverse=True)):
        if needed <= 1e-6:
            return number
        needed -= room
    return len(rooms) + (needed > 1e-6)


def _groups(problem: Problem, who: dict[str, Team], needed: dict[str, float]) -> list[Shortage]:
    """For each set of people that some customers need: what only they can do, against the time they have."""
    names = {team: frozenset(p.id for p in team.people) for team in who.values()}
    sets = set(names.values())
    everybody = frozenset(p.id for p in problem.people)
    minutes = dict.fromkeys(sets, 0.0)
    for customer, team in who.items():
        minutes[names[team]] += needed[customer]
    found = []
    for some in sorted(sets - {everybody, frozenset()}, key=sorted):
        there = sum(available(person) for person in problem.people if person.id in some)
        only = sum(value for part, value in minutes.items() if part and part <= some)
        if only > there + 1e-6:
            listed = ", ".join(sorted(some)[:5]) + (" …" if len(some) > 5 else "")
            listed_zh = "、".join(sorted(some)[:5]) + (" 等" if len(some) > 5 else "")
            text = Said(
                f"只有 {listed_zh} 可以拜访的至少需 {only:.0f} 分钟，他们有 {there:.0f} 分钟。",
                f"What only {listed} may visit takes {only:.0f} minutes at least; they have {there:.0f}.",
            )
            found.append(Shortage.of("minutes", listed, only, there, text))
    for person in problem.people:
        if person.most_minutes is not None and len(problem.people) == 1:
            total = sum(needed.values())
            if total > person.most_minutes + 1e-6:
                text = Said(
                    f"拜访和最短的路途共需 {total:.0f} 分钟，{person.id} 有 {person.most_minutes:.0f} 分钟。",
                    f"Visits and the shortest ways take {total:.0f} minutes; {person.id} has {person.most_minutes:.0f}.",
                )
                found.append(Shortage.of("minutes", person.id, total, person.most_minutes, text))
    return found


def _loads(problem: Problem, never: dict[str, tuple[int, Reason]]) -> list[Shortage]:
    """All loads and all stops against all capacities."""
    workdays = [w for person in problem.people for w in person.workdays]
    visits = {c.id: c.visits - never.get(c.id, (0, None))[0] for c in problem.customers}
    found = []
    if workdays and all(w.capacity is not None for w in workdays):
        load = math.fsum(visits[c.id] * c.load for c in problem.customers)
        there = math.fsum(w.capacity or 0.0 for w in workdays)
        if load > there + 1e-6:
            text = Said(
                f"拜访的载量共 {load:g}，所有工作日能带 {there:g}。",
                f"The visits carry {load:g} in all; all days have room for {there:g}.",
            )
            found.append(Shortage.of("load", "everybody", load, there, text))
    if workdays and all(w.most_stops is not None for w in workdays):
        stops, there = sum(visits.values()), sum(w.most_stops or 0 for w in workdays)
        if stops > there:
            text = Said(
                f"应拜访 {stops} 次，所有工作日能做 {there} 次。",
                f"{stops} visits are due; all days have room for {there}.",
            )
            found.append(Shortage.of("stops", "everybody", stops, there, text))
    return found


def _single_days(
    problem: Problem, who: dict[str, Team], never: dict[str, tuple[int, Reason]]
) -> list[Shortage]:
    """What must be on one day whatever else is chosen, against the time of all on that day."""
    must: dict[int, float] = {}
    cache: dict[object, frozenset[int]] = {}
    for customer in problem.customers:
        if customer.id in never:
            continue
        days = tuple(windows_by_day(customer, problem, who[customer.id].works))
        if (
            not customer.patterns
            and not customer.fixed
            and len(days) > customer.visits + customer.least_days_between
        ):
            continue
        key = (
            customer.patterns, days, customer.visits, customer.least_days_between, customer.most_days_between,
            customer.last_visit, customer.fixed,
        )  # fmt: skip
        if key not in cache:
            sets = [frozenset(p) for p, _ in patterns(customer, days)]
            cache[key] = frozenset.intersection(*sets) if sets else frozenset()
        for day in cache[key]:
            must[day] = must.get(day, 0.0) + customer.minutes
    found = []
    for day, minutes in sorted(must.items()):
        there = sum(
            max(0.0, min(w.latest - w.earliest, math.inf if w.most_minutes is None else w.most_minutes))
            for person in problem.people
            for w in person.workdays
            if w.day == day
        )
        if minutes > there + 1e-6:
            text = Said(
                f"只能在第 {day} 天进行的拜访需 {minutes:.0f} 分钟，当天工作的人共有 {there:.0f} 分钟。",
                f"Visits that can only be on day {day} take {minutes:.0f} minutes; all who work then have {there:.0f}.",
            )
            found.append(Shortage.of("minutes", f"day {day}", minutes, there, text))
    return found
