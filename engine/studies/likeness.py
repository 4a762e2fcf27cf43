"""How alike a finished run's model is to a retrained one, beside what is attainable: two retrained models.

Weights that were kept are used, other models are computed again; what is asked of them is in
``engine.evaluation.likeness``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from engine.data.splits import Split
from engine.evaluation.likeness.compared import (
    AGAIN,
    BLIND_SPOTS,
    ORIGINAL,
    RETRAINED,
    UNLEARNED,
    OnSet,
    compared,
)
from engine.evaluation.likeness.outputs import Outputs, labels, outputs
from engine.originals.checkpoints import Checkpoints
from engine.originals.workbench import Bench
from engine.runs.method import unlearn
from engine.runs.records import Run
from engine.runs.store import Store
from engine.runs.weights import RunWeights, weights_of
from engine.spec import Resolved
from engine.studies.likeness_retrained import kept_again, kept_retrained, reference_of, with_next_seed

SETS = ("forget", "retain", "test", "unseen")
Report = Callable[[str, float | None], None]
NOT_ATTAINABLE = ("No second retrained model was asked for: what is attainable is not known, so a number below 100% or "
                  "above 0 may be as good as it gets.")


@dataclass(frozen=True)
class Models:
    """Networks in evaluation mode; ``again`` is retrained with another seed on the same split, None where not asked."""

    original: nn.Module
    unlearned: nn.Module
    retrained: nn.Module
    again: nn.Module | None = None

    @property
    def named(self) -> dict[str, nn.Module]:
        """Those that are there, by name."""
        found = {ORIGINAL: self.original, UNLEARNED: self.unlearned, RETRAINED: self.retrained, AGAIN: self.again}
        return {name: model for name, model in found.items() if model is not None}


@dataclass(frozen=True)
class Likeness:
    """What the measures say set by set, and what to know when reading them."""

    run_id: str
    sets: dict[str, OnSet]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The record as plain values, each measure with its blind spot."""
        return {"run_id": self.run_id, "sets": {name: one.to_json() for name, one in self.sets.items()},
                "notes": list(self.notes), "blind_spots": BLIND_SPOTS}


def likeness(run: Run, store: Store, checkpoints: Checkpoints, attainable: bool = True,
             report: Report = lambda text, fraction: None) -> Likeness:
    """The measures of a finished run, from weights that were kept, else from models that are computed again.

    Raises BadInput where that cannot be done here.
    """
    mine = weights_of(run, store, checkpoints, report)
    models = at_hand(mine, run, store, checkpoints, attainable, report)
    report("Comparing the models", None)
    notes = [*([mine.notice] if mine.notice else []), *([] if attainable else [NOT_ATTAINABLE]),
             *_same_beginning(mine.resolved)]
    return Likeness(run.id, measured(models, mine.bench, mine.parts, mine.resolved), tuple(notes))


def _same_beginning(resolved: Resolved) -> list[str]:
    """What a retrained model that began from the Original's first weights does to a likeness of features."""
    seed = reference_of(resolved).training_seed
    if seed != resolved.spec.original_seed or resolved.spec.original or resolved.model.pretrained:
        return []
    return [f"The retrained model began from the first weights of the Original (both have seed {seed}), so its "
            "features are nearer to this model's than another's are: read unlearned against retrained again."]


def at_hand(mine: RunWeights, run: Run, store: Store, checkpoints: Checkpoints, attainable: bool,
            report: Report) -> Models:
    """The run's model with its retrained one and, with ``attainable``, another one that is trained by the next seed.

    Retrained models whose runs kept their weights are not trained again.
    """
    def made(what: Resolved, title: str) -> nn.Module:
        return unlearn(mine.bench, what, mine.parts,
                       lambda model, step, seconds: report(title, step.step / step.total_steps)).model

    recipe = reference_of(mine.resolved)
    retrained = _weights(kept_retrained(run, store), store, checkpoints) or made(recipe, "Retraining")
    if not attainable:
        return Models(mine.bench.network, mine.network, retrained)
    again = _weights(kept_again(run, store), store, checkpoints)
    return Models(mine.bench.network, mine.network, retrained,
                  again or made(with_next_seed(recipe), "Retraining with another seed"))


def _weights(run_id: str | None, store: Store, checkpoints: Checkpoints) -> nn.Module | None:
    """The model of a run that kept its weights; None for no run."""
    return None if run_id is None else weights_of(store.get(run_id), store, checkpoints).network


def measured(models: Models, bench: Bench, parts: Split, resolved: Resolved) -> dict[str, OnSet]:
    """Every measure on every set, of models that are at hand."""
    data, seed = bench.data, resolved.spec.seeds.evaluation
    found = {}
    for name, index in parts.items():
        if name in SETS and len(index):
            said: Mapping[str, Outputs] = {model: outputs(network, data, name, index, seed)
                                           for model, network in models.named.items()}
            found[name] = compared(said, labels(data, name, index), data.classes)
    return found
