"""The story of a run, without a store: in which order a watch sees it, and what runs on one split share."""

from __future__ import annotations

import pytest
import torch

from engine.errors import Cancelled
from engine.originals.checkpoints import Checkpoints
from engine.originals.workbench import prepare_bench
from engine.runs import method
from engine.runs.compute import compute
from engine.runs.method import Watch, run_method
from engine.spec import resolve
from engine.system.files import frame_of
from engine.system.recent import Recent
from engine.types import Spec


class Seen(Watch):
    def __init__(self, stop_at=None):
        self.log, self.stop_at = [], stop_at

    def begin(self, at):
        self.log.append(f"begin {at.resolved.sizes.forget}")

    def step(self, model, progress, seconds):
        self.log.append(f"step {progress.step}")
        if progress.step == self.stop_at:
            raise Cancelled("Stopped.")

    def stage(self, text):
        self.log.append(text)

    def end(self, done, readings, metrics):
        self.log.append(f"end {done.steps}")
        return [{"kind": "mine"}]


@pytest.fixture
def bench(with_original):
    return prepare_bench(resolve(Spec()), Checkpoints(with_original / "checkpoints"), torch.device("cpu"))


def quick(**more):
    return resolve(Spec(method="finetune", forget_fraction=0.2, parameters={"retain_epochs": 1}, **more))


def test_a_watch_sees_the_run_in_order_and_says_what_its_course_was(bench):
    watch = Seen()
    outcome = run_method(bench, quick(), watch)
    steps = outcome.columns["steps"]
    assert watch.log == ["begin 200", *(f"step {n + 1}" for n in range(steps)), "Evaluating", f"end {steps}"]
    assert outcome.course == [{"kind": "mine"}] and outcome.finished
    assert frame_of(outcome.samples)["set"].value_counts()["forget"] == 200


def test_what_a_watch_raises_ends_the_run(bench):
    watch = Seen(stop_at=2)
    with pytest.raises(Cancelled):
        run_method(bench, quick(), watch)
    assert watch.log == ["begin 200", "step 1", "step 2"]


def test_whoever_looks_on_the_numbers_are_the_same(bench):
    seen, traced = run_method(bench, quick(seed=4), Seen()), compute(quick(seed=4), bench)
    alike = [{name: value for name, value in one.columns.items() if name != "seconds"} for one in (seen, traced)]
    assert alike[0] == alike[1] and seen.samples == traced.samples


def test_the_original_is_measured_once_a_split(bench, monkeypatch):
    monkeypatch.setattr(method, "_originals", Recent(16))
    asked, whole = [], method.original_readings
    monkeypatch.setattr(method, "original_readings", lambda *at: asked.append(at[2].spec.seed) or whole(*at))
    for seed in (7, 7, 8, 7):
        run_method(bench, quick(seed=seed), Watch())
    assert asked == [7, 8]


def test_the_last_few_are_kept():
    recent, made = Recent(2), []
    for key in ("a", "b", "a", "c", "a", "b"):
        assert recent.get(key, lambda key=key: made.append(key) or key.upper()) == key.upper()
    assert made == ["a", "b", "c", "b"], "b was used least recently when c came"
