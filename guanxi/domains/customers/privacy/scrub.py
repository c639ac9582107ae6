"""What was erased leaves the files too: a database overwrites a deleted row only when it needs the room."""

from __future__ import annotations

from django.db import connection

from guanxi.platform.journal.models import Fact, Reader
from guanxi.platform.search.index import optimise

from .facts import ERASED

READER = "contacts.scrub"


def waiting() -> int:
    """How many contacts were erased since the files were last rewritten."""
    done = Reader.objects.filter(name=READER).values_list("seq", flat=True).first() or 0
    return Fact.objects.filter(kind=ERASED, seq__gt=done).count()


def scrub() -> bool:
    """Write the database anew without what was erased, if anything was since the last time; whether it was.

    Outside any transaction. SQLite: the search index is merged (it keeps removed words until then), the file is written
    anew (VACUUM), the write-ahead log is emptied. PostgreSQL: what is free is given back by its own autovacuum; the
    tables concerned are vacuumed now where the role may.
    """
    last = Fact.objects.filter(kind=ERASED).order_by("-seq").values_list("seq", flat=True).first()
    done = Reader.objects.filter(name=READER).values_list("seq", flat=True).first() or 0
    if last is None or last <= done:
        return False
    optimise(connection)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy = cursor.fetchone()[0]
            if busy:
                raise RuntimeError("somebody reads from the write-ahead log; it is emptied at the next try")
    Reader.objects.update_or_create(name=READER, defaults={"seq": last})
    return True
