"""Why a visit is not in a plan, and what would bring it in: each limit and each cure is tried on the plan itself.

Of the days on which the visit may be, those are tried to which the detour is shortest. The reason is the limit that would
be broken by least on the day that comes nearest. For cures one limit at a time is relaxed: working time, days, people,
frequency, load, hours.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from guanxi.cores.routing.days import patterns
from guanxi.cores.routing.fitting import Fit, Room
from guanxi.cores.routing.lowering import may_visit, owners, unplanned_price, windows_by_day
from guanxi.cores.routing.model import Customer, Person, Workday
from guanxi.cores.routing.plan import Cure, CureKind, Limit, Reason, Unplanned
from guanxi.cores.routing.saying import Said, listed_days

EFFORT = 4000
"""Days that are tried for all unplanned customers together, at least 3 and at most `MOST_DAYS_TRIED` for each."""
MOST_DAYS_TRIED = 80
MOST_EXPLAINED = 500
"""Customers whose missing visits are looked at one by one."""


@dataclass(frozen=True)
class Missing:
    """Visits of a customer that are not planned; `days` are those that are. `never`: what is known before any search.
    `only`: people to whom the choice is limited, where not all. `held`: "changes" or "cost" where the visits were left out
    for that, though they might fit."""

    customer: Customer
    visits: int
    days: frozenset[int] = frozenset()
    never: tuple[int, Reason] | None = None
    only: frozenset[str] | None = None
    held: Limit | None = None


def explained(room: Room, missing: Sequence[Missing]) -> tuple[Unplanned, ...]:
    """Reason and cures of each, in the order given. Of very many, only those of the highest priority are looked at one
    by one; the others have their reason where it was known before the search."""
    territory = owners(room.problem)
    order = sorted(range(len(missing)), key=lambda i: (-missing[i].customer.priority, i))
    looked_at = set(order[:MOST_EXPLAINED])
    tries = days_tried(len(looked_at))
    return tuple(
        _Explanation(room, each, territory.get(each.customer.id), tries).made()
        if i in looked_at
        else _one_of_many(each, len(missing))
        for i, each in enumerate(missing)
    )


def days_tried(customers: int) -> int:
    """Days that are tried for each of so many customers."""
    return max(3, min(MOST_DAYS_TRIED, EFFORT // max(1, customers)))


def _one_of_many(missing: Missing, count: int) -> Unplanned:
    if missing.never is not None and missing.never[0] >= missing.visits:
        reason = missing.never[1]
    else:
        text = Said(
            f"缺拜访的客户共有 {count} 个，太多，没有逐一查看",
            f"one of {count} customers with visits missing, too many to look at each",
        )
        reason = Reason.of("search", 0, "minutes", text)
    return Unplanned(missing.customer.id, missing.visits, reason)


def fitting(room: Room, missing: Missing, tries: int = MOST_DAYS_TRIED) -> list[Fit] | None:
    """One fit for each visit, on days that suit the customer; or for as many as fit, where no patterns are given; None
    where none does."""
    owner = owners(room.problem).get(missing.customer.id)
    explanation = _Explanation(room, missing, owner, tries)
    for chosen in explanation.by_pattern(explanation.allowed):
        if explanation.fit(chosen):
            return chosen
    if missing.customer.patterns or missing.customer.visits == 1:
        return None
    return explanation.most_fits() or None


class _Explanation:
    def __init__(self, room: Room, missing: Missing, owner: str | None, tries: int) -> None:
        self.room, self.missing, self.customer = room, missing, missing.customer
        problem = room.problem
        self.people = [
            p
            for p in problem.people
            if may_visit(p, self.customer, owner) and (missing.only is None or p.id in missing.only)
        ]
        mine = {p.id for p in self.people}
        self.others = [p for p in problem.people if p.id not in mine]
        works = sorted({w.day for p in self.people for w in p.workdays})
        self.days = [day for day in windows_by_day(self.customer, problem, works) if day not in missing.days]
        self.asked = {visit.day: visit.person for visit in self.customer.fixed}
        free = set(self.days)
        self.tries = tries
        self.allowed = self.tried(
            (p, w)
            for p, w in room.workdays(self.people)
            if w.day in free and self.asked.get(w.day) in (None, p.id)
        )

    def tried(self, workdays: Iterable[tuple[Person, Workday]]) -> dict[int, Fit]:
        """The best fit of each day, of those days that are nearest."""
        given = list(workdays)
        detours = self.room.detours(self.customer, given)
        order = sorted(range(len(given)), key=lambda i: (detours[i], i))
        seen: dict[int, int] = {}
        for i in order:  # each day's nearest first, then second nearest, so that no day is left out
            seen[given[i][1].day] = seen.get(given[i][1].day, 0) + 1
            detours[i] += 0.0 if math.isinf(detours[i]) else 1e6 * (seen[given[i][1].day] - 1)
        found: dict[int, Fit] = {}
        for i in sorted(order, key=lambda i: detours[i])[: self.tries]:
            if math.isinf(detours[i]):
                break
            person, workday = given[i]
            fit = self.room.best(self.customer, person, workday)
            if fit is not None and (workday.day not in found or fit.rank < found[workday.day].rank):
                found[workday.day] = fit
        return found

    def by_pattern(self, fits: dict[int, Fit]) -> list[list[Fit]]:
        """The missing visits' fits for each set of days that all have one, the best set first."""
        found = []
        for pattern, short in patterns(self.customer, sorted({*self.days, *self.missing.days})):
            wanted = [day for day in pattern if day not in self.missing.days]
            if self.missing.days <= set(pattern) and all(day in fits for day in wanted) and wanted:
                found.append((short, [fits[day] for day in wanted]))
        found.sort(
            key=lambda pair: (pair[0], sum(bool(f.over) for f in pair[1]), sum(f.rank[2] for f in pair[1]))
        )
        return [fits for _, fits in found]

    def fit(self, fits: Sequence[Fit]) -> bool:
        """Whether all of them fit, also together."""
        return not any(fit.over for fit in fits) and not self.room.beyond_period(fits)

    def made(self) -> Unplanned:
        never = self.missing.never
        if never is not None and never[0] >= self.missing.visits:
            reason = never[1]
        else:
            reason = self.reason()
        return Unplanned(self.customer.id, self.missing.visits, reason, self.cures())

    def reason(self) -> Reason:
        """The limit that is broken by least where the visits come nearest to fitting."""
        sets = self.by_pattern(self.allowed)
        fits = sets[0] if sets else sorted(self.allowed.values(), key=lambda fit: fit.rank)[:1]
        if not fits:
            text = Said("合适的日子里没有往返的路", "no way leads there and back on the days that suit it")
            return Reason.of("island", math.inf, "minutes", text)
        worst = max(fits, key=lambda fit: fit.rank)
        if not worst.over:
            if len(fits) < self.missing.visits:
                text = Said(
                    f"{self.missing.visits} 次拜访中只有 {len(fits)} 次找得到有空的日子",
                    f"only {len(fits)} of {self.missing.visits} visits find a day that has room",
                )
                return Reason.of("days", self.missing.visits - len(fits), "visits", text)
            if self.missing.held == "changes":
                most = self.room.problem.goal.most_changes
                text = Said(
                    f"它与原计划相比要变动，而变动的拜访不能超过 {most} 次",
                    f"it would be moved against the plan before, and more than {most} visits may not be",
                )
                return Reason.of("changes", len(fits), "visits", text)
            price = unplanned_price(self.room.problem, self.customer) * len(fits)
            if self.missing.held == "cost" and _cost(fits) > price:
                text = Said(
                    f"仅路途就要花费 {_cost(fits):.0f}，不排入只花费 {price:.0f}",
                    f"its travel alone would cost {_cost(fits):.0f}; leaving it out costs {price:.0f}",
                )
                return Reason.of("cost", _cost(fits) - price, "cost", text)
            text = Said(
                "也许排得下，但在给定的时间内没有找到空位",
                "it may fit, but the search found no room for it in its time",
            )
            return Reason.of("search", 0, "minutes", text)
        return _reason(worst)

    def cures(self) -> tuple[Cure, ...]:
        """What would bring the visits in, the cheapest first."""
        found = [*self.minutes(), *self.other_days(), *self.other_people(), *self.fewer(), *self.more_room()]
        return tuple(sorted(found, key=lambda cure: cure.cost))

    def minutes(self) -> list[Cure]:
        """More working time where nothing else lacks."""
        sets = [fits for fits in self.by_pattern(self.allowed) if all(fit.only_time for fit in fits)]
        sets = [fits for fits in sets if any(fit.over for fit in fits)]
        if not sets:
            return []
        best = min(sets, key=lambda fits: (sum(fit.overtime for fit in fits), _cost(fits)))
        amount = max(sum(fit.overtime for fit in best), self.room.beyond_period(best))
        late = [fit for fit in best if fit.over]
        who = ", ".join(f"{fit.person.id} on day {fit.workday.day} ({fit.overtime:.0f})" for fit in late[:4])
        who_zh = "，".join(
            f"{fit.person.id} 第 {fit.workday.day} 天（{fit.overtime:.0f}）" for fit in late[:4]
        )
        text = Said(
            f"增加 {math.ceil(amount)} 分钟：{who_zh}{' 等' if len(late) > 4 else ''}",
            f"{math.ceil(amount)} minutes more: {who}{' …' if len(late) > 4 else ''}",
        )
        return [Cure.of("minutes", amount, text, late[0].workday.day, late[0].person.id, _cost(best))]

    def other_days(self) -> list[Cure]:
        """Days that do not suit the customer, but have room."""
        taken = self.missing.days
        tried = self.tried(
            (p, w)
            for p, w in self.room.workdays(self.people)
            if w.day not in self.days and w.day not in taken
        )
        fits = [fit for fit in tried.values() if not fit.over]
        inside = [fit for fit in self.allowed.values() if not fit.over]
        need = self.missing.visits
        if len(inside) >= need:  # enough days have room, only together they keep no pattern or distance
            chosen = sorted(inside, key=lambda fit: fit.rank)[:need]
            if self.customer.visits == 1:
                return []
        else:
            chosen = sorted(inside, key=lambda fit: fit.rank)
            chosen += sorted(fits, key=lambda fit: fit.rank)[: need - len(chosen)]
        if len(chosen) < need or not self.fit(chosen):
            return []
        days = listed_days(sorted(fit.workday.day for fit in chosen))
        who = list(dict.fromkeys(fit.person.id for fit in chosen))
        outside = [fit for fit in chosen if fit.workday.day not in self.days] or chosen
        text = Said(
            f"改日：第 {days.zh} 天，由 {'、'.join(who)} 拜访",
            f"another day: day {days.en} by {', '.join(who)}",
        )
        return [
            Cure.of("day", len(outside), text, outside[0].workday.day, outside[0].person.id, _cost(chosen))
        ]

    def other_people(self) -> list[Cure]:
        """People who may not visit by the rules, but have room on days that suit."""
        if not self.others:
            return []
        works = sorted({w.day for p in self.others for w in p.workdays})
        free = {
            d for d in windows_by_day(self.customer, self.room.problem, works) if d not in self.missing.days
        }
        tried = self.tried(
            (p, w)
            for p, w in self.room.workdays(self.others)
            if w.day in free and self.asked.get(w.day) in (None, p.id)
        )
        mine, self.days = self.days, sorted({*self.days, *free})
        sets = self.by_pattern(tried)
        self.days = mine
        sets = [fits for fits in sets if self.fit(fits)]
        if not sets:
            return []
        best = min(sets, key=_cost)
        person = best[0].person
        lacks = self.customer.skills - person.skills
        kind: CureKind = "skill" if lacks else "person"
        why = f", who lacks {', '.join(sorted(lacks))}" if lacks else ""
        why_zh = f"（缺少技能 {'、'.join(sorted(lacks))}）" if lacks else ""
        days = listed_days(f.workday.day for f in best)
        text = Said(
            f"换人：{person.id}{why_zh}，第 {days.zh} 天",
            f"another person: {person.id}{why}, on day {days.en}",
        )
        return [Cure.of(kind, len(lacks) or 1, text, best[0].workday.day, person.id, _cost(best))]

    def fewer(self) -> list[Cure]:
        """A lower frequency: as many visits as find room."""
        if self.customer.visits < 2:
            return []
        best = self.most_fits()
        planned = len(self.missing.days) + len(best)
        if not 0 < planned < self.customer.visits:
            return []
        days = listed_days(fit.workday.day for fit in best)
        text = Said(
            f"降低频次：拜访 {planned} 次，不是 {self.customer.visits} 次{f'，第 {days.zh} 天' if best else ''}",
            f"a lower frequency: {planned} instead of {self.customer.visits} visits{f', on day {days.en}' if best else ''}",
        )
        day = best[0].workday.day if best else None
        return [Cure.of("frequency", planned, text, day, best[0].person.id if best else None, _cost(best))]

    def most_fits(self) -> list[Fit]:
        """Fits for as many visits as find room, on days that keep the distances (of given patterns: some of the days)."""
        free = {day: fit for day, fit in self.allowed.items() if not fit.over}
        best: list[Fit] = []
        for days in self.sets_of_fewer(free):
            if not free.keys() >= set(days):
                continue  # a day that is agreed and has no room
            chosen = [free[day] for day in days]
            if (-len(chosen), _cost(chosen)) < (-len(best), _cost(best)) and self.fit(chosen):
                best = chosen
        return best

    def sets_of_fewer(self, free: dict[int, Fit]) -> list[tuple[int, ...]]:
        if self.customer.patterns:
            sets = [tuple(sorted(set(p) & free.keys())) for p in self.customer.patterns]
            return [days for days in sets if days]
        planned = self.missing.days
        sets = [pattern for pattern, _ in patterns(self.customer, sorted({*free, *planned}), True)]
        return [tuple(d for d in pattern if d not in planned) for pattern in sets if planned <= set(pattern)]

    def more_room(self) -> list[Cure]:
        """A larger load, or hours that are longer."""
        found = []
        kinds: tuple[CureKind, ...] = ("capacity", "window")
        for limit in kinds:
            sets = [
                fits
                for fits in self.by_pattern(self.allowed)
                if all(set(fit.over) <= {limit} for fit in fits) and any(fit.over for fit in fits)
            ]
            if sets:
                best = min(sets, key=lambda fits: sum(sum(fit.over.values()) for fit in fits))
                amount = sum(sum(fit.over.values()) for fit in best)
                late = next(fit for fit in best if fit.over)
                day, who = late.workday.day, late.person.id
                text = (
                    Said(
                        f"第 {day} 天（{who}）增加载量 {amount:.0f}",
                        f"{amount:.0f} more load on day {day} ({who})",
                    )
                    if limit == "capacity"
                    else Said(
                        f"第 {day} 天（{who}）时间窗延长 {amount:.0f} 分钟",
                        f"{amount:.0f} minutes of longer hours on day {day} ({who})",
                    )
                )
                found.append(Cure.of(limit, amount, text, late.workday.day, late.person.id, _cost(best)))
        return found


def _cost(fits: Collection[Fit]) -> float:
    return math.fsum(fit.cost for fit in fits)


SENTENCES: dict[Limit, tuple[str, Said]] = {
    "hours": (
        "minutes",
        Said(
            "最接近的是第 {day} 天，但 {who} 要在当天结束后 {by:.0f} 分钟才能回来",
            "{who} would be back {by:.0f} minutes after the end of day {day}, the day that comes nearest",
        ),
    ),
    "duration": (
        "minutes",
        Said(
            "最接近的是第 {day} 天，但比 {who} 当天可工作的时间多 {by:.0f} 分钟",
            "{by:.0f} minutes more than {who} may work on day {day}, the day that comes nearest",
        ),
    ),
    "period": (
        "minutes",
        Said(
            "比 {who} 在周期内可工作的时间多 {by:.0f} 分钟",
            "{by:.0f} minutes more than {who} may work in the period",
        ),
    ),
    "capacity": (
        "load",
        Said(
            "最接近的是第 {day} 天，但载量比 {who} 能带的多 {by:g}",
            "{by:g} more load than {who} may carry on day {day}, the day that comes nearest",
        ),
    ),
    "stops": (
        "visits",
        Said(
            "最接近的是第 {day} 天，但比 {who} 当天可做的拜访多 {by:.0f} 次",
            "{by:.0f} visits more than {who} may make on day {day}, the day that comes nearest",
        ),
    ),
    "window": (
        "minutes",
        Said(
            "最接近的是第 {day} 天，但 {who} 要比时间窗晚 {by:.0f} 分钟",
            "{who} would be {by:.0f} minutes late for hours on day {day}, the day that comes nearest",
        ),
    ),
}


def _reason(fit: Fit) -> Reason:
    """The limit of a fit that is broken: what is no time first, since more time would not cure it."""
    order: Sequence[Limit] = ("window", "capacity", "stops", "hours", "duration", "period")
    limit = next(limit for limit in order if limit in fit.over)
    unit, text = SENTENCES[limit]
    by, day = fit.over[limit], fit.workday.day
    shown = max(by, 1.0) if unit == "minutes" else by  # never "0 minutes"
    said = text.format(who=fit.person.id, by=shown, day=day)
    return Reason.of(limit, by, unit, said, day, fit.person.id)
