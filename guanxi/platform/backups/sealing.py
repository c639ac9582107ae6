"""A stream sealed with a passphrase, and opened again.

    GUANXI SEALED 1\\n
    {"n": 131072, "r": 8, "p": 1, "salt": "…", "chunk": 1048576}\\n
    chunk, chunk, …

The key is scrypt(passphrase, salt), new for every file. A chunk is AES-256-GCM over at most `chunk` bytes (plus 16 of
tag); its nonce is eleven bytes of counting number and one that is 1 on the last chunk only, its associated data the two
lines above. So a chunk that was changed, moved, left out or added does not open, and a stream that was cut off has no end.
(The construction is STREAM: Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance", 2015.)
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"GUANXI SEALED 1\n"
CHUNK = 1 << 20
TAG = 16
COST = {"n": 1 << 17, "r": 8, "p": 1}
"""128 MB and some tenths of a second for each guess."""
MOST = {"n": 1 << 20, "r": 16, "p": 4, "chunk": 1 << 24}
"""A file cannot make us spend more than this to find out that it is none of ours."""
SHORTEST = 12


class Sealed(Exception):
    """It does not open: wrong passphrase, or the file was changed or cut off. `first`: nothing of it opened."""

    def __init__(self, *, first: bool) -> None:
        self.first = first
        super().__init__("the passphrase is wrong" if first else "the file was changed or cut off")


class Into(Protocol):
    def write(self, data: bytes, /) -> object: ...


class Seal(io.RawIOBase):
    """Write to it; what comes out goes to `into`. Only `close` makes the last chunk: without it nothing opens."""

    def __init__(self, into: Into, passphrase: str, cost: dict[str, int] | None = None) -> None:
        self.into, self.number, self.waiting = into, 0, bytearray()
        self.ended, cost = False, cost or COST
        salt = os.urandom(16)
        line = json.dumps({**cost, "salt": salt.hex(), "chunk": CHUNK}).encode() + b"\n"
        self.about = MAGIC + line
        self.cipher = AESGCM(_key(passphrase, salt, **cost))
        into.write(self.about)

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self.waiting += data
        while len(self.waiting) > CHUNK:  # a full one waits: it may be the last
            self._chunk(bytes(self.waiting[:CHUNK]), last=False)
            del self.waiting[:CHUNK]
        return len(data)

    def end(self) -> None:
        """Nothing more comes."""
        if not self.ended:
            self.ended = True
            self._chunk(bytes(self.waiting), last=True)
            self.waiting.clear()

    def _chunk(self, data: bytes, *, last: bool) -> None:
        self.into.write(self.cipher.encrypt(_nonce(self.number, last), data, self.about))
        self.number += 1


class Open(io.RawIOBase):
    """Reads what was sealed. Raises Sealed where it does not open, at the latest at its end."""

    def __init__(self, source: io.BufferedReader, passphrase: str) -> None:
        self.source, self.number, self.ready = source, 0, b""
        self.ended = False
        magic, line = source.readline(len(MAGIC)), source.readline(400)
        try:
            about = json.loads(line)
            costs = {name: int(about[name]) for name in ("n", "r", "p", "chunk")}
            salt = bytes.fromhex(about["salt"])
        except (ValueError, KeyError, TypeError):
            raise Sealed(first=False) from None
        if magic != MAGIC or any(not 0 < costs[name] <= most for name, most in MOST.items()):
            raise Sealed(first=False)
        self.chunk = costs.pop("chunk")
        self.about = magic + line
        self.cipher = AESGCM(_key(passphrase, salt, **costs))
        self.ahead = source.read(self.chunk + TAG)

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any, /) -> int:
        while not self.ready and not self.ended:
            self._next()
        part = self.ready[: len(into)]
        into[: len(part)] = part
        self.ready = self.ready[len(part) :]
        return len(part)

    def _next(self) -> None:
        now, self.ahead = self.ahead, self.source.read(self.chunk + TAG)
        last = not self.ahead
        try:
            self.ready = self.cipher.decrypt(_nonce(self.number, last), now, self.about)
        except (InvalidTag, ValueError):
            raise Sealed(first=self.number == 0) from None
        self.number += 1
        self.ended = last


def is_sealed(path: str | os.PathLike[str]) -> bool:
    """Whether the file begins as a sealed one does."""
    with open(path, "rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def _key(passphrase: str, salt: bytes, *, n: int, r: int, p: int) -> bytes:
    try:
        return hashlib.scrypt(
            passphrase.encode(), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r + (1 << 20), dklen=32
        )
    except ValueError:  # costs that scrypt does not know
        raise Sealed(first=False) from None


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")
