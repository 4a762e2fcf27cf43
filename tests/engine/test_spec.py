"""All problems of a spec at once with their nearest valid values, effective settings, and identity."""

from __future__ import annotations

import dataclasses
import subprocess

import pytest
from helping import problems_of

from engine import registry
from engine.errors import BadSpec
from engine.registry import get
from engine.spec import resolve
from engine.types import Recipe, Sizes, Spec


def with_parameters(method="nabla_tau", **values):
    return Spec(method=method, parameters=values)


def test_the_defaults():
    resolved = resolve(Spec())
    assert dataclasses.asdict(resolved.spec) == {
        "dataset": "digits", "method": "nabla_tau", "model": "small_cnn", "scenario": "random", "forget_fraction": 0.15,
        "forget_class": None, "seed": 0, "original_seed": 0, "profile": "corrected", "parameters": {}, "options": {},
        "forget_seed": None, "unlearning_seed": None, "evaluation_seed": None, "selection": {}, "original": None,
        "start": None}
    assert resolved.sizes == Sizes(1_000, 150, 850, 398, 399)
    assert resolved.options == {"label_noise": 0.2}
    assert resolve(Spec(dataset="cifar10")).spec.model == "resnet18"
    assert resolve(Spec(dataset="cifar10")).sizes == Sizes(50_000, 7_500, 42_500, 5_000, 5_000)


def test_a_valid_spec_needs_no_list_of_names(monkeypatch):
    """A list is as it is now: it looks into a folder, and a start checks more than a thousand specs."""
    monkeypatch.setattr("engine.spec.names", lambda kind: pytest.fail(f"the names of every {kind} were asked for"))
    resolve(Spec())


# --- problems -------------------------------------------------------------------------------


def test_all_problems_of_a_spec_at_once():
    spec = Spec(forget_fraction=0.9, seed=-3, original_seed=1.5, model="resnet18", options={"label_noise": 0.5, "x": 1},
                parameters={"alpha": 2, "alfa": 1, "batch_size": 1, "batch_norm": "trane", "alpha_decay": "maybe"})
    assert problems_of(spec) == [
        "model is 'resnet18', which reads pictures from 32 pixels a side, but those of digits have 8: choose "
        "small_cnn, resnet18_cifar, resnet34, vit_small, mobilenet_v3, image_mlp.",
        "No option of digits named 'x'. Valid: label_noise, corruption.",
        "label_noise is 0.5, but must be one of 0.2, 0.0.",
        "forget_fraction is 0.9, but must be between 0.001 and 0.6: the nearest valid value is 0.6.",
        "seed is -3, but must be a whole number from 0 to 2,147,483,647: the nearest valid value is 0.",
        "original_seed is 1.5, but must be a whole number from 0 to 2,147,483,647: the nearest valid value is 2.",
        "alpha is 2, but must be between 0 and 1: the nearest valid value is 1.",
        "No hyperparameter of nabla_tau named 'alfa'. Did you mean 'alpha'?",
        "batch_size is 1, but must be a whole number from 2 to 4,096: the nearest valid value is 2.",
        "No batch_norm named 'trane'. Did you mean 'train'?",
        "alpha_decay is 'maybe', but must be true or false.",
    ]


def test_all_unknown_names_at_once_with_the_numbers():
    spec = Spec(dataset="digit", method="nabla", profile="papr", scenario="clas", forget_fraction=0, seed="x")
    assert problems_of(spec) == [
        "No dataset named 'digit'. Did you mean 'digits'?",
        "No method named 'nabla'. Did you mean 'nabla_tau'?",
        "No profile named 'papr'. Did you mean 'paper'?",
        *problems_of(Spec(scenario="clas")),
        "forget_fraction is 0, but must be between 0.001 and 0.6: the nearest valid value is 0.001.",
        "seed is 'x', but must be a number.",
    ]
    assert problems_of(Spec(scenario="clas"))[0].startswith("No scenario named 'clas'. ")


@pytest.mark.parametrize("fraction, text", [
    (0.0009, "forget_fraction is 0.0009, but must be between 0.001 and 0.6: the nearest valid value is 0.001."),
    (0.61, "forget_fraction is 0.61, but must be between 0.001 and 0.6: the nearest valid value is 0.6."),
    (-1, "forget_fraction is -1, but must be between 0.001 and 0.6: the nearest valid value is 0.001."),
    (float("nan"), "forget_fraction is nan, which is not a number, but must be between 0.001 and 0.6."),
    (15, "forget_fraction is 15, but must be between 0.001 and 0.6: 15% is 0.15."),
    ("2.5", "forget_fraction is 2.5, but must be between 0.001 and 0.6: 2.5% is 0.025."),
    ("15%", "forget_fraction is 15%, but must be between 0.001 and 0.6: 15% is 0.15."),
    (61, "forget_fraction is 61, but must be between 0.001 and 0.6: the nearest valid value is 0.6."),
    (1, "forget_fraction is 1, but must be between 0.001 and 0.6: the nearest valid value is 0.6."),
    (float("inf"), "forget_fraction is inf, but must be between 0.001 and 0.6: the nearest valid value is 0.6."),
    ("much", "forget_fraction is 'much', but must be a number."),
    (None, "forget_fraction is None, but must be a number."),
    (True, "forget_fraction is True, but must be a number."),
])
def test_fractions_out_of_bounds(fraction, text):
    assert problems_of(Spec(forget_fraction=fraction)) == [text]


@pytest.mark.parametrize("fraction", [0.001, 0.0015, 0.6])
def test_fractions_at_the_bounds(fraction):
    assert resolve(Spec(forget_fraction=fraction)).sizes.forget == round(fraction * 1_000)


def test_numbers_in_quotes_are_numbers():
    """A notebook or a URL may hand over text."""
    assert resolve(Spec(forget_fraction="0.3")).sizes.forget == 300
    assert resolve(Spec(seed="3")).fingerprint == resolve(Spec(seed=3)).fingerprint


def test_a_whole_number_is_one_however_it_is_written():
    """``--seed 1.0`` passes the check: then it is seed 1, with its draws and its identity."""
    assert resolve(Spec(seed=1.0)).spec.seed == 1 and isinstance(resolve(Spec(seed=1.0)).spec.seed, int)
    assert resolve(Spec(seed=1.0)).fingerprint == resolve(Spec(seed=1)).fingerprint


def test_a_fraction_that_rounds_to_no_sample(monkeypatch):
    small = dataclasses.replace(get("dataset", "digits"), name="few", train_size=400)
    monkeypatch.setitem(registry.table("dataset"), "few", small)
    assert problems_of(Spec(dataset="few", forget_fraction=0.001)) == [
        "forget_fraction 0.001 of 400 training samples selects no sample: the nearest valid value is 0.0025."]
    assert resolve(Spec(dataset="few", forget_fraction=0.0025)).sizes.forget == 1


def test_a_fraction_of_the_loaded_data_that_rounds_to_no_sample(digits):
    from engine.data.images import Pool
    from engine.data.splits import split

    few = dataclasses.replace(digits, train=Pool(digits.train.images[:100], digits.train.labels[:100]))
    with pytest.raises(BadSpec) as caught:
        split(few, Spec(forget_fraction=0.004))
    assert caught.value.problems == [
        "forget_fraction 0.004 of 100 training samples selects no sample: the nearest valid value is 0.01."]


@pytest.mark.parametrize("name, value, text", [
    ("alpha", "high", "alpha is 'high', but must be a number or auto."),
    ("alpha", float("nan"), "alpha is nan, which is not a number, but must be between 0 and 1 or auto."),
    ("retain_epochs", float("nan"),
     "retain_epochs is nan, which is not a number, but must be a whole number from 1 to 200."),
    ("alpha", "-0.1", "alpha is -0.1, but must be between 0 and 1: the nearest valid value is 0."),
    ("learning_rate", 0, "learning_rate is 0, but must be between 1e-06 and 1: the nearest valid value is 1e-06."),
    ("learning_rate", "fast", "learning_rate is 'fast', but must be a number."),
    ("retain_epochs", "2.6",
     "retain_epochs is 2.6, but must be a whole number from 1 to 200: the nearest valid value is 3."),
    ("retain_epochs", 1e9,
     "retain_epochs is 1000000000.0, but must be a whole number from 1 to 200: the nearest valid value is 200."),
    ("batch_size", True, "batch_size is True, but must be a number."),
    ("batch_size", "auto", "batch_size is 'auto', but must be a number."),
    ("batch_norm", "frozen", "No batch_norm named 'frozen'. Valid: train, eval."),
    ("square_inside", 2, "square_inside is 2, but must be true or false."),
    ("epochs", 3, "No hyperparameter of nabla_tau named 'epochs'. Did you mean 'retain_epochs'?"),
])
def test_a_bad_hyperparameter(name, value, text):
    assert problems_of(with_parameters(**{name: value})) == [text]


@pytest.mark.parametrize("name, text, value", [
    ("alpha", "0.3", 0.3), ("alpha", "1", 1.0), ("learning_rate", "1e-4", 1e-4), ("retain_epochs", "30", 30),
    ("retain_epochs", 30.0, 30), ("batch_size", "64", 64), ("batch_norm", "eval", "eval"),
    ("alpha_decay", "false", False), ("alpha_decay", "TRUE", True), ("square_inside", "1", True),
    ("alpha_decay", False, False), ("alpha_decay", 0, False)])
def test_text_becomes_the_hyperparameters_type(name, text, value):
    found = resolve(with_parameters(**{name: text})).effective[name]
    assert found == value and type(found) is type(value)


def test_a_hyperparameter_of_another_method_is_undeclared():
    assert problems_of(with_parameters("finetune", alpha=0.5)) == [
        "No hyperparameter of finetune named 'alpha'. Valid: learning_rate, weight_decay, batch_size, "
        "final_lr_fraction, retain_epochs, max_forget_epochs, batch_norm, rewind."]


def test_a_class_to_forget_where_the_scenario_forgets_none():
    assert problems_of(Spec(forget_class="3", seed=-1)) == [
        "forget_class is '3', but the scenario 'random' forgets no class.",
        "seed is -1, but must be a whole number from 0 to 2,147,483,647: the nearest valid value is 0."]


def test_auto_is_offered_where_the_hyperparameter_has_a_rule_whatever_its_name():
    assert problems_of(with_parameters("scrub", alpha="high", epochs="many")) == [
        "alpha is 'high', but must be a number.", "epochs is 'many', but must be a number or auto."]


def test_an_unknown_name_hides_no_other_problem():
    assert problems_of(Spec(method="nabla", scenario="class", forget_class=12, model="resnet18",
                            options={"label_noise": 0.5}, parameters={"alpha": 7})) == [
        "No method named 'nabla'. Did you mean 'nabla_tau'?",
        "forget_class is 12, but digits has the classes 0 to 9.",
        "model is 'resnet18', which reads pictures from 32 pixels a side, but those of digits have 8: choose "
        "small_cnn, resnet18_cifar, resnet34, vit_small, mobilenet_v3, image_mlp.",
        "label_noise is 0.5, but must be one of 0.2, 0.0."]
    assert problems_of(Spec(dataset="digit", model="x", parameters={"alpha": 7})) == [
        "No dataset named 'digit'. Did you mean 'digits'?",
        "alpha is 7, but must be between 0 and 1: the nearest valid value is 1."]
    assert problems_of(Spec(dataset="cifar10", scenario="class", forget_class=12)) == [
        "forget_class is 12, but cifar10 has the classes 0 to 9 (airplane to truck)."]


def test_an_option_where_there_is_none():
    assert problems_of(Spec(dataset="cifar100", options={"label_noise": 0.2})) == [
        "cifar100 has no options, but 'label_noise' was set."]


# --- effective settings ---------------------------------------------------------------------


def test_retraining_repeats_the_recipe_unless_told_otherwise():
    recipe = dataclasses.asdict(get("dataset", "cifar10").recipe)
    assert resolve(Spec(dataset="cifar10", method="retrain")).effective == recipe
    asked = resolve(Spec(dataset="cifar10", method="retrain", parameters={"epochs": "3", "momentum": "auto"}))
    assert asked.effective == recipe | {"epochs": 3}
    assert Recipe(**asked.effective).epochs == 3


def test_real_sizes_replace_the_declared_ones():
    sizes = Sizes(200, 20, 180, 50, 50)
    resolved = resolve(Spec(), sizes)
    assert resolved.sizes == sizes and resolved.effective["alpha"] == pytest.approx(1 / 6)


# --- identity -------------------------------------------------------------------------------

BASE = Spec()


@pytest.mark.parametrize("other", [
    dataclasses.replace(BASE, method="finetune"), dataclasses.replace(BASE, forget_fraction=0.2),
    dataclasses.replace(BASE, seed=1), dataclasses.replace(BASE, original_seed=1),
    dataclasses.replace(BASE, profile="paper"), dataclasses.replace(BASE, options={"label_noise": 0.0}),
    dataclasses.replace(BASE, parameters={"alpha": 0.3}), dataclasses.replace(BASE, parameters={"retain_epochs": 7}),
    Spec(dataset="cifar10"), Spec(dataset="cifar100"),
], ids=lambda spec: str({k: v for k, v in dataclasses.asdict(spec).items() if v != dataclasses.asdict(BASE)[k]}))
def test_identity_covers_what_changes_the_result(other):
    one, two = resolve(BASE), resolve(other)
    assert one.fingerprint != two.fingerprint
    assert one.identity("d", "o") != two.identity("d", "o")


def test_identity_covers_the_data_and_the_original():
    resolved = resolve(BASE)
    assert len({resolved.identity(*pair) for pair in (("d", "o"), ("e", "o"), ("d", "p"))}) == 3
    assert len(resolved.identity("d", "o")) == 32 and len(resolved.fingerprint) == 12


def test_identity_covers_the_recipe(monkeypatch):
    before = resolve(BASE).identity("d", "o")
    changed = dataclasses.replace(get("dataset", "digits"), recipe=dataclasses.replace(
        get("dataset", "digits").recipe, weight_decay=0.0))
    monkeypatch.setitem(registry.table("dataset"), "digits", changed)
    assert resolve(BASE).identity("d", "o") != before


@pytest.mark.parametrize("same", [
    {"alpha": 0.25}, {"alpha": "auto"}, {"alpha": None}, {"alpha": "0.25"}, {"retain_epochs": 6},
    {"batch_norm": "train"}, {"learning_rate": "2e-3", "alpha_decay": "true"}])
def test_a_default_that_is_spelled_out_changes_nothing(same):
    assert resolve(with_parameters(**same)).identity("d", "o") == resolve(BASE).identity("d", "o")


def test_the_code_version_says_whether_files_were_changed(tmp_path):
    from engine.system.version import _checkout

    def git(*words):
        return subprocess.run(["git", "-C", str(tmp_path), "-c", "user.name=A", "-c", "user.email=a@b", *words],
                              check=True, capture_output=True, text=True).stdout.strip()

    assert _checkout(tmp_path) == "", "no checkout"
    git("init", "-q")
    (tmp_path / "one.py").write_text("")
    git("add", "."), git("commit", "-qm", "first")
    commit = git("rev-parse", "--short=7", "HEAD")
    assert _checkout(tmp_path) == f"+g{commit}"
    (tmp_path / "mine.py").write_text("")
    assert _checkout(tmp_path) == f"+g{commit}.changed"


def test_identity_leaves_out_device_and_code_version(monkeypatch):
    before = resolve(BASE).identity("d", "o")
    monkeypatch.setattr("engine.system.version.code_version", lambda: "9.9.9+gfffffff")
    monkeypatch.setenv("UNLEARN_DEVICE", "cuda:1")
    assert resolve(BASE).identity("d", "o") == before


def test_the_split_is_shared_by_all_methods():
    ids = {resolve(Spec(method=m, parameters=p)).split_identity() for m, p in (
        ("nabla_tau", {}), ("finetune", {}), ("retrain", {}), ("nabla_tau", {"alpha": 0.9, "batch_size": 8}))}
    assert len(ids) == 1
    others = [dataclasses.replace(BASE, **change) for change in (
        {"seed": 1}, {"forget_fraction": 0.2}, {"profile": "paper"}, {"dataset": "cifar10"},
        {"options": {"label_noise": 0.0}})]
    assert len(ids | {resolve(other).split_identity() for other in others}) == 6
    assert resolve(Spec(original_seed=1)).split_identity() in ids, "the retrained reference knows no Original"
