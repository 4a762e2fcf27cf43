"""What SCRUB, SSD, Amnesiac, gradient ascent and NegGrad+ cost, by hand, and their published constants."""

from __future__ import annotations

import pytest

from engine.methods import scrub
from engine.registry import get
from engine.spec import resolve
from engine.types import PROFILES, Plan, Setting, Sizes, Spec

TRAINERS = ("scrub", "amnesiac", "neggrad_plus")  # those whose epochs profile corrected sets


def cifar(method: str, profile: str = "corrected", fraction: float = 0.15, **parameters):
    return resolve(Spec("cifar10", method, profile=profile, forget_fraction=fraction, parameters=parameters))


@pytest.mark.parametrize("method, profile, steps, samples", [
    ("scrub", "paper", 6 * 167 + 3 * 30, 6 * 42_500 + 3 * 7_500),
    ("scrub", "corrected", 5 * 167 + 3 * 30, 5 * 42_500 + 3 * 7_500),
    ("amnesiac", "paper", 3 * 391, 3 * 50_000),  # 390 batches of 128 and one of 80
    ("amnesiac", "corrected", 5 * 391, 5 * 50_000),  # 6 x 0.85 = 5.1 passes over D
    ("neggrad_plus", "paper", 1_670, 10 * 42_500 + 55 * 7_500 + 20 * 256),  # 1,670 = 55 x 30 + 20
    ("neggrad_plus", "corrected", 501, 3 * 42_500 + 16 * 7_500 + 21 * 256),  # 501 = 16 x 30 + 21
    ("gradient_ascent", "paper", 5 * 30, 5 * 7_500), ("gradient_ascent", "corrected", 5 * 30, 5 * 7_500),
    ("ssd", "paper", 118 + 782, 57_500), ("ssd", "corrected", 118 + 782, 57_500)])  # batches of 64
def test_plans(method, profile, steps, samples):
    """CIFAR-10 at 15%: D_r 42,500 in 167 batches of 256, D_f 7,500 in 30."""
    assert cifar(method, profile).plan == Plan(steps, samples)


@pytest.mark.parametrize("fraction", [0.03, 0.1, 0.15, 0.3, 0.6])
@pytest.mark.parametrize("method", TRAINERS)
def test_corrected_processes_the_samples_of_six_passes_over_the_retain_set(method, fraction):
    """As near as whole epochs come; the dearest epoch is a pass over D_r with one over D_f or as many beside it."""
    resolved = cifar(method, fraction=fraction)
    sizes = resolved.sizes
    epoch = {"scrub": sizes.train, "amnesiac": sizes.train, "neggrad_plus": 2 * sizes.retain}[method]
    assert abs(resolved.plan.samples - 6 * sizes.retain) <= epoch / 2
    assert resolved.effective["epochs"] >= 1


@pytest.mark.parametrize("fraction, epochs", [(0.001, 6), (0.1, 6), (0.15, 5), (0.3, 5), (0.6, 2)])
def test_scrubs_epochs_make_room_for_the_passes_over_the_forget_set(fraction, epochs):
    """At 60% (in units of D): 6 R = 2.4; 2 epochs cost 2.0, 3 cost 3.0. At 15%: 5.1; 5 cost 4.7, 6 cost 5.55."""
    assert cifar("scrub", fraction=fraction).effective["epochs"] == epochs
    dataset = get("dataset", "cifar10")
    tiny = Setting(dataset, dataset.recipe, Sizes(1_000, 990, 10, 5, 5))
    assert scrub.nearest_epochs(tiny) == 1


PUBLISHED = {
    "scrub": {"epochs": 6, "maximise_epochs": 3, "gamma": 1.0, "alpha": 0.5, "temperature": 4.0, "anchor": 0.5,
              "optimiser": "sgd", "learning_rate": 5e-4, "momentum": 0.9, "weight_decay": 5e-4,
              "forget_batch_size": 256, "retain_batch_size": 256, "first_decay": 3, "second_decay": 5,
              "decay_factor": 0.1},
    "ssd": {"selection": 10.0, "dampening": 1.0, "batch_size": 64},
    "amnesiac": {"epochs": 3, "learning_rate": 1e-4, "weight_decay": 0.0, "batch_size": 128},
    "gradient_ascent": {"epochs": 5, "learning_rate": 1e-4, "momentum": 0.9, "weight_decay": 5e-4, "batch_size": 256},
    "neggrad_plus": {"beta": 0.95, "epochs": 10, "learning_rate": 0.01, "momentum": 0.9, "weight_decay": 5e-4,
                     "batch_size": 256},
}


@pytest.mark.parametrize("method", PUBLISHED)
def test_the_constants_of_methods_md(method):
    """Profile paper is what was published; corrected differs in the epochs of those that train, and in the anchor."""
    assert cifar(method, "paper").effective == PUBLISHED[method]
    corrected = cifar(method).effective
    differing = {name for name, value in corrected.items() if value != PUBLISHED[method][name]}
    assert differing == {"scrub": {"epochs", "anchor"}, "amnesiac": {"epochs"}, "neggrad_plus": {"epochs"}}.get(
        method, set())
    if method == "scrub":
        assert corrected["anchor"] == 0.0


@pytest.mark.parametrize("profile", PROFILES)
def test_scrubs_other_published_settings_can_be_set(profile):
    """docs/methods.md: Adam with 10 epochs, and SGD with 3. D_r in batches of 32: 1,329; D_f in batches of 64: 118."""
    adam = cifar("scrub", profile, optimiser="adam", weight_decay=0.1, temperature=2, epochs=10, retain_batch_size=32,
                 forget_batch_size=64, anchor=0)
    assert adam.plan == Plan(10 * 1_329 + 3 * 118, 10 * 42_500 + 3 * 7_500)
    short = cifar("scrub", profile, gamma=0.99, alpha=0.001, epochs=3, maximise_epochs=2, anchor=0)
    assert short.plan == Plan(3 * 167 + 2 * 30, 3 * 42_500 + 2 * 7_500)
    few = cifar("scrub", profile, epochs=2)
    assert few.plan.steps == 2 * 167 + 2 * 30, "no more maximising epochs than epochs"
