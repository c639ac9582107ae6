"""From the demo to the company's own: everything goes, so that set-up starts anew."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction

from guanxi.platform.journal import guards
from guanxi.platform.kernel import Conflict, Forbidden, Text
from guanxi.platform.people.rights import who_may
from guanxi.platform.people.settings_registry import value
from guanxi.platform.search import index

KEPT = ("django_migrations", "django_content_type", "auth_permission")
"""Tables that belong to the installation, not to a company."""
SHOWN = (
    ("people.Person", Text("人员", "People")),
    ("customers.Account", Text("客户", "Customers")),
    ("customers.Contact", Text("联系人", "Contacts")),
    ("visits.Visit", Text("拜访", "Visits")),
    ("customers.Promise", Text("承诺", "Promises")),
    ("approvals.Approval", Text("审批", "Approvals")),
    ("regulations.Version", Text("制度版本", "Versions of regulations")),
    ("regulations.Obligation", Text("义务", "Obligations")),
    ("journal.Fact", Text("日志记录", "Facts in the journal")),
)


def what_goes() -> list[tuple[Text, int]]:
    """What would be gone, in words, with how many of each; files last."""
    found = [(words, apps.get_model(name)._default_manager.count()) for name, words in SHOWN]
    return [*found, (Text("文件", "Files"), sum(1 for p in _files().rglob("*") if p.is_file()))]


def leave(actor: Any) -> None:
    """Empty everything. For an administrator of a demo company only: Forbidden to others, Conflict elsewhere.

    There is no way back: the journal that would tell of it is gone too.
    """
    if actor is None or not getattr(actor, "is_active", False) or not actor.may("people.manage"):
        raise Forbidden("people.manage", who=who_may("people.manage"))
    if value("demo") is not True:
        raise Conflict(Text("这不是演示公司，不能清空", "This is no demo company: nothing is emptied"))
    empty()


def empty() -> None:
    """All tables in one transaction, the journal's guards down only within it; then the uploaded files. Whoever calls
    it has made sure that this is a demo company."""
    with transaction.atomic():
        guards.switch_off(connection)
        _empty_tables()
        guards.switch_on(connection)
    for path in _files().iterdir() if _files().is_dir() else ():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    _forget()


def _empty_tables() -> None:
    quote = connection.ops.quote_name
    tables = [t for t in connection.introspection.django_table_names(only_existing=True) if t not in KEPT]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            names = ", ".join(quote(t) for t in [*tables, index.TABLE])
            cursor.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
            return
        cursor.execute("PRAGMA defer_foreign_keys = ON")
        index.clear(connection)
        for table in tables:
            cursor.execute(f"DELETE FROM {quote(table)}")  # noqa: S608 (names of our own tables)
        cursor.execute("DELETE FROM sqlite_sequence")


def _files() -> Path:
    return Path(settings.MEDIA_ROOT)


def _forget() -> None:
    """What this process remembers of the company that is gone."""
    from guanxi.platform.regulations import engine

    engine._made = None
