"""Every table of an empty database, as the migrations would leave it, without going through them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from guanxi.platform.journal import guards
from guanxi.platform.search import index


def _search(connection: Any) -> None:
    with connection.cursor() as cursor:
        for statement in index.create_sql(connection.vendor):
            cursor.execute(statement)


BEYOND: tuple[Callable[[Any], None], ...] = (guards.switch_on, _search)
"""What belongs to no model and is made after the tables, given the connection."""


def is_empty(connection: Any) -> bool:
    """Whether nothing stands in this database yet."""
    return not connection.introspection.table_names()


def build(connection: Any) -> None:
    """Make the tables of an empty database and note every migration as applied: all of it, or (where it fails) nothing."""
    with connection.schema_editor() as editor:
        for model in apps.get_models():
            if model._meta.managed and not model._meta.proxy:
                editor.create_model(model)
        for make in BEYOND:
            make(connection)
        recorder = MigrationRecorder(connection)
        recorder.ensure_schema()
        for app, name in sorted(MigrationLoader(None).graph.nodes):
            recorder.record_applied(app, name)
