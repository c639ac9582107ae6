"""Where Django looks for a database's backend."""

from __future__ import annotations

from django.db.backends.sqlite3 import base

from .schema import SchemaEditor


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = SchemaEditor
