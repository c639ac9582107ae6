"""Divide customers among people: the whole way from a problem to a division."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from guanxi.cores.routing.saying import Said

from . import estimate, graph, improving, polygons, starting
from .geometry import Floats, Ints, Projection, bridges, segments
from .model import Customer, Division, Person, Problem, ProblemError, Territory, faults

ITERATIONS = 600
"""Rounds over all borders, for each start."""
COLD, WARM = 0.3, 3.0
"""First heats: of a start from the division in force, and of a start of its own."""
POWER_ROUNDS = 60
STARTS, LEAST_STARTS, STARTS_UNITS = 8, 2, 16_000
"""Most and fewest starts of its own, and how many units they have together in between."""
TELL = 5
"""So many of a kind are named in a message."""


class Pool(Protocol):
    """Something with `map`, as `concurrent.futures` has it. Threads are enough: compiled code lets go of the interpreter."""

    def map(self, function: Callable[[Any], Any], things: Iterable[Any], /) -> Iterable[Any]: ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: rounds done of all."""

    done: int
    of: int


def divide(
    problem: Problem,
    seed: int = 1,
    *,
    iterations: int = ITERATIONS,
    pool: Pool | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
    cache_folder: str | None = None,
) -> Division:
    """Territories for all people. The same problem, seed and iterations give the same division, with or without a pool.

    Where customers have owners, the division in force is one of the starts, and the answer is never worse than it:
    by pieces too many, then spread beyond the wanted one, then goal. progress is called, and stop asked, between the
    stages of the search, by whichever thread runs it; once stop says True the best so far is the answer.
    cache_folder: where compiled code is kept between starts. ProblemError for what is no problem.
    """
    found = faults(problem)
    if found:
        raise ProblemError(*found)
    compiled_in(cache_folder)
    projection = Projection.of(problem)
    known = estimate.customers(problem, projection)
    joined = graph.neighbours(known.points, segments(problem, projection), bridges(problem, projection))
    u = improving.units(problem, known, joined)
    if u.many < len(problem.people):
        people = len(problem.people)
        raise ProblemError(
            Said(
                f"people：{people} 个人，不拆分的片区和客户只有 {u.many} 个；一个区域至少有一个",
                f"people: {people} for {u.many} districts and customers that stay whole; a territory has one at least",
            )
        )
    u = replace(u, home=_homes(problem.people, projection))
    starts = _starts(u, seed)
    done, of = 0, iterations * len(starts)

    def beat(rounds: int) -> bool:
        nonlocal done
        done += rounds
        if progress:
            progress(Progress(min(done, of), of))
        return not (stop and stop())

    def run(start: tuple[int, Ints, float]) -> improving.State:
        number, owner, warm = start
        return improving.improved(u, owner, seed * 16 + number, iterations, warm, beat)

    states = list(pool.map(run, starts) if pool else map(run, starts))
    best = min(states, key=lambda state: state.rank)
    return _told(problem, projection, known, joined, u, best)


def warm(cache_folder: str | None) -> None:
    """Compiles everything, or loads it from the folder, by dividing a tiny town: seconds the first time."""
    from .towns import town

    divide(town("river", 20, 2, 1), iterations=1, cache_folder=cache_folder)


def compiled_in(folder: str | None) -> None:
    """Compiled code of this part is kept in a part of the folder. Each compiled file calls only functions of its own, so
    that numba sees by the file whether it is stale."""
    if folder is not None:
        import numba

        numba.config.CACHE_DIR = f"{folder}/territories"  # type: ignore[attr-defined]


def _homes(people: tuple[Person, ...], projection: Projection) -> Floats:
    home = np.zeros((len(people), 2))
    for k, person in enumerate(people):
        if person.x is not None and person.y is not None:
            home[k] = projection.metres([(person.x, person.y)])[0]
    return home


def _starts(u: improving.Units, seed: int) -> list[tuple[int, Ints, float]]:
    """(number, owner of each unit, first heat): new ones, and the division in force where there is one."""
    many = np.bincount(u.unit)
    middle = np.column_stack([np.bincount(u.unit, u.points[:, k]) / many for k in range(2)])
    weight = np.maximum(u.fixed, 1e-9)
    found = []
    for number in range(_many_starts(u)):
        if number == 0:
            part = starting.halved(middle, weight, u.share)
        else:
            part = starting.scattered(middle, weight, len(u.share), seed * 16 + number)
        cells = starting.power_cells(middle, weight, part, u.share, POWER_ROUNDS)
        found.append((number, improving.mended(u, _matched(u, cells)), WARM))
    if np.any(u.was >= 0):
        found.append((len(found), improving.mended(u, _in_force(u)), COLD))
    return found


def _many_starts(u: improving.Units) -> int:
    """Many where the search is quick and there are few territories: then one start more makes a difference."""
    return int(np.clip(STARTS_UNITS // u.many, LEAST_STARTS, STARTS))


def _in_force(u: improving.Units) -> Ints:
    """[U]: the territory that most of a unit's customers are in now, -1 for none."""
    held = u.was >= 0
    count = np.zeros((u.many, len(u.share)), np.int32) if u.many * len(u.share) < 10**7 else None
    if count is None:  # whole districts among very many: the first customer says
        first = u.member[u.member_start[:-1]]
        return u.was[first].copy()
    np.add.at(count, (u.unit[held], u.was[held]), 1)
    return np.where(count.sum(axis=1) > 0, count.argmax(axis=1), -1).astype(np.int64)


def _matched(u: improving.Units, cells: Ints) -> Ints:
    """The cells given to people: least ways from home and fewest changes of hands."""
    people = len(u.share)
    held = u.was >= 0
    if not held.any() and not u.at_home.any():
        return cells
    by = cells[u.unit]
    kept = np.zeros((people, people))
    np.add.at(kept, (u.was[held], by[held]), 1.0)
    centre = improving.centres(u, by)
    days = np.bincount(by, u.days, people)
    away = np.hypot(*(u.home[:, None] - centre[None]).transpose(2, 0, 1)) * days[None] * u.weights[0]
    cost = np.where(u.at_home[:, None], away, 0.0) - u.weights[2] * kept
    person = np.empty(people, np.int64)
    person[starting.matched(cost)] = np.arange(people)
    return person[cells]


def _told(
    problem: Problem,
    projection: Projection,
    known: estimate.Customers,
    joined: graph.Neighbours,
    u: improving.Units,
    state: improving.State,
) -> Division:
    """The division in the problem's own words and numbers."""
    by = state.owner[u.unit]
    shapes = polygons.outlines(known.points, by, len(problem.people))
    territories = tuple(
        _territory(problem, projection, known, u, k, np.flatnonzero(by == k), int(state.pieces[k]), shapes[k])
        for k in range(len(problem.people))
    )
    ids = [c.id for c in problem.customers]
    links = tuple((ids[i], ids[j]) for i, j in joined.edges[joined.is_link])
    messages = list(_messages(problem, u, state, joined, territories))
    return Division(
        territories,
        improving.spread_of(np.array([t.workload for t in territories]), u.share),
        sum(t.travel_minutes for t in territories),
        int(np.sum((u.was >= 0) & (u.was != by))),
        state.goal + float(known.leg.sum()),
        links,
        tuple(message.en for message in messages),
        tuple(message.zh for message in messages),
    )


def _territory(
    problem: Problem,
    projection: Projection,
    known: estimate.Customers,
    u: improving.Units,
    k: int,
    which: Ints,
    pieces: int,
    shape: list[list[Floats]],
) -> Territory:
    person = problem.people[k]
    middle = estimate.middle(known, which)
    home = u.home[k] if u.at_home[k] else middle
    visit, leg = float(known.visit[which].sum()), float(known.leg[which].sum())
    way = float(estimate.ways(known, which, home).sum()) * estimate.pace(problem)
    area = sum(abs(polygons.area(part[0])) - sum(abs(polygons.area(h)) for h in part[1:]) for part in shape)
    away = known.points[which] - known.points[which].mean(axis=0)
    stretch = 2 * np.pi * float(np.mean(np.sum(away**2, axis=1)))
    rings = tuple(tuple(tuple(projection.position(ring)) for ring in part) for part in shape)
    return Territory(
        person.id,
        tuple(problem.customers[i].id for i in which),
        float(known.visits[which].sum()),
        visit,
        leg,
        way,
        visit + leg + way,
        (visit + leg + way) / problem.day_minutes,
        projection.position(home[None])[0],
        int(np.sum(u.was[which] != k)) if np.any(u.was >= 0) else 0,
        int(np.sum(u.was == k)) - int(np.sum(u.was[which] == k)),
        pieces,
        min(area / stretch, 1.0) if stretch > 0 else 1.0,
        area / 1e6,
        rings,
    )


def _messages(
    problem: Problem,
    u: improving.Units,
    state: improving.State,
    joined: graph.Neighbours,
    territories: tuple[Territory, ...],
) -> Iterable[Said]:
    """What could not be had, and by how much."""
    ids = [c.id for c in problem.customers]
    parts = int(joined.parts.max()) + 1
    if parts > 1:
        ends = _few([f"{ids[i]} - {ids[j]}" for i, j in joined.edges[joined.is_link]])
        yield Said(
            f"阻隔：把客户分成 {parts} 部分，之间没有桥；以最短的连线相连（{ends.zh}），同一区域用到的每条连线计 "
            f"{problem.link_minutes:g} 分钟",
            f"barriers: they cut the customers into {parts} parts with no bridge between; joined by the shortest links "
            f"({ends.en}), each at {problem.link_minutes:g} minutes where one territory uses it",
        )
    for t in territories:
        if t.pieces > 1:
            yield Said(
                f"区域 {t.person}：分成了 {t.pieces} 块", f"territory {t.person}: in {t.pieces} pieces"
            )
    mean = float(state.load.sum() / u.share.sum())
    heavy = np.flatnonzero(u.fixed > mean * (1 + problem.spread) * u.share.max())
    for unit in heavy[:TELL]:
        first = problem.customers[int(u.member[u.member_start[unit]])]
        whole = len(u.member[u.member_start[unit] : u.member_start[unit + 1]]) > 1
        what = (
            Said(f"不拆分的片区 {first.district}", f"district {first.district}, kept whole")
            if whole
            else Said(f"客户 {first.id}", f"customer {first.id}")
        )
        times = u.fixed[unit] / mean
        yield Said(
            f"{what.zh}：单独就有平均工作量的 {times:.2f} 倍；达不到要求的工作量差距",
            f"{what.en}: {times:.2f} times the mean workload by itself; the spread cannot be kept",
        )
    if state.spread > problem.spread + improving.MARGIN and not len(heavy):
        each = state.load / u.share
        most, least = (problem.people[int(i)].id for i in (np.argmax(each), np.argmin(each)))
        unit_share = 100 * float(np.median(u.fixed)) / mean
        yield Said(
            f"工作量差距：{100 * state.spread:.1f} %，要求 {100 * problem.spread:g} %；{most} 最多，{least} 最少；"
            f"没有找到更好的划分（一个单元是工作量的 {unit_share:.1f} %）",
            f"spread: {100 * state.spread:.1f} %, wanted {100 * problem.spread:g} %; {most} has the most, {least} the "
            f"least; no better one was found (a unit is {unit_share:.1f} % of a workload)",
        )
    over = [t for t in territories if t.days > problem.period_days * _share(problem, t.person)]
    if over:
        worst, needed = max(over, key=lambda t: t.days), _people_needed(problem, territories)
        yield Said(
            f"工作量：{len(territories)} 个区域中有 {len(over)} 个超过 {problem.period_days:g} 天，{worst.person} 需 "
            f"{worst.days:.1f} 天；{needed} 个人就够了",
            f"workload: {len(over)} of {len(territories)} territories take more than {problem.period_days:g} days, "
            f"{worst.person} {worst.days:.1f}; {needed} people would do",
        )


def _share(problem: Problem, person: str) -> float:
    return next(p.share for p in problem.people if p.id == person)


def _people_needed(problem: Problem, territories: tuple[Territory, ...]) -> int:
    """Full-time people whose days hold the whole workload, were it spread evenly."""
    return int(np.ceil(sum(t.days for t in territories) / problem.period_days - 1e-9))


def _few(names: list[str]) -> Said:
    few, more = Said("、".join(names[:TELL]), ", ".join(names[:TELL])), len(names) - TELL
    return Said(f"{few.zh} 和另外 {more} 个", f"{few.en} and {more} more") if more > 0 else few


def what_if(
    problem: Problem,
    division: Division,
    *,
    more: Iterable[Person] = (),
    without: Iterable[str] = (),
    seed: int = 1,
    **how: Any,
) -> Division:
    """The division if people came or went, with as few customers in other hands as the goal allows.

    division: the one in force. `without` are ids of those who leave; their customers are nobody's then and count as no
    change of hands. `how` is passed to `divide`. ProblemError as there, and for somebody who is not among the people.
    """
    gone = frozenset(without)
    unknown = sorted(gone - {p.id for p in problem.people})
    if unknown:
        raise ProblemError(
            *(
                Said(f"人员 {name}：people 里没有此人", f"person {name}: is none of the people")
                for name in unknown
            )
        )
    owners = division.owners()
    customers: tuple[Customer, ...] = tuple(
        replace(c, owner=None if (now := owners.get(c.id)) is None or now in gone else now)
        for c in problem.customers
    )
    people = (*(p for p in problem.people if p.id not in gone), *more)
    return divide(replace(problem, customers=customers, people=people), seed, **how)
