"""Recorded steps: the same numbers as steps that are taken one by one, whatever changes between them."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import pytest
import torch
from helping import make_task, parameters_of, small_split, weights_hash
from tape import TapeRecorder

from engine.registry import get
from engine.training import dropout, loop, recorded
from engine.training.loop import train

CPU = torch.device("cpu")


@pytest.fixture
def recorder(monkeypatch):
    """Records every step that may be recorded, in this test, from its second sight on."""
    found = TapeRecorder()
    monkeypatch.setattr(recorded, "recorder_for", lambda device: found)
    monkeypatch.setattr(recorded, "SIGHTS", 1)
    monkeypatch.setattr(recorded, "on_card", lambda device: True)  # numbers that change are tensors
    return found


def course(task: Any, method: str, **values: Any) -> tuple[str, list[dict[str, float]]]:
    """The weights that a method ends with, and all its terms."""
    steps = get("method", method).unlearn(task, parameters_of(method, task.split.sizes, **values))
    terms = [{name: float(value) for name, value in progress.terms.items()} for progress in steps]
    return weights_hash(task.model), terms


# Of 70 and 90 samples in batches of 32 the last ones are odd: they are recorded by themselves.
CASES = [("nabla_tau", {"alpha": 0.5, "batch_size": 32, "validation_every": 2}, 4),
         ("finetune", {"batch_size": 32}, 2),
         ("scrub", {"forget_batch_size": 32, "retain_batch_size": 32, "epochs": 3, "maximise_epochs": 2}, 4)]


@pytest.mark.parametrize("method, values, shapes", CASES)
def test_replayed_steps_give_the_same_weights_and_terms(digits, recorder, monkeypatch, method, values, shapes):
    split = small_split(70, 90)
    replayed = course(make_task(digits, split), method, **values)
    assert 1 <= recorder.recorded <= shapes and recorder.replayed > len(replayed[1]) // 2
    monkeypatch.setattr(recorded, "SIGHTS", 10**6)
    assert replayed == course(make_task(digits, split), method, **values)  # bit by bit
    monkeypatch.setattr(recorded, "recorder_for", lambda device: None)
    monkeypatch.setattr(recorded, "on_card", lambda device: False)
    plain = course(make_task(digits, split), method, **values)[1]
    assert [list(terms) for terms in plain] == [list(terms) for terms in replayed[1]]
    assert [list(terms.values()) for terms in plain] == [
        pytest.approx(list(terms.values()), rel=1e-4, abs=1e-6) for terms in replayed[1]]  # rates are rounded there


def test_a_training_is_the_same_replayed(digits, recorder, monkeypatch):
    recipe = replace(get("dataset", "digits").recipe, epochs=3, batch_size=32, augment=True)

    def trained() -> str:
        task = make_task(digits)
        list(train(task.model, digits, torch.arange(80), recipe, 0))
        return weights_hash(task.model)

    monkeypatch.setattr(loop, "on_card", lambda device: True)  # crops and flips of an epoch are drawn before it
    replayed = trained()
    assert recorder.recorded == 2 and recorder.replayed == 7
    monkeypatch.setattr(recorded, "SIGHTS", 10**6)
    assert replayed == trained()


def test_what_draws_in_its_own_way_is_not_recorded(digits, recorder):
    """Its draws would be those of the recording for ever."""
    own = replace(digits, augment=lambda images, rng: images + torch.randint(0, 2, images.shape[:1], generator=rng)[
        :, None, None, None].to(images.dtype))
    recipe = replace(get("dataset", "digits").recipe, epochs=3, batch_size=32, augment=True)
    list(train(make_task(digits).model, own, torch.arange(80), recipe, 0))
    assert recorder.recorded == 0
    list(train(make_task(digits).model, own, torch.arange(80), replace(recipe, augment=False), 0))
    assert recorder.recorded == 2


def test_a_number_that_would_never_change_is_refused(recorder):
    weight = torch.nn.Parameter(torch.ones(3))
    step = recorded.Recorded(torch.optim.SGD([weight], lr=0.1, fused=True),
                             lambda batch, epoch: (weight @ batch, 3, {"alpha": 0.5}), CPU, recorder)
    with pytest.raises(TypeError, match=r"^A term of a recorded step is the number 0\.5, "):
        step(torch.ones(3), 0)


def test_where_recording_fails_steps_are_taken_one_by_one(recorder, monkeypatch, caplog):
    def fails(work):
        raise RuntimeError("CUDA error: operation not permitted when stream is capturing\nmore")

    monkeypatch.setattr(recorder, "record", fails)
    weight = torch.nn.Parameter(torch.ones(3))
    step = recorded.Recorded(torch.optim.SGD([weight], lr=0.5, fused=True),
                             lambda batch, epoch: (weight @ batch, 3, {}), CPU, recorder)
    assert [float(step(torch.ones(3), 0)[0]) for _ in range(4)] == [3.0, 1.5, 0.0, -1.5]
    assert [record.getMessage() for record in caplog.records] == [
        "This training's step cannot be recorded (CUDA error: operation not permitted when stream is capturing): its "
        "steps are taken one by one."]


class Noted:
    """Stands for a part of torch.cuda: notes what it is asked for."""

    def __init__(self, name, notes):
        self.name, self.notes = name, notes

    def __getattr__(self, asked):
        def answer(*arguments, **more):
            given = [one.name if isinstance(one, Noted) else one for one in (*arguments, *more.values())]
            self.notes.append((f"{self.name}.{asked}", *given))
            return "pool" if asked == "pool" else None

        return answer


def test_what_is_asked_of_cuda(monkeypatch):
    """In the words of torch.cuda: the steps' stream waits for the one outside and the other way round."""
    notes: list[tuple] = []
    side, outside = Noted("side", notes), Noted("outside", notes)
    monkeypatch.setattr(torch.cuda, "Stream", lambda device: side)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: outside)
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: contextlib.nullcontext())
    monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: Noted("graph", notes))
    found = recorded.recorder_for(torch.device("cuda", 0))
    for wanted in (None, "pool"):
        notes.clear()
        with found.lane():
            replay, _ = found.record(lambda: notes.append(("work",)) or torch.ones(1))
            replay()
        assert notes == [("side.wait_stream", "outside"), ("side.synchronize",),
                         ("graph.capture_begin", wanted, "thread_local"), ("work",), ("graph.capture_end",),
                         ("graph.pool",), ("graph.replay",), ("outside.wait_stream", "side")]
    assert recorded.recorder_for(CPU) is None and recorded.recorder_for(torch.device("mps")) is None


def test_a_network_with_dropout_is_not_recorded(recorder):
    net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout(0.5))
    assert dropout.at_step(net, 0, CPU) is not dropout.none
    assert dropout.at_step(net[:1], 0, CPU) is dropout.none
