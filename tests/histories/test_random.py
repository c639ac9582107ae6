"""Given random people doing random things, with faults at every step of perform, then the chain holds, nothing is half
done, and the tables hold what replaying the journal gives. Seeds are named in the test ids."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from guanxi.domains.customers.models import Account, Need, Promise
from guanxi.domains.customers.models_merger import Merger
from guanxi.domains.visits.models import Visit
from guanxi.platform.journal.models import Call, Fact, Head
from guanxi.platform.journal.stage import Journal
from guanxi.platform.journal.verify import verify
from guanxi.platform.kernel import ActionError, fixed_clock, perform
from guanxi.platform.kernel.perform import stages
from guanxi.platform.people.tests.cast import Cast, make_cast
from guanxi.platform.regulations.models import Obligation
from guanxi.platform.regulations.replay import differences
from guanxi.platform.regulations.stage import Regulations
from guanxi.platform.regulations.store import SqlStore
from guanxi.platform.regulations.ticking import drain, roll_out
from tests.company import START, bring_into_force

HISTORIES = 1000
MANAGERS = ("customers.grade", "customers.merge", "customers.unmerge", "visits.reassign", "obligations")
CHUNK = 50
pytestmark = pytest.mark.django_db
KILL_POINTS = ("rights", "earlier", "append", "follow", "flush", "remember")


class Killed(Exception):
    """The process dies here."""


@pytest.fixture(scope="module")
def company(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cast]:
    """The cast with R1 and R5 in force, made once; every history starts from it."""
    with django_db_blocker.unblock(), transaction.atomic():
        cast = make_cast()
        bring_into_force(cast, "R1", "R5")
        yield cast
        transaction.set_rollback(True)


@contextmanager
def taken_back() -> Iterator[None]:
    """Everything inside is undone at the end."""
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)
        for stage in stages.obligations:
            stage.forget()


@contextmanager
def killed_at(point: str) -> Iterator[None]:
    """The next perform dies at this step."""
    owner: Any = {"rights": type(stages.rights), "follow": Regulations, "flush": SqlStore}.get(point, Journal)
    name = {"rights": "check"}.get(point, point)
    true = getattr(owner, name)

    def dies(*arguments: Any, **named: Any) -> Any:
        if point in ("append", "follow", "flush"):
            true(*arguments, **named)  # it dies after the work, which is worse
        raise Killed(point)

    setattr(owner, name, dies)
    try:
        yield
    finally:
        setattr(owner, name, true)


@dataclass
class World:
    """A random history: its dice, people, clock."""

    cast: Cast
    dice: random.Random
    now: datetime = START
    done: int = 0
    refused: int = 0
    killed: int = 0
    keys: list[tuple[str, dict[str, Any], Any, str]] = field(default_factory=list)

    def one(self, rows: Any) -> Any:
        found = list(rows.order_by("pk")[:20])
        return self.dice.choice(found) if found else None

    def step(self) -> None:
        self.now += timedelta(minutes=self.dice.choice([1, 20, 60, 300, 1440, 4000]))
        made = self.dice.choices(MOVES, weights=WEIGHTS)[0](self)
        if made is None:
            return
        name, data = made
        cast = self.cast
        fits = cast.wang if name.startswith(MANAGERS) else cast.lin
        actor = self.dice.choice([fits] * 7 + [cast.lin, cast.wang, cast.zhao, cast.sun, cast.wu])
        self.attempt(name, data, actor, f"k{self.done}-{self.refused}-{self.killed}")

    def begin(self) -> None:
        """A customer and a planned visit of 林晓, so that most moves find something to move."""
        for move in (create, on_customer("visits.plan", **PLAN)):
            name, data = move(self) or ("", {})
            perform(name, data, actor=self.cast.lin, key=f"begin-{name}", clock=fixed_clock(self.now))

    def attempt(self, name: str, data: dict[str, Any], actor: Any, key: str) -> None:
        happened = self.now - timedelta(minutes=self.dice.choice([0, 0, 0, 30, 600, 3000]))
        before = (Fact.objects.count(), Call.objects.count(), Visit.objects.count(), Account.objects.count())

        def go() -> None:
            perform(name, data, actor=actor, key=key, happened_at=happened, clock=fixed_clock(self.now))

        if self.dice.random() < 0.2:
            with killed_at(self.dice.choice(KILL_POINTS)), pytest.raises((Killed, ActionError)) as fault:
                go()
            if fault.type is Killed:
                self.killed += 1
                after = (
                    Fact.objects.count(),
                    Call.objects.count(),
                    Visit.objects.count(),
                    Account.objects.count(),
                )
                assert after == before, f"{name} was killed half done"
                return
        try:
            go()
        except ActionError:
            self.refused += 1
            return
        self.done += 1
        self.keys.append((name, data, actor, key))

    def again(self) -> None:
        """A call that is sent a second time writes nothing."""
        if not self.keys:
            return
        name, data, actor, key = self.dice.choice(self.keys)
        before = Fact.objects.count()
        assert perform(name, data, actor=actor, key=key, clock=fixed_clock(self.now)).replayed
        assert Fact.objects.count() == before


Move = Callable[[World], "tuple[str, dict[str, Any]] | None"]


def create(w: World) -> tuple[str, dict[str, Any]]:
    kinds = w.dice.choice([["company"], ["prospect"], ["company", "tenant"]])
    return "customers.create", {"name": f"客户{w.dice.randrange(10**6)}", "kinds": kinds}


def on_customer(name: str, **data: Callable[[World], Any]) -> Move:
    def move(w: World) -> tuple[str, dict[str, Any]] | None:
        row = w.one(Account.objects.all())
        return (name, {"customer": row.pk, **{n: f(w) for n, f in data.items()}}) if row else None

    return move


def on_visit(name: str, **data: Callable[[World], Any]) -> Move:
    def move(w: World) -> tuple[str, dict[str, Any]] | None:
        row = w.one(Visit.objects.exclude(state__in=["annulled"]))
        return (name, {"visit": row.pk, **{n: f(w) for n, f in data.items()}}) if row else None

    return move


def on_promise(name: str, **data: Callable[[World], Any]) -> Move:
    def move(w: World) -> tuple[str, dict[str, Any]] | None:
        row = w.one(Promise.objects.all())
        return (name, {"promise": row.pk, **{n: f(w) for n, f in data.items()}}) if row else None

    return move


def go_on(w: World) -> tuple[str, dict[str, Any]] | None:
    """The step that comes next in a visit's life."""
    row = w.one(Visit.objects.filter(state__in=NEXT))
    if row is None:
        return None
    if row.state == "planned" and not row.target:
        return "visits.edit", {"visit": row.pk, "target": "试用"}
    name, data = NEXT[row.state]
    left = {"left_at": (row.arrived_at + timedelta(hours=1)).isoformat()} if row.state == "checked_in" else {}
    return name, {"visit": row.pk, **data, **left}


def confirm_need(w: World) -> tuple[str, dict[str, Any]] | None:
    row = w.one(Need.objects.all())
    return ("needs.confirm", {"need": row.pk}) if row else None


def reassign(w: World) -> tuple[str, dict[str, Any]] | None:
    row = w.one(Visit.objects.all())
    return ("visits.reassign", {"visits": [row.pk], "owner": w.cast.zhao.pk}) if row else None


def tick(w: World) -> None:
    drain(fixed_clock(w.now))
    roll_out(fixed_clock(w.now))


def waive(w: World) -> tuple[str, dict[str, Any]] | None:
    row = Obligation.objects.filter(closed_at=None).order_by("pk").first()
    return ("obligations.ask_waiver", {"obligation": row.pk, "reason": "客户停业"}) if row else None


def suspend(w: World) -> tuple[str, dict[str, Any]] | None:
    row = Obligation.objects.filter(closed_at=None).order_by("-pk").first()
    verb = "obligations.resume" if row and row.state == "suspended" else "obligations.suspend"
    return (verb, {"obligation": row.pk, "reason": "客户停产"}) if row else None


def merge(w: World) -> tuple[str, dict[str, Any]] | None:
    rows = list(Account.objects.order_by("pk")[:20])
    if len(rows) < 2:
        return None
    stays, goes = w.dice.sample(rows, 2)
    return "customers.merge", {
        "customer": stays.pk,
        "other": goes.pk,
        "take": w.dice.sample(["name", "grade"], 1),
    }


def unmerge(w: World) -> tuple[str, dict[str, Any]] | None:
    row = w.one(Merger.objects.filter(undone_at=None))
    return ("customers.unmerge", {"merger": row.pk}) if row else None


def day(w: World) -> str:
    return (w.now + timedelta(days=w.dice.choice([0, 1, 5]))).date().isoformat()


def moment(w: World) -> str:
    return (w.now + timedelta(hours=w.dice.choice([1, 30, 200]))).isoformat()


PLAN: dict[str, Callable[[World], Any]] = {
    "planned_at": moment,
    "purpose": lambda w: "routine",
    "target": lambda w: w.dice.choice(["", "试用"]),
}
LINE = {"kind": "information", "text": "产线扩建"}
REPORT = {"summary": "谈妥", "needs_confirmed": True, "no_conflict": True, "no_help": True}
NEXT: dict[str, tuple[str, dict[str, Any]]] = {
    "planned": ("visits.confirm", {}),
    "confirmed": ("visits.check_in", {}),
    "checked_in": ("visits.check_out", {}),
    "completed": ("visits.report", REPORT),
    "reported": ("visits.set_next", {"reason": "客户出差"}),
}
MOVES: list[Move] = [
    go_on,
    create,
    on_customer("visits.plan", **PLAN),
    on_customer(
        "visits.drop_in",
        purpose=lambda w: "routine",
        target=lambda w: "认识新负责人",
        promotions_read=lambda w: True,
    ),
    on_customer("promises.make", what=lambda w: "寄样册", due_on=day),
    on_customer("needs.add", what=lambda w: "变频器", source=lambda w: "visit"),
    on_customer("customers.grade", grade=lambda w: w.dice.choice("ABC"), reason=lambda w: "年度评定"),
    on_customer("customers.close", reason_code=lambda w: "other", reason=lambda w: "停业"),
    on_customer("customers.reopen", reason=lambda w: "恢复经营"),
    on_customer("customers.confirm_card"),
    on_visit("visits.confirm"),
    on_visit("visits.prepare", packed=lambda w: []),
    on_visit("visits.check_in"),
    on_visit("visits.capture", lines=lambda w: [LINE]),
    on_visit("visits.check_out"),
    on_visit("visits.report", **{name: lambda w, value=value: value for name, value in REPORT.items()}),
    on_visit("visits.set_next", reason=lambda w: "客户出差"),
    on_visit("visits.not_met"),
    on_visit("visits.cancel", reason_code=lambda w: "other"),
    on_promise("promises.keep"),
    on_promise("promises.move", due_on=day, reason=lambda w: "缺货"),
    on_promise("promises.withdraw", reason=lambda w: "不再需要"),
    confirm_need,
    reassign,
    waive,
    suspend,
    merge,
    unmerge,
    tick,  # type: ignore[list-item]
    lambda w: w.again(),  # type: ignore[list-item,func-returns-value]
]
WEIGHTS = [30, 8, 8, 2, 5, 2, 2, 1, 1, 1, 5, 3, 6, 4, 6, 8, 3, 1, 1, 4, 2, 1, 1, 1, 1, 1, 3, 3, 6, 2]


@pytest.mark.parametrize("first", range(0, HISTORIES, CHUNK), ids=lambda n: f"seeds-{n}-{n + CHUNK - 1}")
def test_random_histories_hold(company: Cast, first: int) -> None:
    done = refused = killed = merged = 0
    for seed in range(first, first + CHUNK):
        with taken_back():
            world = World(company, random.Random(seed))
            world.begin()
            for _ in range(world.dice.randrange(8, 22)):
                world.step()
            report = verify()
            assert report.whole, f"seed {seed}: {report.findings[:3]}"
            assert Head.objects.get().seq == Fact.objects.count()
            found = differences()
            assert found == [], f"seed {seed}: {[str(d) for d in found[:3]]}"
            merged += Merger.objects.count()
            done, refused, killed = done + world.done, refused + world.refused, killed + world.killed
    assert done > 3 * CHUNK, "the histories do little"
    assert merged or first, "no customers were merged"  # by chance there are none in some later fifty
    assert min(refused, killed) > CHUNK // 2, "the histories have few faults"
