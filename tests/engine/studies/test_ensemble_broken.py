"""A few broken models of a method: they are left out and counted, for they would hide what the others show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_ensemble import written

from engine.evaluation.ensembles.broken import whole
from engine.evaluation.ensembles.draws import ORIGINAL
from engine.evaluation.ensembles.outputs import FORGET, Outputs
from engine.evaluation.ensembles.ulira import ulira
from engine.runs.ensembles.kept import Kept, part_file
from engine.studies.ensemble import Design, Ensemble
from engine.studies.ensemble_answer import answer
from engine.studies.ensemble_exports import to_markdown
from engine.studies.ensemble_samples import klom_by_set
from engine.studies.ensemble_views import Findings, findings

MOONS = Ensemble("moons", ("finetune", "random_label"), models=48, candidates="all")
SHIFTS = {ORIGINAL: 2.0, "finetune": 1.0, "random_label": 1.0}


def broken(found: Design, kept: Kept, numbers: range | list[int], accuracy: float = 50.0) -> None:
    """Writes models of fine-tuning that say nonsense, loudly."""
    from safetensors.numpy import save

    rng = np.random.default_rng(0)
    for number in numbers:
        phi = rng.normal(0, 60, found.samples).astype(np.float32)
        kept.write({part_file(found.key("finetune"), number): save({
            "phi": phi, "correct": phi > 0, "test_accuracy": np.array([accuracy], np.float32)})})


@pytest.fixture
def made(home):
    return written(MOONS, SHIFTS)


def row(seen: Findings, name: str = "finetune"):
    return next(one for one in seen.rows if one.name == name)


def test_whole_by_hand():
    """Median 74: ten points below it is broken, 64.1 is not; where retrained models spread by 6, it takes 18 points."""
    accuracy, alike = np.array([64.0, 64.1, 74.0, 74.0, 80.0]), np.array([74.0, 76.0, 78.0])
    assert whole(accuracy, alike, 10.0).tolist() == [False, True, True, True, True]
    assert whole(accuracy, np.array([70.0, 76.0, 82.0]), 10.0).all()
    assert whole(np.full(5, 12.0), alike, 10.0).all(), "all alike: the method is damaged"


def test_a_few_broken_models_blind_the_attack_for_all_others():
    """Why they are left out: the normals that are fitted to a sample become as wide as what broken models say."""
    rng, state = np.random.default_rng(0), np.stack([(np.arange(60) + m) % 3 for m in range(48)])
    phi = rng.normal(2.0 * (state == FORGET))
    spoilt = phi.copy()
    spoilt[::5] = rng.normal(0, 60, spoilt[::5].shape)
    assert ulira(Outputs(phi, state)).area.value > 0.9 > 0.7 > ulira(Outputs(spoilt, state)).area.value


def test_they_are_left_out_of_every_measure_counted_and_named(made):
    found, kept = made
    first = findings(kept, found)
    broken(found, kept, [1, 7, 20])
    then = findings(kept, found)
    before, after = row(first), row(then)
    assert (before.broken, before.models, before.null) == (0, 48, None)
    assert (after.broken, after.models, after.klom.models) == (3, 45, 13)
    assert after.ulira.area.value == pytest.approx(before.ulira.area.value, abs=0.02)
    assert after.population.value == pytest.approx(before.population.value, abs=0.02)
    assert after.klom.mean > after.null.mean > first.attainable.klom.mean, "fewer models a side are further apart"
    assert after.share == pytest.approx(before.share, abs=0.2)
    assert after.test_accuracy == pytest.approx(before.test_accuracy - 3 * 30 / 48), "accuracies count them"
    (said,) = after.problems
    assert said.startswith("3 of 48 models of Fine-tuning are broken: their test accuracy lies ten points or more "
                           "below that of its median model.")
    assert said.endswith("Its KLoM is from 13 models a side in place of 16; there, retrained models attain "
                         f"{after.null.mean:.2f}.")
    assert said in to_markdown(then)
    one, other = (row(seen, "random_label") for seen in (first, then))
    assert (one.ulira.area, one.klom.mean, one.share) == (other.ulira.area, other.klom.mean, other.share)
    assert [klom_by_set(kept, found, name)["forget"].models for name in found.methods] == [13, 16]


def test_measures_that_depend_on_the_number_are_not_given_where_few_are_left(made):
    found, kept = made
    broken(found, kept, range(0, 48, 3))
    after = row(findings(kept, found))
    assert (after.broken, after.models, after.klom, after.quality, after.share) == (16, 32, None, None, None)
    assert after.ulira.area.value > 0.65 and after.damaged, "ten points on average: a method that does this is damaged"
    assert after.problems[0].endswith("its KLoM and forgetting quality would not compare with those of others.")
    assert "inside the chance range" not in " ".join(answer(findings(kept, found)))


def test_a_method_damaged_as_a_whole_keeps_all_its_models(made):
    found, kept = written(replace(MOONS, methods=("finetune",)), SHIFTS)
    read = kept.read(found.key("finetune"), range(48))
    from safetensors.numpy import save

    for number in range(48):
        kept.write({part_file(found.key("finetune"), number): save({
            "phi": read.phi[number], "correct": read.correct[number], "test_accuracy": np.array([60.0], np.float32)})})
    after = row(findings(kept, found))
    assert (after.broken, after.models, after.damaged, after.problems) == (0, 48, True, ())
