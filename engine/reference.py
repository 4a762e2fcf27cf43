"""A finished run against the retrained model of the same split: what can be said only with that reference.

Works on the per-sample tables that finished runs keep, so that it does not matter which of the two came
first: when a retraining ends, the runs that were waiting for it are completed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine import distances
from engine.evaluation import FEWEST
from engine.metrics import AGAINST_RETRAINED, MOVED
from engine.verdict import is_retraining

if TYPE_CHECKING:
    from pandas import DataFrame

    from engine.spec import Resolved
    from engine.store import Run, Store

TRAINING_SETS = ("retain", "forget")  # of the training pool; the other sets are of the held-out pool
OWN = ("original", "retrained", "null_band", "band", "sizes", "notes", "verdict", "missing", "over_forgotten",
       "rmia_references",
       *(metric.name for metric in AGAINST_RETRAINED))  # a run's own, not to be repeated as its retrained model's
MEASURED = tuple(metric.name for metric in AGAINST_RETRAINED)
ALIKE = ("dataset", "model", "scenario", "forget_fraction", "forget_class", "profile")  # options are in the data


def find_reference(store: Store, resolved: Resolved, data: str) -> Run | None:
    """The newest finished retraining, by the recipe, on the same split of the same data."""
    return newest_reference(store.list(status=("finished",), newest_first=True, split=resolved.split_identity(),
                                       data=data[:16]))


def newest_reference(runs: list[Run]) -> Run | None:
    """The first of these runs that is a retraining by the Original's own recipe, with its metrics."""
    return next((run for run in runs if is_reference(run) and run["metrics"]), None)


def is_reference(run: Run) -> bool:
    return is_retraining(run["spec"])


def against_retrained(metrics: dict[str, Any], samples: DataFrame | None, reference: Run | None,
                      reference_samples: DataFrame | None, retrained: list[DataFrame]) -> dict[str, Any]:
    """``metrics`` with everything that needs a retrained model, or with the reasons why it is missing.

    ``samples`` are per-sample tables (see ``experiment.samples_frame``); ``retrained`` those of all models
    retrained on these data, the references of RMIA.
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
    return "unseen" if spec["scenario"] == "class" else "test"


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


# --- completing runs ------------------------------------------------------------------------


def complete(store: Store, run: Run, retrained: list[DataFrame] | None = None, anew: bool = False) -> Run:
    """The finished run with what its retrained model adds, if there is one by now; written to the store.

    ``retrained`` are :func:`retrained_samples` where they are at hand. Values that the run has stay, so that a
    finished run's numbers do not move with the store; ``anew`` measures them all with what is there now.
    """
    alike = store.list(status=("finished",), newest_first=True, split=run["split"], data=run["data"])
    reference = newest_reference(alike)
    if reference is None or run["metrics"] is None or not (anew or _waiting(run)):
        return run
    samples = store.load_samples(run["id"])
    if is_reference(run):
        retrained = own_reference(samples)
    elif retrained is None:
        retrained = retrained_samples(store, run)
    metrics = against_retrained(run["metrics"], samples, reference, store.load_samples(reference["id"]), retrained)
    store.amend(run["id"], metrics=metrics if anew else _kept(run["metrics"], metrics))
    return store.get(run["id"])


def _waiting(run: Run) -> bool:
    """Whether a finished run lacks something that only a retrained model gives."""
    return any(run["metrics"].get(name) is None for name in ("retrained", *MEASURED))


def _kept(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """``after`` with the values that were there before, each with the models that it was measured with."""
    had = {name: before[name] for name in ("retrained", *MEASURED) if before.get(name) is not None}
    if "rmia_auc" in had:
        had["rmia_references"] = before.get("rmia_references")  # older runs do not tell how many
    return after | had | {"missing": {name: why for name, why in after["missing"].items() if name not in had}}


def complete_waiting(store: Store, ended: Run) -> None:
    """After a run has finished: completes it, or all runs that were waiting for it.

    A retraining is RMIA's reference for other seeds' runs too, where those have no area yet. A run looks once more:
    its retraining may have finished while it was being measured.
    """
    if not is_reference(ended):
        if (ended["metrics"] or {}).get("retrained") is None:
            complete(store, ended)
        return
    retrained = retrained_samples(store, ended)
    for run in store.list(status=("finished",), data=ended["data"]):
        if _alike(run, ended):
            complete(store, run, retrained)


def retrained_samples(store: Store, run: Run) -> list[DataFrame]:
    """The per-sample tables of every model retrained on the data, scenario and profile of this run."""
    found, seen = [], set()
    for other in store.list(status=("finished",), newest_first=True, data=run["data"]):
        if is_reference(other) and other["split"] not in seen and _alike(run, other):
            seen.add(other["split"])
            frame = store.load_samples(other["id"])
            found += [frame] if frame is not None else []
    return found


def own_reference(samples: DataFrame | None) -> list[DataFrame]:
    """RMIA's references of a retrained model: itself alone, so that it gets 0.5, as it gets a ToW of 1.

    With others beside it, every sample whose only reference is the model itself would have a ratio of 1 and
    stand out from those that have more.
    """
    return [] if samples is None else [samples]


def _alike(run: Run, other: Run) -> bool:
    return all(run["spec"].get(name) == other["spec"].get(name) for name in ALIKE)
