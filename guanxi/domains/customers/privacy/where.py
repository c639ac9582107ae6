"""Where personal data is: the declarations of every package, for the page and for docs/reference/personal-data.md."""

from __future__ import annotations

from dataclasses import dataclass

from django.apps import apps

from guanxi.platform.kernel import Text
from guanxi.platform.kernel.personal import Holding, all_holdings

OWN, WORDS, STAFF = (
    Text("客户方的人", "People at customers"),
    Text("文字中谈到的人", "Whoever words speak of"),
    Text("本公司人员", "Our own people"),
)
HEAD = """# Where personal data is

Made from what each package declares of its tables (`personal.py`); a test holds that every column that can hold text is declared,
and that this page says the same. After a change: `.venv/bin/python -m tests.personal_data`. The same stands in the product as
*个人信息在哪里 Where personal data is*, in both languages, with the company's retention periods.

| table, columns | holds | of whom | why | who sees it | how long | how it goes |
| --- | --- | --- | --- | --- | --- | --- |
"""
TAIL = """
## Tables that hold nothing of people

Codes, keys, times, hashes and words of the company's own registers only.

"""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the report."""

    holding: Holding
    name: str
    columns: str
    whose: list[Text]


def personal_tables() -> list[Table]:
    """Tables with something of people: those with particulars of customers' people, then words, then our own people; in
    each the customers' tables first."""
    found = [_table(h) for h in all_holdings().values() if h.personal]
    return sorted(
        found,
        key=lambda t: (
            0 if t.holding.own else 1 if t.holding.words else 2,
            not t.holding.model.startswith("customers."),
        ),
    )


def groups() -> list[tuple[Text, list[Table]]]:
    """The same, under what they hold in the first place."""
    found: dict[Text, list[Table]] = {}
    for table in personal_tables():
        found.setdefault(table.whose[0], []).append(table)
    return list(found.items())


def tables_without() -> list[str]:
    """The names of the others."""
    return sorted(_name(h.model) for h in all_holdings().values() if not h.personal)


def markdown() -> str:
    """docs/reference/personal-data.md, in English."""
    lines = []
    for table in personal_tables():
        h = table.holding
        cells = [
            f"`{table.name}`: {table.columns}",
            h.what.en,
            "; ".join(w.en for w in table.whose),
            h.why.en,
            h.seen_by.en,
            h.kept.en,
            h.erased.en,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return HEAD + "\n".join(lines) + "\n" + TAIL + ", ".join(f"`{name}`" for name in tables_without()) + "\n"


def _table(holding: Holding) -> Table:
    whose = [
        words
        for columns, words in ((holding.own, OWN), (holding.words, WORDS), (holding.staff, STAFF))
        if columns
    ]
    return Table(
        holding, _name(holding.model), ", ".join((*holding.own, *holding.words, *holding.staff)), whose
    )


def _name(model: str) -> str:
    """The table as the database knows it."""
    return next(
        m._meta.db_table for m in apps.get_models(include_auto_created=True) if m._meta.label == model
    )
