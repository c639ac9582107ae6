"""How many facts a second one core takes: ``python -m guanxi.cores.norms.tests.speed``. Prints; asserts nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from timeit import default_timer
from typing import Any

from guanxi.cores.norms.controls import Version
from guanxi.cores.norms.engine import Engine
from guanxi.cores.norms.model import Fact
from guanxi.cores.norms.store import MemoryStore
from guanxi.cores.norms.tests.world import CATALOGUE, DAYS_2026, R1, R5, ZONE

START = datetime(2026, 1, 5, 1, tzinfo=UTC)


def journal(customers: int, days: int) -> list[Fact]:
    """A plain half-year: customers in two grades, visits with reports, calls, planned visits, promises, hourly ticks."""
    facts: list[Fact] = []

    def write(
        kind: str, at: datetime, subject_kind: str, subject: str, customer: str | None, data: dict[str, Any]
    ) -> None:
        seq = len(facts) + 1
        facts.append(Fact(seq, kind, at, at, "p1", subject_kind, subject, customer, data, 1, f"k{seq}"))

    write("calendar.loaded", START, "", "", None, {"year": 2026, "published": True, "days": DAYS_2026})
    for regulation in ("R1", "R5"):
        write("norms.version_in_force", START, "", "", None, {"regulation": regulation, "version": "1"})
    for person in range(20):
        write("person.joined", START, "person", f"p{person}", None, {"department": f"D{person % 3}"})
    for c in range(customers):
        data = {"grade": "AB"[c % 2], "manager": f"p{c % 20}", "area": f"a{c % 7}"}
        write("customer.created", START + timedelta(seconds=c), "customer", f"C{c}", f"C{c}", data)
    visit = 0
    for day in range(days):
        at = START + timedelta(days=1 + day)
        for minute in range(customers // 20):
            visit += 1
            moment = at + timedelta(minutes=minute)
            customer, owner = f"C{(visit * 7) % customers}", f"p{visit % 20}"
            planned = {"owner": owner, "starts": (moment + timedelta(hours=1)).isoformat()}
            write("visit.planned", moment, "visit", f"V{visit}", customer, planned)
            write("visit.packed", moment, "visit", f"V{visit}", customer, {})
            write("visit.checked_in", moment, "visit", f"V{visit}", customer, {})
            write(
                "visit.completed",
                moment,
                "visit",
                f"V{visit}",
                customer,
                {"owner": owner, "minutes": 30 + visit % 90},
            )
            write("customer.graded", moment, "customer", customer, customer, {"grade": "AB"[visit % 5 == 0]})
            for _ in range(3):
                write("visit.handed_over", moment, "visit", f"X{visit}", customer, {"owner": owner})
                write("call.logged", moment, "customer", customer, customer, {"minutes": 10 + visit % 40})
            if visit % 10:
                write("visit.reported", moment, "visit", f"V{visit}", customer, {"blank": False})
        for hour in range(0, 24, 4):
            write("norms.ticked", at + timedelta(hours=hour, minutes=59), "", "", None, {})
    return sorted(facts, key=lambda f: (f.recorded_at, f.seq))


def main() -> None:
    """Print facts a second."""
    facts = [
        Fact(place, *[getattr(f, name) for name in list(Fact.__dataclass_fields__)[1:]])
        for place, f in enumerate(journal(400, 120), 1)
    ]
    engine = Engine([Version("1", R1), Version("1", R5)], CATALOGUE, ZONE)
    store = MemoryStore()
    begun = default_timer()
    for fact in facts:
        engine.apply(fact, store)
    took = default_timer() - begun
    print(
        f"{len(facts)} facts, {len(store.obligations)} obligations, {len(store.measures)} lines of measures"
    )
    print(f"{took:.2f} s: {len(facts) / took:,.0f} facts a second on one core")


if __name__ == "__main__":
    main()
