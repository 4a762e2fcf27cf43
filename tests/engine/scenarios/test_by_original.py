"""Scenarios that choose by the Original: memorised, hardest and easiest samples, and what follows for identities."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from helping import problems_of

from engine.cli.main import main
from engine.data.splits import split
from engine.errors import BadSpec, NotMeasurable, OriginalMissing
from engine.originals.checkpoints import Checkpoints, open_checkpoints
from engine.originals.memorised import known
from engine.originals.ranks import OriginalRanks
from engine.originals.workbench import prepare_bench
from engine.preview import preview
from engine.registry import get
from engine.spec import resolve
from engine.types import Spec

BY_ORIGINAL = ("memorised", "hardest", "easiest")
CPU = torch.device("cpu")


def spec(scenario: str = "memorised", dataset: str = "digits", fraction: float = 0.1, **more) -> Spec:
    return Spec(dataset, scenario=scenario, forget_fraction=fraction, **more)


def forgotten(bench, asked: Spec) -> list[int]:
    return split(bench.data, resolve(asked).spec).forget.tolist()


@pytest.fixture
def bench(with_original, no_caches):
    return prepare_bench(resolve(spec()), open_checkpoints(), CPU)


@pytest.fixture
def moons(home, no_caches):
    return prepare_bench(resolve(spec(dataset="moons")), open_checkpoints(), CPU)


def test_the_strata_of_digits_are_those_of_the_scores_and_have_nothing_in_common(bench):
    found = {level: forgotten(bench, spec(selection={"stratum": level})) for level in ("high", "medium", "low")}
    assert [len(numbers) for numbers in found.values()] == [100, 100, 100]
    assert len(set().union(*map(set, found.values()))) == 300
    score = known(resolve(spec()), bench.data.content, open_checkpoints()).rank_by
    assert sorted(found["high"]) == sorted(np.argsort(-score, kind="stable")[:100].tolist())
    means = [score[found[level]].mean() for level in ("high", "medium", "low")]
    assert means[0] > 0.98 and 0.3 < means[1] < 0.7 and means[2] < 0.01


def test_most_of_the_memorised_digits_have_a_label_that_was_changed(bench):
    clean = get("dataset", "digits").load({"label_noise": 0.0}).train.labels
    changed = clean != bench.data.train.labels.cpu()
    assert changed[forgotten(bench, spec())].float().mean() > 0.9
    assert not changed[forgotten(bench, spec(selection={"stratum": "low"}))].any()


def test_by_the_proxy_it_is_another_choice(bench, moons):
    best, by_proxy = (forgotten(bench, spec(selection={"by": by})) for by in ("best", "proxy"))
    assert best != by_proxy and len(set(best) & set(by_proxy)) > 50
    best, by_proxy = (forgotten(moons, spec(dataset="moons", selection={"by": by})) for by in ("best", "proxy"))
    assert best == by_proxy, "points have nothing else"


@pytest.mark.parametrize(("scenario", "sign"), [("hardest", -1), ("easiest", 1)])
def test_hardest_and_easiest_by_the_originals_loss(bench, scenario, sign):
    loss = bench.readouts["train"].loss.numpy()
    numbers = forgotten(bench, spec(scenario))
    assert sorted(numbers) == sorted(np.argsort(sign * loss, kind="stable")[:100].tolist())
    rest = np.delete(loss, numbers)
    assert (sign * loss[numbers]).max() <= (sign * rest).min()


@pytest.mark.parametrize("scenario", BY_ORIGINAL)
def test_another_original_is_another_split_and_reference(scenario):
    one, other = (resolve(spec(scenario, original_seed=seed)) for seed in (0, 1))
    assert one.split_identity() != other.split_identity()
    assert one.training_identity("d") != other.training_identity("d")
    plain = [resolve(Spec(original_seed=seed)).split_identity() for seed in (0, 1)]
    assert plain[0] == plain[1], "a random subset is the same with every Original"


@pytest.mark.parametrize("scenario", BY_ORIGINAL)
def test_the_seed_halves_the_held_out_samples_and_chooses_nobody(bench, scenario):
    one, other = (split(bench.data, resolve(spec(scenario, seed=seed)).spec) for seed in (0, 1))
    assert torch.equal(one.forget, other.forget) and not torch.equal(one.test, other.test)


@pytest.mark.parametrize("scenario", BY_ORIGINAL)
def test_data_without_an_original_are_refused_in_a_sentence(digits, scenario):
    with pytest.raises(BadSpec) as caught:
        split(digits, resolve(spec(scenario)).spec)
    assert str(caught.value) == (f"The scenario {scenario!r} chooses by what an Original says of single samples: load "
                                 "the data with one, as engine.load does.")


def test_where_nothing_is_known_of_memorisation(digits, tmp_path):
    asked = resolve(spec(original_seed=7, options={"label_noise": 0.0}))
    data = replace(digits, ranks=OriginalRanks(np.zeros(1_000), digits.content, asked, Checkpoints(tmp_path)))
    for by in ("best", "proxy"):
        with pytest.raises(NotMeasurable, match="is not known: there are no scores from many models"):
            split(data, resolve(replace(asked.spec, selection={"by": by})).spec)


@pytest.mark.parametrize(("asked", "said"), [
    (spec(fraction=0.4), "forget_fraction is 0.4, but three strata have no sample in common: the nearest valid value "
                         "is 0.333."),
    (spec(selection={"stratum": "top"}), "No stratum named 'top'. Valid: high, medium, low.")])
def test_what_cannot_be_chosen(asked, said):
    assert problems_of(asked) == [said]


def test_a_copy_of_the_data_keeps_the_ranks(moons):
    assert copy.deepcopy(moons.data).ranks is moons.data.ranks


def test_who_it_would_be_is_shown_before_launch_with_the_classes(home, no_caches):
    found = preview(spec("hardest", "moons"))
    bench = prepare_bench(resolve(spec("hardest", "moons")), open_checkpoints(), CPU)
    assert list(found.samples) == forgotten(bench, spec("hardest", "moons"))
    assert sum(chosen for chosen, _ in found.classes.values()) == found.sizes.forget == 20
    with pytest.raises(OriginalMissing):
        preview(spec("hardest", "moons", original_seed=9))


@pytest.mark.parametrize("words", [("memorised", "--select", "stratum=low"), ("hardest",), ("easiest",)])
def test_from_the_command_line(home, no_caches, capfd, words):
    assert main(["run", "--dataset", "moons", "--method", "finetune", "--scenario", *words, "--json"]) == 0
    run = json.loads(capfd.readouterr().out)
    assert (run["status"], run["spec"]["scenario"]) == ("finished", words[0])
    assert run["metrics"]["sizes"]["forget"] == 30
