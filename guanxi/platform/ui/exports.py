"""Lists as CSV and spreadsheets: exactly the rows and columns that are shown, and never a formula from text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from . import dates
from .sheets import xlsx

STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
MAX_ROWS = 100_000
PORTION = 2_000


def harmless(text: str) -> str:
    """Text that a spreadsheet program will not take for a formula."""
    return (
        "'" + text
        if text.lstrip(" \u3000").startswith(STARTS_FORMULA) or text.startswith(STARTS_FORMULA)
        else text
    )


def plain(value: Any) -> Any:
    """A cell's value: numbers stay numbers, days and times are in the company's zone without it, the rest is text."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return dates.local(value).replace(tzinfo=None, microsecond=0)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | date):
        return str(value)
    return value


def csv_response(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    """The rows as UTF-8 with a byte order mark, which Chinese Excel needs to read it."""

    def lines() -> Iterator[str]:
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        buffer.write("\ufeff")
        writer.writerow([harmless(str(words)) for words in head])
        for row in rows:
            writer.writerow([_csv_cell(cell) for cell in row])
            if buffer.tell() > 65_536:
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()
        yield buffer.getvalue()

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.csv") or "attachment"
    return response


def _csv_cell(cell: Any) -> Any:
    value = plain(cell)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return harmless(value) if isinstance(value, str) else value


def xlsx_response(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    """The rows as a spreadsheet with a frozen head, real dates and numbers, and text that is never a formula."""
    response = StreamingHttpResponse(
        xlsx(head, ([plain(cell) for cell in row] for row in rows)),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.xlsx") or "attachment"
    return response
