"""Memorisation in the plane, where it can be seen: points with a wrong label and no neighbour of theirs."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from engine.runs.executors import Control
from engine.studies import ensemble_work
from engine.studies.ensemble import Ensemble
from engine.studies.ensemble_memorisation import scores
from engine.studies.ensemble_request import data_of
from engine.studies.ensemble_samples import changed_labels

NEIGHBOURS = 5


def isolated(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Whether none of a point's five nearest neighbours has its label."""
    apart = ((points[:, None] - points[None]) ** 2).sum(-1)
    np.fill_diagonal(apart, np.inf)
    nearest = np.argsort(apart, axis=1)[:, :NEIGHBOURS]
    return (labels[nearest] != labels[:, None]).all(axis=1)


@pytest.mark.long
@pytest.mark.usefixtures("store")
def test_isolated_points_with_a_wrong_label_lead_the_ranking(monkeypatch):
    """Twelve Originals of 200 moons, 20 labels wrong on purpose, of which 10 are isolated: all are in the first 20."""
    monkeypatch.setattr(ensemble_work, "workers_for", lambda todo: 0)
    found, kept = ensemble_work.located(Ensemble("moons", (), models=12, candidates="all"))
    todo = ensemble_work.missing(found, kept, ("original",))
    assert [error for _, error in ensemble_work.run_all(found, kept, todo, "local", Control(threading.Event()))] == [
        None] * 12
    data, wrong = data_of(found), changed_labels(found)
    alone = wrong & isolated(data.train.points.numpy(), data.train.labels.numpy())
    assert (wrong.sum(), alone.sum()) == (20, 10)
    score = scores(kept).probability.score
    first = np.argsort(-score)
    assert wrong[first[:10]].sum() >= 8 and np.flatnonzero(alone[first]).max() < 20
    assert score[alone].mean() > 0.85 and score[~wrong].mean() < 0.25
