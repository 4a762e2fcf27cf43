"""How an Original is trained on data that nobody has tuned, by model and size; and what that changes for methods.

Recipes follow those of the data sets that ship, with more passes where there are few samples: an Original has to know
its training set well, or there is nothing to forget.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.errors import BadSource
from engine.registry import all_of, find, names, table, why_not
from engine.system.words import unknown
from engine.types import Model, Recipe

SMALL = 5_000  # training samples up to which batches are small
LARGE_PICTURES = 32  # pixels a side from which ResNet18 is worth its time with many samples
FEW_AT_ONCE = 32  # samples a batch of a method on so few


def usual_model(kind: str, input_size: int, train: int) -> str:
    """The model that is proposed: the smallest that learns such data."""
    if kind == "text":
        return "text_cnn"
    return "resnet18" if input_size >= LARGE_PICTURES and train > SMALL else "small_cnn"


def fitting(kind: str, input_size: int) -> tuple[Model, ...]:
    """The models that read such data."""
    return tuple(model for model in all_of("model") if model.kind == kind and model.min_input_size <= input_size)


def checked_model(kind: str, input_size: int, name: str) -> Model:
    """The model of that name. Raises BadSource where there is none, or where it does not read such data."""
    models = {model.name: model for model in fitting(kind, input_size)}
    if name in models:
        return models[name]
    known = find("model", name)
    if known is None and (why := why_not("model", name)):
        raise BadSource(f"--model: {why}")
    if known is None:
        raise BadSource(f"--model: {unknown('model', name, tuple(models) or names('model'))}")
    said = (f"reads {known.kind}s" if known.kind != kind else
            f"needs {known.min_input_size} pixels a side: choose --size {known.min_input_size}")
    raise BadSource(f"--model: {name} {said}, and these are {kind}s of {input_size}; it could be "
                    f"{', '.join(models)}.")


def usual_recipe(kind: str, input_size: int, train: int, model: Model | None = None, augment: bool = True) -> Recipe:
    """The recipe for a model; without one, for any other than the proposed."""
    if kind == "text" and (model is None or model.pretrained):
        return Recipe("adamw", learning_rate=5e-5, weight_decay=0.01, batch_size=32 if train < SMALL else 128,
                      epochs=10, final_lr_fraction=0.1)
    if kind == "text":
        return Recipe("adamw", learning_rate=2e-3, weight_decay=0.01, batch_size=32 if train < SMALL else 128,
                      epochs=_epochs(train, 8, 30, 40_000), final_lr_fraction=0.1)
    if model is not None and model.recipes:  # its own, such as a transformer's, on the data set that ships
        return replace(next(iter(model.recipes.values())), batch_size=256 if train > SMALL else 64, augment=augment,
                       epochs=_epochs(train, 50, 60, 200_000))
    small = model is not None and model.name == "small_cnn"
    return Recipe("sgd", learning_rate=0.1 if train > SMALL and not small else 0.05, momentum=0.9, weight_decay=5e-4,
                  batch_size=256 if train > SMALL else 64, epochs=_epochs(train, 20 if small else 50, 60, 200_000),
                  final_lr_fraction=0.001, augment=augment and not small)


def usual_settings(model: Model, train: int) -> dict[str, dict[str, Any]]:
    """The defaults of methods that the data set that ships with the same usual model declares, in small batches."""
    like = next((record for record in table("dataset").values() if record.default_model == model.name), None)
    found = {method.name: dict(model.settings_for(like, method)) for method in all_of("method")} if like else {}
    if like and train <= SMALL < like.train_size:
        for values in found.values():
            values |= {name: min(value, FEW_AT_ONCE) for name, value in values.items() if name.endswith("batch_size")}
    return {method: values for method, values in found.items() if values}


def with_epochs(recipe: Recipe, epochs: int | None) -> Recipe:
    if epochs is not None and not 1 <= epochs <= 1_000:
        raise BadSource(f"--epochs is {epochs}, but must be a whole number from 1 to 1,000.")
    return recipe if epochs is None else replace(recipe, epochs=epochs)


def _epochs(train: int, fewest: int, most: int, samples: int) -> int:
    """So many passes that about ``samples`` samples are seen, within bounds."""
    return max(fewest, min(most, samples // max(train, 1)))
