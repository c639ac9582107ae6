"""Given a large file, when two processes read its rows, then each says what it would have said in one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from unittest import mock

import pytest

from guanxi.domains.customers.importing.reading import ReadingBeside, _in_order
from guanxi.platform.imports.cells import Reader
from guanxi.platform.imports.columns import Mapping
from guanxi.platform.imports.judge import Portion, read_here
from guanxi.platform.jobs.beside import begin

HEADER = ("客户名称", "电话", "地址", "备注")
READER = Reader(HEADER, Mapping({0: "account.name", 1: "account.phone", 2: "account.address"}, HEADER))

DAY = date(2026, 3, 2)


def rows(portions: int, size: int = 5) -> Iterator[Portion]:
    for start in range(2, 2 + portions * size, size):
        yield [
            (n, (f"第{n}号仓储有限公司" if n % 7 else "", f"0571-8{n:07}", "杭州市西湖区文三路", "熟客"))
            for n in range(start, start + size)
        ]


@pytest.fixture
def beside() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, get_context("spawn"), begin, (os.getpid(),)) as pool:
        yield pool


@pytest.mark.parametrize("portions", [0, 1, 2, 9])
def test_all_rows_are_read_once_in_their_order(beside, portions) -> None:
    assert list(_in_order(beside, READER, rows(portions), DAY)) == list(read_here(READER, rows(portions)))


def test_the_process_beside_reads_what_this_one_does_not(beside) -> None:
    expected = list(read_here(READER, rows(2)))
    with mock.patch.object(Reader, "read", side_effect=AssertionError("read here")):
        assert list(_in_order(beside, READER, rows(2), DAY)) == expected


def test_a_process_that_dies_costs_no_row(beside, caplog) -> None:
    found = _in_order(beside, READER, rows(6), DAY)
    read = [next(found)]
    for process in beside._processes.values():
        process.kill()
        process.join()
    assert [*read, *found] == list(read_here(READER, rows(6)))


def test_a_file_given_up_lets_the_process_go() -> None:
    found = ReadingBeside(10_000, DAY)
    assert not found.here or os.cpu_count() == 1
    reading = found(READER, rows(50))
    assert len(next(reading)) == 5
    reading.close()  # waits for the process: a hang would be seen


def test_a_small_file_is_read_here() -> None:
    assert ReadingBeside(10, DAY).here
