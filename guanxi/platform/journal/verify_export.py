"""Checks an excerpt of the journal without the product: python -I verify_export.py FILE [HEAD].

The excerpt is JSON Lines: first a line {"type": "excerpt", "previous": hash before the first fact, ...}, then a line per
fact, in order: {"type": "fact", "header": {...}, "payload_hash": hex, "hash": hex} and, for the kinds that the clause
reads, also "payload" and "salt" (and "texts" with "text_salt", where they were not erased); other lines are for
reading. A fact's hash is SHA-256(previous hash + SHA-256(header) + payload hash), payload hash is
SHA-256(salt + payload), both as JSON with sorted keys and no blanks. HEAD is a hash noted down elsewhere earlier:
with it, cutting off the end is found too. Exit status: 0 whole, 1 not whole, 2 unusable.
"""

import hashlib
import json
import sys


def canonical(value):
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def check(lines, head=None):
    """Yield a sentence for each thing that does not hold; the last item is the number of facts."""
    previous, expected, count, promised, seen = None, None, 0, None, set()
    for number, text in enumerate(lines, start=1):
        try:
            line = json.loads(text)
            kind = line["type"]
        except (ValueError, KeyError, TypeError):
            yield f"line {number}: not a line of an excerpt"
            continue
        if kind == "excerpt":
            previous, promised = bytes.fromhex(line["previous"]), line
            continue
        if kind != "fact":
            continue
        header, count = line["header"], count + 1
        seq = header["seq"]
        if previous is None:
            yield f"line {number}: the excerpt has no first line"
            return
        if expected is not None and seq != expected:
            yield f"line {number}: fact {expected} should stand here, not {seq}"
        expected = seq + 1
        payload_hash = bytes.fromhex(line["payload_hash"])
        if "payload" in line:
            if sha(bytes.fromhex(line["salt"]), canonical(line["payload"])) != payload_hash:
                yield f"line {number}: the payload of fact {seq} was changed"
            if "texts" in line:
                commitment = sha(bytes.fromhex(line["text_salt"]), canonical(line["texts"])).hex()
                if commitment != line["payload"]["text"]:
                    yield f"line {number}: the text of fact {seq} was changed"
        elif header["kind"] in (promised or {}).get("kinds", []):
            yield f"line {number}: fact {seq} is of a kind that was promised whole, and has no payload"
        computed = sha(previous, sha(canonical(header)), payload_hash)
        if computed.hex() != line["hash"]:
            yield f"line {number}: fact {seq} or its place in the chain was changed"
        previous = bytes.fromhex(line["hash"])
        seen.add(line["hash"])
    if promised is None:
        yield "the excerpt has no first line"
    elif promised.get("first") and (count, expected) != (promised["facts"], promised["last"] + 1):
        yield f"the excerpt promises {promised['facts']} facts up to {promised['last']} and holds {count}"
    if head and head not in seen:
        yield f"the head {head} is not in this excerpt"
    yield count


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
    print(f"{count} facts, {'NOT whole' if wrong else 'whole'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
