"""One value of one column, in the form that both databases and every backup share.

kind      in a backup (JSON)                         in SQLite                    in PostgreSQL
int       number                                     integer                      smallint … bigint
text      string                                     text                         varchar, text, inet
bool      true, false                                0, 1                         boolean
moment    "2026-11-25 08:00:00.000000", UTC          the same, Django's form      timestamptz
day       "2026-11-25"                               text                         date
decimal   "12.50", with the column's places          number                       numeric
json      [value], so that null is no absent value   text                         jsonb
bytes     base64                                     blob                         bytea
float     number                                     real                         double precision
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from decimal import Context, Decimal
from typing import Any

from django.db import models

Convert = Callable[[Any], Any]

KINDS: tuple[tuple[type[models.Field[Any, Any]], str], ...] = (
    (models.BooleanField, "bool"),
    (models.DateTimeField, "moment"),
    (models.DateField, "day"),
    (models.DecimalField, "decimal"),
    (models.JSONField, "json"),
    (models.BinaryField, "bytes"),
    (models.FloatField, "float"),
    (models.IntegerField, "int"),
    (models.CharField, "text"),
    (models.TextField, "text"),
    (models.GenericIPAddressField, "text"),
)
"""The first that fits says what a field holds."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, what it holds (see above), a decimal's places, and its type in PostgreSQL where we cast."""

    name: str
    kind: str
    places: int = 0
    inet: bool = False


def column_of(field: Any) -> Column:
    """The column of a Django field. TypeError for a kind of field that no backup knows: name it in KINDS."""
    shown = field
    while shown.remote_field is not None:
        shown = shown.target_field
    for known, kind in KINDS:
        if isinstance(shown, known):
            return Column(
                field.column,
                kind,
                getattr(shown, "decimal_places", None) or 0,
                isinstance(shown, models.GenericIPAddressField),
            )
    raise TypeError(f"{field}: backups do not know a {type(shown).__name__}; see {__name__}")


def _float(text: str) -> float | int:
    """PostgreSQL keeps numbers in JSON as decimals: those it would print otherwise become the same here."""
    number = float(text)
    return int(number) if number.is_integer() and abs(number) >= 1e16 else number + 0.0


_decode = json.JSONDecoder(parse_float=_float).decode


def _json_text(text: str | None) -> Any:
    return None if text is None else [_decode(text)]


def _bytes(value: Any) -> str | None:
    return None if value is None else base64.b64encode(bytes(value)).decode()


def _truth(value: Any) -> bool | None:
    return None if value is None else bool(value)


def _sqlite_moment(text: str | None) -> str | None:
    """Django writes no fraction where it is nothing."""
    return text if text is None or len(text) > 19 else f"{text}.000000"


def _sqlite_decimal(places: int) -> Convert:
    digits, step = Context(prec=15), Decimal(1).scaleb(-places)

    def convert(value: Any) -> str | None:
        return None if value is None else str(digits.create_decimal_from_float(float(value)).quantize(step))

    return convert


def _postgres_moment(value: Any) -> str | None:
    if value is None:
        return None
    return str(value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds"))


def _plain(value: Any) -> str | None:
    return None if value is None else str(value)


def from_sqlite(column: Column) -> Convert | None:
    """How a raw value of SQLite becomes one of a backup; None where it is so already."""
    if column.kind == "decimal":
        return _sqlite_decimal(column.places)
    return {"bool": _truth, "moment": _sqlite_moment, "json": _json_text, "bytes": _bytes}.get(column.kind)


def from_postgres(column: Column) -> Convert | None:
    """The same for a value as psycopg gives it; JSON is asked for as text."""
    known: dict[str, Convert] = {
        "moment": _postgres_moment,
        "day": _plain,
        "decimal": _plain,
        "json": _json_text,
        "bytes": _bytes,
    }
    return _plain if column.inet else known.get(column.kind)


def _json_out(value: Any) -> str | None:
    return None if value is None else json.dumps(value[0], ensure_ascii=False)


def _django_json_out(value: Any) -> str | None:
    """As Django writes it to SQLite; keys in order."""
    return None if value is None else json.dumps(value[0])


def _bytes_out(value: Any) -> bytes | None:
    return None if value is None else base64.b64decode(value)


def _number(value: Any) -> int | None:
    return None if value is None else int(value)


def _sqlite_moment_out(text: str | None) -> str | None:
    return text[:19] if text is not None and text.endswith(".000000") else text


def _postgres_moment_out(text: str | None) -> str | None:
    return None if text is None else f"{text}+00"


def to_sqlite(column: Column) -> Convert | None:
    """How a value of a backup goes into SQLite; None where as it is."""
    known: dict[str, Convert] = {
        "bool": _number,
        "moment": _sqlite_moment_out,
        "json": _django_json_out,
        "bytes": _bytes_out,
    }
    return known.get(column.kind)


def to_postgres(column: Column) -> Convert | None:
    """The same for a COPY into PostgreSQL, where texts are taken for every type."""
    known: dict[str, Convert] = {"moment": _postgres_moment_out, "json": _json_out, "bytes": _bytes_out}
    return known.get(column.kind)
