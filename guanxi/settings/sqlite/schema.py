"""New columns without writing the table anew.

Django copies a SQLite table, and makes all its indexes again, for each column that may not be empty: a minute for
a million customers. SQLite itself adds a column with a constant default at once; only the default then stays in the
table's definition, where it does no harm, since Django names every column in what it writes.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.sqlite3 import schema
from django.db.models import Field, Model, Value


class SchemaEditor(schema.DatabaseSchemaEditor):
    def add_field(self, model: type[Model], field: Any) -> None:
        if self.in_place(field):
            BaseDatabaseSchemaEditor.add_field(self, model, field)
        else:
            super().add_field(model, field)

    def in_place(self, field: Field[Any, Any]) -> bool:
        """Whether SQLite can add this column to a table with rows: neither unique nor pointing elsewhere, and with one value
        for every row that is there."""
        if field.primary_key or field.unique or field.is_relation or field.generated:
            return False
        if field.has_db_default():
            given = field.db_default
            return isinstance(given, Value) or not hasattr(given, "resolve_expression")
        return not field.null and self.effective_default(field) is not None

    def skip_default_on_alter(self, field: Field[Any, Any]) -> bool:
        """The default stays: SQLite cannot take it away again."""
        return True
