"""A finished run against the retrained model of the same split: what can be said only with that reference.

Works on the per-sample tables that finished runs keep, so that it does not matter which of the two came
first: when a retraining ends, the runs that were waiting for it are completed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine import distances
from engine.evaluation import FEWEST, far_under
from engine.metrics import AGAINST_RETRAINED

if TYPE_CHECKING:
    from pandas import DataFrame

    from engine.spec import Resolved
    from engine.store import Run, Store

TRAINING_SETS = ("retain", "forget")  # of the training pool; the other sets are of the held-out pool
MOVED = ("retain_accuracy", "forget_accuracy", "test_accuracy")
OWN = ("original", "retrained", "null_band", "notes", "verdict", "missing", "over_forgotten")


def find_reference(store: Store, resolved: Resolved, data: str) -> Run | None:
    """The newest finished retraining, by the recipe, on the same split of the same data."""
    return newest_reference(store.list(status=("finished",), newest_first=True, split=resolved.split_identity(),
                                       data=data[:16]))


def newest_reference(runs: list[Run]) -> Run | None:
    """The first of these runs that is a retraining by the Original's own recipe."""
    return next((run for run in runs if is_reference(run)), None)


def is_reference(run: Run) -> bool:
    return run["spec"]["method"] == "retrain" and not run["spec"]["parameters"]


def against_retrained(metrics: dict[str, Any], samples: DataFrame | None, reference: Run | None,
                      reference_samples: DataFrame | None, retrained: list[DataFrame]) -> dict[str, Any]:
    """``metrics`` with everything that needs a retrained model, or with the reasons why it is missing.

    ``samples`` are per-sample tables (see ``experiment.samples_frame``); ``retrained`` those of all models
    retrained on these data, the references of RMIA.
    """
    found: dict[str, Any] = dict.fromkeys(metric.name for metric in AGAINST_RETRAINED)
    if reference is None:
        reason = "It needs a model retrained on the same split: run Retraining with the same forget set and seed."
        return metrics | found | {"retrained": None, "missing": dict.fromkeys(found, reason)}
    theirs = {name: value for name, value in reference["metrics"].items() if name not in OWN}
    found |= _tug_of_war(metrics, theirs)
    missing = {}
    if samples is None or reference_samples is None:
        missing = dict.fromkeys(("ks_retrained", "wasserstein_retrained", "rmia_auc"),
                                "It needs the losses of every sample, which were not kept.")
    else:
        mine, other = (frame.loc[frame["set"] == "forget", "loss"].to_numpy() for frame in (samples, reference_samples))
        found |= {"ks_retrained": distances.kolmogorov_smirnov(mine, other),
                  "wasserstein_retrained": distances.wasserstein(mine, other)}
        found["rmia_auc"], reason = rmia_auc(samples, retrained)
        missing = {"rmia_auc": reason} if reason else {}
    return _judged(metrics, theirs, samples) | found | {"retrained": theirs | {"run_id": reference["id"]},
                                                        "missing": missing}


def _tug_of_war(mine: dict[str, Any], theirs: dict[str, Any]) -> dict[str, float]:
    """ToW (Zhao et al. 2024) and the average gap (Fan et al. 2024) to the retrained model."""
    away = [abs(mine[name] - theirs[name]) for name in MOVED]
    attacks = [run.get("mia_loss") for run in (mine, theirs)]
    gaps = away if None in attacks else [*away, abs(attacks[0] - attacks[1])]
    return {"tow": float(np.prod([1 - gap / 100 for gap in away])), "average_gap": float(np.mean(gaps))}


def _judged(metrics: dict[str, Any], theirs: dict[str, Any], samples: DataFrame | None) -> dict[str, Any]:
    """In class removal, over-forgetting by accuracy is judged against the retrained model, where 0 is right."""
    if samples is None or metrics["over_forgotten"] or "unseen" not in set(samples["set"].unique()):
        return metrics
    n = int((samples["set"] == "forget").sum())
    mine, aim = metrics["forget_accuracy"], theirs["forget_accuracy"]
    if not far_under(mine, n, aim, n):
        return metrics
    note = (f"Over-forgotten: the accuracy on the forgotten class ({mine:.1f}%) is far under the retrained model's "
            f"({aim:.1f}%), which gives the forgotten samples away (Streisand effect).")
    return metrics | {"over_forgotten": True, "notes": [*metrics["notes"], note]}


# --- RMIA -----------------------------------------------------------------------------------


def rmia_auc(samples: DataFrame, retrained: list[DataFrame]) -> tuple[float | None, str | None]:
    """AUC of RMIA on forget against unseen samples, or None with the reason.

    A sample's reference is the mean probability over the retrained models that did not train on it; the
    population is the validation set.
    """
    needed = samples[samples["set"].isin(("forget", nonmember_set(samples), "validation"))]
    if "validation" not in set(needed["set"].unique()):
        return None, "It needs the losses of the validation set, which this run did not keep."
    columns = _reference_losses(needed, retrained)
    if columns is None:
        return None, "No retrained model has the losses of all these samples."
    losses = {name: (needed.loc[needed["set"] == name, "loss"].to_numpy(), columns[(needed["set"] == name).to_numpy()])
              for name in needed["set"].unique()}
    members, unseen = losses["forget"], losses[nonmember_set(samples)]
    if min(len(members[0]), len(unseen[0])) < FEWEST:
        return None, f"It needs at least {FEWEST} samples a side."
    scores = [distances.rmia_scores(*side, *losses["validation"]) for side in (members, unseen)]
    return distances.auc(*scores), None


def nonmember_set(samples: DataFrame) -> str:
    """The name of the set that an attacker has to tell from the forget set."""
    return "unseen" if "unseen" in set(samples["set"].unique()) else "test"


def _reference_losses(needed: DataFrame, retrained: list[DataFrame]) -> np.ndarray | None:
    """-ln of the mean probability that retrained models give each needed row, those that trained on it left out."""
    import pandas as pd

    total, count = np.zeros(len(needed)), np.zeros(len(needed))
    keys = pd.MultiIndex.from_arrays([needed["set"].isin(TRAINING_SETS), needed["sample"]])
    for frame in retrained:
        never_trained = frame[frame["set"] != "retain"]
        index = pd.MultiIndex.from_arrays([never_trained["set"].isin(TRAINING_SETS), never_trained["sample"]])
        loss = pd.Series(never_trained["loss"].to_numpy(), index=index)
        loss = loss[~loss.index.duplicated()].reindex(keys).to_numpy()
        known = np.isfinite(loss)
        total[known] += np.exp(-loss[known])
        count += known
    if not count.all():
        return None
    return -np.log(np.maximum(total / count, np.finfo(float).tiny))


# --- completing runs ------------------------------------------------------------------------


def complete(store: Store, run: Run) -> Run:
    """The finished run with what its retrained model adds, if there is one by now; written to the store."""
    alike = store.list(status=("finished",), newest_first=True, split=run["split"], data=run["data"])
    reference = newest_reference(alike)
    if reference is None or run["metrics"] is None:
        return run
    metrics = against_retrained(run["metrics"], store.load_samples(run["id"]), reference,
                                store.load_samples(reference["id"]), retrained_samples(store, run))
    store.amend(run["id"], metrics=metrics)
    return store.get(run["id"])


def complete_waiting(store: Store, reference: Run) -> None:
    """After a retraining: completes the finished runs of its split."""
    if is_reference(reference):
        for run in store.list(status=("finished",), split=reference["split"], data=reference["data"]):
            complete(store, run)


def retrained_samples(store: Store, run: Run) -> list[DataFrame]:
    """The per-sample tables of every model retrained on the data, scenario and profile of this run."""
    same = ("dataset", "options", "model", "scenario", "forget_fraction", "forget_class", "profile")
    found, seen = [], set()
    for other in store.list(status=("finished",), newest_first=True, data=run["data"]):
        if is_reference(other) and other["split"] not in seen and all(
                other["spec"].get(name) == run["spec"].get(name) for name in same):
            seen.add(other["split"])
            frame = store.load_samples(other["id"])
            found += [frame] if frame is not None else []
    return found
