"""What holds for every scenario on every kind of data. A new one is tested without an edit here.

Where its parameters have no defaults that choose somebody, ``ASKED`` says what to ask it for.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from texts import write_go_emotions

from engine import registry
from engine.checks import checked
from engine.data.splits import split
from engine.errors import BadSpec
from engine.sample_lists import keep
from engine.spec import expected_sizes, resolve
from engine.types import PROFILES, Spec, declared

SCENARIOS = registry.all_of("scenario")
PARAMETERS = [(scenario, h) for scenario in SCENARIOS for h in declared(scenario.parameters)]
KINDS = {"digits": "image", "moons": "points", "go_emotions": "text"}
ASKED = {"listed": lambda: {"selection": {"list": keep((3, 17, 25))}},
         "matching": lambda: {"selection": {"word": "wonderful"}}}


def by_name(record):
    return getattr(record, "name", None) or str(record)


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    return write_go_emotions(tmp_path_factory.mktemp("texts"))


def asked(scenario, dataset, profile):
    """A spec that forgets something by this scenario, and everything else at its default."""
    how = {"fraction": {}, "class": {"forget_class": 0}, "selection": {}}[scenario.target]
    return Spec(dataset, scenario=scenario.name, profile=profile, seed=3, **how | ASKED.get(scenario.name, dict)())


class Backwards:
    """Ranks as an Original would have them that finds later samples harder."""

    def __init__(self, size):
        self.order = torch.arange(size).flip(0).numpy()

    def stratum(self, level, count, proxy=False):
        return self.order[:count].copy()

    hardest = easiest = lambda self, count: self.order[:count].copy()


def with_ranks(data):
    return replace(data, ranks=Backwards(len(data.train)))


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("dataset", KINDS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=by_name)
def test_it_chooses_valid_samples_or_says_why_not(scenario, dataset, profile, texts, home, monkeypatch):
    monkeypatch.setenv("UNLEARN_DATA_DIR", str(texts))
    try:
        resolved = resolve(asked(scenario, dataset, profile))
        data = with_ranks(resolved.dataset.load(resolved.options))
        sets, again = (split(data, resolved.spec) for _ in range(2))
    except BadSpec as error:
        assert all(problem.endswith(".") and len(problem) > 20 for problem in error.problems)
        assert scenario.why_not and scenario.why_not(registry.get("dataset", dataset))
        return
    forget, train = sets.forget, torch.arange(len(data.train))
    assert forget.dtype == torch.int64 and len(forget.unique()) == len(forget) > 0
    assert torch.equal(torch.cat([forget, sets.retain]).sort().values, train), "D is parted in two"
    assert torch.equal(forget, again.forget), "it chooses the same once more"
    nonmembers = sets.test if sets.unseen is None else sets.unseen
    assert len(nonmembers) and (scenario.unseen is None) == (sets.unseen is None)
    assert not (set(sets.test.tolist()) & set([] if sets.unseen is None else sets.unseen.tolist()))


@pytest.mark.parametrize("dataset", registry.all_of("dataset"), ids=by_name)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=by_name)
def test_sizes_are_known_before_the_data(scenario, dataset, home):
    try:
        spec = resolve(asked(scenario, dataset.name, "corrected")).spec
    except BadSpec:
        assert scenario.why_not and scenario.why_not(dataset)
        return
    sizes = expected_sizes(spec, dataset)
    assert sizes.train == dataset.train_size == sizes.forget + sizes.retain
    assert 0 < sizes.forget < sizes.train and sizes.validation > 0 and sizes.test > 0 and sizes.nonmembers > 0


@pytest.mark.parametrize("scenario", SCENARIOS, ids=by_name)
def test_it_introduces_itself(scenario):
    for text in (scenario.summary, scenario.aim):
        assert text.endswith(".") and "\n" not in text
    assert scenario.title and scenario.source and scenario.name.isidentifier() and scenario.name.islower()


@pytest.mark.parametrize("scenario, h", PARAMETERS, ids=by_name)
def test_its_parameters_are_declared_in_full(scenario, h):
    assert h.help.endswith(".") and "\n" not in h.help and h.auto is None
    assert h.kind in ("int", "float", "bool", "choice", "text", "samples") and checked(h, h.default) == h.default
    if h.kind in ("int", "float"):
        assert None not in (h.low, h.high, h.step) and h.low < h.high and h.step > 0
