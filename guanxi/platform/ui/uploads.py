"""Files that a browser sends: a disk that fills while one comes in is said where the file was chosen.

Django writes a larger file to a temporary one before any page is asked. A page cannot catch what goes wrong there, so the
file arrives all the same, as one that says "full" to whoever reads it; nothing of it is left on the disk.
"""

from __future__ import annotations

import contextlib
import errno
import io
from collections.abc import Iterator
from typing import Any, NoReturn

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from guanxi.platform.kernel import Text

FULL = Text(
    "服务器磁盘空间不足，文件没有保存；请联系系统管理员",
    "The server's disk is full and the file was not kept: please ask the administrator",
)


def is_full(error: Exception) -> bool:
    """Whether a disk is full: that of the files, or that of the database (in the words of SQLite and PostgreSQL)."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    words = str(error).lower()
    return "disk is full" in words or "no space left" in words or "disk full" in words


class NotKept(io.BytesIO):
    """Stands for the bytes of a file that came while the disk was full: reading it raises the OSError that writing it did
    (`is_full` knows it)."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def read(self, size: int | None = -1, /) -> NoReturn:
        raise self.error

    def seek(self, offset: int, whence: int = 0, /) -> NoReturn:
        raise self.error


class ToDisk(TemporaryFileUploadHandler):
    """Django's handler of large files, which goes on reading when the disk is full, so that the rest of the form and the
    other files arrive. Other faults of a disk stay faults."""

    error: OSError | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        self.error = None
        with self._watched():
            super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.error is None:
            with self._watched():
                super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        if self.error is None:
            with self._watched():
                self.file.flush()  # the last bytes: else whoever reads the file finds out
                return super().file_complete(file_size)
        return UploadedFile(NotKept(self.error), self.file_name, self.content_type, file_size)

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """Notes that the disk is full, and lets what was written go."""
        try:
            yield
        except OSError as error:
            if not is_full(error):
                raise
            self.error = error
            if (file := self.__dict__.pop("file", None)) is not None:
                with contextlib.suppress(
                    OSError
                ):  # the last bytes do not fit either; the file goes all the same
                    file.close()
