"""What is said about a file, a row or a value, in both languages and with a name that programs can read."""

from __future__ import annotations

from dataclasses import dataclass

from guanxi.platform.kernel.text import Text


@dataclass(frozen=True, slots=True)
class Reason:
    """One statement: `code` is stable (`phone.split`), `text` is for people."""

    code: str
    text: Text

    def __str__(self) -> str:
        return str(self.text)


def reason(code: str, zh: str, en: str, /, **values: object) -> Reason:
    """A Reason whose `{placeholders}` are filled in both languages."""
    text = Text(zh, en)
    return Reason(code, text.format(**values) if values else text)


class Unreadable(Exception):
    """The file cannot be read as a table; `reason` says why and what to do."""

    def __init__(self, why: Reason) -> None:
        super().__init__(why.text.en)
        self.reason = why


def refuse(code: str, zh: str, en: str, /, **values: object) -> Unreadable:
    """An Unreadable to raise, with its placeholders filled."""
    return Unreadable(reason(code, zh, en, **values))
