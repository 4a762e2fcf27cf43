"""A run against the retrained model of the same split: what can be said only with that reference.

Values in, values out: metrics and the per-sample tables that finished runs keep (engine/runs/references.py finds them).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.evaluation import distances
from engine.evaluation.measure import FEWEST
from engine.evaluation.metrics import AGAINST_RETRAINED, MOVED
from engine.registry import get

if TYPE_CHECKING:
    from pandas import DataFrame

TRAINING_SETS = ("retain", "forget")  # of the training pool; the other sets are of the held-out pool
OWN = ("original", "retrained", "null_band", "band", "sizes", "notes", "verdict", "missing", "over_forgotten",
       "rmia_references",
       *(metric.name for metric in AGAINST_RETRAINED))  # a run's own, not to be repeated as its retrained model's


def against_retrained(metrics: dict[str, Any], samples: DataFrame | None, reference: Mapping[str, Any] | None,
                      reference_samples: DataFrame | None, retrained: list[DataFrame]) -> dict[str, Any]:
    """``metrics`` with everything that needs a retrained model, or with the reasons why it is missing.

    ``reference`` is the retrained run: its id, spec and metrics. ``samples`` are per-sample tables (see
    :func:`engine.runs.readings.samples_frame`); ``retrained`` those of all models retrained on these data, the
    references of RMIA.
    """
    found: dict[str, Any] = dict.fromkeys(metric.name for metric in AGAINST_RETRAINED)
    if reference is None:
        reason = "It needs a model retrained on the same split: run Retraining with the same forget set and seed."
        return metrics | found | {"rmia_references": None, "retrained": None, "missing": dict.fromkeys(found, reason)}
    found["rmia_references"] = None
    theirs = {name: value for name, value in reference["metrics"].items() if name not in OWN}
    found |= tug_of_war(metrics, theirs)
    missing = {}
    if samples is None or reference_samples is None:
        missing = dict.fromkeys(("ks_retrained", "wasserstein_retrained", "rmia_auc"),
                                "It needs the losses of every sample, which were not kept.")
    else:
        mine, other = (frame.loc[frame["set"] == "forget", "loss"].to_numpy() for frame in (samples, reference_samples))
        found |= {"ks_retrained": distances.kolmogorov_smirnov(mine, other),
                  "wasserstein_retrained": distances.wasserstein(mine, other)}
        usable = references_of(samples, retrained)
        found["rmia_auc"], reason = rmia_auc(samples, usable, nonmember_set(reference["spec"]))
        found["rmia_references"] = None if reason else len(usable)
        missing = {"rmia_auc": reason} if reason else {}
    return metrics | found | {"retrained": theirs | {"run_id": reference["id"]}, "missing": missing}


def tug_of_war(mine: dict[str, Any], theirs: dict[str, Any]) -> dict[str, float]:
    """ToW (Zhao et al. 2024) and the average gap (Fan et al. 2024) to the retrained model."""
    away = [abs(mine[name] - theirs[name]) for name in MOVED]
    attacks = [run.get("mia_loss") for run in (mine, theirs)]
    gaps = away if None in attacks else [*away, abs(attacks[0] - attacks[1])]
    return {"tow": float(np.prod([1 - gap / 100 for gap in away])), "average_gap": float(np.mean(gaps))}


# --- RMIA -----------------------------------------------------------------------------------


def rmia_auc(samples: DataFrame, retrained: list[DataFrame], nonmembers: str) -> tuple[float | None, str | None]:
    """AUC of RMIA on forget samples against those of the set ``nonmembers``, or None with the reason.

    A sample's references are the retrained models that did not train on it; the population, the validation
    set, is read against the same ones. (Forget samples may have fewer references than held-out ones, and a mean
    over more models is smoother: r(x) / r(z) by different models would separate the sets of a perfect model.)
    """
    population = samples[samples["set"] == "validation"]
    sides = [samples[samples["set"] == name] for name in ("forget", nonmembers)]
    if population.empty:
        return None, "It needs the losses of the validation set, which this run did not keep."
    if min(map(len, sides)) < FEWEST:
        return None, f"It needs at least {FEWEST} samples a side."
    scores = [_rmia_scores(side, population, retrained) for side in sides]
    if not all(np.isfinite(side).all() for side in scores):
        return None, "No retrained model has the losses of all these samples."
    return distances.auc(*scores), None


def references_of(samples: DataFrame, retrained: list[DataFrame]) -> list[DataFrame]:
    """Those of the retrained models that have the losses of the whole population, the validation set."""
    population = samples[samples["set"] == "validation"]
    return [frame for frame in retrained if np.isfinite(_untrained_losses(frame, population)).all()]


def nonmember_set(spec: dict[str, Any]) -> str:
    """The name of the set that an attacker has to tell from the forget set, by a run's spec."""
    return get("scenario", spec["scenario"]).compared_with


def _rmia_scores(side: DataFrame, population: DataFrame, retrained: list[DataFrame]) -> np.ndarray:
    """RMIA's score of every row, (N,); NaN where no retrained model can be its reference."""
    of_side, of_population = (np.array([_untrained_losses(frame, rows) for frame in retrained])
                              .reshape(len(retrained), len(rows)) for rows in (side, population))
    usable = np.isfinite(of_population).all(axis=1, keepdims=True) & np.isfinite(of_side)
    loss, scores = side["loss"].to_numpy(), np.full(len(side), np.nan)
    for references in np.unique(usable, axis=1).T:
        rows = (usable == references[:, None]).all(axis=0)
        if references.any():
            scores[rows] = distances.rmia_scores(loss[rows], _mean_loss(of_side[references][:, rows]),
                                                 population["loss"].to_numpy(), _mean_loss(of_population[references]))
    return scores


def _untrained_losses(frame: DataFrame, rows: DataFrame) -> np.ndarray:
    """The losses (N,) that a retrained model gives samples of one set; NaN where it trained on one."""
    pool = frame["set"].isin(TRAINING_SETS) == rows["set"].isin(TRAINING_SETS).any()
    # Held-out samples of a forgotten class are listed twice; the last list is the one that is attacked.
    never_trained = frame[pool & (frame["set"] != "retain")].drop_duplicates("sample", keep="last")
    return never_trained.set_index("sample")["loss"].reindex(rows["sample"]).to_numpy(dtype=float)


def _mean_loss(losses: np.ndarray) -> np.ndarray:
    """-ln of the mean over K models of the probabilities exp(-loss): (K, N) to (N,); exact for one model."""
    return np.log(len(losses)) - np.logaddexp.reduce(-losses, axis=0)


def own_reference(samples: DataFrame | None) -> list[DataFrame]:
    """RMIA's references of a retrained model: itself alone, so that it gets 0.5, as it gets a ToW of 1.

    With others beside it, every sample whose only reference is the model itself would have a ratio of 1 and
    stand out from those that have more.
    """
    return [] if samples is None else [samples]
