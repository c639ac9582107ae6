"""Django's `migrate`, but for an empty database: that gets all tables at once."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connections

from guanxi.platform.tables import at_once

STEP_BY_STEP = ("app_label", "migration_name", "plan", "check_unapplied", "fake", "fake_initial", "prune")
"""Options that ask for something else than a database that is up to date."""


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        connection.prepare_database()
        if any(options.get(name) for name in STEP_BY_STEP) or not at_once.is_empty(connection):
            super().handle(*args, **options)
            return
        told = options["verbosity"], options["interactive"], connection.alias
        emit_pre_migrate_signal(*told)
        at_once.build(connection)
        emit_post_migrate_signal(*told)
