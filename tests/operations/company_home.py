"""A small company in a data folder, for tests that start commands on it: made once, copied for each."""

from __future__ import annotations

import os
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .running import clean, once

ODD_TEXTS = ("𠮷野家🙂\u202e商贸", '带"引号"\'与\\反斜线\\N', "逗号,\t制表\r\n换行\u2028\\.", "")
"""What a table, a line of JSON or a COPY could stumble over."""


def make(home: Path) -> None:
    """Some sixty customers, a few hundred facts, regulations in force, an upload, and what only a test would enter."""
    status, said = once(home, "demo", "--customers", "40", "--facts", "400", "--json", seconds=400)
    assert status in (0, 1), said  # 1: some of the year's actions were refused, as in life
    (home / "files" / "2026").mkdir(parents=True)
    (home / "files" / "2026" / "合同.pdf").write_bytes(b"%PDF-1.7 " * 1000)
    with writing(home) as database:
        for number, text in enumerate(ODD_TEXTS, start=1):
            database.execute("UPDATE customers_account SET note = ? WHERE id = ?", [text, number])
        database.execute(
            "INSERT INTO people_session (session_key, session_data, expire_date, ref, address, agent) "
            "VALUES ('stolen-session', 'x', '2099-01-01 00:00:00', '', '', '')"
        )
        database.execute(
            "INSERT INTO gx_messages_outgoingmessage (key, channel, template, language, address, address_name, subject, "
            "text, html, created_at, next_at, state, attempts, error, urgent, guarded) "
            "VALUES ('waits', 'email', 'x', 'zh', 'a@example.com', "
            "'', '提醒', '', '', '2026-01-01 00:00:00', '2099-01-01 00:00:00', 'waiting', 0, '{}', 0, 0)"
        )


def holder(home: Path, role: str) -> str:
    """The sign-in name of somebody who holds a role."""
    found = select(
        home,
        "SELECT p.username FROM people_person p JOIN people_rolegrant g ON g.person_id = p.id "
        f"WHERE g.role = '{role}' AND g.until IS NULL",
    )
    return str(found[0][0])


def database(home: Path) -> dict[str, str]:
    """Django's settings of its database."""
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(home / "guanxi.sqlite3")}


def python(code: str) -> list[str]:
    """A command that runs a few lines with Django set up."""
    return [sys.executable, "-c", f"import django; django.setup()\n{code}"]


def ran(home: Path, code: str, **values: Any) -> list[str]:
    """What a few lines print that are run on the company; `who` in them is a service manager, `url` among the values
    names its database where that is not its own."""
    environment = clean(home) | ({"DATABASE_URL": values["url"]} if "url" in values else {})
    code = code.format(**{"who": holder(home, "service_manager") if "{who" in code else "", **values})
    done = subprocess.run(python(code), env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@contextmanager
def writing(home: Path) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(home / "guanxi.sqlite3", timeout=30)
    try:
        yield database
        database.commit()
    finally:
        database.close()


def select(home: Path, sql: str) -> list[tuple[Any, ...]]:
    with writing(home) as database:
        return database.execute(sql).fetchall()


def names(home: Path) -> set[str]:
    return {name for (name,) in select(home, "SELECT name FROM customers_account")}


def odd_texts(home: Path) -> list[str]:
    found = select(home, f"SELECT note FROM customers_account WHERE id <= {len(ODD_TEXTS)} ORDER BY id")
    return [text for (text,) in found]


def is_whole(home: Path, **environment: str) -> None:
    """Its journal verifies and replays."""
    for command in (("journal", "verify"), ("regulations", "replay")):
        status, said = once(home, *command, **environment)
        assert status == 0, said


@contextmanager
def postgres() -> Iterator[str]:
    """The address of a new database, which goes afterwards."""
    import psycopg

    server = os.environ["GUANXI_TEST_POSTGRES"]
    name = f"guanxi_moved_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[call-overload]
    base, _, query = server.partition("?")
    try:
        yield f"{base.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[call-overload]
