"""How many facts a second one core takes: ``python -m guanxi.cores.norms.tests.speed``. Prints; asserts nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from resource import RUSAGE_SELF, getrusage
from typing import Any

from guanxi.cores.norms.controls import Version
from guanxi.cores.norms.engine import Engine
from guanxi.cores.norms.model import Fact
from guanxi.cores.norms.store import MemoryStore
from guanxi.cores.norms.tests.world import CATALOGUE, DAYS_2026, R1, R5, ZONE

START = datetime(2026, 1, 5, 1, tzinfo=UTC)


def journal(customers: int, days: int, plain: bool) -> list[Fact]:
    """Working days of a company: customers in two grades, visits from plan to report, calls, ticks every four hours.

    Of the twenty facts around a visit five open, fulfil or watch an obligation and one is a call; the others are what a
    journal is full of: an attempt per action with what its gates read, and changes that no clause looks at. Without
    ``plain`` only the six are written.
    """
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
        write("customer.created", START, "customer", f"C{c}", f"C{c}", data)
    asked = {
        "action": "visits.plan",
        "values": {"purpose": "x"},
        "open_duties": {},
        "passed": True,
        "failed": [],
        "waived": [],
    }
    visit = 0
    for day in range(days):
        at = START + timedelta(days=1 + day)
        for number in range(customers // 20):
            visit += 1
            now = at + timedelta(minutes=number)
            customer, owner, v = f"C{(visit * 7) % customers}", f"p{visit % 20}", f"V{visit}"
            planned = {"owner": owner, "starts": (now + timedelta(hours=1)).isoformat()}
            write("visit.planned", now, "visit", v, customer, planned)
            now += timedelta(seconds=10)
            write("visit.packed", now, "visit", v, customer, {})
            now += timedelta(seconds=10)
            write("visit.checked_in", now, "visit", v, customer, {})
            now += timedelta(seconds=10)
            write("visit.completed", now, "visit", v, customer, {"owner": owner, "minutes": 30 + visit % 90})
            now += timedelta(seconds=10)
            write("call.logged", now, "customer", customer, customer, {"minutes": 10 + visit % 40})
            now += timedelta(seconds=10)
            if visit % 10:
                write("visit.reported", now, "visit", v, customer, {"blank": False})
            for place in range(14 if plain else 0):
                if place % 2:
                    write("norms.asked", now, "visit", v, customer, asked)
                else:
                    write("visit.handed_over", now, "visit", f"X{visit}-{place}", customer, {"owner": owner})
        for hour in range(0, 24, 4):
            write("norms.ticked", at + timedelta(hours=hour, minutes=59), "", "", None, {})
    return facts


def main() -> None:
    """Print facts a second, for a whole journal and for its facts that obligations live on."""
    for plain in (True, False):
        facts = journal(400, 90, plain)
        engine, store = Engine([Version("1", R1), Version("1", R5)], CATALOGUE, ZONE), MemoryStore()
        begun = getrusage(RUSAGE_SELF).ru_utime
        for fact in facts:
            engine.apply(fact, store)
        took = getrusage(RUSAGE_SELF).ru_utime - begun
        print(
            f"{'whole journal' if plain else 'only facts that move obligations'}: {len(facts)} facts,",
            end=" ",
        )
        print(
            f"{len(store.obligations)} obligations, {took:.2f} s of one core: {len(facts) / took:,.0f} facts a second"
        )


if __name__ == "__main__":
    main()
