"""Whether attacks tuned to each sample agree with the method that a comparison names as nearest."""

from __future__ import annotations

import dataclasses

from engine.runs.ensembles.alike import evidence_of
from engine.runs.ensembles.recorded import recorded_ensembles
from engine.runs.records import Run
from engine.studies.ranking import Place, Ranking
from engine.types import Spec
from ui.compare.tuned import address, of_nearest, sentence

SHIPPED, = recorded_ensembles()


def run(method: str) -> Run:
    found = Run("cafe", "finished", Spec(dataset="digits", method=method, seed=3), data=SHIPPED.about["data"][:16])
    return dataclasses.replace(found, evidence=dict(evidence_of(found, [SHIPPED])))


def told(*methods: str, nearest: tuple[str, ...]):
    runs = {(method, 3): run(method) for method in methods}
    return of_nearest(Ranking(nearest=tuple(Place(method, ()) for method in nearest)), runs)


def test_a_method_that_is_named_as_nearest_and_found_sample_by_sample_is_said():
    found = told("finetune", "scrub", nearest=("finetune",))
    assert sentence(found) == ("Attacks tuned to each sample disagree: on the page Evidence, the forgotten samples of "
                               "Fine-tuning are found at an area of 0.683 (retrained 0.505).")
    assert address(found[0]) == {"data": "digits", "method": "finetune"}


def test_one_that_they_find_no_better_than_chance_agrees():
    said = sentence(told("not_first", nearest=("not_first",)))
    assert said.startswith("Attacks tuned to each sample agree: ") and "no better than chance" in said


def test_without_an_ensemble_of_its_settings_nothing_is_said():
    other = Run("cafe", "finished", Spec(dataset="digits", method="finetune", forget_fraction=0.3), data="0" * 16)
    assert of_nearest(Ranking(nearest=(Place("finetune", ()),)), {("finetune", 3): other}) == []
    assert sentence([]) == ""
