"""The rows of an import as its page shows them: what becomes of each, why, and what a person may choose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from guanxi.platform.kernel import Text, current_language

from ..importing import told
from ..importing.actions import WORK
from ..importing.kept import said_of
from ..importing.sorts import CUSTOMERS
from ..models_import import CONTACT, CREATE, DUPLICATE, PLANNED, SKIP, UNDONE, UPDATE, Import, ImportRow

PAGE = 50
DECISIONS = (
    (CREATE, Text("仍然新建", "Create anyway")),
    (SKIP, Text("不导入", "Leave out")),
    (UPDATE, Text("更新原客户", "Update that customer")),
    (CONTACT, Text("只加联系人", "Only add the person")),
)
_PLANNED_OUT = Text("不导入（默认）", "Leave out (as planned)")
_PLANNED_PERSON = Text("只加联系人（默认）", "Only add the person (as planned)")
_UNDECIDED = Text("还没有决定（不导入）", "Not decided (left out)")
COMES = {
    "create": (Text("新建", "New"), "good"),
    "created": (Text("已新建", "Created"), "good"),
    "update": (Text("更新", "Update"), "accent"),
    "updated": (Text("已更新", "Updated"), "accent"),
    "contact": (Text("加联系人", "Add person"), "accent"),
    "duplicate": (Text("重复，不导入", "Duplicate, left out"), "quiet"),
    "rejected": (Text("不能导入", "Rejected"), "bad"),
    UNDONE: (Text("已撤销", "Undone"), "quiet"),
}
_KEPT = (Text("保留", "Kept"), "warn")
_PERHAPS = (Text("可能重复", "Perhaps a duplicate"), "warn")
_PERSON_ONLY = (Text("重复，只加联系人", "Duplicate, adds the person"), "accent")
_PERSON_ADDED = (Text("重复，已加联系人", "Duplicate, person added"), "accent")


@dataclass(slots=True)
class Shown:
    """A row of the plan or the result as the page shows it; `about` is what tells it from others of its name."""

    line: ImportRow
    name: str
    come: Text
    tone: str
    about: str = ""
    faults: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    matches: list[dict[str, Any]] = field(default_factory=list)
    before: str = ""
    after: str = ""
    kept: str = ""
    account: Any = None
    choices: list[tuple[str, Text, bool]] = field(default_factory=list)


def decisions_for(person: Any, run: Import) -> list[tuple[str, Text]]:
    """What this person may choose for duplicates: updating a customer takes the right to work on customers. What only
    belongs to customers is entered anyway or left out."""
    if run.what != CUSTOMERS:
        return [(code, words) for code, words in DECISIONS if code in (CREATE, SKIP)]
    may = person.may(WORK)
    return [(code, words) for code, words in DECISIONS if may or code != UPDATE]


def rows_of(request: Any, run: Import, what: str, start: int) -> tuple[list[Shown], int]:
    """A page of rows after row `start`, and the number of its last row where there are more (else 0)."""
    if not told.sees_rows(request.user, run):
        return [], 0
    lines = list(told.of_kind(run, what).filter(number__gt=start).order_by("number")[: PAGE + 1])
    more = lines[PAGE - 1].number if len(lines) > PAGE else 0
    lines = lines[:PAGE]
    known = told.named(request.user, lines)
    above = _above(run, lines)
    offered = decisions_for(request.user, run) if run.by_id == request.user.pk else []
    kept = said_of(request.user, [line for line in lines if line.kept])
    found = [_shown(line, known, above, run, offered) for line in lines]
    for shown in found:
        shown.kept = kept.get(shown.line.number, "")
    return found, more


def _above(run: Import, lines: Iterable[ImportRow]) -> dict[int, str]:
    """What stands in the rows that these may double, by row number."""
    wanted = {
        match["ref"] for line in lines for match in line.said.get("matches", [])[:3] if not match["existing"]
    }
    return {line.number: about(line) for line in ImportRow.objects.filter(run=run, number__in=wanted)}


def about(line: ImportRow) -> str:
    """Address, telephone and person of a row, by which a person tells whether two are one."""
    if "about" in line.plan:
        return str(line.plan["about"])
    create, contact = line.plan.get("create", {}), line.plan.get("contact") or {}
    person = " ".join(part for part in (contact.get("name", ""), contact.get("post", "")) if part)
    return " · ".join(part for part in (create.get("address", ""), create.get("phone", ""), person) if part)


def title_of(line: ImportRow) -> str:
    """How a row is called: its customer's name, else what stands first in it."""
    named = line.plan.get("title") or line.plan.get("create", {}).get("name")
    return str(named or next((c for c in line.cells if c.strip()), ""))


def _shown(
    line: ImportRow,
    known: dict[int, Any],
    above: dict[int, str],
    run: Import,
    offered: list[tuple[str, Text]],
) -> Shown:
    words, tone = _come(line)
    shown = Shown(line, title_of(line), words, tone, about(line), account=known.get(line.account_id or 0))
    colon = ": " if current_language() == "en" else "："
    for target, said in ((shown.faults, "faults"), (shown.doubts, "doubts")):
        for one in line.said.get(said, []):
            target.append(f"{one[0]}{colon}{told.words(one)}" if one[0] else told.words(one))
    if run.what != CUSTOMERS:
        shown.doubts[:0] = [
            told.words(one) for match in line.said.get("matches", []) for one in match["reasons"]
        ]
    for match in line.said.get("matches", [])[:3] if run.what == CUSTOMERS else ():
        account = known.get(match["ref"]) if match["existing"] else None
        shown.matches.append(
            {
                "row": None if match["existing"] else match["ref"],
                "account": account,
                "certain": match["certain"],
                "reasons": ("、" if current_language() != "en" else ", ").join(
                    told.words(one) for one in match["reasons"]
                ),
                "about": " · ".join(part for part in (account.address, account.phone) if part)
                if account
                else above.get(match["ref"], "")
                if not match["existing"]
                else "",
            }
        )
    shown.before, shown.after = (
        " | ".join(line.said.get("before", [])),
        " | ".join(line.said.get("after", [])),
    )
    asked = run.what == CUSTOMERS or not line.certain
    if line.kind == DUPLICATE and run.state == PLANNED and offered and asked:
        shown.choices = _choices(line, offered)
    return shown


def _come(line: ImportRow) -> tuple[Text, str]:
    come = line.outcome or line.to_do
    if line.kept:
        return _KEPT
    if line.outcome == DUPLICATE and line.contact_id:
        return _PERSON_ADDED
    if come == DUPLICATE and not line.decision and not line.outcome:
        if not line.certain:
            return _PERHAPS
        if line.said.get("adds_contact"):
            return _PERSON_ONLY
    return COMES[come]


def _choices(line: ImportRow, offered: list[tuple[str, Text]]) -> list[tuple[str, Text, bool]]:
    """The choices for a duplicate, the one that holds now marked; first what happens if nothing is chosen."""
    person = bool(line.plan.get("contact"))
    adds = bool(line.said.get("adds_contact"))
    first = _UNDECIDED if not line.certain else _PLANNED_PERSON if adds else _PLANNED_OUT
    codes = [
        (code, words)
        for code, words in offered
        if not (code == CONTACT and (not person or (line.certain and adds)))
        and not (code == SKIP and line.certain and not adds)
    ]
    return [(code, words, code == line.decision) for code, words in [("", first), *codes]]
