"""The samples that tell a run's tale: lies that were memorised, and what became of them."""

from __future__ import annotations

import pytest

from engine.errors import BadInput
from engine.originals.checkpoints import Checkpoints
from engine.runs.recorded import find_recorded, recorded_runs, recorded_samples
from engine.runs.sources import loaded
from engine.runs.stories import Story, _tells, stories


@pytest.fixture(scope="module")
def demo():
    return next(run for run in recorded_runs() if run.spec.dataset == "digits" and run.spec.seed == 1
                and run.spec.method == "nabla_tau" and recorded_samples(run.id) is not None)


def test_the_demo_begins_with_lies_that_were_memorised_and_are_gone(demo, tmp_path):
    retrained = next(run for run in recorded_runs() if run.spec.method == "retrain" and run.spec.dataset == "digits")
    source = loaded(demo, Checkpoints(tmp_path))
    found = stories(demo, recorded_samples(demo.id), source, recorded_samples(retrained.id))
    assert len(found) == 5
    for story in found:
        assert story.false_label and story.before == story.label, "the Original repeats the lie"
        assert story.now == story.truth and story.loss_now > story.loss_before
        assert story.retrained is not None and story.shown["picture"].shape == (8, 8, 1)
        assert story.twin["picture"].shape == (8, 8, 1)


def test_the_demo_is_on_a_split_that_retraining_passes():
    """Both attacks on the retrained model inside its chance ranges; on the Original outside them."""
    run = next(run for run in recorded_runs() if run.spec.method == "retrain" and run.spec.dataset == "digits")
    for attack, (low, high) in run.metrics.null_band.items():
        assert low <= run.metrics[attack] <= high
        assert run.metrics.original[attack] > high
    assert find_recorded(run.id)[1], "its course ships"


@pytest.mark.parametrize(("label", "truth", "before", "now", "tells"), [
    ("3", "6", "3", "6", 3), ("3", "6", "3", "8", 1), ("3", "6", "3", "3", 0), ("3", "6", "6", "6", 0),
    ("3", "3", "3", "6", 0), ("3", None, "3", "6", 0)])
def test_what_tells_most(label, truth, before, now, tells):
    assert _tells(Story(0, label, truth, before, now, None, 0.1, 2.0)) == tells


def test_a_run_without_a_table_says_so(demo, tmp_path):
    with pytest.raises(BadInput, match="kept no table"):
        stories(demo, None, loaded(demo, Checkpoints(tmp_path)))
