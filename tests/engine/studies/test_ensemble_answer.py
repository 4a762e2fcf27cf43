"""What an ensemble says in words, from findings made by hand."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from engine.errors import NotMeasurable
from engine.evaluation.ensembles.draws import ORIGINAL
from engine.evaluation.ensembles.klom import Klom
from engine.evaluation.ensembles.resampling import Mean
from engine.evaluation.ensembles.ulira import ULira
from engine.studies.ensemble_answer import answer, chance_range, inside, places, ranking, understated
from engine.studies.ensemble_exports import to_csv, to_markdown
from engine.studies.ensemble_samples import area_by_stratum, half_by_stratum, most_exposed, strata
from engine.studies.ensemble_views import Evidence, Findings, notes


def mean(value: float, half: float = 0.01) -> Mean:
    return Mean(value, value - half, value + half, 20)


def row(name: str, population: float, per_example: float, damaged: bool = False, klom: float = 0.4) -> Evidence:
    samples = np.array([per_example, 1.0, 0.0, np.nan])
    attack = ULira(np.zeros((1, 1)), mean(per_example), mean(per_example), samples, 0.1, 7.0)
    return Evidence(name, name.title(), 21, 80.0, 70.0, 72.5, mean(population), attack, Klom(np.full(2, klom), 5, 7),
                    damaged=damaged)


def findings(*methods: Evidence, retrained: float = 0.5) -> Findings:
    anchors = (row(ORIGINAL, 0.7, 0.9), row("retrain", 0.5, retrained))
    second = Evidence("second_retrained", "A second retrained", 21, 80.0, 70.0, 72.5, klom=Klom(np.full(2, 0.4), 5, 7))
    return Findings((*anchors, *methods), 21, 7, second)


def test_a_chance_range_is_as_wide_as_the_interval():
    assert chance_range(mean(0.6, 0.05)) == (0.45, 0.55)
    assert inside(mean(0.51)) and inside(mean(0.49)) and not inside(mean(0.511))


@pytest.mark.parametrize(("methods", "said"), [
    ([row("a", 0.5, 0.6)], ("A does not hide what it forgot from an attacker who knows how the method behaves.",
                            "A comes closest: area 0.600, where a coin toss has 0.500.")),
    ([row("a", 0.5, 0.505), row("b", 0.5, 0.6)],
     ("Of the 2 methods, only A hides what it forgot from an attacker who knows how the method behaves.",)),
    ([row("a", 0.5, 0.505), row("b", 0.5, 0.495)],
     ("2 of the 2 methods hide what they forgot from an attacker who knows how the method behaves: A and B.",)),
    ([row("a", 0.5, 0.505, damaged=True), row("b", 0.5, 0.6), row("c", 0.5, 0.7)],
     ("None of the 3 methods hides what it forgot from an attacker who knows how the method behaves.",
      "B comes closest: area 0.600, where a coin toss has 0.500.",
      "A is inside the chance range, but damaged: that is no success.")),
    ([row("a", 0.5, 0.505, klom=3.0), row("b", 0.5, 0.6)],
     ("Of the 2 methods, only A hides what it forgot from an attacker who knows how the method behaves.",
      "Hidden is not retrained: A still answers otherwise (KLoM 3.00, where retrained models attain 0.40)."))])
def test_the_answer(methods, said):
    assert answer(findings(*methods)) == said


def test_where_retrained_models_fail_nothing_is_said_of_methods():
    (said,) = answer(findings(row("a", 0.5, 0.5), retrained=0.53))
    assert said.startswith("Cannot tell here: to the per-example attack")


FIVE = (row("a", 0.51, 0.9), row("b", 0.52, 0.6), row("c", 0.53, 0.7), row("d", 0.54, 0.8, damaged=True),
        row("e", 0.4, 0.55))


def test_places_are_by_the_distance_from_a_coin_toss():
    assert [(place.row.name, place.population, place.per_example) for place in places(findings(*FIVE))] == [
        ("e", 5, 1), ("b", 2, 2), ("c", 3, 3), ("d", 4, 4), ("a", 1, 5)]


def test_an_area_below_one_half_is_as_far_as_one_above():
    found = findings(*FIVE)
    assert [one.name for one in understated(found)] == ["a", "d", "c", "b"], "e lies farther off by the usual attack"
    assert ranking(found) == (
        "The population attack, one threshold for all samples, understates 4 of 5 methods, most of all A (area 0.510 "
        "against 0.900). Ranked by how near they come to a coin toss, 2 of 5 methods change places, most of all E, "
        "from 5 to 1. The order of the 4 that do not damage the model changes too.")


def test_few_methods_are_not_ranked_by_words():
    assert ranking(findings(row("a", 0.5, 0.5))) == "With fewer than 5 methods, two orders agree or differ by chance."


def test_csv_has_a_row_a_method_and_the_anchors():
    rows = list(csv.DictReader(io.StringIO(to_csv(findings(row("a", 0.51, 0.6))))))
    assert [one["method"] for one in rows] == [ORIGINAL, "retrain", "second_retrained", "a"]
    assert (rows[3]["ulira_auc"], rows[3]["ulira_auc_low"], rows[2]["ulira_auc"]) == ("0.6", "0.59", "")


def test_markdown_marks_damage_and_what_chance_explains():
    said = to_markdown(findings(row("a", 0.505, 0.6, damaged=True)))
    assert "| A ‡ | 21 | 72.5 | **0.505 (0.495 to 0.515)** | 0.600 (0.590 to 0.610) | 0.400 | 0.40 | - | - |" in said


def test_strata_do_not_overlap_and_their_areas_are_means():
    found = strata(np.linspace(0, 1, 100))
    assert [len(places) for places in found.values()] == [10, 10, 10]
    assert len({*np.concatenate(list(found.values())).tolist()}) == 30
    assert sorted(found["medium"].tolist()) == list(range(45, 55))
    with pytest.raises(NotMeasurable, match=r"Three strata of 1 samples need at least 3, but there are 2\."):
        strata(np.zeros(2))
    halves = half_by_stratum(findings(row("a", 0.5, 0.6)), {"low": np.array([1, 2]), "high": np.array([2])})
    assert halves["a"]["low"] == pytest.approx(0.98)
    assert np.isnan(halves["a"]["high"]), "one sample has no interval"
    by = area_by_stratum(findings(row("a", 0.5, 0.6)), {"low": np.array([0, 1]), "high": np.array([2, 3])})
    assert by["a"] == {"low": 0.8, "high": 0.0}


def test_most_exposed_first_and_unknown_ones_last():
    assert most_exposed(row("a", 0.5, 0.6), 4) == [1, 0, 2, 3]


def test_too_few_models_are_not_for_a_ranking():
    assert "not for a ranking of methods, which takes 16 a side (48 models)" in next(notes(9, 3))
    assert "for a ranking of methods and" in next(notes(64, 21))
