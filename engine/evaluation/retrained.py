"""A run against the retrained model of the same split: what can be said only with that reference.

Values in, values out: metrics and the per-sample tables that finished runs keep (engine/runs/references.py finds them).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from engine.attacks._attacker import FEWEST
from engine.attacks._tables import untrained_losses
from engine.errors import NotMeasurable
from engine.evaluation import distances
from engine.evaluation.corrective import why_empty
from engine.evaluation.ensembles.shadows import Shadows
from engine.evaluation.measure import of_scores, scores
from engine.evaluation.metrics import CORRECTIVE_SIZES as SIZES
from engine.evaluation.metrics import MOVED, against_retrained_metrics, headlines, of_attack, references_name, tow_mia
from engine.evaluation.phi import NOT_KEPT
from engine.registry import all_of, attack_codes, get
from engine.system.known import all_known
from engine.types import Attack, Spec

if TYPE_CHECKING:
    from pandas import DataFrame

ALONE = frozenset({"samples", "ensemble"})  # what an attack may need that no retrained model is needed for
NO_LOSSES = "No retrained model has the losses of all these samples."
TOO_FEW_SHADOWS = "The ensemble has too few whole models that forgot, or never had, some of these samples."
NO_REFERENCE = ("It needs a model retrained on the same split: run Retraining with the same forget set, seed and "
                "profile.")
OWN = ("original", "retrained", "null_band", "band", "sizes", "notes", "verdict", "missing", "over_forgotten",
       "attack_code")  # a run's own, as are the metrics against it: not to be repeated as its retrained model's

CORRECTED_INSTEAD = ("The clean-trained model saw none of the manipulated samples, whether they were found or not: "
                     "read the corrected accuracy instead.")


class Reference(Protocol):
    """What is needed of a retrained run (:class:`engine.runs.records.Run`)."""

    @property
    def id(self) -> str: ...

    @property
    def spec(self) -> Spec: ...

    @property
    def metrics(self) -> Mapping[str, Any] | None: ...


@dataclass(frozen=True)
class Beside:
    """The other models that attacks on a run are given.

    ``retrained`` are tables of models retrained on these data (see :func:`engine.runs.readings.samples_frame`),
    ``shadows`` those of the run's own split with other seeds, ``ensemble`` many models of its method.
    """

    retrained: Sequence[DataFrame] = ()
    shadows: Sequence[DataFrame] = ()
    ensemble: Shadows | None = None

    def count(self, attack: Attack) -> int:
        """How many models an attack has."""
        if "ensemble" in attack.needs:
            return self.ensemble.models if self.ensemble else 0
        return len(self.shadows if "shadows" in attack.needs else self.retrained)

    def too_few(self, attack: Attack) -> str | None:
        """Why an attack was not tried, where it has fewer models than it needs."""
        there = self.count(attack)
        if there >= attack.fewest or "retrained" in attack.needs:
            return None
        known = "there is none" if not there else f"there is {there}" if there == 1 else f"there are {there}"
        if "ensemble" in attack.needs:
            return (f"Not tried: it needs an ensemble of at least {attack.fewest} models of this method at these "
                    f"settings; {known}. The page Evidence trains one.")
        return (f"Not tried: it needs at least {attack.fewest} models retrained on the same split from different "
                f"seeds; {known}.")


def against_retrained(metrics: dict[str, Any], samples: DataFrame | None, reference: Reference | None,
                      reference_samples: DataFrame | None, retrained: Sequence[DataFrame],
                      shadows: Sequence[DataFrame] = (), ensemble: Shadows | None = None) -> dict[str, Any]:
    """``metrics`` with everything that needs other models, or with the reasons why it is missing.

    ``reference`` is the retrained run, ``samples`` the run's per-sample table; for the others see :class:`Beside`.
    """
    if SIZES in metrics:
        return _against_clean_trained(metrics, reference)
    attacks = [attack for attack in all_of("attack") if attack.needs_retrained]
    names = [metric.name for metric in against_retrained_metrics()]
    found: dict[str, Any] = dict.fromkeys(names)
    for attack in attacks:
        found |= of_scores(attack, None, None) | {references_name(attack): None}
    if reference is None:
        values, whys = _tried([one for one in attacks if set(one.needs) <= ALONE], samples, Beside((), (), ensemble))
        return metrics | found | values | _codes(metrics, attacks, values) | {
            "retrained": None, "missing": {name: NO_REFERENCE for name in names if values.get(name) is None} | whys}
    theirs = {name: value for name, value in (reference.metrics or {}).items() if name not in OWN and name not in found}
    found |= (moved := tug_of_war(metrics, theirs))
    missing = {name: f"It needs the attacks on both models, of at least {FEWEST} samples per side."
               for name, value in moved.items() if value is None}
    if samples is None or reference_samples is None:
        needing = [name for name in names if name not in moved]
        missing |= dict.fromkeys(needing, "It needs the losses of every sample, which were not kept.")
    else:
        mine, other = (frame.loc[frame["set"] == "forget", "loss"].to_numpy() for frame in (samples, reference_samples))
        found |= {"ks_retrained": distances.kolmogorov_smirnov(mine, other),
                  "wasserstein_retrained": distances.wasserstein(mine, other)}
        beside = Beside(references_of(samples, retrained), shadows, ensemble)
        values, whys = _tried(attacks, samples, beside, nonmember_set(reference.spec))
        found, missing = found | values, missing | whys
    return metrics | found | _codes(metrics, attacks, found) | {
        "retrained": theirs | {"run_id": reference.id}, "missing": missing}


def _tried(attacks: Sequence[Attack], samples: DataFrame | None, beside: Beside,
           nonmembers: str = "") -> tuple[dict[str, Any], dict[str, str]]:
    """What these attacks come to, each with the number of its models, and by metric why one has no number."""
    found: dict[str, Any] = {}
    missing: dict[str, str] = {}
    for attack in attacks if samples is not None else ():
        assert samples is not None
        values, why = attacked(attack, samples, beside, nonmembers)
        found |= values | {references_name(attack): None if why else beside.count(attack)}
        missing |= {metric.name: why for metric in of_attack(attack)} if why else {}
    return found, missing


def _codes(metrics: Mapping[str, Any], attacks: Sequence[Attack], found: Mapping[str, Any]) -> dict[str, Any]:
    """The code of the attacks that were carried out, where it is not the first; empty where all have that."""
    codes = (metrics.get("attack_code") or {}) | attack_codes(one for one in attacks if one.name in found)
    return {"attack_code": codes} if codes else {}


def _against_clean_trained(metrics: dict[str, Any], reference: Reference | None) -> dict[str, Any]:
    """``metrics`` beside those of the model trained without any manipulated sample, whose forget set is another."""
    names = [metric.name for metric in against_retrained_metrics()]
    missing = dict.fromkeys(names, CORRECTED_INSTEAD) | why_empty(metrics)
    theirs = None if reference is None else {name: value for name, value in (reference.metrics or {}).items()
                                             if name not in (*OWN, *names)} | {"run_id": reference.id}
    return metrics | dict.fromkeys(names) | {"retrained": theirs, "missing": missing}


def tug_of_war(mine: dict[str, Any], theirs: dict[str, Any]) -> dict[str, float | None]:
    """ToW, ToW-MIA (Zhao et al. 2024) and the average gap (Fan et al. 2024); two count the first headline attack."""
    away = [abs(mine[name] - theirs[name]) for name in MOVED]
    first = next((attack.name for attack in headlines()), "")
    attacks = all_known(run.get(first) for run in (mine, theirs))
    gaps = away if attacks is None else [*away, abs(attacks[0] - attacks[1])]
    return {"tow": float(np.prod([1 - gap / 100 for gap in away])), "tow_mia": tow_mia(mine, theirs),
            "average_gap": float(np.mean(gaps))}


# --- attacks beside retrained models --------------------------------------------------------


def attacked(attack: Attack, samples: DataFrame, beside: Beside,
             nonmembers: str) -> tuple[dict[str, Any], str | None]:
    """All that an attack on the forget set against the set ``nonmembers`` comes to, or empty with the reason."""
    empty, population = of_scores(attack, None, None), samples[samples["set"] == "validation"]
    if "population" in attack.needs and population.empty:
        return empty, "It needs the losses of the validation set, which this run did not keep."
    if why := beside.too_few(attack):
        return empty, why
    try:
        sides = _sides(attack, samples, beside, nonmembers)
        if min(map(len, sides)) < FEWEST:
            return empty, f"It needs at least {FEWEST} samples per side."
        given = {"population": population, "retrained": beside.retrained, "shadows": beside.shadows,
                 "ensemble": beside.ensemble}
        scored = [scores(attack, {"samples": side, **given}, len(side)) for side in sides]
    except NotMeasurable as error:
        return empty, str(error)
    if not all(np.isfinite(side).all() for side in scored):
        return empty, TOO_FEW_SHADOWS if "ensemble" in attack.needs else NO_LOSSES
    return of_scores(attack, *scored), None


def _sides(attack: Attack, samples: DataFrame, beside: Beside, nonmembers: str) -> tuple[DataFrame, DataFrame]:
    """The forgotten samples and what they are told from; with an ensemble, models that never had the same samples."""
    forget = samples[samples["set"] == "forget"]
    if "ensemble" not in attack.needs or beside.ensemble is None:
        return forget, samples[samples["set"] == nonmembers]
    if "phi" not in samples:
        raise NotMeasurable(NOT_KEPT)
    forget = forget[beside.ensemble.has(forget["sample"].to_numpy())]
    return forget, beside.ensemble.never_seen(forget["sample"].to_numpy())


def references_of(samples: DataFrame, retrained: Sequence[DataFrame]) -> list[DataFrame]:
    """Those of the retrained models that have the losses of the whole population, the validation set."""
    population = samples[samples["set"] == "validation"]
    return [frame for frame in retrained if np.isfinite(untrained_losses(frame, population)).all()]


def nonmember_set(spec: Spec) -> str:
    """The name of the set that an attacker has to tell from the forget set, by a run's spec."""
    return get("scenario", spec.scenario).compared_with


def own_reference(samples: DataFrame | None) -> list[DataFrame]:
    """RMIA's references of a retrained model: itself alone, so that it gets 0.5, as it gets a ToW of 1.

    With others beside it, every sample whose only reference is the model itself would have a ratio of 1 and
    stand out from those that have more.
    """
    return [] if samples is None else [samples]
