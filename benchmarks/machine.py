"""What the figures depend on: the machine, and how busy it is with other things."""

from __future__ import annotations

import os
import platform
import sys
import time
from pathlib import Path
from typing import Any


def described() -> dict[str, Any]:
    """Processor, cores, memory in GB, versions, load, and the fixed loop's milliseconds."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": [round(one, 2) for one in os.getloadavg()],
        "loop_ms": loop(),
    }


def loop() -> float:
    """Milliseconds of processor time that 500,000 rounds of plain Python take: the quickest of five.

    A machine that does other things gives fewer rounds in the same processor time (shared cores, caches, clock);
    figures of two runs compare only where this number is about the same.
    """
    best = float("inf")
    for _ in range(5):
        began, total = time.process_time(), 0
        for number in range(500_000):
            total += number * number % 7
        best = min(best, time.process_time() - began)
    return round(best * 1000, 1)


def resident(pid: int) -> tuple[float, float]:
    """(resident, of it not backed by files) of a process in MB (10^6 bytes). Zeros where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0, 0.0
    found = {
        line.partition(":")[0]: line.split()[1]
        for line in lines
        if line.startswith("Rss") or line.startswith("VmRSS")
    }
    return round(int(found.get("VmRSS", 0)) * 1.024 / 1000, 1), round(
        int(found.get("RssAnon", 0)) * 1.024 / 1000, 1
    )


def forget(path: Path) -> None:
    """Ask the system to drop a file (and its SQLite log) from the page cache, as after a start of the machine."""
    for name in (path, path.with_name(path.name + "-wal")):
        if not name.exists() or sys.platform != "linux":
            continue
        handle = os.open(name, os.O_RDONLY)
        try:
            os.fdatasync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
