"""Syntax trees of several threads at once: each gets its own, whatever else is cleaned up meanwhile."""

from __future__ import annotations

import ast
import gc
import os
import threading
import time
from pathlib import Path

import pytest

from engine.system import source

TEXT = Path(source.__file__).read_text(encoding="utf-8")


class Cycle:
    """What only the collector finds, in the middle of whatever runs; cleaning it up lets another thread go first."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        time.sleep(0)


@pytest.fixture
def often():
    before = gc.get_threshold()
    gc.set_threshold(60, 5, 5)
    yield
    gc.set_threshold(*before)


def test_threads_parse_at_once(often):
    said = []

    def parse() -> None:
        for _ in range(5):
            for _ in range(40):
                Cycle()
            try:
                said.append(ast.dump(source.syntax_tree(TEXT)))
            except SystemError as error:
                said.append(str(error))

    threads = [threading.Thread(target=parse) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(said) == 20 and set(said) == {ast.dump(ast.parse(TEXT))}


def test_a_parse_that_met_another_librarys_is_tried_again(monkeypatch):
    asked = []

    def parse(text: str) -> str:
        asked.append(text)
        if len(asked) < 3:
            raise SystemError("AST constructor recursion depth mismatch (before=105, after=78)")
        return "a tree"

    monkeypatch.setattr(source.ast, "parse", parse)
    assert source.syntax_tree("x = 1") == "a tree" and asked == ["x = 1"] * 3


def test_each_file_is_parsed_once(tmp_path, monkeypatch):
    """Whatever is asked of it: parsing is most of the time of a start."""
    parsed, real = [], source.syntax_tree
    monkeypatch.setattr(source, "syntax_tree", lambda text: parsed.append(text) or real(text))
    (tmp_path / "_helper.py").write_text("A = 1\n")
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(f"from . import x\nfrom {tmp_path.name}._helper import A\n{name} = A\n")
    first = [source.source_hash(tmp_path / f"{name}.py") for name in ("one", "two", "one")]
    assert len(parsed) == 3 and first[0] == first[2] != first[1]


@pytest.mark.parametrize("inside", [
    "if 1:\n    {}", "if 1:\n    pass\nelse:\n    {}", "try:\n    {}\nexcept E:\n    pass",
    "try:\n    pass\nexcept E:\n    {}", "try:\n    pass\nfinally:\n    {}", "match a:\n    case 1:\n        {}",
    "for a in b:\n    pass\nelse:\n    {}", "class A:\n    def f(self):\n        with a:\n            {}"])
def test_an_import_is_found_wherever_it_stands(inside, tmp_path):
    (tmp_path / "_helper.py").write_text("A = 1\n")
    (tmp_path / "mine.py").write_text(inside.format("import _helper"))
    before = source.source_hash(tmp_path / "mine.py")
    (tmp_path / "_helper.py").write_text("A = 2222\n")
    os.utime(tmp_path / "_helper.py", ns=(1, 1))
    assert source.source_hash(tmp_path / "mine.py") != before
