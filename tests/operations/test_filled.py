"""Given a large company that is being filled by processes side by side, when the one that tells the story is killed, then
none of them outlives it, and filled again it is whole: the journal verifies and replays."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .company_home import is_whole, postgres
from .running import clean, once, wait_for

FILL = ("demo", "--customers", "150", "--facts", "5000", "--seed", "1", "--json")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes through /proc")
def test_a_fill_that_was_killed_leaves_no_process_and_is_made_again(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "guanxi", "demo", "--customers", "3000", "--facts", "60000"]
    with subprocess.Popen(command, env=clean(tmp_path), stdout=subprocess.PIPE, text=True) as filling:
        assert filling.stdout is not None
        assert any("%" in line for line in filling.stdout)
        beside = children(filling.pid)
        os.kill(filling.pid, signal.SIGKILL)
    assert len(beside) >= 2
    assert wait_for(lambda: not any(alive(pid) for pid in beside))
    is_filled(tmp_path)


@pytest.mark.skipif(
    "GUANXI_TEST_POSTGRES" not in os.environ, reason="GUANXI_TEST_POSTGRES names no PostgreSQL"
)
def test_a_fill_of_postgresql_is_whole(tmp_path: Path) -> None:
    with postgres() as url:
        is_filled(tmp_path, DATABASE_URL=url)


def is_filled(home: Path, **environment: str) -> None:
    status, said = once(home, *FILL, seconds=400, **environment)
    assert status in (0, 1), said  # 1: some of the year's actions were refused, as in life
    made = re.search(r'"facts": (\d+)', said)
    assert made is not None, said
    assert int(made[1]) > 3500
    is_whole(home, **environment)


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    """Whether a process still runs (one that ended and was not yet fetched does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
