"""Stored specs in words: their class, their model where it is unusual, and the whole as the command line writes it."""

from __future__ import annotations

from typing import Any

from engine.registry import by_class, find, target
from engine.system.words import spaced
from engine.types import Dataset, Spec


def class_name(dataset: str, number: Any) -> str:
    """A class by its number in a stored spec: its name, or the number where the data set is gone or has no such."""
    return ", ".join(class_names(dataset, number))


def class_names(dataset: str, numbers: Any) -> list[str]:
    """One class or several by their numbers, as above."""
    record = find("dataset", dataset)
    classes = record.classes if record else ()
    return [classes[number] if isinstance(number, int) and 0 <= number < len(classes) else str(number)
            for number in (numbers if isinstance(numbers, tuple) else (numbers,))]


def classes_of(spec: Spec) -> str:
    """``class dog``, ``classes cat, dog``: the forgotten ones of a stored spec."""
    known = class_names(spec.dataset, spec.forget_class)
    return f"{'classes' if len(known) > 1 else 'class'} {', '.join(known)}"


def class_range(dataset: Dataset) -> str:
    """``classes 0 to 9 (airplane to truck)``; names that are the numbers themselves are not named twice."""
    first, last = dataset.classes[0], dataset.classes[-1]
    told = f"classes 0 to {len(dataset.classes) - 1}"
    return told if (first, last) == ("0", str(len(dataset.classes) - 1)) else f"{told} ({first} to {last})"


def unusual_model(spec: Spec) -> str | None:
    """The model of a stored spec where it is not the default of its data set; None also where that is gone."""
    model, record = spec.model, find("dataset", spec.dataset)
    return None if record is None or model == record.default_model else model


def selection_name(spec: Spec) -> str:
    """The scenario's own parameters that are not the usual ones: ``share 0.3, stratum high``; empty without any."""
    return ", ".join(f"{spaced(name)} {value}" for name, value in spec.selection.items())


def in_brackets(*parts: str) -> str:
    """``15% (the newest samples, stratum high)``: the first part that is not empty, then the others."""
    first, *others = [part for part in parts if part] or [""]
    return f"{first} ({', '.join(others)})" if others else first


def asked(spec: Spec) -> list[str]:
    """A stored spec as the command line writes it: method, data, ``f=0.15`` or ``class=dog``, and what is not usual."""
    model = [f"model={name}"] if (name := unusual_model(spec)) else []
    usual = by_class(spec.scenario) or spec.scenario == Spec().scenario
    forgotten = [] if target(spec.scenario) == "selection" else [
        f"f={spec.forget_fraction}" if spec.forget_class is None else
        f"class={','.join(class_names(spec.dataset, spec.forget_class))}"]
    forgotten += [] if usual else [f"scenario={spec.scenario}"]
    forgotten += [f"{name}={value}" for name, value in spec.selection.items()]
    seeds = [f"original_seed={spec.original_seed}"] if spec.original_seed else []
    seeds += [f"original={spec.original}"] if spec.original else []
    seeds += [f"request {len(spec.earlier) + 1}"] if spec.start else []
    seeds += [f"{name}={value}" for name, value in spec.named_seeds.items()]
    profile = [] if spec.profile == "corrected" else [f"profile={spec.profile}"]
    return [f"{spec.method:<15} {spec.dataset:<10} {' '.join(forgotten)}", f"seed={spec.seed}", *seeds, *model,
            *profile, *(f"{name}={value}" for name, value in {**spec.options, **spec.parameters}.items())]
