"""The ensemble of digits that ships: what it has, and that it is found without computing."""

from __future__ import annotations

import pytest

from engine.originals.recorded_scores import recorded_scores
from engine.registry import get, names
from engine.runs.ensembles.recorded import FOLDER, recorded_ensembles
from engine.studies.ensemble import Ensemble, design
from engine.studies.ensemble_recorded import at_hand
from engine.studies.ensemble_store import kept_for
from engine.studies.ensemble_views import findings


@pytest.fixture(scope="module")
def shipped():
    (found,) = recorded_ensembles()
    return found


# Later methods are not in it yet: each adds 58 kB and takes two core-minutes.
THERE = {"original", "retrain", "nabla_tau", "finetune", "scrub", "ssd", "amnesiac", "bad_teacher", "gradient_ascent",
         "l1_sparse", "neggrad_plus", "not_first", "random_label", "salun"}


def test_it_has_these_methods_for_64_models_in_less_than_two_megabytes(shipped):
    assert {part["method"] for part in shipped.parts().values()} == THERE <= {"original", *names("method")}
    assert all(shipped.numbers(key) == frozenset(range(64)) for key in shipped.parts())
    assert (FOLDER / "digits-ensemble.safetensors").stat().st_size < 2_000_000


def test_it_is_the_usual_share_that_is_forgotten(shipped, digits):
    sizes = design(Ensemble("digits"), len(digits.train)).base.sizes
    assert (shipped.about["candidates"], sizes.train, sizes.forget) == (390, 870, 130)


def test_it_is_at_hand_where_nothing_was_computed(shipped, home, digits):
    found = design(Ensemble("digits", ("nabla_tau", "finetune")), len(digits.train))
    assert at_hand(found, kept_for(found, digits.content)).about == shipped.about


def test_what_it_says(shipped):
    seen = findings(shipped, design(Ensemble("digits", ("nabla_tau", "finetune", "scrub")), 1_000))
    original, retrained, nabla, finetune, scrub = seen.rows
    assert retrained.ulira.area.holds(0.5) and not seen.cannot_tell
    assert original.ulira.area.value > 0.85 > original.population.value > 0.7
    for row in (nabla, finetune, scrub):
        assert row.ulira.area.low > row.population.value, "a look at each sample finds more than one threshold"
    assert not any(row.damaged for row in (nabla, finetune, scrub))
    assert seen.attainable.quality.score == pytest.approx(0.18, abs=0.02)  # as simulated for perfect unlearning


def test_changed_labels_are_what_originals_memorise(digits):
    """18% of the labels were redrawn: a model says them only where it was trained on them."""
    ((about, found),) = recorded_scores()
    assert (about["data"], found.models) == (digits.content, 200)
    clean = get("dataset", "digits").load({"label_noise": 0.0})
    changed = (clean.train.labels != digits.train.labels).numpy()
    assert 0.15 < changed.mean() < 0.2
    for score in (found.correctness.score, found.probability.score):
        assert (score[changed] > 0.8).mean() > 0.8 and (score[~changed] < 0.5).mean() > 0.9
    first = found.probability.score.argsort()[::-1][:100]
    assert changed[first].mean() > 0.9
