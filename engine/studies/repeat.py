"""The command that computes a stored result again, ready for a shell. Its own parser reads it back (a test)."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from engine import chain
from engine.registry import held_against, names, reference, target
from engine.spec import Resolved
from engine.studies.comparison import Comparison
from engine.studies.correction import SHARES, Correction
from engine.studies.ensemble import Ensemble
from engine.studies.sweep import FRACTION, Axis, Sweep
from engine.types import NAMED_SEEDS, Spec

ENGINE = ("python", "-m", "engine")


def run_command(spec: Spec) -> str:
    """``python -m engine run`` with everything a person chose, and seed and profile always.

    An Original is trained where there is none.

    Examples
    --------
    >>> run_command(Spec("digits", "ssd", forget_fraction=0.3)).partition("digits ")[2]
    '--method ssd --forget-fraction 0.3 --seed 0 --profile corrected --train-original'
    """
    usual = Spec()
    words = ["run", "--dataset", spec.dataset, *_flag("--model", spec.model), "--method", spec.method]
    words += _flag("--scenario", spec.scenario, usual.scenario)
    words += [*_flag("--forget-class", spec.forget_class), *_settings("--select", spec.selection)]
    words += _flag("--forget-fraction", spec.forget_fraction if target(spec.scenario) == "fraction" else None)
    words += [*_flag("--seed", spec.seed), *_flag("--original-seed", spec.original_seed, usual.original_seed)]
    words += _flag("--original", spec.original)
    words += [word for name in NAMED_SEEDS for word in _flag(f"--{name.replace('_', '-')}", getattr(spec, name))]
    words += [*_flag("--profile", spec.profile), *_settings("--set", spec.parameters),
              *_settings("--option", spec.options)]
    if before := chain.parent(spec):  # its own command first: its id will be another one
        return f"{run_command(before)} && {_shell([*words, '--from', 'last'])}"
    return _shell([*words, *([] if spec.original else ["--train-original"])])


def reference_command(spec: Spec) -> str:
    """The same for the retrained model that a run is measured against."""
    return run_command(held_against(replace(spec, method=reference().name, parameters={})))


def spelled_out(resolved: Resolved) -> Spec:
    """The spec with the data's options, also those at their defaults, which another version may have moved."""
    return replace(resolved.spec, options=resolved.options)


def roc_command(run_id: str, attack: str, view: str) -> str:
    """``python -m engine roc`` of a run that is there.

    Examples
    --------
    >>> roc_command("0a1b2c3d", "mia_loss", "now")
    'python -m engine roc 0a1b2c3d --attack mia_loss --view now'
    """
    return _shell(["roc", run_id, "--attack", attack, "--view", view])


def ensemble_command(ensemble: Ensemble) -> str:
    """``python -m engine ensemble`` with everything that a page can ask for.

    Examples
    --------
    >>> ensemble_command(Ensemble("moons", ("finetune", "scrub"), models=9))
    'python -m engine ensemble --dataset moons --methods finetune,scrub --models 9'
    """
    usual = Ensemble()
    words = ["ensemble", "--dataset", ensemble.dataset, *_flag("--model", ensemble.model),
             "--methods", ",".join(ensemble.methods), "--models", str(ensemble.models),
             *_flag("--seed", ensemble.seed, usual.seed), *_flag("--candidates", ensemble.candidates),
             *_settings("--option", ensemble.options)]
    return _shell(words)


def correct_command(asked: Correction) -> str:
    """``python -m engine correct`` for the same study.

    Examples
    --------
    >>> correct_command(Correction("moons", ("finetune",), {"label_noise": 0.2}, (0.5, 1.0)))
    'python -m engine correct --dataset moons --option label_noise=0.2 --methods finetune --found 0.5 1.0 --seeds 0'
    """
    methods = () if set(asked.methods) == set(names("method")) else ("--methods", *asked.methods)
    found = () if asked.found == SHARES else ("--found", *map(str, asked.found))
    return _shell(["correct", "--dataset", asked.dataset, *_flag("--model", asked.model),
                   *_settings("--option", asked.options), *methods, *found, "--seeds", *map(str, asked.seeds)])


def comparison_commands(comparison: Comparison) -> list[str]:
    """One command a run, in the order in which they are best run."""
    return [run_command(spec) for spec in comparison.specs()]


def sweep_command(sweep: Sweep) -> str:
    """``python -m engine sweep`` with both axes spelled out."""
    usual = Sweep()
    held = dict(sweep.parameters)
    if sweep.forget_fraction != usual.forget_fraction and FRACTION not in (sweep.across.name, sweep.down.name):
        held[FRACTION] = sweep.forget_fraction
    words = ["sweep", "--dataset", sweep.dataset, *_flag("--model", sweep.model), "--method", sweep.method]
    words += [word for axis in (sweep.across, sweep.down) for word in ("--axis", _axis(axis))]
    words += ["--seeds", *map(str, sweep.seeds), *_flag("--original-seed", sweep.original_seed, usual.original_seed),
              *_flag("--profile", sweep.profile, usual.profile)]
    words += [*_settings("--set", held), *_settings("--option", sweep.options)]
    return _shell([*words, "--train-original"])


def _flag(name: str, value: Any, usual: Any = None) -> tuple[str, ...]:
    """Nothing where the value is the usual one."""
    return () if value is None or value == usual else (name, _text(value))


def _settings(flag: str, values: Mapping[str, Any]) -> Iterable[str]:
    return (word for name, value in values.items() for word in (flag, f"{name}={_text(value)}"))


def _axis(axis: Axis) -> str:
    return f"{axis.name}={','.join(map(_text, axis.values))}"


def _text(value: Any) -> str:
    """As the command line reads it; every digit is kept."""
    if isinstance(value, tuple):
        return ",".join(map(_text, value))
    return "auto" if value is None else repr(value) if isinstance(value, float) else str(value)


def _shell(words: Iterable[str]) -> str:
    return shlex.join([*ENGINE, *words])
