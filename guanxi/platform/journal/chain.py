"""The chain's arithmetic: canonical bytes and hashes. Pure, so that a verifier outside can repeat it.

hash = H(previous hash, H(header), H(salt, payload)) with H = SHA-256 over plain concatenation. The header holds seq,
times, kind, kind version and kind of subject; the payload everything else. Free and personal text enters the payload
only as a salted commitment, so that erasing it leaves the chain whole.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

GENESIS = bytes(32)
_encode = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False
).encode


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, no blanks, UTF-8. Facts hold no floats (`kernel.facts.plain`)."""
    return _encode(value).encode()


_AS_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def of_plain(value: Any) -> bytes:
    """`canonical`, ten times as quickly, of what facts hold: the same bytes, as long as there are no floats."""
    try:
        return orjson.dumps(value, option=_AS_CANONICAL)
    except TypeError:
        # A number beyond 64 bits, half a character: the other takes it, or says what is wrong with it.
        return canonical(value)


def stamp(moment: datetime) -> str:
    """A time as the chain writes it: UTC with microseconds."""
    return _in_utc(moment) if moment.tzinfo is UTC else _in_utc(moment.astimezone(UTC))


@lru_cache(256)
def _in_utc(moment: datetime) -> str:
    """A fact mostly holds the same time twice. In UTC only: in a zone the hour that comes twice in autumn is equal to itself."""
    return moment.isoformat(timespec="microseconds")


def digest(*parts: bytes) -> bytes:
    """SHA-256 over the parts joined."""
    state = hashlib.sha256()
    for part in parts:
        state.update(part)
    return state.digest()


def header(fact: Any) -> dict[str, Any]:
    """What an outsider may see of every fact."""
    return {
        "seq": fact.seq,
        "recorded_at": stamp(fact.recorded_at),
        "happened_at": stamp(fact.happened_at),
        "kind": fact.kind,
        "kind_version": fact.kind_version,
        "subject_kind": fact.subject_kind,
    }


def payload(fact: Any) -> dict[str, Any]:
    """The rest of a fact; its texts only as their commitment."""
    commitment = fact.text_commitment
    return {
        "key": fact.key,
        "actor": fact.actor_id,
        "on_behalf_of": fact.on_behalf_of_id,
        "subject": fact.subject_id,
        "customer": fact.customer_id,
        "data": fact.data,
        "caused_by": fact.caused_by,
        "text": bytes(commitment).hex() if commitment is not None else None,
    }


def text_commitment(salt: bytes, body: Any) -> bytes:
    """What stands in the chain for a text."""
    return digest(salt, of_plain(body))


def payload_hash(fact: Any) -> bytes:
    return digest(bytes(fact.salt), of_plain(payload(fact)))


def link(previous: bytes, fact: Any) -> bytes:
    """The fact's hash, given the hash before it."""
    return digest(previous, digest(of_plain(header(fact))), payload_hash(fact))
