"""What facts and obligations are about, as people read it: name and address of a row by its kind and id.

    subject_kind("visit", Text("拜访", "Visit"), names=lambda person, ids: {…}, url=lambda id: reverse(…))

`names` answers only for rows that the person may see; the others are shown without a name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from guanxi.platform.kernel import Text

from .registry import load

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """How rows of a kind are named and found. names(person, ids): id -> name, for the ids that the person may see.
    sees(person, id): whether the person may see one; asked before an action, and quicker than its name."""

    kind: str
    label: Text
    names: Callable[[Any, list[int]], Mapping[int, str]]
    url: Callable[[int], str]
    sees: Callable[[Any, int], bool] | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """One row as shown: `name` and `url` are '' where the person may not see it."""

    label: Text
    name: str = ""
    url: str = ""


_kinds: dict[str, SubjectKind] = {}


def subject_kind(
    kind: str,
    label: Text,
    *,
    names: Callable[[Any, list[int]], Mapping[int, str]],
    url: Callable[[int], str],
    sees: Callable[[Any, int], bool] | None = None,
) -> None:
    """Declare how rows of a kind are shown; in a package's web/pages.py or web/panels.py."""
    _kinds[kind] = SubjectKind(kind, label, names, url, sees)


def seen(person: Any, kind: str, id: int) -> bool:
    """Whether `person` may see this row."""
    load()
    declared = _kinds.get(kind)
    if declared is None:
        return False
    return declared.sees(person, id) if declared.sees else bool(declared.names(person, [id]).get(id))


def named(person: Any, wanted: Iterable[Key]) -> dict[Key, Named]:
    """The rows of these (kind, id) as `person` may read them, one look-up per kind."""
    load()
    by_kind: dict[str, set[str]] = defaultdict(set)
    for kind, id in wanted:
        by_kind[kind].add(id)
    found: dict[Key, Named] = {}
    for kind, ids in by_kind.items():
        declared = _kinds.get(kind)
        if declared is None:
            found.update({(kind, id): Named(Text(kind, kind)) for id in ids})
            continue
        names = declared.names(person, [int(id) for id in ids if id.isdecimal()])
        for id in ids:
            name = names.get(int(id), "") if id.isdecimal() else ""
            found[kind, id] = Named(declared.label, name, declared.url(int(id)) if name else "")
    return found
