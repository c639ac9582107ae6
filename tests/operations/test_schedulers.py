"""Given several schedulers on one database, when the same minutes come to all of them at once, then each schedule is
started once a minute."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .databases import BOTH, database
from .running import clean, once, wait_for

MINUTES, SCHEDULERS = 30, 3
SCHEDULER = """
import json, sys, time
from datetime import UTC, datetime, timedelta
from pathlib import Path
import django; django.setup()
from guanxi.platform.jobs.registry import all_schedules
from guanxi.platform.jobs.worker import run_one, start_due_schedules
folder, name, minutes, others = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
started = []
for minute in range(minutes):
    (folder / f"{name}-{minute}").touch()
    while len(list(folder.glob(f"*-{minute}"))) < others:
        time.sleep(0.001)
    started += start_due_schedules(datetime(2026, 3, 5, 4, tzinfo=UTC) + timedelta(minutes=minute))
print(json.dumps(started))
"""
COUNT = """
import json
import django; django.setup()
from collections import Counter
from guanxi.platform.jobs.models import Job, ScheduleRun
print(json.dumps([
    dict(Counter(ScheduleRun.objects.values_list("schedule", flat=True))),
    dict(Counter(Job.objects.values_list("name", flat=True))),
]))
"""


@pytest.mark.parametrize("kind", BOTH)
def test_several_schedulers_at_once_start_nothing_twice(kind: str, empty: Path, tmp_path: Path) -> None:
    home, meeting = empty, tmp_path / "meeting"
    meeting.mkdir()
    with database(kind, "schedulers") as where:
        status, said = once(home, "setup", **where)
        assert status == 0, said
        environment = clean(home) | where
        running = [
            subprocess.Popen(
                [sys.executable, "-c", SCHEDULER, str(meeting), f"s{n}", str(MINUTES), str(SCHEDULERS)],
                env=environment,
                stdout=subprocess.PIPE,
                text=True,
            )
            for n in range(SCHEDULERS)
        ]
        try:
            assert wait_for(lambda: all(one.poll() is not None for one in running), 300)
        finally:
            for one in running:
                one.kill()
        started = [name for one in running for name in json.loads(one.communicate()[0])]
        counted = subprocess.run(
            [sys.executable, "-c", COUNT], env=environment, capture_output=True, text=True, check=True
        )
    runs, jobs = json.loads(counted.stdout)
    assert runs["norms.daily_run"] == runs["messages.deliver"] == MINUTES
    assert len(started) == sum(runs.values())
    assert set(jobs.values()) == {1}, "while it waits for a worker, a second one of the same schedule is none"
