"""YAML text read with its lines, so that every error can say where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from guanxi.cores.norms.model import NormsError


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a pack: where, what, and how to put it right."""

    file: str
    line: int
    what: str
    cure: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}; {self.cure}"


class PackError(NormsError):
    """All the mistakes of a pack at once, in order of file and line."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of YAML: a scalar, a list of nodes or a mapping of names to nodes, with its line (from 1)."""

    value: Any
    file: str
    line: int
    key_lines: dict[str, int] | None = None

    @property
    def is_map(self) -> bool:
        """Whether it is a mapping."""
        return isinstance(self.value, dict)

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.value, list)

    def get(self, name: str) -> Node | None:
        """The node under a name, if this is a mapping that has it."""
        found = self.value.get(name) if self.is_map else None
        return found if isinstance(found, Node) else None

    def text(self, name: str, default: str = "") -> str:
        """The scalar under a name as text."""
        found = self.get(name)
        return default if found is None or found.value is None else str(found.value)

    def items(self) -> Iterator[tuple[str, Node]]:
        """The pairs of a mapping."""
        return iter(self.value.items() if self.is_map else ())

    def several(self, name: str) -> list[Node]:
        """The nodes of a list under a name; a single one counts as a list of one."""
        found = self.get(name)
        if found is None:
            return []
        return list(found.value) if found.is_list else [found]

    def plain(self) -> Any:
        """The same without lines."""
        if self.is_map:
            return {name: node.plain() for name, node in self.value.items()}
        if self.is_list:
            return [node.plain() for node in self.value]
        return self.value

    def problem(self, what: str, cure: str, at: str | None = None) -> Problem:
        """A problem at this node, or at the line of one of its keys."""
        line = (self.key_lines or {}).get(at, self.line) if at else self.line
        return Problem(self.file, line, what, cure)


class _Loader(yaml.SafeLoader):
    """Dates and times stay the text they were written as."""


class _Quick(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The same in C, ten times as fast; of what it cannot read, ``_Loader`` says what is wrong."""


_Loader.yaml_implicit_resolvers = _Quick.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(text: str, file: str) -> Node:
    """The document in ``text``; raises PackError when it is not YAML or holds a key twice."""
    quick = _Quick(text)
    try:
        root = quick.get_single_node()
        problems: list[Problem] = []
        node = _convert(quick, root, file, problems) if root is not None else None
    except yaml.YAMLError:
        node = None
    finally:
        quick.dispose()
    return node if node is not None and not problems else _read_slowly(text, file)


def _read_slowly(text: str, file: str) -> Node:
    """Read with the loader that says where and what a mistake is."""
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        what = f"not YAML: the character #x{int(error.character):04x} may not stand in a text"
        raise PackError([Problem(file, line, what, "delete it")]) from error
    try:
        root = loader.get_single_node()
        if root is None:
            raise PackError([Problem(file, 1, "the file is empty", "write the pack, or delete the file")])
        problems: list[Problem] = []
        node = _convert(loader, root, file, problems)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise PackError([Problem(file, line, f"not YAML: {error.problem}", "correct the syntax")]) from error
    finally:
        loader.dispose()
    if problems:
        raise PackError(problems)
    return node


def _convert(loader: Any, node: yaml.Node, file: str, problems: list[Problem]) -> Node:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Node] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key, at = str(key_node.value), key_node.start_mark.line + 1
            if key in found:
                problems.append(Problem(file, at, f"'{key}' stands twice", "keep one of them"))
            found[key], lines[key] = _convert(loader, value_node, file, problems), at
        return Node(found, file, line, lines)
    if isinstance(node, yaml.SequenceNode):
        return Node([_convert(loader, item, file, problems) for item in node.value], file, line)
    return Node(loader.construct_object(node), file, line)
