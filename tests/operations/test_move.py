"""Given a company on one database, when it moves to the other, then nothing is lost on the way, there and back."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest

from guanxi.platform.backups.building import marks
from guanxi.settings.database import database_from
from tests.homes import copy

from . import company_home
from .company_home import ODD_TEXTS, is_whole, names, odd_texts, postgres, ran, select
from .running import once

WATCHED = f"guanxi_test_moved_{secrets.token_hex(4)}"
"""A role is of the whole server: the one that a run cut short left behind must not be in the way."""


ERASE = """
from guanxi.domains.customers.models import Contact
from guanxi.platform.kernel import perform
from guanxi.platform.people.rights import SYSTEM
contact = Contact.objects.filter(erased_at=None).earliest("pk")
perform("contacts.erase_again", {{"contact": contact.pk, "reason": "request", "note": "来函 9"}}, actor=SYSTEM)
"""


def fingerprints(home: Path, url: str = "") -> dict[str, tuple[int, str]]:
    """Every table's count and hash, as backups see it."""
    return marks(database_from(url, home), lambda *_: None)


@pytest.mark.postgres
@pytest.mark.skipif("GUANXI_TEST_POSTGRES" not in os.environ, reason="needs GUANXI_TEST_POSTGRES")
def test_to_postgresql_and_back(home: Path, tmp_path: Path) -> None:
    import psycopg

    before = fingerprints(home)
    numbers = dict(select(home, "SELECT name, seq FROM sqlite_sequence"))
    with postgres() as url:
        status, said = once(home, "move", "--to", url)
        assert status == 0, said
        assert f"{sum(count for count, _ in before.values()):,} rows" in said
        assert fingerprints(home) == before == fingerprints(home, url)
        with psycopg.connect(url) as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("UPDATE journal_fact SET kind = 'x'")
            connection.rollback()
            sequence = connection.execute(
                "SELECT pg_get_serial_sequence('customers_account', 'id')"
            ).fetchone()
            assert sequence is not None
            given = connection.execute("SELECT nextval(%s)", sequence).fetchone()
            assert given == (numbers["customers_account"] + 1,)
            keys = connection.execute("SELECT count(*) FROM pg_constraint WHERE contype = 'f'").fetchone()
            assert keys is not None
            assert keys[0] > 50
        # Work goes on there: found by its name, with the next number.
        wang = company_home.holder(home, "service_manager")
        status, said = once(
            home,
            "do",
            "customers.create",
            "name=搬家之后",
            'kinds=["company"]',
            "--as",
            wang,
            DATABASE_URL=url,
        )
        assert status == 0, said
        # Nobody goes on in the old one unawares.
        status, said = once(home, "run", "--port", "9", "--no-demo")
        assert (status, "was moved to PostgreSQL" in said) == (1, True), said
        status, said = once(home, "move", "--to", url)
        assert (status, "--replace" in said) == (1, True), said
        back = tmp_path / "back"
        after = fingerprints(home, url)
        status, said = once(back, "move", DATABASE_URL=url)
        assert status == 0, said
        assert fingerprints(back) == after
    assert names(back) == {*names(home), "搬家之后"}
    assert odd_texts(back) == list(ODD_TEXTS)
    is_whole(back)
    found = once(back, "do", "customers.create", "name=又一家", 'kinds=["company"]', "--as", wang)
    assert found[0] == 0, found[1]


@pytest.mark.postgres
@pytest.mark.skipif("GUANXI_TEST_POSTGRES" not in os.environ, reason="needs GUANXI_TEST_POSTGRES")
def test_a_backup_of_one_database_is_restored_into_the_other(home: Path, tmp_path: Path, take) -> None:  # type: ignore[no-untyped-def]
    import psycopg

    backup = take(home, tmp_path / "backups")
    with postgres() as url:
        elsewhere = tmp_path / "elsewhere"
        status, said = once(elsewhere, "restore", str(backup), DATABASE_URL=url)
        assert status == 0, said
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {WATCHED}")
            try:
                status, sql = once(elsewhere, "journal", "grants", WATCHED, DATABASE_URL=url)
                connection.execute(sql)  # type: ignore[call-overload]
                connection.execute("UPDATE customers_account SET name = '以前' WHERE id = 1")
                ran(elsewhere, ERASE, url=url)
                # Again, over a company: it is put aside whole, and the application's role can go on.
                status, said = once(elsewhere, "restore", str(backup), "--replace", DATABASE_URL=url)
                assert status == 0, said
                assert "Erased again: 1" in said
                gone = "SELECT count(*) FROM customers_contact WHERE erased_at IS NOT NULL"
                assert connection.execute(gone).fetchone() == (1,)
                schema = said.partition("before: ")[2].partition(",")[0]
                old = connection.execute(
                    f"SELECT name FROM {schema}.customers_account WHERE id = 1"
                ).fetchone()  # type: ignore[call-overload]
                new = connection.execute("SELECT name FROM customers_account WHERE id = 1").fetchone()
                assert (old, new == old) == (("以前",), False)
                for right, held in (("INSERT", True), ("SELECT", True), ("UPDATE", False), ("DELETE", False)):
                    answer = connection.execute(
                        "SELECT has_table_privilege(%s, 'journal_fact', %s)", [WATCHED, right]
                    )
                    assert answer.fetchone() == (held,)
                left = connection.execute(
                    "SELECT count(*) FROM pg_namespace WHERE nspname = 'guanxi_building'"
                )
                assert left.fetchone() == (0,)
            finally:
                connection.execute(f"DROP OWNED BY {WATCHED}")
                connection.execute(f"DROP ROLE {WATCHED}")
        is_whole(elsewhere, DATABASE_URL=url)
        status, said = once(elsewhere, "backup", "--to", str(tmp_path / "again"), DATABASE_URL=url)
        assert status == 0, said
        assert (
            once(tmp_path / "third", "restore", "--check", *map(str, (tmp_path / "again").iterdir()))[0] == 0
        )


def test_to_another_file_and_only_once(made: Path, tmp_path: Path) -> None:
    home, other = copy(made, tmp_path / "home"), f"sqlite:///{tmp_path / 'other.sqlite3'}"
    status, said = once(home, "move", "--to", other)
    assert status == 0, said
    assert fingerprints(home, other) == fingerprints(home)
    status, said = once(home, "move", "--to", other)
    assert (status, "--replace" in said) == (1, True), said
    status, said = once(home, "move")
    assert (status, "in use now" in said) == (1, True), said


def test_there_must_be_something_and_somewhere(made: Path, tmp_path: Path) -> None:
    status, said = once(tmp_path / "empty", "move", "--to", f"sqlite:///{tmp_path / 'x'}")
    assert (status, "no company here" in said) == (1, True), said
    status, said = once(made, "move", "--to", "mysql://x/y")
    assert (status, "mysql:// is not known" in said) == (2, True), said
    status, said = once(made, "move", "--to", "postgresql://nobody@127.0.0.1:9/none")
    assert (status, "does not answer" in said, "Traceback" in said) == (1, True, False), said
