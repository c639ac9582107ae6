"""Random histories of the small company: late, doubled, corrected, suspended, handed over, merged, under new versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from guanxi.cores.norms.controls import Version
from guanxi.cores.norms.tests.world import DAYS_2026, PACK, R1, R5, RHYTHMS, World, pack

PEOPLE: dict[str, tuple[str, dict[str, list[Any]]]] = {
    "customer.created": (
        "customer",
        {"grade": ["A", "B", "C"], "manager": ["lin", "zhao"], "area": ["n", "s"]},
    ),
    "customer.graded": ("customer", {"grade": ["A", "B", "C"]}),
    "customer.handed_over": ("customer", {"manager": ["lin", "zhao"]}),
    "customer.closed": ("customer", {}),
    "customer.reopened": ("customer", {}),
    "person.joined": ("person", {"department": ["D1", "D2"]}),
    "person.away": ("person", {"deputy": ["zhao", None]}),
    "visit.completed": ("visit", {"owner": ["lin", "zhao"], "minutes": [20, 90]}),
    "visit.handed_over": ("visit", {"owner": ["lin", "zhao"]}),
    "visit.reported": ("visit", {"blank": [False, False, True]}),
    "visit.annulled": ("visit", {}),
    "visit.planned": ("visit", {"owner": ["lin"], "starts": ["2026-02-20T10:00:00+08:00"]}),
    "visit.packed": ("visit", {}),
    "visit.checked_in": ("visit", {}),
    "notice.sent": (
        "notice",
        {"departments": [["D1"], ["D1", "D2"]], "starts": ["2026-02-20T10:00:00+08:00"]},
    ),
    "notice.received": ("notice", {"department": ["D1", "D2"]}),
    "credit.changed": ("customer", {"cause": ["", "x"]}),
    "call.logged": ("customer", {"minutes": [10, 40]}),
}
IDS = {"customer": ["C1", "C2"], "person": ["lin", "zhao"], "visit": ["V1", "V2"], "notice": ["N1"]}
STRICTER = pack(
    PACK.replace("on_new_version: keep", "on_new_version: restate").replace(
        "default: 1, min: 0", "default: 3, min: 0"
    )
)
VOIDING = pack(
    RHYTHMS.replace("parameters:", "on_new_version: void\nparameters:").replace(
        "default: 30d", "default: 10d"
    )
)
START = datetime(2026, 2, 9, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Step:
    """One thing that happens: after how many hours, recorded how many hours late."""

    what: str
    subject: str
    data: tuple[tuple[str, Any], ...]
    gap: int
    late: int
    pick: int


@st.composite
def steps(draw: st.DrawFn, late: bool = True, faults: bool = True) -> Step:
    """One step; without ``faults`` nothing that may change the past."""
    kinds = [*PEOPLE, "norms.ticked", "norms.ticked", "norms.ticked"]
    if faults:
        kinds += ["suspend", "resume", "waive", "annul", "correct", "calendar", "merge", "R1", "R5"]
    what = draw(st.sampled_from(kinds))
    subject, data = "", dict[str, Any]()
    if what in PEOPLE:
        kind, fields = PEOPLE[what]
        subject = draw(st.sampled_from(IDS[kind]))
        data = {name: draw(st.sampled_from(options)) for name, options in fields.items()}
    gap = draw(st.sampled_from([0, 0, 1, 7, 24, 100]))
    lateness = draw(st.sampled_from([0, 0, 0, 5, 30, 80, 400])) if late else 0
    return Step(what, subject, tuple(data.items()), gap, lateness, draw(st.integers(0, 50)))


def histories(late: bool = True, faults: bool = True, size: int = 25) -> st.SearchStrategy[list[Step]]:
    """Lists of steps."""
    return st.lists(steps(late, faults), min_size=1, max_size=size)


def company() -> World:
    """A company in which both regulations are in force and one customer is known."""
    world = World(
        Version("1", R1),
        Version("1", R5),
        Version("2", STRICTER),
        Version("2", VOIDING),
        start="2026-01-01T00:00",
    )
    world.write(
        "customer.created",
        START,
        START,
        "customer",
        "C1",
        "C1",
        {"grade": "A", "manager": "lin", "area": "n"},
    )
    return world


def live(world: World, history: list[Step]) -> World:
    """Let a history happen."""
    now = START
    for step in history:
        now += timedelta(hours=step.gap)
        happen(world, step, now)
    return world


def happen(world: World, step: Step, now: datetime) -> None:
    """Let one step happen."""
    happened = now - timedelta(hours=step.late)
    data = dict(step.data)
    if step.what in PEOPLE:
        kind = PEOPLE[step.what][0]
        customer = step.subject if kind == "customer" else "C1" if kind == "visit" else None
        world.write(step.what, happened, now, kind, step.subject, customer, data)
    elif step.what == "norms.ticked":
        world.write("norms.ticked", now, now, "", "", None, {})
    elif step.what in ("suspend", "resume"):
        kind = "norms.suspended" if step.what == "suspend" else "norms.resumed"
        if step.pick % 2:
            world.write(kind, happened, now, "customer", IDS["customer"][step.pick % 4 // 2], None, {})
        elif found := sorted(world.store.obligations):
            world.write(kind, happened, now, "obligation", found[step.pick % len(found)], None, {})
    elif step.what == "waive":
        if found := sorted(world.store.obligations):
            world.write("norms.waived", now, now, "obligation", found[step.pick % len(found)], None, {})
    elif step.what in ("annul", "correct"):
        _correct(world, step, now)
    elif step.what == "calendar":
        days: Mapping[str, str] = {
            **DAYS_2026,
            f"2026-02-{10 + step.pick % 18}": ["rest", "work"][step.pick % 2],
        }
        load = {"year": 2026, "published": True, "days": days}
        world.write("calendar.loaded", now, now, "", "", None, load)
        world.roll()
    elif step.what == "merge":
        merged = [f for f in world.journal if f.kind == "customer.merged"]
        if not merged and world.store.entity("customer", "C2"):
            world.write("customer.merged", happened, now, "customer", "C2", "C2", {"into": "C1"})
    elif step.what in ("R1", "R5"):
        entries = (world.store.state("versions") or {})["regulations"][step.what]
        if len(entries) == 1:
            data = {"regulation": step.what, "version": "2"}
            world.write("norms.version_in_force", now, now, "", "", None, data)
            world.roll()


def _correct(world: World, step: Step, now: datetime) -> None:
    found = [f for f in world.journal if f.kind in PEOPLE and world.store.fact(f.seq) is not None]
    if not found:
        return
    fact = found[step.pick % len(found)]
    if step.what == "annul":
        world.write("journal.annulled", now, now, "", "", None, {"fact": fact.seq})
        return
    earlier = (fact.happened_at - timedelta(hours=step.pick)).isoformat()
    fields = PEOPLE[fact.kind][1]
    changed = {name: options[step.pick % len(options)] for name, options in fields.items()}
    data = {"fact": fact.seq, "data": changed, "happened_at": earlier if step.pick % 2 else None}
    world.write("journal.corrected", now, now, "", "", None, data)
