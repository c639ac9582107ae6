"""The search: plans are bred from plans, each brought up by ruin and recreate.

A population of plans (Vidal, Crainic, Gendreau, Lahrichi and Rei 2012) whose children are educated not by local search
but by a short annealed ruin and recreate (Christiaens and Vanden Berghe 2020), which keeps every limit at all times.

Each round every island brings up one plan, in a fixed number of steps and by its own random numbers; then they meet. So
the pool that runs them changes nothing in the result: with a number of steps given, the same seed gives the same plan
bit for bit. With seconds, the clock decides only how many rounds there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..instance import Floats, Instance
from . import crossing
from .answer import Answer, Point, from_routes, to_answer
from .best import fill, note
from .population import Population, better
from .state import Ground, Kept, State, copy, ground, kept, most_stops, state
from .steps import anneal

Pool = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""Like the built-in map: applies a function to each, perhaps side by side."""

REMOVED = 10.0
"""Customers taken out in a step, on average."""
LONGEST = 10.0
"""Longest string."""
SPLIT = 0.5
"""Part of strings of which some visits in the middle are left in place."""
DEEPER = 0.01
"""Chance that no further visit is left in place."""
BLINK = 0.01
"""Chance of overlooking a slot."""
OTHER = 0.05
"""Chance of overlooking a pattern."""
ONE_DAY = 0.5
"""Part of steps that work on one day alone, patterns kept."""
ABSENT = 20
"""Most customers that are not planned and are tried in each step."""
HOT, COLD = 0.3, 0.01
"""Temperature at the start and the end of a first plan, in parts of a plan's cost for each visit."""
WARM = 0.02
"""Temperature at the start of a child's education."""
ISLANDS = 2
FIRST, FIRST_CUSTOMERS = 4, 600
"""Rounds of first plans: four, fewer where they have more customers than this in all, but two."""
FIRST_STEPS, CHILD_STEPS = 60, 30
"""Steps for each customer that bring up a first plan, and a child."""
PATIENCE = 80
"""Rounds without a better plan in the population, after which it is begun anew."""
MOST_STEPS = 12_000
"""Steps of a round at most."""
LOOK_UP = 200
"""Steps after which an island looks whether the time is over."""


@dataclass
class Island:
    """Where a plan is brought up."""

    now: State
    best: Kept


@dataclass
class Epoch:
    """The life of a population: from first plans until nothing better comes; then anew, with the best laid aside.

    When the new population has come to its end as well, those laid aside join it, and both are bred on.
    """

    plans: Population
    rounds: int = 0
    best: Kept | None = None
    since: int = 0
    """Rounds since the population had a better plan."""
    aside: list[Kept] = field(default_factory=list)

    def add(self, plan: Kept) -> None:
        """A plan was brought up."""
        self.plans.add(plan)
        if self.best is None or better(plan, self.best):
            self.best, self.since = plan, 0

    def turn(self) -> None:
        """A round is over."""
        self.rounds += 1
        self.since += 1
        if self.since <= PATIENCE:
            return
        self.since = 0
        if self.aside:
            for plan in self.aside:
                self.add(plan)
            self.aside = []
        else:
            self.aside = self.plans.leaders()
            self.plans.clear()
            self.rounds, self.best = 0, None


@dataclass(frozen=True)
class Task:
    """One round's work of an island."""

    about: Ground
    island: Island
    parents: tuple[Kept, Kept] | None
    steps: int
    hot: float
    cold: float
    ended: Callable[[], bool] = lambda: False
    """Whether the search is over, so that the round is broken off."""


def rules(absent: float = ABSENT) -> Floats:
    """Parameters of a step, as compiled code takes them."""
    return np.array([REMOVED, LONGEST, SPLIT, DEEPER, BLINK, ONE_DAY, absent, OTHER])


def search(
    made: Instance,
    *,
    seed: int = 0,
    seconds: float | None = None,
    iterations: int | None = None,
    clock: Callable[[], float] | None = None,
    pool: Pool | None = None,
    start: Sequence[Sequence[int]] | None = None,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[Point], None] | None = None,
) -> Answer:
    """The best plan found in so many seconds of the clock, or so many steps of each island (iterations)."""
    budget = Budget(seconds, iterations, clock)
    width = most_stops(made)
    if not made.customers or not made.slots:
        return to_answer(made, kept(made, width), 0, [])
    about = ground(made)
    first = from_routes(made, width, start) if start is not None else kept(made, width)
    islands = [Island(state(made, about, seed * ISLANDS + i), copy(first)) for i in range(ISLANDS)]
    begin(about, islands)
    best = copy(min_plan(islands))
    plans = Population(made, np.random.default_rng([seed, made.customers]))
    if start is not None:
        plans.add(copy(best))
    trace = [Point(budget.seconds(), 0, int(best.missed.sum()), float(best.cost[0]))]
    if progress:
        progress(trace[-1])
    epoch = Epoch(plans)
    while not budget.over() and not (stop and stop()):
        tasks = _tasks(about, islands, epoch, best, budget, lambda: budget.over() or bool(stop and stop()))
        budget.spent(max((pool or map)(bring_up, tasks)))
        for island in islands:
            epoch.add(copy(island.best))
        epoch.turn()
        found = min_plan(islands)
        if better(found, best):
            best = copy(found)
            trace.append(Point(budget.seconds(), budget.steps, int(best.missed.sum()), float(best.cost[0])))
            if progress:
                progress(trace[-1])
    return to_answer(made, best, budget.steps, trace)


def begin(about: Ground, islands: Sequence[Island]) -> None:
    """Each island takes up its first plan and inserts whatever is not in it."""
    for island in islands:
        fill(about, island.now, island.best)
        note(island.now, island.best)
        anneal(about, island.now, island.best, rules(np.inf), 1, 0.0, 0.0)


def min_plan(islands: Sequence[Island]) -> Kept:
    """The best of the islands' plans; the first among equals."""
    best = islands[0].best
    for island in islands[1:]:
        if better(island.best, best):
            best = island.best
    return best


def _tasks(
    about: Ground,
    islands: Sequence[Island],
    epoch: Epoch,
    best: Kept,
    budget: Budget,
    ended: Callable[[], bool],
) -> list[Task]:
    """A round's work: first plans, then children."""
    n = len(best.pattern)
    scale = max(float(best.cost[0]), 1e-9) / max(int(best.size.sum()), 1)
    firsts = max(2, min(FIRST, FIRST_CUSTOMERS // max(n, 1)))
    first = epoch.rounds < firsts or len(epoch.plans.plans) < 2
    steps = budget.round(min((FIRST_STEPS if first else CHILD_STEPS) * n, MOST_STEPS))
    hot = (HOT if first else WARM) * scale
    return [
        Task(about, island, None if first else epoch.plans.parents(), steps, hot, COLD * scale, ended)
        for island in islands
    ]


def bring_up(task: Task) -> int:
    """A new plan from nothing or from its parents, educated; found in the island's best. Says how many steps it took."""
    about, now, best = task.about, task.island.now, task.island.best
    if task.parents is None:
        crossing.clear(about, now)
        note(now, best)
        anneal(about, now, best, rules(np.inf), 1, 0.0, 0.0)
    else:
        crossing.cross(about, now, *task.parents)
    note(now, best)
    done, hot = 0, task.hot
    while done < task.steps and not (done and task.ended()):
        length = min(LOOK_UP, task.steps - done)
        cold = task.hot * (task.cold / task.hot) ** ((done + length) / task.steps)
        anneal(about, now, best, rules(), length, hot, cold)
        done, hot = done + length, cold
    return done


def trial(made: Instance) -> None:
    """One step of everything that is compiled."""
    about = ground(made)
    island = Island(state(made, about, 0), kept(made, about.width))
    begin(about, [island])
    for parents in (None, (copy(island.best), copy(island.best))):
        bring_up(Task(about, island, parents, 1, 1.0, 1.0))


class Budget:
    """How much of the search is done: by steps, or by the clock."""

    def __init__(
        self, seconds: float | None, iterations: int | None, clock: Callable[[], float] | None
    ) -> None:
        if iterations is None and (seconds is None or clock is None):
            raise ValueError("either iterations, or seconds and a clock")
        self.limit, self.iterations, self.clock = seconds, iterations, clock
        self.steps = 0
        self.began = clock() if clock else 0.0

    def seconds(self) -> float:
        """Since the beginning."""
        return self.clock() - self.began if self.clock else 0.0

    def round(self, length: int) -> int:
        """Steps of the next round."""
        return length if self.iterations is None else min(length, self.iterations - self.steps)

    def spent(self, size: int) -> None:
        """A round is done."""
        self.steps += size

    def over(self) -> bool:
        """Nothing is left."""
        if self.iterations is not None and self.steps >= self.iterations:
            return True
        return self.limit is not None and self.clock is not None and self.seconds() >= self.limit
