"""Kinds of data: where they differ, everything asks the kind; no other file decides by its name or its classes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from helping import ROOT

from engine.errors import BadInput
from engine.kind import FIRST, Kind, kind_of, kinds, names, register_kind
from engine.own.kind import OwnKind, own_kinds
from engine.registry import all_of, get

OF_KINDS = ("engine/kinds/*.py", "engine/data/images.py", "engine/data/texts.py", "engine/data/points.py")
WORDS = {"image", "images", "text", "texts", "points", "picture", "pictures"}
CLASSES = {"Pool", "TextPool", "PointPool", "TextData", "PointData", "Images", "Texts", "Points"}
PARTS = {"images", "texts", "points", "tokens", "shape"}  # of samples of some kinds
OTHERS = {"h.kind": "of a hyperparameter", "layout.kind": "of a folder", "place.hidden": "parts of a lesson",
          "self.kind": "of a layout or a column of a table"}


def decisions(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Where a file decides by the name of a kind, by a class of one or by what only its samples have."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(_words(side) for side in sides) and not any(ast.unparse(side) in OTHERS for side in sides):
                yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.MatchValue) and _words(node.value):
            yield node.value.lineno, ast.unparse(node)
        elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Dict):
            if ast.unparse(node.slice) not in OTHERS and any(_words(key) for key in node.value.keys if key):
                yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("isinstance", "hasattr", "issubclass"):
            wanted = node.args[1]
            asked = {part.id if isinstance(part, ast.Name) else getattr(part, "attr", getattr(part, "value", None))
                     for part in ast.walk(wanted)}
            if asked & (PARTS if ast.unparse(node.func) == "hasattr" else CLASSES):
                yield node.lineno, ast.unparse(node)


def _words(node: ast.AST) -> bool:
    """Whether a constant, or one of a tuple, list or set of them, names a kind."""
    parts = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
    return any(isinstance(part, ast.Constant) and part.value in WORDS for part in parts)


def found(root: Path) -> list[str]:
    mine = {path for pattern in OF_KINDS for path in root.glob(pattern)}
    files = sorted({*root.glob("engine/**/*.py"), *root.glob("ui/**/*.py"), *root.glob("pages/*.py")} - mine)
    return [f"{path.relative_to(root)}:{line}: {said}" for path in files
            for line, said in decisions(ast.parse(path.read_text(encoding="utf-8")))]


def test_no_other_file_decides_by_a_kind():
    assert found(ROOT) == []


@pytest.mark.parametrize("line", [
    'x = 1 if dataset.kind == "image" else 2', 'x = "points" != found.kind', 'if kind in ("text", "image"): pass',
    'x = {"image": 3, "text": 0}[kind]', 'x = isinstance(pool, TextPool)', 'x = isinstance(pool, images.Pool | int)',
    'x = hasattr(pool, "images")', 'match kind:\n    case "points": pass', 'x = "picture" in shown'])
def test_decisions_are_found(line):
    assert len(list(decisions(ast.parse(line)))) == 1


@pytest.mark.parametrize("line", ['x = h.kind == "text"', 'x = model.kind == data.kind', 'y = {"text": said}',
                                  'x = isinstance(found, Data)', 'Dataset(kind="image")'])
def test_other_lines_are_left_alone(line):
    assert list(decisions(ast.parse(line))) == []


# --- the registry ---------------------------------------------------------------------------


def test_three_kinds_ship_and_every_component_is_of_one():
    assert names() == FIRST == ("image", "text", "points") and [kind.name for kind in own_kinds()] == list(FIRST)
    for component in (*all_of("dataset"), *all_of("model")):
        assert kind_of(component).name == component.kind


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_every_kind_has_its_words_and_a_usual_model_that_fits(kind):
    assert isinstance(kind, OwnKind)
    words = (kind.noun, kind.plural, kind.unit, kind.like, kind.option, kind.field, kind.option_help)
    assert all(words) and kind.option.startswith(f"--{kind.name} ")
    for train in (100, 100_000):
        model = get("model", kind.usual_model(32, train))
        assert model.kind == kind.name and kind.fits(model, 32)
        assert kind.usual_recipe(train, model, augment=True).epochs >= 1


def test_an_unknown_kind_is_a_sentence_with_the_nearest_one():
    with pytest.raises(BadInput, match=r"^No kind of data named 'images'\. Did you mean 'image'\?$"):
        kind_of("images")


def test_a_name_is_taken_once():
    class Other(Kind):
        name = "image"

    with pytest.raises(BadInput, match=r"^There is a kind of data named 'image' already: choose another name\.$"):
        register_kind(Other())


def test_a_component_of_no_kind_is_refused():
    from dataclasses import replace

    from engine.validity import wrong

    said = wrong("model", replace(get("model", "mlp"), name="other", kind="sound"), {})
    assert said == "declares the kind 'sound', but the kinds of data are image, text, points."


# --- a fourth kind --------------------------------------------------------------------------


def test_the_fourth_kind_of_the_documents_runs_like_any_other(home, tmp_path, monkeypatch, capsys):
    import json

    from engine import kind, registry
    from engine.cli.main import main
    from tests import added
    from tests.documents import DOCS, python_blocks

    for name, block in zip(("_series", "waves"), python_blocks((DOCS / "kinds.md").read_text()), strict=True):
        (tmp_path / f"{name}.py").write_text(block)
    monkeypatch.setenv("UNLEARN_COMPONENTS", str(tmp_path))
    monkeypatch.setattr(kind, "_registered", {})
    added.forget()
    try:
        assert registry.get("dataset", "waves").kind == "series" and kind.kind_of("series").unit == "times"
        assert [model.name for model in registry.models_for(registry.get("dataset", "waves"))] == ["wave_reader"]
        assert main(["run", "--dataset", "waves", "--method", "finetune", "--train-original", "--json"]) == 0
        run = json.loads(capsys.readouterr().out)
        assert run["status"] == "finished" and run["metrics"]["retain_accuracy"] > 80
        data = registry.get("dataset", "waves").load({})
        assert data.train.shown(0)["picture"].shape == (32, 24, 3) and data.heldout.like(data.heldout, 3) == 3
        assert data.reading == "It reads series as float32 of shape (samples, 24)."
    finally:
        monkeypatch.delenv("UNLEARN_COMPONENTS")
        added.forget()
