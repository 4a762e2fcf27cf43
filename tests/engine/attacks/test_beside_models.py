"""IAM and U-LiRA as attacks on one run: by hand, on models that forgot perfectly, and where models are too few."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from engine.attacks._iam import degrees, signal
from engine.evaluation.distances import auc
from engine.evaluation.ensembles.normals import PRIOR
from engine.evaluation.ensembles.outputs import FORGET, IN, OUT, Outputs
from engine.evaluation.ensembles.shadows import Shadows
from engine.evaluation.retrained import Beside, attacked
from engine.registry import get

IAM, U_LIRA = get("attack", "iam"), get("attack", "u_lira")
SAMPLES, UNSEEN, MODELS = 60, 80, 12


def table(forget, test, phi=None):
    """A per-sample table from losses; forgotten samples are numbered from 0."""
    frames = [pd.DataFrame({"set": name, "sample": np.arange(len(losses)), "loss": losses})
              for name, losses in (("forget", forget), ("test", test))]
    frame = pd.concat(frames, ignore_index=True)
    return frame if phi is None else frame.assign(phi=np.concatenate([phi, np.zeros(len(test))]))


# --- IAM ------------------------------------------------------------------------------------


def test_iam_scores_are_degrees_of_the_probability():
    mine, shadows = np.array([0.5, 0.01]), np.array([[0.4, 0.5], [0.2, 0.6], [0.3, 0.7]])
    rows = pd.DataFrame({"set": "forget", "sample": [0, 1], "loss": -np.log(mine)})
    frames = [rows.assign(loss=-np.log(one)) for one in shadows]
    assert IAM.score_samples(samples=rows, shadows=frames) == pytest.approx(degrees(signal(mine), signal(shadows)))
    assert np.isnan(IAM.score_samples(samples=rows, shadows=[frames[0], frames[1][:1]])[1])


def drawn(rng, hard, loss=0.0):
    """What a model that never trained on these samples says; ``loss`` less where it did."""
    return np.exp(hard + rng.normal(0, 0.5, len(hard)) - loss)


@pytest.mark.long
@pytest.mark.parametrize("shadows", [2, 10])
def test_iam_takes_a_retrained_model_for_what_it_is(shadows):
    """Inside three standard errors of one half in at least 93 of 100 simulations, whatever the number of shadows."""
    limit, inside = 3 * np.sqrt((SAMPLES + UNSEEN + 1) / (12 * SAMPLES * UNSEEN)), 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        hard = [rng.normal(0, 1, count) for count in (SAMPLES, UNSEEN)]
        mine, *others = (table(*(drawn(rng, side) for side in hard)) for _ in range(shadows + 1))
        found = (IAM.score_samples(samples=mine[mine["set"] == name], shadows=others) for name in ("forget", "test"))
        inside += abs(auc(*found) - 0.5) <= limit
    assert inside >= 93


def test_iam_finds_what_was_not_forgotten():
    rng = np.random.default_rng(0)
    hard = [rng.normal(0, 1, count) for count in (SAMPLES, UNSEEN)]
    mine = table(drawn(rng, hard[0], loss=2.0), drawn(rng, hard[1]))
    shadows = [table(*(drawn(rng, side) for side in hard)) for _ in range(3)]
    assert attacked(IAM, mine, Beside(shadows=shadows), "test")[0]["iam_auc"] > 0.85


@pytest.mark.parametrize("there, said", [(0, "there is none"), (1, "there is 1")])
def test_iam_with_too_few_shadows_was_not_tried(there, said):
    one = table(np.ones(20), np.ones(20))
    values, why = attacked(IAM, one, Beside(shadows=[one] * there), "test")
    assert values["iam_auc"] is None
    assert why == f"Not tried: it needs at least 2 models retrained on the same split from different seeds; {said}."


# --- U-LiRA ---------------------------------------------------------------------------------


def shadows_of(rng, left=0.0, first=0):
    """Twelve models: what is forgotten has ``left`` more phi than what was never seen, kept samples 5."""
    state = np.concatenate([(rng.permutation(SAMPLES) + np.arange(3)[:, None]) % 3 for _ in range(MODELS // 3)])
    more = np.select([state == FORGET, state == IN], [left, 5.0])
    return Shadows(np.arange(first, first + SAMPLES),
                   Outputs(rng.normal(more), state, np.repeat(np.arange(MODELS // 3), 3)))


def test_u_lira_by_hand():
    """Sample 11: 1, 3 and 5 where it was forgotten, -1, 0 and 1 where it was never seen; the run says 2.

    Of three draws the first is left out, so that 3 and 5, and 0 and 1 are left.
    """
    state = np.array([[FORGET, OUT, IN], [OUT, IN, FORGET], [IN, FORGET, OUT]] * 3)
    phi = np.where(state == IN, 9.0, 0.5) + np.arange(9)[:, None] * 0.1
    phi[state[:, 1] == FORGET, 1], phi[state[:, 1] == OUT, 1] = [1, 3, 5], [-1, 0, 1]
    shadows = Shadows(np.array([10, 11, 12]), Outputs(phi, state, np.repeat([0, 1, 2], 3)))

    def density(values, side):
        left = [phi[3:][state[3:, at] == side, at] for at in range(3)]
        spread = [((two - two.mean()) ** 2).sum() for two in left]
        assert left[1].tolist() == values
        scale = np.sqrt((PRIOR * sum(spread) / 3 + spread[1]) / (PRIOR + 1)) * np.sqrt(1 + 1 / 2)
        return t.logpdf((2 - np.mean(values)) / scale, PRIOR + 1) - np.log(scale)

    row = pd.DataFrame({"sample": [11], "phi": [2.0]})
    assert U_LIRA.score_samples(samples=row, ensemble=shadows)[0] == pytest.approx(
        density([3, 5], FORGET) - density([0, 1], OUT))


def test_non_members_are_models_that_never_had_the_same_samples_each_without_its_own_draw():
    shadows = shadows_of(np.random.default_rng(0), 3.0, first=100)
    rows = shadows.never_seen(np.array([107, 101]))
    outputs = shadows.outputs
    assert [(outputs.state[model, number - 100], phi == outputs.phi[model, number - 100]) for number, model, phi in
            zip(rows["sample"], rows["model"], rows["phi"], strict=True)] == [(OUT, True)] * (2 * MODELS // 3)
    one, moved = rows["model"][0], outputs.phi.copy()
    siblings = (outputs.group_of == outputs.group_of[one]) & (np.arange(MODELS) != one)
    moved[siblings] += 50.0  # the other models of its draw
    other = Shadows(shadows.samples, Outputs(moved, outputs.state, outputs.groups))
    scores, again = (U_LIRA.score_samples(samples=rows, ensemble=which) for which in (shadows, other))
    assert again[0] == pytest.approx(scores[0]) and abs(again - scores)[1:].max() > 1


def test_a_score_does_not_depend_on_the_other_rows():
    rng = np.random.default_rng(1)
    shadows = shadows_of(rng)
    rows = pd.DataFrame({"sample": np.arange(SAMPLES), "phi": rng.normal(size=SAMPLES)})
    whole, part = (U_LIRA.score_samples(samples=some, ensemble=shadows) for some in (rows, rows[20:]))
    assert part == pytest.approx(whole[20:])


def attack(rng, left, phi):
    run = table(np.ones(SAMPLES), np.ones(20), phi)
    return attacked(U_LIRA, run, Beside(ensemble=shadows_of(rng, left)), "test")


def test_u_lira_takes_a_retrained_model_for_what_it_is():
    """Retrained models as candidates, the run among them: inside three standard errors in at least 93 of 100."""
    limit, inside = 3 * np.sqrt((5 * SAMPLES + 1) / (12 * SAMPLES * 4 * SAMPLES)), 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        shadows = shadows_of(rng)
        run = pd.DataFrame({"sample": np.arange(SAMPLES), "phi": rng.normal(size=SAMPLES)})
        found = (U_LIRA.score_samples(samples=rows, ensemble=shadows)
                 for rows in (run, shadows.never_seen(np.arange(SAMPLES))))
        inside += abs(auc(*found) - 0.5) <= limit
    assert inside >= 93


def test_u_lira_finds_what_the_method_leaves():
    rng = np.random.default_rng(0)
    values, why = attack(rng, 2.0, rng.normal(2.0, size=SAMPLES))
    assert why is None and values["u_lira_auc"] > 0.85
    gone, _ = attack(rng, 2.0, rng.normal(0.0, size=SAMPLES))
    assert gone["u_lira_auc"] == pytest.approx(0.5, abs=0.12), "a run that forgot looks like one that never knew"


@pytest.mark.parametrize("run, ensemble, reason", [
    (table(np.ones(20), np.ones(20), np.zeros(20)), None,
     "Not tried: it needs an ensemble of at least 6 models of this method at these settings; there is none. The page "
     "Evidence trains one."),
    (table(np.ones(20), np.ones(20)), shadows_of(np.random.default_rng(0)),
     "This run was made before tables of samples kept phi: run it again to get it."),
    (table(np.ones(20), np.ones(20), np.zeros(20)), shadows_of(np.random.default_rng(0), first=11),
     "It needs at least 10 samples per side.")])
def test_u_lira_that_cannot_be_had(run, ensemble, reason):
    values, why = attacked(U_LIRA, run, Beside(ensemble=ensemble), "test")
    assert (values["u_lira_auc"], why) == (None, reason)
