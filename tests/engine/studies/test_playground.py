"""Plays of the Playground: frames, numbers, the brake, the reference, arrows, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.errors import BadSpec, Diverged, LabError
from engine.runs.store import open_store
from engine.studies import playground, playground_film
from engine.studies import playground_forces as forces
from engine.studies.playground import SIDE, Asked


@pytest.fixture(scope="module")
def wrong():
    """Forget the wrong labels of Moons."""
    at = playground.ground(Asked())
    return Asked(forget=tuple(at.data.train.wrong.nonzero().flatten().tolist()))


@pytest.fixture(scope="module")
def film(wrong):
    return playground.play(wrong)


def test_a_film_begins_with_the_original_and_ends_with_the_last_step(film, home):
    assert film.fields.shape == (41, 2, SIDE, SIDE) and film.fields.dtype == np.uint8
    assert (film.steps[0], film.steps[-1]) == (0, film.total) and list(film.steps) == sorted(set(film.steps))
    assert {len(values) for values in (film.numbers.forget, film.numbers.test, film.numbers.attack)} == {41}
    assert np.abs(film.fields.astype(int).sum(axis=1) - 255).max() <= 1, "probabilities"
    assert open_store().list() == [], "nothing is written to the store"


def test_wrong_labels_are_memorised_and_then_forgotten(film, wrong):
    reference = playground.retrained(wrong)
    assert film.numbers.forget[0] == 100.0 and film.numbers.forget[-1] < 50
    assert reference.numbers.forget[0] < 20 and reference.numbers.test[0] > film.numbers.test[0]
    assert film.numbers.test[-1] > film.numbers.test[0], "the islands are gone"
    away = [(frame[1] > 127) != (reference.fields[0, 1] > 127) for frame in film.fields[[0, -1]]]
    assert away[1].mean() < away[0].mean(), "the map moved towards the retrained one"


def test_the_same_question_has_the_same_answer(film, wrong):
    again = playground.play(wrong)
    assert np.array_equal(again.fields, film.fields) and again.numbers == film.numbers


def test_the_ends_come_first_and_nothing_is_played_twice(film, wrong, monkeypatch):
    played, real, other = [], playground._take, replace(wrong, alpha=0.37)
    monkeypatch.setattr(playground, "_take", lambda *asked: played.append(asked) or real(*asked))
    ends, whole = playground.play(other, whole=False), playground.play(other)
    assert ends.steps == (0, whole.total) and (ends.whole, whole.whole) == (False, True) and len(played) == 1
    assert np.array_equal(ends.fields, whole.fields[[0, -1]])
    assert ends.numbers.attack == (whole.numbers.attack[0], whole.numbers.attack[-1])
    assert len(playground.play(replace(other, arrows=True), whole=False).arrows) == 2 and len(played) == 1


def test_the_field_is_the_networks_own(film):
    """Row 0 is at the top: y = REACH less half a cell."""
    at = playground.ground(Asked())
    cell = 2 * 1.5 / SIDE
    corner = torch.tensor([[-1.5 + 2.5 * cell, 1.5 - 0.5 * cell]])
    with torch.no_grad():
        said = at.original(at.data.normalised(corner)).softmax(dim=1)[0]
    assert film.fields[0, :, 0, 2].tolist() == (255 * said).round().int().tolist()


def test_the_brake_holds_the_forget_loss_down(wrong):
    by_chance = replace(wrong, forget=tuple(range(30)))
    last = [playground.play(replace(by_chance, brake=brake)).numbers.loss[-1] for brake in (0.25, 1.0, 4.0, None)]
    assert last == sorted(last) and last[0] < last[-1] / 3
    assert playground.play(replace(by_chance, brake=None)).numbers.test[-1] < 70, "without it the model breaks"


def test_brake_one_is_the_method_itself(wrong):
    """The lab's own run of the same points, network and settings ends with the same field."""
    at = playground.ground(wrong)
    parts, resolved = playground._setting(at, wrong.spec, wrong.forget)
    task = playground._task(at, parts, resolved)
    for _ in resolved.method.unlearn(task, resolved.parameters):
        pass
    assert resolved.method.name == "nabla_tau" and resolved.effective["alpha"] == 0.5
    ended = playground_film.look(at, task.model.state_dict())
    assert np.array_equal(playground_film.film_of(at, task, [ended], (60,), 60).fields[0],
                          playground.play(wrong).fields[-1])


def test_nothing_forgotten_is_the_original_alone():
    film = playground.play(Asked())
    assert film.steps == (0,) and film.numbers.forget == (None,) and film.numbers.test[0] > 50
    with pytest.raises(LabError, match="no point is to be forgotten"):
        playground.retrained(Asked())


def test_few_points_have_no_attack(wrong):
    assert playground.play(replace(wrong, forget=wrong.forget[:9])).numbers.attack == (None,) * 41


@pytest.mark.parametrize("asked, said", [
    (Asked("moon"), "No data set of points named 'moon'. Did you mean 'moons'?"),
    (Asked(forget=(200,)), "forget names the point 200, but points are numbered 0 to 199."),
    (Asked(forget=tuple(range(121))), "forget names 121 points, but at most 120 of 200 can be forgotten at once."),
    (Asked(alpha=1.5), "alpha is 1.5, but must be between 0 and 1: the nearest valid value is 1."),
    (Asked(brake=0.0), "brake is 0.0, but must be between 0.1 and 4: the nearest valid value is 0.1."),
    (Asked(label_noise=0.3), "label_noise is 0.3, but must be one of 0.1, 0.0, 0.2."),
])
def test_a_question_that_makes_no_sense_is_refused_in_a_sentence(asked, said):
    with pytest.raises(BadSpec) as refused:
        playground.play(asked)
    assert str(refused.value) == said


class TestArrows:
    def test_there_are_some_in_every_frame_on_the_boundary(self, wrong):
        film = playground.play(replace(wrong, arrows=True))
        assert len(film.arrows) == len(film.steps)
        assert all(0 < len(one.at) <= forces.MOST for one in film.arrows)
        assert forces.longest(film.arrows) > 0

    def test_the_brake_cancels_the_ascent_where_the_loss_reaches_the_target(self):
        terms = {"alpha": 0.5, "validation_loss": 3.0}
        free, held, beyond = (forces.weights(terms, loss, None) for loss in (0.0, 3.0, 7.0))
        assert (free.ascent, free.brake, free.retain) == (3.0, 0.0, 0.5)
        assert held.ascent == held.brake == beyond.brake == 3.0
        assert forces.weights({}, 9.0, beta=0.25) == forces.Weights(0.75, 0.0, 0.25)

    def test_the_boundary_of_a_plane_is_where_it_changes_sign(self):
        x = torch.tensor([-1.0, 0.0, 1.0])
        centres = torch.stack(torch.meshgrid(x, x, indexing="xy"), dim=2)
        lead = centres[..., 0] - 0.25
        places, pairs = forces.boundary(centres, torch.stack([lead, -lead], dim=2))
        assert places[:, 0].tolist() == [0.25] * 3 and sorted(places[:, 1].tolist()) == [-1, 0, 1]
        assert pairs.tolist() == [[1, 0]] * 3

    def test_a_step_moves_a_straight_boundary_by_the_change_of_its_threshold(self):
        """m = w x + b is 0 at x = -b/w; b rises by 0.5 in units of w, so the boundary goes to the left."""
        data = playground.ground(Asked()).data
        net = torch.nn.Linear(2, 2)
        with torch.no_grad():
            net.weight.copy_(torch.tensor([[2.0, 0.0], [0.0, 0.0]]))
            net.bias.zero_()
        places, pairs = torch.tensor([[0.0, 0.3]]), torch.tensor([[0, 1]])
        step = {"weight": torch.zeros(2, 2), "bias": torch.tensor([1.0, 0.0])}
        moved = forces._moved(net, data, places, pairs, step, forces._normals(net, data, places, pairs))
        assert moved[0].tolist() == pytest.approx([-0.5 * 0.25, 0.0], abs=1e-6)


@pytest.mark.parametrize(("brake", "advice"), [
    (None, "The loss became nan at step 3: put the brake back on, or lower alpha."),
    (1.0, "The loss became nan at step 3: lower alpha.")])
def test_a_broken_model_is_mended_by_what_can_be_set_here(brake, advice):
    said = playground._broke(Diverged("The loss became nan at step 3: a smaller learning rate may help."),
                             Asked(forget=(1, 2), brake=brake))
    assert said == advice
