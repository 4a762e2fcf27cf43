"""Seconds until the page Evidence has its numbers: the shipped ensemble of the digits, all its methods and anchors.

``python benchmarks/evidence_view.py``; prints one JSON object last. Its files are read for the first time, and the
drawing of the page is not part of it. ``processor_seconds`` are what it costs whatever else runs on the machine.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._timing import report
from engine.runs.ensembles.recorded import recorded_ensembles
from engine.studies.ensemble import Ensemble
from engine.studies.ensemble_recorded import at_hand
from engine.studies.ensemble_views import findings
from engine.studies.ensemble_work import located


def main() -> None:
    os.environ["UNLEARN_HOME"] = tempfile.mkdtemp()
    shipped = next(one for one in recorded_ensembles() if one.about["dataset"] == "digits")
    methods = sorted({part["method"] for part in shipped.parts().values()} - {"original", "retrain"})
    asked = Ensemble("digits", tuple(methods), models=64)
    found, kept = located(asked)
    began, processor = time.perf_counter(), time.process_time()
    seen = findings(at_hand(found, kept), found)
    report("evidence_view", rows=len(seen.rows), models=asked.models, seconds=round(time.perf_counter() - began, 2),
           processor_seconds=round(time.process_time() - processor, 2))


if __name__ == "__main__":
    main()
