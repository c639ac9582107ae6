"""The page that shows all pictures: every page of the registry, with the roles to which it looks so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

STYLE = """
body { margin: 0; font: 14px/1.5 "Noto Sans CJK SC", sans-serif; color: #222; background: #eee; }
header, section { padding: 12px 20px; }
header { background: #fff; position: sticky; top: 0; border-bottom: 1px solid #ccc; z-index: 1; }
nav { display: flex; flex-wrap: wrap; gap: 4px 12px; max-height: 20vh; overflow: auto; }
h1, h2, h3 { margin: 0 0 4px; } h1 { font-size: 18px; } h2 { font-size: 16px; } h3 { font-size: 13px; font-weight: 400; }
section { border-bottom: 1px solid #ccc; scroll-margin-top: 25vh; }
.row { display: flex; gap: 12px; overflow-x: auto; padding: 8px 0 16px; align-items: flex-start; }
figure { margin: 0; } figcaption { font-size: 12px; color: #555; }
img { display: block; height: 420px; width: auto; max-width: none; border: 1px solid #bbb; background: #fff; }
.bad { color: #a31515; } table { border-collapse: collapse; } td, th { padding: 2px 8px; text-align: left; vertical-align: top; }
"""


@dataclass(slots=True)
class Look:
    """One way in which a page looks, to some roles. files: (language, width) -> picture or download."""

    roles: list[str] = field(default_factory=list)
    files: dict[tuple[str, int], str] = field(default_factory=dict)


@dataclass(slots=True)
class Entry:
    """One page of the registry: how it looks, and what it answered to those who get no page (words -> roles)."""

    name: str
    label: str
    looks: dict[str, Look] = field(default_factory=dict)
    others: dict[str, list[str]] = field(default_factory=dict)


def write(folder: Path, entries: Sequence[Entry], faults: Sequence[tuple[str, str]], summary: str) -> Path:
    """Write `index.html` into the folder of the pictures; its address."""
    parts = [
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Guanxi, every page</title><style>{STYLE}</style>"
        f"<header><h1>Guanxi, every page</h1><p>{escape(summary)}</p><nav>",
        *(f"<a href='#{escape(e.name)}'>{escape(e.name)}</a>" for e in entries),
        "</nav></header>",
    ]
    if faults:
        parts.append(f"<section><h2 class='bad'>{len(faults)} faults</h2><table>")
        parts.extend(
            f"<tr><td><a href='{escape(file)}'>{escape(file)}</a></td><td>{escape(words)}</td></tr>"
            for file, words in faults
        )
        parts.append("</table></section>")
    for entry in entries:
        parts.append(
            f"<section id='{escape(entry.name)}'><h2>{escape(entry.name)} · {escape(entry.label)}</h2>"
        )
        for look in entry.looks.values():
            parts.append(f"<h3>{escape(', '.join(dict.fromkeys(look.roles)))}</h3><div class='row'>")
            parts.extend(_figure(look.files[key], key) for key in sorted(look.files, reverse=True))
            parts.append("</div>")
        for words, roles in entry.others.items():
            parts.append(f"<h3>{escape(words)}: {escape(', '.join(dict.fromkeys(roles)))}</h3>")
        parts.append("</section>")
    address = folder / "index.html"
    address.write_text("\n".join(parts), encoding="utf-8")
    return address


def _figure(file: str, key: tuple[str, int]) -> str:
    words = f"{key[0]}, {key[1]} px" if key[1] else f"{key[0]}, file"
    shown = f"<img loading='lazy' src='{escape(file)}' alt=''>" if file.endswith(".png") else escape(file)
    return f"<figure><a href='{escape(file)}'>{shown}</a><figcaption>{words}</figcaption></figure>"
