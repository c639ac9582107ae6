"""Lines on standard error: one for each thing that happened, with its time in UTC, that nobody can forge by what they send."""

from __future__ import annotations

import logging
from datetime import UTC, datetime


class OneLine(logging.Formatter):
    """2026-11-25T14:03:07.512+00:00 ERROR name message; the lines of a trace stand below it behind a bar."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = f"{at} {record.levelname} {record.name} {visible(record.getMessage())}"
        more = [self.formatException(record.exc_info)] if record.exc_info else []
        more += [self.formatStack(record.stack_info)] if record.stack_info else []
        return "\n".join([line, *(f"  | {visible(part)}" for text in more for part in text.split("\n"))])


def visible(text: str) -> str:
    r"""Line ends and whatever else a terminal does not show, written out: \n, \x1b, \u202e."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
