"""Towns to try divisions on, made from a seed: clustered, linear, on a river with bridges."""

from __future__ import annotations

from typing import Literal

import numpy as np

from .geometry import Floats
from .model import Barrier, Customer, Person, Problem

Kind = Literal["clustered", "linear", "river"]
KINDS: tuple[Kind, ...] = ("clustered", "linear", "river")

VISITS, VISIT_SHARES = (1.0, 2.0, 4.0), (0.5, 0.3, 0.2)
MINUTES, MINUTE_SHARES = (20.0, 30.0, 45.0, 60.0), (0.3, 0.4, 0.2, 0.1)
A_PERSON_HAS_KM2 = 25.0


def town(
    kind: Kind, customers: int, people: int, seed: int, *, even: bool = False, **wanted: object
) -> Problem:
    """A problem of a kind. The side of the town's square grows with the people, 25 km2 for each.

    clustered: nine in ten customers lie about centres (one for 60 customers) whose sizes and widths differ widely, the
    tenth anywhere. linear: along a road that winds across the square, and along two side roads. river: clustered, with a
    river from west to east that has a bridge every 8 km or so, and a tributary with one bridge.
    Visits 1, 2 or 4 in the period, 20 to 60 minutes; `even`: one visit of 30 minutes each. `wanted`: further fields of
    the problem. ValueError for another kind.
    """
    generator = np.random.default_rng([KINDS.index(kind), customers, people, seed])
    side = 1000 * float(np.sqrt(A_PERSON_HAS_KM2 * people))
    barriers: tuple[Barrier, ...] = ()
    if kind == "linear":
        points = _linear(generator, customers, side)
    else:
        points = _clustered(generator, customers, side)
    if kind == "river":
        barriers = _rivers(generator, side)
    visits = generator.choice(VISITS, customers, p=VISIT_SHARES)
    minutes = generator.choice(MINUTES, customers, p=MINUTE_SHARES)
    made = tuple(
        Customer(
            f"c{i + 1}",
            round(float(points[i, 0]), 1),
            round(float(points[i, 1]), 1),
            30.0 if even else float(minutes[i]),
            1.0 if even else float(visits[i]),
        )
        for i in range(customers)
    )
    people_made = tuple(Person(f"p{k + 1}") for k in range(people))
    return Problem(made, people_made, barriers, **wanted)  # type: ignore[arg-type]


def _clustered(generator: np.random.Generator, many: int, side: float) -> Floats:
    centres = generator.uniform(0, side, (max(many // 60, 3), 2))
    weight = generator.pareto(1.5, len(centres)) + 0.2
    width = generator.uniform(150, 1200, len(centres))
    which = generator.choice(len(centres), many, p=weight / weight.sum())
    about = centres[which] + generator.normal(size=(many, 2)) * width[which, None]
    anywhere = generator.uniform(size=many) < 0.1
    about[anywhere] = generator.uniform(0, side, (int(anywhere.sum()), 2))
    return np.clip(about, 0, side)


def _linear(generator: np.random.Generator, many: int, side: float) -> Floats:
    along = generator.uniform(0, 1, many)
    bends = generator.uniform(0.05, 0.15, 3)
    turns = generator.uniform(0, 2 * np.pi, 3)

    def road(t: Floats) -> Floats:
        y = 0.5 + sum(bends[k] * np.sin(2 * np.pi * (k + 1) * t + turns[k]) for k in range(3)) / 1.5
        return np.column_stack([t, y])

    points = road(along)
    kind = generator.uniform(size=many)
    for share, at, slope in ((0.15, 0.3, 0.5), (0.3, 0.7, -0.5)):
        branch = (kind < share) & (kind >= share - 0.15)
        out = generator.uniform(-0.4, 0.4, int(branch.sum()))
        points[branch] = road(np.full(len(out), at)) + np.column_stack([out * slope * 0.3, out])
    points = np.clip(points, 0, 1) * side
    return np.clip(points + generator.normal(0, 120, (many, 2)), 0, side)


def _rivers(generator: np.random.Generator, side: float) -> tuple[Barrier, ...]:
    """Lines 500 m long at most; a bridge is a gap of 300 m."""
    t = np.linspace(-0.05, 1.05, max(int(side * 1.1 / 500), 8))
    turn = generator.uniform(0, 2 * np.pi)
    main = side * np.column_stack([t, 0.5 + 0.08 * np.sin(2 * np.pi * 1.5 * t + turn)])
    bridges = max(int(side / 8000), 2)
    found = _cut("river", main, [(k + 0.5) / bridges for k in range(bridges)])
    at = int(len(main) * generator.uniform(0.3, 0.7))
    down = np.linspace(0.015, 1.05, max(int(side / 1000), 8))
    x = main[at, 0] + side * 0.05 * np.sin(4 * down)
    tributary = np.column_stack([x, main[at, 1] * (1 - down)])
    return (*found, *_cut("tributary", tributary, [0.5]))


def _cut(name: str, line: Floats, bridges: list[float]) -> tuple[Barrier, ...]:
    """A line with gaps of 300 m at shares of its length, as barriers."""
    step = np.hypot(*np.diff(line, axis=0).T)
    length = np.concatenate([[0], np.cumsum(step)])

    def at(metres: float) -> tuple[float, float]:
        return (
            round(float(np.interp(metres, length, line[:, 0])), 1),
            round(float(np.interp(metres, length, line[:, 1])), 1),
        )

    bounds = [
        0.0,
        *(m for b in bridges for m in (b * length[-1] - 150, b * length[-1] + 150)),
        float(length[-1]),
    ]
    found = []
    for number, (begin, end) in enumerate(zip(bounds[::2], bounds[1::2], strict=True), 1):
        inner = [(round(float(x), 1), round(float(y), 1)) for x, y in line[(length > begin) & (length < end)]]
        found.append(Barrier(f"{name} {number}", (at(begin), *inner, at(end))))
    return tuple(found)
