"""Given a company at work, when web server and worker are killed in the middle of an import, or whoever lets time pass in
the middle of the daily run, then nothing is lost, nothing stands twice and the journal is whole."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.homes import copy

from .company_home import is_whole, python, select
from .running import clean, running, wait_for

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="looks at processes through /proc"
)
ROWS = 120
IMPORT = f"""
from guanxi.domains.customers.importing import drafts
from guanxi.platform.kernel import perform
from guanxi.platform.people.models import Person
wang = Person.objects.filter(grants__role="service_manager", grants__until=None, is_active=True).first()
table = "客户名称,联系人\\n" + "".join(f"第{{n}}号仓储有限公司,王{{n}}\\n" for n in range({ROWS}))
run = drafts.upload(wang, table.encode(), "客户.csv")
drafts.plan_now(run)
perform("customers.start_import", {{"run": run.pk}}, actor=wang)
"""
ORDERS = f"""
from guanxi.domains.customers.importing import drafts
from guanxi.domains.customers.models import Account
from guanxi.platform.kernel import perform
from guanxi.platform.people.models import Person
wang = Person.objects.filter(grants__role="service_manager", grants__until=None, is_active=True).first()
name = perform("customers.create", {{"name": "历史订单有限公司"}}, actor=wang).value.name
table = "订单号,客户名称,订单日期,金额\\n" + "".join(f"DD-{{n}},{{name}},2024-01-01,{{n + 1}}\\n" for n in range({ROWS}))
run = drafts.upload(wang, table.encode(), "订单.csv")
drafts.plan_now(run)
perform("customers.start_import", {{"run": run.pk}}, actor=wang)
"""
UNDO = """
from guanxi.domains.customers.models_import import Import
from guanxi.platform.kernel import perform
run = Import.objects.get()
perform("customers.undo_import", {"run": run.pk}, actor=run.by)
"""
DRAIN = """
import sys
from datetime import datetime
from guanxi.platform.kernel import fixed_clock
from guanxi.platform.regulations import ticking
ticking.PORTION = 1  # many small transactions, so that a kill falls between and into them
ticking.drain(fixed_clock(datetime.fromisoformat(sys.argv[1])))
"""
OBLIGATIONS = (
    "SELECT id, state, due_at, missed_at, closed_at, customer FROM regulations_obligation ORDER BY id"
)
FACTS = "SELECT kind, count(*) FROM journal_fact WHERE kind LIKE 'norms.%' AND kind <> 'norms.ticked' GROUP BY kind ORDER BY kind"


def run(home: Path, code: str, *arguments: str) -> None:
    subprocess.run([*python(code), *arguments], env=clean(home), check=True)


def one(home: Path, sql: str) -> int:
    return int(select(home, sql)[0][0])


def test_web_and_worker_killed_in_the_middle_of_an_import_enter_every_row_once(home: Path) -> None:
    before = one(home, "SELECT count(*) FROM customers_account")
    run(home, IMPORT)
    done = "SELECT done FROM customers_import"
    with running(home) as served:
        served.ready()
        for point in (1, ROWS // 2):
            assert wait_for(lambda point=point: one(home, done) >= point)
            assert all(served.kill(name) for name in ("granian", "guanxi worker"))
        assert wait_for(lambda: select(home, "SELECT state FROM customers_import") == [("done",)])
        assert wait_for(served.answers)
        assert served.said().count("ended (status -9)") >= 4
    assert select(home, "SELECT rows, created, updated, duplicates, rejected FROM customers_import") == [
        (ROWS, ROWS, 0, 0, 0)
    ]
    assert one(home, "SELECT count(*) FROM customers_account") == before + ROWS
    assert one(home, "SELECT count(DISTINCT name) FROM customers_account WHERE name LIKE '第%'") == ROWS
    is_whole(home)


def test_a_worker_killed_among_past_orders_and_their_undo_enters_and_takes_back_each_once(home: Path) -> None:
    run(home, ORDERS)
    orders = "SELECT count(*) FROM orders_order WHERE number LIKE 'DD-%'"
    with running(home) as served:
        served.ready()
        for column, state in (("done", "done"), ("undo_done", "undone")):
            far = f"SELECT {column} FROM customers_import"
            assert wait_for(lambda far=far: one(home, far) >= 1)
            assert served.kill("guanxi worker")
            assert wait_for(
                lambda state=state: select(home, "SELECT state FROM customers_import") == [(state,)]
            )
            if state == "done":
                assert one(home, orders) == ROWS
                assert one(home, "SELECT count(*) FROM journal_fact WHERE kind = 'order.brought'") == ROWS
                run(home, UNDO)
    assert one(home, orders) == 0
    assert select(home, "SELECT rows, undo_done, kept FROM customers_import") == [(ROWS, ROWS, 0)]
    is_whole(home)


def test_a_worker_killed_in_the_middle_of_an_undo_is_followed_by_one_that_takes_back_every_row_once(
    home: Path,
) -> None:
    before = select(home, "SELECT id, name, note, phone FROM customers_account ORDER BY id")
    run(home, IMPORT)
    with running(home) as served:
        served.ready()
        assert wait_for(lambda: select(home, "SELECT state FROM customers_import") == [("done",)])
        annulled = one(home, "SELECT count(*) FROM journal_fact WHERE kind = 'journal.annulled'")
        run(home, UNDO)
        for point in (1, ROWS // 2):
            assert wait_for(lambda point=point: one(home, "SELECT undo_done FROM customers_import") >= point)
            assert served.kill("guanxi worker")
        assert wait_for(lambda: select(home, "SELECT state FROM customers_import") == [("undone",)])
    assert select(home, "SELECT undo_done, kept FROM customers_import") == [(ROWS, 0)]
    assert select(home, "SELECT id, name, note, phone FROM customers_account ORDER BY id") == before
    facts = "SELECT count(*) FROM journal_fact WHERE kind = 'journal.annulled'"
    assert one(home, facts) - annulled == 2 * ROWS, "customer and person of each row, once"
    assert one(home, "SELECT count(*) FROM journal_fact WHERE kind = 'customers.import_undone'") == 1
    is_whole(home)


def test_the_daily_run_killed_again_and_again_comes_to_the_same(
    made: Path, home: Path, tmp_path: Path
) -> None:
    newest = datetime.fromisoformat(select(home, "SELECT max(recorded_at) FROM journal_fact")[0][0])
    until = (newest.replace(tzinfo=UTC) + timedelta(days=180)).isoformat()
    whole = copy(made, tmp_path / "whole")
    run(whole, DRAIN, until)
    ticks = "SELECT count(*) FROM journal_fact WHERE kind = 'norms.ticked'"
    first, last = one(home, ticks), one(whole, ticks)
    assert last - first > 8, "the daily run has something to do"
    for share in (1, 2, 3):
        run_and_kill(home, until, ticks, first + share * (last - first) // 4)
    run(home, DRAIN, until)
    assert select(home, OBLIGATIONS) == select(whole, OBLIGATIONS)
    assert select(home, FACTS) == select(whole, FACTS)
    is_whole(home)


def run_and_kill(home: Path, until: str, ticks: str, point: int) -> None:
    """Let time pass, and kill whoever does once so many ticks are written."""
    draining = subprocess.Popen([*python(DRAIN), until], env=clean(home))
    try:
        assert wait_for(lambda: one(home, ticks) >= point or draining.poll() is not None)
        assert draining.poll() is None, "it was killed before its end"
    finally:
        draining.kill()
        draining.wait()
