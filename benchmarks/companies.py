"""The filled companies that are measured: made once by `guanxi demo --customers … --facts …`, kept, found again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent.parent
SHAPE = 2
"""Raised when `guanxi demo` fills otherwise than before, so that kept companies are made anew."""


@dataclass(frozen=True, slots=True)
class Company:
    """A company of so many customers and facts, in SQLite, or in a database of its own on a PostgreSQL server.

    server: address of the server (its path is not used); '' for SQLite. folder: where companies are kept.
    """

    customers: int
    facts: int
    seed: int
    folder: Path
    server: str = ""

    @property
    def database(self) -> str:
        return "PostgreSQL" if self.server else "SQLite"

    @property
    def size(self) -> str:
        return f"{self.customers}_{self.facts}_{self.seed}"

    @property
    def home(self) -> Path:
        """Its data folder."""
        return self.folder / f"{self.database.lower()}_{self.size}"

    @property
    def url(self) -> str:
        """Its DATABASE_URL; '' for the SQLite in the data folder."""
        return _with_path(self.server, f"/guanxi_bench_{self.size}") if self.server else ""

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to run on it; nothing else of Guanxi's settings is taken over."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("GUANXI_") and k != "DATABASE_URL"}
        own = {"GUANXI_HOME": str(self.home), "DJANGO_SETTINGS_MODULE": "guanxi.settings"}
        return kept | own | ({"DATABASE_URL": self.url} if self.server else {})

    def filled(self) -> dict[str, Any] | None:
        """What was made and how long it took, or None where it is not (wholly) there."""
        try:
            found: dict[str, Any] = json.loads((self.home / "filled.json").read_text())
        except (OSError, ValueError):
            return None
        if found.get("shape") != SHAPE:
            return None
        there = self._answers() if self.server else (self.home / "guanxi.sqlite3").exists()
        return found if there else None

    def fill(self, say: Callable[[str], None], *, anew: bool = False) -> dict[str, Any]:
        """Make it unless it is there. RuntimeError where that did not work."""
        known = None if anew else self.filled()
        if known is not None:
            return known
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        if self.server:
            self._make_database()
        say(
            f"{self.database}: filling {self.home} with {self.customers:,} customers and {self.facts:,} facts …"
        )
        command = [sys.executable, "-m", "guanxi", "demo", "--json"]
        command += ["--customers", str(self.customers), "--facts", str(self.facts), "--seed", str(self.seed)]
        made = subprocess.run(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True, check=False
        )
        last = (made.stdout.splitlines() or [""])[-1]
        if made.returncode not in (0, 1) or not last.startswith("{"):
            raise RuntimeError(f"{' '.join(command[1:])} ended with {made.returncode}: {last[-500:]}")
        found = json.loads(last) | {"shape": SHAPE}
        for mishap in found["mishaps"]:  # the company is whole all the same, and was long in the making
            say(f"  {mishap}")
        (self.home / "filled.json").write_text(json.dumps(found, ensure_ascii=False))
        return found

    def megabytes(self) -> float:
        """The database's size in MB (10^6 bytes)."""
        if not self.server:
            names = ("guanxi.sqlite3", "guanxi.sqlite3-wal")
            return round(sum(f.stat().st_size for n in names if (f := self.home / n).exists()) / 1e6, 1)
        with _connected(self.url) as connection:
            row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        return round(row[0] / 1e6, 1)

    def _answers(self) -> bool:
        import psycopg

        try:
            with _connected(self.url) as connection:
                return bool(connection.execute("SELECT seq > 0 FROM journal_head").fetchone())
        except psycopg.Error:
            return False

    def _make_database(self) -> None:
        name = urlsplit(self.url).path.lstrip("/")
        with _connected(_with_path(self.server, "/postgres")) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}"')
            connection.execute(f'CREATE DATABASE "{name}"')


def _connected(url: str) -> Any:
    import psycopg

    return psycopg.connect(url, autocommit=True, connect_timeout=10)


def _with_path(url: str, path: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))
