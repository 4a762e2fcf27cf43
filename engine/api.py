"""The engine from a notebook: load, split, unlearn, evaluate, save.

>>> import engine
>>> lab = engine.load("digits")                      # data and Original; trains it where there is none
>>> parts = lab.split(forget_fraction=0.15, seed=0)  # which samples to forget, keep, validate and test on
>>> result = lab.unlearn(parts, "nabla_tau", alpha=0.25)
>>> lab.evaluate(result)["mia_loss"]                 # 50 is a coin toss
>>> result.save("unlearned.safetensors")

Nothing is written to the run store; ``engine.runs.queue`` and ``python -m engine run`` do that.

A lab's network and data are its own copies. Load other weights into ``lab.original`` or change labels in ``lab.data``,
and all that follows is about those; ``lab.notice`` and the notes of an evaluation say so. Another ``engine.load`` gives
the Original and the data untouched.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from engine.data.splits import Split
from engine.data.splits import split as split_of
from engine.errors import OriginalMissing
from engine.evaluation.measure import measure
from engine.naming import class_name
from engine.originals.checkpoints import open_checkpoints
from engine.originals.own_workbench import OwnBench
from engine.originals.workbench import Bench, prepare_bench
from engine.registry import all_of
from engine.runs.estimates import missing_original
from engine.runs.method import Unlearned, unlearn
from engine.runs.readings import original_readings, read_sets
from engine.spec import Resolved, resolve
from engine.system.device import default_device, prepare
from engine.system.files import write_whole
from engine.types import Progress, Spec


@dataclass(frozen=True)
class Parts:
    """The index sets of one split, and the spec that made them."""

    spec: Spec
    sets: Split

    def __repr__(self) -> str:
        sizes, spec = self.sets.sizes, self.spec
        shown = {"forget": sizes.forget, "retain": sizes.retain, "validation": sizes.validation, "test": sizes.test}
        shown |= {"unseen": sizes.unseen} if sizes.unseen is not None else {}
        counted = ", ".join(f"{count:,} {name}" for name, count in shown.items())
        return f"Parts({spec.dataset}, {_forgotten(spec)}, seed {spec.seed}: {counted} samples)"


@dataclass(frozen=True)
class Result:
    """An unlearned network and its cost: ``seconds`` of the method alone, optimiser ``steps``, ``samples`` seen.

    ``identity`` is the hash of everything that changes the result, the same as that of the run with this spec;
    ``changes`` are sentences about weights or data that were changed after loading, which such a run does not have.
    """

    model: nn.Module
    resolved: Resolved
    parts: Parts
    seconds: float
    steps: int
    samples: int
    identity: str = ""
    changes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        spec = self.resolved.spec
        return (f"Result({spec.method} on {spec.dataset}, {_forgotten(spec)} ({self.resolved.sizes.forget:,} samples), "
                f"seed {spec.seed}: {self.steps:,} steps, {self.samples:,} samples, {self.seconds:.2f} s)")

    def save(self, path: str | Path) -> Path:
        """Writes the unlearned weights as safetensors (float32), whole or not at all.

        Parameters
        ----------
        path : str or Path
            The file to write.

        Returns
        -------
        Path
            That file.
        """
        from safetensors.torch import save_file

        tensors = {name: value.detach().cpu().contiguous() for name, value in self.model.state_dict().items()}
        path = Path(path)
        write_whole(path, lambda temporary: save_file(tensors, temporary))
        return path


class Lab:
    """One data set with one Original. ``original`` is its network in evaluation mode; ``data`` its tensors.

    Both are this lab's own: weights and labels that are changed in place are used from then on.
    """

    def __init__(self, base: Spec, bench: Bench):
        self._base, self._own = base, OwnBench(bench)

    @property
    def original(self) -> nn.Module:
        return self._own.network

    @property
    def data(self) -> Any:
        return self._own.data

    @property
    def notice(self) -> str | None:
        """Why results here are not those of the Original on its own data, in sentences; None where they are."""
        notice = self._own.current().notice
        return " ".join([*([notice] if notice else []), *self._own.changes()]) or None

    def split(self, forget_fraction: float = 0.15, seed: int = 0, profile: str = "corrected",
              forget_class: str | int | None = None, scenario: str | None = None) -> Parts:
        """Chooses the forget set as a scenario does, and halves the held-out samples.

        Parameters
        ----------
        forget_fraction : float
            The fraction of the training set to forget, in (0, 0.6].
        seed : int
            The seed of the choice and of the run.
        profile : str
            ``corrected`` or ``paper``.
        forget_class : str or int, optional
            The class to forget, by name or number.
        scenario : str, optional
            Without one it is a random subset, or with a ``forget_class`` that class.

        Returns
        -------
        Parts
            The index sets, and the spec that made them.

        Raises
        ------
        BadSpec
            With every problem.

        Examples
        --------
        >>> import engine
        >>> sizes = engine.load("digits").split(forget_fraction=0.15).sets.sizes
        >>> sizes.forget + sizes.retain == sizes.train
        True
        """
        by_class = forget_class is not None
        scenario = scenario or next(one.name for one in all_of("scenario") if one.by_class is by_class)
        spec = resolve(replace(self._base, forget_fraction=forget_fraction, seed=seed, profile=profile,
                               scenario=scenario, forget_class=forget_class)).spec
        return Parts(spec, split_of(self._own.data, spec))

    def unlearn(self, parts: Parts, method: str = Spec().method, on_progress: Any = None, **parameters: Any) -> Result:
        """Runs a method on a copy of the Original as it is now.

        Parameters
        ----------
        parts : Parts
            The split, from :meth:`split`.
        method : str
            The method's name or alias.
        on_progress : callable, optional
            It is called with every :class:`engine.types.Progress`.
        **parameters
            The method's hyperparameters, where they differ from the defaults.

        Returns
        -------
        Result
            The unlearned network and its cost.

        Raises
        ------
        BadSpec
            With every problem.
        Diverged
            Where a loss became infinite or not a number.

        Examples
        --------
        >>> import engine
        >>> lab = engine.load("digits")
        >>> result = lab.unlearn(lab.split(), "finetune", retain_epochs=1)
        >>> result.steps > 0
        True
        """
        resolved = resolve(replace(parts.spec, method=method, parameters=parameters), parts.sets.sizes)

        def on_step(model: nn.Module, progress: Progress, seconds: float) -> None:
            if on_progress is not None:
                on_progress(progress)

        bench = self._own.current()
        identity, changes = self._own.identity(resolved), tuple(self._own.changes())
        prepare(bench.device, resolved.dataset.threads)
        done: Unlearned = unlearn(bench, resolved, parts.sets, on_step)
        return Result(done.model, resolved, parts, done.seconds, done.steps, done.samples, identity, changes)

    def evaluate(self, result: Result | Parts) -> dict[str, Any]:
        """Every metric that needs no retrained model, of an unlearned model or, given a split, of the Original.

        Parameters
        ----------
        result : Result or Parts
            What to measure: an unlearned model, or the Original on a split.

        Returns
        -------
        dict
            The metrics by name (:mod:`engine.evaluation.metrics`); accuracies are in percent. ``notes`` are sentences.

        Examples
        --------
        >>> lab = load("digits")
        >>> 0 <= lab.evaluate(lab.split())["forget_accuracy"] <= 100
        True
        """
        bench = self._own.current()
        if isinstance(result, Parts):
            readings = original_readings(bench, result.sets, resolve(result.spec, result.sets.sizes))
            return _noted(measure(readings), self._own.changes())
        readings, _ = read_sets(result.model, bench, result.parts.sets, result.resolved)
        return _noted(measure(readings), dict.fromkeys([*result.changes, *self._own.changed_data()]))


def _noted(metrics: dict[str, Any], changes: Iterable[str]) -> dict[str, Any]:
    return metrics | {"notes": [*metrics["notes"], *changes]}


def _forgotten(spec: Spec) -> str:
    """``forget 15%`` or ``forget class dog``."""
    if spec.forget_class is None:
        return f"forget {100 * spec.fraction:.4g}%"
    return f"forget class {class_name(spec.dataset, spec.forget_class)}"


def load(dataset: str = "digits", model: str | None = None, *, original_seed: int = 0, train_original: bool = True,
         device: str | None = None, **options: Any) -> Lab:
    """Loads a data set and its Original.

    Parameters
    ----------
    dataset : str
        The data set's name or alias.
    model : str, optional
        The model's name, by default that of the data set.
    original_seed : int
        The seed that the Original is trained with.
    train_original : bool
        Whether the Original is trained where there is none.
    device : str, optional
        A torch device such as ``cpu``, by default the one found on this machine.
    **options
        The data set's options (``label_noise=0.0``).

    Returns
    -------
    Lab
        The data and the Original, as copies of its own.

    Raises
    ------
    BadSpec
        With every problem.
    DataMissing
        Where the data are neither on this machine nor reachable.
    BadCheckpoint
        Where the Original's file is damaged or belongs to something else.
    OriginalMissing
        Where there is no Original, with ``train_original=False``.

    Examples
    --------
    >>> import engine
    >>> engine.load("digits", train_original=False).original.training
    False
    """
    base = Spec(dataset=dataset, model=model, original_seed=original_seed, options=options)
    resolved = resolve(base)
    where = torch.device(device) if device else default_device()
    checkpoints = open_checkpoints()
    try:
        return Lab(resolved.spec, prepare_bench(resolved, checkpoints, where, train_original))
    except OriginalMissing as error:
        error.add_note(missing_original(error, checkpoints))
        raise
