"""What a tree of conditions means for one list: its filters turn it into a condition of the database and into words.

A tree only ever narrows rows that somebody may see: `List` applies it to those, as one condition beside the others, so no
"or" and no "not" in it reaches further.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import QueryDict

from guanxi.platform.kernel import Text

from .conditions import Condition, Group, Node, Unreadable, mentions, parts_of_all, read
from .filters import EVERY_ROW, Filter
from .operators import Operator, Wrong

WHERE = "where"
NO_FIELD = Text("这个列表没有这个筛选字段", "This list has no such filter")
NO_OPERATOR = Text("这个字段不能这样筛选", "This field cannot be asked that way")
NO_PART = Text("条件组里没有条件", "A group without a condition")

_JOINED = {"all": Text("且", "and"), "any": Text("或", "or"), "none": Text("或", "or")}


def asked_about(query: QueryDict, key: str) -> bool:
    """Whether an address has a condition on a field, by its own name or in the tree: then a list's default for it rests."""
    return bool(query.getlist(key)) or mentions(query.get(WHERE, ""), key)


class Narrowing:
    """The filters of one list, as fields of conditions."""

    def __init__(self, filters: Sequence[Filter]) -> None:
        self.filters: Mapping[str, Filter] = {f.key: f for f in filters if f.operators()}

    def read(self, query: QueryDict) -> Node | None:
        """The tree in an address. Unreadable where it is none, or asks what this list does not know."""
        node = read(query.get(WHERE, ""))
        if node is not None:
            self._check(node)
        return node

    def _check(self, node: Node) -> None:
        if isinstance(node, Condition):
            try:
                self.asked(node)
            except Wrong as wrong:
                f = self.filters.get(node.key)
                about = f.label if f else Text.of(node.key)
                raise Unreadable(
                    Text(f"{about.zh}：{wrong.words.zh}", f"{about.en}: {wrong.words.en}")
                ) from None
            return
        if not node.parts:
            raise Unreadable(NO_PART)
        for part in node.parts:
            self._check(part)

    def operator(self, one: Condition) -> Operator:
        """The operator of a condition. Wrong where its field has none of that name."""
        f = self.filters.get(one.key)
        if f is None:
            raise Wrong(NO_FIELD)
        found = next((o for o in f.operators() if o.key == one.op), None)
        if found is None:
            raise Wrong(NO_OPERATOR)
        return found

    def asked(self, one: Condition) -> tuple[Filter, Operator, Any]:
        """The filter, the operator and the typed value of a condition. Wrong in words where they do not fit."""
        operator = self.operator(one)
        f = self.filters[one.key]
        return f, operator, f.value(operator.asks, one.values)

    def where(self, node: Node, now: datetime) -> Q:
        """The tree as a condition of the database."""
        if isinstance(node, Condition):
            f, operator, value = self.asked(node)
            wanted = f.where(value, now) or EVERY_ROW
            return ~wanted if operator.of else wanted
        found = [self.where(part, now) for part in node.parts]
        whole = found[0]
        for one in found[1:]:
            whole = whole & one if node.kind == "all" else whole | one
        return ~whole if node.kind == "none" else whole

    def said(self, node: Node, *, inside: bool = False) -> Text:
        """The tree in words."""
        if isinstance(node, Condition):
            f, operator, value = self.asked(node)
            return f.unsaid(value) if operator.of else f.said(value)
        said = [self.said(part, inside=True) for part in node.parts]
        word = _JOINED[node.kind]
        zh, en = f" {word.zh} ".join(s.zh for s in said), f" {word.en} ".join(s.en for s in said)
        if node.kind == "none":
            return Text(f"都不是（{zh}）", f"none of ({en})")
        return Text(f"（{zh}）", f"({en})") if inside and len(said) > 1 else Text(zh, en)

    # --- the address ---

    def whole(self, applied: Sequence[tuple[Filter, Any]], node: Node | None) -> Group:
        """All that an address asks as one tree: what each filter asks by itself, and the tree beside it."""
        own = [
            Condition(f.key, op, values)
            for f, value in applied
            if f.key in self.filters
            for op, values in f.conditions(value)
        ]
        if isinstance(node, Group) and node.kind != "all" and not own:
            return node
        return Group("all", (*own, *parts_of_all(node)))

    def address(self, root: Group) -> dict[str, list[str]]:
        """The shortest address of a tree: conditions that all have to hold by their filters' own names, the rest as it is."""
        found: dict[str, list[str]] = {}
        rest: list[Node] = []
        for part in root.parts if root.kind == "all" else (root,):
            plain = None
            if isinstance(part, Condition) and not any(n in found for n in self.filters[part.key].names()):
                plain = self.filters[part.key].plain(part.op, part.values)
            if plain is None:
                rest.append(part)
            else:
                found |= plain
        if rest:
            found[WHERE] = [(rest[0] if len(rest) == 1 else Group("all", tuple(rest))).write()]
        return found
