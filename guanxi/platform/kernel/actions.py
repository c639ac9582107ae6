"""Actions: the one way to write. An action is a described object; `perform` runs it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache
from typing import Annotated, Any, ClassVar, Protocol, TypeVar, get_args, runtime_checkable

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from .clock import FIRST_YEAR, LAST_YEAR
from .errors import Invalid, UnknownAction
from .facts import FactKind, check_data, get_kind
from .text import Text
from .validation import Bad, messages

_NUMBER = re.compile(r"[-+]?\d+(\.\d*)?")
LARGEST = 2**63 - 1
"""The largest whole number that both databases keep."""
Secret = Annotated[
    SecretStr, BeforeValidator(lambda given: SecretStr(given) if isinstance(given, str) else given)
]
"""A password or code, exactly as it was typed: blanks around it are part of it. It stands in no message and no digest."""


class ActionInput(BaseModel):
    """Typed input of an action; form, API and command line are made from it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _times_are_written(cls, values: Any) -> Any:
        """A bare number is no day or time (pydantic would count seconds from 1970): made unreadable, so that it is refused
        at its field in the words for what cannot be read."""
        if not isinstance(values, dict):
            return values
        counted = {
            n: f"{v}?" for n in _temporal(cls) if _NUMBER.fullmatch(str(v := values.get(n, "")).strip())
        }
        return {**values, **counted} if counted else values

    @field_validator("*", mode="after")
    @classmethod
    def _can_be_kept(cls, value: Any) -> Any:
        """What cannot be kept is refused at its field."""
        for one in _leaves(value):
            words = _unkeepable(one)
            if words:
                raise Bad(words.zh, words.en)
        return value


@cache
def _temporal(cls: type[BaseModel]) -> frozenset[str]:
    """The fields that hold a day or a time."""

    def parts(annotation: Any) -> Iterator[Any]:
        inner = get_args(annotation)
        yield from (one for part in inner for one in parts(part)) if inner else (annotation,)

    times = {date, datetime, time, AwareDatetime}
    return frozenset(n for n, f in cls.model_fields.items() if times & {*parts(f.annotation)})


def _leaves(value: Any) -> Iterator[Any]:
    """Every single value in lists and tables; an input inside an input has looked at its own fields already."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from _leaves(one)
    else:
        yield value


def _unkeepable(value: Any) -> Text | None:
    """Why a single value cannot be kept: a whole number beyond 64 bits, the sign NUL in a text, a year that is a slip."""
    if isinstance(value, str) and "\0" in value:
        return Text("含有不能保存的字符", "There is a character in it that cannot be kept")
    if isinstance(value, int) and abs(value) > LARGEST:
        return Text("数字太大", "This number is too large")
    if isinstance(value, date) and not FIRST_YEAR <= value.year <= LAST_YEAR:
        return Text(
            f"年份须在 {FIRST_YEAR} 至 {LAST_YEAR} 之间",
            f"The year must lie between {FIRST_YEAR} and {LAST_YEAR}",
        )
    return None


def ask(
    zh: str,
    en: str,
    default: Any = ...,
    *,
    hint: Text | None = None,
    widget: str = "",
    choices: Any = None,
    of: str = "",
    **limits: Any,
) -> Any:
    """A field of an ActionInput with its words.

    widget: text, textarea, username, password, otp, date, datetime, select, radio, chips, checkbox, person, customer,
    contact, phone, money, number, hidden; '' picks by type. choices: a list of (value, Text) or a function of no argument
    that returns one. of: kind of row that an id points to. limits: pydantic's (max_length, ge, le, pattern …).
    """
    extra: dict[str, Any] = {"zh": zh, "en": en, "widget": widget, "of": of}
    if hint:
        extra["hint"] = {"zh": hint.zh, "en": hint.en}
    described = Field(default, title=en, json_schema_extra=extra, **limits)
    if choices is not None:
        described.metadata.append(Choices(choices))
    return described


@dataclass(frozen=True, slots=True)
class Choices:
    """What a field may be chosen from; kept in the field's metadata for the form."""

    source: Any

    def pairs(self) -> list[tuple[Any, Text]]:
        """(value, words) pairs, made anew each time where the source is a function."""
        found = self.source() if callable(self.source) else self.source
        return [(value, Text.of(words)) for value, words in found]


@runtime_checkable
class Nested(Protocol):
    """Fields below one of an input's, which are known only while running (the company's own); kept in that field's
    metadata. Their names in messages and forms begin with the field's: own.floor."""

    def read(self, given: Any, whole: Any) -> Any:
        """The values as the action takes them; `whole` is the input they stand in. Invalid with a message for each that does
        not fit."""

    def asked(self) -> Any:
        """What a form asks for, by name."""

    def schema(self) -> dict[str, Any]:
        """How programs are told of them."""


@cache
def nested(model: type[BaseModel]) -> list[tuple[str, Nested]]:
    """The fields of an input that have others below them."""
    found = []
    for name, info in model.model_fields.items():
        part = next((m for m in info.metadata if isinstance(m, Nested)), None)
        if part is not None:
            found.append((name, part))
    return found


def unchosen(parsed: BaseModel) -> dict[str, list[Text]]:
    """Messages for values that are none of those a field offers."""
    found: dict[str, list[Text]] = {}
    for name, offered in _offered(type(parsed)):
        value = getattr(parsed, name)
        if name not in parsed.model_fields_set or value in (None, "", []):
            continue
        known = {str(choice) for choice, _ in offered.pairs()}
        if any(str(one) not in known for one in (value if isinstance(value, list | tuple) else [value])):
            found[name] = [Text("请从列出的选项中选择", "Please choose one of those listed")]
    return found


@cache
def _offered(model: type[BaseModel]) -> list[tuple[str, Choices]]:
    """The fields of an input that are chosen from something."""
    found = []
    for name, info in model.model_fields.items():
        offered = next((m for m in info.metadata if isinstance(m, Choices)), None)
        if offered is not None:
            found.append((name, offered))
    return found


@dataclass(slots=True)
class Emitted:
    """A fact on its way into the journal."""

    kind: FactKind
    subject: tuple[str, str | None]
    customer: int | None
    data: dict[str, Any]
    texts: dict[str, Any]
    happened_at: datetime
    caused_by: int | None = None
    seq: int | None = None  # known once the journal has taken it


@dataclass(slots=True)
class Context:
    """Who acts, for whom, when, from where; and what the action says happened."""

    actor: Any
    now: datetime
    happened_at: datetime
    key: str
    action: str
    source: str = "code"
    on_behalf_of: Any = None
    emitted: list[Emitted] = field(default_factory=list)
    clock_said: datetime | None = None  # what the clock showed, where the journal's newest fact is later
    acting: Action | None = None  # whose `run` is at work: it writes only what it declares

    def emit(
        self,
        kind: str,
        *,
        subject: tuple[str, int | str | None],
        customer: int | None = None,
        data: dict[str, Any] | None = None,
        texts: dict[str, Any] | None = None,
        happened_at: datetime | None = None,
        caused_by: int | None = None,
    ) -> Emitted:
        """Say that something happened. `subject` is (kind of row, id); data and texts as the kind declares."""
        declared = get_kind(kind)
        if self.acting is not None and kind not in self.acting.writes:
            raise TypeError(f"{self.acting.name} does not say that it writes {kind}")
        data, texts = dict(data or {}), {k: v for k, v in (texts or {}).items() if v not in (None, "", [])}
        check_data(declared, data, texts)
        if declared.subject not in ("*", subject[0]):
            raise TypeError(f"{kind} is about a {declared.subject}, not a {subject[0]}")
        about = (subject[0], None if subject[1] is None else str(subject[1]))
        emitted = Emitted(declared, about, customer, data, texts, happened_at or self.happened_at, caused_by)
        self.emitted.append(emitted)
        return emitted

    @contextmanager
    def with_rights_of(self, who: Any) -> Iterator[None]:
        """Actions run inside hold the rights of `who`; the facts still name who acts."""
        actor, self.actor = self.actor, who
        try:
            yield
        finally:
            self.actor = actor

    def act(self, name: str, data: dict[str, Any]) -> Any:
        """Run another action inside this one: same actor, time and transaction; its rights and gates hold."""
        from .perform import run_inside

        return run_inside(self, name, data)


class Action:
    """Base of all actions. A subclass is registered by `@action`.

    name: dotted, domain first. label: what a button says. permission: the right it needs.
    writes: fact kinds it may emit. gate_values: a dataclass of typed values (bool, int, str, datetime, list[str])
    that packs' conditions may read; None where no gate can be put on it. internal: not offered by API or
    command line (steps of the set-up). by_system: background work may run it without a person.
    subject: kind of the row it is about.
    """

    name: ClassVar[str]
    label: ClassVar[Text]
    permission: ClassVar[str]
    writes: ClassVar[tuple[str, ...]] = ()
    subject: ClassVar[str] = ""
    Input: ClassVar[type[ActionInput]] = ActionInput
    gate_values: ClassVar[type | None] = None
    by_system: ClassVar[bool] = False
    internal: ClassVar[bool] = False

    def load(self, ctx: Context, data: Any) -> Any:
        """The row it is about, fetched through the actor's rights; raises NotFound. None where it makes one."""
        return None

    def gate(self, ctx: Context, data: Any, subject: Any) -> Any:
        """The typed values for packs' conditions, an instance of `gate_values`."""
        return None

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        """(kind, id, customer id) of what it is about, for the record of an attempt."""
        return (
            self.subject,
            getattr(subject, "pk", None),
            getattr(subject, "pk", None)
            if self.subject == "customer"
            else getattr(subject, "customer_id", None),
        )

    def run(self, ctx: Context, data: Any, subject: Any) -> Any:
        """Change rows and emit facts; returns the row that the caller will want to show."""
        raise NotImplementedError

    def parse(self, raw: Any) -> Any:
        """Typed input from raw values, or Invalid with a message per field."""
        if isinstance(raw, self.Input):
            return raw
        found: dict[str, Sequence[Text]] = {}
        below: dict[str, Any] = {}
        for name, part in nested(self.Input):
            try:
                below[name] = part.read(raw.get(name) if isinstance(raw, dict) else None, raw)
            except Invalid as invalid:
                found |= invalid.errors
        try:
            parsed = self.Input.model_validate(raw)
        except ValidationError as error:
            raise Invalid({**messages(error), **found}) from None
        found |= unchosen(parsed)
        if found:
            raise Invalid(found)
        changed = {name: value for name, value in below.items() if value != getattr(parsed, name)}
        return parsed.model_copy(update=changed) if changed else parsed


_actions: dict[str, Action] = {}
ActionClass = TypeVar("ActionClass", bound=type[Action])


def action(cls: ActionClass) -> ActionClass:
    """Register an action class. The name must be new and every kind it writes is checked at start."""
    if cls.name in _actions and type(_actions[cls.name]) is not cls:
        raise ValueError(f"action {cls.name} is declared twice")
    _actions[cls.name] = cls()
    return cls


def get_action(name: str) -> Action:
    """The action called `name`, or UnknownAction."""
    try:
        return _actions[name]
    except KeyError:
        raise UnknownAction(name) from None


def all_actions() -> dict[str, Action]:
    """Every action by name, sorted."""
    return dict(sorted(_actions.items()))
