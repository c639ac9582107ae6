"""Given somebody who reads for long, when others write meanwhile, then all that is read is of one moment."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.backends.sqlite3.base import DatabaseWrapper

from guanxi.platform.journal import snapshot
from guanxi.platform.journal.snapshot import one_moment

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = "SELECT count(*) FROM notes"


def one(found: Any) -> int:
    """The number that a query answered."""
    return int(found.fetchone()[0])


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="its own words to SQLite; PostgreSQL has the test below"
)
def test_on_sqlite_a_writer_neither_waits_nor_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {**connection.settings_dict, "NAME": str(tmp_path / "notes.sqlite3")}
    reader, writer = DatabaseWrapper(own), DatabaseWrapper(own)
    writer.ensure_connection()
    writer.connection.execute("PRAGMA journal_mode = WAL")
    writer.connection.execute("CREATE TABLE notes (id integer)")
    monkeypatch.setattr(snapshot, "connection", reader)
    with one_moment():
        assert one(reader.connection.execute(COUNT)) == 0
        writer.connection.execute("PRAGMA busy_timeout = 0")
        writer.connection.execute("INSERT INTO notes VALUES (1)")
        assert one(reader.connection.execute(COUNT)) == 0
    assert one(reader.connection.execute(COUNT)) == 1
    reader.close()
    writer.close()


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="on PostgreSQL (make postgres)")
def test_on_postgresql_a_writer_neither_waits_nor_is_seen() -> None:
    def write(sql: str) -> None:
        def work() -> None:
            with connection.cursor() as cursor:
                cursor.execute(sql)
            connection.close()

        other = threading.Thread(target=work)
        other.start()
        other.join()

    write("CREATE TABLE notes (id integer)")
    try:
        with one_moment(), connection.cursor() as cursor:
            cursor.execute(COUNT)
            assert one(cursor) == 0
            write("INSERT INTO notes VALUES (1)")
            cursor.execute(COUNT)
            assert one(cursor) == 0
        with connection.cursor() as cursor:
            cursor.execute(COUNT)
            assert one(cursor) == 1
    finally:
        write("DROP TABLE notes")
