"""Plans that are kept side by side, the better and the more different the longer.

Vidal, Crainic, Gendreau, Lahrichi and Rei (2012), section 4.3 and 4.6: parents are drawn by binary tournament on a
fitness made of the rank in cost and the rank in contribution to diversity, and the worst by it leave.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..instance import Floats, Instance, Longs
from .state import Kept

LEAST = 12
"""Plans that stay when the population is cut down."""
MORE = 16
"""Plans that may come before it is cut down."""
CLOSE = 4
"""So many nearest plans make the contribution to diversity."""
ELITE = 4
"""So many best plans cannot leave for being alike."""


def better(one: Kept, other: Kept) -> bool:
    """The one is the better plan: misses less, or costs less."""
    if (one.missed != other.missed).any():
        return bool(tuple(one.missed) < tuple(other.missed))
    return bool(one.cost[0] < other.cost[0] - 1e-9)


@dataclass
class Population:
    """See above. Deterministic: it draws from the generator that it is given."""

    made: Instance
    chance: np.random.Generator
    plans: list[Kept] = field(default_factory=list)
    follows: list[Longs] = field(default_factory=list)
    """[n, D] of each plan: who comes next after the customer on the day; -1 = not visited, -2 = nobody."""

    def add(self, plan: Kept) -> bool:
        """Takes the plan in, unless it is there already; cuts the population down when it has grown."""
        follows = self._follows(plan)
        if any(np.array_equal(follows, other) for other in self.follows):
            return False
        self.plans.append(plan)
        self.follows.append(follows)
        if len(self.plans) > LEAST + MORE:
            self._cut()
        return True

    def parents(self) -> tuple[Kept, Kept]:
        """Two plans, different ones where there are."""
        fitness = self._fitness(self._apart())
        one = self._drawn(fitness)
        other = one
        for _ in range(8):
            other = self._drawn(fitness)
            if other != one:
                break
        return self.plans[one], self.plans[other]

    def leaders(self) -> list[Kept]:
        """The best plans."""
        return [self.plans[i] for i in self._order()[:ELITE]]

    def clear(self) -> None:
        """Nothing is kept."""
        self.plans.clear()
        self.follows.clear()

    def _drawn(self, fitness: Floats) -> int:
        one, other = self.chance.integers(len(self.plans), size=2)
        return int(one if fitness[one] <= fitness[other] else other)

    def _follows(self, plan: Kept) -> Longs:
        follows = np.full((self.made.customers, self.made.days), -1, np.int64)
        for s in range(self.made.slots):
            line = plan.route[s, : plan.size[s]]
            if len(line):
                follows[line[:-1], self.made.slot_day[s]] = line[1:]
                follows[line[-1], self.made.slot_day[s]] = -2
        return follows

    def _apart(self) -> Floats:
        """[plans, plans] part of customers' days that are followed otherwise (broken pairs and other days)."""
        every = np.stack(self.follows).reshape(len(self.follows), -1)
        return np.array([(every != one).mean(axis=1) for one in every])

    def _order(self) -> Longs:
        """Plans' numbers, best first."""
        keys = [(tuple(plan.missed), float(plan.cost[0])) for plan in self.plans]
        return np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int64)

    def _fitness(self, apart: Floats) -> Floats:
        """Biased fitness, the smaller the better (equation 4)."""
        count = len(self.plans)
        by_cost, by_distance = np.zeros(count), np.zeros(count)
        by_cost[self._order()] = np.arange(count)
        close = np.sort(apart + np.diag(np.full(count, np.inf)), axis=1)[:, :CLOSE]
        spread = np.where(np.isfinite(close), close, 0.0).mean(axis=1)
        by_distance[np.argsort(-spread, kind="stable")] = np.arange(count)
        return np.asarray(by_cost + (1.0 - min(ELITE, count) / count) * by_distance, np.float64)

    def _cut(self) -> None:
        while len(self.plans) > LEAST:
            fitness = self._fitness(self._apart())
            fitness[self._order()[0]] = -1.0
            worst = int(np.argmax(fitness))
            del self.plans[worst], self.follows[worst]
