"""What may need an approval. Domains declare it; the mechanism is one.

approval_kind(ApprovalKind(
    "regulation_version", Text("制度版本", "Regulation version"), subject="version", clause="R1.17",
    load=lambda id: Version.objects.filter(pk=id).first(),
    title=lambda v: Text(…), content=lambda v: {…}, steps=lambda v: [["general_manager"]],
    may_request=lambda person, v: person.may("regulations.draft"),
    on_approved="regulations.put_in_force",
))
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from guanxi.platform.journal.chain import canonical
from guanxi.platform.kernel import Text
from guanxi.platform.people.models import Person
from guanxi.platform.people.roles import ROLES
from guanxi.platform.ui.parts import Change

Who = str | Person
"""A role, or a person by name."""


@dataclass(frozen=True, slots=True)
class AllOf:
    """A step that needs everybody named; a plain list needs any one of them."""

    who: Sequence[Who]


Stage = Sequence[Who] | AllOf


def _follow(approval: Any) -> dict[str, Any]:
    return {"approval": approval.pk}


def _nothing(subject: Any) -> Any:
    return None


@dataclass(frozen=True, slots=True)
class ApprovalKind:
    """One kind of approval.

    subject: kind of row it is about. load(id): that row, or None. title(subject): what is to be decided.
    clause: the clause that asks for it, or a function of the subject. content(subject): what the approval is bound
    to, of str, int, bool, None, lists and dicts. steps(subject): the chain; each element a list of roles and persons
    (any one decides) or AllOf. may_request(person, subject): the actor may ask for it.
    on_approved …: names of actions that follow in the same transaction, given follow_input(approval). They run with
    the rights of whoever the last step belongs to, or of the system where the action says `by_system`.
    needs_identity: a decision asks for the password or a code. own: whoever asks may decide too. substitutes:
    substitutes may decide. difference(subject): what changes, before and after. otherwise: what happens if nothing
    is done. url(subject): its page. customer(subject): id of the customer it concerns.
    """

    name: str
    label: Text
    subject: str
    load: Callable[[int], Any]
    title: Callable[[Any], Text]
    content: Callable[[Any], Mapping[str, Any]]
    steps: Callable[[Any], Sequence[Stage]]
    may_request: Callable[[Any, Any], bool]
    clause: str | Callable[[Any], str] = ""
    on_approved: str = ""
    on_refused: str = ""
    on_returned: str = ""
    on_withdrawn: str = ""
    follow_input: Callable[[Any], dict[str, Any]] = _follow
    needs_identity: bool = False
    own: bool = False
    substitutes: bool = True
    difference: Callable[[Any], Sequence[Change]] = lambda subject: ()
    otherwise: Text | Callable[[Any], Text] = field(default_factory=lambda: Text("", ""))
    url: Callable[[Any], str] = lambda subject: ""
    customer: Callable[[Any], int | None] = _nothing

    def clause_of(self, subject: Any) -> str:
        return self.clause if isinstance(self.clause, str) else self.clause(subject)

    def otherwise_of(self, subject: Any) -> Text:
        return self.otherwise if isinstance(self.otherwise, Text) else self.otherwise(subject)


_kinds: dict[str, ApprovalKind] = {}


def approval_kind(kind: ApprovalKind) -> ApprovalKind:
    """Declare a kind of approval. A name is declared once."""
    known = _kinds.get(kind.name)
    if known is not None and known.subject != kind.subject:
        raise ValueError(f"approval kind {kind.name} is declared twice")
    _kinds[kind.name] = kind
    return kind


def get_approval_kind(name: str) -> ApprovalKind:
    """The kind called `name`; KeyError where none is declared."""
    return _kinds[name]


def all_approval_kinds() -> dict[str, ApprovalKind]:
    """Every declared kind by name, sorted."""
    return dict(sorted(_kinds.items()))


def kind_choices() -> list[tuple[str, Text]]:
    return [(kind.name, kind.label) for kind in all_approval_kinds().values()]


def content_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 of the content in canonical form; TypeError where it holds what has no canonical form."""
    _plain(content)
    return hashlib.sha256(canonical(dict(content))).hexdigest()


def plain_stages(stages: Sequence[Stage]) -> list[tuple[bool, list[Who]]]:
    """(all of them, who) for each stage; ValueError for an empty chain or stage and unknown roles."""
    found = []
    for stage in stages:
        who = list(stage.who if isinstance(stage, AllOf) else stage)
        unknown = [w for w in who if isinstance(w, str) and w not in ROLES]
        if not who or unknown:
            raise ValueError(f"a step of an approval names nobody or no role: {unknown}")
        found.append((isinstance(stage, AllOf), who))
    if not found:
        raise ValueError("an approval needs at least one step")
    return found


def _plain(value: Any) -> None:
    if value is None or isinstance(value, str | int):
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise TypeError("an approval's content has names of type str only")
            _plain(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _plain(inner)
    else:
        raise TypeError(f"an approval's content holds no {type(value).__name__}; write it as str")
