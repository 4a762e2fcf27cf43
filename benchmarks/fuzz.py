"""Hostile input by the thousand: nothing may end in a traceback or hang, and whatever is taken over can be drawn.

``python benchmarks/fuzz.py [--count 2000] [--first 0] [--kinds archive row ...]``

Input number N is made from the seed N alone, so that a range can be run again or continued (``--first``, ``--count``).
Each kind of input gets its share (``SHARES``). In one process for speed; a sample of the command lines runs in
processes of their own. ``refused`` were met with a sentence, ``unexpected`` with one that names the log: nobody foresaw
that error. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from benchmarks.fuzz_world import Unexpected, World  # noqa: E402

HANG = 20  # seconds
SHARES = {"archive": 25, "row": 18, "sidecar": 8, "list": 12, "command": 15, "data": 8, "checkpoint": 9,
          "environment": 3, "link": 2}  # of a hundred inputs


def kind_of(number: int, kinds: list[str]) -> str:
    return random.Random(number).choices(kinds, [SHARES[kind] for kind in kinds])[0]


def tried(work: Callable[[random.Random], None], number: int) -> tuple[str, str]:
    """What became of an input: passed, refused, unexpected, traceback or hang; and what was said of the last three."""
    from engine.errors import LabError

    def late(*_: Any) -> None:
        raise TimeoutError(f"over {HANG} s")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(HANG if work.__name__ not in ("link", "command") else 4 * HANG)
    try:
        work(random.Random(f"{number}"))
    except LabError as error:
        text = str(error)
        return ("refused", "") if len(text) < 8000 else ("traceback", f"a sentence of {len(text)} characters")
    except TimeoutError as error:
        return "hang", str(error)
    except Unexpected as error:
        return "unexpected", str(error)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return "traceback", f"{type(error).__name__}: {str(error)[:200]} ({Path(where.filename).name}:{where.lineno})"
    finally:
        signal.alarm(0)
    return "passed", ""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", choices=SHARES, default=list(SHARES))
    options = parser.parse_args()
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in options.kinds}
    begun, bad, stopped = time.monotonic(), [], []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))  # the input that is under way, then the counts
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        world.warm()
        for number in range(options.first, options.first + options.count):
            if stopped:
                break
            kind = kind_of(number, options.kinds)
            ended, said = tried(getattr(world, kind), number)
            counts[kind][ended] += 1
            if said:
                bad.append({"number": number, "kind": kind, "ended": ended, "said": said})
                print(bad[-1], file=sys.stderr, flush=True)
            if number % 100 == 99:
                print(f"{number + 1}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    total = sum(counts.values(), Counter[str]())
    print(json.dumps({"benchmark": "fuzz", "first": options.first, "count": options.count, "kinds": counts,
                      "total": total, "seconds": round(time.monotonic() - begun), "bad": bad[:50]}))


if __name__ == "__main__":
    main()
