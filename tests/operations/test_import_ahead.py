"""Given a large import, when a process beside this one reads its rows and makes them ready, then all stands as without it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .company_home import is_whole, python, select
from .running import clean

CODE = """
from guanxi.domains.customers.importing import ahead, drafts, planning, reading, running
from guanxi.domains.customers.models_import import ImportRow
from guanxi.platform.imports import judge
from guanxi.platform.kernel import perform
from guanxi.platform.people.models import Person

if __name__ == "__main__":
    ahead.LARGE, running.HOLD = 10, 3600  # a slow machine would end the first portion sooner
    taken, take = [], ahead.Ahead.take
    ahead.Ahead.take = lambda self, number: taken.append(made := take(self, number)) or made
    wang = Person.objects.filter(grants__role="service_manager", grants__until=None, is_active=True).first()
    table = "客户名称,联系人,微信\\n" + "".join(f"第{n}号仓储有限公司,王{n},w{n}\\n" for n in range(60))
    run = drafts.upload(wang, table.encode(), "客户.csv")
    here, compose = [], planning.compose
    planning.compose = lambda *given, **more: here.append(made := compose(*given, **more)) or made
    judge._AT_ONCE, plans = 20, []
    for reading.LARGE in (1000, 10):
        here.clear()
        drafts.plan_now(run)
        plans.append(list(ImportRow.objects.order_by("number").values("number", "kind", "plan", "said", "digest")))
    assert plans[0] == plans[1], plans
    perform("customers.start_import", {"run": run.pk, "manager_by": "me"}, actor=wang)
    running.run_import(run.pk)
    print(len(here), sum(made is not None for made in taken))
"""


def test_rows_made_ready_by_another_process_are_entered_once_each(home: Path, tmp_path: Path) -> None:
    before = select(home, "SELECT count(*) FROM customers_account")[0][0]
    script = tmp_path / "import.py"
    script.write_text(f"import django\ndjango.setup()\n{CODE}", "utf-8")
    said = subprocess.run(
        [python("")[0], str(script)],
        env=clean(home) | {"PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stderr
    here, ready = map(int, said.stdout.split())
    assert here <= 20, "two of three portions were composed by the other process while it was planned"
    assert ready == 40, "all but the first portion came ready from the other process"
    assert select(home, "SELECT state, rows, created, unseen FROM customers_import") == [("done", 60, 60, 0)]
    assert select(home, "SELECT count(*) FROM customers_account")[0][0] == before + 60
    is_whole(home)
