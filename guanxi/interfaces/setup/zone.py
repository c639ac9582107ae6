"""The company's zone, chosen before anything has happened: kept for the next start, and in use at once."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from guanxi.platform.kernel import Text
from guanxi.settings.zone import keep_zone

RESTART = "worker.restart"

ZONES: dict[str, Text] = {
    "Asia/Shanghai": Text("北京时间（上海）", "China (Shanghai)"),
    "Asia/Urumqi": Text("新疆时间（乌鲁木齐）", "Xinjiang (Urumqi)"),
    "Asia/Hong_Kong": Text("香港", "Hong Kong"),
    "Asia/Macau": Text("澳门", "Macau"),
    "Asia/Taipei": Text("台北", "Taipei"),
    "Asia/Singapore": Text("新加坡", "Singapore"),
    "Asia/Tokyo": Text("东京", "Tokyo"),
    "Asia/Dubai": Text("迪拜", "Dubai"),
    "Europe/Berlin": Text("柏林", "Berlin"),
    "Europe/London": Text("伦敦", "London"),
    "America/New_York": Text("纽约", "New York"),
    "America/Los_Angeles": Text("洛杉矶", "Los Angeles"),
    "UTC": Text("协调世界时", "UTC"),
}


def zone_choices() -> list[tuple[str, Text]]:
    """The zones offered; the present one is always among them."""
    now = settings.TIME_ZONE
    return list(({now: Text.of(now)} | ZONES if now not in ZONES else ZONES).items())


def is_fixed() -> bool:
    """Whether the environment decides."""
    return bool(os.environ.get("GUANXI_TIME_ZONE"))


def use_zone(name: str) -> None:
    """From now on in this process, and in every one started later; `guanxi run` restarts its worker by itself."""
    if name == settings.TIME_ZONE or is_fixed():
        return
    keep_zone(Path(settings.HOME), name)
    settings.TIME_ZONE = name
    timezone.get_default_timezone.cache_clear()  # type: ignore[attr-defined]
    restart_worker()


def restart_worker() -> None:
    """Tell `guanxi run` on this data folder that what its worker remembers no longer holds."""
    (Path(settings.HOME) / RESTART).touch()
