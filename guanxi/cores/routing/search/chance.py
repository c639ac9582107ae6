"""Random numbers for compiled code: SplitMix64 (Steele, Lea and Flood 2014), its state one uint64 in an array."""

from __future__ import annotations

import numpy as np

from .compiled import kernel

GAMMA = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)
UNIT = 1.0 / (1 << 53)


@kernel
def uniform(state):  # type: ignore[no-untyped-def]
    """The next number, at least 0 and below 1. `state`: uint64[1], moved on."""
    state[0] += GAMMA
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * FIRST
    z = (z ^ (z >> np.uint64(27))) * SECOND
    z = z ^ (z >> np.uint64(31))
    return np.float64(z >> np.uint64(11)) * UNIT


@kernel
def below(state, end):  # type: ignore[no-untyped-def]
    """A whole number from 0 to end - 1."""
    return int(uniform(state) * end)
