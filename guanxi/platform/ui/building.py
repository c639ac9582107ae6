"""The form in which a list's filter is put together: conditions in groups, added and removed one at a time.

Everything that is typed goes to and fro in the form, so that it works without a script and loses nothing: `n.k` is the kind
of the outermost group, `n.0.f`, `n.0.o` and `n.0.v` are field, operator and values of its first part, `n.1.k` the kind of a
group in it. `do` says which button was pressed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from guanxi.platform.kernel import Text

from .conditions import DEEPEST, KINDS, MOST, Condition, Group, Node
from .filters import Choice, DateFilter, Filter
from .narrowing import Narrowing
from .operators import Operator, Wrong

BUILD = "build"
_PART = re.compile(r"n(?:\.\d{1,3}){1,8}")
KIND_WORDS = {
    "all": Text("全部满足", "all of these"),
    "any": Text("满足任一", "any of these"),
    "none": Text("全都不满足", "none of these"),
}


@dataclass
class Line:
    """A condition as the form shows it. error: why it cannot be taken."""

    path: str
    filter: Filter
    operator: Operator
    values: list[str]
    fields: Sequence[Filter]
    error: Text | None = None
    fresh: bool = False

    is_group = False

    @property
    def operators(self) -> Sequence[Operator]:
        return self.filter.operators()

    @property
    def first(self) -> str:
        return self.values[0] if self.values else ""

    @property
    def second(self) -> str:
        return self.values[1] if len(self.values) > 1 else ""

    @property
    def choices(self) -> list[Choice]:
        return self.filter.options(self.values)

    @property
    def periods(self) -> list[Choice]:
        from .filters import NAMED

        f = self.filter
        return [Choice(n, f.words(n), n in self.values) for n in NAMED] if isinstance(f, DateFilter) else []

    def condition(self) -> Condition:
        values = self.values if self.operator.takes in ("choices", "span") else self.values[:1]
        return Condition(self.filter.key, self.operator.key, tuple(values) if self.operator.takes else ())


@dataclass
class Box:
    """A group as the form shows it."""

    path: str
    kind: str
    parts: list[Any] = field(default_factory=list)
    depth: int = 1
    error: Text | None = None
    fresh: bool = False

    is_group = True

    @property
    def kinds(self) -> list[Choice]:
        return [Choice(k, words, k == self.kind) for k, words in KIND_WORDS.items()]

    @property
    def may_nest(self) -> bool:
        return self.depth < DEEPEST - 1

    def lines(self) -> list[Line]:
        return [line for part in self.parts for line in (part.lines() if isinstance(part, Box) else [part])]


class Building:
    """The form for one request. root: what it shows; `tree()` what it asks, None where something is wrong."""

    def __init__(self, narrowing: Narrowing, shown: Group, query: QueryDict) -> None:
        self.narrowing = narrowing
        self.fields = list(narrowing.filters.values())
        self.query = query
        self.sent = "n.k" in query
        self.root = self._sent("n", 1) if self.sent else self._box(shown, "n", 1)
        self.error: Text | None = None
        if not self.root.parts and not self.sent:
            self._add(self.root)
        what, _, path = query.get("do", "").partition(":")
        if what in ("add", "group", "drop"):
            self._change(what, path)

    @property
    def applying(self) -> bool:
        return self.sent and self.query.get("do") == "apply"

    def tree(self) -> Group | None:
        """What is asked, without groups that hold nothing; None where a condition is not finished (it says why)."""
        node = self._node(self.root)
        wrong = [line for line in self.root.lines() if line.error]
        if wrong or self.error:
            return None
        return node if isinstance(node, Group) else Group("all", ())

    def _node(self, part: Line | Box) -> Node | None:
        if isinstance(part, Line):
            try:
                self.narrowing.asked(part.condition())
            except Wrong as wrong:
                part.error = wrong.words
            return part.condition()
        found = [node for inner in part.parts if (node := self._node(inner)) is not None]
        return Group(part.kind, tuple(found)) if found else None

    # --- from a tree, from the form ---

    def _box(self, group: Group, path: str, depth: int) -> Box:
        box = Box(path, group.kind, depth=depth)
        for place, part in enumerate(group.parts):
            own = f"{path}.{place}"
            if isinstance(part, Group):
                box.parts.append(self._box(part, own, depth + 1))
            else:
                f = self.narrowing.filters[part.key]
                box.parts.append(Line(own, f, self.narrowing.operator(part), list(part.values), self.fields))
        return box

    def _sent(self, path: str, depth: int) -> Box:
        kind = self.query.get(f"{path}.k", "all")
        box = Box(path, kind if kind in KINDS else "all", depth=depth)
        places = sorted(
            {
                int(name[len(path) + 1 :].split(".")[0])
                for name in self.query
                if name.startswith(f"{path}.") and _PART.fullmatch(name.rpartition(".")[0])
                and name.rpartition(".")[0] != path
            }
        )  # fmt: skip
        for place in places:
            own = f"{path}.{place}"
            if f"{own}.k" in self.query:
                if depth < DEEPEST:
                    box.parts.append(self._sent(own, depth + 1))
            elif f"{own}.f" in self.query:
                box.parts.append(self._line(own))
        return box

    def _line(self, path: str) -> Line:
        key, before = self.query.get(f"{path}.f", ""), self.query.get(f"{path}.b")
        f = self.narrowing.filters.get(key) or self.fields[0]
        same = before in (None, f.key)
        asked = self.query.get(f"{path}.o", "") if same else ""
        operators = f.operators()
        operator = next((o for o in operators if o.key == asked), operators[0])
        values = self.query.getlist(f"{path}.v")[:200] if same else []
        if operator.takes not in ("choices", "span"):
            values = values[:1]
        return Line(path, f, operator, [v[:400] for v in values], self.fields)

    # --- the buttons ---

    def _change(self, what: str, path: str) -> None:
        box = self._find(self.root, path if what != "drop" else path.rpartition(".")[0])
        if box is None:
            return
        if what == "drop":
            box.parts = [part for part in box.parts if part.path != path]
            box.fresh = True
        elif len(self.root.lines()) >= MOST:
            self.error = Text("最多 {n} 个条件", "At most {n} conditions").format(n=MOST)
        elif what == "add":
            self._add(box)
        elif box.may_nest:
            inner = Box(self._next(box), "any" if box.kind == "all" else "all", depth=box.depth + 1)
            box.parts.append(inner)
            self._add(inner)

    def _add(self, box: Box) -> None:
        used = {line.filter.key for line in self.root.lines()}
        f = next((f for f in self.fields if f.key not in used), self.fields[0])
        box.parts.append(Line(self._next(box), f, f.operators()[0], [], self.fields, fresh=True))

    @staticmethod
    def _next(box: Box) -> str:
        taken = [int(part.path.rpartition(".")[2]) for part in box.parts]
        return f"{box.path}.{max(taken, default=-1) + 1}"

    def _find(self, box: Box, path: str) -> Box | None:
        if box.path == path:
            return box
        found = (self._find(part, path) for part in box.parts if isinstance(part, Box))
        return next((one for one in found if one is not None), None)
