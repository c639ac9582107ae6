"""Checks an excerpt of the journal without the product: python -I verify_export.py FILE [HEAD].

The excerpt is JSON Lines: first a line {"type": "excerpt", "previous": hash before the first fact, ...}, then a line per
fact, in order: {"type": "fact", "header": {...}, "payload_hash": hex, "hash": hex} and, for the kinds that the clause
reads, also "payload" and "salt" (and "texts" with "text_salt", or "erased_by" the fact that says so); other lines are
for reading. A fact's hash is SHA-256(previous hash + SHA-256(header) + payload hash), payload hash is
SHA-256(salt + payload), both as JSON with sorted keys and no blanks. HEAD is a hash noted down elsewhere earlier:
with it, whatever was cut off or made up to fit is found too. Exit status: 0 whole, 1 not whole, 2 unusable.
"""

import hashlib
import json
import sys


def canonical(value):
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def check(lines, head=None):
    """Yield a sentence for each thing that does not hold; the last item says what was read."""
    previous, expected, count, promised, seen = b"", None, 0, {}, set()
    claimed, erasing = {}, {}
    for number, text in enumerate(lines, start=1):
        try:
            line = json.loads(text)
            kind = line["type"]
        except (ValueError, KeyError, TypeError):
            yield f"line {number}: not a line of an excerpt"
            continue
        if number == 1 and kind == "excerpt":
            previous, promised, expected = bytes.fromhex(line["previous"]), line, line["first"]
            continue
        if number == 1 or kind == "excerpt":
            yield f"line {number}: the first line, and only that, says what the excerpt holds"
            yield f"{count} facts"
            return
        if kind != "fact":
            continue
        header, seq, count = line["header"], line["header"]["seq"], count + 1
        if seq != expected:
            yield f"line {number}: fact {expected} should stand here, not {seq}"
        expected = seq + 1
        payload_hash = bytes.fromhex(line["payload_hash"])
        if "payload" in line:
            if sha(bytes.fromhex(line["salt"]), canonical(line["payload"])) != payload_hash:
                yield f"line {number}: the payload of fact {seq} was changed"
            committed = line["payload"]["text"]
            if "texts" in line:
                if sha(bytes.fromhex(line["text_salt"]), canonical(line["texts"])).hex() != committed:
                    yield f"line {number}: the text of fact {seq} was changed"
            elif committed and "erased_by" not in line:
                yield f"line {number}: the text of fact {seq} is missing"
            elif committed:
                claimed[seq] = line["erased_by"]
            if header["kind"] == "journal.erased":
                erasing[seq] = line["payload"]["data"]["facts"]
        elif header["kind"] in promised["kinds"]:
            yield f"line {number}: fact {seq} is of a kind that was promised whole, and has no payload"
        computed = sha(previous, sha(canonical(header)), payload_hash)
        if computed.hex() != line["hash"]:
            yield f"line {number}: fact {seq} or its place in the chain was changed"
        previous = bytes.fromhex(line["hash"])
        seen.add(line["hash"])
    for seq, by in claimed.items():
        if promised["first"] <= by <= promised["last"] and seq not in erasing.get(by, ()):
            yield f"fact {by} does not say that the text of fact {seq} was erased"
    if not promised:
        yield "the file is empty"
    elif count != promised["facts"] or (count and expected != promised["last"] + 1):
        yield f"the excerpt promises {promised['facts']} facts up to {promised['last']} and holds {count}"
    elif (previous.hex() if count else None) != promised["head"]:
        yield "the last fact is not the one that the first line names"
    if head and head not in seen:
        yield f"the head {head} is not in this excerpt"
    yield f"{count} facts" + (f", {len(claimed)} texts erased" if claimed else "")


def main(arguments):
    if not 1 <= len(arguments) <= 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with open(arguments[0], encoding="utf-8") as file:
            *wrong, count = check(file, arguments[1] if len(arguments) == 2 else None)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"unusable: {error!r}", file=sys.stderr)
        return 2
    for sentence in wrong:
        print(sentence)
    print(f"{count}, {'NOT whole' if wrong else 'whole'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
