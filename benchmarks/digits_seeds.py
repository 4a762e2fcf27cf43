"""∇τ on digits over several seeds: what the README's table says, measured anew. Prints one JSON object last.

``python benchmarks/digits_seeds.py [--seeds 0 1 2 3] [--method nabla_tau] [--forget-fraction 0.15]``
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._timing import report
from engine.api import load
from engine.evaluation.metrics import headlines

SHOWN = (*(attack.name for attack in headlines()), "test_accuracy", "forget_accuracy", "retain_accuracy")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3])
    parser.add_argument("--method", default="nabla_tau")
    parser.add_argument("--forget-fraction", type=float, default=0.15)
    options = parser.parse_args()
    lab, rows = load("digits"), []
    for seed in options.seeds:
        parts = lab.split(options.forget_fraction, seed)
        result = lab.unlearn(parts, options.method)
        before, after = lab.evaluate(parts), lab.evaluate(result)
        rows.append({"seed": seed, "seconds": round(result.seconds, 3), "steps": result.steps,
                     "before": {name: round(before[name], 2) for name in SHOWN},
                     "after": {name: round(after[name], 2) for name in SHOWN}})
        print(rows[-1], file=sys.stderr)
    mean = {when: {name: round(statistics.mean(row[when][name] for row in rows), 2) for name in SHOWN}
            for when in ("before", "after")}
    report("digits_seeds", method=options.method, forget_fraction=options.forget_fraction, mean=mean,
           seconds=round(statistics.mean(row["seconds"] for row in rows), 3), runs=rows)


if __name__ == "__main__":
    main()
