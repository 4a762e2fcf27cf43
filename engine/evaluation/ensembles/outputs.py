"""What measures over many models are taken from: who was in which model's data, and what each model says.

``state`` (M, n) has, for each model and sample, one of ``OUT``, ``IN`` and ``FORGET``; ``phi`` (M, n) the logit-scaled
confidence ln(p / (1 - p)) of the label. Models whose data came from one draw are left out of fits together: they have
the same number in ``groups`` (M,). Models of one Original are resampled together, by ``originals`` (M,).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.errors import NotMeasurable

OUT, IN, FORGET = 0, 1, 2


@dataclass(frozen=True)
class Outputs:
    """One method's models: their ``phi`` with the ``state`` of the samples. Raises NotMeasurable for damaged ones.

    Parameters
    ----------
    phi : ndarray
        Logit-scaled confidence (M, n) of every sample under every model.
    state : ndarray
        ``OUT``, ``IN`` or ``FORGET`` (M, n).
    groups : ndarray, optional
        Numbers (M,) of what is left out as one; by default every model is its own.
    originals : ndarray, optional
        Numbers (M,) of what is resampled as one; by default every model has an Original of its own.

    Examples
    --------
    >>> outputs = Outputs(np.array([[0.0, 1.0], [2.0, 1.0]]), np.array([[OUT, FORGET], [FORGET, OUT]]))
    >>> outputs.counts(FORGET).tolist()
    [1, 1]
    """

    phi: np.ndarray
    state: np.ndarray
    groups: np.ndarray | None = None
    originals: np.ndarray | None = None

    def __post_init__(self) -> None:
        phi, state = np.asarray(self.phi, dtype=np.float64), np.asarray(self.state)
        if phi.ndim != 2 or phi.shape != state.shape:
            raise NotMeasurable(f"phi has the shape {phi.shape} and state {state.shape}: give both one row a model and "
                                "one column a sample.")
        refuse_damaged(phi)
        for name, value in (("phi", phi), ("state", state), ("groups", self._numbered("groups", len(phi))),
                            ("originals", self._numbered("originals", len(phi)))):
            object.__setattr__(self, name, value)

    def _numbered(self, name: str, models: int) -> np.ndarray:
        given = getattr(self, name)
        numbers = np.arange(models) if given is None else np.asarray(given)
        if numbers.shape != (models,):
            raise NotMeasurable(f"{name} has the shape {numbers.shape} for {models} models: give one number a model.")
        return np.unique(numbers, return_inverse=True)[1]

    @property
    def models(self) -> int:
        return len(self.phi)

    @property
    def group_of(self) -> np.ndarray:
        """Each model's group, numbered from 0."""
        assert self.groups is not None
        return self.groups

    @property
    def original_of(self) -> np.ndarray:
        """Each model's Original, numbered from 0."""
        assert self.originals is not None
        return self.originals

    def counts(self, state: int) -> np.ndarray:
        """Models (n,) in which each sample has this state."""
        counted: np.ndarray = (self.state == state).sum(0)
        return counted

    def under(self, state: int, most: int | None = None) -> np.ndarray:
        """phi (N, n) of each sample under the first N models in which it has this state; N is the fewest there are."""
        fewest = int(self.counts(state).min())
        order = np.argsort(self.state != state, axis=0, kind="stable")[: fewest if most is None else min(most, fewest)]
        return np.take_along_axis(self.phi, order, axis=0)

    def by_group(self, state: int) -> np.ndarray:
        """phi (G, n) of each sample under the model of a group in which it has this state, for every whole group.

        A group is whole where each sample has the state in one of its models or more; the first counts.
        """
        rows = []
        for group in np.unique(self.group_of):
            mine = self.group_of == group
            here = self.state[mine] == state
            if here.any(0).all():
                rows.append(np.take_along_axis(self.phi[mine], here.argmax(0)[None], axis=0)[0])
        return np.array(rows).reshape(len(rows), self.phi.shape[1])


def refuse_damaged(phi: np.ndarray) -> None:
    """Raises NotMeasurable where a model's values are not finite, or it says the same of every sample."""
    bad = int((~np.isfinite(phi)).sum())
    if bad:
        raise NotMeasurable(f"{bad:,} of {phi.size:,} values of phi are not finite: a model is damaged, or phi was "
                            "not computed from logits in float64.")
    constant = np.flatnonzero(np.ptp(phi, axis=1) == 0) if phi.shape[1] > 1 else np.array([])
    if len(constant):
        raise NotMeasurable(f"Model {constant[0]} says the same of all {phi.shape[1]:,} samples: it is damaged, and "
                            "what an attack says of a damaged model is no sign of unlearning.")
