"""Given PostgreSQL and a role that owns nothing, when it tries to get past the journal, then it cannot."""

from __future__ import annotations

import secrets

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from guanxi.platform.journal import guards

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="runs with DATABASE_URL on PostgreSQL (make postgres)"
    ),
]
ROLE = f"guanxi_test_{secrets.token_hex(4)}"  # one that a run cut short left behind has rights elsewhere


@pytest.fixture
def application():
    """A connection of a role with just the rights that `guanxi journal grants` prints."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE} LOGIN")
        for statement in guards.grants(ROLE):
            cursor.execute(statement)
    settings = connection.get_connection_params()
    made = psycopg.connect(
        dbname=settings["dbname"],
        host=settings.get("host"),
        port=settings.get("port"),
        user=ROLE,
        autocommit=True,
    )
    yield made
    made.close()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP OWNED BY {ROLE}")
        cursor.execute(f"DROP ROLE {ROLE}")


INSERT = """INSERT INTO journal_fact (seq, key, recorded_at, happened_at, kind, kind_version, subject_kind, data, salt, hash)
VALUES (1, 'k', now(), now(), 'test.said', 1, 'note', '{}', 'x', 'y')"""


def test_it_may_add_and_read(application) -> None:
    application.execute(INSERT)
    assert application.execute("SELECT count(*) FROM journal_fact").fetchone() == (1,)


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE journal_fact SET kind = 'x'",
        "DELETE FROM journal_fact",
        "TRUNCATE journal_fact",
        "ALTER TABLE journal_fact DISABLE TRIGGER ALL",
        "DROP TRIGGER journal_fact_append_only ON journal_fact",
        "DROP TABLE journal_fact",
        "UPDATE journal_facttext SET body = '{}'",
        "TRUNCATE journal_facttext",
    ],
)
def test_it_may_not_change_anything(application, attack: str) -> None:
    application.execute(INSERT)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        application.execute(sql.SQL(attack))
    assert application.execute("SELECT count(*) FROM journal_fact").fetchone() == (1,)


@pytest.mark.parametrize(
    "attack", ["UPDATE journal_fact SET kind = 'x'", "DELETE FROM journal_fact", "TRUNCATE journal_fact"]
)
def test_the_triggers_stop_the_owner_too(application, attack: str) -> None:
    application.execute(INSERT)
    with connection.cursor() as cursor, pytest.raises(Exception, match="append-only"):
        cursor.execute(attack)
