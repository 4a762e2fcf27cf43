"""A data set with its Original, as a notebook works with it: split, unlearn, evaluate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from torch import nn

from engine.attacks._shuffles import shuffled_by
from engine.data.splits import split as split_of
from engine.errors import BadInput
from engine.originals.own_workbench import OwnBench
from engine.originals.workbench import Bench
from engine.registry import all_of
from engine.results import Parts, Result, digest_of
from engine.runs.method import Unlearned, unlearn
from engine.runs.readings import metrics_of, original_readings, read_sets, samples_frame
from engine.runs.samples import with_places
from engine.spec import resolve
from engine.system.device import prepare
from engine.types import Progress, Spec


class Lab:
    """One data set with one Original, from :func:`engine.load`.

    Both are this lab's own: weights and labels that are changed in place are used from then on.

    Attributes
    ----------
    original : nn.Module
        The Original's network in evaluation mode.
    data : Data
        The data as tensors on the device.
    notice : str or None
        Why results here are not those of the Original on its own data.

    Examples
    --------
    >>> import engine
    >>> lab = engine.load("digits")
    >>> len(lab.data.train), lab.original.training
    (1000, False)
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
              forget_class: str | int | None = None, scenario: str | None = None,
              forget_seed: int | None = None, **selection: Any) -> Parts:
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
        forget_seed : int, optional
            The seed of the choice alone; by default it is ``seed``.
        **selection
            The scenario's own parameters, where they differ from the defaults.

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
                               scenario=scenario, forget_class=forget_class, forget_seed=forget_seed,
                               selection=selection)).spec
        sets = split_of(self._own.data, spec)
        return Parts(spec, sets, digest_of(sets))

    def unlearn(self, parts: Parts, method: str = Spec().method, on_progress: Any = None,
                unlearning_seed: int | None = None, **parameters: Any) -> Result:
        """Runs a method on a copy of the Original as it is now.

        Parameters
        ----------
        parts : Parts
            The split, from :meth:`split`.
        method : str
            The method's name or alias.
        on_progress : callable, optional
            It is called with every :class:`engine.types.Progress`.
        unlearning_seed : int, optional
            The seed of the method alone; by default it is that of the split's spec.
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
        bench = self._checked(parts)
        seed = parts.spec.unlearning_seed if unlearning_seed is None else unlearning_seed
        resolved = resolve(replace(parts.spec, method=method, parameters=parameters, unlearning_seed=seed),
                           parts.sets.sizes)

        def on_step(model: nn.Module, progress: Progress, seconds: float) -> None:
            if on_progress is not None:
                on_progress(progress)

        identity, changes = self._own.identity(resolved), tuple(self._own.changes())
        prepare(bench.device, resolved.dataset.threads)
        done: Unlearned = unlearn(bench, resolved, parts.sets, on_step)
        return Result(done.model, resolved, parts, done.seconds, done.steps, done.samples, identity, changes)

    def evaluate(self, result: Result | Parts, evaluation_seed: int | None = None) -> dict[str, Any]:
        """Every metric that needs no retrained model, of an unlearned model or, given a split, of the Original.

        Parameters
        ----------
        result : Result or Parts
            What to measure: an unlearned model, or the Original on a split.
        evaluation_seed : int, optional
            The seed of the attacks' shuffles; by default they are the published ones.

        Returns
        -------
        dict
            The metrics by name (:mod:`engine.evaluation.metrics`); accuracies are in percent. ``notes`` are sentences.

        Examples
        --------
        >>> import engine
        >>> lab = engine.load("digits")
        >>> 0 <= lab.evaluate(lab.split())["forget_accuracy"] <= 100
        True
        """
        with shuffled_by(evaluation_seed):
            return self._measured(result)

    def samples(self, result: Result) -> Any:
        """A table with a row a sample of every set, in the order of the sets.

        Parameters
        ----------
        result : Result
            An unlearned model, from :meth:`unlearn`.

        Returns
        -------
        pandas.DataFrame
            ``set``, ``sample`` (its number in the training set or among the held-out samples), ``loss`` and ``entropy``
            in nats, ``correct``, ``predicted``, ``phi``, and ``place``: the file and row that it came from, empty where
            that is not known.

        Examples
        --------
        >>> import engine
        >>> lab = engine.load("digits")
        >>> table = lab.samples(lab.unlearn(lab.split(), "finetune", retain_epochs=1))
        >>> len(table[table["set"] == "forget"])
        150
        """
        bench = self._checked(result.parts)
        _, sets = read_sets(result.model, bench, result.parts.sets, result.resolved)
        return with_places(samples_frame(sets), bench.data)

    def _checked(self, parts: Parts) -> Bench:
        """The bench as it is now. Raises BadInput where the parts are none, or not those that their spec makes."""
        if not isinstance(parts, Parts):
            raise BadInput(f"A {type(parts).__name__} was given where a split is needed: pass what lab.split(...) "
                           "returned. To forget more from where a run ended, continue it with run --from.")
        if parts.made != digest_of(parts.sets):
            raise BadInput("These index sets are not those that their spec makes, so results would carry another "
                           "split's name: name samples of your own with lab.split(scenario='listed', "
                           "list=engine.sample_lists.keep([3, 17, 256])).")
        return self._own.current()

    def _measured(self, result: Result | Parts) -> dict[str, Any]:
        bench = self._checked(result if isinstance(result, Parts) else result.parts)
        if isinstance(result, Parts):
            resolved = resolve(result.spec, result.sets.sizes)
            readings = original_readings(bench, result.sets, resolved)
            return _noted(metrics_of(bench.network, bench, result.sets, resolved, readings), self._own.changes())
        readings, _ = read_sets(result.model, bench, result.parts.sets, result.resolved)
        metrics = metrics_of(result.model, bench, result.parts.sets, result.resolved, readings)
        return _noted(metrics, dict.fromkeys([*result.changes, *self._own.changed_data()]))


def _noted(metrics: dict[str, Any], changes: Iterable[str]) -> dict[str, Any]:
    return metrics | {"notes": [*metrics["notes"], *changes]}
