"""What `guanxi check` looks at. A grave finding stops a production start; the others are worth knowing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.db import connection

from guanxi.platform.jobs.models import Heartbeat, Job
from guanxi.platform.journal.guards import TABLES
from guanxi.platform.kernel import system_clock
from guanxi.platform.people.settings_registry import value


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be, and what to do about it."""

    what: str
    cure: str
    grave: bool = True


def findings() -> list[Finding]:
    """Everything found, grave ones first."""
    found = [*_settings(), *_database(), *_work(), *_files()]
    return sorted(found, key=lambda f: not f.grave)


def _settings() -> Iterator[Finding]:
    for message in checks.run_checks(include_deployment_checks=settings.PRODUCTION):
        if message.level >= checks.WARNING:
            hint = message.hint or "see Django's deployment checklist"
            yield Finding(f"{message.id}: {message.msg}", str(hint), message.level >= checks.ERROR or settings.PRODUCTION)
    if settings.PRODUCTION:
        if not settings.TLS:
            yield Finding("production without TLS", "serve https (guanxi run --tls, or a proxy with GUANXI_PROXY=1)")
        if "*" in settings.ALLOWED_HOSTS:
            yield Finding("GUANXI_HOSTS allows any name", "name the hosts under which people reach it")
        if value("demo"):
            yield Finding("this is the demo company", "start with an empty GUANXI_HOME, or leave the demo in the settings")
        if connection.vendor == "sqlite":
            cure = "fine for a small company on one machine; for more set DATABASE_URL to PostgreSQL"
            yield Finding("production on the embedded SQLite", cure, grave=False)
    if not settings.EMAIL_HOST:
        yield Finding("no mail server", "set GUANXI_SMTP_HOST; until then reminders stand on Today only", grave=False)


def _database() -> Iterator[Finding]:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield Finding("the database is older than the program", "run `guanxi setup`")
        return
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute("SELECT tableowner = current_user FROM pg_tables WHERE tablename = %s", [table])
            row = cursor.fetchone()
            if row and row[0]:
                yield Finding(
                    "the application's database role owns the journal, so it could drop its guards",
                    "run it under another role: `guanxi journal grants ROLE` prints the SQL",
                    grave=settings.PRODUCTION,
                )


def _work() -> Iterator[Finding]:
    now = system_clock()
    if not Heartbeat.objects.filter(seen_at__gte=now - timedelta(minutes=5)).exists():
        yield Finding("no worker has been seen for five minutes", "run `guanxi run`, or `guanxi worker`", grave=False)
    failed = Job.objects.filter(state="failed").count()
    if failed:
        yield Finding(f"{failed} background jobs were given up", "look at them on the settings page", grave=False)


def _files() -> Iterator[Finding]:
    home = Path(settings.HOME)
    key = home / "secret-key"
    if key.exists() and key.stat().st_mode & 0o077:
        yield Finding(f"others may read {key.name}", "chmod 600 it in the data folder")
    fonts = settings.PACKAGE / "static_vendor" / "fonts"
    if not any(fonts.glob("*.ttf")):
        yield Finding("no fonts for PDFs", "run `make setup`", grave=False)
