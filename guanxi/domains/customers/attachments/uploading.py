"""From bytes that somebody sends to a file at a customer or a visit: for the web and for the API alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from guanxi.platform.kernel import Invalid, Result, perform

from . import checking, storing


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was sent: its own name, its bytes, how many."""

    name: str
    file: IO[bytes]
    size: int


NOTHING: Mapping[str, Any] = {"file_name": "x", "stored": "0" * 48, "size": 1, "sha256": "", "file_kind": ""}
"""Stands for the file while a form is only drawn."""


def upload(
    action: str, given: Mapping[str, Any], sent: Sent, *, actor: Any, source: str, key: str | None = None
) -> Result:
    """Check a file, write it, and run the action that attaches it. Where that is refused the bytes go again.

    The same call key with the same file writes once, and answers as the first time. Invalid at `file` for one that is not
    taken.
    """
    name = checking.clean_name(sent.name)
    try:
        kept = storing.keep(name, sent.file, sent.size, once=f"{actor.pk}:{action}:{key}" if key else "")
    except checking.Unfit as unfit:
        raise Invalid.field("file", unfit.text.zh, unfit.text.en) from None
    said = {
        "file_name": name,
        "stored": kept.stored,
        "size": kept.size,
        "sha256": kept.sha256,
        "file_kind": kept.kind,
    }
    try:
        return perform(action, {**given, **said}, actor=actor, key=key, source=source)
    except BaseException:
        if not kept.again:
            storing.discard(kept.stored)
        raise
