"""What methods say about their steps, and that their steps carry just that. New files are tested without an edit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from helping import class_split, make_task, small_split

from engine import registry
from engine.spec import resolve
from engine.terms import ROLES, Term
from engine.types import PROFILES, Spec, declared

METHODS = registry.all_of("method")
# What is tested is which terms there are.
SHORT = {"epochs": 2, "retain_epochs": 1, "max_forget_epochs": 2, "gradients": 4, "rounds": 2}


def carried(method, data, profile):
    """The names of all terms of a short run, and of each step."""
    known = {h.name for h in declared(method.parameters)}
    short = {name: value for name, value in SHORT.items() if name in known}
    resolved = resolve(Spec(method=method.name, profile=profile, parameters=short), small_split().sizes)
    splits = [small_split()]
    if resolved.plan.at_most:  # a new network knows nothing, so a method may stop at once; of a class it does not
        splits.append(class_split(data))
    return set().union(*(step.terms for split in splits
                         for step in method.unlearn(make_task(data, split), resolved.parameters)))


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_steps_carry_exactly_what_is_declared(method, digits):
    """A term may belong to one profile alone, as SCRUB's drift does; one that no run carries is declared in vain."""
    found = set().union(*(carried(method, digits, profile) for profile in PROFILES))
    assert found - {"learning_rate"} == {term.name for term in method.terms}


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_term_is_declared_in_full(method):
    for term in method.terms:
        assert term.role in ROLES and term.title and term.axis
    assert len({term.title for term in method.terms}) == len(method.terms), "they are told apart in a legend"


def roles(name):
    return {term.name: term.role for term in registry.get("method", name).terms}


def test_what_the_methods_work_on():
    """Read off their objectives by hand."""
    assert roles("nabla_tau") == {"forget_loss": "maximised", "retain_loss": "minimised", "validation_loss": "target",
                                  "alpha": "weight"}
    assert roles("scrub") == {"forget_distance": "maximised", "retain_distance": "minimised",
                              "retain_loss": "minimised", "forget_loss": "watched", "drift": "minimised"}
    assert roles("bad_teacher") == {"forget_distillation": "minimised", "retain_distillation": "minimised",
                                    "forget_loss": "watched", "retain_loss": "watched"}
    assert roles("gradient_ascent") == {"forget_loss": "maximised"}
    assert roles("neggrad_plus") == {"forget_loss": "maximised", "retain_loss": "minimised"}
    assert roles("l1_sparse") == {"retain_loss": "minimised", "l1_norm": "minimised", "l1_weight": "weight"}
    assert set(roles("ssd").values()) == {"watched"}, "nothing is trained"
    assert roles("amnesiac") == roles("random_label") == roles("salun") == {
        "relabelled_loss": "minimised", "retain_loss": "minimised", "forget_loss": "watched"}


def test_terms_that_cannot_be_told_apart_are_refused():
    method = registry.get("method", "finetune")
    assert registry._wrong("method", method, {}) is None
    assert registry._wrong("method", replace(method, terms=method.terms * 2), {}) == (
        "declares the term 'retain_loss' twice: each term of a step has one role.")
    assert registry._wrong("method", replace(method, terms=(Term("loss", "L", "lowered"),)), {}) == (
        "declares the role 'lowered' for the term 'loss': choose minimised, maximised, target, weight or watched.")


# -- what else a method says of itself -------------------------------------------------------------------


def test_there_is_one_reference_and_the_papers_methods_come_first():
    assert [method.name for method in METHODS if method.role == "reference"] == ["retrain"]
    assert [method.name for method in METHODS if method.in_paper] == [
        "nabla_tau", "finetune", "retrain", "scrub", "ssd", "amnesiac"]
    assert all(method.in_paper for method in METHODS[:6])


def test_only_a_retraining_by_the_recipe_is_the_reference():
    assert registry.is_reference(Spec(method="retrain"))
    assert not registry.is_reference(Spec(method="retrain", parameters={"epochs": 3}))
    assert not registry.is_reference(Spec(method="finetune"))
    assert not registry.is_reference(Spec(method="a method that is gone"))


def test_a_second_reference_is_refused():
    method, others = registry.get("method", "finetune"), {"retrain": registry.get("method", "retrain")}
    assert registry._wrong("method", replace(method, role="reference"), others) == (
        "declares the role 'reference', which retrain has: only one method can be the reference for the others.")


def test_a_former_name_still_finds_the_method(monkeypatch):
    renamed = replace(registry.get("method", "finetune"), aliases=("fine_tuning",))
    monkeypatch.setitem(registry.table("method"), "finetune", renamed)
    assert registry.get("method", "fine_tuning") is renamed
    assert resolve(Spec(method="fine_tuning")).spec == resolve(Spec(method="finetune")).spec
    assert "fine_tuning" not in registry.names("method"), "not offered"
    clash = replace(registry.get("method", "ssd"), name="fine_tuning")
    assert registry._wrong("method", clash, {"finetune": renamed}) == (
        "declares the method 'fine_tuning', and another file does too: rename one of them.")


def test_what_tables_are_held_against_is_the_registrys_reference():
    from engine.studies.comparison import REFERENCE

    assert registry.reference().name == REFERENCE
