"""Departments as indented lines: read with each mistake at its line, and written back. No database."""

from __future__ import annotations

from dataclasses import dataclass

from guanxi.platform.kernel import Text

MOST = 300
LONGEST = 80
DEEPEST = 8
BULLETS = "-—–·•*#├└─│"
TAB = 4


@dataclass(frozen=True, slots=True)
class Line:
    """A department: its names from the top down."""

    path: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.path[-1]

    @property
    def above(self) -> tuple[str, ...]:
        return self.path[:-1]


def read_tree(text: str) -> tuple[list[Line], list[Text]]:
    """The departments in order, parents first, and what is wrong."""
    found: list[Line] = []
    wrong: list[Text] = []
    open_above: list[
        tuple[int, str]
    ] = []  # (indentation, name) of the lines that the next one may stand below
    seen: set[tuple[str, ...]] = set()
    for number, raw in enumerate(text.splitlines(), start=1):
        name, indent = _parts(raw)
        if not name:
            continue
        while open_above and open_above[-1][0] >= indent:
            left, _ = open_above.pop()
            if left > indent and (not open_above or open_above[-1][0] < indent):
                wrong.append(_at(number, "缩进与上面各行对不齐", "is indented like no line above it"))
        path = (*(n for _, n in open_above), name)
        if len(name) > LONGEST:
            wrong.append(_at(number, f"名称超过 {LONGEST} 个字", f"is longer than {LONGEST} characters"))
        if len(path) > DEEPEST:
            wrong.append(_at(number, f"层级超过 {DEEPEST} 层", f"is deeper than {DEEPEST} levels"))
        if path in seen:
            wrong.append(
                _at(number, f"同一上级下重复：{name}", f"is there twice below the same department: {name}")
            )
        seen.add(path)
        found.append(Line(path))
        open_above.append((indent, name))
    if len(found) > MOST:
        wrong.append(Text(f"最多 {MOST} 个部门", f"At most {MOST} departments"))
    return found, wrong


def write_tree(paths: list[tuple[str, ...]]) -> str:
    """The lines as they are typed, two spaces a level."""
    return "\n".join("  " * (len(path) - 1) + path[-1] for path in paths)


def _parts(raw: str) -> tuple[str, int]:
    """The name and how far it stands in; a tab is four, a full-width space two."""
    indent, at = 0, 0
    for at, sign in enumerate(raw):  # noqa: B007
        if sign == "\t":
            indent += TAB - indent % TAB
        elif sign == "\u3000":
            indent += 2
        elif sign == " " or sign in BULLETS:
            indent += 1
        else:
            break
    else:
        return "", 0
    return " ".join(raw[at:].split()), indent


def _at(line: int, zh: str, en: str) -> Text:
    return Text(f"第 {line} 行：{zh}", f"Line {line} {en}")
