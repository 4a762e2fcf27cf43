"""The front of methods over their knobs, on runs made up: which belong to it, and every wrong wish."""

from __future__ import annotations

import json

import pytest
from comparing import metrics_of

from engine.cli.main import main
from engine.errors import BadSpec
from engine.runs.store import open_store
from engine.spec import resolve
from engine.studies.front_runs import FrontAsked, front, todo
from engine.studies.intensity import knob, strengths, with_a_knob


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path))
    return tmp_path


ASKED = FrontAsked(methods=("ssd",), seeds=(5, 6))


def test_every_method_but_the_reference_has_a_knob_with_values_in_its_range():
    for method in with_a_knob():
        field, values = knob(method.name), strengths(method.name)
        assert len(values) >= 3 and all(field.low <= value <= field.high for value in values)


def test_what_belongs_to_it(home):
    missing = todo(ASKED, open_store())
    assert [one.spec.method for one in missing] == ["retrain"] * 2 + ["ssd"] * 10
    assert [one.spec.parameters for one in missing[2:7]] == [{"selection": v} for v in (1.25, 2.5, 5.0, 10.0, 20.0)]
    nothing = front(ASKED, open_store())
    assert (nothing.missing, nothing.configurations, nothing.best, dict(nothing.retrained)) == (12, (), (), {})


def ended(store, spec, accuracy, area):
    run_id = store.begin(resolve(spec))
    assert store.end(run_id, "finished", metrics=metrics_of(test_accuracy=accuracy, mia_loss_auc=area), seconds=1.0)


def test_from_the_command_line_by_hand(home, capsys):
    """Retrained: 80% and .50, 76% and .52. One setting reaches (.95, .9) and (1, .9), the next leaks less for more."""
    store = open_store()
    for seed, values in {5: (80.0, 0.50), 6: (76.0, 0.52)}.items():
        ended(store, ASKED.reference().spec("retrain", seed), *values)
    grid = ASKED.grids()["ssd"]
    for value, points in {1.25: ((76.0, 0.55), (76.0, 0.57)), 2.5: ((60.0, 0.50), (57.0, 0.52)),
                          5.0: ((40.0, 0.60), (38.0, 0.62))}.items():
        for seed, (accuracy, area) in zip((5, 6), points, strict=True):
            ended(store, grid.spec(value, 0.15, seed), accuracy, area)
    words = ["front", "--methods", "ssd", "--seeds", "5", "6", "--recorded-only"]
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(p["setting"], p["utility"], p["privacy"], p["on_front"]) for p in found["points"]] == [
        ("selection=1.25", 0.975, 0.9, True), ("selection=2.5", 0.75, 1.0, True), ("selection=5", 0.5, 0.8, False)]
    assert found["retrained"] == {"5": [1.0, 0.96], "6": [0.95, 0.96]} and found["missing"] == 4
    whole = found["hypervolume"]["all"]
    assert whole == found["hypervolume"]["ssd"]
    assert whole["naive"] == pytest.approx(0.975 * 0.9 + 0.75 * 0.1)
    assert whole["apart"] == pytest.approx(0.975 * 0.9 + 0.75 * 0.1)  # each half of the seeds selects both
    assert main([*words, "--markdown"]) == 0
    tables = capsys.readouterr().out
    assert "| Selective synaptic dampening (SSD) | selection=1.25 | 0.975 | 0.900 |" in tables
    assert "| *all together* | 3 | 0.952 | 0.952 | 0.000 |" in tables and "attainable | 0.950 | 0.960 |" in tables
    assert main([*words, "--corner", "0.8", "0.5"]) == 0
    text = capsys.readouterr().out
    assert f"{0.175 * 0.4:.3f}" in text and "4 runs are missing or failed" in text


@pytest.mark.parametrize(("changes", "said"), [
    ({"methods": ()}, "No method is chosen: a front needs one at least."),
    ({"methods": ("retrain",)}, "No method with a knob named 'retrain'. Valid: nabla_tau"),
    ({"attack": "mia_los"}, "No attack named 'mia_los'. Did you mean 'mia_loss'?"),
    ({"seeds": ()}, "No seed is chosen: a comparison needs at least one."),
    ({"forget_fraction": 0.95}, "forget_fraction is 0.95, but must be between 0.001 and 0.6"),
])
def test_what_cannot_be_is_refused_in_a_sentence(changes, said):
    with pytest.raises(BadSpec) as refused:
        FrontAsked(**{"methods": ("ssd",), **changes}).checked()
    assert any(str(problem).startswith(said) for problem in refused.value.problems), refused.value.problems
