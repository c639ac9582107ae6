"""Is this installation sound and safe? Refuses an unsafe production setting and says why.

Exit 1 where something is grave (✗); what is marked △ is worth knowing. With GUANXI_MODE=production, `guanxi run` does not
start on what is grave.
"""

from __future__ import annotations

import argparse
import json

from guanxi.interfaces.cli.saying import offer_json

NAME = "check"
HELP = "check settings, database and background work"


def configure(parser: argparse.ArgumentParser) -> None:
    offer_json(parser)


def run(options: argparse.Namespace) -> int:
    from guanxi.interfaces.cli.soundness import findings

    found = findings()
    if options.json:
        print(
            json.dumps(
                [{"what": f.what.en, "cure": f.cure.en, "grave": f.grave} for f in found], ensure_ascii=False
            )
        )
    else:
        for finding in found:
            print(f"{'✗' if finding.grave else '△'} {finding.what.en}\n  {finding.cure.en}")
        if not found:
            print("✓ nothing found")
    return 1 if any(f.grave for f in found) else 0
