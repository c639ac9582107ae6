"""Reading visits. Everything starts from `visible(person)`: what this person may see."""

from .visible import fetch, fetch_mine, goes, may_assign, may_work, names_of, require_assign, sees, visible

__all__ = [
    "fetch",
    "fetch_mine",
    "goes",
    "may_assign",
    "may_work",
    "names_of",
    "require_assign",
    "sees",
    "visible",
]
