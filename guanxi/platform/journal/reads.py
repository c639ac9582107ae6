"""Reading the journal by time."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from .models import Fact


def first_seq(moment: datetime) -> int:
    """The first fact that was recorded at or after a moment (one past the end where there is none). One query.

    recorded_at rises with seq and seq has no gaps, so halving finds it without an index on the time.
    """
    table = Fact._meta.db_table
    at = connection.ops.adapt_datetimefield_value(moment)
    sql = f"""
        WITH RECURSIVE half(low, high) AS (
            SELECT CAST(1 AS BIGINT), CAST(COALESCE((SELECT MAX(seq) FROM {table}), 0) + 1 AS BIGINT)
            UNION ALL
            SELECT CASE WHEN f.recorded_at < %s THEN f.seq + 1 ELSE low END,
                   CASE WHEN f.recorded_at < %s THEN high ELSE f.seq END
            FROM half JOIN {table} f ON f.seq = (low + high) / 2 WHERE low < high
        ) SELECT low FROM half WHERE low >= high"""  # noqa: S608 (the name of our own table)
    with connection.cursor() as cursor:
        cursor.execute(sql, [at, at])
        row = cursor.fetchone()
    return int(row[0]) if row else 1
