"""The command that a report prints is read back by the command line itself and comes to the same result."""

from __future__ import annotations

import shlex

import pytest

from engine.cli import run as run_cli
from engine.cli import sweep as sweep_cli
from engine.cli.main import build_parser
from engine.spec import resolve
from engine.studies.comparison import Comparison
from engine.studies.repeat import comparison_commands, reference_command, run_command, sweep_command
from engine.studies.sweep import PRESETS, Axis, Sweep
from engine.types import Spec


def parsed(command: str):
    words = shlex.split(command)
    assert words[:3] == ["python", "-m", "engine"]
    return build_parser().parse_args(words[3:])


@pytest.mark.parametrize("spec", [
    Spec(),
    Spec("digits", "scrub", forget_fraction=0.1 + 0.2, seed=7, original_seed=3, profile="paper"),
    Spec("digits", "finetune", scenario="class", forget_fraction=None, forget_class=3),
    Spec("cifar10", "nabla_tau", scenario="class", forget_fraction=None, forget_class="dog"),
    Spec("digits", "nabla_tau", parameters={"alpha": 1 / 3, "max_forget_epochs": 12}, options={"label_noise": 0.0}),
    Spec("digits", "nabla_tau", parameters={"alpha": None})])
def test_a_runs_command_comes_to_the_same_run(spec):
    read = run_cli._spec_of(parsed(run_command(spec)))
    assert resolve(read).fingerprint == resolve(spec).fingerprint


def test_the_reference_is_retrained_on_the_same_forget_set_without_the_methods_settings():
    spec = Spec("digits", "nabla_tau", forget_fraction=0.3, seed=4, parameters={"alpha": 0.4})
    read = run_cli._spec_of(parsed(reference_command(spec)))
    assert (read.method, dict(read.parameters)) == ("retrain", {})
    assert resolve(read).split_identity() == resolve(spec).split_identity()


def test_a_comparison_has_a_command_for_each_of_its_runs():
    comparison = Comparison(methods=("ssd", "retrain"), seeds=(0, 2))
    read = [run_cli._spec_of(parsed(command)) for command in comparison_commands(comparison)]
    assert [resolve(one).fingerprint for one in read] == [resolve(one).fingerprint for one in comparison.specs()]
    assert [(one.method, one.seed) for one in read] == [("retrain", 0), ("retrain", 2), ("ssd", 0), ("ssd", 2)]


@pytest.mark.parametrize("sweep", [
    *PRESETS.values(),
    Sweep("digits", "scrub", Axis("learning_rate", (0.001, 0.01)), Axis("alpha", (0.1, 1.0)), (0, 1), 0.3),
    Sweep("digits", "nabla_tau", Axis("alpha", (0.1,)), Axis("forget_fraction", (0.05, 0.1)), profile="paper",
          options={"label_noise": 0.0})])
def test_a_sweeps_command_comes_to_the_same_cells(sweep):
    read = sweep_cli.sweep_of(parsed(sweep_command(sweep)))
    assert read.cells() == sweep.cells()
    assert [resolve(one).fingerprint for one in read.specs()[:20]] == [
        resolve(one).fingerprint for one in sweep.specs()[:20]]
