"""Syntax trees of several threads at once: each gets its own, whatever else is cleaned up meanwhile."""

from __future__ import annotations

import ast
import gc
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
