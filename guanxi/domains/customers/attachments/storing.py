"""Where the bytes lie: GUANXI_HOME/files/attachments, under names made of chance, readable by this service only."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils.crypto import salted_hmac

from guanxi.platform.kernel import Text
from guanxi.platform.people.settings_registry import setting, value
from guanxi.platform.ui.uploads import FULL, is_full

from ..models_attachments import Attachment
from .checking import Unfit, kind_of

MEGABYTE, GIGABYTE = 1 << 20, 1 << 30
MOST_MB = 20
"""No request may be larger than 25 MB, so no company can allow more."""
SPARE = 200 * MEGABYTE
"""So much of the disk stays free for the database."""
_STORED = re.compile(r"[0-9a-f]{48}")


def _between(least: int, most: int) -> object:
    def check(given: int) -> Text | None:
        if least <= given <= most:
            return None
        return Text(f"请填写 {least} 至 {most}", f"Please enter {least} to {most}")

    return check


setting(
    "files.max_mb",
    int,
    MOST_MB,
    Text("附件：单个文件最大（MB）", "Attachments: largest file (MB)"),
    hint=Text("1 至 20", "1 to 20"),
    check=_between(1, MOST_MB),  # type: ignore[arg-type]
)
setting(
    "files.quota_gb",
    int,
    20,
    Text("附件：合计最多（GB）", "Attachments: most in all (GB)"),
    hint=Text(
        "到了上限就不能再上传，已有的不受影响", "Once reached nothing more is taken; what is there stays"
    ),
    check=_between(1, 10_000),  # type: ignore[arg-type]
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that has been written: under which name, what it is. again: it lay there from an earlier try of the same call."""

    stored: str
    size: int
    sha256: str
    kind: str
    again: bool = False


def folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "attachments"


def path_of(stored: str) -> Path:
    """Where a file lies. ValueError for a name that is not one of ours."""
    if not _STORED.fullmatch(stored):
        raise ValueError("not a stored name")
    return folder() / stored[:2] / stored


def most_bytes() -> int:
    """The largest file that the company takes."""
    return int(value("files.max_mb")) * MEGABYTE


def used() -> int:
    """The bytes of every attachment together."""
    return int(Attachment.objects.aggregate(all=Sum("size"))["all"] or 0)


def keep(name: str, file: IO[bytes], size: int, *, once: str = "") -> Kept:
    """Check a file and write it. Unfit with the reason in words; then nothing of it is kept.

    once: what names one call of one person, so that its second try finds the bytes of the first under the same name.
    """
    most = most_bytes()
    if size > most:
        raise Unfit(
            f"文件超过 {most // MEGABYTE} MB，请压缩或分开后再上传",
            f"The file is larger than {most // MEGABYTE} MB",
        )
    if not size:
        raise Unfit("文件是空的", "The file is empty")
    try:
        kind = kind_of(name, file)
    except OSError as error:
        raise _unkept(error) from None
    stored = _named_after(once, file) if once else secrets.token_hex(24)
    there = Attachment.objects.filter(stored=stored).first() if once else None
    if there is not None:
        return Kept(stored, there.size, there.sha256, there.kind, again=True)
    if used() + size > int(value("files.quota_gb")) * GIGABYTE:
        raise Unfit(
            "附件总量已到公司设定的上限，请联系管理员",
            "Attachments have reached the company's limit: please ask the administrator",
        )
    path = path_of(stored)
    try:
        path.unlink(missing_ok=True)  # of a try that was broken off
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if shutil.disk_usage(path.parent).free < size + SPARE:
            raise OSError(errno.ENOSPC, "spare")
        sha256, written = _write(path, file)
    except OSError as error:
        discard(stored)
        raise _unkept(error) from None
    return Kept(stored, written, sha256, kind)


def _unkept(error: OSError) -> Exception:
    """A full disk in words: while the file came in, or while it is kept. Any other fault as it is."""
    return Unfit(FULL.zh, FULL.en) if is_full(error) else error


def _write(path: Path, file: IO[bytes]) -> tuple[str, int]:
    """The bytes, on the disk before anybody is told; (SHA-256, how many)."""
    digest, written = hashlib.sha256(), 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        file.seek(0)
        while piece := file.read(1 << 20):
            digest.update(piece)
            written += len(piece)
            target.write(piece)
        target.flush()
        os.fsync(target.fileno())
    return digest.hexdigest(), written


def _named_after(once: str, file: IO[bytes]) -> str:
    """A name that nobody guesses who has not the service's secret, the same for the same call with the same bytes."""
    digest = hashlib.sha256()
    file.seek(0)
    while piece := file.read(1 << 20):
        digest.update(piece)
    return salted_hmac("attachments", f"{once}:{digest.hexdigest()}", algorithm="sha256").hexdigest()[:48]


def discard(stored: str) -> None:
    """The bytes go, where they are still there."""
    path_of(stored).unlink(missing_ok=True)


def forget_files_of(contact: int) -> None:
    """The files about a contact go, rows and bytes: the bytes once the transaction stands."""
    for row in Attachment.objects.filter(contact=contact):
        transaction.on_commit(partial(discard, row.stored))
        row.delete()


def forgotten(before: datetime) -> Iterator[str]:
    """Files that no row names, older than this: left by an upload that was broken off."""
    known = set(Attachment.objects.values_list("stored", flat=True))
    for path in folder().glob("*/*"):
        if (
            _STORED.fullmatch(path.name)
            and path.name not in known
            and path.stat().st_mtime < before.timestamp()
        ):
            yield path.name


BROKEN_OFF = timedelta(days=1)
