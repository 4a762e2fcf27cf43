"""What an ensemble says of each method: its measures from the kept arrays, beside the anchors, with what N can support.

The retrained models are the reference. What they attain against one another (models that never had a sample, in two
disjoint groups) is the second retrained one, and where they fail, nothing can be said here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from engine.errors import NotMeasurable
from engine.evaluation.ensembles.draws import BLOCK, ORIGINAL
from engine.evaluation.ensembles.forgetting_quality import LOW
from engine.evaluation.ensembles.klom import ADVISED
from engine.evaluation.ensembles.outputs import OUT
from engine.registry import get, reference
from engine.runs.ensembles.kept import Shelf, states
from engine.studies.ensemble import Design
from engine.studies.ensemble_row import Evidence as Evidence
from engine.studies.ensemble_row import Measured, Null, of_method, row_of

CHANCE = 0.5
SUPPORTED = 16  # models a side, from which on a ranking of methods says something
CANNOT_TELL = "cannot tell here"


@dataclass(frozen=True)
class Findings:
    """An ensemble's evidence: the Originals, the retrained models, then each method.

    Parameters
    ----------
    rows : tuple of Evidence
        The Original first, the retrained models second.
    models : int
        Models of each method.
    a_side : int
        Models a side and sample.
    attainable : Evidence
        What retrained models attain against others: the null line of KLoM and of the quality.
    notes : tuple of str
        What this many models can and cannot support.
    klom_holds, quality_holds : bool
        Whether the retrained models look alike in both groups; where they do not, these measures cannot tell here.
    failed : dict of str to str
        Methods that could not be measured at all, with the reason.
    """

    rows: tuple[Evidence, ...]
    models: int
    a_side: int
    attainable: Evidence
    notes: tuple[str, ...] = ()
    klom_holds: bool = True
    quality_holds: bool = True
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def cannot_tell(self) -> bool:
        """Whether the retrained models fail U-LiRA themselves, by three standard errors: one and a half intervals."""
        retrained = self.rows[1].ulira
        if retrained is None:
            return False
        area = retrained.area
        return abs(area.value - CHANCE) > 1.5 * (area.high - area.low) / 2


def numbers_of(shelf: Shelf, design: Design) -> list[int]:
    """The models that all parts have, of those that the ensemble asks for."""
    have = [shelf.numbers(design.key(part)) for part in (ORIGINAL, *design.parts)]
    return sorted(number for number in frozenset.intersection(*have) if number < design.ensemble.models)


def findings(shelf: Shelf, design: Design) -> Findings:
    """All measures from the models that every part has. Raises NotMeasurable where too few are there.

    A method that failed on a model, or that says nothing usable, is in ``failed`` with the reason.
    """
    numbers = numbers_of(shelf, design)
    if len(numbers) < 2 * BLOCK:
        raise NotMeasurable(f"{len(numbers)} of at least {2 * BLOCK} models are there: compute more of the ensemble.")
    state, groups = states(shelf, numbers), np.array(numbers) // BLOCK
    about = reference()
    retrained = Measured(shelf.read(design.key(about.name), numbers), state, groups)
    null = Null(retrained)
    rows = [row_of(ORIGINAL, "Original", Measured(shelf.read(ORIGINAL, numbers), state, groups), retrained, null),
            row_of(about.name, about.title, retrained, None, null)]
    failed = {}
    for name in design.methods:
        try:
            measured = Measured(shelf.read(design.key(name), numbers), state, groups)
            rows.append(of_method(name, get("method", name).title, measured, retrained, null))
        except NotMeasurable as error:
            failed[name] = str(error)
    a_side = len(retrained.outputs.under(OUT))
    return Findings(tuple(rows), len(numbers), a_side, null.row, tuple(notes(len(numbers), a_side)), null.klom_holds(),
                    null.quality_holds(), failed)


def notes(models: int, a_side: int) -> Iterator[str]:
    """What this many models, and so many a side and sample, can and cannot support; the general sentence first."""
    given = f"{models} models give each sample {a_side} a side"
    if a_side < SUPPORTED:
        yield (f"{given}: enough for a method's mean area with its (wide) interval; not for a ranking of methods, "
               f"which takes {SUPPORTED} a side ({BLOCK * SUPPORTED} models), and not for single samples.")
    else:
        yield (f"{given}: enough for a method's mean area with its interval, for a ranking of methods and for means "
               "over groups of samples; not for a rate at 0.1% false alarms of one sample, and not to call a single "
               "sample safe.")
    if a_side < ADVISED:
        yield (f"KLoM from {a_side} models a side (fewer than {ADVISED}) is far above 0 by chance: read it against the "
               "second retrained model.")
    if a_side < LOW:
        yield (f"Forgetting quality from {a_side} models a side (fewer than {LOW}) flatters bad methods: differences "
               "between good ones vanish. It is over Originals; the challenge's is given one.")
