"""Looking components up, and what every declaration must say. New files are tested without an edit here."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest
from helping import ROOT, python

from engine import registry
from engine.checks import checked
from engine.errors import BadInput
from engine.spec import expected_sizes, resolve
from engine.types import PROFILES, Setting, Spec, declared

METHODS, ATTACKS = registry.all_of("method"), registry.all_of("attack")
DATASETS, MODELS = registry.all_of("dataset"), registry.all_of("model")
HYPERPARAMETERS = [(method, h) for method in METHODS for h in declared(method.parameters)]


def by_name(record):
    return getattr(record, "name", None) or str(record)


def test_what_the_first_release_offers():
    assert registry.names("dataset")[:1] == ("digits",) and {"cifar10", "cifar100"} <= set(registry.names("dataset"))
    assert registry.names("model")[:2] == ("small_cnn", "resnet18")
    assert registry.names("method")[:3] == ("nabla_tau", "finetune", "retrain")
    assert registry.names("attack")[:2] == ("mia_loss", "mia_entropy")


@pytest.mark.parametrize("kind, name, text", [
    ("method", "nabla", "No method named 'nabla'. Did you mean 'nabla_tau'?"),
    ("method", "retraining", "No method named 'retraining'. Did you mean 'retrain'?"),
    ("dataset", "cifar", "No dataset named 'cifar'. Did you mean 'cifar10'?"),
    ("model", "resnet1", "No model named 'resnet1'. Did you mean 'resnet18'?"),
    ("attack", "mia_los", "No attack named 'mia_los'. Did you mean 'mia_loss'?"),
])
def test_an_unknown_name_is_answered_with_the_nearest(kind, name, text):
    with pytest.raises(BadInput) as caught:
        registry.get(kind, name)
    assert str(caught.value) == text


def test_nothing_near_lists_what_there_is():
    assert registry.unknown("attack", "zzz", ("mia_loss", "mia_entropy")) == (
        "No attack named 'zzz'. Valid: mia_loss, mia_entropy.")


def test_a_component_is_one_file(tmp_path):
    """The engine, copied, finds a method whose file is dropped into it: names, controls and plan."""
    subprocess.run(["cp", "-r", str(ROOT / "engine"), str(tmp_path)], check=True)
    source = (ROOT / "engine/methods/finetune.py").read_text(encoding="utf-8")
    added = source.replace('name="finetune"', 'name="dropped_in"')
    (tmp_path / "engine/methods/dropped_in.py").write_text(added, encoding="utf-8")
    code = ("import sys; sys.path.insert(0, sys.argv[1]); import engine.registry as r, engine.spec as s; from engine "
            "import types; print('dropped_in' in r.names('method'), "
            "s.resolve(types.Spec(method='dropped_in')).plan.steps > 0)")
    assert python("-c", code, str(tmp_path)).stdout.split() == ["True", "True"]


@pytest.mark.parametrize("record", [*DATASETS, *MODELS, *METHODS, *ATTACKS], ids=by_name)
def test_every_component_introduces_itself(record):
    assert record.title and record.source
    assert record.summary.endswith(".") and "\n" not in record.summary
    assert record.name == record.name.lower() and record.name.isidentifier()


@pytest.mark.parametrize("method, h", HYPERPARAMETERS, ids=by_name)
def test_every_hyperparameter_is_declared_in_full(method, h):
    assert h.help.endswith(".") and "\n" not in h.help
    assert h.kind in ("int", "float", "bool", "choice")
    if h.kind in ("int", "float"):
        assert None not in (h.low, h.high, h.step), f"{method.name}.{h.name} needs a range and a step"
        assert h.low < h.high and h.step > 0
    if h.default is None:
        assert h.auto is not None and h.auto.rule
    else:
        assert checked(h, h.default) == h.default


@pytest.mark.parametrize("method", METHODS, ids=by_name)
@pytest.mark.parametrize("dataset", DATASETS, ids=by_name)
def test_effective_settings_are_valid_everywhere(method, dataset):
    """Published settings and profiles name hyperparameters that exist, in range; automatic ones are worked out."""
    known = {h.name: h for h in declared(method.parameters)}
    for values in (dataset.unlearning.get(method.name, {}), *method.profiles.values()):
        assert set(values) <= set(known)
    assert set(method.profiles) <= set(PROFILES)
    for profile in PROFILES:
        options = {option.name: option.default_in(profile) for option in dataset.options}
        if method.why_not(dataset.at(options)):
            continue
        for fraction in (max(0.001, 1 / dataset.train_size), 0.15, 0.6):
            resolved = resolve(Spec(dataset.name, method.name, profile=profile, forget_fraction=fraction))
            for name, value in resolved.effective.items():
                assert checked(known[name], value) == value
            assert resolved.plan.steps > 0 and resolved.plan.samples >= 0


@pytest.mark.parametrize("method, h", [(m, h) for m, h in HYPERPARAMETERS if h.auto], ids=by_name)
def test_automatic_values_are_in_range(method, h):
    for dataset in DATASETS:
        for fraction in (max(0.001, 1 / dataset.train_size), 0.15, 0.6):
            sizes = expected_sizes(Spec(forget_fraction=fraction), dataset)
            value = h.auto.value(Setting(dataset, dataset.recipe, sizes))
            assert value is not None and checked(h, value) == value


@pytest.mark.parametrize("dataset", DATASETS, ids=by_name)
def test_data_set_declarations_are_complete(dataset):
    assert dataset.train_size > 0 and dataset.heldout_size > 0 and dataset.input_size > 0
    assert len(set(dataset.classes)) == len(dataset.classes) >= 2
    assert registry.models_for(dataset)[0].name == dataset.default_model
    assert dataset.available() in ("embedded", "folder", "cache", None)
    for option in dataset.options:
        assert option.default in option.choices and option.help.endswith(".")
    assert dataclasses.asdict(dataset.recipe)["epochs"] > 0


def test_the_recipes_of_methods_md():
    digits, cifar10, cifar100 = (registry.get("dataset", name).recipe for name in ("digits", "cifar10", "cifar100"))
    assert dataclasses.asdict(digits) == {
        "optimiser": "sgd", "learning_rate": 0.05, "momentum": 0.9, "weight_decay": 5e-4, "batch_size": 64,
        "epochs": 60, "final_lr_fraction": 0.001, "augment": False}
    assert dataclasses.asdict(cifar10) == dataclasses.asdict(cifar100) == {
        "optimiser": "sgd", "learning_rate": 0.1, "momentum": 0.9, "weight_decay": 5e-4, "batch_size": 256,
        "epochs": 50, "final_lr_fraction": 0.001, "augment": True}


def test_models_fit_by_kind_and_size():
    digits, cifar = registry.get("dataset", "digits"), registry.get("dataset", "cifar10")
    assert registry.models_for(digits)[0].name == "small_cnn"
    assert "resnet18" not in [model.name for model in registry.models_for(digits)]
    assert registry.models_for(cifar)[0].name == "resnet18"
    text = dataclasses.replace(digits, kind="text")
    assert all(model.kind == "text" for model in registry.models_for(text))


# -- a file that cannot be used ---------------------------------------------------------------------------

ATTACK_FILE = """
from engine.types import Attack
ATTACK = Attack("{name}", "Mine", ("{needs}",), lambda **seen: 50.0, "", "")
"""


@pytest.mark.parametrize("text, wrong", [
    ("NOTHING = 1", "binds no ATTACK = Attack(...); a helper's name starts with an underscore."),
    ("ATTACK = 1", "binds no ATTACK = Attack(...); a helper's name starts with an underscore."),
    (ATTACK_FILE.format(name="mia_loss", needs="loss"),
     "declares the attack 'mia_loss', and another file does too: rename one of them."),
    (ATTACK_FILE.format(name="mine", needs="confidence"),
     "needs 'confidence', but an attack can see loss, entropy, correct, phi or samples, population, retrained, "
     "shadows, ensemble."),
    (ATTACK_FILE.format(name="mine", needs='loss", "retrained'),
     "needs columns and tables: a column is in the table of its samples, such as samples['loss']."),
])
def test_a_file_that_declares_no_usable_component_is_named(text, wrong, tmp_path, monkeypatch):
    import engine.attacks

    (tmp_path / "zz_mine.py").write_text(text)
    monkeypatch.setattr(engine.attacks, "__path__", [*engine.attacks.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "engine.attacks.zz_mine", raising=False)
    with pytest.raises(BadInput) as refused:
        registry.table.__wrapped__("attack")
    monkeypatch.delitem(sys.modules, "engine.attacks.zz_mine")
    assert str(refused.value) == f"engine/attacks/zz_mine.py {wrong}"


def test_a_text_model_without_tokens_is_refused():
    model = registry.get("model", "text_cnn")
    assert registry._wrong("model", model, {}) is None
    assert registry._wrong("model", dataclasses.replace(model, prepare=None), {}) == (
        "declares a text model without prepare(data), which gives it its tokens.")
