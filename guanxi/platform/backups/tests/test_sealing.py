"""Given a sealed stream, when anything of it is changed, moved, left out or cut off, then it does not open."""

from __future__ import annotations

import io

import pytest

from guanxi.platform.backups import sealing
from guanxi.platform.backups.sealing import CHUNK, TAG, Open, Seal, Sealed

QUICK = {"n": 1 << 10, "r": 8, "p": 1}
WORDS = "春江潮水连海平 一二三四"


def sealed(text: bytes, passphrase: str = WORDS) -> bytes:
    into = io.BytesIO()
    seal = Seal(into, passphrase, QUICK)
    for start in range(0, len(text), 300_000):
        seal.write(text[start : start + 300_000])
    seal.end()
    return into.getvalue()


def opened(data: bytes, passphrase: str = WORDS) -> bytes:
    return io.BufferedReader(Open(io.BufferedReader(io.BytesIO(data)), passphrase), 1 << 16).read()  # type: ignore[arg-type]


def parts(data: bytes) -> tuple[bytes, list[bytes]]:
    """The two lines above, and the chunks."""
    at = data.index(b"\n", len(sealing.MAGIC)) + 1
    body = data[at:]
    step = CHUNK + TAG
    return data[:at], [body[i : i + step] for i in range(0, len(body), step)]


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
def test_what_is_sealed_opens_again(size: int) -> None:
    text = bytes(range(256)) * (size // 256 + 1)
    assert opened(sealed(text[:size])) == text[:size]


def test_nothing_of_the_text_shows_and_no_two_are_alike() -> None:
    text = "恒远电子 13805711234".encode() * 100
    one, other = sealed(text), sealed(text)
    assert "恒远".encode() not in one
    assert parts(one)[1] != parts(other)[1]


def test_a_wrong_passphrase_opens_nothing() -> None:
    with pytest.raises(Sealed) as refused:
        opened(sealed(b"text"), WORDS + "x")
    assert refused.value.first


@pytest.mark.parametrize(
    "change", ["swapped", "left out", "twice", "cut at a chunk", "cut", "added", "flipped"]
)
def test_a_changed_stream_does_not_open(change: str) -> None:
    head, chunks = parts(sealed(bytes(3 * CHUNK + 5)))
    assert len(chunks) == 4
    if change == "swapped":
        chunks[0], chunks[1] = chunks[1], chunks[0]
    elif change == "left out":
        del chunks[1]
    elif change == "twice":
        chunks.insert(1, chunks[1])
    elif change == "cut at a chunk":
        del chunks[-1]
    elif change == "cut":
        chunks[-1] = chunks[-1][:-1]
    elif change == "added":
        chunks.append(chunks[-1])
    else:
        chunks[2] = chunks[2][:9] + bytes([chunks[2][9] ^ 1]) + chunks[2][10:]
    with pytest.raises(Sealed):
        opened(head + b"".join(chunks))


def test_the_lines_above_are_sealed_too() -> None:
    data = sealed(b"text")
    for place, found in ((b'"p": 1', b'"p": 2'), (b'"chunk": 1048576', b'"chunk": 1048577')):
        with pytest.raises(Sealed):
            opened(data.replace(place, found))


@pytest.mark.parametrize(
    "line",
    [
        b'{"n": 1099511627776, "r": 8, "p": 1, "salt": "00", "chunk": 1048576}\n',
        b'{"n": 1024, "r": 8, "p": 1, "salt": "00", "chunk": 1099511627776}\n',
        b'{"n": 1000, "r": 8, "p": 1, "salt": "00", "chunk": 1024}\n',
        b'{"n": -1, "r": 8, "p": 1, "salt": "00", "chunk": 1024}\n',
        b'{"n": "x"}\n',
        b"[]\n",
        b"\xff\n",
        b"",
    ],
)
def test_a_file_cannot_make_us_spend_much_or_fall_over(line: bytes) -> None:
    with pytest.raises(Sealed):
        opened(sealing.MAGIC + line + bytes(100))
