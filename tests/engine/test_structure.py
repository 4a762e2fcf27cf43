"""Packages lie in layers: nothing imports upward, and no modules import one another in a circle."""

from __future__ import annotations

from helping import ROOT

from benchmarks import structure


def test_nothing_imports_upward():
    assert structure.upward(ROOT) == []


def test_there_is_no_circle():
    assert structure.cycles(ROOT) == []


def test_upward_imports_and_circles_are_found(tmp_path):
    for name, text in {"engine/__init__.py": "", "engine/errors.py": "import engine.runs.store", "engine/stray.py": "",
                       "engine/runs/__init__.py": "", "engine/runs/store.py": "from engine import errors"}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert structure.upward(tmp_path) == ["engine.stray is in no layer", "engine.errors imports engine.runs.store"]
    assert structure.cycles(tmp_path) == [["engine.errors", "engine.runs.store"]]
