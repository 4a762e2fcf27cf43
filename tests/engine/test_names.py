"""No method and no attack is named outside its own file, so that one that is added is nowhere forgotten."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from helping import ROOT

from engine import registry

MAY_NAME = {  # the paper, the default of a run, what Playground and Lessons contrast it with, chosen colours
    "ui/learn/lessons.py", "ui/learn/truths.py",
    "engine/cli/main.py", "engine/cli/delete.py",  # a command has the name of a method
    "engine/flow.py", "engine/studies/paper.py", "engine/studies/playground.py", "engine/studies/sweep.py",
    "ui/robustness/page.py", "ui/charts/colours.py", "ui/charts/compare.py"}
COMPONENTS = {f"{kind}s" for kind in registry.KINDS}


def literals(path: Path) -> Iterator[str]:
    """The texts of a file but for its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return (node.value for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said)


def named(path: Path) -> set[str]:
    attacks = registry.names("attack")
    return {text for text in literals(path) if text in registry.names("method")
            or any(text == name or text.startswith(f"{name}_") for name in attacks)}


def test_shared_code_names_no_method_and_no_attack():
    found = {str(path.relative_to(ROOT)): names for folder in ("engine", "ui", "pages")
             for path in (ROOT / folder).rglob("*.py")
             if path.parent.name not in COMPONENTS and (names := named(path))}
    assert {path: names for path, names in found.items() if path not in MAY_NAME} == {}
    assert set(found) == MAY_NAME, "an exception that is not needed any more"


def test_shared_code_compares_no_scenario_with_a_name():
    names = {f"scenario {sign} {quote}{name}{quote}" for name in registry.names("scenario") for sign in ("==", "!=")
             for quote in "\"'"}
    found = {str(path.relative_to(ROOT)) for folder in ("engine", "ui") for path in (ROOT / folder).rglob("*.py")
             if any(name in path.read_text(encoding="utf-8") for name in names)}
    assert found == {"engine/evaluation/protocol.py", "engine/studies/paper.py"}, "both are the paper's own"
