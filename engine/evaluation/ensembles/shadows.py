"""Models of one method on other data draws, as an attacker of a single run of that method has them.

The samples that the run forgot are judged by what models say that forgot them too, and by what models say that never
had them. What the latter come to, each without its own draw, is what *never seen* looks like.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.evaluation.ensembles.outputs import OUT, Outputs
from engine.evaluation.ensembles.ulira import ratios

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Shadows:
    """A method's models with the numbers ``samples`` (n,) of the training samples that take part, in rising order.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> state = np.stack([(np.arange(6) + shift) % 3 for shift in (0, 1, 2, 0, 1, 2)])
    >>> shadows = Shadows(np.arange(10, 16), Outputs(rng.normal(size=(6, 6)), state))
    >>> shadows.models, shadows.has(np.array([3, 12])).tolist(), len(shadows.never_seen(np.array([12])))
    (6, [False, True], 2)
    """

    samples: np.ndarray
    outputs: Outputs

    @property
    def models(self) -> int:
        """How many models there are."""
        return self.outputs.models

    def has(self, numbers: np.ndarray) -> np.ndarray:
        """Whether each of these training samples takes part."""
        there: np.ndarray = np.isin(numbers, self.samples)
        return there

    def never_seen(self, numbers: np.ndarray) -> DataFrame:
        """A row for each of these samples and each model that never had it: ``sample``, ``model`` and ``phi``."""
        import pandas as pd

        places = np.searchsorted(self.samples, numbers)
        at, model = np.nonzero((self.outputs.state[:, places] == OUT).T)
        return pd.DataFrame({"set": "never seen", "sample": np.asarray(numbers)[at], "model": model,
                             "phi": self.outputs.phi[model, places[at]]})

    def ratios(self, numbers: np.ndarray, phi: np.ndarray, model: np.ndarray | None = None) -> np.ndarray:
        """ln of the likelihood ratio of each row, *forgotten* against *never seen*.

        ``model`` names the shadow that a row is of, which is then left out with all of its draw. None: the rows are of
        the attacked model; one draw is left out for each sample all the same, the next one for the next sample, so
        that both kinds of rows are judged by fits of as many models.
        """
        places = np.searchsorted(self.samples, numbers)
        if model is not None:
            own: np.ndarray = ratios(self.outputs)[model, places]
            return own
        said = self.outputs.phi.mean(0)  # stands where the attacked model is not asked
        said[places] = phi
        found: np.ndarray = ratios(self.outputs, said)[places % self.models, places]
        return found
