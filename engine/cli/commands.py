"""What the command line's commands do: each takes the parsed options and returns (result, exit status)."""

from __future__ import annotations

import contextlib
import sys
import threading
from argparse import Namespace
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from engine.cli.terminal import ProgressLine, ctrl_c
from engine.errors import BadSpec, Cancelled
from engine.evaluation.metrics import ACCURACIES, headlines
from engine.naming import asked
from engine.originals.checkpoints import Checkpoints, open_checkpoints, original_key
from engine.registry import all_of, live_attacks, models_for, names
from engine.runs import afterwards
from engine.runs.here import heartbeat, run_here
from engine.runs.recorded import find_recorded, recorded_runs
from engine.runs.records import described
from engine.runs.store import open_store
from engine.spec import checked, resolve
from engine.types import Spec, declared

Result = tuple[Any, int]
EXIT = {"finished": 0, "cancelled": 130}


# --- run ------------------------------------------------------------------------------------


def command_run(options: Namespace) -> Result:
    """Records a run, carries it out in this process and returns it as a dictionary."""
    resolved = resolve(_spec_of(options))
    store = open_store()
    store.mark_interrupted()
    with ctrl_c() as cancel, heartbeat(store):
        run = run_here(resolved, store, options.train_original, cancel, ProgressLine())
    if run["notice"]:
        print(run["notice"], file=sys.stderr)
    return described(run), EXIT.get(run["status"], 1)


def _spec_of(options: Namespace) -> Spec:
    parameters, problems = assignments(options.assignments, "--set")
    parameters = {name: as_number(value) for name, value in parameters.items()}
    chosen, more = assignments(options.options, "--option")
    problems += more
    if options.alpha is not None:
        owners = [method.name for method in with_alpha()]
        if options.method in names("method") and options.method not in owners:
            problems.append(f"--alpha belongs to {' and '.join(owners)}, not to {options.method}.")
        elif options.method in owners:
            parameters["alpha"] = as_number(options.alpha)
        else:  # the method is told as unknown; its alpha can be judged all the same
            problems += _alpha_problems(as_number(options.alpha))
    spec = Spec(dataset=options.dataset, method=options.method, model=options.model, scenario=options.scenario,
                forget_fraction=as_number(options.forget_fraction), forget_class=options.forget_class,
                seed=as_number(options.seed), original_seed=as_number(options.original_seed),
                profile=options.profile, parameters=parameters,
                options={name: as_number(value) for name, value in chosen.items()})
    if problems:
        try:
            resolve(spec)
        except BadSpec as error:
            problems += error.problems
        raise BadSpec(problems)
    return spec


def with_alpha() -> list[Any]:
    """The methods that ``--alpha`` belongs to; others' hyperparameters of that name are ``--set alpha=A``."""
    return [method for method in all_of("method") if method.knob and method.knob.name == "alpha"]


def _alpha_problems(value: Any) -> list[str]:
    """What is wrong with a value for ``--alpha``, whatever the method."""
    try:
        checked(with_alpha()[0].knob, value)
    except BadSpec as error:
        return error.problems
    return []


def assignments(pairs: list[str], flag: str) -> tuple[dict[str, Any], list[str]]:
    """Values by name from ``NAME=VALUE`` texts, and what is wrong with them."""
    values, problems = {}, []
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if equals and name:
            values[name.strip()] = value.strip()
        else:
            problems.append(f"{flag} {pair!r} is not of the form NAME=VALUE.")
    return values, problems


def as_number(text: str) -> Any:
    """The number a text spells, or the text itself, which the spec's check will name."""
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return kind(text)
    return text


# --- pretrain -------------------------------------------------------------------------------


def command_pretrain(options: Namespace) -> Result:
    """Trains an Original (or finds it, or goes on with a killed training) and returns its sidecar."""
    chosen, problems = assignments(options.options, "--option")
    if problems:
        raise BadSpec(problems)
    try:
        resolved = resolve(Spec(dataset=options.dataset, model=options.model, original_seed=as_number(options.seed),
                                options={name: as_number(value) for name, value in chosen.items()}))
    except BadSpec as error:  # here the flag is --seed
        raise BadSpec(one.called("seed") if one.field == "original_seed" else one for one in error.problems) from None
    checkpoints = open_checkpoints()
    line = ProgressLine()
    with ctrl_c() as cancel:
        try:
            original = _found_or_trained(resolved, checkpoints, line, cancel)
        except Cancelled as error:
            print(error, file=sys.stderr)
            return {"status": "cancelled", "reason": str(error)}, 130
    if options.out:
        checkpoints.copy(original, Path(options.out))
    return {"status": "finished", "path": str(original.path), **original.sidecar}, 0


def _found_or_trained(resolved: Any, checkpoints: Checkpoints, line: ProgressLine, cancel: threading.Event) -> Any:
    from engine.originals.pretrain import train_original
    from engine.originals.workbench import load_data
    from engine.system.device import default_device, prepare

    device = default_device()
    threads = prepare(device, resolved.dataset.threads)
    data = load_data(resolved.dataset, resolved.options, device, lambda text, f: line({"stage": text, "fraction": f}),
                     resolved.model)
    key = original_key(resolved)
    found = checkpoints.find(key, data.fingerprint)
    if found and found.fingerprint == data.fingerprint:
        print(f"{found.path.name} is there already.", file=sys.stderr)
        return found

    def on_step(progress: Any, seconds: float) -> None:
        left = seconds / progress.step * (progress.total_steps - progress.step)
        line({"stage": f"Training {key.name}, epoch {progress.epoch + 1} of {key.recipe.epochs}", "eta": left,
              "fraction": progress.step / progress.total_steps, "step": progress.step,
              "total_steps": progress.total_steps})

    return train_original(key, data, checkpoints, threads, on_step, cancel)


# --- list and show --------------------------------------------------------------------------


def command_list(options: Namespace) -> Result:
    """Records of one kind as a list of dictionaries."""
    if options.kind == "runs":
        return _runs(options.recorded), 0
    return {"datasets": _datasets, "models": _models, "methods": _methods, "attacks": _attacks,
            "scenarios": _scenarios}[options.kind](), 0


def command_show(options: Namespace) -> Result:
    """One run, one's own or a recorded one, with its times, settings and events; raises UnknownRun."""
    store, shipped = open_store(), find_recorded(options.run)
    if shipped:
        return described(afterwards.completed(shipped, store)) | {"events": shipped["events"]}, 0
    run = afterwards.completed(store.get(options.run), store)
    return described(run) | {"events": store.events(run["id"])}, 0






def _datasets() -> list[dict[str, Any]]:
    return [{"name": d.name, "title": d.title, "kind": d.kind, "classes": len(d.classes), "train": d.train_size,
             "heldout": d.heldout_size, "available": d.available(), "models": [m.name for m in models_for(d)],
             "options": {o.name: list(o.choices) for o in d.options}, "summary": d.summary, "source": d.source}
            for d in all_of("dataset")]


def _models() -> list[dict[str, Any]]:
    return [{"name": m.name, "title": m.title, "kind": m.kind, "summary": m.summary, "source": m.source}
            for m in all_of("model")]


def _methods() -> list[dict[str, Any]]:
    found = []
    for method in all_of("method"):
        fields = [asdict(replace(h, auto=None)) | {"auto": h.auto.rule if h.auto else None}
                  for h in declared(method.parameters)]
        found.append({"name": method.name, "title": method.title, "summary": method.summary,
                      "source": method.source, "parameters": fields,
                      "profiles": {name: dict(values) for name, values in method.profiles.items()}})
    return found


def _scenarios() -> list[dict[str, Any]]:
    return [{"name": s.name, "title": s.title, "target": s.target, "summary": s.summary, "source": s.source}
            for s in all_of("scenario")]


def _attacks() -> list[dict[str, Any]]:
    return [{"name": a.name, "title": a.title, "needs": list(a.needs), "summary": a.summary, "source": a.source}
            for a in all_of("attack")]


def _runs(recorded: bool) -> list[dict[str, Any]]:
    """One's own runs, then with ``recorded`` the shipped ones, without those that were imported as well."""
    own = [described(run) for run in open_store().list()]
    there = {run["run_id"] for run in own}
    return own + [described(run) for run in (recorded_runs() if recorded else ()) if run["id"] not in there]


# --- text for people ------------------------------------------------------------------------


def as_text(command: str, result: Any) -> str:
    """What a person reads on stdout without ``--json``."""
    if command == "list":
        return "\n".join(_line(item) for item in result) or "None yet."
    if command == "pretrain":
        return "\n".join(f"{name}: {value}" for name, value in result.items())
    lines = [f"run {result['run_id']}: {result['status']}" + (f" - {result['reason']}" if result["reason"] else "")]
    metrics = result["metrics"] or {}
    counted = [record.name for record in (*ACCURACIES, *live_attacks())]
    shown = [name for name in counted if name != "accuracy_gap" or result["spec"]["forget_class"] is None]
    for name in shown if metrics else ():  # for a forgotten class the gap to the test set has no meaning
        before, after = metrics["original"].get(name), metrics.get(name)  # older than an attack
        values = ["-" if value is None else f"{value:.1f}" for value in (before, after)]
        lines.append(f"  {name:<18} {values[0]:>6} -> {values[1]:>6}")
    if result["seconds"] is not None:
        lines.append(f"  {result['steps']:,} steps, {result['samples']:,} samples, {result['seconds']:.2f} s "
                     f"on {result['device']}")
        lines.append("  " + "  ".join(asked(result["spec"])))
    said = [result["verdict"]["text"]] if result["verdict"] else []
    return "\n".join(lines + [f"  {line}" for line in said + metrics.get("notes", [])])


def _line(item: dict[str, Any]) -> str:
    if "run_id" in item:
        first = headlines()[0].name
        attack = (item["metrics"] or {}).get(first)
        return "  ".join([item["run_id"], f"{item['status']:<11}", *asked(item["spec"])]
                         + ([] if attack is None else [f"{first}={attack:.1f}"]))
    return f"{item['name']:<15} {item['summary']}"

