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

from typing import Any

from engine.errors import OriginalMissing
from engine.lab import Lab as Lab
from engine.originals.checkpoints import open_checkpoints
from engine.originals.workbench import prepare_bench
from engine.results import Parts as Parts
from engine.results import Result as Result
from engine.runs import library
from engine.runs.estimates import missing_original
from engine.runs.store import open_store
from engine.runs.weights import RunWeights as RunWeights
from engine.runs.weights import weights_of as weights_of_run
from engine.spec import resolve
from engine.system.device import default_device, named_device
from engine.types import Spec


def load(dataset: str = "digits", model: str | None = None, *, original_seed: int = 0, original: str | None = None,
         train_original: bool = True, device: str | None = None, **options: Any) -> Lab:
    """Loads a data set and its Original.

    Parameters
    ----------
    dataset : str
        The data set's name or alias.
    model : str, optional
        The model's name, by default that of the data set.
    original_seed : int
        The seed that the Original is trained with.
    original : str, optional
        The name of an imported Original to take instead (``python -m engine import-original``).
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
    BadData
        Where the loaded data are not as their data set declares.
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
    base = Spec(dataset=dataset, model=model, original_seed=original_seed, original=original, options=options)
    resolved = resolve(base)
    where = named_device(device, "device") if device else default_device()
    checkpoints = open_checkpoints()
    try:
        return Lab(resolved.spec, prepare_bench(resolved, checkpoints, where, train_original))
    except OriginalMissing as error:
        error.add_note(missing_original(error, checkpoints))
        raise


def weights_of(run_id: str) -> RunWeights:
    """The model that a finished run ended with, its own or a recorded one's.

    Parameters
    ----------
    run_id : str
        The run's id, as ``python -m engine list`` prints it.

    Returns
    -------
    RunWeights
        The network with what it was made of. Where the run kept no weights, they are computed again, and ``notice``
        says so.

    Raises
    ------
    UnknownRun
        Where there is no run of that id.
    BadInput
        Where it has not finished, or its model cannot be computed again here.
    BadCheckpoint
        Where the file that it kept is damaged.

    Examples
    --------
    >>> import engine
    >>> engine.weights_of("nothing")
    Traceback (most recent call last):
    engine.errors.UnknownRun: There is no run 'nothing' in ...
    """
    store = open_store()
    return weights_of_run(library.get(run_id, store).run, store, open_checkpoints())
