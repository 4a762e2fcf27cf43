"""What small charts are given: densities of live readings, nothing where a run kept coarse losses."""

from __future__ import annotations

import pytest

from engine.evaluation.histograms import EDGES, density
from engine.runs.records import Run
from ui.compare.race import Followed, truth_of

COUNTS = [0] * 40 + [5] + [0] * 39


def reading(overlap=80.0, histogram=None):
    return {"attacks": {"mia_loss": 60.0}, "histogram": histogram or {"forget": COUNTS, "test": COUNTS[::-1]},
            "overlap": overlap}


def followed(method="scrub", bins=EDGES, retrained=None, now=None):
    one = Followed(Run.from_row({"id": method, "status": "finished", "created": 0.0, "spec": {
        "dataset": "digits", "method": method, "seed": 0}}))
    one.add([{"seq": 0, "kind": "start", "before": reading(), "retrained": retrained, "bins": bins, "counts": {}}])
    if now:
        one.add([{"seq": 1, "kind": "probe", "step": 1, "samples": 1, "seconds": 1.0, "reading": now}])
    return one


def test_densities_before_and_now():
    one = followed(now=reading(91.6))
    assert one.before["forget"] == pytest.approx(density(COUNTS))
    assert one.now["test"] == pytest.approx(density(COUNTS[::-1]))
    assert one.overlap == "overlap 92%"


def test_coarse_losses_are_not_drawn_as_if_they_were_fine():
    coarse = {"forget": [5] * 60, "test": [5] * 60}
    one = followed(bins=[i / 10 for i in range(61)], now=reading(None, coarse))
    assert (one.now, one.before, one.truth, one.overlap) == (None, None, None, "")


def test_the_retrained_outline_is_the_retrainings_own_else_what_runs_know():
    late = [0] * 60 + [5] + [0] * 19
    known = followed(retrained=reading(histogram={"forget": late, "test": late}))
    assert truth_of([known])[0] == pytest.approx(density(late))
    own = followed("retrain", now=reading())
    assert truth_of([known, own])[0] == pytest.approx(density(COUNTS))


def test_a_run_that_kept_its_ends_alone_has_no_way_to_draw():
    one = followed()
    one.recorded = True
    assert not one.has_a_way, "its beginning"
    one.add([{"seq": 1, "kind": "probe", "step": 9, "samples": 9, "seconds": 1.0, "reading": reading(),
              "complete": True}])
    assert not one.has_a_way, "and its end"
    one.add([{"seq": 2, "kind": "probe", "step": 5, "samples": 5, "seconds": 0.5, "reading": reading()}])
    assert one.has_a_way
