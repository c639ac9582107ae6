"""Given a backup file, when it is read again, then it is what was written; and whatever is not whole is found."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from guanxi.platform.backups import archive, sealing
from guanxi.platform.backups.archive import Reader, Unusable, Writer
from guanxi.platform.backups.reading import line_of
from guanxi.platform.backups.sealing import Sealed

ROWS = [[1, "恒远电子", None], [2, '有"引号"\n和换行 🙂 𠮷', [{"a": [1, 2.5, None]}]], [3, "", [None]]]
PASSPHRASE = "一二三四五六七八九十甲乙"


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PART", 40_000)
    monkeypatch.setattr(sealing, "COST", {"n": 1 << 10, "r": 8, "p": 1})


def written(path: Path, passphrase: str = "") -> Path:
    writer = Writer(path, passphrase)
    writer.start({"made_at": "2026-11-25T02:00:00+00:00", "migrations": [], "tables": []})
    assert list(writer.table("people", (line_of(r) for r in ROWS)))[-1] == 3
    list(writer.table("nobody", iter(())))
    list(writer.table("many", (line_of([n, "x" * 1000]) for n in range(90))))
    writer.home("time-zone", b"Asia/Shanghai\n")
    writer.copy("2026/11/合同.pdf", io.BytesIO(b"%PDF" * 1000), 4000)
    writer.copy("empty", io.BytesIO(), 0)
    writer.end({"rows": 93})
    return path


def read(path: Path, passphrase: str = "") -> tuple[dict[str, list[list[object]]], dict[str, bytes]]:
    with Reader(path, passphrase) as reader:
        tables = {name: list(rows) for name, rows in reader.tables_in_turn()}
        files = {name: b"".join(pieces) for name, pieces in reader.files_in_turn()}
        assert reader.finish()["rows"] == 93
    return tables, files


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE])
def test_what_is_written_is_read(tmp_path: Path, passphrase: str) -> None:
    tables, files = read(written(tmp_path / "b", passphrase), passphrase)
    assert tables["people"] == ROWS
    assert len(tables["many"]) == 90
    assert "nobody" not in tables
    assert files == {
        "home/time-zone": b"Asia/Shanghai\n",
        "files/2026/11/合同.pdf": b"%PDF" * 1000,
        "files/empty": b"",
    }


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    assert written(tmp_path / "b").stat().st_mode & 0o077 == 0


def test_one_that_is_not_sealed_opens_with_tar(tmp_path: Path) -> None:
    with tarfile.open(written(tmp_path / "b")) as archive:
        names = archive.getnames()
    assert names[0] == "start.json"
    assert names[-1] == "end.json"
    assert "tables/many/000003.jsonl" in names


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE])
def test_cut_off_anywhere_it_is_no_backup(tmp_path: Path, passphrase: str) -> None:
    whole = written(tmp_path / "b", passphrase).read_bytes()
    cuts = [0, 1, 30, 300, len(whole) // 2, len(whole) - 600, len(whole) - 9, len(whole) - 1]
    for cut in cuts:
        (tmp_path / "c").write_bytes(whole[:cut])
        with pytest.raises((Unusable, Sealed)):
            read(tmp_path / "c", passphrase)


def test_changed_anywhere_it_is_no_backup(tmp_path: Path) -> None:
    whole = written(tmp_path / "b").read_bytes()
    for at in range(20, len(whole), len(whole) // 30):
        (tmp_path / "c").write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        with pytest.raises(Unusable):
            read(tmp_path / "c")


def repacked(
    source: Path, target: Path, change: dict[str, bytes | None], more: dict[str, bytes] | None = None
) -> Path:
    """The same archive with other members: somebody who knows the form."""
    with tarfile.open(source) as old, tarfile.open(target, "w:gz") as new:
        entries = [(m.name, old.extractfile(m).read()) for m in old.getmembers()]  # type: ignore[union-attr]
        end = entries.pop()
        for name, content in [*entries, *(more or {}).items(), end]:
            found = change.get(name, content)
            if found is not None:
                entry = tarfile.TarInfo(name)
                entry.size = len(found)
                new.addfile(entry, io.BytesIO(found))
    return target


@pytest.mark.parametrize(
    ("change", "more"),
    [
        ({"tables/people/000001.jsonl": line_of([1, "另一家", None])}, {}),
        ({"tables/many/000002.jsonl": None}, {}),
        ({"files/empty": b"x"}, {}),
        ({"files/empty": None}, {}),
        ({"end.json": None}, {}),
        ({"end.json": b"[]"}, {}),
        ({"start.json": None}, {}),
        ({"start.json": json.dumps({"format": 99}).encode()}, {}),
        ({}, {"files/../../outside": b"x"}),
        ({}, {"files//etc/outside": b"x"}),
        ({}, {"home/run.lock": b"x"}),
        ({}, {"tables/people/000009.jsonl": line_of([9, "多", None])}),
        ({"tables/people/000001.jsonl": b"no json\n"}, {}),
    ],
)
def test_one_that_somebody_made_up_is_refused(
    tmp_path: Path, change: dict[str, bytes | None], more: dict[str, bytes]
) -> None:
    with pytest.raises(Unusable):
        read(repacked(written(tmp_path / "b"), tmp_path / "c", change, more))


def test_no_link_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "c"
    with tarfile.open(path, "w:gz") as new:
        for name, link in (("start.json", ""), ("files/key", "/etc/passwd")):
            entry = tarfile.TarInfo(name)
            content = json.dumps({"format": 1}).encode()
            if link:
                entry.type, entry.linkname = tarfile.SYMTYPE, link
                new.addfile(entry)
            else:
                entry.size = len(content)
                new.addfile(entry, io.BytesIO(content))
    with pytest.raises(Unusable):
        read(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04", b"name,phone\n", gzip.compress(b"x" * 5000)],
    ids=["empty", "zip", "text", "gzip"],
)
def test_another_file_is_not_ours(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c").write_bytes(content)
    with pytest.raises(Unusable) as refused:
        read(tmp_path / "c")
    assert refused.value.what == "not_ours"
