"""How an Original is trained on data that nobody has tuned, by model and size; and what that changes for methods.

Recipes follow those of the data sets that ship, with more passes where there are few samples: an Original has to know
its training set well, or there is nothing to forget.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.errors import BadSource
from engine.kind import kind_of
from engine.own.kind import own_kind_of
from engine.own.sizes import SMALL
from engine.registry import all_of, find, names, table, why_not
from engine.system.words import unknown
from engine.types import Model, Recipe

FEW_AT_ONCE = 32  # samples a batch of a method on so few


def fitting(kind: str, input_size: int) -> tuple[Model, ...]:
    """The models that read such data."""
    return tuple(model for model in all_of("model") if model.kind == kind and kind_of(model).fits(model, input_size))


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
    asked, read = kind_of(kind), kind_of(known)
    said = (f"reads {read.plural}" if read != asked else
            f"needs {known.min_input_size} {read.unit}" + (f": choose --size {known.min_input_size}"
                                                           if own_kind_of(read.name).sized else ""))
    raise BadSource(f"--model: {name} {said}, and these are {asked.plural} of {input_size}; it could be "
                    f"{', '.join(models)}.")


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
