"""``python -m engine memorisation``: how much each training sample's being in the training data matters to a model.

Many Originals on random two thirds of the data; those of an ensemble are used. Ctrl-C stops it, the same command
continues.
"""

from __future__ import annotations

import time
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np

from engine.cli.ensemble import FAILED, INTERRUPTED, computed, ensemble_of
from engine.cli.options import Result, add_executor, add_json, add_option
from engine.cli.terminal import ProgressLine
from engine.evaluation.ensembles.draws import ORIGINAL
from engine.evaluation.ensembles.memorisation import Scores
from engine.studies.ensemble_memorisation import scores
from engine.studies.ensemble_scores import pack_scores
from engine.studies.ensemble_work import located, missing

SHOWN = 10


def add_parser(commands: Any) -> None:
    """Adds the command to the command line's parser."""
    parser = commands.add_parser("memorisation", help="score how much each training sample is memorised")
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--model", help="default: the data set's first model")
    parser.add_argument("--models", type=int, default=200, help="how many Originals (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="what the seeds of all models come from")
    add_option(parser)
    add_executor(parser)
    parser.add_argument("--export", metavar="FILE", help="also write the scores as one file")
    add_json(parser, "object")
    parser.set_defaults(work=command, methods=[], candidates="all")


def command(options: Namespace) -> Result:
    """Trains the Originals that are missing and returns the scores. Raises BadInput."""
    line, began = ProgressLine(), time.monotonic()
    design, kept = located(ensemble_of(options), line)
    todo = missing(design, kept, [ORIGINAL])
    stopped, errors = computed(design, kept, todo, options.executor, line)
    if stopped:
        said = {"status": "cancelled", "models": len(kept.numbers(ORIGINAL)), "of": options.models}
        return (said if options.json else f"Stopped: {said['models']} of {said['of']} models are there. "
                                          "The same command continues."), INTERRUPTED
    found = scores(kept, options.models)
    if options.export:
        pack_scores(kept, found, Path(options.export))
    about = {"models": found.models, "computed": len(todo), "seconds": round(time.monotonic() - began, 3)}
    return (as_json(found) | about if options.json else as_text(found)), FAILED if errors else 0


def as_json(found: Scores) -> dict[str, Any]:
    """Both scores of every training sample, with their standard errors."""
    return {name: {"score": score.score.round(4).tolist(), "error": score.error.round(4).tolist()}
            for name, score in (("correctness", found.correctness), ("probability", found.probability))}


def as_text(found: Scores) -> str:
    """The samples that are memorised most."""
    score, error = found.correctness.score, found.correctness.error
    first = np.argsort(-score, kind="stable")[:SHOWN]
    lines = [f"sample {at:>6}  {score[at]:.2f} +- {1.96 * error[at]:.2f}  "
             f"by probability {found.probability.score[at]:.2f}" for at in first]
    above = f"{found.models} models; mean {score.mean():.3f}, above one half: {(score > 0.5).mean():.1%}"
    return "\n".join([*lines, above])
