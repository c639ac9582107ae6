"""Pages by key: the mark of a row, behind which a page goes on, and the page itself."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a list, the addresses of its neighbours, and the marks in them."""

    rows: list[Any]
    next_url: str
    previous_url: str
    next: str = ""
    previous: str = ""


_READ: dict[str, Callable[[str], Any]] = {
    "s": str,
    "i": int,
    "n": Decimal,
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "0": lambda _: None,
}


@dataclass(frozen=True, slots=True)
class Mark:
    """The sort value and id of a row, as it stands in an address."""

    value: Any
    id: Any

    def write(self) -> str:
        body = json.dumps([*_tagged(self.value), *_tagged(self.id)], ensure_ascii=False)
        return base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> Mark | None:
        """The mark in an address; None for none, or for one that somebody has bent."""
        if not text or len(text) > 2000:
            return None
        try:
            kind, value, id_kind, id = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            return cls(_READ[kind](value), _READ[id_kind](id))
        except (ValueError, KeyError, TypeError, InvalidOperation, binascii.Error, UnicodeError):
            return None


def _tagged(value: Any) -> tuple[str, str]:
    if value is None:
        return "0", ""
    for kind, tag in ((datetime, "t"), (date, "d")):
        if isinstance(value, kind):
            return tag, value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool):
        return "i", str(value)
    return ("n", str(value)) if isinstance(value, Decimal | float) else ("s", str(value))
