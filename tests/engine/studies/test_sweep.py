"""A grid as data: its cells and specs, its presets, and every kind of bad grid in words."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from engine.cli.main import main
from engine.errors import BadSpec
from engine.evaluation.measured import Metrics
from engine.registry import names
from engine.runs.records import Run
from engine.runs.store import Store
from engine.spec import resolve
from engine.studies.sweep import AUTHORS, FRACTION, Axis, Sweep, axes_of, check, preset, suggested
from engine.studies.sweep_runs import counts, find_runs, grids, missing
from engine.types import Spec

TWO = Sweep(across=Axis("alpha", (0.1, 0.5)), down=Axis(FRACTION, (0.05, 0.3)), seeds=(0, 1))
QUICK = ["--set", "retain_epochs=1", "--set", "max_forget_epochs=1"]  # cheap runs: what is tested is the bookkeeping


def problems(sweep: Sweep) -> list[str]:
    with pytest.raises(BadSpec) as caught:
        check(sweep)
    return caught.value.problems


def test_a_grid_is_filled_seed_by_seed_row_by_row():
    assert TWO.size == 8
    assert TWO.cells() == [(0.1, 0.05, 0), (0.5, 0.05, 0), (0.1, 0.3, 0), (0.5, 0.3, 0),
                           (0.1, 0.05, 1), (0.5, 0.05, 1), (0.1, 0.3, 1), (0.5, 0.3, 1)]
    assert TWO.specs()[1] == Spec(forget_fraction=0.05, seed=0, parameters={"alpha": 0.5})


def test_the_authors_grid_is_twelve_by_twelve_by_three():
    authors = preset("authors")
    assert AUTHORS == (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)
    assert authors.size == 432 == len({resolve(spec).fingerprint for spec in authors.specs()})
    assert {resolve(spec).effective["max_forget_epochs"] for spec in authors.specs()} == {80}
    check(authors)


def test_any_hyperparameter_can_be_an_axis():
    sweep = Sweep(method="scrub", across=Axis("learning_rate", (1e-3, 1e-2)), down=Axis("retain_batch_size", (16, 32)),
                  forget_fraction=0.2)
    check(sweep)
    assert sweep.specs()[-1] == Spec(method="scrub", forget_fraction=0.2,
                                     parameters={"learning_rate": 1e-2, "retain_batch_size": 32})


@pytest.mark.parametrize(("sweep", "said"), [
    (Sweep(across=Axis("alpha", ())), ["alpha has no values: each side of the grid needs at least one."]),
    (Sweep(seeds=()), ["seed has no values: each side of the grid needs at least one."]),
    (Sweep(across=Axis("alpha", (0.1, 1.5))),
     ["alpha is 1.5, but must be between 0 and 1: the nearest valid value is 1."]),
    (Sweep(across=Axis("alpha", (0.1, 0.1, 0.10))), ["alpha 0.1 is given twice: once is enough."]),
    (Sweep(down=Axis(FRACTION, (0.9,))),
     ["forget_fraction is 0.9, but must be between 0.001 and 0.6: the nearest valid value is 0.6."]),
    (Sweep(seeds=tuple(range(1_000_000))),
     ["The grid has 144,000,000 runs, but at most 10,000 are allowed: take fewer values or seeds."]),
    (Sweep(across=Axis("alpha", (0.1,)), down=Axis("alpha", (0.2,))),
     ["Both sides of the grid are alpha: they must differ."]),
    (Sweep(across=Axis("alpah", (0.1,))), ["No axis named 'alpah'. Did you mean 'alpha'?"]),
    (Sweep(method="nabla"), ["No method named 'nabla'. Did you mean 'nabla_tau'?"]),
])
def test_a_bad_grid_is_refused_in_words(sweep, said):
    assert problems(sweep) == said


def test_all_problems_are_told_at_once():
    bad = Sweep(across=Axis("alpha", (-1,)), down=Axis(FRACTION, (0.7,)), seeds=())
    assert len(problems(bad)) == 3


@pytest.fixture
def in_process(monkeypatch):
    """No worker processes, whose start takes seconds: tests/engine/test_executors.py has them."""
    from engine.runs.executors import local

    monkeypatch.setattr(local, "workers_for", lambda todo: 0)


def sweep_json(capsys, *more: str) -> tuple[int, dict]:
    status = main(["sweep", "--alphas", "0.1", "0.5", "--forget-fractions", "0.05,0.3", *QUICK, "--json", *more])
    return status, json.loads(capsys.readouterr().out)


@pytest.mark.long
def test_the_command_computes_a_cell_once(capsys, tmp_path, monkeypatch, in_process):
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path))
    status, first = sweep_json(capsys)
    assert (status, first["runs"], first["counts"], first["computed"], first["reused"]) == (0, 4, {"finished": 4}, 4, 0)
    assert [(cell["alpha"], cell["forget_fraction"], cell["seed"]) for cell in first["cells"]] == [
        (0.1, 0.05, 0), (0.5, 0.05, 0), (0.1, 0.3, 0), (0.5, 0.3, 0)]
    status, again = sweep_json(capsys, "--seeds", "0", "1")
    assert (status, again["computed"], again["reused"]) == (0, 4, 4)
    assert [cell for cell in again["cells"] if cell["seed"] == 0] == first["cells"]
    assert len(Store(tmp_path).list()) == 8


def test_a_cell_equals_the_run_asked_for_by_itself(capsys, tmp_path, monkeypatch, in_process):
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path))
    main(["run", "--alpha", "0.5", "--forget-fraction", "0.3", *QUICK, "--json"])
    alone = json.loads(capsys.readouterr().out)
    status, swept = sweep_json(capsys)
    assert (status, swept["computed"], swept["reused"]) == (0, 3, 1)
    assert swept["cells"][-1]["run_id"] == alone["run_id"]
    assert swept["cells"][-1]["mia_loss_gap"] == alone["metrics"]["mia_loss_gap"]


def test_a_failed_cell_is_shown_and_the_rest_goes_on(capsys, tmp_path, monkeypatch, in_process):
    from engine.runs import method

    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path))
    unlearn = method.unlearn_from

    def breaks(network, data, resolved, *rest):
        if resolved.effective["alpha"] == 0.5 and resolved.spec.forget_fraction == 0.05:
            raise MemoryError
        return unlearn(network, data, resolved, *rest)

    monkeypatch.setattr(method, "unlearn_from", breaks)
    status, result = sweep_json(capsys)
    assert (status, result["counts"], result["computed"]) == (1, {"finished": 3, "failed": 1}, 3)
    assert result["cells"][1]["reason"] == "Out of memory: a smaller batch size needs less."
    monkeypatch.setattr(method, "unlearn_from", unlearn)
    status, result = sweep_json(capsys)
    assert (status, result["counts"], result["computed"], result["reused"]) == (0, {"finished": 4}, 1, 3)


def test_what_waits_or_runs_elsewhere_is_not_computed_here(tmp_path):
    store = Store(tmp_path)
    store.submit(resolve(TWO.spec(0.1, 0.05, 0)))
    store.begin(resolve(TWO.spec(0.5, 0.05, 0)))
    runs = find_runs(TWO, store, recorded=False)
    assert counts(TWO, runs) == {"queued": 1, "running": 1, "missing": 6}
    assert missing(TWO, runs) == TWO.cells()[2:]


def test_a_bad_command_line_is_told_as_a_whole(capsys):
    status = main(["sweep", "--alphas", "2", "--executor", "cloud", "--axis", "alpha", "--preset", "small", "--json"])
    said = json.loads(capsys.readouterr().out)
    assert (status, said["status"]) == (2, "bad_input")
    assert said["problems"] == [
        "No executor named 'cloud'. Did you mean 'local'?", "--axis 'alpha' is not of the form NAME=VALUE.",
        "alpha is 2, but must be between 0 and 1: the nearest valid value is 1."]


def test_a_recorded_run_of_other_defaults_fills_no_cell(tmp_path, monkeypatch):
    """A heatmap and a comparison read one rule: what a changed default would now give is another run."""
    resolved, store = resolve(TWO.spec(0.1, 0.05, 0)), Store(tmp_path)
    run = Run("old", "finished", resolved.spec, recorded=True, created=1.0, effective=resolved.effective,
              metrics=Metrics({}), seconds=1.0)
    monkeypatch.setattr("engine.runs.library.recorded_runs", lambda: (run,))
    assert find_runs(TWO, store) == {(0.1, 0.05, 0): run}
    assert find_runs(TWO, store, recorded=False) == {}
    run = replace(run, effective=resolved.effective | {"validation_every": 9})
    assert find_runs(TWO, store) == {}


def recorded_like(sweep: Sweep) -> list[Run]:
    return [Run("old", "finished", resolve(spec).spec) for spec in sweep.specs()]


def test_whole_grids_are_found_among_runs():
    grid = Sweep(across=Axis("alpha", (0.1, 0.5)), down=Axis(FRACTION, (0.05, 0.3)), seeds=(0, 2),
                 parameters={"max_forget_epochs": 80})
    loose = recorded_like(Sweep(across=Axis("alpha", (0.1,)), down=Axis(FRACTION, (0.05, 0.3))))
    found, others = grids([*recorded_like(grid), *loose])
    assert [sweep.specs() for sweep in found] == [[replace(s, model="small_cnn") for s in grid.specs()]]
    assert others == loose
    assert grids(recorded_like(grid)[:-1]) == ([], recorded_like(grid)[:-1]), "one run is missing"


def test_a_square_of_a_grid_may_be_a_run_that_left_alpha_to_the_rule():
    grid = Sweep(across=Axis("alpha", (0.1, 0.5)), down=Axis(FRACTION, (0.15, 0.3)))
    usual = Run("usual", "finished", resolve(Spec(forget_fraction=0.3)).spec)  # 5/3 of 0.3 is 0.5
    runs = [usual, *recorded_like(grid)[2::-1]]
    found, others = grids(runs)
    assert [sweep.specs() for sweep in found] == [[replace(s, model="small_cnn") for s in grid.specs()]]
    assert others == [usual]
    assert grids(runs[1:]) == ([], runs[1:])


@pytest.mark.parametrize("method", names("method"))
def test_values_to_begin_an_axis_with_are_valid(method):
    first, *others = axes_of(method)
    assert first == FRACTION
    for name in others:
        check(Sweep(method=method, across=Axis(name, suggested(name, "digits", method)),
                    down=Axis(FRACTION, suggested(FRACTION, "digits", method))))


def test_values_to_begin_an_axis_with_by_hand():
    assert suggested("alpha", "digits", "nabla_tau") == (0.05, 0.25, 0.5)
    assert suggested("batch_size", "digits", "nabla_tau") == (16, 32, 64)


def test_cells_that_are_one_run_are_computed_once(store):
    """alpha "auto" is 5/3 of 0.3."""
    grid = Sweep(across=Axis("alpha", ("auto", 0.1, 0.5)), down=Axis(FRACTION, (0.3,)))
    assert missing(grid, {}) == [("auto", 0.3, 0), (0.1, 0.3, 0)]
    store.end(store.begin(resolve(grid.spec("auto", 0.3, 0))), "finished", metrics={})
    assert set(find_runs(grid, store)) == {("auto", 0.3, 0), (0.5, 0.3, 0)}
    assert missing(grid, find_runs(grid, store)) == [(0.1, 0.3, 0)]


def test_training_seeds_are_an_axis_or_held_the_same():
    sweep = Sweep(across=Axis("original_seed", (0, 1)), down=Axis(FRACTION, (0.15,)))
    check(sweep)
    assert [spec.original_seed for spec in sweep.specs()] == [0, 1] and sweep.across.title == "training seed"
    assert sweep.specs()[0] == Sweep(down=Axis(FRACTION, (0.15,))).spec_with({FRACTION: 0.15})
    held = Sweep(original_seed=3, across=Axis("alpha", (0.1,)), down=Axis(FRACTION, (0.15,)))
    assert [spec.original_seed for spec in held.specs()] == [3]
    with pytest.raises(BadSpec, match="original_seed is 'x', but must be a number"):
        check(replace(sweep, across=Axis("original_seed", ("x",))))
    with pytest.raises(BadSpec, match="original_seed is -1, but must be a whole number"):
        check(replace(held, original_seed=-1))


def test_a_grid_of_another_original_is_found_as_one():
    specs = Sweep(across=Axis("alpha", (0.1, 0.2)), down=Axis(FRACTION, (0.15, 0.3)), original_seed=2).specs()
    (found,), loose = grids([Run(str(number), "finished", resolve(spec).spec) for number, spec in enumerate(specs)])
    assert found.original_seed == 2 and not loose
    named = [replace(spec, unlearning_seed=7) for spec in specs]
    assert grids([Run(str(number), "finished", resolve(spec).spec) for number, spec in enumerate(named)])[0] == []
