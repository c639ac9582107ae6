"""DATABASE_URL -> Django's database settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

POSTGRESQL: dict[str, Any] = {"connect_timeout": "10", "server_side_binding": True, "prepare_threshold": 2}
"""A statement that a connection has asked twice is planned once: planning took longer than answering for most questions of
a page. (A pooler in between has to keep prepared statements, as PgBouncer does since 1.21.)"""


def database_from(url: str, home: Path) -> dict[str, Any]:
    """PostgreSQL from `postgresql://user:password@host:port/name?sslmode=…`; SQLite (WAL) in `home` otherwise.

    SQLite: every transaction is a writing one from its start (IMMEDIATE), so that two writers wait instead of
    failing; synchronous NORMAL never corrupts and may lose the last commits on power failure (docs/decisions). What is
    written comes from its log into the file every 32 MB, not every 4: a portion of a large import writes as much as
    that, mostly the same pages again, and took a quarter longer.
    Connections are kept from request to request: a new one reads the schema and begins with an empty cache, which took
    a third of the time of a page. Each of a process's few threads has one, so 24 MB of cache are at most 100 in all.
    """
    if not url or url.startswith("sqlite:"):
        path = unquote(url.removeprefix("sqlite:///")) if url else ""
        if not path:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
        return {
            "ENGINE": "guanxi.settings.sqlite",
            "NAME": path or str(home / "guanxi.sqlite3"),
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "timeout": 30,
                "transaction_mode": "IMMEDIATE",
                "init_command": (
                    "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-24576;"
                    "PRAGMA temp_store=MEMORY;PRAGMA wal_autocheckpoint=8000"
                ),
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ValueError(
            f"DATABASE_URL: {parts.scheme}:// is not known; use postgresql:// or leave it empty for SQLite"
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**POSTGRESQL, **dict(parse_qsl(parts.query))},
    }
