"""Given what somebody sends, when it is logged, then it stands in one line with its time and passes for no other line."""

from __future__ import annotations

import logging
import sys

from guanxi.settings.logs import OneLine


def line(message: str, *, trace: bool = False) -> str:
    record = logging.LogRecord("guanxi.jobs", logging.ERROR, __file__, 1, message, None, None)
    record.created = 1_772_683_387.5
    if trace:
        try:
            raise ValueError("first\n2026-01-01T00:00:00.000+00:00 ERROR forged second")
        except ValueError:
            record.exc_info = sys.exc_info()
    return OneLine().format(record)


def test_a_line_has_its_time_with_the_zone() -> None:
    assert line("作业 7 失败") == "2026-03-05T04:03:07.500+00:00 ERROR guanxi.jobs 作业 7 失败"


def test_what_is_no_sign_is_written_out() -> None:
    assert line("a\r\nb\x1b[31m\u202ec").endswith("a\\r\\nb\\x1b[31m\\u202ec")


def test_a_trace_stands_behind_a_bar() -> None:
    first, *more = line("failed", trace=True).split("\n")
    assert first.endswith("failed")
    assert all(part.startswith("  | ") for part in more)
    assert any("forged second" in part for part in more)
