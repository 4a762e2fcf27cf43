"""What a lab hands out: the index sets of a split, and an unlearned network with its cost."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from engine.data.splits import Split
from engine.naming import classes_of, selection_name
from engine.runs.packing import tensors_of
from engine.spec import Resolved
from engine.system.files import write_whole
from engine.training.weights import digest
from engine.types import Spec


@dataclass(frozen=True)
class Parts:
    """The index sets of one split, and the spec that made them.

    Parameters
    ----------
    spec : Spec
        What was asked for, as it was resolved.
    sets : Split
        Index tensors, int64 (N,), on the device: ``forget`` and ``retain`` into the training set, ``validation``,
        ``test`` and ``unseen`` (or None) into the held-out samples.
    made : str
        The digest of the sets as :meth:`Lab.split` made them; others are refused, since they are not the spec's.

    Examples
    --------
    >>> import engine
    >>> engine.load("digits").split()
    Parts(digits, scenario random, forget 15%, seed 0: 150 forget, 850 retain, 398 validation, 399 test samples)
    """

    spec: Spec
    sets: Split
    made: str = ""

    def __repr__(self) -> str:
        sizes, spec = self.sets.sizes, self.spec
        shown = {"forget": sizes.forget, "retain": sizes.retain, "validation": sizes.validation, "test": sizes.test}
        shown |= {"unseen": sizes.unseen} if sizes.unseen is not None else {}
        counted = ", ".join(f"{count:,} {name}" for name, count in shown.items())
        return (f"Parts({spec.dataset}, scenario {spec.scenario}, {_forgotten(spec)}, seed {spec.seed}: "
                f"{counted} samples)")


@dataclass(frozen=True)
class Result:
    """An unlearned network and its cost.

    Parameters
    ----------
    model : nn.Module
        The unlearned network.
    resolved : Resolved
        The effective settings.
    parts : Parts
        The split that it was made for.
    seconds : float
        The time of the method alone.
    steps, samples : int
        Steps of the optimiser, and samples that passed forward and backward.
    identity : str
        The hash of everything that changes the result, the same as that of the run with this spec.
    changes : tuple of str
        Sentences about weights or data that were changed after loading, which such a run does not have.

    Examples
    --------
    >>> import engine
    >>> lab = engine.load("digits")
    >>> result = lab.unlearn(lab.split(), max_forget_epochs=2)
    >>> result.resolved.effective["max_forget_epochs"], result.changes
    (2, ())
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

        path = Path(path)
        write_whole(path, lambda temporary: save_file(tensors_of(self.model), temporary))
        return path


def digest_of(sets: Split) -> str:
    """The sha256 over index sets, 64 hex digits."""
    return digest(dict(sets.items()))


def _forgotten(spec: Spec) -> str:
    """``forget 15%``, ``forget class dog``, ``forget word love``."""
    amount = [] if spec.forget_fraction is None else [f"{100 * spec.fraction:.4g}%"]
    amount += [] if spec.forget_class is None else [classes_of(spec)]
    return "forget " + ", ".join(filter(None, [*amount, selection_name(spec)]))
