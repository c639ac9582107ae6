r"""Exported text must never run as a formula when somebody opens the file (CWE-1236).

Spreadsheet programs take a CSV cell as a formula when it starts with = + - @, some also after a tab, a
line break or blanks, and East Asian settings with the full-width forms. Such a cell gets one apostrophe in
front, which spreadsheet programs know as "this is text" and which people can read over; only plain numbers
(-12.5) stay as they are. A cell that already starts with apostrophes before such a sign gets one more, so that
reading takes exactly one away and nothing is lost. In xlsx every text is stored as text, which no program
computes: there nothing is changed.
"""

from __future__ import annotations

import re

_RISKY = re.compile(r"'*[\s\ufeff\u200b]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20|%]|'*[\t\r\n]")
_GUARDED = re.compile(r"''*(?:[\s\ufeff\u200b]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20|%]|[\t\r\n])")
_HARMLESS = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?")


def guard(text: str) -> str:
    """The text as it may stand in a CSV cell."""
    if _RISKY.match(text) and not _HARMLESS.fullmatch(text):
        return "'" + text
    return text


def unguard(text: str) -> str:
    """What `guard` was given."""
    return text[1:] if _GUARDED.match(text) else text
