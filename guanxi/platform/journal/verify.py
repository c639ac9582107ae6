"""Does the chain hold? Reads the whole journal once, in order, and says what it found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from . import chain
from .models import Fact, FactText, Head
from .snapshot import one_moment

ERASED_BY = "journal.erased"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be, at fact `seq`."""

    seq: int
    what: str  # gap, changed, text_changed, text_missing, end_missing

    def __str__(self) -> str:
        words = {
            "gap": "a fact is missing before this one",
            "changed": "the fact or its place in the chain was changed",
            "text_changed": "the text beside the fact was changed",
            "text_missing": "the text beside the fact is gone and no fact says that it was erased",
            "end_missing": "facts are missing at the end of the chain",
        }
        return f"fact {self.seq}: {words[self.what]}"


@dataclass(frozen=True, slots=True)
class Report:
    """facts: how many were read; head: the last hash, in hex; erased: fact whose text was erased -> the fact that says so."""

    facts: int
    head: str
    erased: dict[int, int]
    findings: list[Finding]

    @property
    def whole(self) -> bool:
        return not self.findings


def verify(batch: int = 5000) -> Report:
    """Recompute every link and every commitment, while others go on writing."""
    with one_moment():
        return _verified(batch)


def _verified(batch: int) -> Report:
    findings: list[Finding] = []
    previous, expected = chain.GENESIS, 1
    erased: dict[int, int] = {}
    erasing = erased_by()
    for facts in _batches(batch):
        texts = {
            t.fact_id: t
            for t in FactText.objects.filter(fact_id__in=[f.seq for f in facts if f.text_commitment])
        }
        for fact in facts:
            if fact.seq != expected:
                findings.append(Finding(fact.seq, "gap"))
            if chain.link(previous, fact) != bytes(fact.hash):
                findings.append(Finding(fact.seq, "changed"))
            previous, expected = bytes(fact.hash), fact.seq + 1
            if fact.text_commitment is None:
                continue
            text = texts.get(fact.seq)
            if text is None:
                if fact.seq in erasing:
                    erased[fact.seq] = erasing[fact.seq]
                else:
                    findings.append(Finding(fact.seq, "text_missing"))
            elif chain.text_commitment(bytes(text.salt), text.body) != bytes(fact.text_commitment):
                findings.append(Finding(fact.seq, "text_changed"))
    head = Head.objects.filter(pk=1).first()
    if head is not None and (head.seq != expected - 1 or bytes(head.hash) != previous):
        findings.append(Finding(expected, "end_missing"))
    return Report(expected - 1, previous.hex(), erased, findings)


def _batches(size: int) -> Iterator[list[Fact]]:
    last = 0
    while True:
        facts = list(Fact.objects.filter(seq__gt=last).order_by("seq")[:size])
        if not facts:
            return
        yield facts
        last = facts[-1].seq


def erased_by(seqs: Iterable[int] | None = None) -> dict[int, int]:
    """Fact whose text was erased -> the fact that says so; of `seqs` only, where given."""
    wanted = None if seqs is None else set(seqs)
    told = Fact.objects.filter(kind=ERASED_BY).order_by("seq").values_list("seq", "data")
    return {
        seq: by
        for by, data in told
        for seq in data["facts"]
        if seq < by and (wanted is None or seq in wanted)
    }
