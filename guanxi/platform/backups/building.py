"""A database built anew, from a backup or from another database, beside the one in use, and checked before anybody uses it.

Runs in a process of its own, `python -m guanxi.platform.backups.building`, whose DATABASE_URL names the new database: so
nothing that a process remembers of the old one is in the way. An order comes in as JSON, lines of JSON go out:
{"what", "done", "of"} now and then, at the end {"built": …} or {"failed": {"zh", "en"}}.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from guanxi.platform.kernel import Text

from .archive import Reader, Unusable
from .erased import erase_again, erased_since
from .loading import DoesNotFit, Loader, loader, make_tables
from .reading import fingerprint, quoted, snapshot
from .sealing import Sealed
from .shape import Table, Unknown, tables_of
from .taking import Failed

Say = Callable[[str, int, int], None]
Marks = dict[str, tuple[int, str]]
"""Table -> how many rows, and the hash over them."""
SHOWN_EVERY = 5000


@dataclass(slots=True)
class Built:
    """What was built and that it is whole. kept: files of the data folder and uploads that wait beside it."""

    rows: int = 0
    facts: int = 0
    head: str = ""
    made_at: str = ""
    kept: list[str] = field(default_factory=list)
    secret: bool = False
    erased: int = 0
    """So many people were erased since the backup, and so once more from what it brought back."""
    not_erased: list[str] = field(default_factory=list)
    """With these, by their numbers, that did not work."""
    not_looked_up: str = ""
    """Why it is not known whether there were any more (erased.py)."""


def from_backup(
    path: Path,
    passphrase: str,
    aside: Path,
    database: Mapping[str, Any],
    *,
    strict: bool,
    say: Say,
    before: Mapping[str, Any] | None = None,
) -> Built:
    """Build Django's own, new database from a backup; uploads and the data folder's files go below `aside`.

    before: the database whose place it takes, None where nobody is in it."""
    built = Built()
    with _words(), Reader(path, passphrase, lambda done: say("read", done, path.stat().st_size)) as reader:
        tables, load = _tables(reader.start["migrations"], database)
        if [t.as_json() for t in tables.values()] != reader.start.get("tables"):
            raise Unusable("changed", "start.json")
        numbers = {str(name): int(n) for name, n in reader.start.get("numbers", {}).items()}
        with load:
            for table in tables.values():
                load.empty(table)
            for name, rows in reader.tables_in_turn():
                if name not in tables:
                    raise Unusable("changed", name)
                built.rows += load.load(tables[name], rows)
            _numbers(load, tables, numbers)
            for name, pieces in reader.files_in_turn():
                _keep(aside / name, pieces)
                built.kept.append(name)
            end = reader.finish()
        built.made_at, built.secret = str(reader.start.get("made_at", "")), "home/secret-key" in built.kept
    told = {name: (int(count), str(mark)) for name, (count, mark) in end["tables"].items()}
    _compare(told, marks(database, say))
    _check(built, strict=strict, say=say, restored=built.made_at)
    if before is not None:
        since, built.not_looked_up = erased_since(before, built.facts, built.head)
        built.erased, built.not_erased = erase_again(since)
    _close()
    return built


def from_database(source: Mapping[str, Any], database: Mapping[str, Any], *, strict: bool, say: Say) -> Built:
    """Build Django's own, new database from another one, in which nobody writes meanwhile."""
    built, told = Built(), {}
    with _words(), snapshot(source) as shot:
        tables, load = _tables(shot.migrations, database)
        if list(tables.values()) != shot.tables:
            raise Unusable("changed", "tables")
        total, done = sum(shot.count(t) for t in shot.tables), 0
        with load:
            for table in tables.values():
                load.empty(table)
            for table in shot.tables:
                done += load.load(table, _counted(shot.rows(table), done, total, say))
            _numbers(load, tables, {t.name: shot.highest(t) for t in shot.tables if t.numbered})
        built.rows = total
        for table in shot.tables:
            told[table.name] = fingerprint(shot, table)
            say("compared", len(told), len(shot.tables))
    _compare(told, marks(database, say))
    _check(built, strict=strict, say=say)
    _close()
    return built


def marks(database: Mapping[str, Any], say: Say) -> Marks:
    """Every table's count and hash, read anew."""
    found: Marks = {}
    with snapshot(database) as shot:
        for table in shot.tables:
            found[table.name] = fingerprint(shot, table)
            say("compared", len(found), len(shot.tables))
    return found


def _tables(migrations: list[Any], database: Mapping[str, Any]) -> tuple[dict[str, Table], Loader]:
    from django.db import connection

    wanted = sorted((str(app), str(name)) for app, name in migrations)
    try:
        tables_of(wanted, ())
    except Unknown as error:
        raise Unusable("newer", str(error)) from None
    make_tables(wanted)
    standing = set(connection.introspection.table_names())
    connection.close()
    return {t.name: t for t in tables_of(wanted, standing)}, loader(database)


def _numbers(load: Loader, tables: Mapping[str, Table], numbers: Mapping[str, int]) -> None:
    for name, highest in numbers.items():
        if name in tables and tables[name].numbered:
            load.go_on_after(tables[name], highest)


def _counted(rows: Iterator[Any], before: int, total: int, say: Say) -> Iterator[Any]:
    """The rows, with a word now and then of how many are copied."""
    number = 0
    for number, row in enumerate(rows, start=1):
        if number % SHOWN_EVERY == 0:
            say("copied", before + number, total)
        yield row
    say("copied", before + number, total)


def _keep(path: Path, pieces: Iterator[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _compare(told: Marks, found: Marks) -> None:
    for name in sorted({*told, *found}):
        nothing = (0, "")
        if told.get(name, nothing) != found.get(name, nothing) and (
            told.get(name, nothing)[0] or found.get(name, nothing)[0]
        ):
            raise Failed(
                Text(
                    f"表 {name} 写入后与原来不一致（{told.get(name, nothing)[0]} 行，读回 {found.get(name, nothing)[0]} 行）",
                    f"the table {name} reads otherwise than it was written ({told.get(name, nothing)[0]} rows, "
                    f"{found.get(name, nothing)[0]} read back)",
                )
            )


def _check(built: Built, *, strict: bool, say: Say, restored: str = "") -> None:
    """Migrate to today's program, then the journal must verify and replay to what the tables hold."""
    from django.core.management import call_command

    from guanxi.platform.journal.models import Head
    from guanxi.platform.journal.verify import verify
    from guanxi.platform.kernel import perform
    from guanxi.platform.messages.deliver import hold_back
    from guanxi.platform.people.rights import SYSTEM
    from guanxi.platform.regulations.replay import differences

    say("checked", 0, 3)
    call_command("migrate", interactive=False, verbosity=0)
    _guarded()
    say("checked", 1, 3)
    report = verify()
    if not report.whole and strict:
        raise Failed(
            Text(
                f"日志不完整：{report.findings[0]}，共 {len(report.findings)} 处",
                f"the journal in it is not whole: {report.findings[0]}, {len(report.findings)} findings in all",
            )
        )
    say("checked", 2, 3)
    found: list[Any]
    try:
        found = differences(most=20)
    except Exception as error:  # a journal that was tampered with may not even replay
        found = [error]
    if found and strict:
        raise Failed(
            Text(
                f"按日志重算与表中不一致：{found[0]}",
                f"the tables in it are not what the journal says: {found[0]}",
            )
        )
    head = Head.objects.filter(pk=1).first()
    built.facts, built.head = (head.seq, bytes(head.hash).hex()) if head else (0, "")
    if restored and built.facts:
        hold_back()
        perform(
            "backups.note_restored",
            {"made_at": restored, "facts": built.facts, "head": built.head},
            actor=SYSTEM,
            source="cli",
        )
    say("checked", 3, 3)


def _close() -> None:
    """Nothing more is written: all of it stands in the one file that takes the old one's place."""
    from django.db import connection

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _guarded() -> None:
    """The journal refuses to be changed: tried, and taken back."""
    from django.db import DatabaseError, connection, transaction

    from guanxi.platform.journal.guards import TABLES

    for table in TABLES:
        for tried in (f"UPDATE {quoted(table)} SET kind = kind", f"DELETE FROM {quoted(table)}"):  # noqa: S608
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(f"SELECT 1 FROM {quoted(table)} LIMIT 1")  # noqa: S608
                    if cursor.fetchone() is None:
                        return
                    cursor.execute(tried)
                    raise Failed(Text("日志没有受到保护", "the journal's guards do not stand"))
            except DatabaseError:
                continue


class _words:
    """What is wrong with a backup or a row, in words."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, _: object) -> None:
        if isinstance(error, Sealed | Unusable | DoesNotFit | OSError):
            raise Failed(what_is_wrong(error)) from error


def what_is_wrong(error: Exception) -> Text:
    """Why a backup cannot be used, in both languages."""
    if isinstance(error, Sealed):
        return (
            Text(
                "口令不对，或文件开头已损坏",
                "the passphrase is wrong, or the beginning of the file is damaged",
            )
            if error.first
            else Text("文件被改动过或不完整", "the file was changed, or is cut off")
        )
    if isinstance(error, DoesNotFit):
        return Text(f"数据库不接受一行数据：{error}", f"the database does not take a row: {error}")
    if isinstance(error, OSError):
        return Text(f"不能完成：{error}", f"it cannot be done: {error}")
    words = {
        "not_ours": Text("这不是 Guanxi 关系的备份文件", "this is no backup of Guanxi"),
        "cut_off": Text("备份文件不完整，结尾缺失", "the backup is cut off: its end is missing"),
        "changed": Text("备份文件的内容被改动过", "the backup was changed"),
        "newer": Text(
            "备份来自更新的版本，请先升级程序", "the backup is of a newer version: update the program first"
        ),
    }
    if isinstance(error, Unusable):
        detail = f" ({error.detail})" if error.detail else ""
        return Text(words[error.what].zh + detail, words[error.what].en + detail)
    return Text(str(error), str(error))


def main() -> int:
    """One order from standard input."""
    import django

    order = json.loads(sys.stdin.readline())
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")

    def tell(line: dict[str, Any]) -> None:
        out.write(json.dumps(line, ensure_ascii=False) + "\n")
        out.flush()

    def say(what: str, done: int, of: int) -> None:
        tell({"what": what, "done": done, "of": of})

    django.setup()
    from django.conf import settings

    database = settings.DATABASES["default"]
    try:
        if "backup" in order:
            # Who is erased again loses files as well: those that the backup brought.
            settings.MEDIA_ROOT = Path(order["aside"]) / "files"
            built = from_backup(
                Path(order["backup"]),
                order["passphrase"],
                Path(order["aside"]),
                database,
                strict=order["strict"],
                say=say,
                before=order["before"],
            )
        else:
            built = from_database(order["source"], database, strict=order["strict"], say=say)
    except Failed as error:
        tell({"failed": {"zh": error.text.zh, "en": error.text.en}})
        return 1
    tell({"built": asdict(built)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
