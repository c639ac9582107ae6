"""What a message says, written once: both languages, plain text and HTML come from the same lines."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from guanxi.platform.kernel import Text

Value = str | int | Text


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """A kind of message.

    name: dotted, domain first. label: how preferences call it. subject, paragraphs: `{placeholders}` are filled with
    what the sender hands over. rows: label and value, shown as a small table. button: words of the link, if it has one.
    optional: people may have it in their inbox only. urgent: why it always goes by e-mail too, also in quiet hours.
    guarded: its words speak of what it is about, so they are shown only to who may see that.
    """

    name: str
    label: Text
    subject: Text
    paragraphs: Sequence[Text] = ()
    rows: Sequence[tuple[Text, Text]] = ()
    button: Text = Text("", "")
    optional: bool = True
    urgent: Text = Text("", "")
    guarded: bool = False

    def placeholders(self) -> set[str]:
        """The names that must be handed over."""
        found: set[str] = set()
        for text in (
            self.subject,
            self.button,
            *self.paragraphs,
            *(part for row in self.rows for part in row),
        ):
            for phrase in (text.zh, text.en):
                found |= {name for _, name, _, _ in string.Formatter().parse(phrase) if name}
        return found


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in one language, ready to send."""

    subject: str
    text: str
    html: str


_templates: dict[str, MessageTemplate] = {}


def message_template(template: MessageTemplate) -> MessageTemplate:
    """Declare a kind of message. Another under the same name, or one that lacks a language, is a mistake."""
    if _templates.get(template.name, template) != template:
        raise ValueError(f"message {template.name} is declared twice")
    parts = (
        template.label,
        template.subject,
        *template.paragraphs,
        *(one for row in template.rows for one in row),
    )
    if template.urgent and template.optional:
        raise ValueError(f"message {template.name} is urgent, so nobody can do without its e-mail")
    if not all(text.zh and text.en for text in parts) or bool(template.urgent.zh) != bool(template.urgent.en):
        raise ValueError(f"message {template.name} lacks a language")
    _templates[template.name] = template
    return template


def get_template(name: str) -> MessageTemplate:
    """The kind called `name`; KeyError where none is declared."""
    return _templates[name]


def all_templates() -> dict[str, MessageTemplate]:
    """Every kind of message by name, sorted."""
    return dict(sorted(_templates.items()))


@dataclass(frozen=True, slots=True)
class Around:
    """What is added to a message for one receiver. about: what it is about, kind and name. before, after: a paragraph
    above and one below. mark: stands before the subject."""

    about: tuple[Text, str] | None = None
    before: Text = Text("", "")
    after: Text = Text("", "")
    mark: Text = Text("", "")


BARE = Around()


def render(
    template: MessageTemplate,
    values: Mapping[str, Value],
    language: str,
    *,
    link: str = "",
    sender: str = "",
    around: Around = BARE,
) -> Rendered:
    """The message in 'zh' or 'en'. TypeError where a placeholder has no value. What is filled in is text, never HTML;
    it cannot add lines to the subject. link: an http(s) address. sender: the company's name, below."""
    missing = template.placeholders() - set(values)
    if missing:
        raise TypeError(f"message {template.name} needs {', '.join(sorted(missing))}")
    if link and not re.match(r"https?://", link):
        raise ValueError("a link in a message must begin with http:// or https://")

    def said(text: Text) -> str:
        return text.format(**values).in_language(language)

    subject = said(template.subject)
    paragraphs = [said(one) for one in template.paragraphs]
    rows = [(said(label), said(value)) for label, value in template.rows]
    if around.about:
        kind, name = around.about
        subject = f"{subject} ({name})" if language == "en" else f"{subject}（{name}）"
        rows.insert(0, (kind.in_language(language), name))
    subject = " ".join(f"{around.mark.in_language(language)}{subject}".split())
    before, after = around.before.in_language(language), around.after.in_language(language)
    paragraphs = [*([before] if before else []), *paragraphs]
    below = [after] if after else []
    button = said(template.button)
    colon = ": " if language == "en" else "："
    lines = [
        *paragraphs,
        "\n".join(f"{label}{colon}{value}" for label, value in rows),
        f"{button}{colon}{link}" if button and link else link,
        *below,
        f"-- \n{sender}" if sender else "",
    ]
    return Rendered(
        subject=subject,
        text="\n\n".join(line for line in lines if line) + "\n",
        html=_html(
            subject, paragraphs, rows, button, link, [*below, *([sender] if sender else [])], language
        ),
    )


def _html(
    subject: str,
    paragraphs: Sequence[str],
    rows: Sequence[tuple[str, str]],
    button: str,
    link: str,
    foot: Sequence[str],
    language: str,
) -> str:
    """Plain HTML without style, script or picture: readable everywhere, and nothing is loaded from anywhere."""
    parts = [format_html("<p>{}</p>", _broken(one)) for one in paragraphs]
    if rows:
        cells = format_html_join(
            "", '<tr><th align="left" scope="row">{}</th><td>{}</td></tr>', ((a, _broken(b)) for a, b in rows)
        )
        parts.append(format_html('<table cellpadding="4">{}</table>', cells))
    if link:
        parts.append(format_html('<p><a href="{}">{}</a></p>', link, button or link))
    if foot:
        parts.append(SafeString("<hr>"))
        parts += [format_html("<p><small>{}</small></p>", _broken(one)) for one in foot]
    return page_of(subject, SafeString("".join(parts)), language)


def page_of(subject: str, body: SafeString, language: str) -> str:
    """An HTML mail with this body."""
    return format_html(
        '<!doctype html><html lang="{}"><head><meta charset="utf-8"><title>{}</title></head><body>{}</body></html>',
        "en" if language == "en" else "zh-Hans",
        subject,
        body,
    )


def _broken(value: str) -> SafeString:
    return SafeString("<br>".join(escape(line) for line in value.splitlines()))
