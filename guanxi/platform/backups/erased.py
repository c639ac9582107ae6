"""Whom the company erased after a backup was taken: a restored backup must not bring them back.

Looked up in the database that the backup takes the place of, while that is still there. It is the same company's where the
backup's newest fact stands in its journal under the same hash: the chain lets nothing else be so. Only then do numbers
mean the same people.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from guanxi.platform.kernel import NotFound, perform
from guanxi.platform.kernel.personal import all_erasings
from guanxi.platform.people.rights import SYSTEM

from .reading import Snapshot, snapshot

Told = tuple[int, str, str, dict[str, Any]]
"""Of a fact: its number, its kind, whom it is about, its data and texts."""
UNREADABLE, ELSEWHERE = "unreadable", "elsewhere"


def erased_since(database: Mapping[str, Any], facts: int, head: str) -> tuple[list[Told], str]:
    """What the journal of `database` tells of people erased after its fact number `facts`, whose hash is `head` (hex).

    And why that is nothing to go by: '' (it is), UNREADABLE, or ELSEWHERE where it is another company's, or one that went
    another way, and somebody was erased there.
    """
    try:
        with snapshot(database) as before:
            told = _told(before, facts)
            if told and not _same(before, facts, head):
                return [], ELSEWHERE
            return told, ""
    except Exception:  # damaged, perhaps: that may be why a backup is restored
        return [], UNREADABLE


def erase_again(told: list[Told]) -> tuple[int, list[str]]:
    """Erase them in Django's own database: how many were, and the numbers of those with whom it did not work.

    A restore is done in need: one person must not keep the whole company from coming back.
    """
    done, left = 0, []
    for seq, kind, about, said in told:
        how = all_erasings()[kind]
        try:
            perform(how.action, how.input(said), actor=SYSTEM, key=f"erased-before-{seq}", source="restore")
        except NotFound:  # came later than the backup, or had been erased twice
            continue
        except Exception:  # whatever it is: told by number, so that somebody does it by hand
            left.append(about)
        else:
            done += 1
    return done, left


def _told(before: Snapshot, facts: int) -> list[Told]:
    if not any(table.name == "journal_fact" for table in before.tables):
        return []
    kinds = ", ".join(f"'{kind}'" for kind in sorted(all_erasings()))
    rows = before.select(
        "SELECT f.seq, f.kind, f.subject_id, f.data, t.body "  # noqa: S608 (our own names)
        "FROM journal_fact f LEFT JOIN journal_facttext t ON t.fact_id = f.seq "
        f"WHERE f.kind IN ({kinds}) AND f.seq > {int(facts)} ORDER BY f.seq"
    )
    return [
        (int(seq), str(kind), str(about), {**_read(data), **_read(body)})
        for seq, kind, about, data, body in rows
    ]


def _read(document: Any) -> dict[str, Any]:
    """JSON as either database gives it; {} for none."""
    found: dict[str, Any] = json.loads(document) if isinstance(document, str | bytes) else document or {}
    return found


def _same(before: Snapshot, facts: int, head: str) -> bool:
    found = before.select(f"SELECT hash FROM journal_fact WHERE seq = {int(facts)}")  # noqa: S608 (a number)
    return bool(found) and bytes(found[0][0]).hex() == head
