"""A backup file: a tar archive, packed with gzip, sealed with a passphrase where one is given.

    start.json                    format, program, moment, migrations, tables with their columns
    tables/<table>/000001.jsonl   rows in the order of the key, a JSON list each (values.py), parts of some megabytes
    home/<name>                   time-zone; secret-key only in a sealed one
    files/<path>                  what people uploaded
    end.json                      for each table and file how many rows or bytes, and their SHA-256

`end.json` stands last: a file without it is no backup. What is read is never unpacked to a path that it names itself,
except below the folder for uploads, and there only plain relative names.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from .sealing import Open, Seal, is_sealed

FORMAT = 1
PART = 4 << 20
MOST_JSON = 64 << 20
HOME_FILES = ("time-zone",)
SECRET_FILES = ("secret-key",)
"""Of the data folder: what goes into every backup, and what only into a sealed one."""
NAME = re.compile(r"[\w.-]+")


class Unusable(Exception):
    """The file is no whole backup. `what`: not_ours, cut_off, changed, newer."""

    def __init__(self, what: str, detail: str = "") -> None:
        self.what, self.detail = what, detail
        super().__init__(f"{what}: {detail}" if detail else what)


@dataclass(slots=True)
class Kept:
    """What was written of one table or file."""

    count: int = 0
    state: Any = field(default_factory=hashlib.sha256)

    def as_json(self) -> list[Any]:
        return [self.count, self.state.hexdigest()]


class _Out:
    """The file, until it is let go: what gzip and tar still want to write at their end goes nowhere then."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file: IO[bytes] | None = file

    def write(self, data: Any, /) -> int:
        return len(data) if self.file is None else self.file.write(data)

    def flush(self) -> None:
        if self.file is not None:
            self.file.flush()


class Writer:
    """Writes a backup to `path`, which must not be its final name: a file that is not closed here has no end."""

    def __init__(self, path: Path, passphrase: str = "") -> None:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self.file = os.fdopen(handle, "wb")
        self.out = _Out(self.file)
        self.seal = Seal(self.out, passphrase) if passphrase else None
        into: Any = self.seal or self.out
        self.packed = gzip.GzipFile(filename="", mode="wb", compresslevel=5, fileobj=into, mtime=0)
        self.tar = tarfile.open(fileobj=self.packed, mode="w|", format=tarfile.PAX_FORMAT)
        self.tables: dict[str, Kept] = {}
        self.files: dict[str, Kept] = {}

    @property
    def sealed(self) -> bool:
        return self.seal is not None

    def start(self, about: dict[str, Any]) -> None:
        self._json("start.json", {"format": FORMAT, **about})

    def table(self, name: str, lines: Iterator[bytes]) -> Iterator[int]:
        """Write a table's lines; yields how many are written, now and then and at the end."""
        kept, part, held, size = self.tables.setdefault(name, Kept()), 0, [], 0
        for line in lines:
            kept.state.update(line)
            kept.count += 1
            held.append(line)
            size += len(line)
            if size >= PART:
                part += 1
                self._add(f"tables/{name}/{part:06}.jsonl", b"".join(held))
                held, size = [], 0
                yield kept.count
        if held:
            self._add(f"tables/{name}/{part + 1:06}.jsonl", b"".join(held))
        yield kept.count

    def home(self, name: str, content: bytes) -> None:
        self._keep(f"home/{name}", content)

    def copy(self, name: str, source: IO[bytes], size: int) -> None:
        """A file of `size` bytes; OSError where it turns out shorter."""
        kept = self.files.setdefault(f"files/{name}", Kept())
        entry = tarfile.TarInfo(f"files/{name}")
        entry.size = size

        class Counted(io.RawIOBase):
            def read(self, most: int = -1, /) -> bytes:
                data = source.read(min(most, size - kept.count) if most >= 0 else size - kept.count)
                kept.count += len(data)
                kept.state.update(data)
                return data

        self.tar.addfile(entry, Counted())

    def end(self, about: dict[str, Any]) -> None:
        """Write what is in it, and to the disk."""
        self._json(
            "end.json",
            {
                **about,
                "tables": {n: k.as_json() for n, k in self.tables.items()},
                "files": {n: k.as_json() for n, k in self.files.items()},
            },
        )
        self.tar.close()
        self.packed.close()
        if self.seal is not None:
            self.seal.end()
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()

    def abandon(self) -> None:
        """Let go of it, without an end."""
        self.out.file = None
        try:
            self.file.close()
        except OSError:  # a full disk shows a last time
            pass
        self.tar.close()
        self.packed.close()

    def _keep(self, name: str, content: bytes) -> None:
        kept = self.files.setdefault(name, Kept())
        kept.count, kept.state = len(content), hashlib.sha256(content)
        self._add(name, content)

    def _json(self, name: str, value: dict[str, Any]) -> None:
        self._add(name, json.dumps(value, ensure_ascii=False, indent=1).encode())

    def _add(self, name: str, content: bytes) -> None:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        self.tar.addfile(entry, io.BytesIO(content))


class Reader:
    """Reads a backup once, from its beginning to its end."""

    def __init__(self, path: Path, passphrase: str = "", seen: Callable[[int], None] | None = None) -> None:
        self.size = path.stat().st_size
        self.sealed = is_sealed(path)
        self.seen = seen or (lambda done: None)
        self.raw = open(path, "rb")
        try:
            source: Any = io.BufferedReader(Open(self.raw, passphrase), 1 << 20) if self.sealed else self.raw
            self.packed = gzip.GzipFile(fileobj=source, mode="rb")
            with _reading("not_ours"):
                self.tar = tarfile.open(fileobj=self.packed, mode="r|")
        except BaseException:
            self.raw.close()
            raise
        self.tables: dict[str, Kept] = {}
        self.files: dict[str, Kept] = {}
        self.start: dict[str, Any] = {}
        self.end: dict[str, Any] = {}
        self._next: tarfile.TarInfo | None = None

    def __enter__(self) -> Reader:
        try:
            self._begin()
        except BaseException:
            self.raw.close()
            raise
        return self

    def _begin(self) -> None:
        self._forward()
        if self._next is None or self._next.name != "start.json":
            raise Unusable("not_ours")
        self.start = self._read_json()
        if self.start.get("format") != FORMAT:
            raise Unusable("newer", str(self.start.get("format")))
        self._forward()

    def __exit__(self, *_: object) -> None:
        self.raw.close()

    def tables_in_turn(self) -> Iterator[tuple[str, Iterator[list[Any]]]]:
        """Each table that has rows, with its rows; read them before the next is asked for."""
        while self._next is not None and self._next.name.startswith("tables/"):
            name = self._next.name.split("/")[1]
            if not NAME.fullmatch(name):
                raise Unusable("changed", self._next.name)
            rows = self._rows(name)
            yield name, rows
            for _ in rows:
                pass

    def files_in_turn(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Each file, as home/… or files/…, with its content piece by piece."""
        while self._next is not None and self._next.name != "end.json":
            name = self._next.name
            if not _safe(name) or not self._next.isreg():
                raise Unusable("changed", name)
            pieces = self._pieces(name)
            yield name, pieces
            for _ in pieces:
                pass

    def finish(self) -> dict[str, Any]:
        """Everything is read: the end, after what was read was held against it. Raises Unusable."""
        if self._next is None or self._next.name != "end.json":
            raise Unusable("cut_off")
        self.end = self._read_json()
        if (more := self._forward()) is not None:
            raise Unusable("changed", more.name)
        with _reading():
            while self.packed.read(1 << 20):  # to the end of the seal
                pass
        tables = {n: kept for n, kept in self.end.get("tables", {}).items() if kept[0]}
        for told, read in ((tables, self.tables), (self.end.get("files", {}), self.files)):
            for name in {*told, *read}:
                if name not in read or name not in told or told[name] != read[name].as_json():
                    raise Unusable("changed", name)
        return self.end

    def _rows(self, name: str) -> Iterator[list[Any]]:
        kept = self.tables.setdefault(name, Kept())
        while self._next is not None and self._next.name.startswith(f"tables/{name}/"):
            with _reading():
                content = self._content()
            for line in content.splitlines(keepends=True):
                kept.state.update(line)
                kept.count += 1
                try:
                    row = json.loads(line)
                except ValueError:
                    raise Unusable("changed", name) from None
                yield row
            self._forward()

    def _pieces(self, name: str) -> Iterator[bytes]:
        kept = self.files.setdefault(name, Kept())
        with _reading():
            source = self.tar.extractfile(self._next)  # type: ignore[arg-type]
        while source is not None:
            with _reading():
                piece = source.read(1 << 20)
            if not piece:
                break
            kept.count += len(piece)
            kept.state.update(piece)
            self.seen(self.raw.tell())
            yield piece
        self._forward()

    def _content(self) -> bytes:
        source = self.tar.extractfile(self._next)  # type: ignore[arg-type]
        if source is None or self._next is None or self._next.size > MOST_JSON:
            raise Unusable("changed", self._next.name if self._next else "")
        return source.read()

    def _read_json(self) -> dict[str, Any]:
        with _reading():
            content = self._content()
        try:
            found = json.loads(content)
        except ValueError:
            raise Unusable("changed") from None
        if not isinstance(found, dict):
            raise Unusable("changed")
        return found

    def _forward(self) -> tarfile.TarInfo | None:
        with _reading():
            self._next = self.tar.next()
            self.tar.members = []  # type: ignore[attr-defined]  # it would remember every part it has seen
        self.seen(self.raw.tell())
        return self._next


@contextmanager
def _reading(what: str = "") -> Iterator[None]:
    """What gzip and tar say of a damaged stream, as one error."""
    try:
        yield
    except EOFError:
        raise Unusable(what or "cut_off") from None
    except (tarfile.TarError, zlib.error, gzip.BadGzipFile):
        raise Unusable(what or "changed") from None


def _safe(name: str) -> bool:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or len(path.parts) < 2 or "\\" in name or "\0" in name:
        return False
    if path.parts[0] == "home":
        return len(path.parts) == 2 and path.parts[1] in (*HOME_FILES, *SECRET_FILES)
    return path.parts[0] == "files"
