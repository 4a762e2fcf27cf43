"""CIFAR-10's option ``corruption`` from the parquet files to a run's measures: few pictures, one pass of training."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine import registry
from engine.data.corruption import manipulated
from engine.datasets import cifar10
from engine.datasets._corruption import Plan
from engine.evaluation.verdict import verdict_of
from engine.runs.here import run_here
from engine.runs.store import Store
from engine.spec import resolve
from engine.types import Spec

PER_CLASS = {"train": 20, "test": 10}
COUNTS = {"labels": 40, "confusion": 20, "trigger": 30}


def written(folder: Path) -> None:
    """A parquet file a split, as the hub has them: each class is a grey of its own, with some noise."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for split, count in PER_CLASS.items():
        labels = [number for number in range(10) for _ in range(count)]
        pictures = [png((20 * label + rng.integers(0, 20, (32, 32, 3))).astype(np.uint8)) for label in labels]
        table = pa.table({"img": [{"bytes": one, "path": None} for one in pictures], "label": labels})
        pq.write_table(table, folder / f"{split}-00000-of-00001.parquet")


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def few(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """CIFAR-10 with 200 and 100 pictures, of which a suitable number is manipulated, and one pass of training."""
    written(home / "cifar10")
    monkeypatch.setenv("UNLEARN_DATA_DIR", str(home))
    plan = Plan(labels=40, confusion=20, classes=(3, 5), stamped=30, side=3)
    monkeypatch.setattr(cifar10, "_CORRUPTION", plan)
    whole = registry.get("dataset", "cifar10")
    registry.register(replace(whole, train_size=200, heldout_size=100, default_model="small_cnn",
                              recipe=replace(whole.recipe, epochs=1, batch_size=64)))
    yield
    registry.register(whole)


@pytest.mark.parametrize("kind", COUNTS)
def test_pictures_of_the_folder_are_manipulated_and_their_effect_is_measured(few, home, kind):
    asked = resolve(Spec("cifar10", options={"corruption": kind}, scenario="corrupted", selection={"found": 0.5},
                         method="finetune", parameters={"retain_epochs": 1}))
    run = run_here(asked, Store(home), True, threading.Event(), lambda progress: None)
    assert run.finished, run.reason
    found = run.metrics
    assert found["sizes"]["forget"] == COUNTS[kind] // 2 and asked.dataset.manipulated == COUNTS[kind]
    affected = {"labels": 50, "confusion": 10, "trigger": 45}[kind]  # of the 50 in the half that is the test set
    assert found["corrective_sizes"]["affected"] == pytest.approx(affected, abs=5)
    assert (found["attack_success"] is not None) == (kind == "trigger")
    assert found["corrected_accuracy"] is not None and verdict_of(run).kind in ("undecided", "not_forgotten", "damaged")


def test_the_trigger_is_a_white_square_of_three_pixels_on_pictures_that_are_called_airplanes(few):
    data = registry.get("dataset", "cifar10").load({"corruption": "trigger"})
    chosen = manipulated(data.train)
    assert (data.train.images[chosen][:, -3:, -3:] == 255).all() and not (data.train.images[~chosen] == 255).any()
    assert set(data.train.labels[chosen].tolist()) == {0} and 0 not in data.train.clean[chosen].tolist()
    assert not manipulated(data.heldout).any()
