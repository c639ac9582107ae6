"""Many things found by many keys, in little memory: arrays of numbers instead of dictionaries of tuples."""

from __future__ import annotations

from array import array

_FIRST_SLOTS = 1024


class Chains:
    """Numbers under keys of 64 bits; some 24 bytes for each pair. A number is found in the order in which it was added."""

    def __init__(self) -> None:
        self._newest = array("i", [-1]) * _FIRST_SLOTS  # slot -> its newest pair
        self._before = array("i")  # pair -> the one before it in its slot
        self._keys = array("q")
        self._numbers = array("i")

    def add(self, key: int, number: int) -> None:
        """Put a number under a key."""
        if len(self._keys) == len(self._newest):
            self._widen()
        slot = key & (len(self._newest) - 1)
        self._before.append(self._newest[slot])
        self._newest[slot] = len(self._keys)
        self._keys.append(key)
        self._numbers.append(number)

    def find(self, key: int) -> list[int]:
        """The numbers under a key."""
        found = []
        keys, before, numbers = self._keys, self._before, self._numbers
        pair = self._newest[key & (len(self._newest) - 1)]
        while pair >= 0:
            if keys[pair] == key:
                found.append(numbers[pair])
            pair = before[pair]
        found.reverse()
        return found

    def _widen(self) -> None:
        """Twice the slots, so that chains stay short."""
        slots = 2 * len(self._newest)
        self._newest = array("i", [-1]) * slots
        for pair, key in enumerate(self._keys):
            slot = key & (slots - 1)
            self._before[pair] = self._newest[slot]
            self._newest[slot] = pair
