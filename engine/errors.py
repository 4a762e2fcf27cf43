"""Every error the engine raises on purpose.

    LabError                    base of all; its text is a sentence for a person
    |-- BadInput                what was asked for cannot be done as asked (CLI exit 2)
    |   |-- BadSpec             one or more problems of a run's specification
    |   |-- DataMissing         a data set is neither on this machine nor reachable
    |   |-- BadData             a data set was loaded, but is not as it declares
    |   |-- BadSource           what was given as data cannot be read as such
    |   |-- ModelMissing        the published weights of a model are neither on this machine nor reachable
    |   |-- OriginalMissing     there is no trained Original for this data set and model
    |   |-- UnknownRun          no run of that id in the store
    |   |-- BadArchive          a file of runs is damaged, changed, from a newer version, or no archive at all
    |   |-- NotYours            a run of somebody else, on a server with login
    |   |-- ReadOnly            this process only shows results
    |   `-- NotMeasurable       these models cannot carry a measure: too few, mixed, without randomness, or damaged
    |-- BadCheckpoint           a checkpoint file is damaged or belongs to something else
    |-- UnknownMetric       a result holds no metric of that name
    |-- BadMethod               a method's code did what no method may do
    |-- Diverged                a loss became infinite or not a number
    |-- NotWritten              a file could not be written: a full disk, a folder that can only be read
    |-- StoreUnavailable        the run store cannot be read or written
    |   |-- UnusableHome        what UNLEARN_HOME or UNLEARN_DATABASE_URL names cannot be used (a BadInput as well)
    |   `-- EndUnwritten        how a run ended could not be written, so that the store still calls it running
    `-- Cancelled               a person asked the run to stop; it keeps what it has
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Mapping
from typing import Any

from engine.tidy import tidy

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Problem(str):
    """One thing that is wrong with a request: a sentence, which knows the field that it is about.

    ``field`` is a field of :class:`engine.types.Spec`, ``options.NAME`` or ``parameters.NAME``; None where the problem
    belongs to no single field. ``str(problem)`` is the sentence.
    """

    __slots__ = ("_parts",)
    _parts: tuple[str | None, str, str]  # field, text, and the name that the sentence begins with, if it does

    def __new__(cls, field: str | None, text: str, subject: str = "") -> Problem:
        text = tidy(text)
        problem = super().__new__(cls, f"{subject} {text}" if subject else text)
        problem._parts = (field, text, subject)
        return problem

    @classmethod
    def about(cls, field: str, text: str) -> Problem:
        """A sentence that begins with the field's name: ``seed`` and ``is 'x', but must be a number.``"""
        return cls(field, text, field.rpartition(".")[2])

    @property
    def field(self) -> str | None:
        return self._parts[0]

    def called(self, name: str) -> Problem:
        """The same problem where its field goes by another name, such as a command line's flag."""
        field, text, subject = self._parts
        return Problem(field, text, name) if subject else self


class LabError(Exception):
    """Base of every deliberate error; ``str(error)`` is fit to show to a person."""

    def __init__(self, *args: object):
        super().__init__(*(tidy(one) if isinstance(one, str) else one for one in args))


class BadInput(LabError):
    """The request cannot be carried out as asked; nothing was started."""


class BadSpec(BadInput):
    """All problems of one specification, reported together; a plain sentence becomes a Problem without a field."""

    def __init__(self, problems: Iterable[str]):
        self.problems = [one if isinstance(one, Problem) else Problem(None, one) for one in problems]
        super().__init__("\n".join(self.problems))


class DataMissing(BadInput):
    """A data set is neither in the data folder nor in the cache nor on a reachable hub."""


class BadData(BadInput):
    """A data set was loaded, but is not as it declares."""


class BadSource(BadInput):
    """A file or folder that was given as data cannot be read, or not be used for a classification."""


class ModelMissing(BadInput):
    """A pretrained model is neither in the model folder nor in the cache nor on a reachable hub."""


class OriginalMissing(BadInput):
    """No Original for this data set, model, recipe and seed; it would have to be trained.

    ``epochs`` and ``samples`` are those of its training: :func:`engine.runs.estimates.missing_original` adds the time.
    """

    def __init__(self, dataset: str, model: str, seed: int, epochs: int, samples: int):
        self.dataset, self.model, self.seed, self.epochs, self.samples = dataset, model, seed, epochs, samples
        super().__init__(f"{self.absent} Allow its training with {self.permission}")

    @property
    def absent(self) -> str:
        return f"There is no Original for {self.dataset} with {self.model} and seed {self.seed} yet."

    @property
    def permission(self) -> str:
        return "--train-original, or in the app with the switch beside the button."


class UnknownRun(BadInput):
    """No run of that id."""


class BadArchive(BadInput):
    """An archive of runs cannot be read or taken over; nothing of it was imported."""


class NotYours(BadInput):
    """What was asked for belongs to somebody else, or needs a login."""


class ReadOnly(BadInput):
    """This process only shows results: nothing can be started, changed or deleted."""


class NotMeasurable(BadInput):
    """A measure over many models is not defined on these: too few, mixed, without randomness, or damaged ones."""


class BadCheckpoint(LabError):
    """A checkpoint file is damaged, incomplete or belongs to another model or recipe."""


class UnknownMetric(LabError, KeyError):
    """A result holds no metric of that name."""

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError's own would be in quotes


class BadMethod(LabError):
    """A method's code broke a rule of methods; nothing that it made is kept."""


class Diverged(LabError):
    """A loss became infinite or not a number."""


class NotWritten(LabError, OSError):
    """A file could not be written, and nothing of it was left behind; made like an OSError."""

    def __str__(self) -> str:
        mend = ("free some space and run it again" if self.errno in FULL else
                "make its folder one that can be written, or name another one")
        return f"{self.filename} could not be written ({self.strerror}): {mend}."


class StoreUnavailable(LabError):
    """The run store cannot be opened, read or written.

    ``passing``: it is in use or does not answer, so that asking again may help.
    """

    def __init__(self, text: str, passing: bool = False):
        self.passing = passing
        super().__init__(text)


class EndUnwritten(StoreUnavailable):
    """How a run ended could not be written; ``columns`` are what the store was to hold."""

    def __init__(self, run_id: str, columns: Mapping[str, Any], reason: str):
        self.run_id, self.columns = run_id, dict(columns)
        super().__init__(f"Run {run_id} {self.columns.get('status', 'ended')}, but its end could not be written. "
                         f"{reason}")


class UnusableHome(StoreUnavailable, BadInput):
    """The folder or the database that the environment names cannot be used at all."""


class Cancelled(LabError):
    """The run was asked to stop."""
