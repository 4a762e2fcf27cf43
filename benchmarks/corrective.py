"""Which methods correct manipulated samples on the digits, and the page docs/results/corrective.md from it.

    UNLEARN_HOME=/tmp/corrective python benchmarks/corrective.py           # computes or resumes, then writes both
    UNLEARN_HOME=/tmp/corrective python benchmarks/corrective.py --keep    # both from what has finished there
    python benchmarks/corrective.py --page                                 # the page alone, from the numbers kept

All methods at five shares found, seeds 0 to 2, for a trigger, two classes confused and the digits' own label noise:
with 26 methods 1,179 runs, about ten seconds each on busy cores. The numbers are kept in
cached_checkpoints/correction/digits.json.gz, where the page Robustness finds them; cells without runs stay empty.
The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
PAGE = ROOT / "docs/results/corrective.md"
ASKED: dict[str, dict[str, Any]] = {
    "trigger": {"corruption": "trigger", "label_noise": 0.0},
    "confusion": {"corruption": "confusion", "label_noise": 0.0},
    "noise": {}}
SEEDS = (0, 1, 2)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--page", action="store_true", help="compute nothing: write the page from the numbers kept")
    parser.add_argument("--keep", action="store_true", help="compute nothing: keep what has finished, write the page")
    options = parser.parse_args()
    if not options.page:
        from engine.studies.correction_kept import keep

        keep(studied(compute_missing=not options.keep))
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(json.dumps({"page": str(PAGE.relative_to(ROOT)), "blocks": list(ASKED)}))


def studied(compute_missing: bool) -> dict[str, Any]:
    """Every corruption's study; what has finished is used."""
    from engine.cli.computing import compute
    from engine.runs.store import open_store
    from engine.studies.correction import rows
    from engine.studies.correction_kept import Kept, fingerprint

    store, found = open_store(), {}
    for name, asked in studies().items():
        if compute_missing and compute(asked.comparisons(), store, train_original=True):
            raise SystemExit("Stopped: what has finished is kept.")
        found[name] = Kept(asked, tuple(map(whole, rows(asked, store))), fingerprint(asked))
    return found


def whole(row: Any) -> Any:
    """The row; without numbers where some of its seeds are still to come, for others would look surer than they are."""
    return row if row.runs in (0, len(SEEDS)) else replace(row, values={name: {} for name in row.values}, verdicts={})


def studies() -> dict[str, Any]:
    """What is asked, by the name of its block on the page."""
    from engine.registry import names
    from engine.studies.correction import Correction

    return {name: Correction("digits", names("method"), options, seeds=SEEDS) for name, options in ASKED.items()}


def renewed(page: str) -> str:
    """The page with every block written again from the numbers kept."""
    from engine.studies.correction_kept import shipped
    from engine.studies.correction_table import to_markdown

    def block(found: re.Match[str]) -> str:
        one = shipped()[found[1]]
        text = to_markdown(one.asked, one.rows)
        return f"<!-- corrective: {found[1]} -->\n\n{text}\n<!-- end -->"

    return re.sub(r"<!-- corrective: (\w+) -->.*?<!-- end -->", block, page, flags=re.DOTALL)


if __name__ == "__main__":
    main()
