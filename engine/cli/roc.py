"""``python -m engine roc``: an attack's ROC on one run, and what its strategies come to."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from typing import Any

from engine.cli.options import Result, add_json
from engine.errors import BadInput
from engine.evaluation.metrics import headlines
from engine.registry import get
from engine.runs import library
from engine.runs.store import open_store

VIEWS = ("now", "retrained")
TITLES = {"best": "best accuracy", "few": "at most 1% false alarms"}


def add_parser(commands: Any) -> None:
    """Adds the command to the command line's parser."""
    parser = commands.add_parser("roc", help="show the ROC of an attack on a finished run")
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--attack", help="default: the first of the tables")
    parser.add_argument("--view", choices=VIEWS, default="now", help="the unlearned model (default) or the retrained")
    add_json(parser, "object")
    parser.set_defaults(work=command)


def command(options: Namespace) -> Result:
    """The curve and the strategies of one run; raises UnknownRun, and BadInput where it keeps no table."""
    result = _measured(options)
    return result if options.json else _text(result), 0


def _measured(options: Namespace) -> dict[str, Any]:
    from engine.evaluation.roc import Roc
    from engine.runs import exposure
    from engine.studies.attacker import strategies

    store, attack = open_store(), get("attack", options.attack or headlines()[0].name)
    found = exposure.gather(library.get(options.run, store).run, store)
    if options.view not in found.views:
        raise BadInput(found.missing[options.view])
    sides = exposure.sides(found, options.view, attack)
    curve = Roc(sides)
    return {"run_id": found.run.id, "attack": attack.name, "view": options.view, "forget": len(sides.members),
            "unseen": len(sides.nonmembers), "auc": curve.auc, "auc_chance_range": list(curve.auc_chance_range),
            "strategies": {line.name: _strategy(line) for line in strategies(sides)},
            "resolution": curve.resolution, "roc": {"fpr": curve.fpr.tolist(), "tpr": curve.tpr.tolist()}}


def _strategy(line: Any) -> dict[str, Any]:
    """A line on all samples, and on the halves that it was not chosen on; None where they are too small."""
    reported = line.reported[0] if line.reported else None
    rates = {name: getattr(reported, name) for name in ("tpr", "fpr", "accuracy")} if reported else None
    return {"score": -line.position, "on_all": asdict(line.counted), "on_other_half": rates}


def _text(result: dict[str, Any]) -> str:
    low, high = result["auc_chance_range"]
    lines = [f"{result['attack']} on run {result['run_id']} ({result['view']}): {result['forget']:,} forget and "
             f"{result['unseen']:,} never-seen samples",
             f"area {result['auc']:.3f}, chance range {low:.3f} to {high:.3f}"]
    for name, found in result["strategies"].items():
        if rates := found["on_other_half"]:
            lines.append(f"{TITLES[name]}, on the other half: caught {100 * rates['tpr']:.1f}%, wrongly accused "
                         f"{100 * rates['fpr']:.1f}%, accuracy {100 * rates['accuracy']:.1f}%")
    return "\n".join(lines)
