"""What an ensemble says, from drawn outputs of a known shift: rows, anchors, notes, and the file that ships."""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace

import numpy as np
import pytest
from fake_ensemble import written

from engine.errors import NotMeasurable
from engine.evaluation.ensembles.draws import ORIGINAL, candidates_of, states_of
from engine.evaluation.ensembles.outputs import IN
from engine.evaluation.ensembles.ulira import null_sd
from engine.originals.recorded_scores import recorded_scores
from engine.runs.ensembles.kept import part_file, weights_file
from engine.runs.ensembles.recorded import Recorded, recorded_ensembles
from engine.studies.ensemble import Ensemble, design
from engine.studies.ensemble_memorisation import scores
from engine.studies.ensemble_recorded import at_hand, pack
from engine.studies.ensemble_scores import pack_scores
from engine.studies.ensemble_store import kept_for
from engine.studies.ensemble_views import findings

DIGITS = Ensemble("digits", ("nabla_tau", "finetune"), models=64, candidates="all")
SHIFTS = {ORIGINAL: 2.0, "finetune": 1.0}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Written once for those who read; who writes takes ``own``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNLEARN_HOME", str(tmp_path_factory.mktemp("ensemble")))
        return written(DIGITS, SHIFTS)


@pytest.fixture
def own(made, home):
    found, kept = made
    mine = kept_for(found, kept.about["data"])
    shutil.copytree(kept.folder, mine.folder)
    return found, mine


@pytest.fixture(scope="module")
def seen(made):
    found, kept = made
    return findings(kept, found)


def test_rows_and_anchors(seen):
    rows = {row.name: row for row in seen.rows}
    assert list(rows) == [ORIGINAL, "retrain", "nabla_tau", "finetune"]
    assert rows[ORIGINAL].ulira.area.value == pytest.approx(0.92, abs=0.02)
    assert rows["finetune"].ulira.area.value == pytest.approx(0.76, abs=0.03)  # Phi(1 / sqrt 2)
    for name in ("retrain", "nabla_tau"):
        assert rows[name].ulira.area.holds(0.5) and rows[name].population.holds(0.5)
    assert rows["finetune"].population.value < rows["finetune"].ulira.area.value - 0.1, "levels of samples hide it"
    assert not seen.cannot_tell and not any(row.damaged for row in seen.rows)


def test_a_second_retrained_model_is_what_is_attainable(seen):
    attainable, good, bad = seen.attainable, seen.rows[2], seen.rows[3]
    assert (seen.rows[1].klom, seen.rows[1].quality, attainable.ulira) == (None, None, None)
    assert good.klom.mean == pytest.approx(attainable.klom.mean, rel=0.1) and bad.klom.mean > 2 * attainable.klom.mean
    assert good.share == pytest.approx(1, abs=0.15) and bad.share < 0.6
    assert (good.klom.name, good.quality.low, seen.a_side) == ("KLoM (5 bins, N = 21)", True, 21)


def test_each_sample_has_equally_many_models(seen):
    row = seen.rows[2]
    assert row.ulira.models == pytest.approx(64 / 3, abs=0.01) and row.ulira.null_sd == null_sd(row.ulira.models)
    assert np.std(row.ulira.per_sample) == pytest.approx(row.ulira.null_sd, rel=0.15)


def test_it_says_what_so_many_models_support(seen):
    support, klom, quality = seen.notes
    assert support.startswith("64 models give each sample 21 a side: enough for") and "not for a rate at" in support
    assert "fewer than 32" in klom and "fewer than 256" in quality and "over Originals" in quality


def test_retrained_models_that_fail_leave_nothing_to_tell(home):
    found, kept = written(replace(DIGITS, models=24, methods=()), {"retrain": 1.0})
    assert findings(kept, found).cannot_tell


def test_a_broken_model_is_marked(own):
    from safetensors.numpy import save

    found, kept = own
    read = kept.read(found.key("finetune"), range(64))
    kept.write({part_file(found.key("finetune"), number): save({
        "phi": read.phi[number], "correct": read.correct[number], "test_accuracy": np.array([69.9], np.float32)})
        for number in range(64)})
    assert [row.damaged for row in findings(kept, found).rows] == [False, False, False, True]


def test_candidates_are_dealt_and_the_others_always_in(home, tmp_path):
    some = replace(DIGITS, models=24, candidates=390)
    found, kept = written(some, SHIFTS)
    state = np.stack([states_of(0, number, 1_000, 390) for number in range(24)])
    pool = candidates_of(0, 1_000, 390)
    others = np.setdiff1d(np.arange(1_000), pool)
    assert (state[:, others] == IN).all() and (np.sort(state[:3][:, pool], axis=0).T == [0, 1, 2]).all()
    assert found.parts["finetune"].sizes.forget_fraction == pytest.approx(130 / 870)
    seen = findings(kept, found)
    assert len(seen.rows[2].ulira.per_sample) == 390 and seen.rows[1].ulira.area.holds(0.5)
    assert kept.about["candidates"] == 390 and "candidates" not in design(DIGITS).about("")
    with pytest.raises(NotMeasurable, match="Only 390 of 1,000 samples take part"):
        scores(kept)
    _ships_what_takes_part(found, kept, pool, tmp_path / "digits-ensemble.safetensors")


def _ships_what_takes_part(found, kept, pool, path):
    pack(kept, found, path)
    for key in kept.parts():
        mine, theirs = kept.read(key, range(24)), Recorded(path).read(key, range(24))
        np.testing.assert_array_equal(theirs.phi[:, pool], mine.phi[:, pool].astype(np.float16))
        np.testing.assert_array_equal(theirs.correct, mine.correct)
        assert np.isnan(np.delete(theirs.phi, pool, axis=1)).all(), "no measure asks for what all models have"
    assert path.stat().st_size < 4 * 24 * (390 * 2 + 1_000 / 8 + 4) + 5_000


def test_memorisation_from_the_originals(made):
    _, kept = made
    found = scores(kept)
    assert found.models == 64 and set(found.correctness.inside + found.correctness.outside) == {64}
    assert found.probability.score.mean() > 0.1 and found.probability.error.mean() < found.correctness.error.mean()
    assert scores(kept, 24).models == 24
    with pytest.raises(NotMeasurable, match="6 of at least 12 models"):
        scores(kept, 6)


def test_scores_that_ship_are_read_back(made, tmp_path, caplog):
    _, kept = made
    found = scores(kept)
    pack_scores(kept, found, tmp_path / "digits-memorisation.safetensors")
    (tmp_path / "moons-memorisation.safetensors").write_bytes(b"broken")
    ((about, again),) = recorded_scores(tmp_path)
    assert (about, again.models) == (kept.about, 64) and "moons-memorisation.safetensors cannot be read" in caplog.text
    for name in ("score", "error", "inside", "outside"):
        np.testing.assert_array_equal(getattr(again.probability, name), getattr(found.probability, name))
    assert (tmp_path / "digits-memorisation.safetensors").stat().st_size < 100_000


def test_what_ships_is_found_like_ones_own(made, seen, tmp_path):
    found, kept = made
    assert at_hand(found, kept, tmp_path) is kept
    path = tmp_path / "digits-ensemble.safetensors"
    pack(kept, found, path)
    (shipped,) = recorded_ensembles(tmp_path)
    one, other = seen, findings(shipped, found)
    assert (shipped.recorded, shipped.about) == (True, kept.about)
    for mine, theirs in zip(one.rows, other.rows, strict=True):
        assert mine.ulira.area.value == pytest.approx(theirs.ulira.area.value, abs=1e-3)
        assert (mine.forget_accuracy, mine.test_accuracy) == (theirs.forget_accuracy, theirs.test_accuracy)
    gone = kept_for(found, kept.about["data"], tmp_path / "elsewhere")
    assert at_hand(found, gone, tmp_path).recorded
    assert at_hand(design(replace(DIGITS, models=65), 1_000), gone, tmp_path) is gone, "it has 64 models"
    assert at_hand(design(replace(DIGITS, methods=("ssd",)), 1_000), gone, tmp_path) is gone


def test_twelve_methods_fit_into_two_megabytes(made, tmp_path):
    found, kept = made
    pack(kept, found, tmp_path / "digits-ensemble.safetensors")
    assert (tmp_path / "digits-ensemble.safetensors").stat().st_size * 14 / 4 < 2_000_000


def test_a_destroyed_model_ships_with_the_largest_value_that_half_precision_has(own, tmp_path):
    from safetensors.numpy import save

    found, kept = own
    read = kept.read(found.key("finetune"), [0])
    read.phi[0, 5] = -6e6
    kept.write({part_file(found.key("finetune"), 0): save({
        "phi": read.phi[0], "correct": read.correct[0], "test_accuracy": read.test_accuracy.astype(np.float32)})})
    pack(kept, found, tmp_path / "x-ensemble.safetensors")
    assert Recorded(tmp_path / "x-ensemble.safetensors").read(found.key("finetune"), [0]).phi[0, 5] == -65_504


@pytest.mark.parametrize("content", [b"", b"broken"])
def test_a_damaged_shipped_file_is_left_out_and_logged(tmp_path, content, caplog):
    (tmp_path / "digits-ensemble.safetensors").write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert list(recorded_ensembles(tmp_path)) == []
    assert "digits-ensemble.safetensors cannot be read" in caplog.text


def test_names_of_files():
    assert (part_file("ssd-1", 7), weights_file(12)) == ("parts/ssd-1/00007.safetensors", "weights/00012.safetensors")
