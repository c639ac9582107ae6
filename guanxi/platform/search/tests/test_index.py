"""The same answers on both databases."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from django.db.utils import ConnectionHandler

from guanxi.platform.search.index import RANKED, create_sql, drop_sql, find, found_ids, remove, upsert


def _sqlite() -> dict[str, Any]:
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}


def _postgres() -> dict[str, Any]:
    address = os.environ.get("GUANXI_TEST_POSTGRES", "")
    if not address:
        pytest.skip("GUANXI_TEST_POSTGRES names no database")
    parts = urlsplit(address if "://" in address else f"postgresql://{address}")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": parts.hostname or "127.0.0.1",
        "PORT": str(parts.port or 5432),
        "USER": unquote(parts.username or "postgres"),
        "PASSWORD": unquote(parts.password or ""),
        "NAME": parts.path.strip("/") or "postgres",
    }


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def connection(request, django_db_blocker) -> Iterator[Any]:
    """An empty index in a database of its own (SQLite) or a schema of its own (PostgreSQL)."""
    settings = _sqlite() if request.param == "sqlite" else _postgres()
    with django_db_blocker.unblock():
        one = ConnectionHandler({"default": settings})["default"]
        schema = f"search_{uuid.uuid4().hex[:12]}"
        with one.cursor() as cursor:
            if one.vendor == "postgresql":
                cursor.execute(f"CREATE SCHEMA {schema}")
                cursor.execute(f"SET search_path TO {schema}")
            for statement in create_sql(one.vendor):
                cursor.execute(statement)
        yield one
        with one.cursor() as cursor:
            for statement in drop_sql(one.vendor):
                cursor.execute(statement)
            if one.vendor == "postgresql":
                cursor.execute(f"DROP SCHEMA {schema}")
        one.close()


@pytest.fixture
def filled(connection):
    upsert(connection, "account", 1, "杭州恒远电子有限公司", phones=["+8657187061501"])
    upsert(connection, "account", 2, "恒远", texts=["余杭区仓前街道"])
    upsert(connection, "account", 3, "上海华信科技", long_texts=["上次谈到恒远的报价"])
    upsert(connection, "account", 4, "Königlich Essen", texts=["München"])
    upsert(connection, "contact", 1, "曾恒远", phones=["13800138000"])
    upsert(connection, "account", 5, "𠮷野家")
    return connection


def refs(connection, text, **more):
    return [(hit.kind, hit.id) for hit in find(connection, text, **more)]


def test_equal_titles_come_first_then_those_that_begin_then_those_that_contain(filled):
    assert refs(filled, "恒远") == [("account", 2), ("contact", 1), ("account", 1), ("account", 3)]


def test_kinds_narrow(filled):
    assert refs(filled, "恒远", kinds=["contact"]) == [("contact", 1)]


@pytest.mark.parametrize(
    ("typed", "ref"),
    [
        ("恆遠電子", ("account", 1)), ("hydz", ("account", 1)), ("dianzi", ("account", 1)), ("1501", ("account", 1)),
        ("0571-8706", ("account", 1)), ("zeng", ("contact", 1)), ("konig", ("account", 4)), ("munchen", ("account", 4)),
        ("仓前", ("account", 2)), ("华", ("account", 3)), ("𠮷野", ("account", 5)), ("0013 8000", ("contact", 1)),
    ],
)  # fmt: skip
def test_each_is_found_by_what_people_type(filled, typed, ref):
    assert ref in refs(filled, typed)


def test_writing_again_replaces_the_words(filled):
    upsert(filled, "account", 1, "杭州明光仪表有限公司")
    assert ("account", 1) not in refs(filled, "恒远")
    assert refs(filled, "明光") == [("account", 1)]


def test_what_is_removed_is_no_longer_found(filled):
    remove(filled, "account", 2)
    remove(filled, "account", 99)
    assert ("account", 2) not in refs(filled, "恒远")


@pytest.mark.parametrize(
    "typed", ["'", '"', "a' OR '1", "恒远'; --", "NEAR(a b)", "&|!():*", "%s", "\\", "-- x", "a:b*"]
)
def test_nothing_typed_speaks_to_the_database(filled, typed):
    find(filled, typed)


def test_only_the_first_thousand_are_looked_at(connection):
    for number in range(1_050):
        upsert(connection, "account", number, f"有限{number}")
    assert len(find(connection, "有限", limit=5_000)) == 1_000
    assert len(find(connection, "有限", limit=20)) == 20


def test_ids_alone_are_found_by_the_same_words_and_at_most_so_many(filled):
    ranked = find(filled, "恒远", kinds=["account"])
    assert sorted(found_ids(filled, "恒远", "account")) == sorted(hit.id for hit in ranked) != []
    assert found_ids(filled, "恒远", "nothing") == []
    assert found_ids(filled, " ", "account") == []
    for number in range(100, RANKED + 200):
        upsert(filled, "account", number, f"宁波远东{number}")
    assert len(found_ids(filled, "远东", "account")) == RANKED


def test_sqlite_looks_for_the_words_first_and_for_the_things_by_number(filled):
    if filled.vendor != "sqlite":
        pytest.skip("reads the plan of SQLite, which PostgreSQL does not have")
    asked: list[str] = []

    def note(execute, sql, params, many, context):
        asked.append(sql)
        return execute(sql, params, many, context)

    with filled.execute_wrapper(note):
        found_ids(filled, "恒远", "account")
    with filled.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + asked[0], ['"恒远"', "account"])
        steps = [row[3] for row in cursor.fetchall()]
    assert [step.split()[:2] for step in steps] == [["SCAN", "w"], ["SEARCH", "n"]]


def test_another_database_is_refused():
    with pytest.raises(ValueError, match="oracle"):
        create_sql("oracle")
