"""Cases beside a pack that a general manager can read: given, when, then; run without a database.

    - name: a visit on the Friday before a make-up Saturday is due on that Saturday
      given: [{visit.completed: {at: 2026-02-13T16:00, visit: V1, owner: lin}}]
      then: {obligation: {clause: R1.16.1, visit: V1, due: 2026-02-14T18:00}}

``given`` lists facts in the order in which they are recorded: ``at`` (and ``recorded``, if later), the subject under its
kind's name, ``customer``, ``by``, and data; data that the case leaves out are blank. ``when`` tries an action:
``{action: …, at: …, values: {…}}``. ``then`` looks: ``at`` ticks the clock first; ``obligation`` (some stand, all named
values hold), ``no_obligation``, ``refused``/``warned`` (by clause) or ``passed``, ``measure``. ``parameters`` changes
values for this case, ``in_force`` says from when the version holds (else from long before).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from guanxi.cores.norms.catalogue import BLANKS, Catalogue
from guanxi.cores.norms.controls import Measure, Pack, Version
from guanxi.cores.norms.engine import Engine
from guanxi.cores.norms.gates import Verdict, ask
from guanxi.cores.norms.measures import read
from guanxi.cores.norms.model import Fact, FieldType, NormsError, Obligation
from guanxi.cores.norms.source import Node, PackError, read_yaml
from guanxi.cores.norms.store import MemoryStore

_KEYS: Final = frozenset({"name", "given", "when", "then", "parameters", "in_force"})
_LOOKS: Final = frozenset({"at", "obligation", "no_obligation", "refused", "warned", "passed", "measure"})
_EPOCH: Final = "2000-01-01T00:00"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case: its name, where it stands, and what did not come out (empty: it holds)."""

    name: str
    file: str
    line: int
    faults: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether the case holds."""
        return not self.faults


def run_cases(
    text: str,
    file: str,
    pack: Pack,
    catalogue: Catalogue,
    zone: tzinfo,
    calendar: Sequence[Mapping[str, Any]] = (),
) -> list[CaseResult]:
    """Run every case of a file. ``calendar`` holds ``calendar.loaded`` data that hold from the beginning."""
    document = read_yaml(text, file)
    if not document.is_list:
        raise PackError([document.problem("cases are a list", "begin each case with '- name:'")])
    found: list[CaseResult] = []
    for node in document.value:
        case = _Case(node, pack, catalogue, zone, calendar)
        try:
            case.run()
        except NormsError as error:
            case.faults.append(str(error))
        found.append(CaseResult(node.text("name", "?"), file, node.line, tuple(case.faults)))
    return found


class _Case:
    """One case being run."""

    def __init__(
        self,
        node: Node,
        pack: Pack,
        catalogue: Catalogue,
        zone: tzinfo,
        calendar: Iterable[Mapping[str, Any]],
    ) -> None:
        values = node.get("parameters")
        self.node, self.pack, self.catalogue, self.zone = node, pack, catalogue, zone
        self.version = Version("case", pack, values.plain() if values else {})
        self.engine = Engine([self.version], catalogue, zone)
        self.store, self.seq = MemoryStore(), 0
        self.faults: list[str] = []
        self.verdict: Verdict | None = None
        for load in calendar:
            self._fact("calendar.loaded", _EPOCH, "", "", load)
        self.started = False

    def run(self) -> None:
        """Given, when, then."""
        unknown = sorted(set(self.node.value) - _KEYS) if self.node.is_map else ["?"]
        if unknown:
            raise PackError(
                [self.node.problem(f"a case has no '{unknown[0]}'", f"known: {', '.join(sorted(_KEYS))}")]
            )
        in_force = self.node.text("in_force", _EPOCH)
        start = self._moment(in_force)
        for item in self.node.several("given"):
            (kind, body), *_ = item.items()
            recorded = self._moment(body.text("recorded", body.text("at")))
            if recorded >= start:
                self._begin(in_force)
            self._given(kind, body)
        self._begin(in_force)
        when = self.node.get("when")
        if when is not None:
            self._when(when)
        for look in self.node.several("then"):
            self._then(look)

    def _begin(self, in_force: str) -> None:
        if not self.started:
            self.started = True
            data = {"regulation": self.pack.regulation, "version": "case"}
            self._fact("norms.version_in_force", in_force, "", "", data)

    def _moment(self, text: str) -> datetime:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise PackError(
                [self.node.problem(f"'{text}' is no time", "write such as 2026-02-13T16:00")]
            ) from error
        return (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).astimezone(UTC)

    def _fact(
        self, kind: str, at: str, subject_kind: str, subject: str, data: Mapping[str, Any], *,
        recorded: str = "", actor: str | None = None, customer: str | None = None,
    ) -> None:  # fmt: skip
        self.seq += 1
        happened = self._moment(at)
        fact = Fact(
            self.seq, kind, happened, self._moment(recorded) if recorded else happened, actor, subject_kind, subject,
            customer, data, 1, f"case:{self.seq}",
        )  # fmt: skip
        for change in self.engine.apply(fact, self.store):
            if change.draft is not None:
                draft = change.draft
                self._fact(draft.kind, at, draft.subject_kind, draft.subject, draft.data)

    def _given(self, kind: str, body: Node) -> None:
        declared = self.catalogue.kind(kind)
        if declared is None:
            raise PackError([body.problem(f"unknown fact kind '{kind}'", "declare it, or correct the name")])
        plain = dict(body.plain())
        at, recorded = str(plain.pop("at", "")), str(plain.pop("recorded", ""))
        actor = plain.pop("by", None)
        if declared.subject_kind == "obligation":
            found = self._matching(
                {name: plain.pop(name) for name in list(plain) if name not in declared.fields}
            )
            if not found:
                self.faults.append(f"{kind}: there is no such obligation at that time")
                return
            subject_kind, subject = "obligation", found[0].id
        else:
            subject_kind = declared.subject_kind or str(plain.pop("subject_kind", ""))
            subject = str(plain.pop(subject_kind, ""))
        customer = plain.pop("customer", None) if "customer" not in declared.fields else None
        data = {
            name: self._value(plain.pop(name), field) if name in plain else _blank(field, self._moment(at))
            for name, field in declared.fields.items()
            if name in plain or not field.optional
        }
        if plain:
            cure = f"known: {', '.join(['at', 'recorded', 'by', 'customer', subject_kind, *declared.fields])}"
            raise PackError([body.problem(f"{kind} has no '{next(iter(plain))}'", cure)])
        holder = str(customer) if customer is not None else subject if subject_kind == "customer" else None
        self._fact(kind, at, subject_kind, subject, data, recorded=recorded, actor=actor, customer=holder)

    def _value(self, value: Any, field: FieldType) -> Any:
        if field.base == "timestamp" and value is not None:
            return self._moment(str(value)).isoformat()
        return str(value) if field.base in ("text", "date") and value is not None else value

    def _when(self, when: Node) -> None:
        plain = dict(when.plain())
        action, at = str(plain.pop("action", "")), self._moment(str(plain.pop("at", "")))
        offer = self.catalogue.actions.get(action)
        if offer is None:
            raise PackError([when.problem(f"unknown action '{action}'", "correct the name")])
        given = dict(plain.pop("values", {}))
        unknown = sorted(set(given) - set(offer.values))
        if unknown:
            cure = f"known: {', '.join(offer.values)}"
            raise PackError([when.problem(f"{action} hands over no '{unknown[0]}'", cure)])
        values: dict[str, Any] = {
            name: self._value(given[name], field)
            if name in given
            else None
            if field.optional
            else _blank(field, at)
            for name, field in offer.values.items()
        }
        kind, subject = next(((str(k), str(v)) for k, v in plain.items() if k != "by"), ("", ""))
        self.verdict = ask(
            self.engine, action, values, at=at, store=self.store, subject_kind=kind, subject=subject
        )

    # -- then ----------------------------------------------------------------------------------------------------

    def _then(self, look: Node) -> None:
        unknown = sorted(set(look.value) - _LOOKS)
        if unknown:
            raise PackError(
                [look.problem(f"'then' has no '{unknown[0]}'", f"known: {', '.join(sorted(_LOOKS))}")]
            )
        if look.get("at") is not None:
            self._fact("norms.ticked", look.text("at"), "", "", {})
        for name, node in look.items():
            if name == "obligation":
                self._obligation(dict(node.plain()))
            elif name == "no_obligation" and self._matching(dict(node.plain())):
                self.faults.append(f"there is an obligation {node.plain()}")
            elif name in ("refused", "warned", "passed"):
                self._answer(name, node)
            elif name == "measure":
                self._measure(dict(node.plain()))

    def _obligation(self, wanted: dict[str, Any]) -> None:
        said = {name: wanted.pop(name) for name in list(wanted) if name in _SAID}
        found = self._matching(wanted)
        if not found:
            self.faults.append(f"there is no obligation {wanted}")
            return
        shown: list[str] = []
        for o in found:
            wrong = [
                f"{name} is {self._told(o, name)}, not {self._wanted(name, value)}"
                for name, value in said.items()
                if self._told(o, name) != self._wanted(name, value)
            ]
            if not wrong:
                return
            shown.append("; ".join(wrong))
        self.faults.append(f"obligation {wanted}: " + " | ".join(shown))

    def _matching(self, wanted: Mapping[str, Any]) -> list[Obligation]:
        found = sorted(self.store.obligations.values(), key=lambda o: (o.opened_at, o.id), reverse=True)
        return [o for o in found if all(_is(o, name, str(value)) for name, value in wanted.items())]

    def _told(self, o: Obligation, name: str) -> str:
        value = getattr(o, _SAID[name])
        if isinstance(value, datetime):
            return value.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M")
        return {True: "true", False: "false", None: "none"}.get(value, str(value))

    def _wanted(self, name: str, value: Any) -> str:
        if _SAID[name].endswith("_at") and value is not None and str(value) != "none":
            return self._moment(str(value)).astimezone(self.zone).strftime("%Y-%m-%dT%H:%M")
        return {True: "true", False: "false", None: "none"}.get(value, str(value))

    def _answer(self, name: str, node: Node) -> None:
        if self.verdict is None:
            raise PackError([node.problem(f"'{name}' needs a 'when'", "add when: {action: …, at: …}")])
        refused = [failure.clause for failure in self.verdict.failures]
        if name == "passed":
            if self.verdict.passed is not bool(node.value):
                self.faults.append(f"passed is {self.verdict.passed}; refused by {refused}")
            return
        said = refused if name == "refused" else [failure.clause for failure in self.verdict.warnings]
        clause = node.text("clause") if node.is_map else str(node.value)
        if clause not in said:
            self.faults.append(f"not {name} by {clause}; {name} by {said or 'none'}")

    def _measure(self, wanted: dict[str, Any]) -> None:
        control = self.pack.controls.get(str(wanted.pop("control", "")))
        if not isinstance(control, Measure):
            self.faults.append("there is no such measure; name its control")
            return
        period = str(wanted.pop("period", ""))
        figure = read(control, self.version, self.store.measures.values(), period).figure
        for name, value in wanted.items():
            if getattr(figure, name, None) != value:
                self.faults.append(
                    f"{control.id} {period}: {name} is {getattr(figure, name, None)}, not {value}"
                )


_SAID: Final = {
    "due": "due_at", "state": "state", "owner": "owner", "owed_by": "owed_by", "department": "department",
    "missed_at": "missed_at", "taken_back": "taken_back", "version": "version", "estimated": "estimated",
    "opened": "opened_at", "actionable_from": "actionable_from", "dated_back": "dated_back",
}  # fmt: skip


def _is(o: Obligation, name: str, value: str) -> bool:
    if name in ("clause", "control", "element"):
        return bool(getattr(o, name) == value)
    if name == "customer" and o.customer == value:
        return True
    return (o.subject_kind == name and o.subject == value) or f"{name}={value}" in o.matches


def _blank(field: FieldType, at: datetime) -> Any:
    return at.isoformat() if field.base == "timestamp" else BLANKS[field.base]
