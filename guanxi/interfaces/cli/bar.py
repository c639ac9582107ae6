"""How far long work is, on standard error, where somebody watches."""

from __future__ import annotations

import sys
import time

PER_SECOND = 8


class Bar:
    """`show(done, of)` as often as one likes; `end()` leaves the last line standing."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.shown = False
        self._next = 0.0

    def show(self, done: int, of: int, what: str = "") -> None:
        if not sys.stderr.isatty():
            return
        now = time.monotonic()
        if what and what != self.what:
            self.end()
            self.what, self._next = what, 0.0
        if now < self._next and done < of:
            return
        self._next = now + 1 / PER_SECOND
        percent = f" {100 * done // of} %" if of else ""
        print(f"\r\x1b[K{self.what} {done:,} / {of:,}{percent}", end="", file=sys.stderr, flush=True)
        self.shown = True

    def end(self) -> None:
        if self.shown:
            print(file=sys.stderr)
            self.shown = False
