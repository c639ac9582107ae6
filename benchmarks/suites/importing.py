"""A large file brought in and taken back: how long, how much memory, and how long others wait for the writer."""

from __future__ import annotations

import os
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from ..results import Result, spread
from . import Bench, django_ready, suite

SUITE = "importing"
ROWS = 100_000
WITHIN = 120
"""Seconds for ROWS rows, from the file to the customers in sight."""
_PLACES = "杭州 宁波 上海 苏州 南京 温州 绍兴 嘉兴".split()
_WORDS = "恒远 明光 银桥 金穗 蓝鲸 红枫 青竹 云杉 宏达 瑞丰 长青 海蓝 天启 博文 正大 华美 鼎盛 嘉禾 凯旋 龙腾".split()
_TRADES = "电子 贸易 物流 粮油 软件 纺织 茶业 机械 医疗 建材 食品 文化 传媒 化工 制药 服饰 家具 能源 环保 投资".split()
_FAMILY, _GIVEN = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗",
    "建国 梅 伟 芳 娜 敏 静 强 磊 洋 艳 勇 杰 娟".split(),
)


@suite(SUITE)
def importing(bench: Bench) -> Iterator[Result]:
    """A file of 100,000 rows judged, entered and taken back; memory, and how long each portion holds the writer."""
    company = bench.on()
    django_ready()
    from guanxi.domains.customers.importing import drafts, running, undo_running
    from guanxi.platform.journal.stage import Journal
    from guanxi.platform.kernel import perform
    from guanxi.platform.people.models import Person

    held: list[float] = []

    class Timed(Journal):
        """The journal, with how long each transaction held the writer."""

        @contextmanager
        def writing(self) -> Iterator[None]:
            began = 0.0
            with super().writing():
                began = time.perf_counter()
                yield
            held.append(time.perf_counter() - began)

    number = min(ROWS, bench.requests * 500)
    manager = Person.objects.filter(grants__role="service_manager", grants__until=None, is_active=True)[0]
    file = _table(number, Random(bench.seed)).encode()

    def timed(what: str, *steps: Any) -> Result:
        began, processor = time.perf_counter(), _processor()
        for step in steps:
            step()
        seconds = time.perf_counter() - began
        more = {"processor_s": round(_processor() - processor, 1), "rows_per_s": round(number / seconds)}
        return Result(
            SUITE, what, "s", round(seconds, 1), database=company.database, rows=bench.rows, more=more
        )

    began = time.perf_counter()
    watched = Watched()
    run = drafts.upload(manager, file, "客户.csv")
    yield timed(f"{number:,} rows read and judged", lambda: drafts.plan_now(run))
    with mock.patch.object(running, "Journal", Timed):
        yield timed(
            f"{number:,} rows entered",
            lambda: perform(
                "customers.start_import", {"run": run.pk, "manager_by": "pool"}, actor=manager, source="cli"
            ),
            lambda: running.run_import(run.pk),
        )
    whole = round(time.perf_counter() - began, 1)
    yield Result(SUITE, f"{number:,} rows from file to sight", "s", whole, database=company.database, rows=bench.rows,
                 target=WITHIN if number == ROWS else None)  # fmt: skip
    yield Result(SUITE, "a portion holds the writer", "ms", **spread(held), n=len(held), database=company.database,
                 rows=bench.rows, target=200)  # fmt: skip
    most = round(1000 * max(held), 1)
    yield Result(SUITE, "a portion holds the writer at most", "ms", most, n=len(held), database=company.database,
                 rows=bench.rows, target=200)  # fmt: skip
    yield Result(SUITE, "memory of both processes together", "MB", watched.end(), database=company.database,
                 rows=bench.rows, target=500)  # fmt: skip
    yield timed(
        f"{number:,} rows taken back",
        lambda: perform("customers.undo_import", {"run": run.pk}, actor=manager, source="cli"),
        lambda: undo_running.run_undo(run.pk),
    )


class Watched:
    """The most that this process and those below it held at one time, looked at every other second: a look takes tens of
    milliseconds, in which they stand still. What they share (PSS) counts once."""

    def __init__(self) -> None:
        self.most = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(2):
            self.most = max(self.most, sum(_held(pid) for pid in _family(os.getpid())))

    def end(self) -> int:
        """Megabytes."""
        self._over.set()
        self._thread.join()
        return round(self.most / 1e6)


def _family(pid: int) -> list[int]:
    try:
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(one for child in below for one in _family(int(child)))]


def _held(pid: int) -> int:
    """Bytes; 0 for one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _processor() -> float:
    """Processor time of this process and of those that have ended below it."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def _table(rows: int, dice: Random) -> str:
    """Made-up companies, each another one, as a program's list would hold them."""
    signs = [chr(code) for code in range(0x4E00, 0x4E00 + 3000)]
    lines = ["客户编号,客户名称,联系人,职务,手机,电话,地址,备注"]
    for n in range(rows):
        place = dice.choice(_PLACES)
        name = f"{place}{dice.choice(signs)}{dice.choice(signs)}{dice.choice(_WORDS)}{dice.choice(_TRADES)}有限公司"
        lines.append(
            ",".join(
                (
                    f"B{n}",
                    name,
                    dice.choice(_FAMILY) + dice.choice(_GIVEN),
                    dice.choice(("采购经理", "总经理", "财务", "")),
                    f"1{dice.randrange(30, 99)}{n:08d}",
                    f"0571-8{n % 10_000_000:07d}",
                    f"浙江省{place}市西湖区文三路{n}号" if place != "上海" else f"上海市徐汇区漕溪路{n}号",
                    dice.choice(("展会认识", "", "老客户")),
                )
            )
        )
    return "\n".join(lines) + "\n"
