"""The Playground: forgetting chosen points of the plane, as frames of a moving decision field.

Data, network, methods and attack are the lab's own; nothing is written to the store. Everything is on the CPU and in
one thread: a net this small answers sooner there than on a GPU.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from engine.checks import LARGEST, number
from engine.data.points import PointData
from engine.data.splits import Split, split_off
from engine.errors import BadSpec, Diverged, LabError, Problem
from engine.originals.checkpoints import open_checkpoints, original_key
from engine.originals.pretrain import load_original
from engine.registry import get, reference, unknown
from engine.spec import Resolved, resolve
from engine.studies.playable import NOISE, playable
from engine.studies.playground_film import SIDE, Film, Ground, Shot, Take, film_of, look
from engine.system.device import prepare
from engine.system.recent import Recent
from engine.training.loop import Task, train
from engine.training.networks import build_network
from engine.types import Spec

__all__ = ["SIDE", "Asked", "Film", "Ground", "check", "ground", "play", "retrained"]
CPU = torch.device("cpu")
FRAMES = 40  # beside the Original, at most
BRAKED, UNBRAKED = Spec().method, "neggrad_plus"  # ∇τ, and the same two forces without its target
LEARNING_RATE = 4e-3  # of NegGrad+: enough to overshoot while one watches
BRAKES = (0.1, 4.0)  # the target as a multiple of the validation loss


@dataclass(frozen=True)
class Asked:
    """What to forget and how: numbers of training points, alpha, and how far the forget loss may rise.

    ``brake`` is the target as a multiple of the validation loss; 1 is ∇τ itself. None takes the brake off: that is
    NegGrad+, the same two forces without a target. ``arrows`` adds what each term does to the boundary.
    """

    dataset: str = "moons"
    label_noise: float = 0.1
    forget: tuple[int, ...] = ()
    alpha: float = 0.5
    brake: float | None = 1.0
    arrows: bool = False

    @property
    def spec(self) -> Spec:
        """The run that it comes to, but for the brake and for who is forgotten."""
        base = Spec(self.dataset, options={NOISE: self.label_noise}, scenario="random",
                    forget_fraction=max(1, len(self.forget)) / get("dataset", self.dataset).train_size)
        if self.brake is None:
            weight = {"beta": round(1 - self.alpha, 6), "learning_rate": LEARNING_RATE}
            return replace(base, method=UNBRAKED, parameters=weight)
        return replace(base, method=BRAKED, parameters={"alpha": self.alpha})


_grounds: Recent[Ground] = Recent(8)
_references: Recent[Film] = Recent(64)
_takes: Recent[Take] = Recent(8)


def check(asked: Asked) -> Asked:
    """The question with its numbers in their own type. Raises BadSpec with every problem."""
    problems: list[Problem] = []
    offered = playable()
    if asked.dataset not in offered:
        raise BadSpec([Problem("dataset", unknown("data set of points", asked.dataset, offered))])
    values: dict[str, Any] = {}
    for name, low, high in (("alpha", 0.0, 1.0), ("brake", *BRAKES)):
        try:
            given = getattr(asked, name)
            values[name] = None if name == "brake" and given is None else number(name, given, "float", low, high)
        except BadSpec as error:
            problems += error.problems
    size = get("dataset", asked.dataset).train_size
    problems += _unfit(asked.forget, size)
    if problems:
        raise BadSpec(problems)
    asked = replace(asked, forget=tuple(sorted({int(one) for one in asked.forget})), **values)
    resolve(asked.spec)
    return asked


def _unfit(forget: tuple[int, ...], size: int) -> Iterator[Problem]:
    strange = [one for one in forget if not isinstance(one, int) or isinstance(one, bool) or not 0 <= one < size]
    if strange:
        yield Problem.about("forget", f"names the point {strange[0]!r}, but points are numbered 0 to {size - 1}.")
    elif len(set(forget)) > (most := round(LARGEST * size)):
        yield Problem.about("forget", f"names {len(set(forget))} points, but at most {most} of {size} can be "
                            "forgotten at once.")


def ground(asked: Asked) -> Ground:
    """Data and Original of a question, kept; trains the Original (in a quarter of a second) where none ships."""
    resolved = resolve(asked.spec)
    key = (asked.dataset, asked.label_noise, tuple(sorted(resolved.code.items())))
    return _grounds.get(key, lambda: _ground(resolved))


def _ground(resolved: Resolved) -> Ground:
    prepare(CPU, resolved.dataset.threads)
    data: PointData = resolved.dataset.load(resolved.options)
    return Ground.of(data, _original(resolved, data))


def _original(resolved: Resolved, data: PointData) -> nn.Module:
    key, checkpoints = original_key(resolved), open_checkpoints()
    found = checkpoints.find(key, data.fingerprint)
    if found and found.fingerprint == data.fingerprint:
        return load_original(found, checkpoints, data)
    model = build_network(resolved.model, len(data.classes), data.inputs, key.seed, CPU)
    for _ in train(model, data, torch.arange(len(data.train)), key.recipe, key.seed):
        pass
    return model


# --- plays ----------------------------------------------------------------------------------


@dataclass
class BrakedTask(Task):
    """A task whose validation loss, which ∇τ takes for its target, is held at a multiple of itself."""

    brake: float = 1.0

    def validation_loss(self) -> float:
        return self.brake * super().validation_loss()


def play(asked: Asked, whole: bool = True) -> Film:
    """The Original forgets: a frame of every few steps, or without ``whole`` the first and the last frame alone.

    What was played last is kept: asking for the rest draws it, but plays nothing again. Raises BadSpec where the
    question makes no sense.
    """
    asked = check(asked)
    at = ground(asked)
    code = tuple(sorted(resolve(asked.spec).code.items()))
    take = _takes.get((replace(asked, arrows=False), code), lambda: _take(at, asked))
    return take.film(asked.arrows, whole)


def _take(at: Ground, asked: Asked) -> Take:
    if not asked.forget:
        return Take(at, None, (Shot.of(0, at.original, {}),), 0)
    parts, resolved = _setting(at, asked.spec, asked.forget)
    task, total, stopped = _task(at, parts, resolved, asked.brake or 1.0), resolved.plan.steps, ""
    wanted = {round(total * frame / FRAMES) for frame in range(1, FRAMES + 1)}
    begun: dict[str, float] = {}  # the first step's terms are those at the Original
    shots = []
    try:
        for progress in resolved.method.unlearn(task, resolved.parameters):
            begun = begun or _plain(progress.terms)
            if progress.step in wanted:
                shots.append(Shot.of(progress.step, task.model, _plain(progress.terms)))
    except Diverged as error:
        stopped = _broke(error, asked)
    shots.insert(0, Shot.of(0, at.original, begun))
    return Take(at, task, tuple(shots), total, resolved.effective.get("beta"), stopped)


def _broke(error: Diverged, asked: Asked) -> str:
    """What became of the model, and what helps here, where nobody sets a learning rate."""
    return f"{str(error).partition(':')[0]}: {'put the brake back on, or ' if asked.brake is None else ''}lower alpha."


def retrained(asked: Asked) -> Film:
    """The reference as a film of one frame: the recipe from scratch without these points; kept a while."""
    asked = check(asked)
    at = ground(asked)
    if not asked.forget:
        raise LabError("There is nothing to retrain: no point is to be forgotten.")
    resolved = resolve(asked.spec)
    key = (asked.dataset, asked.label_noise, tuple(sorted(resolved.code.items())), asked.forget)
    return _references.get(key, lambda: _retrained(at, asked))


def _retrained(at: Ground, asked: Asked) -> Film:
    parts, resolved = _setting(at, replace(asked.spec, method=reference().name, parameters={}), asked.forget)
    task = _task(at, parts, resolved)
    for _ in resolved.method.unlearn(task, resolved.parameters):
        pass
    looks = [look(at, dict(task.model.state_dict()))]
    return film_of(at, task, looks, (resolved.plan.steps,), resolved.plan.steps)


def _setting(at: Ground, spec: Spec, forget: tuple[int, ...]) -> tuple[Split, Resolved]:
    parts = split_off(at.data, torch.tensor(forget), spec)
    resolved = resolve(spec, parts.sizes)
    prepare(CPU, resolved.dataset.threads)
    return parts, resolved if spec.method != UNBRAKED else _as_long(spec, resolved, parts)


def _as_long(spec: Spec, resolved: Resolved, parts: Split) -> Resolved:
    """NegGrad+ for about as many steps as ∇τ would take with these points."""
    braked = resolve(replace(spec, method=BRAKED, parameters={"alpha": 0.5}), parts.sizes)
    each = resolved.plan.steps / resolved.effective["epochs"]
    epochs = max(1, round(braked.plan.steps / each))
    return resolve(replace(spec, parameters={**spec.parameters, "epochs": epochs}), parts.sizes)


def _task(at: Ground, parts: Split, resolved: Resolved, brake: float = 1.0) -> BrakedTask:
    data, seed = at.data, resolved.spec.seed
    return BrakedTask(
        model=copy.deepcopy(at.original), data=data, split=parts, recipe=resolved.recipe, seed=seed, device=CPU,
        fresh=lambda: build_network(resolved.model, len(data.classes), data.inputs, seed, CPU), brake=brake)


def _plain(terms: dict[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in terms.items()}
