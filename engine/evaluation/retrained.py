"""A run against the retrained model of the same split: what can be said only with that reference.

Values in, values out: metrics and the per-sample tables that finished runs keep (engine/runs/references.py finds them).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from engine.attacks._attacker import FEWEST
from engine.attacks._tables import untrained_losses
from engine.evaluation import distances
from engine.evaluation.corrective import why_empty
from engine.evaluation.measure import of_scores, scores
from engine.evaluation.metrics import CORRECTIVE_SIZES as SIZES
from engine.evaluation.metrics import MOVED, against_retrained_metrics, headlines, of_attack, references_name, tow_mia
from engine.registry import all_of, attack_codes, get
from engine.system.known import all_known
from engine.types import Attack, Spec

if TYPE_CHECKING:
    from pandas import DataFrame

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


def against_retrained(metrics: dict[str, Any], samples: DataFrame | None, reference: Reference | None,
                      reference_samples: DataFrame | None, retrained: list[DataFrame]) -> dict[str, Any]:
    """``metrics`` with everything that needs a retrained model, or with the reasons why it is missing.

    ``reference`` is the retrained run. ``samples`` are per-sample tables (see
    :func:`engine.runs.readings.samples_frame`); ``retrained`` those of all models retrained on these data.
    """
    if SIZES in metrics:
        return _against_clean_trained(metrics, reference)
    beside = [attack for attack in all_of("attack") if attack.needs_retrained]
    names = [metric.name for metric in against_retrained_metrics()]
    found: dict[str, Any] = dict.fromkeys(names)
    for attack in beside:
        found |= of_scores(attack, None, None) | {references_name(attack): None}
    if reference is None:
        reason = ("It needs a model retrained on the same split: run Retraining with the same forget set, seed and "
                  "profile.")
        return metrics | found | {"retrained": None, "missing": dict.fromkeys(names, reason)}
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
        usable = references_of(samples, retrained)
        for attack in beside:
            values, why = attacked(attack, samples, usable, nonmember_set(reference.spec))
            found |= values | {references_name(attack): None if why else len(usable)}
            missing |= {metric.name: why for metric in of_attack(attack)} if why else {}
    if codes := (metrics.get("attack_code") or {}) | attack_codes(beside):
        found["attack_code"] = codes
    return metrics | found | {"retrained": theirs | {"run_id": reference.id}, "missing": missing}


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


def attacked(attack: Attack, samples: DataFrame, retrained: list[DataFrame],
             nonmembers: str) -> tuple[dict[str, Any], str | None]:
    """All that an attack on the forget set against the set ``nonmembers`` comes to, or empty with the reason."""
    population = samples[samples["set"] == "validation"]
    sides = [samples[samples["set"] == name] for name in ("forget", nonmembers)]
    if population.empty:
        return of_scores(attack, None, None), "It needs the losses of the validation set, which this run did not keep."
    if min(map(len, sides)) < FEWEST:
        return of_scores(attack, None, None), f"It needs at least {FEWEST} samples per side."
    scored = [scores(attack, {"samples": side, "population": population, "retrained": retrained}, len(side))
              for side in sides]
    if not all(np.isfinite(side).all() for side in scored):
        return of_scores(attack, None, None), "No retrained model has the losses of all these samples."
    return of_scores(attack, *scored), None


def references_of(samples: DataFrame, retrained: list[DataFrame]) -> list[DataFrame]:
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
