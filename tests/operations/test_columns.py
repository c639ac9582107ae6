"""Given a SQLite database with rows, when a version brings new columns, then no table of millions of rows is written anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps.registry import Apps
from django.db import connections, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.utils import DEFAULT_DB_ALIAS

from guanxi.settings.database import database_from
from guanxi.settings.sqlite.base import DatabaseWrapper
from guanxi.settings.sqlite.schema import SchemaEditor

pytestmark = pytest.mark.django_db
LARGE = {"account", "contact", "need", "promise", "visit"}
LARGE_APPS = {"journal", "regulations"}
DEFAULTS: dict[str, Any] = {
    **{
        "ATOMIC_REQUESTS": False,
        "AUTOCOMMIT": True,
        "CONN_HEALTH_CHECKS": False,
        "TIME_ZONE": None,
        "TEST": {},
    },
    **dict.fromkeys(("USER", "PASSWORD", "HOST", "PORT"), ""),
}


@pytest.fixture
def there(tmp_path: Path) -> Iterator[DatabaseWrapper]:
    """A database of its own, as the product opens one."""
    made = DatabaseWrapper(DEFAULTS | database_from("", tmp_path), "apart")
    connections["apart"] = made
    yield made
    del connections["apart"]
    made.close()


class Shop(models.Model):
    name = models.CharField(max_length=20)

    class Meta:
        apps = Apps()
        app_label = "shops"
        indexes = (models.Index(fields=["name"], name="shop_name"),)

    def __str__(self) -> str:
        return self.name


def added(editor: Any, name: str, field: models.Field[Any, Any]) -> None:
    field.set_attributes_from_name(name)
    field.model = Shop
    editor.add_field(Shop, field)


def ask(there: DatabaseWrapper, sql: str) -> list[tuple[Any, ...]]:
    with there.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall()) if cursor.description else []


def test_columns_with_one_value_for_all_come_without_writing_the_table_anew(there: DatabaseWrapper) -> None:
    with there.schema_editor() as editor:
        editor.create_model(Shop)
    ask(there, "INSERT INTO shops_shop (name) VALUES ('茶铺'), ('书店')")
    place = "SELECT rootpage FROM sqlite_master WHERE name = 'shops_shop'"
    before = ask(there, place)
    with there.schema_editor() as editor:
        assert isinstance(editor, SchemaEditor)
        added(editor, "open", models.BooleanField(default=True))
        added(editor, "note", models.CharField(max_length=9, blank=True))
        added(editor, "size", models.PositiveSmallIntegerField(default=3))
        added(editor, "own", models.JSONField(default=dict, db_default={}))
        added(editor, "turn", models.PositiveIntegerField(default=0, db_default=0))
        added(editor, "saying", models.CharField(max_length=30, default="it's 100%"))
        added(editor, "seen", models.DateTimeField(null=True))
    assert ask(there, place) == before
    assert ask(there, "SELECT * FROM shops_shop") == [
        (id, name, 1, "", 3, "{}", 0, "it's 100%", None) for id, name in ((1, "茶铺"), (2, "书店"))
    ]
    assert ask(there, "PRAGMA integrity_check") == [("ok",)]
    with pytest.raises(Exception, match="CHECK constraint failed"):
        ask(there, "INSERT INTO shops_shop (name, size) VALUES ('面馆', -1)")


def test_what_needs_another_value_in_each_row_is_left_to_django(there: DatabaseWrapper) -> None:
    with there.schema_editor() as editor:
        for field in (
            models.CharField(max_length=9, unique=True, default=""),
            models.ForeignKey(Shop, on_delete=models.CASCADE, default=1),
            models.DateTimeField(db_default=models.functions.Now()),
            models.CharField(max_length=9, null=True, default="x"),
        ):
            assert not editor.in_place(field)


def test_no_version_writes_a_large_table_anew() -> None:
    editor = SchemaEditor(DatabaseWrapper(DEFAULTS | {"NAME": ":memory:", "OPTIONS": {}}, DEFAULT_DB_ALIAS))
    slow = []
    for (app, name), migration in MigrationLoader(None).disk_migrations.items():
        made = {op.name_lower for op in migration.operations if isinstance(op, migrations.CreateModel)}
        for op in migration.operations:
            if not isinstance(op, migrations.AddField) or op.model_name_lower in made:
                continue
            plain = op.field.null and not op.field.has_default() and not op.field.unique
            large = app in LARGE_APPS or op.model_name_lower in LARGE
            if large and not plain and not editor.in_place(op.field):
                slow.append(f"{app}.{name}: {op.model_name}.{op.name}")
    assert slow == []
