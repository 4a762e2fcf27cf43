"""``python -m engine pretrain``: train an Original, or resume a killed training."""

from __future__ import annotations

import sys
import threading
from argparse import Namespace
from pathlib import Path
from typing import Any

from engine.cli.options import Result, add_training, as_number, assignments
from engine.cli.terminal import ProgressLine, ctrl_c
from engine.errors import BadSpec, Cancelled
from engine.originals.checkpoints import Checkpoints, open_checkpoints, original_key
from engine.spec import resolve
from engine.types import Spec


def add_parser(commands: Any) -> None:
    """Adds the command to the command line's parser."""
    pretrain = commands.add_parser("pretrain", help="train an Original, or resume a killed training")
    add_training(pretrain)
    pretrain.add_argument("--out", metavar="DIR", help="also copy the Original into this folder")
    pretrain.set_defaults(work=command)


def command(options: Namespace) -> Result:
    """Trains an Original (or finds it, or resumes a killed training) and returns its sidecar."""
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
            return _shown({"status": "cancelled", "reason": str(error)}, options), 130
    if options.out:
        checkpoints.copy(original, Path(options.out))
    return _shown({"status": "finished", "path": str(original.path), **original.sidecar}, options), 0


def _shown(result: dict[str, Any], options: Namespace) -> Any:
    return result if options.json else "\n".join(f"{name}: {value}" for name, value in result.items())


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
