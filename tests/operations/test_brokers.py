"""Given Celery on a real broker, when a job is queued, then a worker process of Celery runs it once; and when that is
killed, the lease gives the job to another."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .running import clean, free_port, wait_for

BROKERS = [
    pytest.param(
        name,
        marks=[
            getattr(pytest.mark, mark),
            pytest.mark.skipif(name not in os.environ, reason=f"needs {name}"),
        ],
    )
    for name, mark in (("GUANXI_TEST_REDIS", "redis"), ("GUANXI_TEST_RABBITMQ", "rabbitmq"))
]
ENQUEUE = """
import django; django.setup()
import tests.operations.carried
from guanxi.platform.jobs.queue import enqueue
print(enqueue("test.note").pk)
"""
RUN_ONE = """
import django; django.setup()
import tests.operations.carried
from guanxi.platform.jobs.worker import run_one
print(run_one("another"))
"""


@pytest.fixture
def home(empty: Path) -> Path:
    return empty


def surroundings(home: Path, broker: str) -> dict[str, str]:
    return clean(home) | {"GUANXI_TASKS": "celery", "GUANXI_BROKER": os.environ.get(broker, broker)}


def python(home: Path, broker: str, code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=surroundings(home, broker),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@contextmanager
def celery_worker(home: Path, broker: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process of Celery, in a queue that other tests do not use."""
    command = [
        "-A",
        "tests.operations.carried",
        "worker",
        "--pool",
        "solo",
        "--loglevel",
        "INFO",
        "--without-mingle",
    ]
    log = home / "celery.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", *command],
            env=surroundings(home, broker),
            stdout=file,
            stderr=file,
        )
    try:
        assert wait_for(lambda: process.poll() is not None or b" ready" in log.read_bytes(), 90), (
            log.read_text()
        )
        assert process.poll() is None, log.read_text()
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def rows(home: Path, question: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(home / "guanxi.sqlite3", timeout=10) as held:
        return held.execute(question).fetchall()


def lines(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


@pytest.mark.parametrize("broker", BROKERS)
def test_the_broker_carries_a_job_to_a_worker_that_runs_it_once(home: Path, broker: str) -> None:
    with celery_worker(home, broker) as worker:
        jobs = [python(home, broker, ENQUEUE) for _ in range(2)]
        assert len(set(jobs)) == 2
        done = "SELECT count(*) FROM jobs_job WHERE state = 'done'"
        assert wait_for(lambda: rows(home, done) == [(2,)], 60), (home / "celery.log").read_text()
        assert lines(home / "ended") == [str(worker.pid)] * 2
        assert python(home, broker, RUN_ONE) == "False", "nothing is left for anybody else"
    assert rows(home, "SELECT DISTINCT attempts FROM jobs_job") == [(1,)]
    assert {str(row[0]).rpartition(":")[2] for row in rows(home, "SELECT worker FROM jobs_job")} == {
        str(worker.pid)
    }


@pytest.mark.parametrize("broker", BROKERS)
def test_after_a_kill_the_lease_gives_the_job_to_another(home: Path, broker: str) -> None:
    (home / "wait").touch()
    with celery_worker(home, broker) as worker:
        job = python(home, broker, ENQUEUE)
        assert wait_for(lambda: lines(home / "began") == [str(worker.pid)], 60)
        worker.kill()
        worker.wait()
    (home / "wait").unlink()
    assert python(home, broker, RUN_ONE) == "False", "the lease still holds"
    with sqlite3.connect(home / "guanxi.sqlite3", timeout=10) as held:
        held.execute("UPDATE jobs_job SET lease_until = '2020-01-01 00:00:00'")
    assert python(home, broker, RUN_ONE) == "True"
    assert rows(home, f"SELECT state, attempts, worker FROM jobs_job WHERE id = {job}") == [
        ("done", 2, "another")
    ]
    assert len(lines(home / "ended")) == 1
    with celery_worker(home, broker):  # a word that comes again finds nothing to do
        assert wait_for(lambda: True, 1)
    assert len(lines(home / "ended")) == 1


def test_a_broker_that_is_away_costs_the_word_and_not_the_job(home: Path) -> None:
    job = python(home, f"redis://127.0.0.1:{free_port()}/0", ENQUEUE)
    assert rows(home, f"SELECT state FROM jobs_job WHERE id = {job}") == [("queued",)]
    assert python(home, f"redis://127.0.0.1:{free_port()}/0", RUN_ONE) == "True"
    assert rows(home, f"SELECT state FROM jobs_job WHERE id = {job}") == [("done",)]
