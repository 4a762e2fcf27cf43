"""How memorised a run's samples are: scores that ship, one's own with more models, the proxy, or nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_ensemble import written

from engine.errors import NotMeasurable
from engine.originals.checkpoints import CONFIDENCE, original_key
from engine.originals.memorised import NEITHER, Memorised, known, memorised
from engine.runs.records import Run
from engine.spec import resolve
from engine.studies.ensemble import Ensemble
from engine.studies.ensemble_memorisation import scores
from engine.studies.memorised import known_of, memorised_of
from engine.types import Spec


@pytest.fixture
def checkpoints(home):
    from engine.originals.checkpoints import open_checkpoints

    return open_checkpoints()


def run_of(data: str, **spec) -> Run:
    return Run("cafe", "finished", Spec(**spec), data=data[:16])


def moons():
    dataset = resolve(Spec(dataset="moons"))
    return dataset.dataset.load(dataset.options, lambda *_: None)


def test_digits_have_scores_from_200_models(digits, checkpoints):
    found = memorised_of(run_of(digits.content), checkpoints)
    assert (found.models, len(found.score), found.middle, found.source) == (200, 1_000, 0.5, "scores from 200 models")
    assert found.said(int(np.argmax(found.score))) == "memorised: 1.00 of 1 (200 models)"
    assert "-0.00" not in " ".join(map(found.said, range(1_000)))


@pytest.mark.parametrize("changes", [{"options": {"label_noise": 0.0}}, {"dataset": "moons"}])
def test_scores_of_other_data_are_not_these(changes, digits, checkpoints):
    asked = resolve(Spec(**changes))
    assert memorised(asked, digits.content, checkpoints) is None
    with pytest.raises(NotMeasurable, match="is not known: there are no scores from many models"):
        known(asked, digits.content, checkpoints)


def test_points_have_the_proxy_of_their_original(checkpoints):
    run = run_of(moons().content, dataset="moons")
    found = known_of(run, checkpoints)
    kept = checkpoints.confidence(checkpoints.find(original_key(run.resolved())))
    assert found.models is None and np.array_equal(found.score, 1 - kept.mean.astype(float))
    assert found.middle == np.median(found.score) and found.source.startswith("proxy: ")
    assert found.later(int(np.argmin(found.score))) == 0
    assert memorised_of(run_of("0" * 64, dataset="moons"), checkpoints) is None, "trained on other data"
    assert memorised_of(replace(run, data=None), checkpoints) is None


def test_the_proxy_is_that_of_the_runs_own_original(checkpoints):
    run = run_of(moons().content, dataset="moons", original_seed=5)
    assert memorised_of(run, checkpoints) is None
    with pytest.raises(NotMeasurable) as caught:
        known_of(run, checkpoints)
    assert str(caught.value) == NEITHER


def test_ones_own_models_count_before_the_proxy(checkpoints):
    _, kept = written(Ensemble("moons", ("finetune",), 12, candidates="all"), {"original": 3.0})
    run = run_of(kept.about["data"], dataset="moons")
    found, expected = memorised_of(run, checkpoints), scores(kept)
    assert found.models == 12 and np.array_equal(found.score, expected.correctness.score)
    assert np.array_equal(found.rank_by, expected.probability.score)


def test_too_few_of_ones_own_models_do_not(checkpoints):
    _, kept = written(Ensemble("moons", ("finetune",), 9, candidates="all"), {"original": 3.0})
    assert memorised_of(run_of(kept.about["data"], dataset="moons"), checkpoints).models is None


def test_a_damaged_file_is_logged_and_as_good_as_none(checkpoints, caplog):
    run = run_of(moons().content, dataset="moons")
    original = checkpoints.find(original_key(run.resolved()))
    checkpoints.copy(original, checkpoints.root)
    (checkpoints.root / original.path.name).with_suffix(CONFIDENCE).write_bytes(b"damaged")
    assert memorised_of(run, checkpoints) is None
    assert "confidence.safetensors cannot be read" in caplog.text


def test_words():
    proxy = Memorised(np.array([0.0, 0.2, 0.1, 0.3]), np.array([0.0, 0.2, 0.1, 0.3]))
    assert proxy.said(3) == "learned later than 75.0% of all samples (proxy of memorised)"
