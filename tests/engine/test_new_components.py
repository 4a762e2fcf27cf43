"""A component is one new file, with no other edit: one of each kind in the engine, the command line and exports."""

from __future__ import annotations

import json
import shutil

import pytest

from engine import api, registry
from engine.cli.main import main
from engine.evaluation.metrics import all_metrics
from engine.evaluation.verdict import verdict_of
from engine.naming import asked
from engine.runs.store import open_store
from engine.studies import exports, heatmap, heatmap_exports
from engine.studies.comparison import Comparison, find_runs
from engine.studies.sweep import FRACTION, Axis, Sweep
from engine.studies.sweep_runs import find_runs as find_cells
from engine.studies.table import build_table
from tests import added

NEW = {"method": "tremble", "attack": "doubt", "scenario": "newest", "dataset": "stripes", "model": "flat"}
RUN = ("run", "--dataset", "stripes", "--scenario", "newest", "--forget-fraction", "0.2", "--train-original", "--json")
OF_DOUBT = ["doubt", "doubt_gap", "doubt_auc", "doubt_tpr_at_1pct_fpr", "doubt_tpr_at_0_1pct_fpr"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A home in which the new method and a retraining have run on the new data, and the folder of the new files."""
    place = tmp_path_factory.mktemp("added")
    added.write(place / "components")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNLEARN_COMPONENTS", str(place / "components"))
        patch.setenv("UNLEARN_HOME", str(place / "home"))
        added.forget()
        assert main([*RUN, "--method", "retrain"]) == 0
        assert main([*RUN, "--method", "tremble"]) == 0
    added.forget()
    return place


@pytest.fixture
def new(folder, home, monkeypatch):
    """The new components, and a copy of that home."""
    shutil.copytree(folder / "home", home)
    monkeypatch.setenv("UNLEARN_COMPONENTS", str(folder / "components"))
    added.forget()
    yield
    added.forget()


@pytest.fixture
def say(capfd):
    """Runs a command in this process and returns what it printed, as JSON where that was asked for."""
    def run(*words):
        capfd.readouterr()
        assert main(words) == 0
        out, _ = capfd.readouterr()
        return json.loads(out) if "--json" in words else out

    return run


def run_of(method):
    return next(run for run in open_store().list() if run.spec.method == method)


@pytest.mark.parametrize("kind, name", NEW.items())
def test_each_is_listed(new, say, kind, name):
    assert registry.names(kind)[-1] == name
    assert name in [record["name"] for record in say("list", f"{kind}s", "--json")]
    assert name in say("list", f"{kind}s")


def test_a_run_has_them_all(new, say):
    run = run_of("tremble")
    shown = say("show", run.id, "--json")
    assert shown["spec"].items() >= {kind: name for kind, name in NEW.items() if kind != "attack"}.items()
    assert shown["effective"] == {"spread": pytest.approx(0.02)}
    assert all(isinstance(shown["metrics"][name], float) for name in OF_DOUBT)
    assert set(OF_DOUBT) <= {metric.name for metric in all_metrics()}
    assert set(shown["metrics"]["null_band"]) >= {"doubt"} and shown["metrics"]["retrained"]["doubt"] is not None
    assert "doubt" in say("show", run.id) and asked(run.spec)[0].endswith("f=0.2 scenario=newest")
    assert "doubt" in verdict_of(run).text or verdict_of(run).kind in ("damaged", "over_forgotten")


def test_the_scenario_chooses_the_last_samples(new):
    frame = open_store().load_samples(run_of("tremble").id)
    assert sorted(frame.loc[frame["set"] == "forget", "sample"]) == list(range(160, 200))


def test_the_curve_is_of_the_new_attack_too(new):
    last = [event for event in open_store().events(run_of("tremble").id) if event["kind"] == "probe"][-1]
    assert 0 <= last["reading"]["attacks"]["doubt"] <= 100


def test_the_run_is_named_by_the_code_of_its_components(new):
    run, made_by = run_of("tremble"), registry.code("method", "tremble")
    assert made_by and run.code == {kind: registry.code(kind, NEW[kind])
                                       for kind in ("dataset", "model", "scenario", "method")}


def test_a_comparison_and_its_exports(new):
    comparison = Comparison("stripes", "newest", 0.2, ("tremble", "retrain"))
    runs = find_runs(comparison, open_store())
    assert {cell: run.status for cell, run in runs.items()} == dict.fromkeys(comparison.grid(), "finished")
    table = build_table(comparison, runs)
    assert table.columns[-1] == "doubt_gap" and table.cell("tremble", "doubt_gap").mean is not None
    cell = table.cell("tremble", "doubt_gap")
    assert not table.missing and cell.chance > 0
    assert cell.unchanged and not cell.best, "it trembles so little that it is as the Original has it: not ranked"
    for text in (exports.to_markdown(table), exports.to_latex(table)):
        assert "Trembling weights" in text and "Attack on the doubt" in text and "the newest samples" in text
    assert "doubt_gap" in exports.to_csv(table) and "doubt_gap" in exports.to_json(table)


def test_a_sweep_and_its_maps(new, say):
    words = ("sweep", "--dataset", "stripes", "--method", "tremble", "--axis", "spread=0.01,0.3", "--forget-fractions",
             "0.1", "0.2", "--seeds", "0")
    cells = say(*words, "--json")["cells"]
    assert len(cells) == 4 and all(isinstance(cell["doubt_gap"], float) for cell in cells)
    assert "doubt_gap" in say(*words).splitlines()[0]
    sweep = Sweep(dataset="stripes", method="tremble", across=Axis("spread", (0.01, 0.3)),
                  down=Axis(FRACTION, (0.1, 0.2)), seeds=(0,))
    assert "doubt_gap" in heatmap.measures()
    runs = find_cells(sweep, open_store())
    found = heatmap.build(sweep, runs, "doubt_gap")
    assert all(square.mean is not None and square.noise for square in found.squares.values())
    assert found.rule == {0.1: pytest.approx(0.01), 0.2: pytest.approx(0.02)}
    assert "Attack on the doubt" in heatmap_exports.to_markdown(found)
    assert "doubt_gap" in heatmap_exports.to_csv(sweep, runs)


def test_an_archive_takes_them_to_another_machine(new, say, tmp_path, monkeypatch):
    run = run_of("tremble")
    say("archive", "export", str(tmp_path / "runs.zip"), "--json")
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path / "other"))
    said = say("archive", "import", str(tmp_path / "runs.zip"), "--json")
    there = open_store().get(run.id)
    assert len(said["imported"]) == 2 and there.metrics == run.metrics and there.spec == run.spec
    assert len(open_store().load_samples(run.id))


def test_the_engine_from_a_notebook(new):
    lab = api.load("stripes")
    parts = lab.split(forget_fraction=0.1, scenario="newest")
    result = lab.unlearn(parts, "tremble", spread=0.2)
    assert parts.sets.forget.tolist() == list(range(180, 200))
    assert 0 <= lab.evaluate(result)["doubt_auc"] <= 1
