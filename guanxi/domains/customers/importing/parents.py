"""The parent company that a row names: by name, customer number or credit code, in this file or among the customers there are.

A parent may stand further down than the companies that belong to it. Rows are entered in turns: a row whose parent comes
after it waits for the turn after its parent's. Rows that stand above themselves are refused, each with the circle.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from guanxi.platform.imports.columns import Mapping
from guanxi.platform.imports.sheet import Sheet
from guanxi.platform.imports.values import clean_text, half_width, is_nothing
from guanxi.platform.kernel import Text

from .. import reads
from ..models_import import ExternalKey
from .beside import Said

PARENT = "account.parent"
_BY = ("account.external_key", "account.credit_code", "account.name")
_MOST_IN = 500
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Parent:
    """What a row's parent is: a row of the file, or a customer that is there. fault: why the row is refused; doubt: why it
    has none."""

    row: int | None = None
    account: int | None = None
    fault: Said | None = None
    doubt: Said | None = None


class Parents:
    """The parents of one file's rows, for the person who imports it; nothing where no column names any."""

    def __init__(self, sheet: Sheet, mapping: Mapping, person: Any) -> None:
        self.column = mapping.column(PARENT)
        self.header = sheet.header[self.column] if self.column is not None else ""
        self.turns: dict[int, int] = {}
        """Rows that wait for a later turn than the first."""
        self._named: dict[str, int] = {}
        self._names: dict[int, str] = {}
        self._there: dict[str, list[int]] = {}
        self._circles: dict[int, list[int]] = {}
        if self.column is None:
            return
        wanted: dict[str, str] = {}
        texts: dict[int, str] = {}
        for row in sheet.rows:
            if self.column < len(row.cells) and (key := _key(row.cells[self.column])):
                texts[row.number] = key
                wanted.setdefault(key, row.cells[self.column].strip())
        self._look(sheet, mapping, wanted)
        self._ask(person, {key: text for key, text in wanted.items() if key not in self._named})
        self._order({n: self._named[key] for n, key in texts.items() if key in self._named})
        if self._circles and (names := mapping.column("account.name")) is not None:
            self._names = {r.number: r.cells[names].strip() for r in sheet.rows if r.number in self._circles}

    def of(self, number: int, text: str) -> Parent:
        """The parent that a row names."""
        if (circle := self._circles.get(number)) is not None:
            return Parent(fault=self._said("parent.circle", self._circle(circle)))
        key = _key(text)
        if (row := self._named.get(key)) is not None:
            return Parent(row=row)
        found = self._there.get(key, [])
        if len(found) == 1:
            return Parent(account=found[0])
        why = _SEVERAL if found else _UNKNOWN
        return Parent(
            doubt=self._said("parent.several" if found else "parent.unknown", why.format(name=text[:40]))
        )

    def turn(self, number: int, of: int | None) -> int:
        """In which turn a row is entered; of: the row above that it doubles, which goes before it."""
        own = self.turns.get(number, 0)
        if of is not None and (above := self.turns.get(of, 0)) > own:
            own = self.turns[number] = above
        return own

    # --- Before the rows are judged -------------------------------------------------------------------------------------

    def _look(self, sheet: Sheet, mapping: Mapping, wanted: dict[str, str]) -> None:
        """In the file itself: the first row that has the number, code or name."""
        by = [c for name in _BY if (c := mapping.column(name)) is not None]
        for row in sheet.rows:
            for place in by:
                if place < len(row.cells) and (key := _key(row.cells[place])) in wanted:
                    self._named.setdefault(key, row.number)

    def _ask(self, person: Any, wanted: dict[str, str]) -> None:
        """Among the customers that this person may see: by number and credit code as they stand, by name without signs."""
        for part in _parts(wanted):
            rows = reads.visible(person).order_by()
            whole = {wanted[key]: key for key in part}
            codes = {text.upper(): key for text, key in whole.items()}
            for id, code in reads.known_by(rows, "credit_code", codes).values_list("pk", "credit_code"):
                self._add(codes[code], id)
            called = {half_width(text): key for text, key in whole.items()}
            numbers = ExternalKey.objects.filter(key__in=list(called), account__in=rows.values("pk"))
            for id, number in numbers.values_list("account", "key"):
                self._add(called[number], id)
            names = {reads.name_key(text) for text in whole} - {""}
            for id, name in rows.filter(name_key__in=names).values_list("pk", "name"):
                if (key := _key(name)) in wanted:
                    self._add(key, id)

    def _add(self, key: str, id: int) -> None:
        found = self._there.setdefault(key, [])
        if id not in found:
            found.append(id)

    def _order(self, above: dict[int, int]) -> None:
        """The turns, and who stands above himself."""
        for start in above:
            way: list[int] = []
            at: int | None = start
            seen: dict[int, int] = {}
            while at is not None and at in above and at not in self.turns and at not in self._circles:
                if at in seen:
                    circle = way[seen[at] :]
                    self._circles |= dict.fromkeys(circle, circle)
                    break
                seen[at] = len(way)
                way.append(at)
                at = above[at]
            for number in reversed(way):
                if number in self._circles:
                    continue
                parent = above[number]
                self.turns[number] = self.turns.get(parent, 0) + (parent > number)

    # --- Words ----------------------------------------------------------------------------------------------------------

    def _said(self, code: str, text: Text) -> Said:
        return [self.header, code, text.zh, text.en]

    def _circle(self, circle: list[int]) -> Text:
        if len(circle) == 1:
            return Text("上级单位不能是自己", "A customer is not its own parent")
        names = [self._names.get(n) or str(n) for n in circle[:_SHOWN]]
        way = " → ".join([*names, *(["…"] if len(circle) > _SHOWN else []), names[0]])
        return Text("上下级会绕成一圈：{way}", "It would stand above itself: {way}").format(way=way)


_UNKNOWN = Text(
    "没有找到上级单位“{name}”，记入备注",
    "No customer {name} was found as the parent company; it is kept in the note",
)
_SEVERAL = Text(
    "有几位客户都叫“{name}”，不能确定上级单位，记入备注",
    "Several customers are called {name}: the parent company is not clear; it is kept in the note",
)


def _key(text: str) -> str:
    """A name, number or code as it is compared: without blanks and signs, whatever its case and width. '' for none."""
    plain = unicodedata.normalize("NFKC", clean_text(text, lines=False)).casefold()
    return "" if is_nothing(plain) else "".join(c for c in plain if c.isalnum())


def _parts(values: Iterable[str]) -> Iterable[list[str]]:
    ordered = sorted(values)
    return (ordered[i : i + _MOST_IN] for i in range(0, len(ordered), _MOST_IN))
