"""The engine from a notebook: the docstring's own example, and that it computes what the command line computes."""

from __future__ import annotations

import dataclasses
import doctest
import math
import re

import pytest
import torch
from helping import weights_hash

import engine
from engine import api
from engine.errors import BadInput, BadMethod, BadSpec, OriginalMissing
from engine.runs.store import open_store


@pytest.fixture
def lab(with_original):
    return engine.load("digits")


QUICK = {"max_forget_epochs": 2}


def test_the_docstrings_example(with_original, tmp_path, monkeypatch, capsys):
    """Every line of the module's example runs as written, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    lines = [example.source for example in doctest.DocTestParser().get_examples(api.__doc__)]
    assert len(lines) == 6
    space: dict = {}
    for line in lines[:-2]:
        exec(line, space)
    attack = eval(lines[-2], space)
    assert 0 <= attack <= 100
    exec(lines[-1], space)
    assert (tmp_path / "unlearned.safetensors").stat().st_size > 100_000
    assert (space["result"].steps, space["result"].samples) == (80, 4_932) and space["result"].seconds > 0
    assert not (with_original / "runs.sqlite").exists(), "nothing is written to the run store"


def test_parts_and_results_are_one_line_when_printed(lab):
    parts = lab.split()
    assert repr(parts) == str(parts) == (
        "Parts(digits, scenario random, forget 15%, seed 0: 150 forget, 850 retain, 398 validation, 399 test samples)")
    assert repr(lab.split(seed=1, forget_class=3)).startswith(
        "Parts(digits, scenario class, forget class 3, seed 1: 100 forget, 900 ")
    result = lab.unlearn(parts, **QUICK)
    assert repr(result) == (f"Result(nabla_tau on digits, forget 15% (150 samples), seed 0: {result.steps:,} steps, "
                            f"{result.samples:,} samples, {result.seconds:.2f} s)")


def test_what_the_package_offers():
    assert set(engine.__all__) == {
        "Attack", "Auto", "Dataset", "Lab", "Method", "Model", "Option", "Parts", "Plan", "Progress", "Recipe",
        "Result", "RunWeights", "Scenario", "Sizes", "Spec", "Term", "__version__", "errors", "load", "parameter",
        "register", "weights_of"}
    assert all(getattr(engine, name) is not None for name in engine.__all__)
    assert engine.load is api.load and engine.Lab is api.Lab
    with pytest.raises(AttributeError, match=r"^module 'engine' has no attribute 'unlearn'$"):
        engine.unlearn  # noqa: B018


def test_saved_weights_give_equal_outputs(lab, tmp_path):
    from safetensors.torch import load_file

    from engine.registry import get
    from engine.training.networks import build_network

    result = lab.unlearn(lab.split(), **QUICK)
    path = result.save(tmp_path / "deep" / "unlearned.safetensors")
    fresh = build_network(get("model", "small_cnn"), 10, 1, 5, lab.data.device)
    fresh.load_state_dict(load_file(path))
    inputs, _ = lab.data.batch(lab.data.heldout, torch.arange(100, device=lab.data.device))
    with torch.no_grad():
        assert torch.equal(fresh.eval()(inputs), result.model(inputs))
    assert {value.dtype for value in load_file(path).values()} == {torch.float32, torch.int64}
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_it_computes_what_a_run_computes(lab, with_original):
    """The same spec through the store: the same metrics, of the result and of the Original, to the last digit."""
    from engine.originals.checkpoints import Checkpoints
    from engine.originals.workbench import load_data
    from engine.runs.execute import execute
    from engine.spec import resolve
    from engine.types import Spec

    parts = lab.split(forget_fraction=0.2, seed=3)
    result = lab.unlearn(parts, "finetune", **QUICK)
    resolved = resolve(Spec(method="finetune", forget_fraction=0.2, seed=3, parameters=QUICK))
    store = open_store()
    run = execute(store.get(store.begin(resolved)), store, Checkpoints(with_original / "checkpoints"),
                  lab.data.device)
    assert load_data(resolved.dataset, resolved.options, lab.data.device).content == lab.data.content
    metrics = run.metrics
    assert lab.evaluate(parts) == metrics["original"]
    found = lab.evaluate(result)
    kept = {**metrics, "notes": [note for note in metrics["notes"] if "damaged" not in note]}  # the run's own verdict
    assert found == {name: kept[name] for name in found}
    assert (result.steps, result.samples) == (run.steps, run.samples)
    assert (result.identity, result.changes, lab.notice) == (run.identity, (), None)


def test_seeds_reproduce(lab):
    parts = lab.split(seed=1)
    again = engine.load("digits").split(seed=1)
    for name in ("forget", "retain", "validation", "test"):
        assert torch.equal(getattr(parts.sets, name), getattr(again.sets, name))
    assert parts.sets.unseen is again.sets.unseen is None
    one = lab.unlearn(parts, **QUICK)
    torch.rand(100)
    assert weights_hash(lab.unlearn(again, **QUICK).model) == weights_hash(one.model)
    assert weights_hash(lab.unlearn(lab.split(seed=2), **QUICK).model) != weights_hash(one.model)


def test_the_original_is_never_changed(lab):
    before = weights_hash(lab.original)
    result = lab.unlearn(lab.split(), **QUICK)
    assert weights_hash(lab.original) == before != weights_hash(result.model)
    assert not lab.original.training and not result.model.training


# -- what a notebook changes ------------------------------------------------------------------------------


def other_weights(lab, seed=7):
    """The state of the same network with other first weights."""
    from engine.registry import get
    from engine.training.networks import build_network

    return build_network(get("model", "small_cnn"), 10, 1, seed, lab.data.device).state_dict()


def accuracy(network, data, pool, index):
    """Percent right, from the logits alone."""
    inputs, labels = data.batch(pool, index)
    with torch.no_grad():
        return 100 * float((network.eval()(inputs).argmax(dim=1) == labels).double().mean())


def test_weights_of_ones_own_are_evaluated_and_unlearned(lab):
    parts = lab.split()
    before, untouched = lab.evaluate(parts), lab.unlearn(parts, **QUICK)
    kept = {name: value.clone() for name, value in lab.original.state_dict().items()}
    lab.original.load_state_dict(other_weights(lab))
    found = lab.evaluate(parts)
    for name, pool in (("forget", lab.data.train), ("retain", lab.data.train), ("test", lab.data.heldout)):
        expected = accuracy(lab.original, lab.data, pool, getattr(parts.sets, name))
        assert found[f"{name}_accuracy"] == pytest.approx(expected, abs=1e-9)
    assert found["forget_accuracy"] < 40 < before["forget_accuracy"] == 100.0
    assert re.fullmatch(r"The Original's weights were changed after loading: this is about those weights \(sha256 "
                        r"[0-9a-f]{8}\), not about the Original of digits\.", lab.notice)
    assert found["notes"][-1] == lab.notice
    result = lab.unlearn(parts, "gradient_ascent", learning_rate=1e-6, epochs=1)
    moved = max(float((now - was).detach().abs().max()) for now, was in zip(
        result.model.parameters(), lab.original.parameters(), strict=True))
    assert 0 < moved < 1e-3, "it began from the changed weights"
    assert result.changes == (lab.notice,) and lab.evaluate(result)["notes"][-1] == lab.notice
    assert lab.unlearn(parts, **QUICK).identity != untouched.identity
    lab.original.load_state_dict(kept)
    assert (lab.evaluate(parts), lab.notice) == (before, None), "the loaded weights are the Original again"
    assert lab.unlearn(parts, **QUICK).identity == untouched.identity


def test_another_load_gives_the_original_and_the_data_untouched(lab):
    before, labels = weights_hash(lab.original), lab.data.train.labels.clone()
    lab.original.load_state_dict(other_weights(lab))
    lab.data.train.labels.zero_()
    again = engine.load("digits")
    assert weights_hash(again.original) == before and again.notice is None
    assert torch.equal(again.data.train.labels, labels)
    assert again.evaluate(again.split())["forget_accuracy"] == 100.0


def test_weights_changed_behind_torchs_back_are_noticed(lab):
    """``.data`` leaves torch's own counter of changes as it is."""
    before = lab.evaluate(lab.split())
    next(lab.original.parameters()).data.neg_()
    assert lab.notice and lab.evaluate(lab.split())["retain_accuracy"] < before["retain_accuracy"]


def test_labels_that_are_changed_are_used(lab):
    parts = lab.split()
    identity = lab.unlearn(parts, **QUICK).identity
    lab.data.train.labels[parts.sets.forget] = (lab.data.train.labels[parts.sets.forget] + 1) % 10
    found = lab.evaluate(parts)
    assert (found["forget_accuracy"], found["retain_accuracy"]) == (0.0, 100.0)
    assert re.fullmatch(r"The data were changed after loading \(sha256 [0-9a-f]{8}\): the Original was trained on "
                        r"digits as it was\.", lab.notice)
    assert found["notes"][-1] == lab.notice
    assert lab.unlearn(parts, **QUICK).identity != identity


def test_data_changed_after_unlearning_are_named_with_its_result(lab):
    parts = lab.split()
    result = lab.unlearn(parts, **QUICK)
    lab.data.heldout.labels.zero_()
    assert result.changes == () and lab.evaluate(result)["notes"][-1] == lab.notice


@pytest.mark.parametrize("stopped", [False, True])
def test_a_method_that_changes_the_data_is_refused(with_original, no_caches, monkeypatch, stopped):
    """In the app and the command line all runs of a process share them."""
    from engine import registry
    from engine.data.splits import split
    from engine.originals.checkpoints import Checkpoints
    from engine.originals.workbench import load_data, prepare_bench
    from engine.runs.method import unlearn
    from engine.spec import resolve
    from engine.types import Progress, Spec

    def careless(task, parameters):
        task.data.train.labels[task.split.forget] = 3
        yield Progress(1, 1, 0, {})

    def stop(*_):
        if stopped:
            raise KeyboardInterrupt

    method = dataclasses.replace(registry.get("method", "finetune"), unlearn=careless, title="Careless")
    monkeypatch.setitem(registry.table("method"), "finetune", method)
    resolved, cpu = resolve(Spec(method="finetune")), torch.device("cpu")
    bench = prepare_bench(resolved, Checkpoints(with_original / "checkpoints"), cpu)
    labels = bench.data.train.labels.clone()
    with pytest.raises(BadMethod, match=r"^Careless changed the data that it was given, which other runs share: in its "
                                        r"code, clone\(\) a tensor of task\.data before changing it\.$"):
        unlearn(bench, resolved, split(bench.data, resolved.spec), stop)
    assert torch.equal(load_data(resolved.dataset, resolved.options, cpu).train.labels, labels), "loaded anew"


def test_progress_is_called_after_every_step(lab):
    seen = []
    result = lab.unlearn(lab.split(), on_progress=seen.append, **QUICK)
    assert [progress.step for progress in seen] == list(range(1, 11)) and seen[-1].samples == result.samples
    assert math.isfinite(float(seen[-1].terms["forget_loss"]))


def test_the_thread_count_is_the_data_sets_whatever_ran_before(lab):
    """The order of floating-point sums depends on it; loading CIFAR in between sets it to all cores."""
    torch.set_num_threads(2)
    seen = set()
    lab.unlearn(lab.split(), on_progress=lambda progress: seen.add(torch.get_num_threads()), max_forget_epochs=1)
    assert seen == {1}


def test_problems_come_together(lab):
    with pytest.raises(BadSpec) as caught:
        lab.split(forget_fraction=0.7, seed=-1)
    assert len(caught.value.problems) == 2
    with pytest.raises(BadSpec, match=r"^No hyperparameter of finetune named 'alpha'\. "):
        lab.unlearn(lab.split(), "finetune", alpha=0.3)


def test_other_originals(with_original, monkeypatch, no_caches):
    from engine import registry

    with pytest.raises(OriginalMissing) as caught:
        engine.load("digits", original_seed=8, train_original=False)
    assert "Training it takes " in caught.value.__notes__[0]
    digits = registry.get("dataset", "digits")
    short = dataclasses.replace(digits, recipe=dataclasses.replace(digits.recipe, epochs=1))
    monkeypatch.setitem(registry.table("dataset"), "digits", short)
    lab = engine.load("digits", original_seed=8, label_noise=0.0)
    assert lab.data.options == {"label_noise": 0.0}
    assert set(lab.evaluate(lab.split())) >= {"retain_accuracy", "forget_accuracy", "mia_loss", "notes"}


def test_index_sets_that_their_spec_does_not_make_are_refused(lab):
    parts = lab.split()
    sets = replace_sets(parts.sets, forget=torch.tensor([3, 17, 256]))
    for mine in (engine.Parts(parts.spec, sets), dataclasses.replace(parts, sets=sets),
                 engine.Parts(parts.spec, parts.sets)):
        with pytest.raises(BadInput, match=r"^These index sets are not those that their spec makes"):
            lab.unlearn(mine, **QUICK)
        with pytest.raises(BadInput, match=r"^These index sets are not those that their spec makes"):
            lab.evaluate(mine)
    result = lab.unlearn(parts, **QUICK)
    with pytest.raises(BadInput, match=r"^A Result was given where a split is needed: .* --from\.$"):
        lab.unlearn(result, **QUICK)


def replace_sets(sets, **changed):
    from engine.data.splits import Split

    return Split(**(dict(sets.items()) | changed))


def test_a_device_that_this_machine_lacks(with_original):
    with pytest.raises(BadInput, match=r"^device='meta', but this machine has no such device\. It has: cpu"):
        engine.load("digits", device="meta")


def test_saved_weights_are_imported_and_loaded_by_name(lab, with_original, tmp_path):
    from engine.cli.main import main

    result = lab.unlearn(lab.split(), **QUICK)
    file = result.save(tmp_path / "mine.safetensors")
    assert main(["import-original", str(file), "--dataset", "digits", "--model", "small_cnn", "--name", "mine"]) == 0
    again = engine.load("digits", original="mine")
    assert all(torch.equal(ours.half(), theirs.half()) for ours, theirs in zip(
        again.original.parameters(), result.model.parameters(), strict=True) if ours.dim() > 1)


def test_a_table_of_every_sample_leads_back_to_its_row(tmp_path, monkeypatch, home):
    from tests.engine.texts import SIZES, rows, write_go_emotions

    monkeypatch.setenv("UNLEARN_DATA_DIR", str(write_go_emotions(tmp_path)))
    kept = [number for number, row in enumerate(rows("train")) if len(row["labels"]) == 1]
    data = engine.registry.get("dataset", "go_emotions").load({"labels": "single"})
    assert list(data.about["train"].places) == [f"train-00000-of-00001.parquet, row {number + 1:,}" for number in kept]
    assert len(data.about["heldout"].places) == len(data.heldout) < SIZES["test"] + SIZES["validation"]


def test_samples_of_a_result(lab):
    parts = lab.split()
    table = lab.samples(lab.unlearn(parts, **QUICK))
    assert table[table["set"] == "forget"]["sample"].tolist() == parts.sets.forget.tolist()
    assert set(table.columns) == {"set", "sample", "loss", "entropy", "correct", "predicted", "phi", "place"}
