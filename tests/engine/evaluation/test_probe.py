"""What a person sees while a method runs: bins, overlap, the budget, and the shape of the events."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
import torch
from helping import make_task, small_split

from engine.evaluation import probe as live
from engine.evaluation.events import Reading
from engine.evaluation.histograms import EDGES
from engine.evaluation.measure import Readings, measure
from engine.evaluation.probe import Budget, Watcher
from engine.evaluation.readout import Readout, read_out
from engine.types import Progress

# --- the budget -----------------------------------------------------------------------------


def test_the_budget_by_hand():
    """A share of a tenth: a look of 2 s is paid for by 20 s; the next, usually 2 s too, by 40 s in all."""
    budget = Budget(0.1)
    assert budget.allows(0.5)
    budget.book(2.0)
    assert (budget.spent, budget.usual) == (2.0, 2.0)
    assert not budget.allows(39.9) and budget.allows(40.0)
    budget.book(4.0)  # the usual cost is a moving mean: 3 s
    assert (budget.spent, budget.usual) == (6.0, 3.0)
    assert not budget.allows(89.9) and budget.allows(90.0)
    budget.book(60.0)  # held up by other work: booked as three usual looks, 9 s, and the usual becomes 6 s
    assert (budget.spent, budget.usual) == (15.0, 6.0)


def test_a_gift_is_spent_in_step_with_the_run():
    """0.4 s in all: with a look of 0.1 s, one by a quarter of the run, four by its end."""
    budget = Budget(0.0, gift=0.4, usual=0.1)
    assert not budget.allows(9.0, 0.24) and budget.allows(9.0, 0.25)
    for _ in range(3):
        budget.book(0.1)
    assert not budget.allows(9.0, 0.99) and budget.allows(9.0, 1.0)


@pytest.mark.parametrize("card, samples, share, gift", [(False, 50_000, 0.095, 0.55), (True, 1_000, 0.095, 0.55),
                                                         (True, 50_000, 0.045, 0.0)])
def test_on_a_card_a_run_on_many_samples_gives_a_twentieth(card, samples, share, gift, monkeypatch):
    monkeypatch.setattr(live, "on_card", lambda device: card)
    budgets = live.budgets(SimpleNamespace(device=torch.device("cpu"), train=range(samples)))
    assert sum(one.share for one in budgets) == pytest.approx(share)
    assert sum(one.gift for one in budgets) == pytest.approx(gift)


def test_on_a_card_a_look_waits_for_the_end_of_an_epoch(digits, monkeypatch):
    """Within one it would wait for steps in the card's queue, and be charged for them."""
    task = make_task(digits)
    watcher = Watcher(digits, task.split, 0)
    monkeypatch.setattr(live, "on_card", lambda device: True)
    assert watcher.look(task.model, Progress(8, 10, 80, {}), 100.0) is None
    assert watcher.look(task.model, Progress(9, 10, 90, {}, ends_epoch=True), 100.0).step == 9


def test_the_shares_are_under_a_tenth():
    assert live.FRAME_SHARE + live.ATTACK_SHARE < 0.1


NOTHING = Readout(torch.zeros(1), torch.zeros(1), torch.zeros(1))


class Clock:
    """Seconds that only readings and attacks use up."""

    def __init__(self, monkeypatch, frame, attack):
        self.now = 0.0
        monkeypatch.setattr(live.time, "thread_time", lambda: self.now)
        monkeypatch.setattr(live, "reading", lambda *_, **__: self.spend(frame) or Reading({}, 0.0))
        monkeypatch.setattr(live, "run_attacks", lambda *_, **__: self.spend(attack) or {})
        monkeypatch.setattr(Watcher, "read", lambda watcher, model: Readings(NOTHING, NOTHING, NOTHING))

    def spend(self, seconds):
        self.now += seconds


@pytest.mark.parametrize("steps, step, frame, attack", [
    (80, 0.0125, 0.008, 0.04),    # digits on one core
    (480, 0.6, 1.0, 0.06),        # CIFAR-10 on two
    (2_000, 0.001, 0.002, 0.05),
    (400, 0.01, 0.05, 0.05),
])
def test_looking_costs_at_most_a_tenth_of_the_training(digits, monkeypatch, steps, step, frame, attack):
    watcher = make_watcher(digits)[0]
    clock, looks = Clock(monkeypatch, frame, attack), 0
    for number in range(1, steps + 1):
        looks += watcher.look(None, Progress(number, steps, number, {}), number * step) is not None
    assert clock.now == pytest.approx(watcher.frames.spent + watcher.attacks.spent)
    assert clock.now <= 0.1 * steps * step + live.FRAME_GIFT + live.ATTACK_GIFT
    assert 2 <= looks <= live.FRAMES


def test_no_more_frames_than_a_picture_needs(digits, monkeypatch):
    watcher, looks = make_watcher(digits)[0], []
    Clock(monkeypatch, 0.0, 0.0)
    for number in range(1, 1001):
        looks += [number] if watcher.look(None, Progress(number, 1000, number, {}), number) else []
    assert len(looks) == live.FRAMES - 1 and looks[0] == 21 and looks[-1] == 980, "the last is the closing event"


def test_a_run_too_short_to_pay_for_a_look_has_none(digits, monkeypatch):
    """What a frame and an attack cost is known from the first event, which no run is charged for."""
    watcher, task, _ = make_watcher(digits)
    watcher.start(task.model, 0, None)
    assert watcher.frames.usual > 0 and watcher.attacks.usual > 0
    assert watcher.frames.spent == watcher.attacks.spent == 0
    watcher.frames.usual = watcher.attacks.usual = 0.5
    clock = Clock(monkeypatch, 0.5, 0.5)
    looks = [watcher.look(None, Progress(n, 5, n, {}), n * 0.01) for n in range(1, 6)]
    assert looks == [None] * 5 and clock.now == 0


# --- the events -----------------------------------------------------------------------------


def make_watcher(digits, split=None):
    task = make_task(digits, split or small_split())
    pools = {"train": digits.train, "heldout": digits.heldout}
    sets = {name: read_out(task.model, digits, pool) for name, pool in pools.items()}
    s = task.split
    return Watcher(digits, s, seed=0), task, sets


def test_the_first_event(digits):
    watcher, task, _ = make_watcher(digits, small_split(40, 700, 100, 100))
    event = watcher.start(task.model, 0, None).to_json()
    assert event["kind"] == "start" and event["retrained"] is None and event["bins"] == EDGES
    assert event["counts"] == {"retain": live.MOST_SAMPLES["retain"], "forget": 40, "test": 100}
    assert {name: sum(bins) for name, bins in event["before"]["histogram"].items()} == {"forget": 40, "test": 100}
    assert set(event["before"]) == {"histogram", "overlap", "accuracy", "attacks"}
    assert set(event["before"]["accuracy"]) == {"retain", "forget", "test"}
    assert set(event["before"]["attacks"]) == set(event["null_band"]) >= {"mia_loss", "mia_entropy"}
    assert all(low <= 50 <= high for low, high in event["null_band"].values())
    assert json.loads(json.dumps(event)) is not None


def test_a_probe(digits):
    watcher, task, _ = make_watcher(digits)
    progress = Progress(3, 9, 120, {"forget_loss": torch.tensor(1.5), "alpha": 0.25}, 1)
    event = watcher.look(task.model, progress, 0.5).to_json()
    assert {name: event[name] for name in ("kind", "step", "samples", "seconds")} == {
        "kind": "probe", "step": 3, "samples": 120, "seconds": 0.5}
    assert event["trace"] == {"step": [3], "samples": [120], "forget_loss": [1.5], "alpha": [0.25]}
    assert sum(event["reading"]["histogram"]["forget"]) == 40 and event["reading"]["attacks"]["mia_loss"] is not None
    assert len(json.dumps(event)) < 4_000, "a live event is small"


def test_a_probe_shows_all_steps_since_the_last_one(digits, monkeypatch):
    watcher, task, _ = make_watcher(digits)
    allowed = iter([False] * 4 + [True] + [False] * 99 + [True])
    monkeypatch.setattr(live, "FRAMES", 10**6)  # every step is asked for
    monkeypatch.setattr(watcher.frames, "allows", lambda *_: next(allowed))
    monkeypatch.setattr(watcher.attacks, "allows", lambda *_: False)
    events = [watcher.look(task.model, Progress(n, 106, 10 * n, {"retain_loss": float(n)}), n) for n in range(1, 106)]
    shown = [event.to_json() for event in events if event]
    assert [event["step"] for event in shown] == [5, 105]
    assert shown[0]["trace"]["step"] == [1, 2, 3, 4, 5]
    assert shown[0]["reading"]["attacks"] == {"mia_loss": None, "mia_entropy": None}, "too dear for now"
    assert shown[1]["trace"]["step"] == list(range(6, 106))[::-1][::3][::-1], "thinned to 40 points, the last one kept"


def test_a_trace_leaves_gaps_where_a_step_has_no_such_term(digits):
    """A method that works in turns: forget steps know no retain loss and the other way round."""
    steps = [Progress(1, 2, 10, {"forget_loss": torch.tensor(1.5)}), Progress(2, 2, 20, {"retain_loss": 0.25})]
    assert live.thinned(steps) == {"step": [1, 2], "samples": [10, 20], "forget_loss": [1.5, None],
                                    "retain_loss": [None, 0.25]}


def test_looking_changes_nothing(digits):
    from helping import weights_hash

    watcher, task, _ = make_watcher(digits)
    task.model.train()
    before, state = weights_hash(task.model), torch.random.get_rng_state()
    watcher.look(task.model, Progress(1, 2, 3, {}), 1.0)
    assert weights_hash(task.model) == before and task.model.training
    assert torch.equal(state, torch.random.get_rng_state())


def test_the_last_event_shows_the_same_samples_as_all_others(digits):
    watcher, task, _ = make_watcher(digits)
    first = watcher.start(task.model, 0, None).to_json()
    event = watcher.last(task.model, Progress(9, 9, 400, {}), 2.0).to_json()
    assert (event["kind"], event["step"], event["samples"]) == ("probe", 9, 400)
    assert event["reading"] == first["before"], "an unchanged model reads the same: no kink at the end of a curve"


def test_where_all_samples_are_shown_live_numbers_equal_the_final_ones(digits):
    watcher, task, sets = make_watcher(digits)
    s = task.split
    final = measure(Readings(sets["train"][s.retain], sets["train"][s.forget], sets["heldout"][s.test]))
    live_attacks = watcher.start(task.model, 0, None).before.attacks
    assert live_attacks == {name: final[name] for name in live_attacks}


def test_a_forget_set_of_few_samples_has_no_attacks(digits):
    watcher, task, _ = make_watcher(digits, small_split(forget=5))
    event = watcher.start(task.model, 0, None).to_json()
    assert event["null_band"] == event["before"]["attacks"] == {"mia_loss": None, "mia_entropy": None}


def test_read_outs_are_indexed_by_sample():
    columns = Readout(torch.tensor([0.0, 1.0, 2.0]), torch.tensor([3.0, 4.0, 5.0]), torch.tensor([True, False, True]))
    part = columns[torch.tensor([2, 1])]
    assert part.loss.tolist() == [2.0, 1.0] and part.entropy.tolist() == [5.0, 4.0] and part.accuracy == 50.0
