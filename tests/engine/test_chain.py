"""Requests in sequence: who is forgotten next, from which weights, and what retraining is held against it."""

from __future__ import annotations

import json

import pytest
import torch

from engine import chain
from engine.cli.main import main
from engine.data.splits import split
from engine.runs.store import open_store
from engine.spec import resolve
from engine.types import Spec
from tests.engine.helping import problems_of

FIRST = Spec(method="finetune", forget_fraction=0.05)


def after(before=FIRST, **changes):
    """A request of the same kind that continues this run."""
    usual = {"method": "finetune", "forget_fraction": 0.05, "start": chain.stored(resolve(before).spec)}
    return Spec(**usual | changes)


def sets(data, *specs):
    return [split(data, resolve(spec).spec) for spec in specs]


class TestForgetSets:
    def test_with_one_seed_they_are_the_next_samples_of_one_order(self, digits):
        from engine.system.rng import permutation

        second = after()
        third = after(second)
        found = sets(digits, FIRST, second, third)
        order = permutation(1_000, 0, "forget set")
        assert [set(parts.forget.tolist()) for parts in found] == [
            set(order[at:at + 50].tolist()) for at in (0, 50, 100)]
        assert [parts.sizes.retain for parts in found] == [950, 900, 850]
        assert set(found[2].retain.tolist()) == set(order[150:].tolist())

    def test_another_seed_takes_none_that_is_forgotten(self, digits):
        first, second = sets(digits, Spec(method="finetune", forget_fraction=0.3),
                             after(Spec(method="finetune", forget_fraction=0.3), forget_fraction=0.3, seed=1))
        together = torch.cat([first.forget, second.forget, second.retain])
        assert len(second.forget) == 300 and len(together) == len(together.unique()) == 1_000

    def test_a_class_leaves_out_those_of_it_that_are_forgotten(self, digits):
        first, second = sets(digits, FIRST, after(scenario="class", forget_class=3, forget_fraction=None))
        of_class = (digits.train.labels == 3).nonzero().flatten()
        assert sorted(second.forget.tolist()) == sorted(set(of_class.tolist()) - set(first.forget.tolist()))

    def test_the_same_class_again_has_nobody_left(self, digits):
        from engine.errors import BadSpec

        whole = Spec(method="finetune", scenario="class", forget_class=3)
        with pytest.raises(BadSpec, match=r"Of the \d+ chosen samples 0 are not forgotten yet"):
            split(digits, after(whole, scenario="class", forget_class=3, forget_fraction=None))

    def test_sizes_are_known_before_the_data_are(self, digits):
        second = resolve(after(forget_fraction=0.1))
        assert second.sizes == split(digits, second.spec).sizes and second.sizes.retain == 850


class TestIdentities:
    def test_they_follow_the_chain(self):
        one, other = after(), after(Spec(method="scrub", forget_fraction=0.05))
        fingerprints = {resolve(spec).fingerprint for spec in (FIRST, one, other, after(one))}
        assert len(fingerprints) == 4

    def test_how_the_earlier_ones_were_forgotten_does_not_matter_to_retraining(self):
        one, other = (resolve(after(Spec(method=name, forget_fraction=0.05, unlearning_seed=seed), method="retrain"))
                      for name, seed in (("finetune", None), ("scrub", 7)))
        assert one.fingerprint == other.fingerprint and one.spec.start["method"] == "retrain"
        assert one.split_identity() == resolve(after()).split_identity() != resolve(FIRST).split_identity()

    def test_who_was_forgotten_earlier_does(self):
        one = resolve(after(method="retrain"))
        other = resolve(after(Spec(method="finetune", forget_fraction=0.05, seed=1), method="retrain"))
        assert one.split_identity() != other.split_identity()

    def test_a_stored_spec_reads_as_itself(self):
        spec = resolve(after(after())).spec
        assert Spec(**json.loads(json.dumps(chain.stored(spec)))) == spec


@pytest.mark.parametrize("changes, said", [
    ({"start": "a1b2"},
     "The run that is to be continued is not valid: start is 'a1b2', but must be the spec of a run."),
    ({"start": {"datset": "digits"}},
     "The run that is to be continued is not valid: start has a field 'datset', but must be the spec of a run."),
    ({"start": {"method": "nabla"}},
     "The run that is to be continued is not valid: No method named 'nabla'. Did you mean 'nabla_tau'?"),
    ({"options": {"label_noise": 0.0}}, "options is {'label_noise': 0.0}, but the run that it continues has "
                                        "{'label_noise': 0.2}: both must be the same."),
    ({"original_seed": 1}, "original_seed is 1, but the run that it continues has 0: both must be the same."),
])
def test_what_cannot_be_continued(changes, said):
    assert problems_of(after(**changes)) == [said]


def test_more_than_there_are():
    half = Spec(method="finetune", forget_fraction=0.6)
    assert problems_of(after(half, forget_fraction=0.5)) == [
        "Of the training samples 400 are left after the earlier requests, but 500 are to be forgotten: fewer can be."]


def test_a_chain_without_end():
    start = None
    for _ in range(60):
        start = {"method": "finetune", "forget_fraction": 0.01, "start": start}
    assert problems_of(Spec(start=start)) == [
        "start continues more than 50 runs one after another: start from an Original again."]


class TestRuns:
    QUICK = ("--method", "finetune", "--forget-fraction", "0.05", "--set", "retain_epochs=1", "--json")

    def run(self, capsys, *words):
        assert main(["run", *self.QUICK, *words]) == 0
        return json.loads(capsys.readouterr().out)

    def test_kept_weights_give_what_weights_that_are_computed_again_give(self, home, capsys):
        first = self.run(capsys)
        kept = self.run(capsys, "--from", first["run_id"])
        from engine.runs.store import open_store

        open_store().weights_path(first["run_id"]).unlink()
        again = self.run(capsys, "--from", first["run_id"])
        assert kept["notice"] is None and again["notice"] == (
            "The run that this one continues (Fine-tuning) kept no weights here: its model was computed again from its "
            "settings.")
        assert {name: value for name, value in again["metrics"].items() if name != "run_id"} == {
            name: value for name, value in kept["metrics"].items() if name != "run_id"}
        assert kept["metrics"]["forget_accuracy"] != first["metrics"]["forget_accuracy"]

    @pytest.mark.long
    def test_retraining_without_all_requests_completes_it(self, brief, capsys):
        first = self.run(capsys)
        second = self.run(capsys, "--from", "last")
        retrain = ["run", "--method", "retrain", "--forget-fraction", "0.05", "--json"]
        assert main([*retrain, "--from", first["run_id"]]) == 0
        retrained = json.loads(capsys.readouterr().out)
        assert main(["show", second["run_id"], "--json"]) == 0
        shown = json.loads(capsys.readouterr().out)
        assert shown["metrics"]["retrained"]["forget_accuracy"] == retrained["metrics"]["forget_accuracy"]
        assert main(["show", first["run_id"], "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["metrics"]["retrained"] is None, "it is of another forget set"

    @pytest.mark.long
    def test_the_command_that_repeats_it_repeats_the_chain(self, home, capsys):
        import shlex

        from engine.studies.repeat import run_command

        first = self.run(capsys)
        second = self.run(capsys, "--from", first["run_id"])
        from engine.runs.store import open_store

        commands = run_command(open_store().get(second["run_id"]).spec).split(" && ")
        assert len(commands) == 2 and commands[1].endswith("--from last")
        for command in commands:
            assert main([*shlex.split(command)[3:], "--json"]) == 0
            last = json.loads(capsys.readouterr().out)
        assert last["identity"] == second["identity"]

    def test_samples_that_are_named_again_are_counted(self, home, capsys, digits):
        first = self.run(capsys)
        assert main(["run", "--method", "finetune", "--set", "retain_epochs=1", "--scenario", "class", "--forget-class",
                     "3", "--from", first["run_id"], "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        [gone] = sets(digits, FIRST)
        again = int((digits.train.labels[gone.forget] == 3).sum())
        assert again > 0 and said["notice"] == (
            f"{again} of the samples that were named had been forgotten by an earlier request already.")

    def test_nothing_to_continue(self, home, capsys):
        assert main(["run", *self.QUICK, "--from", "last"]) == 2
        assert json.loads(capsys.readouterr().out)["problems"] == [
            "--from is last, but no run has finished yet: start one without --from."]


@pytest.mark.parametrize("first, second, said", [
    ({"scenario": "class", "forget_class": 3}, {"scenario": "class", "forget_class": 3, "seed": 5}, "a class"),
    ({"scenario": "class", "forget_class": (3, 5)}, {"scenario": "class", "forget_class": 5}, "a class"),
    ({"scenario": "class", "forget_class": 3}, {"scenario": "class", "forget_class": 3, "selection": {"share": 0.5}},
     "a class"),
    ({"scenario": "class", "forget_class": 3, "selection": {"share": 0.5}},
     {"scenario": "class", "forget_class": 3, "selection": {"share": 0.3}}, "a class"),
    ({"scenario": "corrupted"}, {"scenario": "corrupted", "selection": {"found": 0.3}}, "manipulated samples"),
    ({"scenario": "corrupted", "selection": {"found": 0.3}}, {"scenario": "corrupted", "selection": {"found": 0.3}},
     "manipulated samples")])
def test_what_is_gone_already_is_refused_before_the_data_are_read(first, second, said):
    start = chain.stored(resolve(Spec(method="finetune", **first)).spec)
    assert problems_of(Spec(method="finetune", start=start, **second)) == [
        f"Earlier requests, which this run continues, have forgotten all of {said} that it asks for already: nothing "
        "is left to forget, so choose others."]


@pytest.mark.parametrize("first, second", [
    ({"scenario": "class", "forget_class": 3}, {"scenario": "class", "forget_class": (3, 5)}),
    ({"scenario": "class", "forget_class": 3, "selection": {"share": 0.3}},
     {"scenario": "class", "forget_class": 3, "selection": {"share": 0.5}}),
    ({"scenario": "class", "forget_class": 3, "selection": {"share": 0.3}},
     {"scenario": "class", "forget_class": 3, "selection": {"share": 0.3}, "seed": 1}),
    ({"scenario": "class", "forget_class": 3, "selection": {"share": 0.3}}, {"scenario": "class", "forget_class": 3}),
    ({"scenario": "corrupted", "selection": {"found": 0.3}}, {"scenario": "corrupted"}),
    ({"forget_fraction": 0.1}, {"forget_fraction": 0.1})])
def test_what_has_some_left_is_not(digits, first, second):
    start = chain.stored(resolve(Spec(method="finetune", **first)).spec)
    assert len(split(digits, resolve(Spec(method="finetune", start=start, **second)).spec).forget) > 0


def test_lists_and_words_that_are_gone(home):
    from engine.sample_lists import keep

    start = chain.stored(resolve(Spec(scenario="listed", selection={"list": keep([1, 2, 3])})).spec)
    assert len(problems_of(Spec(scenario="listed", selection={"list": keep([1, 3])}, start=start))) == 1
    resolve(Spec(scenario="listed", selection={"list": keep([3, 4])}, start=start))
    asked = {"dataset": "go_emotions", "scenario": "matching"}
    start = chain.stored(resolve(Spec(**asked, selection={"word": "thanks"})).spec)
    assert len(problems_of(Spec(**asked, selection={"word": "thanks"}, seed=3, start=start))) == 1
    resolve(Spec(**asked, selection={"word": "please"}, start=start))


def test_preview_continues_as_run_does(with_original, capsys):
    def shown(*words):
        status = main(["preview", *words, "--json"])
        return status, json.loads(capsys.readouterr().out)

    assert main(["run", "--method", "finetune", "--scenario", "class", "--forget-class", "3", "--set",
                 "retain_epochs=1", "--json"]) == 0
    run_id = json.loads(capsys.readouterr().out)["run_id"]
    status, found = shown("--scenario", "class", "--forget-class", "3,5", "--from", run_id)
    assert status == 0 and list(found["classes"]) == ["5"], "class 3 is gone already"
    status, refused = shown("--scenario", "class", "--forget-class", "3", "--from", "last")
    assert status == 2 and "nothing is left to forget" in refused["problems"][0]
    assert main(["run", "--method", "finetune", "--scenario", "class", "--forget-class", "3", "--from", run_id]) == 2
    assert [run.id for run in open_store().list()] == [run_id], "nothing was recorded"
    capsys.readouterr()
    assert shown("--from", "nothing") == (2, {"run_id": None, "status": "bad_input", "problems": [
        f"There is no run 'nothing' in {with_original}."]})
    status, refused = shown("--original", "A b")
    assert status == 2 and "original is 'A b'" in refused["problems"][0]
    assert shown("--scenario", "hardest", "--original-seed", "77")[0] == 2, "there is no such Original"
