"""Whom a comment mentions: @ and a name or sign-in name, wherever an address of e-mail cannot be meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from guanxi.platform.people.models import Person

_AT = re.compile(r"(?<![A-Za-z0-9_.+-])@(?=\w)")
"""An @ at the beginning of a word: not the one inside of lin@example.com."""
_SIGN_IN = re.compile(r"[a-z0-9][a-z0-9._-]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mentions:
    """Who was found, in the order of the text, and the names that several bear."""

    people: Sequence[Person]
    several: Sequence[str]


def mentions(text: str, people: Iterable[Person]) -> Mentions:
    """The colleagues a text mentions. A sign-in name wins over a name; of names the longest that fits is meant, so that
    @王敏 and @王敏华 are two people. An @ before anything else is plain text."""
    by_sign_in: dict[str, Person] = {}
    by_name: dict[str, list[Person]] = {}
    for person in people:
        by_sign_in[person.username.lower()] = person
        by_name.setdefault(person.name.lower(), []).append(person)
    names = sorted((name for name in by_name if name), key=lambda name: (-len(name), name))
    found: dict[int, Person] = {}
    several: dict[str, None] = {}
    for match in _AT.finditer(text):
        rest = text[match.end() :]
        word = _SIGN_IN.match(rest)
        signed = by_sign_in.get(word.group().rstrip(".-_").lower()) if word else None
        if signed is not None:
            found[signed.pk] = signed
            continue
        name = next((name for name in names if rest.lower().startswith(name)), "")
        bearers = by_name.get(name, [])
        if len(bearers) == 1:
            found[bearers[0].pk] = bearers[0]
        elif bearers:
            several[bearers[0].name] = None
    return Mentions(list(found.values()), list(several))
