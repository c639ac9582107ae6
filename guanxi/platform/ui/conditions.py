"""What a list is asked for as a tree of conditions: all of, any of, none of, as it stands in an address.

    where=any(grade.is(A,B),all(contacted.older(90),area.empty))

Text only: which fields and operators there are is known to the list (`narrowing.py`). A value that holds more than letters,
digits and - _ : + @ / stands in quotes, as JSON writes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from guanxi.platform.kernel import Text

LONGEST = 4000
DEEPEST = 4
MOST = 40
KINDS = ("all", "any", "none")

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PLAIN = re.compile(r"[\w\-:+@/]+")
_BARE = re.compile(r'[^(),"]+')
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")
"""What JSON can write, but no database can look for."""


class Unreadable(ValueError):
    """An address holds something that is no tree of conditions. words: what is wrong, for people."""

    def __init__(self, words: Text) -> None:
        super().__init__(words.en)
        self.words = words


@dataclass(frozen=True, slots=True)
class Condition:
    """One field, one operator, its values."""

    key: str
    op: str
    values: tuple[str, ...] = ()

    def write(self) -> str:
        if not self.values:
            return f"{self.key}.{self.op}"
        return f"{self.key}.{self.op}({','.join(_written(v) for v in self.values)})"


@dataclass(frozen=True, slots=True)
class Group:
    """kind: all (each holds), any (at least one), none (not one)."""

    kind: str = "all"
    parts: tuple[Node, ...] = ()

    def write(self) -> str:
        return f"{self.kind}({','.join(part.write() for part in self.parts)})"


Node = Condition | Group


def conditions(node: Node) -> Iterator[Condition]:
    """Every condition of a tree."""
    if isinstance(node, Condition):
        yield node
    else:
        for part in node.parts:
            yield from conditions(part)


def parts_of_all(node: Node | None) -> tuple[Node, ...]:
    """What each has to hold: the parts of a group of that kind, else the whole."""
    if node is None:
        return ()
    return node.parts if isinstance(node, Group) and node.kind == "all" else (node,)


def shape(node: Node) -> str:
    """The tree without its values, which may name people: what a record of an export may hold for ever."""
    if isinstance(node, Condition):
        return f"{node.key}.{node.op}"
    return f"{node.kind}({','.join(shape(part) for part in node.parts)})"


def read(text: str) -> Node | None:
    """The tree in an address, None where there is none. Unreadable for what is not one."""
    if not text.strip():
        return None
    if len(text) > LONGEST:
        raise Unreadable(
            Text("筛选条件太长（最多 {n} 个字符）", "The filter is too long (at most {n} characters)").format(
                n=LONGEST
            )
        )
    reader = _Reader(text.strip())
    node = reader.node(1)
    if reader.at < len(reader.text):
        raise reader.stuck()
    if sum(1 for _ in conditions(node)) > MOST:
        raise Unreadable(
            Text("筛选条件太多（最多 {n} 个）", "Too many conditions (at most {n})").format(n=MOST)
        )
    return node


def mentions(text: str, key: str) -> bool:
    """Whether a tree in an address has a condition on a field; what cannot be read has none."""
    try:
        node = read(text)
    except Unreadable:
        return False
    return node is not None and any(one.key == key for one in conditions(node))


def _written(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)


class _Reader:
    """Reads from left to right, and says where it could not go on."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def node(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise Unreadable(
                Text(
                    "条件组套得太深（最多 {n} 层）", "Groups stand too deep in one another (at most {n})"
                ).format(n=DEEPEST)
            )
        name = self._take(_NAME)
        if self._skip("."):
            return Condition(name, self._take(_NAME), self._values())
        if name not in KINDS:
            raise self.stuck()
        return Group(name, self._parts(depth))

    def _parts(self, depth: int) -> tuple[Node, ...]:
        self._need("(")
        found: list[Node] = []
        while not self._skip(")"):
            if found:
                self._need(",")
            found.append(self.node(depth + 1))
        return tuple(found)

    def _values(self) -> tuple[str, ...]:
        if not self._skip("("):
            return ()
        found: list[str] = []
        while not self._skip(")"):
            if found:
                self._need(",")
            found.append(self._value())
        return tuple(found)

    def _value(self) -> str:
        if self.text[self.at : self.at + 1] != '"':
            value = self._take(_BARE).strip()
        else:
            try:
                value = str(json.loads(self._take(_QUOTED)))
            except ValueError:
                raise self.stuck() from None
        if _UNKEEPABLE.search(value):
            raise self.stuck()
        return value

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise self.stuck()
        self.at = found.end()
        return found[0]

    def _skip(self, sign: str) -> bool:
        there = self.text.startswith(sign, self.at)
        self.at += len(sign) if there else 0
        return there

    def _need(self, sign: str) -> None:
        if not self._skip(sign):
            raise self.stuck()

    def stuck(self) -> Unreadable:
        rest = self.text[self.at : self.at + 20]
        if not rest:
            return Unreadable(Text("筛选条件不完整", "The filter ends too early"))
        return Unreadable(
            Text("筛选条件从“{rest}”起读不懂", "The filter cannot be read from “{rest}” on").format(rest=rest)
        )
