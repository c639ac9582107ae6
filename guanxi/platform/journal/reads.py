"""Reading the journal by time, and of many customers at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F, Lookup, Q

from .models import Fact


class _AnyOf(Lookup):
    """PostgreSQL's `= ANY(array)`."""

    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, values = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", (*values, list(self.rhs))


def of_customers(ids: Sequence[int]) -> Any:
    """A condition for facts: about these customers. For PostgreSQL they are one value: a thousand are read and planned one
    by one, which takes longer than to find the facts."""
    if connection.vendor == "postgresql":
        return _AnyOf(F("customer_id"), ids)
    return Q(customer_id__in=ids)


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
