"""``python -m engine leave-one-out``: every sample's worth, by the definition."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from engine import registry
from engine.cli.main import main
from engine.studies.leave_one_out import LeftOut
from engine.studies.leave_one_out_numbers import figures, rank_correlation

FEW = ("leave-one-out", "--samples", "6", "--repeats", "2")


@pytest.fixture
def quick():
    """Moons with five passes of training."""
    moons = registry.get("dataset", "moons")
    model = registry.get("model", moons.default_model)
    registry.register(replace(moons, recipe=replace(moons.recipe or model.recipes["points"], epochs=5)))
    yield
    registry.register(moons)


def test_every_sample_has_its_number_and_every_pair_its_influence(quick, capsys):
    assert main([*FEW, "--estimator", "24", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["trainings"], found["repeats"], len(found["samples"])) == (14, 2, 6)
    influence = np.array(found["influences"])
    assert influence.shape == (6, 6)
    assert [one["memorisation"] for one in found["samples"]] == pytest.approx(np.diagonal(influence).tolist(), abs=1e-4)
    assert all(one["error"] is not None and one["estimate"] is not None for one in found["samples"])
    assert set(found["summary"]) == {"exact", "estimator", "attack"}


def test_the_text_names_those_that_are_memorised_most(quick, capsys):
    assert main([*FEW]) == 0
    lines = capsys.readouterr().out.splitlines()
    scores = [float(line.split()[2]) for line in lines[:6]]
    assert scores == sorted(scores, reverse=True) and lines[6].startswith("14 trainings in ")
    assert "The estimate" not in "".join(lines)


@pytest.mark.parametrize(("words", "said"), [
    (["--samples", "1"], "1 samples were asked for, but moons has 200: ask for 2 to 200."),
    (["--repeats", "0"], "--repeats is 0, but everything has to be trained at least once."),
    (["--estimator", "1"], "--estimator is 1, but an estimate needs at least 2 models."),
    (["--dataset", "nothing"], "nothing"),
    (["--samples", "6", "--estimator", "2"], "train more models than 2."),
])
def test_what_cannot_be_is_refused(words, said, quick, capsys):
    assert main(["leave-one-out", *words, "--json"]) == 2
    assert said in json.loads(capsys.readouterr().out)["problems"][0]


def test_an_estimate_that_is_the_same_everywhere_has_no_order():
    assert rank_correlation(np.ones(3), np.arange(3.0)) is None
    assert rank_correlation(np.arange(3.0), np.arange(3.0) ** 2) == 1.0


def test_without_wrong_labels_nothing_is_said_of_them():
    exact = LeftOut(np.zeros((1, 3)), np.log([[[2.0, 1, 1], [1, 4, 1], [1, 1, 1]]]))
    found = figures(exact, np.zeros(3, dtype=bool))
    assert (found["exact"]["wrong"], found["exact"]["right"], found["estimator"]) == (None, 0.417, None)
    assert found["exact"]["error"] is None, "of one training"
