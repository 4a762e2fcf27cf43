"""Components from outside the engine: through entry points, by ``register``, and under an alias."""

from __future__ import annotations

import importlib.metadata
import inspect
import types
from dataclasses import replace

import pytest

import engine
from engine import registry
from engine.lineage import hash_of
from engine.spec import resolve
from engine.system.source import text_hash
from engine.types import Spec

FIRST = {kind: registry.all_of(kind)[0] for kind in registry.KINDS}


@pytest.fixture
def fresh():
    """What these tests add is gone afterwards."""
    known = {kind: dict(registry.table(kind)) for kind in registry.KINDS}
    yield
    registry.table.cache_clear()
    for kind, records in known.items():
        registry.table(kind).clear()
        registry.table(kind).update(records)


@pytest.mark.parametrize("kind", registry.KINDS)
def test_register_takes_each_kind(kind, fresh):
    mine = replace(FIRST[kind], name="mine", title="Mine", aliases=("formerly_mine",))
    assert engine.register(mine) is mine
    assert registry.get(kind, "mine") is mine and registry.get(kind, "formerly_mine") is mine
    assert registry.names(kind)[-1] == "mine"


def test_a_component_is_found_through_an_entry_point(fresh, monkeypatch):
    module = types.ModuleType("a_package")
    module.__file__ = "/nowhere/a_package.py"
    module.METHOD = replace(registry.get("method", "finetune"), name="packaged", title="Packaged", aliases=())
    entry = types.SimpleNamespace(name="a_package", load=lambda: module)
    monkeypatch.setattr(importlib.metadata, "entry_points",
                        lambda *, group: [entry] if group == "unlearn_lab.components" else [])
    registry.table.cache_clear()
    assert registry.get("method", "packaged") is module.METHOD
    assert "packaged" not in registry.names("attack")


def test_an_alias_resolves_in_a_spec(fresh):
    engine.register(replace(registry.get("method", "finetune"), name="mine", title="Mine", aliases=("formerly_mine",)))
    assert resolve(Spec(method="formerly_mine")).spec.method == "mine"


def test_a_function_without_a_file_of_its_own_is_hashed_by_its_source():
    record = registry.get("method", "finetune")
    assert hash_of("method", record, None) == text_hash(inspect.getsource(record.unlearn))


def test_typed_code_has_the_same_hash_each_time_it_is_typed():
    def typed(number):
        scope = {}
        exec(f"def unlearn(task, parameters):\n    yield from (one + {number} for one in task)", scope)
        return hash_of("method", replace(registry.get("method", "finetune"), unlearn=scope["unlearn"]), None)

    assert typed(1) == typed(1) != typed(2)
