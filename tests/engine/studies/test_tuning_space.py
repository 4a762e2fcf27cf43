"""What tuning searches of a method: by its declaration alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from engine.registry import all_of, find, get, register, table
from engine.spec import resolve
from engine.studies.tuning_space import Dimension, point_of, space_of
from engine.types import Auto, Spec, parameter


@dataclass(frozen=True)
class Parameters:
    """One of each kind."""

    gamma: float = parameter(2.0, low=0.0, high=10.0, help="Weight.", group="objective")
    steps: int = parameter(3, low=1, high=5, help="Whole.", group="main")
    automatic: int = parameter(None, auto=Auto("five", lambda setting: 5), low=1, high=9, help="Budget.", group="main")
    share: float = parameter(0.5, low=0.0, high=1.0, help="Share.", group="main")
    certain: float = parameter(1.0, low=0.0, high=1.0, help="Share.", group="main")
    learning_rate: float = parameter(0.2, low=1e-6, high=1.0, help="Step size.")
    batch_size: int = parameter(2, low=2, high=4096, help="Batch.")
    momentum: float = parameter(0.9, low=0.0, high=0.999, help="Momentum.")
    every: int = parameter(5, low=1, high=100, help="Whole weight.", group="objective")
    off: float = parameter(0.0, low=0.0, high=10.0, help="Off.", group="main")
    flag: bool = parameter(True, help="A switch.", group="main")
    epochs: int = parameter(2, low=1, high=50, help="Schedule.", group="schedule")
    wide: float = parameter(7.0, low=0.0, high=1e9, help="Declared.", group="schedule", search=(1.0, 100.0))
    narrow: float = parameter(0.0, low=-9.0, high=9.0, help="Declared.", group="schedule", search=(-1.0, 1.0))
    never: float = parameter(1.0, low=0.0, high=10.0, help="Declared.", group="main", search=False)


@pytest.fixture
def method():
    finetune = get("method", "finetune")
    record = register(replace(finetune, name="of_all_kinds", title="All", parameters=Parameters,
                              profiles={}, plan=lambda parameters, sizes: finetune.plan(
                                  finetune.parameters(), sizes)))
    yield record
    del table("method")[record.name]


def test_the_ranges_follow_from_the_declaration(method):
    assert {one.name: (one.low, one.high, one.scale, one.whole) for one in space_of(Spec(method=method.name))} == {
        "steps": (1, 5, "log", True), "share": (0.0909, 0.909, "odds", False),
        "certain": (0.0, 1.0, "linear", False), "wide": (1.0, 100.0, "log", False),
        "narrow": (-1.0, 1.0, "linear", False), "learning_rate": (0.02, 1.0, "log", False),
        "batch_size": (2, 8, "log", True), "gamma": (0.2, 10.0, "log", False)}


def test_the_ends_of_whole_numbers_are_exact():
    batch = next(one for one in space_of(Spec("cifar10", "scrub")) if one.name == "retain_batch_size")
    assert (batch.low, batch.high) == (64, 1024)


def test_what_matters_most_comes_first(method):
    names = [one.name for one in space_of(Spec(method=method.name))]
    assert names == ["steps", "share", "certain", "wide", "narrow", "learning_rate", "batch_size", "gamma"]


@pytest.mark.parametrize(("dimension", "low", "middle", "high"), [
    (Dimension("a", 0.001, 0.1, "log", False), 0.001, 0.01, 0.1),
    (Dimension("a", 8, 128, "log", True), 8, 32, 128),
    (Dimension("a", 0.2, 0.8, "odds", False), 0.2, 0.5, 0.8),
    (Dimension("a", -1.0, 3.0, "linear", False), -1.0, 1.0, 3.0)])
def test_positions_and_values(dimension, low, middle, high):
    values = [dimension.value(at) for at in (0.0, 0.5, 1.0)]
    assert values == [low, middle, high]
    assert all(isinstance(value, int) == dimension.whole for value in values)
    assert [dimension.position(value) for value in values] == pytest.approx([0.0, 0.5, 1.0])
    assert dimension.position(high * 2) == 1.0


def test_a_proposed_value_has_three_digits():
    assert Dimension("a", 0.001, 0.1, "log", False).value(0.123) == 0.00176


@pytest.mark.parametrize("name", [method.name for method in all_of("method") if method.role != "reference"])
def test_every_method_can_be_searched_around_its_own_setting(name):
    spec = Spec(method=name, forget_fraction=0.15)
    if find("method", name).why_not(get("dataset", "digits")):
        pytest.skip("not on the digits")
    space, own = space_of(spec), resolve(spec).effective
    for corner in (0.0, 1.0):
        values = {one.name: one.value(corner) for one in space}
        resolve(replace(spec, parameters=values))
    assert all(0 <= at <= 1 for at in point_of(space, own))
    assert all(one.low <= own[one.name] <= one.high for one in space)
