"""What the data sets of points share: sizes, wrong labels, the recipe and the methods' settings.

Points and noise never vary, so that the Original that ships is one of the very points on screen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.types import Dataset, Option, Recipe

TRAIN_SIZE, HELDOUT_SIZE = 200, 600
_FIXED_SEED = 0
_NOISE = 0.1  # by default
Draw = Callable[[int, int], tuple[Any, Any]]

# Small sets need small batches and many passes. ∇τ was set by eye on the page Playground; the others have its batches
# and budget and otherwise their own defaults.
_BATCHES = {"batch_size": 64}
_PASSES = {**_BATCHES, "retain_epochs": 40}
_UNLEARNING: dict[str, dict[str, Any]] = {
    "nabla_tau": {**_PASSES, "learning_rate": 6e-4},
    "finetune": {**_PASSES, "learning_rate": 6e-4},
    **dict.fromkeys(("amnesiac", "bad_teacher", "gradient_ascent", "l1_sparse", "neggrad_plus", "not_first",
                     "random_label", "salun"), _BATCHES),
}


def declared(name: str, title: str, classes: tuple[str, ...], load: Callable[..., Any], summary: str,
             source: str) -> Dataset:
    """The record of a data set of points."""
    return Dataset(
        name=name, title=title, kind="points", classes=classes, train_size=TRAIN_SIZE, heldout_size=HELDOUT_SIZE,
        input_size=2, default_model="mlp",
        recipe=Recipe(optimiser="adamw", learning_rate=0.01, weight_decay=0.5, batch_size=256, epochs=600,
                      final_lr_fraction=0.01),
        load=load, available=lambda: "embedded", summary=summary, source=source,
        options=(Option("label_noise", _NOISE, (_NOISE, 0.0, 0.2),
                        "Fraction of all labels that are wrong on purpose. Without noise there is little to forget."),),
        manipulated=round(_NOISE * TRAIN_SIZE),
        variant=lambda dataset, options: replace(dataset, manipulated=round(options["label_noise"] * TRAIN_SIZE)),
        unlearning=_UNLEARNING, threads=1,
        note="10% of the labels are wrong on purpose: a model can only repeat those by memorising them, and "
             "memorisation is what unlearning has to undo.",
        tuning="The settings of ∇τ were chosen by eye on the Playground; the other methods have its batch size and "
               "otherwise their defaults, so a comparison here shows how they work, not which is best.")


def loaded(name: str, classes: tuple[str, ...], draw: Draw, options: dict[str, Any], origin: str) -> Any:
    """Training and held-out points with labels of which a fraction is wrong, as PointData."""
    from engine.data.points import PointData

    pools = [_pool(draw, count, seed, len(classes), float(options["label_noise"]))
             for seed, count in enumerate((TRAIN_SIZE, HELDOUT_SIZE))]
    return PointData(name=name, classes=classes, train=pools[0], heldout=pools[1], mean=(0.0, 0.0), std=(0.25, 0.25),
                     origin=origin, options=dict(options))


def _pool(draw: Draw, count: int, seed: int, classes: int, rate: float) -> Any:
    """``count`` points; to three decimals, so that every machine has the same ones."""
    import torch

    from engine.data.points import REACH, PointPool

    points, labels = draw(count, seed)
    clean = torch.from_numpy(labels).long()
    where = torch.from_numpy(points.round(3).clip(-REACH, REACH)).float()
    return PointPool(where, mislabelled(clean, classes, rate, seed), clean)


def mislabelled(labels: Any, classes: int, rate: float, seed: int) -> Any:
    """A copy of the labels in which the fraction ``rate`` is another class, drawn uniformly."""
    import torch

    from engine.system.rng import generator, permutation

    chosen = permutation(len(labels), _FIXED_SEED, f"points/noise/{seed}")[:round(rate * len(labels))]
    shift = torch.randint(1, classes, (len(chosen),), generator=generator(_FIXED_SEED, f"points/labels/{seed}"))
    labels = labels.clone()
    labels[chosen] = (labels[chosen] + shift) % classes
    return labels
