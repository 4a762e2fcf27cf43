"""Every error the engine raises on purpose.

    LabError                    base of all; its text is a sentence for a person
    |-- BadInput                what was asked for cannot be done as asked (CLI exit 2)
    |   |-- BadSpec             one or more problems of a run's specification
    |   |-- DataMissing         a data set is neither on this machine nor reachable
    |   |-- ModelMissing        the published weights of a model are neither on this machine nor reachable
    |   |-- OriginalMissing     there is no trained Original for this data set and model
    |   |-- UnknownRun          no run of that id in the store
    |   `-- BadArchive          a file of runs is damaged, changed, from a newer version, or no archive at all
    |-- BadCheckpoint           a checkpoint file is damaged or belongs to something else
    |-- BadMethod               a method's code did what no method may do
    |-- Diverged                a loss became infinite or not a number
    |-- StoreUnavailable        the run store cannot be read or written
    `-- Cancelled               a person asked the run to stop; it keeps what it has
"""

from __future__ import annotations


class LabError(Exception):
    """Base of every deliberate error; ``str(error)`` is fit to show to a person."""


class BadInput(LabError):
    """The request cannot be carried out as asked; nothing was started."""


class BadSpec(BadInput):
    """All problems of one specification, reported together."""

    def __init__(self, problems: list[str]):
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class DataMissing(BadInput):
    """A data set is neither in the data folder nor in the cache nor on a reachable hub."""


class ModelMissing(BadInput):
    """A pretrained model is neither in the model folder nor in the cache nor on a reachable hub."""


class OriginalMissing(BadInput):
    """No Original for this data set, model, recipe and seed; it would have to be trained."""


class UnknownRun(BadInput):
    """No run of that id."""


class BadArchive(BadInput):
    """An archive of runs cannot be read or taken over; nothing of it was imported."""


class BadCheckpoint(LabError):
    """A checkpoint file is damaged, incomplete or belongs to another model or recipe."""


class BadMethod(LabError):
    """A method's code broke a rule of methods; nothing that it made is kept."""


class Diverged(LabError):
    """A loss became infinite or not a number."""


class StoreUnavailable(LabError):
    """The run store cannot be opened, read or written."""


class Cancelled(LabError):
    """The run was asked to stop."""
