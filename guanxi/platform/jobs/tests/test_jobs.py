"""Given jobs in the queue, when workers come and die, then each is done, once each or again, never lost."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from guanxi.platform.jobs import queue
from guanxi.platform.jobs.models import Job, ScheduleRun
from guanxi.platform.jobs.registry import Run, _kinds, job, schedule
from guanxi.platform.jobs.worker import run_one, start_due_schedules
from guanxi.platform.kernel import fixed_clock

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)
done: list[str] = []


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch):
    """Two kinds of job for these tests only."""
    monkeypatch.setattr("guanxi.platform.jobs.registry._kinds", dict(_kinds))
    monkeypatch.setattr("guanxi.platform.jobs.registry._schedules", {})
    done.clear()
    job("test.note", tries=2)(lambda run, word: done.append(word))

    def bad(run):
        raise ValueError("no good")

    job("test.bad", tries=2)(bad)


def at(minutes: int = 0):
    return fixed_clock(NOON + timedelta(minutes=minutes))


def test_a_job_is_run_once_and_done() -> None:
    queue.enqueue("test.note", {"word": "a"}, clock=at())
    assert run_one("w", at())
    assert not run_one("w", at())
    assert done == ["a"]
    assert Job.objects.get().state == "done"


def test_a_job_waits_for_its_time() -> None:
    queue.enqueue("test.note", {"word": "later"}, run_at=NOON + timedelta(minutes=5), clock=at())
    assert not run_one("w", at(4))
    assert run_one("w", at(5))


def test_a_job_of_a_rolled_back_transaction_was_never_there() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        queue.enqueue("test.note", {"word": "a"}, clock=at())
        raise RuntimeError
    assert not Job.objects.exists()


def test_a_dead_workers_job_is_taken_again_when_its_lease_is_over() -> None:
    queue.enqueue("test.note", {"word": "a"}, clock=at())
    assert queue.take("dead", NOON) is not None
    assert not run_one("w", at(4))
    assert run_one("w", at(6))
    assert done == ["a"]


def test_a_worker_that_lost_its_lease_cannot_finish_the_others_job() -> None:
    queue.enqueue("test.note", {"word": "a"}, clock=at())
    first = queue.take("slow", NOON)
    second = queue.take("quick", NOON + timedelta(minutes=6))
    assert first is not None
    assert second is not None
    queue.finish(first, NOON + timedelta(minutes=7))
    assert Job.objects.get().state == "running"


def test_a_failing_job_is_tried_again_later_and_then_given_up() -> None:
    queue.enqueue("test.bad", clock=at())
    run_one("w", at())
    kept = Job.objects.get()
    assert (kept.state, kept.attempts) == ("queued", 1)
    assert kept.run_at > NOON
    run_one("w", at(60))
    kept.refresh_from_db()
    assert (kept.state, kept.attempts) == ("failed", 2)
    assert "no good" in kept.error


def test_the_same_key_is_queued_once_until_it_is_done() -> None:
    first = queue.enqueue("test.note", {"word": "a"}, key="k", clock=at())
    assert queue.enqueue("test.note", {"word": "b"}, key="k", clock=at()).pk == first.pk
    run_one("w", at())
    assert queue.enqueue("test.note", {"word": "c"}, key="k", clock=at()).pk != first.pk


def test_a_schedule_comes_due_once_whoever_looks() -> None:
    schedule("test.bad", "*/10 * * * *")
    assert start_due_schedules(NOON) == ["test.bad"]
    assert start_due_schedules(NOON + timedelta(minutes=3)) == []
    assert start_due_schedules(NOON + timedelta(minutes=10)) == ["test.bad"]
    assert ScheduleRun.objects.count() == 2


def test_times_missed_while_nothing_ran_are_caught_up_once() -> None:
    schedule("test.bad", "*/10 * * * *")
    start_due_schedules(NOON)
    assert start_due_schedules(NOON + timedelta(hours=5)) == ["test.bad"]


def test_a_worker_known_to_be_dead_frees_its_job_at_once() -> None:
    queue.enqueue("test.note", {"word": "a"}, clock=at())
    assert queue.take("dead", NOON) is not None
    assert queue.release("another", NOON) == 0
    assert not run_one("w", at())
    assert queue.release("dead", NOON) == 1
    assert run_one("w", at())
    assert done == ["a"]


def test_a_job_under_which_workers_die_again_and_again_is_given_up_and_says_so() -> None:
    queue.enqueue("test.note", {"word": "deadly"}, key="k", clock=at())
    queue.enqueue("test.note", {"word": "harmless"}, clock=at(100))
    for minute in range(0, 40, 10):
        assert queue.take(f"dead-{minute}", NOON + timedelta(minutes=minute)) is not None
    assert queue.take("w", NOON + timedelta(minutes=50)) is None
    given_up = Job.objects.get(state="failed")
    assert "dead-30" in given_up.error
    assert given_up.attempts == 4
    assert run_one("w", at(101))
    assert done == ["harmless"]
    assert queue.retry(given_up, NOON)
    assert run_one("w", at())
    assert done == ["harmless", "deadly"]


def test_a_job_that_this_version_does_not_know_is_shown_and_stops_no_other() -> None:
    Job.objects.create(name="old.job", run_at=NOON, queued_at=NOON)
    queue.enqueue("test.note", {"word": "a"}, clock=at())
    assert run_one("w", at())
    assert done == ["a"]
    assert "old.job" in Job.objects.get(state="failed").error


def test_a_worker_that_is_to_stop_leaves_a_long_job_where_it_stands() -> None:
    stop = threading.Event()

    def long(run: Run) -> None:
        done.append(f"begun {run.attempt}")
        stop.set()
        run.beat(None)
        done.append("ended")

    job("test.long", tries=1)(long)
    queue.enqueue("test.long", clock=at())
    assert run_one("w", at(), stop=stop)
    assert (Job.objects.get().state, Job.objects.get().attempts) == ("queued", 0)
    assert run_one("next", at())
    assert done == ["begun 1", "begun 1", "ended"]
    assert Job.objects.get().state == "done"


def test_a_clock_set_back_keeps_nothing_waiting_for_the_time_it_came_from() -> None:
    schedule("test.note", "*/10 * * * *")
    later = NOON + timedelta(days=400)
    assert start_due_schedules(later) == ["test.note"]
    Job.objects.all().delete()
    assert queue.enqueue("test.bad", clock=lambda: later)
    taken = queue.take("dead", later + timedelta(minutes=1))
    waiting = queue.enqueue("test.note", {"word": "queued"}, clock=lambda: later)
    failing = queue.enqueue("test.bad", clock=at())
    Job.objects.filter(pk=failing.pk).update(attempts=1, run_at=later)
    patient = queue.enqueue("test.note", {"word": "tomorrow"}, clock=at(), run_at=NOON + timedelta(days=1))
    assert taken is not None
    queue.clock_went_back(NOON)
    waits = dict(Job.objects.values_list("pk", "run_at"))
    assert waits[waiting.pk] == waits[failing.pk] == NOON
    assert waits[patient.pk] == NOON + timedelta(days=1)
    assert Job.objects.get(pk=taken.pk).lease_until == NOON + timedelta(minutes=5)
    assert start_due_schedules(NOON) == ["test.note"]
    assert start_due_schedules(NOON + timedelta(minutes=1)) == []
