"""Given random imports, taken back in random order among random work, then the chain holds, replaying gives what stands, what
was taken back is gone and nothing else is. Seeds are named in the test ids."""

from __future__ import annotations

import random

import pytest

from guanxi.domains.customers.importing import drafts, running, undo_running
from guanxi.domains.customers.importing.undo import preview, to_undo
from guanxi.domains.customers.models import Account, Contact
from guanxi.domains.customers.models_import import CREATED, UNDONE, ExternalKey, Import, ImportRow
from guanxi.domains.customers.tests.test_import_undo import everything, live
from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.verify import verify
from guanxi.platform.kernel import fixed_clock, perform
from guanxi.platform.people.tests.cast import Cast
from guanxi.platform.regulations.replay import differences

from .test_random import World, company, taken_back  # noqa: F401  (company is a fixture)

pytestmark = pytest.mark.django_db
SEEDS, CHUNK = 40, 10
FIRMS = ("云杉贸易", "银桥物流", "金穗粮油", "蓝鲸软件", "红枫纺织", "青竹茶业")
PEOPLE = ("", "钱一", "孙二", "周三")


def table(dice: random.Random) -> str:
    """A few rows about a few firms, so that later rows and files double, complete and change earlier ones."""
    lines = ["客户编号,客户名称,联系人,职务,手机,电话,客户等级,备注"]
    for _ in range(dice.randrange(1, 7)):
        n = dice.randrange(len(FIRMS))
        person = dice.choice(PEOPLE)
        lines.append(
            ",".join(
                (
                    dice.choice((f"K{n}", f"K{n}", "")),
                    f"杭州{FIRMS[n]}有限公司",
                    person,
                    dice.choice(("", "经理", "主任")) if person else "",
                    f"1380571{dice.randrange(2000, 2010)}" if person and dice.random() < 0.5 else "",
                    dice.choice(("", f"0571-8706{1500 + n}", f"0571-8706{1600 + dice.randrange(9)}")),
                    dice.choice(("", "", "A", "B")),
                    dice.choice(("", "展会认识", "爱喝茶")),
                )
            )
        )
    return "\n".join(lines) + "\n"


def bring(world: World) -> None:
    """A file brought in; its doubtful rows decided at random."""
    clock, wang = fixed_clock(world.now), world.cast.wang
    run = drafts.upload(wang, table(world.dice).encode(), "客户.csv", clock=clock)
    drafts.plan_now(run, clock=clock)
    for line in ImportRow.objects.filter(run=run, kind="duplicate"):
        decision = world.dice.choice(("", "create", "update", "contact"))
        if decision in ("create", "") or line.account_id:
            ImportRow.objects.filter(pk=line.pk).update(decision=decision)
    perform("customers.start_import", {"run": run.pk}, actor=wang, clock=clock)
    running.run_import(run.pk, clock=clock)


def undo(world: World) -> bool:
    """One of the imports taken back as far as it goes; whether any had something to take back."""
    runs = [run for run in Import.objects.order_by("pk") if to_undo(run).exists()]
    if not runs:
        return False
    run = world.dice.choice(runs)
    seen = preview(run, run.by)
    before = to_undo(run).count()
    clock = fixed_clock(world.now)
    perform("customers.undo_import", {"run": run.pk}, actor=run.by, clock=clock)
    undo_running.run_undo(run.pk, clock=clock)
    run.refresh_from_db()
    assert run.state == "undone"
    assert (run.kept, before - run.kept) == (seen.kept, seen.removed + seen.put_back)
    check(run)
    return True


def check(run: Import) -> None:
    """What was taken back is gone with its people and numbers; what was kept is there, or in another customer."""
    stem = f"{run.by_id}:customers.import_row:import-{run.pk}-"
    for line in ImportRow.objects.filter(run=run):
        made = Fact.objects.filter(key__startswith=f"{stem}{line.number}#", kind="customer.created")
        for id in made.values_list("customer_id", flat=True):
            there = Account.objects.filter(pk=id).exists()
            assert there is (line.outcome == CREATED) or line.said["kept"]["code"] == "merged"
            if line.outcome == UNDONE:
                assert not Contact.objects.filter(customer=id).exists()
                assert not ExternalKey.objects.filter(account=id).exists()


def holds(seed: int) -> None:
    report = verify()
    assert report.whole, f"seed {seed}: {report.findings[:3]}"
    found = differences()
    assert found == [], f"seed {seed}: {[str(d) for d in found[:3]]}"


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK), ids=lambda n: f"seeds-{n}-{n + CHUNK - 1}")
def test_imports_alone_taken_back_in_any_order_leave_everything_as_it_was(
    company: Cast,  # noqa: F811
    first: int,
) -> None:
    kept = 0
    for seed in range(first, first + CHUNK):
        with taken_back():
            world = World(company, random.Random(seed))
            world.begin()
            before, duties = everything(), live()
            for _ in range(world.dice.randrange(1, 5)):
                bring(world)
                if world.dice.random() < 0.3:
                    undo(world)
                    kept += ImportRow.objects.filter(kept=True).count()
            for _ in range(30):  # what one import built on another goes once that is gone
                if not undo(world):
                    break
            assert not ImportRow.objects.filter(kept=True).exists(), f"seed {seed}"
            assert everything() == before, f"seed {seed}"
            assert live() == duties, f"seed {seed}"
            holds(seed)
    assert kept, "no import was ever built on by another"


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK), ids=lambda n: f"seeds-{n}-{n + CHUNK - 1}")
def test_imports_taken_back_among_random_work_leave_a_whole_journal(
    company: Cast,  # noqa: F811
    first: int,
) -> None:
    kept = gone = 0
    for seed in range(first, first + CHUNK):
        with taken_back():
            world = World(company, random.Random(1000 + seed))
            world.begin()
            bring(world)
            for _ in range(world.dice.randrange(6, 16)):
                chance = world.dice.random()
                if chance < 0.15:
                    bring(world)
                elif chance < 0.3:
                    undo(world)
                else:
                    world.step()
            undo(world)
            holds(seed)
            kept += ImportRow.objects.filter(kept=True).count()
            gone += ImportRow.objects.filter(outcome=UNDONE).count()
    assert kept
    assert gone
