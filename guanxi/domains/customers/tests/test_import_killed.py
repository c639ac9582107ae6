"""Given a worker that is killed in the middle of an import, when another comes, then every row is entered exactly once."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROWS = 120
KILL_AT = (1, ROWS // 3, ROWS - 30)
"""After how many rows a worker is killed; each kill falls somewhere into a running transaction."""
PREPARE = """
import sys, django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from guanxi.domains.customers.importing import drafts
from guanxi.platform.kernel import perform
from guanxi.platform.people.tests.cast import make_cast
wang = make_cast().wang
table = "客户名称,联系人\\n" + "".join(f"第{n}号仓储有限公司,王{n}\\n" for n in range(int(sys.argv[1])))
run = drafts.upload(wang, table.encode(), "客户.csv")
drafts.plan_now(run)
perform("customers.start_import", {"run": run.pk}, actor=wang)
"""


def environment(home: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GUANXI_", "DATABASE_URL", "PYTEST"))}
    return {**kept, "GUANXI_HOME": str(home), "DJANGO_SETTINGS_MODULE": "guanxi.settings"}


def ask(home: Path, question: str) -> list[tuple]:
    with sqlite3.connect(f"file:{home}/guanxi.sqlite3?mode=ro", uri=True, timeout=30) as database:
        return database.execute(question).fetchall()


def worker(home: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "guanxi", "worker"],
        env=environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def wait(home: Path, done: int, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ((now, state),) = ask(home, "SELECT done, state FROM customers_import")
        if now >= done and (done < ROWS or state == "done"):
            return
        time.sleep(0.02)
    pytest.fail(f"{done} rows were not reached in {seconds} s; it stands at {now}")


def let_the_lease_run_out(home: Path) -> None:
    """As if the minute had passed in which nobody heard of the dead worker."""
    with sqlite3.connect(home / "guanxi.sqlite3", timeout=30) as database:
        database.execute("UPDATE jobs_job SET lease_until = '2000-01-01 00:00:00' WHERE state = 'running'")


def test_a_worker_killed_again_and_again_enters_every_row_once(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", PREPARE, str(ROWS)], env=environment(tmp_path), check=True)
    for point in KILL_AT:
        running = worker(tmp_path)
        try:
            wait(tmp_path, point)
        finally:
            os.kill(running.pid, signal.SIGKILL)
            running.wait()
        assert ask(tmp_path, "SELECT state FROM customers_import") == [("running",)]
        ((done,),) = ask(tmp_path, "SELECT done FROM customers_import")
        assert ask(tmp_path, "SELECT count(*) FROM customers_account") == [(done,)]
        let_the_lease_run_out(tmp_path)
    last = worker(tmp_path)
    try:
        wait(tmp_path, ROWS)
    finally:
        last.terminate()
        last.wait(30)
    assert ask(tmp_path, "SELECT rows, created, updated, duplicates, rejected FROM customers_import") == [
        (ROWS, ROWS, 0, 0, 0)
    ]
    assert ask(tmp_path, "SELECT count(*), count(DISTINCT name) FROM customers_account") == [(ROWS, ROWS)]
    assert ask(tmp_path, "SELECT count(*) FROM customers_contact") == [(ROWS,)]
    counted = dict(ask(tmp_path, "SELECT kind, count(*) FROM journal_fact GROUP BY kind"))
    assert counted["customer.created"] == counted["contact.added"] == ROWS
    assert counted["customers.imported"] == 1
    verified = subprocess.run(
        [sys.executable, "-m", "guanxi", "journal", "verify"],
        env=environment(tmp_path),
        capture_output=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
