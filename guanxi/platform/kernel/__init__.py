"""The kernel: actions, facts and perform, the one way to write. See README.md beside this file."""

from .actions import Action, ActionInput, Context, Secret, action, all_actions, ask, get_action
from .clock import Clock, fixed_clock, read_day, system_clock
from .errors import ActionError, Conflict, Forbidden, Invalid, NotFound, Reason, Refused, UnknownAction
from .facts import FactKind, all_kinds, fact_kind, get_kind, ref
from .perform import Result, Verdict, explain, may, perform
from .text import Text, current_language
from .validation import Bad

__all__ = [
    "Action",
    "ActionError",
    "ActionInput",
    "Bad",
    "Clock",
    "Conflict",
    "Context",
    "FactKind",
    "Forbidden",
    "Invalid",
    "NotFound",
    "Reason",
    "Refused",
    "Result",
    "Secret",
    "Text",
    "UnknownAction",
    "Verdict",
    "action",
    "all_actions",
    "all_kinds",
    "ask",
    "current_language",
    "explain",
    "fact_kind",
    "fixed_clock",
    "get_action",
    "get_kind",
    "may",
    "perform",
    "read_day",
    "ref",
    "system_clock",
]
